/* SPDX-License-Identifier: GPL-2.0-or-later */
/* procfs.h - which process is which */
#ifndef VIFAGENT_PROCFS_H
#define VIFAGENT_PROCFS_H

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

/* Is it of our own pid namespace, as far as its record says? */
bool procfs_is_near(const struct process *p);

#endif
