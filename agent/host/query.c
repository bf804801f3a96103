/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query.c - questions about links, by rtnetlink */
#include "agent/host/query.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>

/* The kernel finds both kinds of names by either attribute
 * (netdev_name_node_lookup, net/core/dev.c); only the second may be long. */
static int name_attr(const char *name)
{
	return strlen(name) < VIF_NAMESIZE ? IFLA_IFNAME : IFLA_ALT_IFNAME;
}

/* rtnl_link_build_get_request() always asks for the counters, which are half of
 * the answer. */
static struct nl_msg *build_get(const void *question)
{
	const struct question *q = question;
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC,
				 .ifi_index = q->ifindex };
	struct nl_msg *msg = rtnl_message(RTM_GETLINK, q->flags, &ifi, sizeof(ifi));

	if (msg && nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) == 0 &&
	    (!q->name || nla_put_string(msg, name_attr(q->name), q->name) == 0))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

struct reading {
	host_link_fn fn;
	void *arg;
};

static int on_link(struct nl_msg *msg, void *arg)
{
	const struct reading *reading = arg;
	struct link link;
	int r = rtnl_parse(msg, &link);

	if (r == 0)
		return reading->fn(&link, reading->arg);
	return r == -ENOMEM ? r : 0;
}

int query_ask(struct rtnl *t, const struct question *q, host_link_fn fn,
	      void *arg)
{
	struct reading reading = { .fn = fn, .arg = arg };

	return rtnl_ask(t, build_get, q, on_link, &reading);
}

static int take_link(const struct link *link, void *arg)
{
	*(struct link *)arg = *link;
	return 0;
}

int query_link(struct rtnl *t, const struct question *q, struct link *ret)
{
	struct link link = { 0 };
	int r = query_ask(t, q, take_link, &link);

	if (r < 0)
		return r;
	if (!link.ifindex || (q->ifindex && link.ifindex != q->ifindex))
		return -EBADMSG;
	*ret = link;
	return 0;
}

/* A kernel without alternative names (before Linux 5.5) says EINVAL to a long one. */
int query_name(struct rtnl *t, const char *name, struct link *ret)
{
	const struct question q = { .name = name };
	int r = -ENODEV;

	if (name[0] && strlen(name) < ALTIFNAMSIZ)
		r = query_link(t, &q, ret);
	return r == -EINVAL ? -ENODEV : r;
}
