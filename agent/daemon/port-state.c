/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port-state.c - what a port waits for, and what ends that */
#include "agent/daemon/port-state.h"

enum port_state port_state_next(enum port_state state, enum port_event event)
{
	switch (event) {
	case PORT_IS_WELL:
		return PORT_QUIET;
	case PORT_IS_NOT_WELL:
		return PORT_RETRY;
	case PORT_IS_EARLY:
		return PORT_EARLY;
	case PORT_IS_UNDONE:
		return PORT_HELD;
	case PORT_HAS_PROCESS:
		return PORT_POLLING;
	case PORT_CHECK_FAILED:
		/* A failure does not shorten the time that it is left alone. */
		return state == PORT_HELD ? PORT_HELD : PORT_RETRY;
	case PORT_EXITED:
		return PORT_DYING;
	case PORT_TIME_IS_UP:
	case PORT_RELEASED:
		/* Until the next check says more it counts as not in order. */
		return state == PORT_HELD ? PORT_RETRY : state;
	case PORT_EVENTS:
		break;
	}
	return state;
}

bool port_state_is_waiting(enum port_state state)
{
	return state == PORT_RETRY || state == PORT_HELD;
}
