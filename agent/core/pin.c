/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pin.c - a bridge keeps the MAC and MTU that it has, whatever its ports have */
#include "agent/core/pin.h"

#include <string.h>

#include "agent/core/mac.h"
#include "agent/core/steps.h"

/*
 * A bridge whose MAC was never set has that of its lowest port
 * (br_stp_recalculate_bridge_id); setting the MAC that it has keeps it.
 */
static void pin_mac(const struct link *bridge, struct plan *p)
{
	struct step *step;

	if (mac_is_zero(bridge->mac))
		return;
	step = step_add(p, STEP_PIN_MAC);
	step->bridge = bridge->ifindex;
	memcpy(step->mac, bridge->mac, sizeof(step->mac));
}

uint32_t pin_master_mtu(const struct state *s, uint32_t new_mtu)
{
	if (s->link.mtu != LINK_MTU_DEFAULT)
		return s->link.mtu;
	return new_mtu;
}

bool pin_mtu_matters(const struct link *bridge, uint32_t port_mtu)
{
	return bridge->mtu < WISH_MTU_MAX &&
	       (bridge->mtu != LINK_MTU_DEFAULT ||
		port_mtu != LINK_MTU_DEFAULT);
}

/*
 * A bridge whose MTU was never set has the smallest MTU of its ports, and without
 * ports LINK_MTU_DEFAULT (br_mtu_auto_adjust, br_if.c).  The kernel does not tell
 * whether it was set, and a port may disappear without us: so the MTU is pinned
 * together with the first port that could change it.
 */
static void pin_mtu(const struct link *bridge, uint32_t port_mtu,
		    struct plan *p)
{
	struct step *step;

	if (!pin_mtu_matters(bridge, port_mtu))
		return;
	step = step_add(p, STEP_PIN_MTU);
	step->bridge = bridge->ifindex;
	step->mtu = bridge->mtu;
}

/*
 * The bridge's own MAC and MTU must not change because a port joins, leaves or
 * changes.  The MAC is pinned only if this port was, or becomes, the lowest:
 * otherwise the bridge keeps following its uplink.
 * @mac:	what the port has while it is on the bridge from now on
 * @mtu:	likewise
 */
static void pin(const struct link *bridge, const struct bridge_facts *facts,
		const struct link *port, const uint8_t mac[6], uint32_t mtu,
		struct plan *p)
{
	if (facts->mac_floats && (facts->is_empty ||
				  mac_equal(bridge->mac, port->mac) ||
				  !mac_is_lower(bridge->mac, mac)))
		pin_mac(bridge, p);
	if (!facts->mtu_is_pinned)
		pin_mtu(bridge, mtu, p);
}

/* The program that has a tap open may set its MAC without privileges
 * (SIOCSIFHWADDR of tun.c), and thereby the bridge's: such a MAC must not be
 * pinned. */
static bool has_foreign_mac(const struct state *s)
{
	uint8_t mac[6];

	wish_port_mac(&s->record.wish, mac);
	return s->owner == OWNER_US && !mac_equal(s->link.mac, mac);
}

void pin_bridge(const struct state *s, const struct link_change *c,
		       struct plan *p)
{
	if (!s->have_bridge)
		return;
	if (c->fields & CHANGE_MASTER || s->owner != OWNER_US) {
		pin(&s->bridge, &s->facts, &s->link, c->mac, c->mtu, p);
		return;
	}
	if (c->fields & CHANGE_MAC && s->facts.mac_floats &&
	    mac_equal(s->bridge.mac, s->link.mac) && !has_foreign_mac(s))
		pin_mac(&s->bridge, p);
	if (c->fields & CHANGE_MTU && !s->facts.mtu_is_pinned)
		pin_mtu(&s->bridge, c->mtu, p);
}

void pin_master(const struct state *s, uint32_t new_mtu, struct plan *p)
{
	struct bridge_facts facts = s->master_facts;

	if (!link_is(&s->master, LINK_BRIDGE))
		return;
	if (has_foreign_mac(s))
		facts.mac_floats = false;
	pin(&s->master, &facts, &s->link, s->link.mac,
	    pin_master_mtu(s, new_mtu), p);
}

void pin_former(const struct state *s, struct plan *p)
{
	if (link_is(&s->former, LINK_BRIDGE))
		pin(&s->former, &s->former_facts, &s->link, s->record.was.mac,
		    s->record.was.mtu, p);
}
