/* SPDX-License-Identifier: GPL-2.0-or-later */
/* processes.c - links that go with the process they were made for */
#include "agent/daemon/processes.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/daemon/retry.h"
#include "agent/host/procfs.h"

/* Deaths come in bursts, and many links are deleted faster together. */
#define DEATHS_MS 20

/* How often a process is looked for without a pidfd. */
#define POLL_MS 10000

/* This many descriptors are reserved for what cannot work without them. */
#define DESCRIPTORS_KEPT 64

static void on_exit_of(evutil_socket_t fd, short what, void *arg)
{
	struct port *p = arg;

	(void)fd;
	(void)what;
	table_forget_exit(p);
	retry_event(p, PORT_EXITED, DEATHS_MS);
}

/* Returns the pidfd or a negative errno value. */
static int open_pidfd(int pid)
{
	struct rlimit limit;
	int fd = pidfd_open(pid, 0);

	if (fd < 0)
		return -errno;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    (rlim_t)fd + DESCRIPTORS_KEPT >= limit.rlim_cur) {
		close(fd);
		return -EMFILE;
	}
	return fd;
}

/* Returns 0 or a negative errno value. */
static int wait_for(struct port *p, int pid)
{
	int fd = open_pidfd(pid);

	if (fd < 0)
		return fd;
	p->exit = event_new(p->table->base, fd, EV_READ, on_exit_of, p);
	if (!p->exit) {
		close(fd);
		return -ENOMEM;
	}
	if (event_add(p->exit, NULL) == 0)
		return 0;
	table_forget_exit(p);
	return -ENOMEM;
}

void processes_wait(struct processes *ps, struct port *p,
		    const struct process *process)
{
	int r;

	if (!process->pid || p->exit || !procfs_is_near(process))
		return;
	r = wait_for(p, process->pid);
	if (r < 0 && r != -ESRCH)
		log_once(&ps->said_error, LOG_WARNING, "cannot wait for the end of processes (%s): checking every 10 s",
			 strerror(-r));
	/* It may have ended just before, and its pid be used again. */
	if (!ps->host->ops->process_lives(ps->host, process))
		table_mark(p);
}

void processes_poll(struct port *p, const struct process *process)
{
	if (process->pid && !p->exit && procfs_is_near(process))
		retry_event(p, PORT_HAS_PROCESS, POLL_MS);
}
