/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request.h - what a door asks of a look at one port */
#ifndef VIFAGENT_REQUEST_H
#define VIFAGENT_REQUEST_H

#include "agent/engine/port.h"

enum look_flags {
	/* Carry out the plan; else only say it. */
	LOOK_ACT = 1 << 0,
	/* We are the hotplug script: it is our turn to report, whatever
	 * xenstore says, and our caller reports failures. */
	LOOK_SCRIPT = 1 << 1,
	/* If its links are not where their names say, search all links. */
	LOOK_SEARCH = 1 << 2,
	/* The NIC's keys may have been lost with an old xenstored: that they
	 * are missing does not mean that the NIC is dead. */
	LOOK_KEEP = 1 << 3,
	/* Whatever xenstore says, the NIC is to be left. */
	LOOK_LEAVE = 1 << 4,
	/* A bridge that is just being set up is not joined yet. */
	LOOK_PATIENT = 1 << 5,
	/* Only this one of a NIC's links. */
	LOOK_VIF_ONLY = 1 << 6,
	LOOK_EMU_ONLY = 1 << 7,
	/* A process that began to leave a link finishes that alone. */
	LOOK_YIELD = 1 << 8,
	/* The wish has changed since the port was blocked. */
	LOOK_UNBLOCK = 1 << 9,
};

/* What an administrator, or a program for its own tap, asks of one link. */
struct by_hand {
	int ifindex;
	bool leave;		/* it is no port by hand any more; or … */
	struct record record;	/* … .wish as requested, .made, .process */
};

struct request {
	struct port_id id;
	unsigned int flags;		/* enum look_flags */
	const struct nic *nic;		/* the NIC's keys; NULL: not known */
	int hint[LOOKS];		/* ifindices that its links had, by part,
					 * when the keys were asked for; or 0 */
	const struct by_hand *hand;	/* or NULL */
	bool delay_is_over;		/* toolstack-delay has been waited for */
	bool status_is_stale;		/* "connected" in xenstore may be of the
					 * link's last life */
};

#endif
