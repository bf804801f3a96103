/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstore.h - the daemon's connection to xenstored, and its events
 *
 * While xenstored does not run it is looked for.  Threads do all jobs, so
 * nothing here waits for xenstored.
 */
#ifndef VIFAGENT_DAEMON_XENSTORE_H
#define VIFAGENT_DAEMON_XENSTORE_H

#include "agent/daemon/sources.h"

/* Also starts the agent's workers, which agent_close() ends.  Returns 0 or a
 * negative errno value. */
struct xenstore;
int xenstore_new(const struct sources *sources, struct xenstore **ret);

/* Returns NULL; @x may be NULL. */
struct xenstore *xenstore_free(struct xenstore *x);

/* Begin to look for xenstored. */
void xenstore_start(struct xenstore *x);

/* List all NICs, and mark those that are not in the table. */
void xenstore_list(struct xenstore *x);

/* Give the workers a job; its done() is called from the event loop.  Returns 0,
 * or a negative errno value: the job is still the caller's. */
int xenstore_give(struct xenstore *x, struct job *job);

/* A job's result was -ENOTCONN. */
void xenstore_lost(struct xenstore *x);

/* False until the first attempt to connect has ended. */
bool xenstore_is_known(const struct xenstore *x);

/* Are answers awaited, and not in vain? */
bool xenstore_is_busy(const struct xenstore *x);

/* It does not answer, and may not for a long time. */
bool xenstore_is_silent(const struct xenstore *x);

/* Has another xenstored perhaps answered, with a new store?  Then that a NIC is
 * missing there says nothing. */
bool xenstore_is_stale(const struct xenstore *x);

#endif
