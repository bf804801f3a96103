/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan-options.h - a port's options and its bridge's entries for it, in a plan */
#ifndef VIFAGENT_PLAN_OPTIONS_H
#define VIFAGENT_PLAN_OPTIONS_H

#include "agent/core/state.h"

/* On its bridge the port will have other options than a new port has. */
bool plan_has_options(const struct wish *w, const struct state *s);

/*
 * plan_record_options() - which options are ours and which are others', for the record
 *
 * What a network names no longer is ours until it is undone: so a fault before that loses
 * nothing, and the record is written once more after it.
 */
void plan_record_options(const struct wish *w, const struct state *s,
			 struct record *r);

/* The port's sticky entries are ours. */
bool plan_had_entries(const struct state *s);

/*
 * plan_old_entries() - remove entries that the network wants no longer
 *
 * When the options are undone without which it does not receive; and before the record,
 * which says that they are ours, is written without them.
 */
void plan_old_entries(const struct wish *w, const struct state *s,
		      struct plan *p);

/*
 * plan_options() - entries and options, once the port is on its bridge
 * @new_vlans:	its VLANs were changed; there is an entry in each
 *
 * After guard and VLANs: what they replace is undone only then.
 */
void plan_options(const struct wish *w, const struct state *s, bool new_vlans,
		  struct plan *p);

#endif
