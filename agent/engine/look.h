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

struct look {
	struct port_id id;
	enum part part;			/* if is_nic */
	char name[VIF_NAMESIZE];	/* of the link, or what it would be */
	bool found;			/* state.link is there */
	bool was_ours;			/* when the look began */
	bool nic_exists;		/* xenstore has the NIC */
	enum goal goal;
	struct wish wish;		/* resolved */
	char guest[NIC_GUEST_SIZE];	/* the domain's name; "": not asked for */
	char unused[NIC_UNUSED_SIZE];	/* the NIC's keys that are ignored: "ip,
					 * gatewaydev" */
	struct state state;
	struct plan plan;		/* the last one */
	enum verdict verdict;
	char reason[REASON_SIZE];	/* without the name; of a port in order
					 * what is left for later, or "" */
	unsigned int steps;		/* sent */
	char done[REASON_SIZE];		/* the steps in words, as far as they fit;
					 * without the record's */
	bool mac_was_changed;		/* by another, and has been corrected */
	bool joined;			/* new to us, and put on its bridge */
	bool connected;			/* netback is to be told to go on */
	bool left_open;			/* its process has ended, but a program
					 * has it open */
	bool device_was_down;		/* and it has been set up for a macvtap */

	/* Look again: … */
	bool early;			/* … in toolstack-delay: there is more to
					 * do in xenstore */
	bool status_is_stale;		/* … with the same in the request, until
					 * xenstore has been told */
	bool unsure;			/* … with new keys and this link as a hint:
					 * it would be left, but it may have come
					 * after the keys were read */
};

/* What is said of a port that another program keeps changing. */
#define HELD_REASON "another program keeps changing it, so vifagentd stops correcting it for a while; configure that program to ignore it (NetworkManager: unmanaged-devices=interface-name:vif*)"

/* What is said of a port whose MAC another program keeps changing. */
#define BLOCKED_REASON "the program that has it open kept changing its MAC, which only an attack explains; it has been set down; attach it again by hand (vifctl attach), or stop the guest"

/* Which links may have come after the keys were asked for?  They are the hints for asking
 * again.  Returns false if there are none. */
bool looks_learn(const struct look *looks, int n, int hint[LOOKS]);

/* Is the link there, in order, and netback told to go on? */
bool look_is_done(const struct look *look);

#endif
