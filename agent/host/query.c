/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query.c - questions about links, by rtnetlink */
#include "agent/host/query.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>

/* How often a request is repeated: a dump during which something changed, a lost
 * answer, or no memory. */
#define TRIES 8

/* rtnl_link_build_get_request() always asks for the counters, which are half of
 * the answer. */
static struct nl_msg *build_get(const struct question *q)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC,
				 .ifi_index = q->ifindex };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETLINK, q->flags);

	if (msg && nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO) == 0 &&
	    nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) == 0 &&
	    (!q->name || nla_put_string(msg, q->attr, q->name) == 0))
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

/* A dump during which something changed may lack a link, and is repeated.  If
 * changes never stop, a program that watches the links gets them as events. */
int query_ask(struct rtnl *t, const struct question *q, host_link_fn fn,
	      void *arg)
{
	struct reading reading = { .fn = fn, .arg = arg };
	int r = -EINTR;

	for (int i = 0; i < TRIES && (r == -EINTR || r == -ECONNRESET ||
				      r == -ENOMEM); i++) {
		struct nl_msg *msg = build_get(q);

		r = rtnl_talk(t, &msg, 1, on_link, &reading);
	}
	if (r == -EINTR)
		return 0;
	return r;
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

/* The kernel finds both kinds of names by either attribute
 * (netdev_name_node_lookup, net/core/dev.c); only the second may be long. */
int query_name(struct rtnl *t, int attr, const char *name, bool is_own,
	       struct link *ret)
{
	const struct question q = { .attr = attr, .name = name };
	struct link link;
	int r = query_link(t, &q, &link);

	if (r == 0 && (strcmp(name, link.name) == 0) != is_own)
		r = -ENODEV;
	if (r == 0)
		*ret = link;
	return r;
}
