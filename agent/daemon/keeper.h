/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper.h - checks the ports that are due, and keeps them in order
 *
 * The scheduler, and all that tells it of ports: the table, the sources of
 * events, and a check of everything when some were lost.
 */
#ifndef VIFAGENT_KEEPER_H
#define VIFAGENT_KEEPER_H

#include "agent/daemon/keeper-ops.h"
#include "agent/engine/agent.h"

struct event_base;
struct keeper;

/*
 * keeper_new() - start: listen, and check everything
 *
 * @a and @ops must outlive it.
 * Returns 0 or a negative errno value with the sentence in @error.
 */
int keeper_new(struct event_base *base, struct agent *a,
	       const struct keeper_ops *ops, struct keeper **ret,
	       char error[REASON_SIZE]);

/* Leaves every port as it is.  Returns NULL; @k may be NULL. */
struct keeper *keeper_free(struct keeper *k);

/* Check everything again (the configuration has changed, say). */
void keeper_scan(struct keeper *k);

/* How many ports there are, and how many are not in order. */
void keeper_count(const struct keeper *k, unsigned int *ret_ports,
		  unsigned int *ret_waiting);

/* How often ports were corrected that another program had changed. */
unsigned long keeper_corrections(const struct keeper *k);

#endif
