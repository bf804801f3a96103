/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links-wire.c - rtnetlink on a bare socket */
#include <linux/if.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/bench/links.h"
#include "tests/bench/tool.h"

static int rtnl, events;

void links_open(void)
{
	rtnl = rtnl_open(0);
	if (rtnl < 0)
		die("rtnetlink");
}

int links_query(const char *name, struct rtnl_facts *ret)
{
	return rtnl_query(rtnl, name, ret);
}

int links_dump(void)
{
	int count = rtnl_dump(rtnl);

	if (count < 0)
		die("dump");
	return count;
}

int links_set_record(int ifindex, const char *text)
{
	struct rtnl_message m;

	rtnl_begin(&m, RTM_NEWLINK, 0, ifindex);
	rtnl_add(&m, IFLA_IFALIAS, text, strlen(text) + 1);
	return rtnl_change(rtnl, &m) < 0 ? -1 : 0;
}

static void add_addrgen_none(struct rtnl_message *m)
{
	static const struct {
		struct rtattr inet6, mode;
		uint8_t value, pad[3];
	} none = {
		{ sizeof(none), AF_INET6 },
		{ sizeof(struct rtattr) + 1, IFLA_INET6_ADDR_GEN_MODE },
		IN6_ADDR_GEN_MODE_NONE, { 0 },
	};

	rtnl_add(m, IFLA_AF_SPEC, &none, sizeof(none));
}

int links_put_on_bridge(int ifindex, int bridge, const unsigned char mac[6])
{
	struct rtnl_message m;

	rtnl_begin(&m, RTM_NEWLINK, 0, ifindex);
	rtnl_add(&m, IFLA_ADDRESS, mac, 6);
	rtnl_add(&m, IFLA_MASTER, &bridge, sizeof(bridge));
	add_addrgen_none(&m);
	return rtnl_change(rtnl, &m) < 0 ? -1 : 0;
}

int links_set_up(int ifindex)
{
	struct rtnl_message m;

	rtnl_begin(&m, RTM_NEWLINK, 0, ifindex);
	m.link.ifi_flags = m.link.ifi_change = IFF_UP;
	return rtnl_change(rtnl, &m) < 0 ? -1 : 0;
}

int links_watch(void)
{
	events = rtnl_open(RTMGRP_LINK);
	if (events < 0)
		die("rtnetlink");
	return events;
}

void links_read_events(void (*fn)(const struct rtnl_facts *link, void *arg),
		       void *arg)
{
	char buf[32768] __attribute__((aligned(4)));
	const struct nlmsghdr *h = (const struct nlmsghdr *)buf;
	int len = (int)recv(events, buf, sizeof(buf), 0);
	struct rtnl_facts link;

	for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		if (h->nlmsg_type != RTM_NEWLINK)
			continue;
		rtnl_parse(h, &link);
		fn(&link, arg);
	}
}
