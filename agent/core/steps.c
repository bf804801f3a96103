/* SPDX-License-Identifier: GPL-2.0-or-later */
/* steps.c - adding steps to a plan */
#include "agent/core/steps.h"

#include <assert.h>

struct step *step_add(struct plan *p, enum step_kind kind)
{
	assert(p->n < PLAN_STEPS);
	p->step[p->n].kind = kind;
	p->verdict = TO_DO;
	return &p->step[p->n++];
}

struct link_change *step_add_change(struct plan *p)
{
	return &step_add(p, STEP_CHANGE)->change;
}

void step_add_up(struct plan *p, bool up)
{
	struct link_change *c = step_add_change(p);

	c->fields = CHANGE_UP;
	c->up = up;
}

void step_add_options(struct plan *p, uint16_t have, uint16_t want)
{
	struct step *step;

	if (have == want)
		return;
	step = step_add(p, STEP_OPTIONS);
	step->options = have ^ want;
	step->options_on = want;
}

void step_add_guard(struct plan *p, const struct state *s,
		    const struct guard *want)
{
	struct step *step;

	if (!s->have_guard || guard_equal(want, &s->guard))
		return;
	step = step_add(p, STEP_GUARD);
	step->guard = *want;
	step->is_macvtap = link_is(&s->link, LINK_MACVTAP);
}

struct step *step_add_vlans(struct plan *p, const char *vlan)
{
	struct step *step = step_add(p, STEP_VLANS);

	(void)text_copy(step->vlan, VLAN_TEXTSIZE, vlan);
	return step;
}
