/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait.h - wait until a port is in order, with a time limit */
#ifndef VIFAGENT_WAIT_H
#define VIFAGENT_WAIT_H

#include "agent/cli/cmd.h"

/*
 * look_or_fail() - look at a port, and print an error for each link of it that is
 * not in order
 * @name:	what to call the port if nothing is found out about it
 *
 * A link that is gone, or not ours, is fine, but not if it is to join by hand.
 * Returns an exit code.
 */
int look_or_fail(struct cmd *c, const struct request *q, const char *name);

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
