/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settle.c - bring one link to its aim: gather, plan, act, and again */
#include "agent/engine/settle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/core/mac.h"
#include "agent/core/words.h"
#include "agent/engine/gather.h"

/* If the link is still not as planned after this many rounds, another program keeps changing it. */
#define ROUNDS 5

/* Returns @r. */
static int failed(struct look *look, const char *what, int r,
		  const struct host *h)
{
	const uint8_t *mac = look->wish.mac;

	if (mac_is_zero(mac))
		mac = look->state.link.mac;
	look->verdict = FAILED;
	/* br_if.c: BR_MAX_PORTS */
	if (r == -EXFULL && look->wish.bridge[0])
		text_reason(look->reason, "bridge %s has 1,023 ports already, and the kernel takes no more; request another bridge",
			    look->wish.bridge);
	/* macvlan_open(): its device, or another macvlan on it, has its MAC */
	else if (r == -EADDRINUSE)
		text_reason(look->reason, "its MAC %02x:%02x:%02x:%02x:%02x:%02x is already used on device %s, by another macvtap or by the device itself; request another (mac=), or stop the other guest",
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
 * so no longer, another program was quicker, and may have joined it anew: what is
 * left of this plan must not be carried out. */
static bool may_go_on(struct host *h, const struct look *look, size_t i)
{
	struct record record;
	struct link link;

	if (look->goal == GOAL_JOIN || i == 0 || look->state.record.made)
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

/* What was planned for has changed, or the answer was lost (-ECONNRESET), or there
 * was no memory for a moment: gather and plan once more. */
static bool is_outdated(const struct step *step, int r)
{
	/* A table of nftables like ours, but not ours, stays. */
	if (r == -EEXIST)
		return step->kind != STEP_GUARD;
	return r == -ENODEV || r == -ECONNRESET || r == -ENOMEM ||
	       is_up_again(step, r);
}

/* udev hears nothing of a new alias.  Of the links whose record is ours its rules
 * know the other ones by name or by their own wish. */
static bool is_known_by_record_only(const struct record *r)
{
	return r->by == BY_HAND && !r->made;
}

/* For the log. */
static void note_words(struct look *look, const struct step *step)
{
	size_t len = strlen(look->done);
	char what[256];

	step_text(step, &look->state, what, sizeof(what));
	if (strcmp(what, "record") != 0 &&
	    len + strlen(what) + 2 < sizeof(look->done))
		(void)snprintf(look->done + len, sizeof(look->done) - len,
			       "%s%s", len ? "; " : "", what);
}

static bool changes(const struct step *step, unsigned int field)
{
	return step->kind == STEP_CHANGE && step->change.fields & field;
}

/* What follows from a step that is done. */
static void note_done(struct host *h, const struct aim *aim, struct look *look,
		      const struct step *step)
{
	note_words(look, step);
	look->device_was_down |= step->kind == STEP_DEVICE_UP;
	if (look->was_ours) {
		look->mac_was_changed |= look->goal == GOAL_JOIN &&
					 changes(step, CHANGE_MAC);
		return;
	}
	look->joined |= changes(step, CHANGE_MASTER) && step->change.master;
	if (changes(step, CHANGE_ALIAS) && is_known_by_record_only(&aim->record))
		h->ops->announce(h, look->state.link.name);
}

/* Better no network than one without its guard. */
static void set_down(struct host *h, const struct look *look)
{
	const struct step down = { .kind = STEP_CHANGE,
				   .change = { .fields = CHANGE_UP } };
	char error[sizeof(h->error)];

	memcpy(error, h->error, sizeof(error));
	if (look->state.link.up)
		(void)h->ops->do_step(h, look->state.link.ifindex, &down);
	memcpy(h->error, error, sizeof(error));
}

/* Returns 0, or what the kernel said; then it is in the look. */
static int do_step(struct host *h, const struct aim *aim, struct look *look,
		   const struct step *step)
{
	int r = h->ops->do_step(h, look->state.link.ifindex, step);
	char what[256];

	look->steps++;
	if (r == 0) {
		note_done(h, aim, look, step);
		return 0;
	}
	step_text(step, &look->state, what, sizeof(what));
	return failed(look, what, r, h);
}

/* Steps that are done are no longer part of the plan.  Returns 0, -EAGAIN if it is
 * out of date, or what the kernel said. */
static int act(struct host *h, const struct aim *aim, struct look *look)
{
	struct plan *p = &look->plan;
	size_t done = 0;
	int r = 0;

	while (done < p->n && r == 0) {
		const struct step *step = &p->step[done];

		r = -EAGAIN;
		if (may_go_on(h, look, done))
			r = do_step(h, aim, look, step);
		if (r == 0)
			done++;
		else if (is_outdated(step, r))
			r = -EAGAIN;
	}
	p->n -= done;
	memmove(p->step, p->step + done, p->n * sizeof(p->step[0]));
	return r;
}

/* What would be done. */
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

/* To a door that only looks. */
static void only_said(struct look *look)
{
	if (look->verdict == TO_DO)
		describe(look);
	/* The daemon tells all other processes so: daemon/contention.c. */
	if (look->state.owner == OWNER_US && look->state.record.hold == HOLD_FOR_A_WHILE) {
		look->verdict = WAITING;
		text_reason(look->reason, HELD_REASON);
	}
}

static void vanished(struct look *look)
{
	look->found = false;
	look->verdict = NOT_OURS;
	text_reason(look->reason, "its link has disappeared");
}

static bool is_deleted(const struct plan *p)
{
	return p->n && p->step[p->n - 1].kind == STEP_DELETE;
}

/* Another door, or another program, may have been at work on it since it was
 * queried: nothing is done because of what it was like then. */
static bool is_as_planned_for(struct host *h, const struct link *planned)
{
	struct link now;

	return h->ops->link_by_index(h, planned->ifindex, &now) == 0 &&
	       link_hash(&now) == link_hash(planned);
}

static int gather(struct host *h, const struct aim *aim, struct state *s)
{
	if (aim->goal == GOAL_JOIN)
		return gather_join(h, &aim->wish, &aim->record, s);
	return gather_leave(h, s);
}

static void make_plan(const struct aim *aim, struct look *look)
{
	if (aim->goal == GOAL_JOIN)
		plan_join(&aim->wish, &aim->record, &look->state, &look->plan);
	else
		plan_leave(&look->state, aim->goal == GOAL_LEAVE_DEAD,
			   &look->plan);
	look->verdict = look->plan.verdict;
	memcpy(look->reason, look->plan.reason, sizeof(look->reason));
}

/* Returns -EAGAIN when all is done: is it now as it was put? */
static int carry_out(struct host *h, const struct aim *aim, struct look *look)
{
	bool deletes = is_deleted(&look->plan);
	int r = -EAGAIN;

	h->ops->take_turn(h);
	if (is_as_planned_for(h, &look->state.link))
		r = act(h, aim, look);
	h->ops->end_turn(h);
	if (r < 0)
		return r;
	if (!deletes)
		return -EAGAIN;
	vanished(look);
	return 0;
}

/* What the link's record says, and no longer says, udev hears from us. */
static void read_record(struct host *h, struct look *look)
{
	struct state *s = &look->state;

	s->owner = record_owner(s->link.alias, &s->record);
	if (look->goal == GOAL_LEAVE && look->steps && s->owner != OWNER_US)
		h->ops->announce(h, s->link.name);
}

/* Returns 0; -EAGAIN: once more; or another negative errno value, which is in
 * the look. */
static int one_round(struct host *h, unsigned int flags, decide_fn decide,
		     void *arg, struct look *look)
{
	struct aim aim = { 0 };
	int r;

	h->error[0] = '\0';
	look->verdict = TO_DO;
	read_record(h, look);
	r = decide(look, &aim, arg);
	if (r != 0)
		return r == DECIDED ? 0 : r;
	look->goal = aim.goal;
	look->wish = aim.wish;
	look->state.patient = flags & LOOK_PATIENT;
	r = gather(h, &aim, &look->state);
	if (r < 0) {
		(void)failed(look, "asking the kernel", r, h);
		return r == -ENOMEM || r == -ECONNRESET ? -EAGAIN : r;
	}
	make_plan(&aim, look);
	if (flags & LOOK_ACT)
		return look->verdict == TO_DO ? carry_out(h, &aim, look) : 0;
	only_said(look);
	return 0;
}

static int rounds(struct host *h, unsigned int flags, decide_fn decide,
		  void *arg, struct look *look)
{
	struct link *l = &look->state.link;
	int r = -EAGAIN;

	for (int i = 0; i < ROUNDS && r == -EAGAIN; i++) {
		if (i > 0 && h->ops->link_by_index(h, l->ifindex, l) == -ENODEV) {
			vanished(look);
			return 0;
		}
		r = one_round(h, flags, decide, arg, look);
	}
	if (r == -EAGAIN && look->verdict != FAILED) {
		look->verdict = FAILED;
		text_reason(look->reason, "another program keeps changing it; giving up");
	}
	return r;
}

static int leave(struct look *look, struct aim *ret, void *arg)
{
	(void)look;
	(void)arg;
	ret->goal = GOAL_LEAVE;
	return 0;
}

/* What fails changes nothing: a link that was not ours is as it was before. */
static void undo(struct host *h, const struct look *look)
{
	struct look back = { .id = look->id, .found = true, .was_ours = true,
			     .state.link = look->state.link };

	if (h->ops->link_by_index(h, look->state.link.ifindex,
				  &back.state.link) == 0)
		(void)rounds(h, LOOK_ACT, leave, NULL, &back);
}

static bool puts_guard(const struct step *step)
{
	return step->kind == STEP_GUARD && !guard_is_none(&step->guard);
}

/* Of the steps that are left the first is the one that failed. */
static bool lacks_guard(const struct look *look)
{
	const struct plan *p = &look->plan;

	if (p->n && puts_guard(&p->step[0]))
		return true;
	for (size_t i = 0; i < p->n; i++)
		if (puts_guard(&p->step[i]))
			return guard_is_none(&look->state.guard);
	return false;
}

/* It was to be joined, and something failed. */
static void take_back(struct host *h, const struct look *look)
{
	if (!look->was_ours)
		undo(h, look);
	else if (lacks_guard(look))
		set_down(h, look);
}

int settle(struct host *h, unsigned int flags, decide_fn decide, void *arg,
	   struct look *look)
{
	struct record record;
	int r;

	look->was_ours = record_owner(look->state.link.alias, &record) ==
			 OWNER_US;
	r = rounds(h, flags, decide, arg, look);
	if (look->verdict != FAILED)
		return r;
	if (look->goal == GOAL_JOIN && look->steps)
		take_back(h, look);
	return 0;
}
