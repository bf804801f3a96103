/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leftovers.h - taps and macvtaps of processes that have ended */
#ifndef VIFAGENT_LEFTOVERS_H
#define VIFAGENT_LEFTOVERS_H

#include "agent/cli/cmd.h"

/*
 * leftovers_clear_name() - delete the link of this name if it is one
 *
 * The daemon does that as well; where none runs, or it has not done it yet, it must
 * not stand in the way of a program that is started again.
 */
void leftovers_clear_name(struct cmd *c, const char *name);

/* The same for all of them on a device, whose addresses or mode they keep. */
void leftovers_clear_device(struct cmd *c, const char *device);

#endif
