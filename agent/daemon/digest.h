/* SPDX-License-Identifier: GPL-2.0-or-later */
/* digest.h - what follows from a check for its port */
#ifndef VIFAGENT_DIGEST_H
#define VIFAGENT_DIGEST_H

#include "agent/daemon/keeper-ops.h"
#include "agent/daemon/processes.h"
#include "agent/engine/agent.h"

struct digest {
	struct agent *agent;
	const struct keeper_ops *ops;
	struct processes processes;
};

/*
 * digest_looks() - log it, remember where things are, and plan the next check
 *
 * Returns false if nothing is left of the port; it is not removed.
 */
bool digest_looks(struct digest *d, struct port *p, const struct look *looks,
		  int n);

#endif
