/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.c - the steps from what is there to what is wished */
#include "agent/core/plan.h"

#include <errno.h>
#include <string.h>

#include "agent/core/mac.h"
#include "agent/core/pin.h"
#include "agent/core/plan-options.h"
#include "agent/core/refuse.h"
#include "agent/core/steps.h"

/* ---- joining ---------------------------------------------------------- */

/* Do its VLANs on its bridge differ from the requested ones? */
static bool vlans_differ(const struct wish *w, const struct state *s)
{
	char why[REASON_SIZE];
	struct vlans want;

	return s->have_vlans && vlans_parse(w->vlan, &want, why) == 0 &&
	       !vlans_equal(&want, &s->vlans);
}

/* The VLANs that detach restores: those before our first change, on its former
 * bridge. */
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

/* The guard that it has so far is not removed yet; or not known, so it is not removed
 * either. */
static bool keeps_guard(const struct state *s)
{
	return s->owner == OWNER_US && s->record.guarded &&
	       (!s->have_guard || !guard_is_none(&s->guard));
}

/* A bond's port has no such options. */
static bool is_on_bridge(const struct state *s)
{
	return s->link.master && (s->link.master == s->bridge.ifindex ||
				  link_is(&s->master, LINK_BRIDGE));
}

/* The record to write.  The former state is read only once. */
static int wanted_alias(const struct wish *wish, const struct record *record,
			const struct state *s, char buf[LINK_ALIASSIZE])
{
	struct record r = *record;
	const struct link *l = &s->link;

	r.leaving = false;
	r.hold = HOLD_NONE;
	if (s->owner == OWNER_US) {
		r.was = s->record.was;
		/* Only the process that makes a link knows for whom it is. */
		if (!r.made)
			r.process = s->record.process;
		r.made = s->record.made;
	} else {
		r.was = (struct was) { .mtu = l->mtu, .up = l->up,
				       .addrgen = l->addrgen };
		if (is_on_bridge(s))
			r.was.options = l->options ^ OPTIONS_DEFAULT;
		memcpy(r.was.name, l->name, sizeof(r.was.name));
		memcpy(r.was.mac, l->mac, sizeof(r.was.mac));
		memcpy(r.was.master, s->master.name, sizeof(r.was.master));
		if (l->master == s->bridge.ifindex)
			memcpy(r.was.master, s->bridge.name,
			       sizeof(r.was.master));
		memcpy(r.was.alias, l->alias, sizeof(r.was.alias));
	}
	plan_record_options(wish, s, &r);
	r.guarded = wish_is_filtered(wish) || keeps_guard(s);
	if (record_vlans(wish, s, &r.was) < 0)
		return -E2BIG;
	/* There must be room for the "leave=1" of a detach, and for "held=2". */
	if (r.made)
		r.hold = HOLD_DOWN;
	else
		r.leaving = true;
	if (record_print(&r, buf) < 0)
		return -E2BIG;
	r.leaving = false;
	r.hold = HOLD_NONE;
	return record_print(&r, buf);
}

static void bridge_port(const struct wish *w, const struct state *s,
			struct link_change *c)
{
	c->mtu = plan_mtu(w, s);
	c->master = s->bridge.ifindex;
	wish_port_mac(w, c->mac);
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
	/* With less it has no IPv6 any more (addrconf_notify(), net/ipv6/addrconf.c). */
	if (l->addrgen >= 0 && l->addrgen != LINK_ADDRGEN_NONE &&
	    c->mtu >= LINK_MTU_MIN_IPV6)
		c->fields |= CHANGE_ADDRGEN;
}

uint32_t plan_mtu(const struct wish *w, const struct state *s)
{
	if (w->mtu)
		return w->mtu;
	return state_place(s)->mtu;
}

/* The link's former state is recorded before anything is changed; and that it has a guard,
 * before it gets one; otherwise nobody would know about it. */
static bool needs_record_first(const struct wish *w, const struct state *s)
{
	return s->owner != OWNER_US || (wish_is_filtered(w) && !s->record.guarded);
}

static void record_first(struct link_change *c, struct plan *p)
{
	struct link_change *first = step_add_change(p);

	*first = *c;
	first->fields = CHANGE_ALIAS;
	c->fields &= ~(unsigned int)CHANGE_ALIAS;
}

/* It may send from other addresses than so far. */
static bool has_another_guard(const struct wish *w, const struct state *s)
{
	struct guard want;

	wish_guard(w, &want);
	return want.kind != GUARD_NONE && s->guard.kind != GUARD_NONE &&
	       !guard_equal(&want, &s->guard);
}

/* What the kernel changes only on a link that is down: names before Linux 6.2, addresses
 * of some drivers.  A macvtap's guard is for a name.  And the kernel puts a new port into
 * the bridge's default VLAN, in which it must not send, and gives it the default options;
 * nor must it send on one bridge from the addresses that it has on another. */
static unsigned int needs_down(const struct wish *w, const struct state *s)
{
	bool moves_down = w->vlan[0] || plan_has_options(w, s) ||
			  has_another_guard(w, s);
	bool loses_guard = w->kind == NETWORK_MACVTAP && wish_is_filtered(w);
	bool renames_live = s->renames_live && !loses_guard;

	return CHANGE_MAC | (renames_live ? 0 : CHANGE_NAME) |
	       (moves_down ? CHANGE_MASTER : 0);
}

/* Before it is on the bridge, or on another one, all that it sends must be
 * checked. */
static void guard_first(const struct wish *w, const struct state *s,
			struct plan *p)
{
	struct guard want;

	wish_guard(w, &want);
	if (want.kind == GUARD_NONE || w->kind == NETWORK_MACVTAP)
		return;
	if (s->bridge.learns_linklocal)
		step_add(p, STEP_PIN_LEARNING)->bridge = s->bridge.ifindex;
	step_add_guard(p, s, &want);
}

/* No addresses are checked any more, only its rate if there is one: until it is on the
 * bridge it may still be on the former one.  And the hook of a macvtap is for its name. */
static void guard_last(const struct wish *w, const struct state *s,
		       struct plan *p)
{
	struct guard want;

	wish_guard(w, &want);
	if (want.kind == GUARD_NONE || w->kind == NETWORK_MACVTAP)
		step_add_guard(p, s, &want);
}

static void join_steps(const struct wish *wish, const struct state *state,
		       const char *alias, struct plan *p)
{
	struct link_change c = { 0 };
	bool up = state->link.up, moves, vlans;

	difference(wish, state, alias, &c);
	moves = c.fields & CHANGE_MASTER;
	vlans = wish->vlan[0] && (moves || vlans_differ(wish, state));
	plan_old_entries(wish, state, p);
	if (c.fields & CHANGE_MASTER)
		pin_master(state, c.mtu, p);
	pin_bridge(state, &c, p);
	if (c.fields & CHANGE_ALIAS && needs_record_first(wish, state))
		record_first(&c, p);
	if (up && c.fields & needs_down(wish, state)) {
		step_add_up(p, false);
		up = false;
	}
	guard_first(wish, state, p);
	if (c.fields)
		*step_add_change(p) = c;
	if (vlans)
		step_add_vlans(p, wish->vlan)->has_entries =
			!moves && plan_had_entries(state);
	plan_options(wish, state, vlans, p);
	/* With mode none, which it has by now, no other comes. */
	if (state->addresses.has_link_local)
		step_add(p, STEP_FLUSH);
	guard_last(wish, state, p);
	if (up || (wish->stays_down && !state->link.up))
		return;
	if (state->have_device && !state->device.up)
		step_add(p, STEP_DEVICE_UP)->device = state->device.ifindex;
	step_add_up(p, true);
}

/* The port is up on a bridge that does not filter VLANs, but VLANs are requested. */
static bool reaches_too_many(const struct wish *w, const struct state *s)
{
	const struct link *l = &s->link, *b = &s->bridge;

	if (l->master != b->ifindex)
		b = &s->master;
	return w->vlan[0] && s->owner == OWNER_US && l->up &&
	       link_is(b, LINK_BRIDGE) && b->filtering != VLAN_FILTERING_ON;
}

static bool is_in_place(const struct wish *w, const struct state *s)
{
	return w->kind == NETWORK_MACVTAP ||
	       (s->link.master && s->link.master == s->bridge.ifindex);
}

/* The port is up in its place, but what it sends cannot be checked. */
static bool sends_too_much(const struct wish *w, const struct state *s)
{
	return (wish_lacks_mac(w) || wish_lacks_ips(w)) &&
	       s->owner == OWNER_US && s->link.up && is_in_place(w, s);
}

void plan_join(const struct wish *wish, const struct record *record,
	       const struct state *state, struct plan *ret)
{
	char alias[LINK_ALIASSIZE];

	*ret = (struct plan) { .verdict = IN_ORDER };
	if (refuse_join(wish, state, ret)) {
		if (reaches_too_many(wish, state) ||
		    sends_too_much(wish, state))
			step_add_up(ret, false);
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
	r.hold = HOLD_NONE;
	if (record_print(&r, c.alias) > 0)
		*step_add_change(p) = c;
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

/* With its former MTU it has IPv6 again, in the default mode. */
static void restore_addrgen(const struct state *s, struct plan *p)
{
	const struct was *was = &s->record.was;

	if (was->addrgen < 0 || s->link.mtu >= LINK_MTU_MIN_IPV6 ||
	    was->mtu < LINK_MTU_MIN_IPV6)
		return;
	*step_add_change(p) = (struct link_change) { .fields = CHANGE_ADDRGEN,
						     .addrgen = was->addrgen };
}

/* Only a kind that we make is deleted, whatever an alias says. */
static bool may_delete(const struct state *s)
{
	return s->record.made && (link_is(&s->link, LINK_TUN) ||
				  link_is(&s->link, LINK_MACVTAP));
}

/* Its guard goes first: the kernel would keep it for the next link with that ifindex. */
static void plan_delete(const struct state *s, struct plan *p)
{
	bool is_guarded = s->have_guard && !guard_is_none(&s->guard);

	if (s->link.master)
		pin_master(s, s->link.mtu, p);
	if (is_guarded && s->link.up)
		step_add_up(p, false);
	step_add_guard(p, s, &(struct guard) { 0 });
	(void)step_add(p, STEP_DELETE);
}

static void add_master(struct plan *p, int master)
{
	*step_add_change(p) = (struct link_change) { .fields = CHANGE_MASTER,
						     .master = master };
}

/* The record is removed last: until then any process can finish the detach. */
static void remove_record(const struct was *was, struct plan *p)
{
	struct link_change *c = step_add_change(p);

	c->fields = CHANGE_ALIAS;
	memcpy(c->alias, was->alias, sizeof(c->alias));
}

static void add_former_vlans(const struct state *s, struct plan *p)
{
	const char *vlan = s->record.was.vlan;

	if (s->former.filtering == VLAN_FILTERING_ON)
		(void)step_add_vlans(p, strcmp(vlan, WAS_NO_VLAN) == 0 ? "" : vlan);
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
		step_add_up(p, false);
		up = false;
	}
	/* Off the bridge first, which must not see the following changes. */
	if (s->link.master && moves)
		add_master(p, 0);
	else if (s->link.master && plan_had_entries(s))
		(void)step_add(p, STEP_ENTRIES);
	if (c.fields)
		*step_add_change(p) = c;
	restore_addrgen(s, p);
	if (master && moves)
		add_master(p, master);
	if (link_is(&s->former, LINK_BRIDGE) && master)
		step_add_options(p, moves ? OPTIONS_DEFAULT : s->link.options,
				 OPTIONS_DEFAULT ^ s->record.was.options);
	if (master && s->record.was.vlan[0])
		add_former_vlans(s, p);
	if (want_up && !up)
		step_add_up(p, true);
	step_add_guard(p, s, &(struct guard) { 0 });
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
