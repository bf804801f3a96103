/* SPDX-License-Identifier: GPL-2.0-or-later */
/* steps.h - adding steps to a plan, which becomes TO_DO by that */
#ifndef VIFAGENT_STEPS_H
#define VIFAGENT_STEPS_H

#include "agent/core/state.h"

/* Empty but for its kind. */
struct step *step_add(struct plan *p, enum step_kind kind);

/* One message about the port: to be filled in. */
struct link_change *step_add_change(struct plan *p);

/* Up or down, a message of its own. */
void step_add_up(struct plan *p, bool up);

/* From those that are on to those that shall be; unless they are the same. */
void step_add_options(struct plan *p, uint16_t have, uint16_t want);

/* Unless the guard stands as it shall. */
void step_add_guard(struct plan *p, const struct state *s,
		    const struct guard *want);

/* @vlan: for vlans_parse(), or "": none */
struct step *step_add_vlans(struct plan *p, const char *vlan);

#endif
