/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait.h - wait until a port is in order, with a time limit */
#ifndef VIFAGENT_WAIT_H
#define VIFAGENT_WAIT_H

#include "agent/cli/cmd.h"

/*
 * look_twice() - reconcile(), and again if it was too early for one part
 *
 * Waits toolstack-delay in between.  Returns what reconcile() does.
 */
int look_twice(struct cmd *c, const struct port_id *id, unsigned int flags,
	       struct look ret[LOOKS]);

/*
 * wait_for_port() - check, act, and check again while the port is waiting
 * @part:	the link that matters
 * @seconds:	how long to wait
 * @ret:	the last look at that link; .found, .verdict and .reason tell the
 *		result
 *
 * Returns 0, or a negative errno value as reconcile() does.
 */
int wait_for_port(struct cmd *c, const struct port_id *id, enum part part,
		  unsigned int flags, unsigned int seconds, struct look *ret);

#endif
