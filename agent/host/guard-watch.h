/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard-watch.h - notifications of guards that another program has removed */
#ifndef VIFAGENT_GUARD_WATCH_H
#define VIFAGENT_GUARD_WATCH_H

#include <stdbool.h>

struct guard_watch;

/* A socket that receives all changes of nftables (NFNLGRP_NFTABLES).  Returns 0 or a
 * negative errno value: -EPROTONOSUPPORT, for one, if the kernel has none. */
int guard_watch_open(struct guard_watch **ret);

/* Returns NULL; @w may be NULL. */
struct guard_watch *guard_watch_close(struct guard_watch *w);

/* To be polled for reading. */
int guard_watch_fd(const struct guard_watch *w);

/*
 * guard_watch_read() - receive all notifications
 *
 * Calls @fn for each port whose guard was removed; never blocks.  Returns true if the
 * table or its rules were removed, which concerns all ports, or if notifications
 * were lost.
 */
bool guard_watch_read(struct guard_watch *w, void (*fn)(int ifindex, void *arg),
		      void *arg);

#endif
