/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leftovers.c - taps and macvtaps of processes that have ended */
#include "agent/cli/leftovers.h"

/* Links that are deleted for one request; more are left to the daemon. */
#define MOST 64

/* Did we make it for a process that has ended, and is it not open? */
static bool is_leftover(struct cmd *c, const struct link *l)
{
	struct host *h = c->agent.host;
	struct record r;

	return record_parse(l->alias, &r) == 0 && r.made &&
	       host_is_orphan(h, &r) && !host_is_open(l);
}

/* The engine leaves a link whose process has ended; this one was made by us, so
 * it is deleted. */
static void clear(struct cmd *c, int ifindex)
{
	const struct request q = { .id.ifindex = ifindex, .flags = LOOK_ACT };
	struct look looks[LOOKS];

	(void)door_look(&c->agent, &q, NULL, looks);
}

void leftovers_clear_name(struct cmd *c, const char *name)
{
	struct host *h = c->agent.host;
	struct link l;

	if (name[0] && h->ops->link_by_name(h, name, &l) == 0 &&
	    is_leftover(c, &l))
		clear(c, l.ifindex);
}

struct search {
	struct cmd *cmd;
	int device;
	int found[MOST];
	size_t n;
};

static int collect(const struct link *l, void *arg)
{
	struct search *s = arg;

	if (l->lower == s->device && link_is_macvlan(l) &&
	    is_leftover(s->cmd, l))
		s->found[s->n++] = l->ifindex;
	return s->n == MOST;
}

void leftovers_clear_device(struct cmd *c, const char *device)
{
	struct search s = { .cmd = c };
	struct host *h = c->agent.host;
	struct link d;

	if (h->ops->link_by_any_name(h, device, &d) < 0)
		return;
	s.device = d.ifindex;
	if (h->ops->links(h, collect, &s) < 0)
		return;
	for (size_t i = 0; i < s.n; i++)
		clear(c, s.found[i]);
}
