/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.c - the steps from what is there to what is wished */
#include "agent/core/plan.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "agent/core/mac.h"
#include "agent/core/refuse.h"

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

void plan_port_mac(const struct wish *w, uint8_t ret[6])
{
	if (mac_is_zero(w->mac)) {
		memset(ret, 0xff, 6);
		ret[0] = 0xfe;
		return;
	}
	memcpy(ret, w->mac, 6);
	ret[0] = w->mac[0] == 0xfe ? 0xfa : 0xfe;
}

/* ---- joining ---------------------------------------------------------- */

/* Is it on its bridge in other VLANs than it is to be in? */
static bool vlans_differ(const struct wish *w, const struct state *s)
{
	char why[REASON_SIZE];
	struct vlans want;

	return s->have_vlans && vlans_parse(w->vlan, &want, why) == 0 &&
	       !vlans_equal(&want, &s->vlans);
}

/* Those that it was in before ours, on the bridge that it goes back to. */
static int record_vlans(const struct wish *w, const struct state *s,
			struct was *was)
{
	if (was->vlan[0] || !vlans_differ(w, s) ||
	    strcmp(was->master, s->bridge.name) != 0)
		return 0;
	if (vlans_print(&s->vlans, was->vlan) < 0)
		return -E2BIG;
	if (!was->vlan[0])
		(void)text_copy(was->vlan, sizeof(was->vlan), WAS_NO_VLAN);
	return 0;
}

/* The record to write.  The former state is read only once. */
static int wanted_alias(const struct wish *wish, const struct record *record,
			const struct state *s, char buf[LINK_ALIASSIZE])
{
	struct record r = *record;
	const struct link *l = &s->link;

	r.leaving = r.held = r.blocked = false;
	if (s->owner == OWNER_US) {
		r.was = s->record.was;
		/* Only the process that makes a link knows for whom it is. */
		if (!r.made)
			r.process = s->record.process;
		r.made = s->record.made;
	} else {
		r.was = (struct was) { .mtu = l->mtu, .up = l->up,
				       .addrgen = l->addrgen };
		memcpy(r.was.name, l->name, sizeof(r.was.name));
		memcpy(r.was.mac, l->mac, sizeof(r.was.mac));
		memcpy(r.was.master, s->master.name, sizeof(r.was.master));
		if (l->master == s->bridge.ifindex)
			memcpy(r.was.master, s->bridge.name,
			       sizeof(r.was.master));
		memcpy(r.was.alias, l->alias, sizeof(r.was.alias));
	}
	if (record_vlans(wish, s, &r.was) < 0)
		return -E2BIG;
	/* There must be room for the "leave=1" of a detach. */
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

/* Its MAC is the guest's: the kernel delivers frames by it. */
static void macvtap(const struct wish *w, const struct state *s,
		    struct link_change *c)
{
	c->mtu = plan_mtu(w, s);
	c->mode = w->mode;
	c->allmulticast = w->allmulticast;
	memcpy(c->mac, w->mac, sizeof(c->mac));
	if (mac_is_zero(c->mac))
		memcpy(c->mac, s->link.mac, sizeof(c->mac));
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

	if (w->name[0] && strcmp(w->name, l->name) != 0 && !s->have_holder)
		c->fields |= CHANGE_NAME;
	if (!mac_equal(l->mac, c->mac))
		c->fields |= CHANGE_MAC;
	if (c->mtu != l->mtu)
		c->fields |= CHANGE_MTU;
	if (strcmp(alias, l->alias) != 0)
		c->fields |= CHANGE_ALIAS;
	if (l->addrgen >= 0 && l->addrgen != LINK_ADDRGEN_NONE)
		c->fields |= CHANGE_ADDRGEN;
}

/*
 * A bridge whose MAC was never set has that of its lowest port
 * (br_stp_recalculate_bridge_id); setting the MAC that it has keeps it.
 */
static void pin_mac(const struct link *bridge, struct plan *p)
{
	struct step *step;

	if (mac_is_zero(bridge->mac))
		return;
	step = add_step(p, STEP_PIN_MAC);
	step->bridge = bridge->ifindex;
	memcpy(step->mac, bridge->mac, sizeof(step->mac));
}

uint32_t plan_mtu(const struct wish *w, const struct state *s)
{
	if (w->mtu)
		return w->mtu;
	return state_place(s)->mtu;
}

uint32_t plan_master_mtu(const struct state *s, uint32_t new_mtu)
{
	if (s->link.mtu != LINK_MTU_DEFAULT)
		return s->link.mtu;
	return new_mtu;
}

bool plan_mtu_matters(const struct link *bridge, uint32_t port_mtu)
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

	if (!plan_mtu_matters(bridge, port_mtu))
		return;
	step = add_step(p, STEP_PIN_MTU);
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

	plan_port_mac(&s->record.wish, mac);
	return s->owner == OWNER_US && !mac_equal(s->link.mac, mac);
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
	    mac_equal(s->bridge.mac, s->link.mac) && !has_foreign_mac(s))
		pin_mac(&s->bridge, p);
	if (c->fields & CHANGE_MTU && !s->facts.mtu_is_pinned)
		pin_mtu(&s->bridge, c->mtu, p);
}

/* The bridge that the port leaves. */
static void pin_master(const struct state *s, uint32_t new_mtu, struct plan *p)
{
	struct bridge_facts facts = s->master_facts;

	if (!link_is(&s->master, LINK_BRIDGE))
		return;
	if (has_foreign_mac(s))
		facts.mac_floats = false;
	pin(&s->master, &facts, &s->link, s->link.mac,
	    plan_master_mtu(s, new_mtu), p);
}

/* The bridge that the port returns to, with its former MAC. */
static void pin_former(const struct state *s, struct plan *p)
{
	if (link_is(&s->former, LINK_BRIDGE))
		pin(&s->former, &s->former_facts, &s->link, s->record.was.mac,
		    s->record.was.mtu, p);
}

/* The link's former state is recorded before anything is changed. */
static void record_first(struct link_change *c, struct plan *p)
{
	struct link_change *first = add_change(p);

	*first = *c;
	first->fields = CHANGE_ALIAS;
	c->fields &= ~(unsigned int)CHANGE_ALIAS;
}

static void add_vlans(struct plan *p, const char *vlan)
{
	(void)text_copy(add_step(p, STEP_VLANS)->vlan, VLAN_TEXTSIZE, vlan);
}

/* What the kernel changes only on a link that is down: names before Linux 6.2,
 * addresses of some drivers.  And a port that joins a bridge is in the bridge's
 * own VLAN at first, where it must not be heard. */
static unsigned int needs_down(const struct wish *w, const struct state *s)
{
	return CHANGE_MAC | (s->renames_live ? 0 : CHANGE_NAME) |
	       (w->vlan[0] ? CHANGE_MASTER : 0);
}

static void join_steps(const struct wish *wish, const struct state *state,
		       const char *alias, struct plan *p)
{
	struct link_change c = { 0 };
	bool up = state->link.up;

	difference(wish, state, alias, &c);
	if (c.fields & CHANGE_MASTER)
		pin_master(state, c.mtu, p);
	pin_bridge(state, &c, p);
	if (c.fields & CHANGE_ALIAS && state->owner != OWNER_US)
		record_first(&c, p);
	if (up && c.fields & needs_down(wish, state)) {
		add_up(p, false);
		up = false;
	}
	if (c.fields)
		*add_change(p) = c;
	if (wish->vlan[0] && (c.fields & CHANGE_MASTER ||
			      vlans_differ(wish, state)))
		add_vlans(p, wish->vlan);
	/* With mode none, which it has by now, no other comes. */
	if (state->addresses.has_link_local)
		add_step(p, STEP_FLUSH);
	if (up || (wish->stays_down && !state->link.up))
		return;
	if (state->have_device && !state->device.up)
		add_step(p, STEP_DEVICE_UP)->device = state->device.ifindex;
	add_up(p, true);
}

/* A guest that is to be in a VLAN is on a bridge that keeps none apart. */
static bool reaches_too_many(const struct wish *w, const struct state *s)
{
	const struct link *l = &s->link, *b = &s->bridge;

	if (l->master != b->ifindex)
		b = &s->master;
	return w->vlan[0] && s->owner == OWNER_US && l->up &&
	       link_is(b, LINK_BRIDGE) && b->filtering != VLAN_FILTERING_ON;
}

void plan_join(const struct wish *wish, const struct record *record,
	       const struct state *state, struct plan *ret)
{
	char alias[LINK_ALIASSIZE];

	*ret = (struct plan) { .verdict = IN_ORDER };
	if (refuse_join(wish, state, ret)) {
		if (reaches_too_many(wish, state))
			add_up(ret, false);
		return;
	}
	if (wanted_alias(wish, record, state, alias) < 0) {
		refuse(ret, REFUSED, "its alias %s, its name and the request together are too long for our record; shorten one of them",
		       text_quote_str(state->link.alias).text);
		return;
	}
	join_steps(wish, state, alias, ret);
	/* In a migration to the same host both halves have one vifname for a
	 * while: waiting for it would cost the guest its network. */
	if (state->have_holder)
		say_renamed_later(wish, state, ret);
}

void plan_macvtap(const struct wish *wish, const struct state *state,
		  struct plan *ret)
{
	*ret = (struct plan) { .verdict = IN_ORDER };
	(void)refuse_macvtap(wish, state, ret);
}

/* ---- leaving ---------------------------------------------------------- */

/* First in the record: from then on every process continues the detach instead
 * of attaching the port again. */
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

/* The former state, without alias and master. */
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
	if (!mac_equal(was->mac, l->mac) && !mac_is_zero(was->mac))
		c->fields |= CHANGE_MAC;
	if (was->mtu && was->mtu != l->mtu)
		c->fields |= CHANGE_MTU;
	if (was->addrgen >= 0 && l->addrgen >= 0 && was->addrgen != l->addrgen)
		c->fields |= CHANGE_ADDRGEN;
}

/* Only a kind that we make is deleted, whatever an alias says. */
static bool may_delete(const struct state *s)
{
	return s->record.made && (link_is(&s->link, LINK_TUN) ||
				  link_is(&s->link, LINK_MACVTAP));
}

/* A single step, which no other process has to finish. */
static void plan_delete(const struct state *s, struct plan *p)
{
	if (s->link.master)
		pin_master(s, s->link.mtu, p);
	(void)add_step(p, STEP_DELETE);
}

static void add_master(struct plan *p, int master)
{
	*add_change(p) = (struct link_change) { .fields = CHANGE_MASTER,
						.master = master };
}

/* The record is removed last: until then any process can finish the detach. */
static void remove_record(const struct was *was, struct plan *p)
{
	struct link_change *c = add_change(p);

	c->fields = CHANGE_ALIAS;
	memcpy(c->alias, was->alias, sizeof(c->alias));
}

static void add_former_vlans(const struct state *s, struct plan *p)
{
	const char *vlan = s->record.was.vlan;

	if (s->former.filtering == VLAN_FILTERING_ON)
		add_vlans(p, strcmp(vlan, WAS_NO_VLAN) == 0 ? "" : vlan);
}

static void leave_steps(const struct state *s, bool dead, struct plan *p)
{
	int master = dead ? 0 : s->former.ifindex;
	bool moves = s->link.master != master;
	bool want_up = !dead && s->record.was.up;
	bool up = s->link.up;
	struct link_change c = { 0 };

	announce_leaving(s, p);
	restore(s, &c);
	if (s->link.master && moves)
		pin_master(s, s->link.mtu, p);
	if (master)
		pin_former(s, p);
	if (up && (!want_up || c.fields || moves)) {
		add_up(p, false);
		up = false;
	}
	/* Off the bridge first, which must not see the following changes. */
	if (s->link.master && moves)
		add_master(p, 0);
	if (c.fields)
		*add_change(p) = c;
	if (master && moves)
		add_master(p, master);
	if (master && s->record.was.vlan[0])
		add_former_vlans(s, p);
	if (want_up && !up)
		add_up(p, true);
	remove_record(&s->record.was, p);
}

void plan_leave(const struct state *state, bool dead, struct plan *ret)
{
	*ret = (struct plan) { .verdict = NOT_OURS };
	if (state->owner != OWNER_US)
		return;
	if (may_delete(state))
		plan_delete(state, ret);
	else
		leave_steps(state, dead, ret);
}
