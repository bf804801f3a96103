/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper.h - looks at the ports that deserve it, and keeps them in order
 *
 * Tries again what failed, with growing pauses; says what is wrong once; and
 * gives way, for a while, to a program that keeps undoing its work.
 */
#ifndef VIFAGENT_KEEPER_H
#define VIFAGENT_KEEPER_H

#include "agent/daemon/sources.h"
#include "agent/daemon/table.h"
#include "agent/engine/look.h"

struct event_base;
struct keeper;

/* What to do with each look; for the daemon itself NULL. */
typedef void (*keeper_fn)(const struct look *look, void *arg);

struct keeper_ops {
	/* Only look, change nothing (vifctl monitor). */
	bool passive;
	/* Called for every look that says something new. */
	keeper_fn news;
	/* Called each time when nothing is left to look at. */
	void (*idle)(void *arg);
	void *arg;
};

/*
 * keeper_new() - begin: listen, and look at everything
 *
 * @a and @ops must outlive it.
 * Returns 0 or a negative errno value with the sentence in @error.
 */
int keeper_new(struct event_base *base, struct agent *a,
	       const struct keeper_ops *ops, struct keeper **ret,
	       char error[REASON_SIZE]);

/* Leaves every port as it is.  Returns NULL; @k may be NULL. */
struct keeper *keeper_free(struct keeper *k);

/* Look at everything again (the configuration has changed, say). */
void keeper_scan(struct keeper *k);

/* How many ports there are, and how many are not in order. */
void keeper_count(const struct keeper *k, unsigned int *ret_ports,
		  unsigned int *ret_waiting);

#endif
