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

/* The MTU of the port: the requested one, or that of its bridge or device. */
uint32_t plan_mtu(const struct wish *w, const struct state *s);

#endif
