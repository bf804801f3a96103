/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * contention.h - giving way to another program that keeps changing a port
 *
 * A port that was in order, whose wish is the same, and that is corrected too
 * often is left alone ("held") for a while, longer each time.
 */
#ifndef VIFAGENT_CONTENTION_H
#define VIFAGENT_CONTENTION_H

#include "agent/daemon/table.h"
#include "agent/host/host.h"

/* Count what the check corrected, and hold the port if that is too much. */
void contention_count(struct port *p, struct host *h, const struct look *looks,
		      int n);

/* Has only the port's state changed?  A new wish or the NIC's death ends the
 * hold.  @looks come from a check that changed nothing. */
bool contention_persists(const struct port *p, const struct look *looks,
			 int n);

/* Begin anew: an administrator may have configured the other program. */
void contention_reset(struct port *p);

#endif
