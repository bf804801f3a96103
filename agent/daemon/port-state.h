/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * port-state.h - what a port waits for, and what ends that
 *
 * Pure.  doc/design.md, "Port states", has the same table in words.
 */
#ifndef VIFAGENT_PORT_STATE_H
#define VIFAGENT_PORT_STATE_H

#include <stdbool.h>

/* What the port's timer is for. */
enum port_state {
	PORT_QUIET,		/* nothing: only an event makes it due */
	PORT_RETRY,		/* not in order: the next try */
	PORT_EARLY,		/* the toolstack gets time (toolstack-delay) */
	PORT_HELD,		/* left alone: another program changes it */
	PORT_POLLING,		/* in order; its process is looked for every 10 s */
	PORT_DYING,		/* its process has ended; others may follow */
	PORT_STATES
};

enum port_event {
	PORT_IS_WELL,		/* a check found it in order */
	PORT_IS_NOT_WELL,	/* … waiting, refused or failed */
	PORT_IS_EARLY,		/* … in order, but too early to report */
	PORT_IS_UNDONE,		/* … corrected too often */
	PORT_HAS_PROCESS,	/* … in order, and no pidfd can be had, or its
				 * process has ended and others have it open */
	PORT_CHECK_FAILED,	/* a check, or xenstore, gave an error */
	PORT_EXITED,		/* the process that it was made for has ended */
	PORT_TIME_IS_UP,	/* its timer has expired: it is due */
	PORT_RELEASED,		/* a reload or a new wish ended the hold */
	PORT_EVENTS
};

enum port_state port_state_next(enum port_state state, enum port_event event);

/* Does it count as not in order? */
bool port_state_is_waiting(enum port_state state);

#endif
