/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gather.h - what the kernel shows of everything that a plan depends on */
#ifndef VIFAGENT_GATHER_H
#define VIFAGENT_GATHER_H

#include "agent/core/state.h"
#include "agent/host/host.h"

/*
 * gather_join() - what a link that joins its network depends on
 * @w:		resolved
 * @record:	its new record
 * @s:		.link, .owner, .record and .patient are known; the rest is filled
 *		in
 *
 * Returns 0 or a negative errno value.
 */
int gather_join(struct host *h, const struct wish *w, const struct record *record,
		struct state *s);

/* The same for a link that leaves it. */
int gather_leave(struct host *h, struct state *s);

/* What a macvtap on its network would be on: all that plan_macvtap() needs. */
int gather_device(struct host *h, const struct wish *w, struct state *s);

#endif
