/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - the steps from what is there to what is wished
 *
 * The heart of the agent, without side effects: plan_join() and plan_leave()
 * make all decisions.
 */
#ifndef VIFAGENT_PLAN_H
#define VIFAGENT_PLAN_H

#include "agent/core/state.h"

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
