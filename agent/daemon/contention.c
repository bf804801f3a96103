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

/* What is wished, … */
static uint32_t hash_wishes(const struct look *looks, int n)
{
	uint32_t h = TEXT_HASH_START;

	for (int i = 0; i < n; i++) {
		const struct wish *w = &looks[i].wish;
		const uint32_t numbers[] = { w->mtu, w->mode, w->options_named,
					     w->options_on };
		uint8_t packed[GUARD_PACKED];
		struct guard guard;

		h = text_hash(h, wish_place(w), strlen(wish_place(w)));
		h = text_hash(h, w->name, strlen(w->name));
		h = text_hash(h, w->vlan, strlen(w->vlan));
		h = text_hash(h, numbers, sizeof(numbers));
		wish_guard(w, &guard);
		h = text_hash(h, packed, guard_pack(&guard, packed));
	}
	return h;
}

/* … and of which links. */
static uint32_t wish_hash(const struct look *looks, int n)
{
	uint32_t h = hash_wishes(looks, n);

	for (int i = 0; i < n; i++) {
		const struct link *place = state_place(&looks[i].state);
		const uint32_t numbers[] = {
			(uint32_t)place->ifindex, place->mtu,
			(uint32_t)looks[i].state.link.ifindex,
		};

		h = text_hash(h, numbers, sizeof(numbers));
	}
	return h;
}

/* Say in the record why the port is not corrected, for vifctl to show. */
static void write_hold(struct host *h, const struct look *look, enum hold hold)
{
	struct step step = { .kind = STEP_CHANGE,
			     .change = { .fields = CHANGE_ALIAS } };
	struct record r = look->state.record;
	struct link now;

	if (look->state.owner != OWNER_US)
		return;
	r.hold = hold;
	if (hold == HOLD_DOWN)
		step.change.fields |= CHANGE_UP;
	/* A record of an older version may have no room. */
	if (record_print(&r, step.change.alias) < 0)
		step.change.fields &= ~CHANGE_ALIAS;
	if (!step.change.fields)
		return;
	/* Its record may have changed since. */
	h->ops->take_turn(h);
	if (h->ops->link_by_index(h, look->state.link.ifindex, &now) == 0 &&
	    strcmp(now.alias, look->state.link.alias) == 0)
		(void)h->ops->do_step(h, look->state.link.ifindex, &step);
	h->ops->end_turn(h);
}

static void log_hold(const struct port *p, const struct look *look,
		     const char *reason)
{
	int level = p->holds ? LOG_DEBUG : LOG_WARNING;
	char label[PORT_LABEL_SIZE];

	port_label(label, &look->id, look->part, look->name);
	log_msg(level, "%s: corrected %u times in %lld ms: %s", label,
		p->corrections,
		(long long)(timer_now() - p->first_correction), reason);
}

static void forget_corrections(struct port *p)
{
	p->corrections = p->mac_corrections = p->mac_links = 0;
}

/*
 * A fight about the MAC is an attack, also beside one about something else: who has
 * a tap open may set its MAC without any right (SIOCSIFHWADDR, drivers/net/tun.c),
 * and the bridge then sends it another guest's frames.  Such a port is set down and stays so.
 */
static void block(struct port *p, struct host *h, const struct look *looks,
		  int n)
{
	for (int i = 0; i < n; i++) {
		if (!(p->mac_links & 1U << looks[i].part))
			continue;
		log_hold(p, &looks[i], BLOCKED_REASON);
		write_hold(h, &looks[i], HOLD_DOWN);
	}
	forget_corrections(p);
	p->blocked_wish = hash_wishes(looks, n);
}

static void hold(struct port *p, struct host *h, const struct look *looks,
		 int n)
{
	unsigned int ms = retry_doubled(HOLD_FIRST_MS, p->holds, HOLD_LAST_MS);

	for (int i = 0; i < n; i++) {
		if (!looks[i].steps)
			continue;
		log_hold(p, &looks[i], HELD_REASON);
		write_hold(h, &looks[i], HOLD_FOR_A_WHILE);
	}
	p->holds++;
	forget_corrections(p);
	retry_event(p, PORT_IS_UNDONE, retry_spread(p->table, ms));
}

/* Bits: of which links. */
static unsigned int changed_macs(const struct look *looks, int n)
{
	unsigned int links = 0;

	for (int i = 0; i < n; i++)
		links |= (unsigned int)looks[i].mac_was_changed << looks[i].part;
	return links;
}

static bool is_blocked(const struct look *looks, int n)
{
	for (int i = 0; i < n; i++)
		if (looks[i].state.owner == OWNER_US &&
		    looks[i].state.record.hold == HOLD_DOWN)
			return true;
	return false;
}

static unsigned int count_steps(const struct look *looks, int n)
{
	unsigned int steps = 0;

	for (int i = 0; i < n; i++)
		if (looks[i].verdict == IN_ORDER)
			steps += looks[i].steps;
	return steps;
}

/* A blocked port is looked at once more when its wish is another. */
static void count_blocked(struct port *p, const struct look *looks, int n)
{
	uint32_t wish = is_blocked(looks, n) ? hash_wishes(looks, n) : 0;

	p->unblock = wish && p->blocked_wish && wish != p->blocked_wish;
	p->blocked_wish = wish;
	if (p->unblock)
		table_mark(p);
}

/* A guest's own driver was connected or disconnected: its entries move, which no other
 * program has made necessary. */
static bool active_link_changed(struct port *p, const struct look *looks, int n)
{
	unsigned int active = 0;
	bool changed;

	for (int i = 0; i < n; i++)
		active |= (unsigned int)!looks[i].wish.other_is_active << i;
	changed = active != p->active_links;
	p->active_links = active;
	return changed;
}

static void begin_counting(struct port *p)
{
	/* No more corrections for a while: the other program has stopped. */
	if (p->corrections && p->corrections < CORRECTIONS_MAX / 2)
		p->holds = 0;
	forget_corrections(p);
	p->first_correction = timer_now();
}

void contention_count(struct port *p, struct host *h, const struct look *looks,
		      int n)
{
	uint32_t wish = wish_hash(looks, n);
	bool same = wish == p->wish_hash;
	bool moved = active_link_changed(p, looks, n);
	unsigned int macs = changed_macs(looks, n);

	p->wish_hash = wish;
	count_blocked(p, looks, n);
	if (!same || !count_steps(looks, n))
		return;
	/* But a MAC is not changed by that: see block(). */
	if (moved && !macs)
		return;
	if (!p->corrections ||
	    timer_now() - p->first_correction > CORRECTIONS_MS)
		begin_counting(p);
	p->table->corrections++;
	p->mac_corrections += macs != 0;
	p->mac_links |= macs;
	if (++p->corrections < CORRECTIONS_MAX)
		return;
	if (p->mac_corrections > 1)
		block(p, h, looks, n);
	else
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
	p->holds = 0;
	forget_corrections(p);
	retry_event(p, PORT_RELEASED, 0);
}
