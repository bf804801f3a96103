/* SPDX-License-Identifier: GPL-2.0-or-later */
/* procfs.h - which process is which */
#ifndef VIFAGENT_PROCFS_H
#define VIFAGENT_PROCFS_H

#include <sys/types.h>

#include "agent/host/host.h"

/*
 * procfs_process() - identify a process for a record
 *
 * Returns 0; -ESRCH if there is no process with this pid, or if it is a zombie;
 * or the error of reading /proc/PID/stat.
 */
int procfs_process(int pid, struct process *ret);

/* host_ops.process_lives; true if in doubt. */
bool procfs_process_lives(struct host *h, const struct process *p);

/*
 * procfs_arguments() - the arguments of a process, each with a NUL at its end
 *
 * As far as they fit.  Returns their length, or a negative errno value.
 */
ssize_t procfs_arguments(int pid, char *buf, size_t size);

/* Calls @fn for each process that /proc shows, until it returns false. */
void procfs_each(bool (*fn)(int pid, void *arg), void *arg);

/* Is it in our network namespace?  Else a link of the same name is another one. */
bool procfs_shares_network(int pid);

/* Is it of our own pid namespace, as far as its record says? */
bool procfs_is_near(const struct process *p);

#endif
