/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait.h - looking at a port until it is in order, for a bounded time */
#ifndef VIFAGENT_WAIT_H
#define VIFAGENT_WAIT_H

#include "agent/cli/cmd.h"

/*
 * look_twice() - reconcile(), and again if it was early for a part of it
 *
 * Takes toolstack-delay then. Returns what reconcile() does.
 */
int look_twice(struct cmd *c, const struct port_id *id, unsigned int flags,
	       struct look ret[LOOKS]);

/*
 * wait_for_port() - look, act, and look again while it is waiting
 * @part:	the link that matters
 * @seconds:	how long, from now
 * @ret:	the last look at that link; .found, .verdict and .reason say how
 *		it ended
 *
 * Returns 0, or a negative errno value as reconcile() does.
 */
int wait_for_port(struct cmd *c, const struct port_id *id, enum part part,
		  unsigned int flags, unsigned int seconds, struct look *ret);

#endif
