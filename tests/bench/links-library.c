/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links-library.c - rtnetlink by libnl-route-3 */
#include <errno.h>
#include <linux/if.h>
#include <netlink/attr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/bench/links.h"
#include "tests/bench/tool.h"

/* As much as the kernel puts into one piece of a dump. */
#define BUF_SIZE 32768

/* What is done with each link that is read. */
struct reading {
	void (*fn)(const struct rtnl_facts *link, void *arg);
	void *arg;
};

static struct nl_sock *rtnl, *events;
static struct reading reading;

/* ---- links ------------------------------------------------------------ */

static void take_link(struct nl_object *o, void *arg)
{
	struct rtnl_link *l = (struct rtnl_link *)o;
	struct rtnl_facts facts = { .ifindex = rtnl_link_get_ifindex(l),
				    .master = rtnl_link_get_master(l),
				    .mtu = rtnl_link_get_mtu(l) };
	struct nl_addr *mac = rtnl_link_get_addr(l);

	(void)arg;
	(void)snprintf(facts.name, sizeof(facts.name), "%s",
		       rtnl_link_get_name(l));
	if (mac && nl_addr_get_len(mac) == sizeof(facts.mac))
		memcpy(facts.mac, nl_addr_get_binary_addr(mac),
		       sizeof(facts.mac));
	reading.fn(&facts, reading.arg);
}

static int on_message(struct nl_msg *msg, void *arg)
{
	if (nlmsg_hdr(msg)->nlmsg_type == RTM_NEWLINK)
		(void)nl_msg_parse(msg, take_link, arg);
	return NL_OK;
}

static struct nl_sock *open_socket(void)
{
	struct nl_sock *sk = nl_socket_alloc();

	if (!sk || nl_connect(sk, NETLINK_ROUTE) < 0)
		die("rtnetlink");
	(void)nl_socket_set_msg_buf_size(sk, BUF_SIZE);
	nl_socket_disable_msg_peek(sk);
	(void)nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_message,
				  NULL);
	return sk;
}

void links_open(void)
{
	rtnl = open_socket();
	/* a link that is asked for is an answer by itself */
	nl_socket_disable_auto_ack(rtnl);
}

/* ---- queries ---------------------------------------------------------- */

/* libnl's own request cannot do without the counters. */
static void ask(int flags, const char *name)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETLINK, flags);

	if (!msg || nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO) < 0 ||
	    nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0 ||
	    (name && nla_put_string(msg, IFLA_IFNAME, name) < 0) ||
	    nl_send_auto(rtnl, msg) < 0)
		die("question");
	nlmsg_free(msg);
}

static void keep(const struct rtnl_facts *link, void *arg)
{
	*(struct rtnl_facts *)arg = *link;
}

int links_query(const char *name, struct rtnl_facts *ret)
{
	ret->ifindex = 0;
	reading = (struct reading) { keep, ret };
	ask(0, name);
	return nl_recvmsgs_default(rtnl) >= 0 && ret->ifindex ? 0 : -1;
}

static void count_link(const struct rtnl_facts *link, void *arg)
{
	(void)link;
	++*(int *)arg;
}

int links_dump(void)
{
	int count = 0;

	reading = (struct reading) { count_link, &count };
	ask(NLM_F_DUMP, NULL);
	if (nl_recvmsgs_default(rtnl) < 0)
		die("dump");
	return count;
}

/* ---- changes ---------------------------------------------------------- */

static struct rtnl_link *new_link(void)
{
	struct rtnl_link *l = rtnl_link_alloc();

	if (!l)
		die("link");
	return l;
}

static int change(int ifindex, struct rtnl_link *changes)
{
	struct rtnl_link *old = new_link();
	struct nl_msg *msg;
	int r;

	rtnl_link_set_ifindex(old, ifindex);
	if (rtnl_link_build_change_request(old, changes, NLM_F_ACK, &msg) < 0 ||
	    nl_send_auto(rtnl, msg) < 0)
		die("change");
	r = nl_wait_for_ack(rtnl);
	nlmsg_free(msg);
	rtnl_link_put(old);
	rtnl_link_put(changes);
	return r < 0 ? -1 : 0;
}

int links_set_record(int ifindex, const char *text)
{
	struct rtnl_link *l = new_link();

	rtnl_link_set_ifalias(l, text);
	return change(ifindex, l);
}

int links_put_on_bridge(int ifindex, int bridge, const unsigned char mac[6])
{
	struct rtnl_link *l = new_link();
	struct nl_addr *addr = nl_addr_build(AF_LLC, mac, 6);

	rtnl_link_set_addr(l, addr);
	nl_addr_put(addr);
	rtnl_link_set_master(l, bridge);
	(void)rtnl_link_inet6_set_addr_gen_mode(l, IN6_ADDR_GEN_MODE_NONE);
	return change(ifindex, l);
}

int links_set_up(int ifindex)
{
	struct rtnl_link *l = new_link();

	rtnl_link_set_flags(l, IFF_UP);
	return change(ifindex, l);
}

/* ---- events ----------------------------------------------------------- */

int links_watch(void)
{
	int size = 64 << 20;

	events = open_socket();
	nl_socket_disable_seq_check(events);
	(void)setsockopt(nl_socket_get_fd(events), SOL_SOCKET, SO_RCVBUFFORCE,
			 &size, sizeof(size));
	if (nl_socket_add_membership(events, RTNLGRP_LINK) < 0)
		die("rtnetlink");
	return nl_socket_get_fd(events);
}

/* Read as a whole: what is done for one link asks for others. */
struct batch {
	struct rtnl_facts link[64];
	int n;
};

static void put_aside(const struct rtnl_facts *link, void *arg)
{
	struct batch *b = arg;

	if (b->n < (int)(sizeof(b->link) / sizeof(b->link[0])))
		b->link[b->n++] = *link;
}

void links_read_events(void (*fn)(const struct rtnl_facts *link, void *arg),
		       void *arg)
{
	struct batch b = { .n = 0 };

	reading = (struct reading) { put_aside, &b };
	(void)nl_recvmsgs_default(events);
	for (int i = 0; i < b.n; i++)
		fn(&b.link[i], arg);
}
