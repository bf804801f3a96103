/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link.c - the acts on links, by rtnetlink */
#include "agent/host/host.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "agent/core/text.h"
#include "agent/host/netlink.h"
#include "agent/host/procfs.h"
#include "agent/host/sysfs.h"

#define DUMP_TRIES 8

/* Bridges whose MTU this process has pinned: that ends only with the bridge,
 * and an ifindex is not used again while anybody remembers it. */
#define PINNED 32

struct kernel {
	struct host host;
	struct nl_sock *sk;
	int pinned[PINNED];
	unsigned int n_pinned;
	bool collecting;	/* links to delete … */
	uint32_t group;		/* … in this group; 0: none yet */
};

static struct kernel *kernel_of(struct host *h)
{
	return (struct kernel *)h;
}

/* ---- answers ---------------------------------------------------------- */

/* What an exchange with the kernel brought. */
struct answer {
	struct host *host;
	int acks;		/* still to come */
	bool is_one;		/* one link, which is the acknowledgement */
	int err;		/* the first negative errno value; libnl's own
				 * tells less, and is the last one's */
	host_link_fn fn;	/* for each link, or NULL */
	void *arg;
	int stopped;		/* what fn returned */
};

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct answer *a = arg;
	struct link link;

	if (a->is_one)
		a->acks--;
	if (!a->fn || a->stopped || netlink_link(msg, &link) < 0)
		return NL_OK;
	a->stopped = a->fn(&link, a->arg);
	return NL_OK;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct answer *a = arg;

	(void)msg;
	a->acks--;
	return a->acks > 0 ? NL_OK : NL_STOP;
}

static int on_finish(struct nl_msg *msg, void *arg)
{
	struct answer *a = arg;

	(void)msg;
	a->acks = 0;
	return NL_STOP;
}

/* The extended acknowledgement's text (NLMSGERR_ATTR_MSG). */
static void kernel_text(const struct nlmsghdr *h, struct host *host)
{
	const struct nlmsgerr *e = nlmsg_data(h);
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { 0 };
	size_t skip = sizeof(*e);
	struct nlattr *head;
	int len;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - NLMSG_HDRLEN;
	len = (int)h->nlmsg_len - NLMSG_HDRLEN - (int)NLMSG_ALIGN(skip);
	head = (struct nlattr *)((char *)nlmsg_data(h) + NLMSG_ALIGN(skip));
	if (len <= 0 || nla_parse(tb, NLMSGERR_ATTR_MAX, head, len, NULL) < 0 ||
	    !tb[NLMSGERR_ATTR_MSG])
		return;
	(void)nla_strlcpy(host->error, tb[NLMSGERR_ATTR_MSG],
			  sizeof(host->error));
}

static int on_error(struct sockaddr_nl *nla, struct nlmsgerr *e, void *arg)
{
	/* libnl hands over the payload; the header stands before it. */
	const struct nlmsghdr *h =
		(const struct nlmsghdr *)((const char *)e - NLMSG_HDRLEN);
	struct answer *a = arg;

	(void)nla;
	kernel_text(h, a->host);
	if (!a->err)
		a->err = e->error;
	a->acks--;
	return a->acks > 0 ? NL_SKIP : NL_STOP;
}

/* Take messages until all is acknowledged. */
static int receive(struct kernel *k, struct answer *a)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int r = 0;

	if (!cb)
		return -ENOMEM;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, a);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, a);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, a);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, a);
	while (a->acks > 0 && r >= 0) {
		r = nl_recvmsgs(k->sk, cb);
		if (r == -NLE_INTR)
			r = 0;
	}
	nl_cb_put(cb);
	return r < 0 ? netlink_errno(r) : 0;
}

static int exchange(struct kernel *k, struct nl_msg *msg, struct answer *a)
{
	int r;

	a->host = &k->host;
	a->acks = 1;
	k->host.error[0] = '\0';
	nl_complete_msg(k->sk, msg);
	r = nl_send(k->sk, msg);
	r = r < 0 ? netlink_errno(r) : receive(k, a);
	nlmsg_free(msg);
	return a->err ? a->err : r;
}

/*
 * Several messages in one sendmsg(), which the kernel works off, one after the
 * other, before it returns: nobody can die in between.  Frees them; a NULL
 * among them is one that could not be built.
 */
static int exchange_all(struct kernel *k, struct nl_msg **msgs, int n)
{
	struct answer a = { .host = &k->host, .acks = n };
	char buf[1024];
	size_t len = 0;
	int r = 0;

	for (int i = 0; i < n; i++) {
		struct nlmsghdr *h = msgs[i] ? nlmsg_hdr(msgs[i]) : NULL;

		if (!h || len + NLMSG_ALIGN(h->nlmsg_len) > sizeof(buf)) {
			r = h ? -EMSGSIZE : -ENOMEM;
			continue;
		}
		nl_complete_msg(k->sk, msgs[i]);
		h->nlmsg_flags |= NLM_F_ACK;
		memset(buf + len, 0, NLMSG_ALIGN(h->nlmsg_len));
		memcpy(buf + len, h, h->nlmsg_len);
		len += NLMSG_ALIGN(h->nlmsg_len);
	}
	for (int i = 0; i < n; i++)
		nlmsg_free(msgs[i]);
	if (r < 0)
		return r;
	k->host.error[0] = '\0';
	r = nl_sendto(k->sk, buf, len);
	r = r < 0 ? netlink_errno(r) : receive(k, &a);
	return a.err ? a.err : r;
}

/* ---- messages --------------------------------------------------------- */

static struct nl_msg *link_message(int type, int flags,
				   const struct ifinfomsg *ifi)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	/* A new message has room for far more. */
	if (msg)
		(void)nlmsg_append(msg, (void *)ifi, sizeof(*ifi),
				   NLMSG_ALIGNTO);
	return msg;
}

/* Counters are half of what is told of a link, and nobody reads them. */
static struct nl_msg *get_message(int flags, const struct ifinfomsg *ifi)
{
	struct nl_msg *msg = link_message(RTM_GETLINK, flags, ifi);

	if (msg)
		(void)nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return msg;
}

/* ---- queries ---------------------------------------------------------- */

static int take_link(const struct link *link, void *arg)
{
	struct link *ret = arg;

	*ret = *link;
	return 0;
}

static int query(struct host *h, int ifindex, const char *name,
		 struct link *ret)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC,
				 .ifi_index = ifindex };
	struct link link = { 0 };
	struct answer a = { .fn = take_link, .arg = &link, .is_one = true };
	struct nl_msg *msg = get_message(0, &ifi);
	int r;

	if (!msg)
		return -ENOMEM;
	if (name && nla_put_string(msg, IFLA_IFNAME, name) < 0) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	r = exchange(kernel_of(h), msg, &a);
	if (r < 0)
		return r;
	/* The kernel finds alternative names, too; they are not the name. */
	if (!link.ifindex || (name && strcmp(name, link.name) != 0))
		return -ENODEV;
	*ret = link;
	return 0;
}

static int link_by_name(struct host *h, const char *name, struct link *ret)
{
	return vif_name_check(name) < 0 ? -ENODEV : query(h, 0, name, ret);
}

static int link_by_index(struct host *h, int ifindex, struct link *ret)
{
	return ifindex <= 0 ? -ENODEV : query(h, ifindex, NULL, ret);
}

static int dump(struct host *h, host_link_fn fn, void *arg)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct answer a = { .fn = fn, .arg = arg };
	struct nl_msg *msg = get_message(NLM_F_DUMP, &ifi);
	int r;

	if (!msg)
		return -ENOMEM;
	r = exchange(kernel_of(h), msg, &a);
	return r < 0 ? r : a.stopped;
}

/* A dump into which a change fell may lack a link; it is taken again.  The
 * caller sees links twice then. */
static int links(struct host *h, host_link_fn fn, void *arg)
{
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++)
		r = dump(h, fn, arg);
	/* Who watches hears of what changes all the time. */
	return r == -EINTR ? 0 : r;
}

/* ---- changes ---------------------------------------------------------- */

/* nla_put() fails only where there is no memory. */
static int put_addrgen(struct nl_msg *msg, uint8_t mode)
{
	struct nlattr *families = nla_nest_start(msg, IFLA_AF_SPEC);
	struct nlattr *family = families ? nla_nest_start(msg, AF_INET6) : NULL;

	if (!family || nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, mode) < 0)
		return -ENOMEM;
	(void)nla_nest_end(msg, family);
	(void)nla_nest_end(msg, families);
	return 0;
}

static int put_macvtap(struct nl_msg *msg, uint32_t mode)
{
	struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO);
	struct nlattr *data;

	if (!info || nla_put_string(msg, IFLA_INFO_KIND, "macvtap") < 0)
		return -ENOMEM;
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	if (!data || nla_put_u32(msg, IFLA_MACVLAN_MODE, mode) < 0)
		return -ENOMEM;
	(void)nla_nest_end(msg, data);
	(void)nla_nest_end(msg, info);
	return 0;
}

/* Without the NUL: an alias may have 255 characters (IFALIASZ), and the kernel
 * counts what it is sent. */
static int put_alias(struct nl_msg *msg, const char *alias)
{
	return nla_put(msg, IFLA_IFALIAS, (int)strlen(alias), alias);
}

static int put_change(struct nl_msg *msg, const struct link_change *c)
{
	if ((c->fields & CHANGE_NAME &&
	     nla_put_string(msg, IFLA_IFNAME, c->name) < 0) ||
	    (c->fields & CHANGE_MAC &&
	     nla_put(msg, IFLA_ADDRESS, sizeof(c->mac), c->mac) < 0) ||
	    (c->fields & CHANGE_MTU &&
	     nla_put_u32(msg, IFLA_MTU, c->mtu) < 0) ||
	    (c->fields & CHANGE_ALIAS &&
	     put_alias(msg, c->alias) < 0) ||
	    (c->fields & CHANGE_MASTER &&
	     nla_put_u32(msg, IFLA_MASTER, (uint32_t)c->master) < 0) ||
	    (c->fields & CHANGE_GROUP &&
	     nla_put_u32(msg, IFLA_GROUP, c->group) < 0) ||
	    (c->fields & CHANGE_MODE && put_macvtap(msg, c->mode) < 0) ||
	    (c->fields & CHANGE_ADDRGEN &&
	     put_addrgen(msg, (uint8_t)c->addrgen) < 0))
		return -ENOMEM;
	return 0;
}

static void set_flag(struct ifinfomsg *ifi, unsigned int flag, bool on)
{
	ifi->ifi_change |= flag;
	if (on)
		ifi->ifi_flags |= flag;
}

static int build_change(int ifindex, const struct link_change *c,
			struct nl_msg **ret)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC,
				 .ifi_index = ifindex };
	struct nl_msg *msg;

	if (c->fields & CHANGE_ALLMULTICAST)
		set_flag(&ifi, IFF_ALLMULTI, c->allmulticast);
	if (c->fields & CHANGE_UP)
		set_flag(&ifi, IFF_UP, c->up);
	msg = link_message(RTM_NEWLINK, NLM_F_ACK, &ifi);
	if (!msg || put_change(msg, c) < 0) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	*ret = msg;
	return 0;
}

static int change(struct host *h, int ifindex, const struct link_change *c)
{
	struct answer a = { 0 };
	struct nl_msg *msg;
	int r = build_change(ifindex, c, &msg);

	return r < 0 ? r : exchange(kernel_of(h), msg, &a);
}

static int device_up(struct host *h, int device)
{
	static const struct link_change up = { .fields = CHANGE_UP,
					       .up = true };

	return change(h, device, &up);
}

/* Setting the MAC that it has makes a bridge's MAC its own
 * (dev_set_mac_address: NET_ADDR_SET). */
static int pin_mac(struct host *h, int bridge, const uint8_t mac[6])
{
	struct link_change c = { .fields = CHANGE_MAC };

	memcpy(c.mac, mac, sizeof(c.mac));
	return change(h, bridge, &c);
}

/*
 * Only an MTU that differs reaches the bridge (br_change_mtu, which sets
 * BROPT_MTU_SET_BY_USER): there and back.  The lock is free for a moment in
 * between, and who asks then must not take the value for the bridge's:
 * therefore one that nobody uses.
 */
static int pin_mtu(struct host *h, int bridge, uint32_t mtu)
{
	struct kernel *k = kernel_of(h);
	const struct link_change there = { .fields = CHANGE_MTU,
					   .mtu = LINK_MTU_PINNING };
	const struct link_change back = { .fields = CHANGE_MTU, .mtu = mtu };
	struct nl_msg *msgs[2] = { NULL, NULL };
	int r;

	(void)build_change(bridge, &there, &msgs[0]);
	(void)build_change(bridge, &back, &msgs[1]);
	r = exchange_all(k, msgs, 2);
	if (r == 0)
		k->pinned[k->n_pinned++ % PINNED] = bridge;
	return r;
}

/* ---- making ----------------------------------------------------------- */

/* Nobody's; udev-rules/72-vifagent.rules knows how it begins. */
static int draw_name(char ret[VIF_NAMESIZE])
{
	uint32_t n;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		return -EAGAIN;
	(void)snprintf(ret, VIF_NAMESIZE, "vifnew%08x", n);
	return 0;
}

static int put_macvtap_new(struct nl_msg *msg, const struct macvtap_new *m,
			   const char *name)
{
	static const uint8_t no_mac[6];

	if (nla_put_string(msg, IFLA_IFNAME, name) < 0 ||
	    nla_put_u32(msg, IFLA_LINK, (uint32_t)m->device) < 0 ||
	    put_macvtap(msg, m->mode) < 0 ||
	    (m->mtu && nla_put_u32(msg, IFLA_MTU, m->mtu) < 0) ||
	    (memcmp(m->mac, no_mac, sizeof(no_mac)) != 0 &&
	     nla_put(msg, IFLA_ADDRESS, sizeof(m->mac), m->mac) < 0))
		return -ENOMEM;
	return 0;
}

static struct nl_msg *build_macvtap(const struct macvtap_new *m,
				    const char *name)
{
	const struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC,
				       .ifi_index = m->ifindex };
	struct nl_msg *msg = link_message(RTM_NEWLINK, NLM_F_CREATE |
					  NLM_F_EXCL, &ifi);

	if (msg && put_macvtap_new(msg, m, name) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/* About the link of that name; were the kernel told an ifindex, and making the
 * link had failed, it would be about another's. */
static struct nl_msg *build_record(const char *name, const char *alias)
{
	const struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = link_message(RTM_SETLINK, 0, &ifi);

	if (msg && nla_put_string(msg, IFLA_IFNAME, name) == 0 &&
	    put_alias(msg, alias) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int delete(struct host *h, int ifindex);

/* Unlike a tap it stays when we die: it must never be without its record. */
static int create_macvtap(struct host *h, const struct macvtap_new *m,
			  struct link *ret)
{
	char name[VIF_NAMESIZE], error[sizeof(h->error)];
	struct nl_msg *msgs[2];
	struct link made = { 0 };
	int r = draw_name(name);

	if (r < 0)
		return r;
	h->changes++;
	msgs[0] = build_macvtap(m, name);
	msgs[1] = build_record(name, m->alias);
	r = exchange_all(kernel_of(h), msgs, 2);
	memcpy(error, h->error, sizeof(error));
	if (link_by_name(h, name, &made) < 0)
		return r < 0 ? r : -ENODEV;
	if (r < 0) {
		(void)delete(h, made.ifindex);
		memcpy(h->error, error, sizeof(error));
		return r;
	}
	*ret = made;
	return 0;
}

/* ---- deleting --------------------------------------------------------- */

static struct nl_msg *build_delete(int ifindex)
{
	const struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC,
				       .ifi_index = ifindex };

	return link_message(RTM_DELLINK, NLM_F_ACK, &ifi);
}

static int delete(struct host *h, int ifindex)
{
	struct nl_msg *msg = build_delete(ifindex);
	struct answer a = { 0 };

	return msg ? exchange(kernel_of(h), msg, &a) : -ENOMEM;
}

/* A number that nobody else has: who is in the group is deleted. */
static int draw_group(uint32_t *ret)
{
	while (*ret < 0x10000)
		if (getrandom(ret, sizeof(*ret), 0) != sizeof(*ret))
			return -EAGAIN;
	return 0;
}

static int join_group(struct host *h, int ifindex)
{
	struct kernel *k = kernel_of(h);
	struct link_change c = { .fields = CHANGE_GROUP };
	int r = draw_group(&k->group);

	c.group = k->group;
	if (r == 0)
		r = change(h, ifindex, &c);
	h->collected += r == 0;
	return r;
}

static void collect_deletes(struct host *h)
{
	kernel_of(h)->collecting = true;
}

/* One wait for all readers of the network (synchronize_net) instead of one a
 * link: most of what a delete takes. */
static int delete_collected(struct host *h)
{
	struct kernel *k = kernel_of(h);
	uint32_t group = k->group;
	struct answer a = { 0 };
	struct nl_msg *msg;

	k->collecting = false;
	k->group = h->collected = 0;
	if (!group)
		return 0;
	msg = build_delete(0);
	if (!msg || nla_put_u32(msg, IFLA_GROUP, group) < 0) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return exchange(k, msg, &a);
}

static int bridge_facts(struct host *h, const struct link *bridge,
			struct bridge_facts *ret)
{
	struct kernel *k = kernel_of(h);

	for (int i = 0; i < PINNED && !ret->mtu_is_pinned; i++)
		ret->mtu_is_pinned = k->pinned[i] == bridge->ifindex;
	return sysfs_bridge_facts(bridge, ret);
}

static int do_step(struct host *h, int ifindex, const struct step *step)
{
	h->changes++;
	switch (step->kind) {
	case STEP_PIN_MAC:
		return pin_mac(h, step->bridge, step->mac);
	case STEP_PIN_MTU:
		return pin_mtu(h, step->bridge, step->mtu);
	case STEP_CHANGE:
		return change(h, ifindex, &step->change);
	case STEP_DEVICE_UP:
		return device_up(h, step->device);
	case STEP_DELETE:
		return kernel_of(h)->collecting ? join_group(h, ifindex) :
						  delete(h, ifindex);
	}
	return -EINVAL;
}

/* ---- the table -------------------------------------------------------- */

static const struct host_ops kernel_ops = {
	.link_by_name = link_by_name,
	.link_by_index = link_by_index,
	.links = links,
	.do_step = do_step,
	.create_macvtap = create_macvtap,
	.collect_deletes = collect_deletes,
	.delete_collected = delete_collected,
	.bridge_facts = bridge_facts,
	.has_netback = sysfs_has_netback,
	.netback_nic = sysfs_netback_nic,
	.netback_name = sysfs_netback_name,
	.is_hardware = sysfs_is_hardware,
	.announce = sysfs_announce,
	.process_lives = procfs_process_lives,
};

int host_open(struct host **ret)
{
	struct kernel *k = calloc(1, sizeof(*k));
	int one = 1, r = -ENOMEM;

	if (!k)
		return -ENOMEM;
	k->sk = netlink_open(&r);
	if (!k->sk) {
		free(k);
		return r;
	}
	/* Both since Linux 4.12; without them only the kernel's words are
	 * missing. */
	(void)setsockopt(nl_socket_get_fd(k->sk), SOL_NETLINK, NETLINK_EXT_ACK,
			 &one, sizeof(one));
	(void)setsockopt(nl_socket_get_fd(k->sk), SOL_NETLINK, NETLINK_CAP_ACK,
			 &one, sizeof(one));
	nl_socket_disable_auto_ack(k->sk);
	k->host.ops = &kernel_ops;
	*ret = &k->host;
	return 0;
}

struct host *host_close(struct host *h)
{
	if (h)
		nl_socket_free(kernel_of(h)->sk);
	free(h ? kernel_of(h) : NULL);
	return NULL;
}
