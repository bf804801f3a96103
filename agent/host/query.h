/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query.h - private to agent/host: questions about links, by rtnetlink */
#ifndef VIFAGENT_QUERY_H
#define VIFAGENT_QUERY_H

#include "agent/host/rtnl.h"

struct question {
	int flags;		/* NLM_F_DUMP, or 0 */
	int ifindex;		/* or 0, and … */
	const char *name;	/* … its own or an alternative one */
};

/* Ask about one.  Returns 0, or -ENODEV and the like. */
int query_link(struct rtnl *t, const struct question *q, struct link *ret);

/* The link that has this name, as its own or as an alternative one. */
int query_name(struct rtnl *t, const char *name, struct link *ret);

/* See links() in host.h. */
int query_each(struct rtnl *t, host_link_fn fn, void *arg);

#endif
