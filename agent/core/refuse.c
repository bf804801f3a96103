/* SPDX-License-Identifier: GPL-2.0-or-later */
/* refuse.c - what stands in the way of a wish */
#include "agent/core/refuse.h"

#include <stdio.h>

#include "agent/core/mac.h"

__attribute__((format(printf, 3, 4)))
bool refuse(struct plan *p, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	p->verdict = v;
	va_start(ap, fmt);
	(void)vsnprintf(p->reason, sizeof(p->reason), fmt, ap);
	va_end(ap);
	return true;
}

/* A link that must not become a port, whoever asks. */
static bool unfit(const struct wish *w, const struct state *s, struct plan *p)
{
	const struct link *l = &s->link;

	if (l->loopback || !l->ethernet)
		return refuse(p, REFUSED, "%s is no Ethernet link, so no bridge takes it; use a tap, not a tun",
			    l->name);
	if (link_is(l, LINK_BRIDGE))
		return refuse(p, REFUSED, "%s is a bridge, and a bridge takes no bridge; give the link of a NIC",
			    l->name);
	if (vif_name_check(l->name) < 0)
		return refuse(p, REFUSED, "its name %s is one that nobody can type; rename it",
			    text_quote_str(l->name).text);
	if (s->is_hardware)
		return refuse(p, REFUSED, "%s is the host's own hardware, and a port's settings would cut it off; put uplinks on bridges with the host's network configuration",
			    l->name);
	if (link_is_macvlan(l) && w->kind == NETWORK_BRIDGE)
		return refuse(p, REFUSED, "%s is a %s, which the kernel lets on no bridge, and network %s is one; ask for a network of kind = macvtap",
			    l->name, l->kind, w->network);
	if (w->kind == NETWORK_MACVTAP &&
	    (!link_is(l, LINK_MACVTAP) || s->owner != OWNER_US ||
	     !s->record.made))
		return refuse(p, REFUSED, "network %s is of kind macvtap, on which there are only links that are made for it (vifctl run, vifctl create); %s is %s; ask for a bridge",
			    w->network, l->name,
			    link_is(l, LINK_MACVTAP) ?
			    "a macvtap of somebody else's" : "none");
	if (s->owner == OWNER_FOREIGN && !w->replace_alias)
		return refuse(p, REFUSED, "its alias %s is not ours, and would be lost; clear it (ip link set dev %s alias \"\") or attach it by hand with alias=replace",
			    text_quote_str(l->alias).text, l->name);
	return false;
}

static bool name_taken(const struct wish *w, const struct state *s,
		       struct plan *p)
{
	if (!s->have_holder)
		return false;
	if (s->holder_is_nic)
		return refuse(p, WAITING, "wants the name %s, which the link of another NIC still has (ifindex %d); it is taken as soon as that one goes",
			    w->name, s->holder.ifindex);
	return refuse(p, REFUSED, "wants the name %s, but another link has it (ifindex %d); rename that one or ask for another name",
		    w->name, s->holder.ifindex);
}

static bool no_bridge(const struct wish *w, const struct state *s,
		      struct plan *p)
{
	const char *by = source_name(w->by);

	if (!s->have_bridge && !w->is_configured)
		return refuse(p, WAITING, "network %s is asked for (by %s), but there is no bridge %s; create it (ip link add %s type bridge), configure a network %s, or ask for another",
			    w->network, by, w->bridge, w->bridge, w->network);
	if (!s->have_bridge)
		return refuse(p, WAITING, "network %s is asked for (by %s), but there is no bridge %s; create it (ip link add %s type bridge) or ask for another",
			    w->network, by, w->bridge, w->bridge);
	if (!link_is(&s->bridge, LINK_BRIDGE))
		return refuse(p, REFUSED, "network %s is asked for (by %s), but %s is no bridge%s%s; ask for another",
			    w->network, by, w->bridge,
			    s->bridge.kind[0] ? ", it is of kind " : "",
			    s->bridge.kind);
	/* ifup makes a bridge, gives it its uplink, whose MAC it is to take,
	 * and sets it up: were we there first, it would keep a random one. */
	if (s->patient && !s->bridge.up && s->facts.is_empty &&
	    s->facts.mac_floats)
		return refuse(p, WAITING, "bridge %s is down and has no port yet: it seems to be being set up, and is given a few seconds",
			    w->bridge);
	return false;
}

/* What the kernel would refuse with one word (macvlan_common_newlink,
 * macvlan_port_create in drivers/net/macvlan.c). */
static bool no_device(const struct wish *w, const struct state *s,
		      struct plan *p)
{
	const struct link *d = &s->device, *master = &s->device_master;

	if (!s->have_device)
		return refuse(p, WAITING, "network %s is asked for (by %s), but there is no device %s; its macvtaps can be made when it is there",
			    w->network, source_name(w->by), w->device);
	if (d->loopback || !d->ethernet)
		return refuse(p, REFUSED, "network %s is on device %s, which is no Ethernet link, so no macvtap can be on it; give another device=",
			    w->network, w->device);
	if (link_is_macvlan(d))
		return refuse(p, REFUSED, "network %s is on device %s, which is a %s itself; give the NIC under it as device=",
			    w->network, w->device, d->kind);
	if (master->ifindex && !link_is(master, LINK_VRF))
		return refuse(p, REFUSED, "network %s is on device %s, which is on the %s %s, so no macvtap can be on it; name %s as the network, or take %s off it",
			    w->network, w->device, master->kind, master->name,
			    master->name, w->device);
	if (w->mtu > d->mtu)
		return refuse(p, WAITING, "wants MTU %u, but its device %s has %u; give that a larger one (ip link set %s mtu %u) or ask for less",
			    w->mtu, w->device, d->mtu, w->device, w->mtu);
	if (w->mode != MACVLAN_MODE_PASSTHRU && mac_equal(w->mac, d->mac))
		return refuse(p, REFUSED, "wants the address of its device %s, which then would hear nothing any more; ask for another (mac=)",
			    w->device);
	return false;
}

/* What it was made with stays. */
static bool is_another(const struct wish *w, const struct state *s,
		       struct plan *p)
{
	const struct link *l = &s->link;

	if (l->lower != s->device.ifindex)
		return refuse(p, REFUSED, "network %s is on device %s by now, and a macvtap stays on the one that it was made on; end its guest and make it anew",
			    w->network, w->device);
	if (l->mode != w->mode && (l->mode == MACVLAN_MODE_PASSTHRU ||
				   w->mode == MACVLAN_MODE_PASSTHRU))
		return refuse(p, REFUSED, "has mode %s, and mode %s, which is asked for now, needs it made anew; end its guest",
			    macvtap_mode_name(l->mode),
			    macvtap_mode_name(w->mode));
	return false;
}

/* Is there a place for it? */
static bool no_place(const struct wish *w, const struct state *s,
		     struct plan *p)
{
	if (w->kind == NETWORK_BRIDGE)
		return no_bridge(w, s, p);
	return no_device(w, s, p) || is_another(w, s, p);
}

bool refuse_join(const struct wish *w, const struct state *s, struct plan *ret)
{
	if (w->error[0])
		return refuse(ret, REFUSED, "%s", w->error);
	if (!w->network[0])
		return refuse(ret, REFUSED, "no network is asked for; name one");
	return unfit(w, s, ret) || no_place(w, s, ret) ||
	       name_taken(w, s, ret);
}

bool refuse_macvtap(const struct wish *w, const struct state *s,
		    struct plan *ret)
{
	if (w->error[0])
		return refuse(ret, REFUSED, "%s", w->error);
	return no_device(w, s, ret);
}
