/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settle.c - bring one link to its wish: gather, plan, act, and again */
#include "agent/engine/settle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/core/words.h"

/* A look that does not end by then has an opponent. */
#define ROUNDS 4

/* Somebody really uses that MTU if it is still there then. */
#define PINNING_TRIES 200

/* Like link_by_name, but that there is none is an answer, too. */
static int find(struct host *h, const char *name, struct link *ret, bool *found)
{
	int r = h->ops->link_by_name(h, name, ret);

	*found = r == 0;
	return r == -ENODEV ? 0 : r;
}

/* Who has the name that the link is to have? */
static int gather_holder(struct host *h, const char *name, struct state *s)
{
	struct record record;
	struct vif_id id;
	int r;

	if (!name[0] || strcmp(name, s->link.name) == 0)
		return 0;
	r = find(h, name, &s->holder, &s->have_holder);
	/* Itself: another process has renamed it since it was queried. */
	if (s->have_holder && s->holder.ifindex == s->link.ifindex)
		s->have_holder = false;
	if (r < 0 || !s->have_holder)
		return r;
	s->holder_is_nic =
		(record_owner(s->holder.alias, &record) == OWNER_US && record.has_nic) ||
		h->ops->netback_nic(h, name, &id) == 0;
	return 0;
}

/* Another door may be pinning the bridge's MTU just now. */
static int find_bridge(struct host *h, const char *name, struct state *s)
{
	static const struct timespec moment = { 0, 1000000 };
	int r = 0;

	for (int i = 0; i < PINNING_TRIES; i++) {
		r = find(h, name, &s->bridge, &s->have_bridge);
		if (r < 0 || !s->have_bridge ||
		    s->bridge.mtu != LINK_MTU_PINNING ||
		    s->bridge.ifindex == h->really_pinning_mtu)
			return r;
		(void)nanosleep(&moment, NULL);
	}
	h->really_pinning_mtu = s->bridge.ifindex;
	return r;
}

int settle_find_device(struct host *h, const struct wish *w, struct state *s)
{
	int r = find(h, w->device, &s->device, &s->have_device);

	if (r < 0 || !s->have_device || !s->device.master)
		return r;
	r = h->ops->link_by_index(h, s->device.master, &s->device_master);
	return r == -ENODEV ? 0 : r;
}

/* What a bridge is like for a port of that MTU.  To see whether its own MTU is
 * pinned takes reading its ports. */
static int find_facts(struct host *h, const struct link *bridge,
		      uint32_t port_mtu, struct bridge_facts *ret)
{
	ret->mtu_is_pinned = !plan_mtu_matters(bridge, port_mtu);
	return h->ops->bridge_facts(h, bridge, ret);
}

static int gather_bridge(struct host *h, const struct wish *w, struct state *s)
{
	uint8_t mac[6];
	int r;

	if (!w->bridge[0])
		return 0;
	r = find_bridge(h, w->bridge, s);
	if (r < 0 || !s->have_bridge || !link_is(&s->bridge, LINK_BRIDGE))
		return r;
	plan_port_mac(w, mac);
	/* Where the port is on it, and as we left it, this was seen to. */
	if (s->link.master == s->bridge.ifindex && s->owner == OWNER_US &&
	    memcmp(s->link.mac, mac, sizeof(mac)) == 0)
		return 0;
	r = find_facts(h, &s->bridge, plan_mtu(w, s), &s->facts);
	/* It may vanish meanwhile. */
	s->have_bridge = r != -ENOENT;
	return r == -ENOENT ? 0 : r;
}

/* What the link is on, if it is to leave that. */
static int gather_master(struct host *h, uint32_t new_mtu, struct state *s)
{
	int r;

	if (!s->link.master || s->link.master == s->bridge.ifindex)
		return 0;
	r = h->ops->link_by_index(h, s->link.master, &s->master);
	if (r == 0 && link_is(&s->master, LINK_BRIDGE))
		r = find_facts(h, &s->master, plan_master_mtu(s, new_mtu),
			       &s->master_facts);
	/* Gone meanwhile, and the link's place on it with it. */
	return r == -ENODEV || r == -ENOENT ? 0 : r;
}

/* Where a link that is left goes back to. */
static int gather_former(struct host *h, struct state *s)
{
	const char *name = s->record.was.master;
	bool found;
	int r;

	if (s->owner != OWNER_US)
		return 0;
	r = gather_holder(h, s->record.was.name, s);
	if (r < 0 || !name[0])
		return r;
	r = find(h, name, &s->former, &found);
	if (r == 0 && found && link_is(&s->former, LINK_BRIDGE))
		r = find_facts(h, &s->former, s->record.was.mtu,
			       &s->former_facts);
	return r == -ENOENT ? 0 : r;
}

/* @is_fresh: the link itself has been asked for a moment ago. */
static int gather(struct host *h, const struct wish *w, enum goal goal,
		  unsigned int flags, bool is_fresh, struct state *s)
{
	struct state g = { .link = s->link };
	int r = is_fresh ? 0 : h->ops->link_by_index(h, s->link.ifindex,
						     &g.link);

	if (r < 0)
		return r;
	g.owner = record_owner(g.link.alias, &g.record);
	if (goal != GOAL_JOIN) {
		r = gather_former(h, &g);
	} else {
		r = w->kind == NETWORK_MACVTAP ? settle_find_device(h, w, &g) :
						 gather_bridge(h, w, &g);
		if (r == 0)
			r = gather_holder(h, w->name, &g);
		/* Hardware comes back from a container with any alias. */
		if (g.owner != OWNER_US || !g.link.kind[0])
			g.is_hardware = h->ops->is_hardware(h, g.link.name);
		g.patient = flags & LOOK_PATIENT;
	}
	if (r == 0)
		r = gather_master(h, goal == GOAL_JOIN ? plan_mtu(w, &g) :
						      g.link.mtu, &g);
	if (r == 0)
		*s = g;
	return r;
}

/* Returns @r. */
static int failed(struct look *look, const char *what, int r,
		  const struct host *h)
{
	const uint8_t *mac = look->state.link.mac;

	look->verdict = FAILED;
	/* macvlan_open(): its device, or another macvlan on it, has its MAC */
	if (r == -EADDRINUSE)
		text_reason(look->reason, "its address %02x:%02x:%02x:%02x:%02x:%02x is already used on device %s, by another macvtap or by the device itself; request another (mac=), or stop the other guest",
			    mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
			    look->wish.device);
	else
		text_reason(look->reason, "%s failed: %s%s%s%s", what,
			    strerror(-r), h->error[0] ? ": " : "", h->error,
			    r == -EPERM ? "; this needs root or CAP_NET_ADMIN" :
					  "");
	return r;
}

/* The record says that the link is being left until that is done.  If it says
 * so no longer, somebody else was quicker, and may have joined it anew: what is
 * left of this plan must not be carried out. */
static bool may_go_on(struct host *h, const struct look *look, size_t i)
{
	struct record record;
	struct link link;

	if (!look->leaving || i == 0 || look->state.record.made)
		return true;
	return h->ops->link_by_index(h, look->state.link.ifindex,
					   &link) < 0 ||
	       (record_owner(link.alias, &record) == OWNER_US && record.leaving);
}

/* Before Linux 6.2 a link that is up cannot be renamed: another door has set it
 * up. */
static bool is_up_again(const struct step *step, int r)
{
	return r == -EBUSY && step->kind == STEP_CHANGE &&
	       step->change.fields & CHANGE_NAME;
}

/* udev hears nothing of a new alias.  Of the links whose record is ours its rules
 * know the other ones by name or by their own wish. */
static bool is_known_by_record_only(const struct record *r)
{
	return r->by == BY_HAND && !r->made;
}

/* Returns 0, -EAGAIN if what was planned for has changed, or what the kernel
 * said; then it is in the look. */
static int act(struct host *h, struct look *look)
{
	const struct plan *p = &look->plan;
	bool was_ours = look->state.owner == OWNER_US;
	char what[256];
	int r;

	for (size_t i = 0; i < p->n; i++) {
		const struct step *step = &p->step[i];

		if (!may_go_on(h, look, i))
			return -EAGAIN;
		r = h->ops->do_step(h, look->state.link.ifindex,
					  step);
		look->steps++;
		/* -ECONNRESET: perhaps it was done; -ENOMEM: it was not. */
		if (r == -ENODEV || r == -EEXIST || r == -ECONNRESET ||
		    r == -ENOMEM || is_up_again(step, r))
			return -EAGAIN;
		if (r < 0) {
			step_text(step, &look->state, what, sizeof(what));
			return failed(look, what, r, h);
		}
		if (!was_ours && step->kind == STEP_CHANGE &&
		    step->change.fields & CHANGE_ALIAS &&
		    is_known_by_record_only(&look->record))
			h->ops->announce(h, look->state.link.name);
		look->device_was_down |= step->kind == STEP_DEVICE_UP;
		if (step->kind == STEP_CHANGE &&
		    step->change.fields & CHANGE_MASTER &&
		    step->change.master && !was_ours)
			look->joined = true;
	}
	return 0;
}

/* What would be done, for who only looks. */
static void describe(struct look *look)
{
	const struct plan *p = &look->plan;
	char what[256];
	size_t len = 0;

	for (size_t i = 0; i < p->n && len < sizeof(look->reason); i++) {
		step_text(&p->step[i], &look->state, what, sizeof(what));
		len += (size_t)snprintf(look->reason + len,
					sizeof(look->reason) - len, "%s%s",
					i ? "; " : "", what);
	}
}

/* The daemon tells all other processes so (see daemon/contention.c). */
static void held(struct look *look)
{
	look->verdict = WAITING;
	text_reason(look->reason, HELD_REASON);
}

static int vanished(struct look *look)
{
	look->found = false;
	look->verdict = NOT_OURS;
	text_reason(look->reason, "its link has disappeared");
	return 0;
}

/* Another door has written another record meanwhile. */
static int outdated(struct look *look)
{
	look->outdated = true;
	look->verdict = WAITING;
	text_reason(look->reason, "another program changes it at the same time");
	return 0;
}

static bool is_deleted(const struct plan *p)
{
	return p->n && p->step[p->n - 1].kind == STEP_DELETE;
}

/* What the link's alias is when the plan is carried out. */
static void new_alias(const struct plan *p, char alias[LINK_ALIASSIZE])
{
	for (size_t i = 0; i < p->n; i++)
		if (p->step[i].kind == STEP_CHANGE &&
		    p->step[i].change.fields & CHANGE_ALIAS)
			memcpy(alias, p->step[i].change.alias, LINK_ALIASSIZE);
}

static void make_plan(struct look *look, enum goal goal, unsigned int flags)
{
	if (goal == GOAL_JOIN)
		plan_join(&look->wish, &look->record, &look->state,
			  &look->plan);
	else
		plan_leave(&look->state, goal == GOAL_LEAVE_DEAD, &look->plan);
	look->verdict = look->plan.verdict;
	memcpy(look->reason, look->plan.reason, sizeof(look->reason));
	if (flags & LOOK_ACT)
		return;
	if (look->verdict == TO_DO)
		describe(look);
	if (look->state.owner == OWNER_US && look->state.record.held)
		held(look);
}

static int carry_out(struct host *h, struct look *look, enum goal goal,
		     unsigned int flags)
{
	/* One that is not ours yet is sure to be changed. */
	bool is_fresh = look->found && look->state.owner == OWNER_US;
	char alias[LINK_ALIASSIZE];
	bool by_alias = look->found;
	int r = 0;

	memcpy(alias, look->state.link.alias, sizeof(alias));
	for (int round = 0; round < ROUNDS;) {
		h->error[0] = '\0';
		r = gather(h, &look->wish, goal, flags, is_fresh, &look->state);
		if (r == -ENODEV)
			return vanished(look);
		if (r == -ENOMEM && ++round < ROUNDS)
			continue;
		if (r < 0)
			return failed(look, "asking the kernel", r, h);
		look->found = true;
		if (by_alias && strcmp(look->state.link.alias, alias) != 0)
			return outdated(look);
		make_plan(look, goal, flags);
		if (look->verdict == NOT_OURS && look->steps &&
		    goal != GOAL_LEAVE_DEAD)
			h->ops->announce(h, look->state.link.name);
		if (look->verdict != TO_DO || !(flags & LOOK_ACT))
			return 0;
		/* Another door may have been at work on it since then: what is to
		 * be changed is asked for once more. */
		if (is_fresh) {
			is_fresh = false;
			continue;
		}
		round++;
		r = act(h, look);
		if (r < 0 && r != -EAGAIN)
			return r;
		if (r == 0 && is_deleted(&look->plan))
			return vanished(look);
		by_alias = by_alias && r == 0;
		new_alias(&look->plan, alias);
	}
	look->verdict = FAILED;
	text_reason(look->reason, "another program keeps changing it; giving up");
	return -EBUSY;
}

/* What fails changes nothing: a link that was not ours is as it was before. */
static void undo(struct host *h, const struct look *look)
{
	struct look back = { .id = look->id, .leaving = true,
			     .state.link = look->state.link };

	(void)carry_out(h, &back, GOAL_LEAVE, LOOK_ACT);
}

void settle(struct host *h, struct look *look, enum goal goal,
	    unsigned int flags)
{
	struct record record;
	bool was_ours = record_owner(look->state.link.alias, &record) ==
			OWNER_US;
	int r;

	look->leaving = goal != GOAL_JOIN;
	r = carry_out(h, look, goal, flags);
	if (r < 0 && goal == GOAL_JOIN && !was_ours && look->steps)
		undo(h, look);
}
