/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overview.c - all ports and links of the host at once */
#include "agent/cli/overview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- taking it --------------------------------------------------------- */

/* Room for one more.  Returns NULL for no memory. */
static void *grow(void *array, size_t n, size_t size)
{
	if (n & (n - 1))
		return array;
	return reallocarray(array, n ? 2 * n : 1, size);
}

static void add_look(struct cmd *c, const struct look *look, void *arg)
{
	struct overview *o = arg;
	struct look *grown = grow(o->look, o->n, sizeof(*o->look));

	(void)c;
	if (!grown) {
		o->no_memory = true;
		return;
	}
	o->look = grown;
	o->look[o->n++] = *look;
}

static int add_link(const struct link *l, void *arg)
{
	struct overview *o = arg;
	struct link *grown = grow(o->link, o->n_links, sizeof(*o->link));

	if (!grown)
		return -ENOMEM;
	o->link = grown;
	o->link[o->n_links++] = *l;
	return 0;
}

static int by_ifindex(const void *a, const void *b)
{
	return ((const struct link *)a)->ifindex - ((const struct link *)b)->ifindex;
}

int overview_take(struct cmd *c, struct overview *ret)
{
	struct host *h = c->agent.host;
	int r;

	*ret = (struct overview) { 0 };
	c->agent.asks_names = true;
	r = cmd_each_look(c, add_look, ret);
	if (r)
		return r;
	if (ret->no_memory)
		return cmd_fail(CMD_FAILED, "out of memory");
	r = h->ops->links(h, add_link, ret);
	if (r < 0)
		return cmd_fail(CMD_FAILED, "cannot list the links: %s", strerror(-r));
	if (ret->n_links)
		qsort(ret->link, ret->n_links, sizeof(*ret->link), by_ifindex);
	guests_find(&ret->guests);
	return 0;
}

void overview_free(struct overview *o)
{
	free(o->look);
	free(o->link);
	guests_free(&o->guests);
}

/* ---- looking things up -------------------------------------------------- */

const struct link *overview_link(const struct overview *o, const char *name)
{
	for (size_t i = 0; i < o->n_links; i++)
		if (strcmp(o->link[i].name, name) == 0)
			return &o->link[i];
	return NULL;
}

const struct link *overview_index(const struct overview *o, int ifindex)
{
	const struct link key = { .ifindex = ifindex };

	if (!o->n_links)
		return NULL;
	return bsearch(&key, o->link, o->n_links, sizeof(key), by_ifindex);
}

const struct look *overview_port(const struct overview *o, int ifindex)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->look[i].found && o->look[i].state.link.ifindex == ifindex &&
		    overview_counts(&o->look[i]))
			return &o->look[i];
	return NULL;
}

/* ---- bridges and devices ------------------------------------------------ */

static struct place *find_place(struct place *all, size_t *n, const char *name,
				enum network_kind kind)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	if (*n == PLACES_MAX)
		return NULL;
	all[*n] = (struct place) { .kind = kind };
	(void)text_copy(all[*n].name, sizeof(all[*n].name), name);
	return &all[(*n)++];
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->name,
		      ((const struct place *)b)->name);
}

size_t overview_places(const struct cmd *c, const struct overview *o,
		       struct place ret[PLACES_MAX])
{
	const struct config *config = c->agent.config;
	size_t n = 0;

	for (size_t i = 0; i < config->n_networks; i++) {
		const struct network *w = &config->networks[i];

		(void)find_place(ret, &n, network_place(w), w->kind);
	}
	for (size_t i = 0; i < o->n; i++) {
		const struct look *l = &o->look[i];
		struct place *p = NULL;

		if (overview_counts(l) && wish_place(&l->wish)[0])
			p = find_place(ret, &n, wish_place(&l->wish), l->wish.kind);
		if (p && l->verdict == IN_ORDER)
			p->ports++;
		else if (p)
			p->others++;
	}
	for (size_t i = 0; i < n; i++)
		ret[i].link = overview_link(o, ret[i].name);
	qsort(ret, n, sizeof(*ret), by_name);
	return n;
}

void overview_uplinks(const struct overview *o, const struct link *bridge,
		      void (*fn)(const struct link *uplink, void *arg), void *arg)
{
	for (size_t i = 0; i < o->n_links; i++)
		if (o->link[i].master == bridge->ifindex &&
		    !overview_port(o, o->link[i].ifindex))
			fn(&o->link[i], arg);
}
