/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scheduler.h - which port is checked when
 *
 * Takes the ports that are due, a few in each turn of the event loop; has
 * their NICs' keys read, and what a check decided written.  A port has one job
 * out at a time.
 */
#ifndef VIFAGENT_SCHEDULER_H
#define VIFAGENT_SCHEDULER_H

#include "agent/daemon/keeper-ops.h"
#include "agent/daemon/xenstore.h"

/* All arguments must outlive it; @xenstore may be freed first, since then no
 * job comes back.  Returns NULL for no memory. */
struct scheduler;
struct scheduler *scheduler_new(const struct sources *sources,
				struct xenstore *xenstore,
				const struct keeper_ops *ops);

/* Returns NULL; @s may be NULL. */
struct scheduler *scheduler_free(struct scheduler *s);

/* A port is due, or it may be time for ops->idle. */
void scheduler_wake(struct scheduler *s);

#endif
