/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan-options.h - a port's options and its bridge's entries for it, in a plan */
#ifndef VIFAGENT_PLAN_OPTIONS_H
#define VIFAGENT_PLAN_OPTIONS_H

#include "agent/core/state.h"

/* Those that the network names and that a new port of a bridge has otherwise. */
uint16_t plan_options_to_set(const struct wish *w);

/* Which options are ours and which are others', for the record. */
void plan_record_options(const struct wish *w, const struct state *s,
			 struct record *r);

/* The port's sticky entries are ours. */
bool plan_had_entries(const struct state *s);

/*
 * plan_old_options() - undo what we have set and the network names no longer
 *
 * These steps come before the record, which says that it is ours, is written anew.
 * Returns the options that the port has after them.
 */
uint16_t plan_old_options(const struct wish *w, const struct state *s,
			  struct plan *p);

/*
 * plan_new_options() - what is wished, once the port is on its bridge
 * @have:	as plan_old_options() returned them
 * @new_vlans:	its VLANs were changed; there is an entry in each
 */
void plan_new_options(const struct wish *w, const struct state *s, uint16_t have,
		      bool new_vlans, struct plan *p);

#endif
