/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.c - the ports that the daemon knows of, and which deserve a look */
#include "agent/daemon/table.h"

#include <event2/event.h>
#include <search.h>
#include <stdlib.h>
#include <unistd.h>

static int compare_u32(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

/* struct port begins with its id, so that an id can be looked up. */
static int compare(const void *a, const void *b)
{
	const struct port_id *x = a, *y = b;
	int c;

	if (x->is_nic != y->is_nic)
		return x->is_nic ? 1 : -1;
	if (!x->is_nic)
		return compare_u32((uint32_t)x->ifindex, (uint32_t)y->ifindex);
	c = compare_u32(x->nic.domid, y->nic.domid);
	return c ? c : compare_u32(x->nic.devid, y->nic.devid);
}

void table_init(struct table *t, void (*wake)(void *arg), void *arg)
{
	*t = (struct table) { .wake = wake, .arg = arg };
	TAILQ_INIT(&t->all);
	TAILQ_INIT(&t->dirty[false]);
	TAILQ_INIT(&t->dirty[true]);
}

void table_clear(struct table *t)
{
	while (!TAILQ_EMPTY(&t->all))
		table_remove(t, TAILQ_FIRST(&t->all));
}

struct port *table_find(const struct table *t, const struct port_id *id)
{
	struct port **p = tfind(id, &t->tree, compare);

	return p ? *p : NULL;
}

struct port *table_add(struct table *t, const struct port_id *id)
{
	struct port *p = table_find(t, id);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->id = *id;
	for (int i = 0; i < LOOKS; i++)
		p->verdict[i] = NOT_OURS;
	if (!tsearch(p, &t->tree, compare)) {
		free(p);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&t->all, p, all);
	t->count++;
	return p;
}

void table_forget_exit(struct port *p)
{
	if (!p->exit)
		return;
	close(event_get_fd(p->exit));
	event_free(p->exit);
	p->exit = NULL;
}

void table_set_holder(struct table *t, struct port *p, int part, int ifindex)
{
	if (p->holder[part])
		t->holders--;
	if (ifindex)
		t->holders++;
	p->holder[part] = ifindex;
}

void table_remove(struct table *t, struct port *p)
{
	for (int i = 0; i < LOOKS; i++)
		table_set_holder(t, p, i, 0);
	tdelete(p, &t->tree, compare);
	TAILQ_REMOVE(&t->all, p, all);
	if (p->dirty && !p->busy)
		TAILQ_REMOVE(&t->dirty[p->id.is_nic], p, queue);
	if (p->timer)
		event_free(p->timer);
	table_forget_exit(p);
	t->count--;
	free(p);
}

static void enqueue(struct table *t, struct port *p)
{
	if (!p->dirty || p->busy)
		return;
	TAILQ_INSERT_TAIL(&t->dirty[p->id.is_nic], p, queue);
	t->wake(t->arg);
}

void table_mark(struct table *t, struct port *p)
{
	bool was = p->dirty;

	p->status_only = false;
	p->dirty = true;
	if (!was)
		enqueue(t, p);
}

void table_mark_status(struct table *t, struct port *p)
{
	if (p->dirty)
		return;
	table_mark(t, p);
	p->status_only = true;
}

void table_set_busy(struct table *t, struct port *p, struct job *job)
{
	if (p->dirty && !p->busy)
		TAILQ_REMOVE(&t->dirty[p->id.is_nic], p, queue);
	p->busy = job;
	enqueue(t, p);
}

struct port *table_next(struct table *t, bool is_nic)
{
	struct port *p = TAILQ_FIRST(&t->dirty[is_nic]);

	if (p) {
		TAILQ_REMOVE(&t->dirty[is_nic], p, queue);
		p->dirty = false;
	}
	return p;
}

bool table_is_clean(const struct table *t)
{
	return TAILQ_EMPTY(&t->dirty[false]) && TAILQ_EMPTY(&t->dirty[true]);
}
