/* SPDX-License-Identifier: GPL-2.0-or-later */
/* digest.c - what follows from a check for its port */
#include "agent/daemon/digest.h"

#include <string.h>

#include "agent/daemon/contention.h"
#include "agent/daemon/news.h"
#include "agent/daemon/retry.h"

/* Of all its links. */
struct summary {
	bool exists;		/* there is a link, or xenstore has the NIC */
	bool unwell;
	bool news;
	bool early;
};

static void forget_places(struct port *p)
{
	for (int i = 0; i < LOOKS; i++) {
		p->place[i] = (struct place) { 0 };
		table_set_holder(p, i, 0);
		p->ifindex[i] = 0;
	}
	p->status_is_stale = p->connected = p->carrier_matters = false;
}

/* Where things were, so that the next event about them is recognized. */
static void remember(struct port *p, const struct look *look)
{
	const struct state *s = &look->state;
	enum part part = look->part;
	struct place *place = &p->place[part];

	memcpy(p->name, look->name, sizeof(p->name));
	p->ifindex[part] = look->found ? s->link.ifindex : 0;
	p->options[part] = s->link.options;
	p->carrier[part] = s->link.carrier;
	p->carrier_matters |= look->id.is_nic && wish_has_entries(&look->wish);
	p->link_hash[part] = 0;
	if (look->verdict == IN_ORDER)
		p->link_hash[part] = link_hash(&s->link);
	/* Perhaps xenstore is told only now; its event comes after that. */
	p->connected = p->connected || look->connected;
	p->status_is_stale = p->status_is_stale || look->status_is_stale;
	if (look->nic_exists)
		p->keep = false;
	/* It may have been named by an alternative name. */
	place->ifindex = state_place(s)->ifindex;
	memcpy(place->name, place->ifindex ? state_place(s)->name :
	       wish_place(&look->wish), sizeof(place->name));
	place->mtu = state_place(s)->mtu;
	place->filtering = state_place(s)->filtering;
	place->must_not_learn = look->wish.guard.kind != GUARD_NONE;
	table_set_holder(p, part, s->have_holder ? s->holder.ifindex : 0);
}

static void sum_up(struct summary *sum, const struct look *look)
{
	bool ours = look->verdict != NOT_OURS;

	sum->exists |= ours || look->nic_exists;
	sum->unwell |= ours && look->verdict != IN_ORDER;
	sum->early |= look->early;
}

/* What the port waits for now. */
static void plan_next(struct digest *d, struct port *p,
		      const struct summary *sum, const struct process *process)
{
	unsigned int delay = d->agent->config->toolstack_delay;

	if (sum->early) {
		retry_event(p, PORT_IS_EARLY, retry_early_for(p, delay));
	} else if (sum->unwell) {
		retry_soon(p, PORT_IS_NOT_WELL, sum->news);
	} else {
		retry_end(p);
		if (!d->ops->passive)
			processes_poll(p, process);
	}
}

bool digest_looks(struct digest *d, struct port *p, const struct look *looks,
		  int n)
{
	const struct process *process = &looks[0].state.record.process;
	struct summary sum = { 0 };

	for (int i = 0; i < n; i++)
		sum.news |= news_of(d->ops, p, &looks[i]);
	forget_places(p);
	for (int i = 0; i < n; i++) {
		remember(p, &looks[i]);
		sum_up(&sum, &looks[i]);
	}
	if (!sum.exists)
		return false;
	if (d->ops->passive) {
		sum.early = false;
		plan_next(d, p, &sum, process);
		return true;
	}
	contention_count(p, d->agent->host, looks, n);
	retry_count_delay(p, sum.early);
	if (!looks[0].left_open)
		processes_wait(&d->processes, p, process);
	if (p->state != PORT_HELD)
		plan_next(d, p, &sum, process);
	return true;
}
