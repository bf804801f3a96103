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

/* The links of a network of kind = macvtap are those that we made for it. */
static bool not_our_macvtap(const struct wish *w, const struct state *s,
			    struct plan *p)
{
	const struct link *l = &s->link;
	const char *what = "not a macvtap";

	if (link_is(l, LINK_MACVTAP)) {
		if (s->owner == OWNER_US && s->record.made)
			return false;
		what = "a macvtap of another program";
	}
	return refuse(p, REFUSED, "network %s is of kind macvtap and takes only links that vifagent made for it (vifctl run, vifctl create); %s is %s; request a bridge",
		      w->network, l->name, what);
}

/* A link that the host itself uses: as a port it would cut the host off. */
static bool in_use(const struct wish *w, const struct state *s, struct plan *p)
{
	const struct link *l = &s->link;

	if (w->force || s->owner == OWNER_US || link_is_macvlan(l))
		return false;
	if (link_is(l, LINK_BOND) || link_is(l, LINK_TEAM) ||
	    link_is(l, LINK_VLAN) || link_is(l, LINK_TUNNEL))
		return refuse(p, REFUSED, "%s is a %s of the host, and the settings of a port would cut the host off; put it on the bridge in the host's network configuration, or attach it by hand with force=yes",
			      l->name, l->kind);
	/* Perhaps it leads from one bridge to another. */
	if (w->by == BY_HAND && w->kind == NETWORK_BRIDGE && link_is(l, LINK_VETH) && l->master &&
	    l->master != s->bridge.ifindex && link_is(&s->master, LINK_BRIDGE))
		return refuse(p, REFUSED, "%s is on bridge %s, whose uplink it may be; take it off first (ip link set %s nomaster), or attach it by hand with force=yes",
			      l->name, s->master.name, l->name);
	if (s->addresses.other[0])
		return refuse(p, REFUSED, "%s has the address %s, so the host uses it itself; remove the address (ip address del %s dev %s), or attach it by hand with force=yes",
			      l->name, s->addresses.other, s->addresses.other,
			      l->name);
	if (s->route[0])
		return refuse(p, REFUSED, "the route to %s goes over %s, so the host uses it itself; remove the route (ip route del %s dev %s), or attach it by hand with force=yes",
			      s->route, l->name, s->route, l->name);
	if (s->upper.ifindex)
		return refuse(p, REFUSED, "link %s is on top of %s and would lose its network; delete it (ip link del %s), or attach %s by hand with force=yes",
			      s->upper.name, l->name, s->upper.name, l->name);
	return false;
}

/* A link that must not become a port on any request. */
static bool unfit(const struct wish *w, const struct state *s, struct plan *p)
{
	const struct link *l = &s->link;

	if (l->loopback)
		return refuse(p, REFUSED, "%s is the loopback link, which cannot be on a bridge; name the link of a NIC",
			      l->name);
	if (!l->ethernet)
		return refuse(p, REFUSED, "%s is not an Ethernet link, so it cannot be on a bridge; use a tap, not a tun",
			      l->name);
	if (link_is(l, LINK_BRIDGE))
		return refuse(p, REFUSED, "%s is a bridge, and a bridge cannot be a port of another; name the link of a NIC",
			      l->name);
	if (vif_name_check(l->name) < 0)
		return refuse(p, REFUSED, "its name %s contains characters that vifagent does not accept; rename it",
			      text_quote_str(l->name).text);
	if (s->is_hardware)
		return refuse(p, REFUSED, "%s is the host's own hardware, and the settings of a port would cut it off; attach uplinks to bridges in the host's network configuration",
			      l->name);
	if (in_use(w, s, p))
		return true;
	if (w->kind == NETWORK_BRIDGE && link_is_macvlan(l))
		return refuse(p, REFUSED, "%s is a %s, which the kernel does not allow on a bridge, but network %s is a bridge; request a network of kind = macvtap",
			      l->name, l->kind, w->network);
	if (w->kind == NETWORK_MACVTAP && not_our_macvtap(w, s, p))
		return true;
	if (s->owner == OWNER_FOREIGN && !w->replace_alias)
		return refuse(p, REFUSED, "its alias %s was set by another program and would be lost; clear it (ip link set dev %s alias \"\") or attach the link by hand with alias=replace",
			      text_quote_str(l->alias).text, l->name);
	return false;
}

void say_renamed_later(const struct wish *w, const struct state *s,
		       struct plan *p)
{
	text_reason(p->reason, "name %s is still used by another NIC's link (ifindex %d); this link will be renamed when that one disappears",
		    w->name, s->holder.ifindex);
}

static bool name_taken(const struct wish *w, const struct state *s,
		       struct plan *p)
{
	if (!s->have_holder)
		return false;
	if (s->holder_by_altname)
		return refuse(p, REFUSED, "%s has %s as an alternative name; remove that (ip link property del dev %s altname %s), or choose another name",
			      s->holder.name, w->name, s->holder.name, w->name);
	/* A NIC joins under the name that it has: see plan_join(). */
	if (s->holder_is_nic && w->by == BY_XENSTORE)
		return false;
	if (s->holder_is_nic) {
		p->verdict = WAITING;
		say_renamed_later(w, s, p);
		return true;
	}
	return refuse(p, REFUSED, "name %s is already used by another link (ifindex %d); rename that link or choose another name",
		      w->name, s->holder.ifindex);
}

static bool not_a_bridge(const struct wish *w, const struct link *l,
			 struct plan *p)
{
	const char *by = source_name(w->by);

	if (!l->kind[0])
		return refuse(p, REFUSED, "network %s (requested by %s): %s is not a bridge; request another",
			      w->network, by, w->bridge);
	return refuse(p, REFUSED, "network %s (requested by %s): %s is not a bridge, its kind is %s; request another",
		      w->network, by, w->bridge, l->kind);
}

static bool no_bridge(const struct wish *w, const struct state *s,
		      struct plan *p)
{
	const char *by = source_name(w->by);

	if (!s->have_bridge && !w->is_configured)
		return refuse(p, WAITING, "network %s (requested by %s): bridge %s does not exist; create it (ip link add %s type bridge), configure a network %s, or request another",
			      w->network, by, w->bridge, w->bridge, w->network);
	if (!s->have_bridge)
		return refuse(p, WAITING, "network %s (requested by %s): bridge %s does not exist; create it (ip link add %s type bridge) or request another",
			      w->network, by, w->bridge, w->bridge);
	if (!link_is(&s->bridge, LINK_BRIDGE))
		return not_a_bridge(w, &s->bridge, p);
	/* ifup creates a bridge, attaches its uplink, whose MAC the bridge is
	 * to have, and sets it up.  With a port of ours on it before the
	 * uplink it would keep a random MAC. */
	if (s->patient && !s->bridge.up && s->facts.is_empty &&
	    s->facts.mac_floats)
		return refuse(p, WAITING, "bridge %s is down and has no ports; it is probably being set up, waiting a few seconds for that",
			      w->bridge);
	return false;
}

/* In another VLAN than requested a guest would be in the wrong network. */
static bool no_vlans(const struct wish *w, const struct state *s,
		     struct plan *p)
{
	if (!w->vlan[0] || s->bridge.filtering == VLAN_FILTERING_ON)
		return false;
	if (s->bridge.filtering == VLAN_FILTERING_MISSING)
		return refuse(p, REFUSED, "vlan=%s (requested by %s): bridges of this kernel cannot filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING is off); use a bridge of its own for each VLAN, and request no vlan=",
			      w->vlan, wish_vlan_source(w));
	return refuse(p, REFUSED, "vlan=%s (requested by %s): bridge %s does not filter VLANs; turn that on (ip link set %s type bridge vlan_filtering 1), or request another bridge and no vlan=",
		      w->vlan, wish_vlan_source(w), w->bridge, w->bridge);
}

/* Without its addresses the guard could only let everything through, or nothing. */
static bool no_guard(const struct wish *w, struct plan *p)
{
	char ips[GUARD_TEXTSIZE];

	if (wish_lacks_mac(w) && w->guard.kind == GUARD_NONE)
		return refuse(p, REFUSED, "network %s does not let its bridge learn addresses (learning = no or locked = yes), but the MAC of this NIC is not known; request it with mac=52:54:00:12:34:56 (in the domain's configuration, or of vifctl attach, create or run; in a udev rule VIF_MAC)",
			      w->network);
	if (wish_lacks_mac(w))
		return refuse(p, REFUSED, "network %s checks what its ports send (guard = %s), but the MAC of this NIC is not known; request it with mac=52:54:00:12:34:56 (in the domain's configuration, or of vifctl attach, create or run; in a udev rule VIF_MAC)",
			      w->network, guard_name(w->guard.kind));
	if (wish_lacks_ips(w))
		return refuse(p, REFUSED, "network %s checks what its ports send (guard = ip), but the IP addresses of this NIC are not known; request them with ip=192.0.2.1 (in the domain's configuration, or of vifctl attach, create or run; in a udev rule VIF_IP)",
			      w->network);
	/* Xen's key ip has always been there; see notes.c. */
	if (w->guard.kind == GUARD_IP || w->ip_by == BY_NOBODY ||
	    w->ip_by == BY_XENSTORE || !guard_has_ips(&w->guard))
		return false;
	guard_print_ips(&w->guard, ',', ips);
	return refuse(p, REFUSED, "ip=%.60s is requested, but network %s does not check IP addresses; set guard = ip in [network %s], or request no ip=",
		      ips, w->network, w->network);
}

/* A device on which the kernel would not create a macvtap
 * (macvlan_common_newlink, macvlan_port_create in drivers/net/macvlan.c). */
static bool unfit_device(const struct wish *w, const struct state *s,
			 struct plan *p)
{
	const struct link *d = &s->device, *master = &s->device_master;

	if (d->loopback || !d->ethernet)
		return refuse(p, REFUSED, "network %s: device %s is not an Ethernet link, so it cannot have macvtaps; set another device=",
			      w->network, w->device);
	if (link_is_macvlan(d))
		return refuse(p, REFUSED, "network %s: device %s is a %s itself; set device= to the NIC below it",
			      w->network, w->device, d->kind);
	if (master->ifindex && !link_is(master, LINK_VRF))
		return refuse(p, REFUSED, "network %s: device %s is attached to the %s %s, so it cannot have macvtaps; request %s as the network, or detach %s from it",
			      w->network, w->device, master->kind,
			      master->name, master->name, w->device);
	return false;
}

/* What the kernel would refuse with an errno alone. */
static bool no_device(const struct wish *w, const struct state *s,
		      struct plan *p)
{
	const struct link *d = &s->device;

	if (!s->have_device)
		return refuse(p, WAITING, "network %s (requested by %s): device %s does not exist; macvtaps can be created on it when it appears",
			      w->network, source_name(w->by), w->device);
	if (unfit_device(w, s, p))
		return true;
	if (w->mtu > d->mtu)
		return refuse(p, WAITING, "MTU %u is requested, but device %s has MTU %u; increase that (ip link set %s mtu %u) or request a smaller one",
			      w->mtu, w->device, d->mtu, w->device, w->mtu);
	if (w->mode != MACVLAN_MODE_PASSTHRU && mac_equal(w->mac, d->mac))
		return refuse(p, REFUSED, "the requested MAC is that of device %s, which would then receive nothing; request another (mac=)",
			      w->device);
	return false;
}

/* A macvtap's device never changes, and its mode not to or from passthru
 * (macvlan_changelink). */
static bool is_another(const struct wish *w, const struct state *s,
		       struct plan *p)
{
	const struct link *l = &s->link;

	if (l->lower != s->device.ifindex)
		return refuse(p, REFUSED, "network %s has moved to device %s; a macvtap cannot change its device: stop the guest and create it again",
			      w->network, w->device);
	if (l->mode != w->mode && (l->mode == MACVLAN_MODE_PASSTHRU ||
				   w->mode == MACVLAN_MODE_PASSTHRU))
		return refuse(p, REFUSED, "its mode %s cannot be changed to the requested mode %s: stop the guest and create it again",
			      macvtap_mode_name(l->mode),
			      macvtap_mode_name(w->mode));
	return false;
}

static bool no_place(const struct wish *w, const struct state *s,
		     struct plan *p)
{
	if (w->kind == NETWORK_BRIDGE)
		return no_bridge(w, s, p) || no_vlans(w, s, p) ||
		       no_guard(w, p);
	return no_device(w, s, p) || is_another(w, s, p) || no_guard(w, p);
}

bool refuse_join(const struct wish *w, const struct state *s, struct plan *ret)
{
	if (w->error[0])
		return refuse(ret, REFUSED, "%s", w->error);
	if (!w->network[0])
		return refuse(ret, REFUSED, "no network requested; name one");
	return unfit(w, s, ret) || no_place(w, s, ret) ||
	       name_taken(w, s, ret);
}

bool refuse_macvtap(const struct wish *w, const struct state *s,
		    struct plan *ret)
{
	if (w->error[0])
		return refuse(ret, REFUSED, "%s", w->error);
	return no_device(w, s, ret) || no_guard(w, ret);
}
