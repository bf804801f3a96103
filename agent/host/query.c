/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query.c - questions about links, by rtnetlink */
#include "agent/host/query.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>
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

/* ---- one -------------------------------------------------------------- */

static int take_link(struct nl_msg *msg, void *arg)
{
	int r = rtnl_parse(msg, arg);

	return r == -ENOMEM ? r : 0;
}

int query_link(struct rtnl *t, const struct question *q, struct link *ret)
{
	struct link link = { 0 };
	int r = rtnl_ask(t, build_get, q, NULL, take_link, &link);

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

/* ---- all -------------------------------------------------------------- */

struct links {
	struct link *link;
	size_t n, room;
};

static void begin(void *arg)
{
	struct links *all = arg;

	all->n = 0;
}

static int make_room(struct links *all)
{
	size_t room = 2 * all->room + 64;
	struct link *more;

	if (all->n < all->room)
		return 0;
	more = reallocarray(all->link, room, sizeof(*more));
	if (!more)
		return -ENOMEM;
	all->link = more;
	all->room = room;
	return 0;
}

static int add(struct nl_msg *msg, void *arg)
{
	struct links *all = arg;
	int r = make_room(all);

	if (r == 0)
		r = rtnl_parse(msg, &all->link[all->n]);
	if (r == 0)
		all->n++;
	return r == -ENOMEM ? r : 0;
}

int query_each(struct rtnl *t, host_link_fn fn, void *arg)
{
	static const struct question q = { .flags = NLM_F_DUMP };
	struct links all = { 0 };
	int r = rtnl_ask(t, build_get, &q, begin, add, &all);

	for (size_t i = 0; i < all.n && r == 0; i++)
		r = fn(&all.link[i], arg);
	free(all.link);
	return r;
}
