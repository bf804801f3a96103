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

bool plan_has_options(const struct wish *w, const struct state *s)
{
	return w->kind == NETWORK_BRIDGE && wanted_options(w, s) != OPTIONS_DEFAULT;
}

/* What we have set, and the network does not name any more, as long as it is set. */
static uint16_t set_so_far(const struct wish *w, const struct state *s)
{
	if (s->owner != OWNER_US || s->link.master != s->bridge.ifindex)
		return 0;
	return s->record.set & ~w->options_named & (s->link.options ^ OPTIONS_DEFAULT);
}

void plan_record_options(const struct wish *w, const struct state *s,
			   struct record *r)
{
	if (w->kind != NETWORK_BRIDGE)
		return;
	r->kept = options_to_keep(w, s);
	r->set = (w->options_on ^ OPTIONS_DEFAULT) & w->options_named;
	r->set |= set_so_far(w, s);
}

bool plan_had_entries(const struct state *s)
{
	return s->owner == OWNER_US && s->record.set & OPTIONS_OF_ENTRIES;
}

void plan_old_entries(const struct wish *w, const struct state *s,
		      struct plan *p)
{
	bool stays = s->link.master == s->bridge.ifindex;

	if (plan_had_entries(s) && stays && !wish_has_entries(w) &&
	    !(set_so_far(w, s) & OPTIONS_OF_ENTRIES))
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

void plan_options(const struct wish *w, const struct state *s, bool new_vlans,
		  struct plan *p)
{
	bool moves = s->link.master != s->bridge.ifindex;

	if (w->kind != NETWORK_BRIDGE)
		return;
	new_entries(w, s, moves || new_vlans, p);
	step_add_options(p, moves ? OPTIONS_DEFAULT : s->link.options,
			 wanted_options(w, s));
}
