/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.h - what the kernel shows of a port, and the steps that change it */
#ifndef VIFAGENT_STATE_H
#define VIFAGENT_STATE_H

#include "agent/core/link.h"
#include "agent/core/record.h"
#include "agent/core/wish.h"

/* The MTU of links and bridges whose MTU was never set. */
#define LINK_MTU_DEFAULT 1500

/* Facts about a bridge that are not in rtnetlink. */
struct bridge_facts {
	bool mac_floats;	/* its MAC follows its ports' */
	bool is_empty;		/* it has no port; only told if mac_floats */
	bool mtu_is_pinned;	/* we have made its MTU its own, or need not;
				 * may be false though it is */
};

/* Room for a destination as ip(8) writes it: "2001:db8::/32", "default". */
#define ROUTE_SIZE 52

/* The IP addresses of a link. */
struct addresses {
	bool has_link_local;	/* fe80::/10 or 169.254.0.0/16, which links give
				 * themselves */
	char other[52];		/* any other, as ip(8) writes it; "": none */
};

/* What the kernel shows of one port and of everything that its wish names. */
struct state {
	struct link link;
	enum owner owner;
	struct record record;	/* if OWNER_US */

	/* a network of kind = macvtap: its device, and what that is on */
	bool have_device;
	struct link device;
	struct link device_master;	/* ifindex 0: nothing */

	bool have_bridge;	/* a link of the wished bridge's name exists */
	struct link bridge;
	struct bridge_facts facts;	/* unless the port is in its place */
	bool renames_live;	/* the kernel renames links that are up */
	bool patient;		/* a bridge being set up may take its time */
	bool is_hardware;	/* the link of a piece of hardware */

	bool have_vlans;	/* it is on the wished bridge, and VLANs are
				 * wished, too */
	struct vlans vlans;

	bool entries_differ;	/* it is on the wished bridge, which has other
				 * sticky entries for it than wish_entries() */

	bool have_guard;	/* .guard is known */
	struct guard guard;	/* as it stands; .kind GUARD_NONE: none */

	struct addresses addresses;
	char route[ROUTE_SIZE];	/* over it, to there; "": none, or it was not
				 * looked for */
	struct link upper;	/* is on top of it; ifindex 0: none, or it was
				 * not looked for */

	bool have_holder;	/* another link has the wished name */
	struct link holder;
	bool holder_by_altname;	/* as an alternative one; perhaps the link itself */
	bool holder_is_nic;	/* and it is the link of some NIC */

	/* what the link is on, if not on the wished bridge; ifindex 0: nothing */
	struct link master;
	struct bridge_facts master_facts;

	/* record.was.master, for a detach; ifindex 0: gone */
	struct link former;
	struct bridge_facts former_facts;
};

/* The bridge or device of the wish; ifindex 0: it does not exist. */
static inline const struct link *state_place(const struct state *s)
{
	return s->have_device ? &s->device : &s->bridge;
}

enum verdict {
	IN_ORDER,		/* nothing to do */
	NOT_OURS,		/* there is no wish for it */
	TO_DO,			/* there are steps */
	WAITING,		/* for an event that will be noticed */
	REFUSED,		/* until the wish or the state changes */
	FAILED,			/* the kernel refused a step; set by settle.c */
};

enum step_kind {
	STEP_PIN_MAC,		/* make the bridge's own MAC and … */
	STEP_PIN_MTU,		/* … MTU stay whatever its ports have */
	STEP_PIN_LEARNING,	/* make the bridge not learn from frames to
				 * 01:80:c2:00:00:0X, which no filter sees */
	STEP_GUARD,		/* check from now on what the port sends, and how
				 * fast */
	STEP_CHANGE,		/* one message about the port */
	STEP_OPTIONS,		/* of the port on its bridge */
	STEP_VLANS,		/* be in these VLANs of its bridge, only */
	STEP_ENTRIES,		/* its bridge knows it by these MACs, only */
	STEP_FLUSH,		/* its link-local addresses */
	STEP_DEVICE_UP,		/* set up what the macvtap is on */
	STEP_DELETE,		/* the link itself */
};

struct step {
	enum step_kind kind;
	int bridge;			/* pins: ifindex */
	int device;			/* STEP_DEVICE_UP: ifindex */
	uint8_t mac[6];			/* pins: what to keep */
	uint32_t mtu;
	uint16_t options;		/* STEP_OPTIONS: these, … */
	uint16_t options_on;		/* … and their values */
	char vlan[VLAN_TEXTSIZE];	/* STEP_VLANS; "": in none */
	bool has_entries;		/* STEP_VLANS: those in VLANs that it
					 * leaves are to go, too */
	struct entries entries;		/* STEP_ENTRIES */
	bool is_macvtap;		/* STEP_GUARD */
	struct guard guard;		/* STEP_GUARD; .kind GUARD_NONE: not any
					 * more */
	struct link_change change;	/* STEP_CHANGE */
};

#define PLAN_STEPS 17

struct plan {
	enum verdict verdict;
	char reason[REASON_SIZE];	/* WAITING, REFUSED: why, and what
					 * helps; else what is left for later;
					 * without the port's name */
	size_t n;
	struct step step[PLAN_STEPS];
};

#endif
