/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pin.h - a bridge keeps the MAC and MTU that it has, whatever its ports have */
#ifndef VIFAGENT_PIN_H
#define VIFAGENT_PIN_H

#include "agent/core/state.h"

/* Add steps, where a bridge would change: the one that the port joins, or is on,
 * while @c changes the port; … */
void pin_bridge(const struct state *s, const struct link_change *c,
		struct plan *p);

/* … the one that it leaves; … */
void pin_master(const struct state *s, uint32_t new_mtu, struct plan *p);

/* … and the one that it returns to, with its former MAC. */
void pin_former(const struct state *s, struct plan *p);

/*
 * pin_master_mtu() - the MTU that a bridge sees of a port that leaves it
 * @new_mtu:	the port's afterwards; the kernel sets it before the master if
 *		both are in one message
 */
uint32_t pin_master_mtu(const struct state *s, uint32_t new_mtu);

/* Can a port of that MTU change its bridge's? */
bool pin_mtu_matters(const struct link *bridge, uint32_t port_mtu);

#endif
