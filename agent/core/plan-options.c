/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan-options.c - a port's options and its bridge's entries for it, in a plan */
#include "agent/core/plan-options.h"

#include <string.h>

#include "agent/core/steps.h"

/* Options that another program has set stay, also when the port is detached from its
 * bridge and attached again. */
static uint16_t options_to_keep(const struct wish *w, const struct state *s)
{
	uint16_t others = s->link.options ^ OPTIONS_DEFAULT;

	if (s->owner == OWNER_US)
		others &= (uint16_t)~s->record.set;
	if (s->link.master != s->bridge.ifindex)
		others = s->owner == OWNER_US ? s->record.kept : 0;
	return others & (uint16_t)~w->options_named;
}

static uint16_t wanted_options(const struct wish *w, const struct state *s)
{
	uint16_t rest = OPTIONS_DEFAULT ^ options_to_keep(w, s);

	return (uint16_t)((w->options_on & w->options_named) |
			  (rest & ~w->options_named));
}

uint16_t plan_options_to_set(const struct wish *w)
{
	return (w->options_on ^ OPTIONS_DEFAULT) & w->options_named;
}

void plan_record_options(const struct wish *w, const struct state *s,
			   struct record *r)
{
	if (w->kind != NETWORK_BRIDGE)
		return;
	r->kept = options_to_keep(w, s);
	r->set = plan_options_to_set(w);
}

/* Returns the options that the port then has. */
static uint16_t old_options(const struct wish *w, const struct state *s,
			    struct plan *p)
{
	uint16_t have = s->link.options, gone = have ^ OPTIONS_DEFAULT;

	if (s->owner != OWNER_US || s->link.master != s->bridge.ifindex)
		return have;
	gone &= s->record.set & (uint16_t)~w->options_named;
	step_add_options(p, have, have ^ gone);
	return have ^ gone;
}

bool plan_had_entries(const struct state *s)
{
	return s->owner == OWNER_US && s->record.set & OPTIONS_OF_ENTRIES;
}

/* After the options, with which it does not receive without them. */
static void old_entries(const struct wish *w, const struct state *s,
			struct plan *p)
{
	bool stays = s->link.master == s->bridge.ifindex;

	if (plan_had_entries(s) && stays && !wish_has_entries(w))
		(void)step_add(p, STEP_ENTRIES);
}

/* After its VLANs, in each of which they are; before its options, so that it receives
 * all the time. */
static void new_entries(const struct wish *w, const struct state *s, bool moves,
			struct plan *p)
{
	struct entries want;

	wish_entries(w, &want);
	if (moves ? want.n > 0 : wish_has_entries(w) && s->entries_differ)
		step_add(p, STEP_ENTRIES)->entries = want;
}

uint16_t plan_old_options(const struct wish *w, const struct state *s,
			  struct plan *p)
{
	uint16_t have = old_options(w, s, p);

	old_entries(w, s, p);
	return have;
}

void plan_new_options(const struct wish *w, const struct state *s, uint16_t have,
		      bool new_vlans, struct plan *p)
{
	bool moves = s->link.master != s->bridge.ifindex;

	if (w->kind != NETWORK_BRIDGE)
		return;
	new_entries(w, s, moves || new_vlans, p);
	step_add_options(p, moves ? OPTIONS_DEFAULT : have, wanted_options(w, s));
}
