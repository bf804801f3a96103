/* SPDX-License-Identifier: GPL-2.0-or-later */
/* helper.h - bridges on which the bridge helper puts no tap, whatever its ACL says */
#ifndef VIFAGENT_HELPER_H
#define VIFAGENT_HELPER_H

#include "agent/core/config.h"

/*
 * helper_refuses() - does a network of this bridge want what the helper cannot give?
 *
 * QEMU tells it no MAC, which a guard and entries of the bridge need; only root may give a
 * port a guard or a rate; and its tap is on the bridge before anybody could isolate it.
 * Returns true with the sentence in @reason.
 */
bool helper_refuses(const struct config *c, const char *bridge, char reason[REASON_SIZE]);

#endif
