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
 * Unless it listens already.  Without the right to, or on a kernel without nftables,
 * it returns 0, too: the ports will be refused.  Returns 0, or -ENOMEM, -EMFILE,
 * -ENFILE or -ENOBUFS.
 */
int guards_listen(struct guards *g);

/* Remove the guards of links that have gone unnoticed: while no daemon ran, or
 * when events were lost. */
void guards_sweep(const struct guards *g);

#endif
