/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settle.h - bring one link to its wish: gather, plan, act, and again */
#ifndef VIFAGENT_SETTLE_H
#define VIFAGENT_SETTLE_H

#include "agent/engine/look.h"

/*
 * settle() - bring one link to its wish: gather, plan, act, and again
 * @look:	.id, .name, .wish, .record and .state.link.ifindex are filled in,
 *		and if .found all of .state.link and .owner
 * @goal:	GOAL_JOIN, GOAL_LEAVE or GOAL_LEAVE_DEAD
 *
 * The part of reconcile() that knows neither xenstore nor udev.
 */
void settle(struct host *h, struct look *look, enum goal goal,
	    unsigned int flags);

/*
 * settle_find_device() - what a macvtap on its network would be on
 * @w:		resolved
 *
 * Fills in what plan_macvtap() needs.  Returns 0 or a negative errno value.
 */
int settle_find_device(struct host *h, const struct wish *w,
		       struct state *ret);

#endif
