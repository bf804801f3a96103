/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconcile.h - one look at one port: where everything meets
 *
 * Find the wish and the state, plan, act, report.  Every door calls this in its
 * own process; it is safe to call at any moment, any number of times, by any
 * number of processes at once.
 */
#ifndef VIFAGENT_RECONCILE_H
#define VIFAGENT_RECONCILE_H

#include "agent/engine/look.h"
#include "agent/engine/request.h"

/*
 * reconcile() - look at a port
 * @ret:	one look for each link of it that is there or ought to be
 * @tell:	what xenstore is to be told now
 *
 * Does not speak to xenstored.  Returns how many looks, at most LOOKS; or a
 * negative errno value: -ENODEV (no such link, or one that belongs to the NIC
 * @ret->id), -ENODATA (the link may be the NIC's @ret->id: look again with its
 * keys), or that nothing could be found out at all.
 */
int reconcile(struct agent *a, const struct request *q,
	      struct look ret[LOOKS], struct tell *tell);

#endif
