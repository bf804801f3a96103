/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contention.c - giving way to another program that keeps changing a port */
#include "agent/daemon/contention.h"

#include <string.h>

#include "agent/base/log.h"
#include "agent/base/text.h"
#include "agent/daemon/retry.h"

/* This many corrections within this time mean that another program keeps
 * changing the port. */
#define CORRECTIONS_MAX 8
#define CORRECTIONS_MS 10000

/* How long it is left alone; doubled each time. */
#define HOLD_FIRST_MS 10000
#define HOLD_LAST_MS (10 * 60 * 1000)

static uint32_t wish_hash(const struct look *looks, int n)
{
	uint32_t h = TEXT_HASH_START;

	for (int i = 0; i < n; i++) {
		const struct wish *wish = &looks[i].wish;
		const struct link *place = state_place(&looks[i].state);
		const uint32_t numbers[] = {
			wish->mtu, (uint32_t)place->ifindex, place->mtu,
			wish->mode, (uint32_t)looks[i].state.link.ifindex,
		};

		h = text_hash(h, wish_place(wish), strlen(wish_place(wish)));
		h = text_hash(h, wish->name, strlen(wish->name));
		h = text_hash(h, numbers, sizeof(numbers));
	}
	return h;
}

/* Write into the record why the port is not corrected, for vifctl to show. */
static void record_hold(struct host *h, const struct look *look)
{
	struct step step = { .kind = STEP_CHANGE,
			     .change = { .fields = CHANGE_ALIAS } };
	struct record r = look->state.record;
	struct link now;

	if (look->state.owner != OWNER_US)
		return;
	r.held = true;
	/* Its record may have changed since. */
	if (h->ops->link_by_index(h, look->state.link.ifindex, &now) < 0 ||
	    strcmp(now.alias, look->state.link.alias) != 0)
		return;
	if (record_print(&r, step.change.alias) > 0)
		(void)h->ops->do_step(h, look->state.link.ifindex, &step);
}

static void hold(struct port *p, struct host *h, const struct look *looks,
		 int n)
{
	unsigned int ms = retry_doubled(HOLD_FIRST_MS, p->holds, HOLD_LAST_MS);
	int level = p->holds ? LOG_DEBUG : LOG_WARNING;
	char label[PORT_LABEL_SIZE];

	for (int i = 0; i < n; i++) {
		if (!looks[i].steps)
			continue;
		port_label(label, &looks[i].id, looks[i].part, looks[i].name);
		log_msg(level, "%s: corrected %u times in %lld ms: %s",
			label, p->corrections,
			(long long)(timer_now() - p->first_correction),
			HELD_REASON);
		record_hold(h, &looks[i]);
	}
	p->holds++;
	p->corrections = 0;
	retry_event(p, PORT_IS_UNDONE, retry_spread(p->table, ms));
}

static unsigned int count_steps(const struct look *looks, int n)
{
	unsigned int steps = 0;

	for (int i = 0; i < n; i++)
		if (looks[i].verdict == IN_ORDER)
			steps += looks[i].steps;
	return steps;
}

static void begin_counting(struct port *p)
{
	/* No more corrections for a while: the other program has stopped. */
	if (p->corrections && p->corrections < CORRECTIONS_MAX / 2)
		p->holds = 0;
	p->corrections = 0;
	p->first_correction = timer_now();
}

void contention_count(struct port *p, struct host *h, const struct look *looks,
		      int n)
{
	uint32_t wish = wish_hash(looks, n);
	bool same = wish == p->wish_hash;

	p->wish_hash = wish;
	if (!same || !count_steps(looks, n))
		return;
	if (!p->corrections ||
	    timer_now() - p->first_correction > CORRECTIONS_MS)
		begin_counting(p);
	if (++p->corrections >= CORRECTIONS_MAX)
		hold(p, h, looks, n);
}

bool contention_persists(const struct port *p, const struct look *looks, int n)
{
	for (int i = 0; i < n; i++)
		if (looks[i].goal == GOAL_LEAVE ||
		    looks[i].goal == GOAL_LEAVE_DEAD)
			return false;
	return n > 0 && wish_hash(looks, n) == p->wish_hash;
}

void contention_reset(struct port *p)
{
	p->holds = p->corrections = 0;
	retry_event(p, PORT_RELEASED, 0);
}
