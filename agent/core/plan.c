/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.c - from what is wished and what is there to what must be done */
#include "agent/core/plan.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const uint8_t no_mac[6];

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[IN_ORDER] = "ok",	  [NOT_OURS] = "not ours",
		[TO_DO] = "to do",	  [WAITING] = "waiting",
		[REFUSED] = "refused",	  [FAILED] = "failed",
	};

	return names[v];
}

static struct step *add_step(struct plan *p, enum step_kind kind)
{
	assert(p->n < PLAN_STEPS);
	p->step[p->n].kind = kind;
	p->verdict = TO_DO;
	return &p->step[p->n++];
}

static struct link_change *add_change(struct plan *p)
{
	return &add_step(p, STEP_CHANGE)->change;
}

static void add_up(struct plan *p, bool up)
{
	struct link_change *c = add_change(p);

	c->fields = CHANGE_UP;
	c->up = up;
}

static bool same_mac(const uint8_t a[6], const uint8_t b[6])
{
	return memcmp(a, b, 6) == 0;
}

void plan_port_mac(const struct wish *w, uint8_t ret[6])
{
	if (same_mac(w->mac, no_mac)) {
		memset(ret, 0xff, 6);
		ret[0] = 0xfe;
		return;
	}
	memcpy(ret, w->mac, 6);
	ret[0] = w->mac[0] == 0xfe ? 0xfa : 0xfe;
}

/* ---- what stands in the way ------------------------------------------- */

__attribute__((format(printf, 3, 4)))
static bool stop(struct plan *p, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	p->verdict = v;
	va_start(ap, fmt);
	(void)vsnprintf(p->reason, sizeof(p->reason), fmt, ap);
	va_end(ap);
	return true;
}

static bool is_macvlan(const struct link *l)
{
	return strcmp(l->kind, "macvtap") == 0 ||
	       strcmp(l->kind, "macvlan") == 0;
}

/* A link that must not become a port, whoever asks. */
static bool unfit(const struct wish *w, const struct state *s, struct plan *p)
{
	const struct link *l = &s->link;

	if (l->loopback || !l->ethernet)
		return stop(p, REFUSED, "%s is no Ethernet link, so no bridge takes it; use a tap, not a tun",
			    l->name);
	if (strcmp(l->kind, "bridge") == 0)
		return stop(p, REFUSED, "%s is a bridge, and a bridge takes no bridge; give the link of a NIC",
			    l->name);
	if (vif_name_check(l->name) < 0)
		return stop(p, REFUSED, "its name %s is one that nobody can type; rename it",
			    text_quote_str(l->name).text);
	if (s->is_hardware)
		return stop(p, REFUSED, "%s is the host's own hardware, and a port's settings would cut it off; put uplinks on bridges with the host's network configuration",
			    l->name);
	if (is_macvlan(l) && w->kind == NETWORK_BRIDGE)
		return stop(p, REFUSED, "%s is a %s, which the kernel lets on no bridge, and network %s is one; ask for a network of kind = macvtap",
			    l->name, l->kind, w->network);
	if (w->kind == NETWORK_MACVTAP &&
	    (strcmp(l->kind, "macvtap") != 0 || s->owner != OWNER_US ||
	     !s->record.made))
		return stop(p, REFUSED, "network %s is of kind macvtap, on which there are only links that are made for it (vifctl run, vifctl create); %s is %s; ask for a bridge",
			    w->network, l->name,
			    strcmp(l->kind, "macvtap") == 0 ?
			    "a macvtap of somebody else's" : "none");
	if (s->owner == OWNER_FOREIGN && !w->replace_alias)
		return stop(p, REFUSED, "its alias %s is not ours, and would be lost; clear it (ip link set dev %s alias \"\") or attach it by hand with alias=replace",
			    text_quote_str(l->alias).text, l->name);
	return false;
}

static bool name_taken(const struct wish *w, const struct state *s,
		       struct plan *p)
{
	if (!s->have_holder)
		return false;
	if (s->holder_is_nic)
		return stop(p, WAITING, "wants the name %s, which the link of another NIC still has (ifindex %d); it is taken as soon as that one goes",
			    w->name, s->holder.ifindex);
	return stop(p, REFUSED, "wants the name %s, but another link has it (ifindex %d); rename that one or ask for another name",
		    w->name, s->holder.ifindex);
}

static bool no_bridge(const struct wish *w, const struct state *s,
		      struct plan *p)
{
	const char *by = source_name(w->by);

	if (!s->have_bridge && !w->is_configured)
		return stop(p, WAITING, "network %s is asked for (by %s), but there is no bridge %s; create it (ip link add %s type bridge), configure a network %s, or ask for another",
			    w->network, by, w->bridge, w->bridge, w->network);
	if (!s->have_bridge)
		return stop(p, WAITING, "network %s is asked for (by %s), but there is no bridge %s; create it (ip link add %s type bridge) or ask for another",
			    w->network, by, w->bridge, w->bridge);
	if (strcmp(s->bridge.kind, "bridge") != 0)
		return stop(p, REFUSED, "network %s is asked for (by %s), but %s is no bridge%s%s; ask for another",
			    w->network, by, w->bridge,
			    s->bridge.kind[0] ? ", it is of kind " : "",
			    s->bridge.kind);
	/* ifup makes a bridge, gives it its uplink, whose MAC it is to take,
	 * and sets it up: were we there first, it would keep a random one. */
	if (s->patient && !s->bridge.up && s->facts.is_empty &&
	    s->facts.mac_floats)
		return stop(p, WAITING, "bridge %s is down and has no port yet: it seems to be being set up, and is given a few seconds",
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
		return stop(p, WAITING, "network %s is asked for (by %s), but there is no device %s; its macvtaps can be made when it is there",
			    w->network, source_name(w->by), w->device);
	if (d->loopback || !d->ethernet)
		return stop(p, REFUSED, "network %s is on device %s, which is no Ethernet link, so no macvtap can be on it; give another device=",
			    w->network, w->device);
	if (is_macvlan(d))
		return stop(p, REFUSED, "network %s is on device %s, which is a %s itself; give the NIC under it as device=",
			    w->network, w->device, d->kind);
	if (master->ifindex && strcmp(master->kind, "vrf") != 0)
		return stop(p, REFUSED, "network %s is on device %s, which is on the %s %s, so no macvtap can be on it; name %s as the network, or take %s off it",
			    w->network, w->device, master->kind, master->name,
			    master->name, w->device);
	if (w->mtu > d->mtu)
		return stop(p, WAITING, "wants MTU %u, but its device %s has %u; give that a larger one (ip link set %s mtu %u) or ask for less",
			    w->mtu, w->device, d->mtu, w->device, w->mtu);
	if (w->mode != MACVLAN_MODE_PASSTHRU && same_mac(w->mac, d->mac))
		return stop(p, REFUSED, "wants the address of its device %s, which then would hear nothing any more; ask for another (mac=)",
			    w->device);
	return false;
}

/* What it was made with stays. */
static bool is_another(const struct wish *w, const struct state *s,
		       struct plan *p)
{
	const struct link *l = &s->link;

	if (l->lower != s->device.ifindex)
		return stop(p, REFUSED, "network %s is on device %s by now, and a macvtap stays on the one that it was made on; end its guest and make it anew",
			    w->network, w->device);
	if (l->mode != w->mode && (l->mode == MACVLAN_MODE_PASSTHRU ||
				   w->mode == MACVLAN_MODE_PASSTHRU))
		return stop(p, REFUSED, "has mode %s, and mode %s, which is asked for now, needs it made anew; end its guest",
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

/* ---- joining ---------------------------------------------------------- */

/* The record to write: how the link was is found out only once. */
static int wanted_alias(const struct record *record, const struct state *s,
			char buf[LINK_ALIASSIZE])
{
	struct record r = *record;
	const struct link *l = &s->link;

	r.leaving = r.held = false;
	if (s->owner == OWNER_US) {
		r.was = s->record.was;
		/* Who makes it says whose it is; who finds it does not. */
		if (!r.made)
			r.process = s->record.process;
		r.made = s->record.made;
	} else {
		r.was = (struct was) { .mtu = l->mtu, .up = l->up,
				       .addrgen = l->addrgen };
		memcpy(r.was.name, l->name, sizeof(r.was.name));
		memcpy(r.was.mac, l->mac, sizeof(r.was.mac));
		memcpy(r.was.master, l->master == s->bridge.ifindex ?
		       s->bridge.name : s->master.name, sizeof(r.was.master));
		memcpy(r.was.alias, l->alias, sizeof(r.was.alias));
	}
	/* There must be room for what leaving it will add. */
	r.leaving = !r.made;
	if (record_print(&r, buf) < 0)
		return -E2BIG;
	r.leaving = false;
	return record_print(&r, buf);
}

static void bridge_port(const struct wish *w, const struct state *s,
			struct link_change *c)
{
	c->mtu = plan_mtu(w, s);
	c->master = s->bridge.ifindex;
	plan_port_mac(w, c->mac);
	if (s->link.master != c->master)
		c->fields |= CHANGE_MASTER;
}

/* Its MAC is the guest's: the kernel sorts by it. */
static void macvtap(const struct wish *w, const struct state *s,
		    struct link_change *c)
{
	c->mtu = plan_mtu(w, s);
	c->mode = w->mode;
	c->allmulticast = w->allmulticast;
	memcpy(c->mac, same_mac(w->mac, no_mac) ? s->link.mac : w->mac, 6);
	if (s->link.mode != c->mode)
		c->fields |= CHANGE_MODE;
	if (s->link.allmulticast != c->allmulticast)
		c->fields |= CHANGE_ALLMULTICAST;
}

/* Everything that differs, in one message. */
static void difference(const struct wish *w, const struct state *s,
		       const char *alias, struct link_change *c)
{
	const struct link *l = &s->link;

	if (w->kind == NETWORK_MACVTAP)
		macvtap(w, s, c);
	else
		bridge_port(w, s, c);
	c->addrgen = LINK_ADDRGEN_NONE;
	memcpy(c->name, w->name, sizeof(c->name));
	(void)text_copy(c->alias, sizeof(c->alias), alias);

	if (w->name[0] && strcmp(w->name, l->name) != 0)
		c->fields |= CHANGE_NAME;
	if (!same_mac(l->mac, c->mac))
		c->fields |= CHANGE_MAC;
	if (c->mtu != l->mtu)
		c->fields |= CHANGE_MTU;
	if (strcmp(alias, l->alias) != 0)
		c->fields |= CHANGE_ALIAS;
	if (l->addrgen >= 0 && l->addrgen != LINK_ADDRGEN_NONE)
		c->fields |= CHANGE_ADDRGEN;
}

/*
 * A bridge whose MAC nobody set has that of its lowest port
 * (br_stp_recalculate_bridge_id); setting the one that it has makes it stay.
 */
static void pin_mac(const struct link *bridge, struct plan *p)
{
	struct step *step;

	if (same_mac(bridge->mac, no_mac))
		return;
	step = add_step(p, STEP_PIN_MAC);
	step->bridge = bridge->ifindex;
	memcpy(step->mac, bridge->mac, sizeof(step->mac));
}

uint32_t plan_mtu(const struct wish *w, const struct state *s)
{
	return w->mtu ? w->mtu : state_place(s)->mtu;
}

uint32_t plan_master_mtu(const struct state *s, uint32_t new_mtu)
{
	return s->link.mtu != LINK_MTU_DEFAULT ? s->link.mtu : new_mtu;
}

bool plan_mtu_matters(const struct link *bridge, uint32_t port_mtu)
{
	return bridge->mtu < WISH_MTU_MAX &&
	       (bridge->mtu != LINK_MTU_DEFAULT ||
		port_mtu != LINK_MTU_DEFAULT);
}

/*
 * A bridge whose MTU nobody set since it was made has the least of its ports',
 * and without any LINK_MTU_DEFAULT (br_mtu_auto_adjust, br_if.c).  The kernel
 * does not tell which bridge is one, and a port may vanish without us: so the
 * MTU is pinned by the first port with which it could be another.
 */
static void pin_mtu(const struct link *bridge, uint32_t port_mtu,
		    struct plan *p)
{
	struct step *step;

	if (!plan_mtu_matters(bridge, port_mtu))
		return;
	step = add_step(p, STEP_PIN_MTU);
	step->bridge = bridge->ifindex;
	step->mtu = bridge->mtu;
}

/*
 * The bridge's own MAC and MTU must not change because a port joins, leaves or
 * changes.  The MAC is pinned only where this port was, or becomes, the
 * lowest: else a bridge is to go on having its uplink's.
 * @mac:	what the port has while it is on the bridge from now on
 * @mtu:	likewise
 */
static void pin(const struct link *bridge, const struct bridge_facts *facts,
		const struct link *port, const uint8_t mac[6], uint32_t mtu,
		struct plan *p)
{
	if (facts->mac_floats && (facts->is_empty ||
				  same_mac(bridge->mac, port->mac) ||
				  memcmp(bridge->mac, mac, 6) >= 0))
		pin_mac(bridge, p);
	if (!facts->mtu_is_pinned)
		pin_mtu(bridge, mtu, p);
}

/* Who holds a tap may give it any MAC, unprivileged (SIOCSIFHWADDR of tun.c),
 * and so the bridge: that is not to become the bridge's own. */
static bool has_foreign_mac(const struct state *s)
{
	uint8_t mac[6];

	plan_port_mac(&s->record.wish, mac);
	return s->owner == OWNER_US && !same_mac(s->link.mac, mac);
}

static void pin_bridge(const struct state *s, const struct link_change *c,
		       struct plan *p)
{
	if (!s->have_bridge)
		return;
	if (c->fields & CHANGE_MASTER || s->owner != OWNER_US) {
		pin(&s->bridge, &s->facts, &s->link, c->mac, c->mtu, p);
		return;
	}
	if (c->fields & CHANGE_MAC && s->facts.mac_floats &&
	    same_mac(s->bridge.mac, s->link.mac) && !has_foreign_mac(s))
		pin_mac(&s->bridge, p);
	if (c->fields & CHANGE_MTU && !s->facts.mtu_is_pinned)
		pin_mtu(&s->bridge, c->mtu, p);
}

/* The bridge that the port comes from, or is taken from. */
static void pin_master(const struct state *s, uint32_t new_mtu, struct plan *p)
{
	struct bridge_facts facts = s->master_facts;

	if (strcmp(s->master.kind, "bridge") != 0)
		return;
	if (has_foreign_mac(s))
		facts.mac_floats = false;
	pin(&s->master, &facts, &s->link, s->link.mac,
	    plan_master_mtu(s, new_mtu), p);
}

/* The bridge that it goes back to, with the MAC of then. */
static void pin_former(const struct state *s, struct plan *p)
{
	if (strcmp(s->former.kind, "bridge") == 0)
		pin(&s->former, &s->former_facts, &s->link, s->record.was.mac,
		    s->record.was.mtu, p);
}

void plan_join(const struct wish *wish, const struct record *record,
	       const struct state *state, struct plan *ret)
{
	/* The kernel takes these only from a link that is down (names before
	 * Linux 6.2, addresses of some drivers), or, for addrgen, drops the
	 * address that is already there only then. */
	const unsigned int needs_down = CHANGE_NAME | CHANGE_MAC |
					CHANGE_ADDRGEN;
	struct link_change c = { 0 };
	char alias[LINK_ALIASSIZE];
	bool up = state->link.up;

	*ret = (struct plan) { .verdict = IN_ORDER };
	if (wish->error[0]) {
		stop(ret, REFUSED, "%s", wish->error);
		return;
	}
	if (!wish->network[0]) {
		stop(ret, REFUSED, "no network is asked for; name one");
		return;
	}
	if (unfit(wish, state, ret) || no_place(wish, state, ret) ||
	    name_taken(wish, state, ret))
		return;
	if (wanted_alias(record, state, alias) < 0) {
		stop(ret, REFUSED, "its alias %s, its name and what is asked for are too long to be kept in our record; shorten one of them",
		     text_quote_str(state->link.alias).text);
		return;
	}
	difference(wish, state, alias, &c);
	if (c.fields & CHANGE_MASTER)
		pin_master(state, c.mtu, ret);
	pin_bridge(state, &c, ret);
	/* How it was is written down before anything is changed. */
	if (c.fields & CHANGE_ALIAS && state->owner != OWNER_US) {
		struct link_change *first = add_change(ret);

		*first = c;
		first->fields = CHANGE_ALIAS;
		c.fields &= ~(unsigned int)CHANGE_ALIAS;
	}
	if (up && c.fields & needs_down) {
		add_up(ret, false);
		up = false;
	}
	if (c.fields)
		*add_change(ret) = c;
	if (up || (wish->stays_down && !state->link.up))
		return;
	if (state->have_device && !state->device.up)
		add_step(ret, STEP_DEVICE_UP)->device = state->device.ifindex;
	add_up(ret, true);
}

void plan_macvtap(const struct wish *wish, const struct state *state,
		  struct plan *ret)
{
	*ret = (struct plan) { .verdict = IN_ORDER };
	if (wish->error[0])
		stop(ret, REFUSED, "%s", wish->error);
	else
		(void)no_device(wish, state, ret);
}

/* ---- leaving ---------------------------------------------------------- */

/* The record says so first: from then on everybody who looks goes on with it
 * instead of putting the port back. */
static void announce_leaving(const struct state *s, struct plan *p)
{
	struct record r = s->record;
	struct link_change c = { .fields = CHANGE_ALIAS };

	if (r.leaving)
		return;
	r.leaving = true;
	if (record_print(&r, c.alias) > 0)
		*add_change(p) = c;
}

/* What the link is to be again, without alias and master. */
static void restore(const struct state *s, struct link_change *c)
{
	const struct was *was = &s->record.was;
	const struct link *l = &s->link;

	memcpy(c->mac, was->mac, sizeof(c->mac));
	memcpy(c->name, was->name, sizeof(c->name));
	c->mtu = was->mtu;
	c->addrgen = was->addrgen;
	if (strcmp(was->name, l->name) != 0 && !s->have_holder)
		c->fields |= CHANGE_NAME;
	if (!same_mac(was->mac, l->mac) && !same_mac(was->mac, no_mac))
		c->fields |= CHANGE_MAC;
	if (was->mtu && was->mtu != l->mtu)
		c->fields |= CHANGE_MTU;
	if (was->addrgen >= 0 && l->addrgen >= 0 && was->addrgen != l->addrgen)
		c->fields |= CHANGE_ADDRGEN;
}

void plan_leave(const struct state *state, bool dead, struct plan *ret)
{
	const struct was *was = &state->record.was;
	int master = dead ? 0 : state->former.ifindex;
	bool want_up = !dead && was->up;
	bool up = state->link.up;
	struct link_change c = { 0 };

	*ret = (struct plan) { .verdict = NOT_OURS };
	if (state->owner != OWNER_US)
		return;
	/* That is one step: there is nothing to be finished by others.  Only
	 * what we make is deleted, whatever an alias says. */
	if (state->record.made && (strcmp(state->link.kind, "tun") == 0 ||
				   strcmp(state->link.kind, "macvtap") == 0)) {
		if (state->link.master)
			pin_master(state, state->link.mtu, ret);
		(void)add_step(ret, STEP_DELETE);
		return;
	}
	announce_leaving(state, ret);
	restore(state, &c);
	if (state->link.master && state->link.master != master)
		pin_master(state, state->link.mtu, ret);
	if (master)
		pin_former(state, ret);
	if (up && (!want_up || c.fields || state->link.master != master)) {
		add_up(ret, false);
		up = false;
	}
	/* Off the bridge first: what follows must not be seen by it. */
	if (state->link.master && state->link.master != master)
		*add_change(ret) =
			(struct link_change) { .fields = CHANGE_MASTER };
	if (c.fields)
		*add_change(ret) = c;
	if (master && state->link.master != master)
		*add_change(ret) = (struct link_change) {
			.fields = CHANGE_MASTER, .master = master };
	if (want_up && !up)
		add_up(ret, true);
	/* The record goes last: until then any look can finish the work. */
	c = (struct link_change) { .fields = CHANGE_ALIAS };
	memcpy(c.alias, was->alias, sizeof(c.alias));
	*add_change(ret) = c;
}

/* ---- in words --------------------------------------------------------- */

__attribute__((format(printf, 4, 5)))
static void say(char *buf, size_t size, size_t *len, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf + *len, size - *len, fmt, ap);
	va_end(ap);
	if (n > 0)
		*len += (size_t)n < size - *len ? (size_t)n : size - *len - 1;
}

static void change_text(const struct link_change *c, const struct state *s,
			char *buf, size_t size)
{
	const uint8_t *m = c->mac;
	size_t n = 0;

	if (c->fields & CHANGE_NAME)
		say(buf, size, &n, ", name %s", c->name);
	if (c->fields & CHANGE_MAC)
		say(buf, size, &n, ", address %02x:%02x:%02x:%02x:%02x:%02x",
		    m[0], m[1], m[2], m[3], m[4], m[5]);
	if (c->fields & CHANGE_MTU)
		say(buf, size, &n, ", mtu %u", c->mtu);
	if (c->fields & CHANGE_ALIAS)
		say(buf, size, &n, ", record");
	if (c->fields & CHANGE_ADDRGEN)
		say(buf, size, &n, ", addrgenmode %s",
		    c->addrgen == LINK_ADDRGEN_NONE ? "none" : "as before");
	if (c->fields & CHANGE_MASTER && c->master)
		say(buf, size, &n, ", master %s",
		    c->master == s->bridge.ifindex ? s->bridge.name :
		    s->record.was.master);
	if (c->fields & CHANGE_MASTER && !c->master)
		say(buf, size, &n, ", nomaster");
	if (c->fields & CHANGE_MODE)
		say(buf, size, &n, ", mode %s", macvtap_mode_name(c->mode));
	if (c->fields & CHANGE_ALLMULTICAST)
		say(buf, size, &n, ", allmulticast %s",
		    c->allmulticast ? "on" : "off");
	if (c->fields & CHANGE_UP)
		say(buf, size, &n, ", %s", c->up ? "up" : "down");
}

void step_text(const struct step *step, const struct state *state, char *buf,
	       size_t size)
{
	const char *bridge = step->bridge == state->master.ifindex ?
		state->master.name : step->bridge == state->former.ifindex ?
		state->former.name : state->bridge.name;
	char text[512] = "";

	switch (step->kind) {
	case STEP_PIN_MAC:
		(void)snprintf(buf, size, "keep the MAC of bridge %s", bridge);
		break;
	case STEP_PIN_MTU:
		(void)snprintf(buf, size, "keep the MTU %u of bridge %s",
			       step->mtu, bridge);
		break;
	case STEP_DEVICE_UP:
		(void)snprintf(buf, size, "set %s up", state->device.name);
		break;
	case STEP_DELETE:
		(void)snprintf(buf, size, "delete it");
		break;
	case STEP_CHANGE:
		change_text(&step->change, state, text, sizeof(text));
		(void)snprintf(buf, size, "%s", text[0] ? text + 2 : "");
		break;
	}
}
