/* SPDX-License-Identifier: GPL-2.0-or-later */
/* processes.h - links that go with the process they were made for */
#ifndef VIFAGENT_PROCESSES_H
#define VIFAGENT_PROCESSES_H

#include "agent/daemon/table.h"
#include "agent/host/host.h"

struct processes {
	struct host *host;
	bool said_error;
};

/* Make the port due when the process ends; if there is none (pid 0), or it is
 * waited for already, do nothing. */
void processes_wait(struct processes *ps, struct port *p,
		    const struct process *process);

/* The port is in order.  If its process's end cannot be waited for, look for
 * it from time to time. */
void processes_poll(struct port *p, const struct process *process);

#endif
