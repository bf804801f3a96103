/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper-ops.h - what a program gives the keeper */
#ifndef VIFAGENT_KEEPER_OPS_H
#define VIFAGENT_KEEPER_OPS_H

#include "agent/engine/look.h"

struct keeper_ops {
	/* Change nothing (vifctl monitor). */
	bool passive;
	/* Called when a check found something new; may be NULL. */
	void (*news)(const struct look *look, void *arg);
	/* Called whenever no port is due any more; may be NULL. */
	void (*idle)(void *arg);
	void *arg;
};

#endif
