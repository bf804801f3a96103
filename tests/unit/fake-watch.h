/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-watch.h - what the kernel tells of links and of the guards of ports, as
 * the test says
 *
 * All of host_watch_*() and guard_watch_*() is defined here.
 */
#ifndef VIFAGENT_FAKE_WATCH_H
#define VIFAGENT_FAKE_WATCH_H

#include <stdbool.h>

#include "agent/host/host.h"

/* Of each of the two sockets. */
struct fake_socket {
	int open_result;	/* of the next openings: 0 or a negative errno */
	int read_result;	/* of the next readings; of guards: 1: all are gone */
	unsigned int opened;	/* so many times */
	bool is_open;
	bool cannot_be_polled;	/* those that are opened from now on */
	int fd;
};

extern struct fake_socket fake_watch, fake_guard_watch;

/* Begin a test. */
void fake_watch_reset(void);

/* The next reading gets this event, after those before it. */
void fake_watch_tell(const struct host_event *ev);

/* The next reading gets: the guard of this port was removed. */
void fake_guard_watch_tell(int ifindex);

/* Make a socket readable. */
void fake_watch_wake(void);
void fake_guard_watch_wake(void);

#endif
