/* SPDX-License-Identifier: GPL-2.0-or-later */
/* all.c - check every port, without changing anything */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "agent/cli/cmd.h"

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
	if (x->nic.devid != y->nic.devid)
		return x->nic.devid < y->nic.devid ? -1 : 1;
	return 0;
}

/* A port may have been found in several places: merge what they know. */
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

/* How many NICs' keys are requested from xenstore at once. */
#define TOGETHER ((size_t)64)

/* -ENODEV: the port has disappeared meanwhile. */
static int look_at(struct cmd *c, const struct found *f, const struct job *keys,
		   cmd_look_fn fn, void *arg)
{
	struct request q = { .id = f->id };
	struct look looks[LOOKS];
	int r;

	memcpy(q.hint, f->hint, sizeof(q.hint));
	r = door_look(&c->agent, &q, keys, looks);
	for (int i = 0; i < r; i++)
		fn(c, &looks[i], arg);
	return r == -ENODEV ? 0 : r;
}

static int look_at_some(struct cmd *c, const struct found *f, size_t n,
			cmd_look_fn fn, void *arg)
{
	struct port_id id[TOGETHER] = { 0 };
	struct job *keys[TOGETHER];
	int r = 0;

	for (size_t i = 0; i < n; i++)
		id[i] = f[i].id;
	door_all_keys(&c->agent, id, n, keys);
	for (size_t i = 0; i < n && r >= 0; i++)
		r = look_at(c, &f[i], keys[i], fn, arg);
	for (size_t i = 0; i < n; i++)
		job_free(keys[i]);
	return r;
}

int cmd_each_look(struct cmd *c, cmd_look_fn fn, void *arg)
{
	struct all all = { 0 };
	int r = door_each_port(&c->agent, collect, &all);

	unite(&all);
	for (size_t i = 0; i < all.n && r >= 0; i += TOGETHER)
		r = look_at_some(c, &all.port[i], MIN(all.n - i, TOGETHER), fn,
				 arg);
	free(all.port);
	output_store_note(c);
	if (r == -ENOTCONN)
		return cmd_fail(CMD_FAILED, "lost connection to xenstored");
	if (r < 0)
		return cmd_fail(CMD_FAILED, "cannot check the ports: %s",
				strerror(-r));
	return 0;
}
