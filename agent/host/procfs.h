/* SPDX-License-Identifier: GPL-2.0-or-later */
/* procfs.h - which process is which */
#ifndef VIFAGENT_PROCFS_H
#define VIFAGENT_PROCFS_H

#include "agent/host/host.h"

/*
 * procfs_process() - what a record says of a process
 *
 * Returns 0; -ESRCH if there is none of this pid, or if it is dead and only not
 * waited for; or what reading /proc/PID/stat gave.
 */
int procfs_process(int pid, struct process *ret);

/* host_ops.process_lives; if in doubt it does. */
bool procfs_process_lives(struct host *h, const struct process *p);

#endif
