/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - the steps from what is there to what is wished
 *
 * The heart of the agent, without side effects: plan_join() and plan_leave()
 * make all decisions.
 */
#ifndef VIFAGENT_PLAN_H
#define VIFAGENT_PLAN_H

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
	bool patient;		/* a bridge being set up may take its time */
	bool is_hardware;	/* the link of a piece of hardware */

	bool have_holder;	/* another link has the wished name */
	struct link holder;
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
	STEP_CHANGE,		/* one message about the port */
	STEP_DEVICE_UP,		/* set up what the macvtap is on */
	STEP_DELETE,		/* the link itself */
};

struct step {
	enum step_kind kind;
	int bridge;			/* pins: ifindex */
	int device;			/* STEP_DEVICE_UP: ifindex */
	uint8_t mac[6];			/* pins: what to keep */
	uint32_t mtu;
	struct link_change change;	/* STEP_CHANGE */
};

#define PLAN_STEPS 12

struct plan {
	enum verdict verdict;
	char reason[REASON_SIZE];	/* WAITING, REFUSED: why, and what
					 * helps; without the port's name */
	size_t n;
	struct step step[PLAN_STEPS];
};

/*
 * plan_join() - the steps that make a port what the wish says
 * @wish:	resolved (config_resolve())
 * @record:	the link's new record; .was is used only if the link has no
 *		record yet
 */
void plan_join(const struct wish *wish, const struct record *record,
	       const struct state *state, struct plan *ret);

/*
 * plan_macvtap() - can a macvtap be made on its network?
 * @state:	.have_device, .device and .device_master are filled in
 *
 * IN_ORDER, or the verdict of plan_join() if it existed.
 */
void plan_macvtap(const struct wish *wish, const struct state *state,
		  struct plan *ret);

/*
 * plan_leave() - the steps that restore a link's former state
 * @dead:	its NIC is gone: stays down and off every bridge
 *
 * A link that we made is deleted.
 * A link without our record is NOT_OURS.
 */
void plan_leave(const struct state *state, bool dead, struct plan *ret);

/*
 * plan_port_mac() - the address of a port while it is one
 *
 * High, so that no bridge takes it for its own, and never the guest's.  If the
 * guest's is not known: fe:ff:ff:ff:ff:ff, as netback's links have it
 * (xenvif_alloc, drivers/net/xen-netback/interface.c).  Otherwise the guest's with
 * the first byte fe, or fa if it is fe already, as libvirt does.
 */
void plan_port_mac(const struct wish *w, uint8_t ret[6]);

/* The MTU of the port: the requested one, or that of its bridge or device. */
uint32_t plan_mtu(const struct wish *w, const struct state *s);

/*
 * plan_master_mtu() - the MTU that a bridge sees of a port that leaves it
 * @new_mtu:	the port's afterwards; the kernel sets it before the master if
 *		both are in one message
 */
uint32_t plan_master_mtu(const struct state *s, uint32_t new_mtu);

/* Can a port of that MTU change its bridge's? */
bool plan_mtu_matters(const struct link *bridge, uint32_t port_mtu);

#endif
