/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.c - the ports that the daemon knows, and which of them are due */
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

void table_init(struct table *t, struct event_base *base,
		void (*wake)(void *arg), void *arg)
{
	*t = (struct table) { .base = base, .wake = wake, .arg = arg,
			      .seed = (unsigned int)timer_now() };
	TAILQ_INIT(&t->all);
	TAILQ_INIT(&t->due[false]);
	TAILQ_INIT(&t->due[true]);
}

void table_clear(struct table *t)
{
	while (!TAILQ_EMPTY(&t->all))
		table_remove(t, TAILQ_FIRST(&t->all));
}

bool port_has_link(const struct port *p, int ifindex)
{
	if (!p->id.is_nic)
		return p->id.ifindex == ifindex;
	for (int i = 0; i < LOOKS; i++)
		if (p->ifindex[i] == ifindex)
			return true;
	return false;
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
	p->table = t;
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

void table_set_holder(struct port *p, int part, int ifindex)
{
	struct table *t = p->table;

	if (p->holder[part])
		t->holders--;
	if (ifindex)
		t->holders++;
	p->holder[part] = ifindex;
}

void table_remove(struct table *t, struct port *p)
{
	for (int i = 0; i < LOOKS; i++)
		table_set_holder(p, i, 0);
	tdelete(p, &t->tree, compare);
	TAILQ_REMOVE(&t->all, p, all);
	if (p->due && !p->job)
		TAILQ_REMOVE(&t->due[p->id.is_nic], p, queue);
	p->timer = timer_free(p->timer);
	table_forget_exit(p);
	t->count--;
	free(p);
}

static void enqueue(struct port *p)
{
	struct table *t = p->table;

	if (!p->due || p->job)
		return;
	TAILQ_INSERT_TAIL(&t->due[p->id.is_nic], p, queue);
	t->wake(t->arg);
}

static void mark(struct port *p, enum due due)
{
	bool was_due = p->due != DUE_NOTHING;

	if (p->due < due)
		p->due = due;
	if (!was_due)
		enqueue(p);
}

void table_mark(struct port *p)
{
	mark(p, DUE_ALL);
}

void table_mark_status(struct port *p)
{
	mark(p, DUE_STATUS);
}

void table_set_job(struct port *p, struct job *job)
{
	if (p->due && !p->job)
		TAILQ_REMOVE(&p->table->due[p->id.is_nic], p, queue);
	p->job = job;
	enqueue(p);
}

struct port *table_next(struct table *t, bool is_nic, enum due *ret_due)
{
	struct port *p = TAILQ_FIRST(&t->due[is_nic]);

	if (!p)
		return NULL;
	TAILQ_REMOVE(&t->due[is_nic], p, queue);
	*ret_due = p->due;
	p->due = DUE_NOTHING;
	return p;
}

bool table_is_clean(const struct table *t)
{
	return TAILQ_EMPTY(&t->due[false]) && TAILQ_EMPTY(&t->due[true]);
}
