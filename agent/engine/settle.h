/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * settle.h - private to agent/engine: bring one link to its aim: gather, plan,
 * act, and again
 *
 * This part of reconcile() knows neither xenstore nor udev.
 */
#ifndef VIFAGENT_SETTLE_H
#define VIFAGENT_SETTLE_H

#include "agent/engine/look.h"
#include "agent/engine/request.h"

/* What one link is to become. */
struct aim {
	enum goal goal;		/* GOAL_JOIN, GOAL_LEAVE or GOAL_LEAVE_DEAD */
	struct wish wish;	/* GOAL_JOIN: resolved */
	struct record record;	/* GOAL_JOIN: the link's new record; .was and
				 * what goes with it are settle()'s */
};

/* The decision has been made: .verdict and .reason of the look say it. */
#define DECIDED 1

/*
 * What is a link to become?  Asked in every round, since another door may write
 * another record meanwhile.
 * @look:	.found, and of .state .link, .owner and .record
 *
 * Returns 0; DECIDED; or a negative errno value: that cannot be found out.
 */
typedef int (*decide_fn)(struct look *look, struct aim *ret, void *arg);

/*
 * settle() - round after round until there is nothing more to do
 * @flags:	LOOK_ACT and LOOK_PATIENT count
 * @look:	.id, .part, .name, .found and .state.link are filled in
 *
 * If a link that was not ours cannot be joined it is as it was before.  Returns 0,
 * or what @decide says.
 */
int settle(struct host *h, unsigned int flags, decide_fn decide, void *arg,
	   struct look *look);

#endif
