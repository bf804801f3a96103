/* SPDX-License-Identifier: GPL-2.0-or-later */
/* look.h - what a look at one link found and did */
#ifndef VIFAGENT_LOOK_H
#define VIFAGENT_LOOK_H

#include "agent/core/plan.h"
#include "agent/engine/port.h"

/* What becomes of a link. */
enum goal {
	GOAL_JOIN,
	GOAL_LEAVE,		/* and be as it was found */
	GOAL_LEAVE_DEAD,	/* its NIC is dead: see plan_leave() */
	GOAL_KEEP,		/* xenstore cannot say: touch nothing */
	GOAL_NONE,		/* it belongs to another script */
};

enum look_flags {
	/* Carry out the plan; else only say it. */
	LOOK_ACT = 1 << 0,
	/* We are the hotplug script: it is our turn to report, whatever
	 * xenstore says, and who calls does the reporting of failures. */
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
	/* Who began to leave a link is still at it, and finishes alone. */
	LOOK_YIELD = 1 << 8,
	/* Only this one of a NIC's links. */
	LOOK_VIF_ONLY = 1 << 6,
	LOOK_EMU_ONLY = 1 << 7,
	/* The last look was early, and since then toolstack-delay is over. */
	LOOK_LATE = 1 << 9,
	/* The last look was untold. */
	LOOK_REWRITE = 1 << 10,
};

/* What a look at one link found and did. */
struct look {
	struct port_id id;
	enum part part;			/* if is_nic */
	char name[VIF_NAMESIZE];	/* of the link, or what it would be */
	bool found;			/* state.link is there */
	bool nic_exists;		/* xenstore has the NIC */
	struct wish wish;
	struct record record;		/* what the link's record has to say */
	struct state state;
	struct plan plan;		/* the last one */
	enum verdict verdict;
	char reason[REASON_SIZE];	/* without the name; "" if in order */
	unsigned int steps;		/* sent */
	bool joined;			/* new to us, and put on its bridge */
	bool untold;			/* it was joined, but it was not yet the
					 * time to tell netback: look again with
					 * LOOK_REWRITE. A "connected" of its
					 * last life may be there */
	bool leaving;			/* the goal was to leave it */
	bool outdated;			/* its record is no longer the one that
					 * the wish was made from */
	bool connected;			/* netback has been told to go on */
	bool device_was_down;		/* and it has been set up for a macvtap */
	bool unsure;			/* it would be left, but it may have come
					 * after the NIC's keys were read: ask
					 * again, and give it as a hint */
	bool early;			/* there is more to do in xenstore, but
					 * not yet: look again with LOOK_LATE in
					 * toolstack-delay */
};

/* What is said of a port that another program keeps changing. */
#define HELD_REASON "another program keeps changing it, so vifagentd stops correcting it for a while; configure that program to ignore it (NetworkManager: unmanaged-devices=interface-name:vif*)"

/* Is another door at work on it, and will be done in a moment? */
bool look_yields(const struct look *look, unsigned int flags);

/* Is the link there, in order, and netback told to go on? For who waits for
 * that. */
bool look_is_done(const struct look *look);

#endif
