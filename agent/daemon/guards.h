/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guards.h - what others do to the guards of ports */
#ifndef VIFAGENT_GUARDS_H
#define VIFAGENT_GUARDS_H

#include "agent/daemon/sources.h"

/* Does not listen yet.  Returns NULL for no memory. */
struct guards;
struct guards *guards_new(const struct sources *sources);

/* Returns NULL; @g may be NULL. */
struct guards *guards_free(struct guards *g);

/*
 * guards_listen() - start listening, if any network has a guard
 *
 * Unless it listens already.  On a kernel without nftables it returns 0, too: the
 * ports will be refused.  Returns 0 or -ENOMEM.
 */
int guards_listen(struct guards *g);

#endif
