/* SPDX-License-Identifier: GPL-2.0-or-later */
/* all.c - looking at every port, without changing anything */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cmd/cmd.h"

struct found {
	struct port_id id;
	int hint[LOOKS];
};

struct all {
	struct found *port;
	size_t n, room;
};

static int collect(const struct port_id *id, const int hint[LOOKS], void *arg)
{
	struct all *all = arg;
	struct found *p;

	if (all->n == all->room) {
		size_t room = all->room ? 2 * all->room : 64;

		p = reallocarray(all->port, room, sizeof(*p));
		if (!p)
			return -ENOMEM;
		all->port = p;
		all->room = room;
	}
	p = &all->port[all->n++];
	*p = (struct found) { .id = *id };
	if (hint)
		memcpy(p->hint, hint, sizeof(p->hint));
	return 0;
}

static int order(const void *a, const void *b)
{
	const struct port_id *x = &((const struct found *)a)->id;
	const struct port_id *y = &((const struct found *)b)->id;

	if (x->is_nic != y->is_nic)
		return x->is_nic ? -1 : 1;
	if (!x->is_nic)
		return x->ifindex - y->ifindex;
	if (x->nic.domid != y->nic.domid)
		return x->nic.domid < y->nic.domid ? -1 : 1;
	return x->nic.devid < y->nic.devid ? -1 :
	       x->nic.devid > y->nic.devid;
}

/* A port may have been found in several places: what they know together. */
static void unite(struct all *all)
{
	struct found *last = NULL;

	if (all->n)
		qsort(all->port, all->n, sizeof(*all->port), order);
	for (size_t i = 0; i < all->n; i++) {
		const struct found f = all->port[i];

		if (!last || !port_id_equal(&f.id, &last->id)) {
			last = last ? last + 1 : all->port;
			*last = f;
		}
		for (int j = 0; j < LOOKS; j++)
			if (f.hint[j])
				last->hint[j] = f.hint[j];
	}
	all->n = last ? (size_t)(last - all->port) + 1 : 0;
}

static int each_look(struct cmd *c, const struct found *f, cmd_look_fn fn,
		     void *arg)
{
	struct look looks[LOOKS];
	int r = reconcile(&c->agent, &f->id, 0, f->hint, looks);

	for (int i = 0; i < r; i++)
		fn(c, &looks[i], arg);
	/* It may have gone meanwhile. */
	return r == -ENODEV ? 0 : r;
}

/* The ports from this one on, as many as go together. */
static void ask_ahead(struct cmd *c, const struct all *all, size_t first)
{
	for (size_t i = first; i < all->n && i < first + RECONCILE_AHEAD; i++)
		reconcile_ahead(&c->agent, &all->port[i].id);
}

int cmd_each_look(struct cmd *c, cmd_look_fn fn, void *arg)
{
	struct all all = { 0 };
	int r;

	output_store_note(c);
	r = each_port(&c->agent, collect, &all);
	unite(&all);
	for (size_t i = 0; i < all.n && r >= 0; i++) {
		if (i % RECONCILE_AHEAD == 0)
			ask_ahead(c, &all, i);
		r = each_look(c, &all.port[i], fn, arg);
	}
	reconcile_ahead_end(&c->agent);
	free(all.port);
	if (r == -ENOTCONN)
		return cmd_fail(CMD_FAILED, "xenstored is gone");
	if (r < 0)
		return cmd_fail(CMD_FAILED, "looking at the ports: %s",
				strerror(-r));
	return 0;
}
