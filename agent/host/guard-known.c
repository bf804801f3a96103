/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard-known.c - the guards that this process has put or found */
#include "agent/host/guard-known.h"

#include <search.h>
#include <stdlib.h>

/* In a tree, by ifindex. */
struct known {
	struct guard_port port;
	struct guard guard;
};

static int by_ifindex(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return (x->port.ifindex > y->port.ifindex) -
	       (x->port.ifindex < y->port.ifindex);
}

static struct known *find_known(const struct nft *t, int ifindex)
{
	const struct known key = { .port.ifindex = ifindex };
	struct known **found = tfind(&key, &t->known, by_ifindex);

	return found ? *found : NULL;
}

static void remove_known(struct nft *t, struct known *k)
{
	if (!k)
		return;
	(void)tdelete(k, &t->known, by_ifindex);
	free(k);
}

void guard_note(struct nft *t, const struct guard_port *p, const struct guard *g)
{
	struct known *k = find_known(t, p->ifindex);

	if (guard_is_none(g)) {
		remove_known(t, k);
		return;
	}
	if (!k) {
		k = calloc(1, sizeof(*k));
		if (!k)
			return;
		k->port = *p;
		if (!tsearch(k, &t->known, by_ifindex)) {
			free(k);
			return;
		}
	}
	k->port = *p;
	k->guard = *g;
}

const struct guard_port *guard_known_port(const struct nft *t, int ifindex)
{
	const struct known *k = find_known(t, ifindex);

	return k ? &k->port : NULL;
}

struct each {
	guard_fn fn;
	void *arg;
};

static void each_one(const void *node, VISIT visit, void *arg)
{
	const struct known *k = *(struct known *const *)node;
	const struct each *e = arg;

	if (visit == postorder || visit == leaf)
		e->fn(&k->port, &k->guard, e->arg);
}

void guard_each(const struct nft *t, guard_fn fn, void *arg)
{
	struct each e = { fn, arg };

	twalk_r(t->known, each_one, &e);
}
