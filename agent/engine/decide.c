/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decide.c - whether a link joins, leaves or stays as it is, and its wish */
#include "agent/engine/decide.h"

#include <errno.h>
#include <string.h>

#include "agent/engine/find.h"

/* ---- a NIC ------------------------------------------------------------ */

/* netback lets go of a NIC whose keys vanish; one that it still has some time
 * later is alive, and it is xenstored that forgot. */
static bool netback_has(const struct nic_look *n)
{
	struct host *h = n->agent->host;
	char name[VIF_NAMESIZE];

	return h->ops->has_netback(h) &&
	       h->ops->netback_name(h, n->id, name) == 0;
}

enum goal decide_nic(const struct nic_look *n)
{
	unsigned int flags = n->request->flags;

	if (flags & LOOK_LEAVE)
		return GOAL_LEAVE_DEAD;
	if (!n->known)
		return GOAL_KEEP;
	if (!n->nic.exists && (flags & LOOK_KEEP || n->nic.unsure ||
			       netback_has(n)))
		return GOAL_KEEP;
	if (!n->nic.exists)
		return GOAL_LEAVE_DEAD;
	if (!nic_is_served(n->agent, &n->nic) && !(flags & LOOK_SCRIPT))
		return GOAL_NONE;
	/* dom0's own nodes outlive a domain that dies. */
	if (nic_is_dead(&n->nic) || !n->nic.has_domain)
		return GOAL_LEAVE_DEAD;
	return GOAL_JOIN;
}

/* ---- what is wished for a link ---------------------------------------- */

const struct by_hand *by_hand_of(const struct request *q,
				 const struct link *l)
{
	return q->hand && q->hand->ifindex == l->ifindex ? q->hand : NULL;
}

/* The request by hand: the one that is made now, or the one in the record. */
static const struct record *request_by_hand(const struct subject *s,
					    const struct look *look)
{
	const struct by_hand *hand = by_hand_of(s->request, &look->state.link);
	const struct record *r = &look->state.record;

	if (hand && !hand->leave)
		return &hand->record;
	return look->state.owner == OWNER_US && r->by == BY_HAND ? r : NULL;
}

/* What to call the part's link where the wish by hand does not say. */
static void name_part(const struct subject *s, const struct look *look,
		      struct wish *w)
{
	const struct record *r = &look->state.record;
	char vifname[VIF_NAMESIZE];

	if (s->part == PART_VIF) {
		if (!w->name[0])
			(void)vif_name_make(w->name, s->nic->id, VIF_NETBACK);
	} else if (w->name[0]) {
		memcpy(vifname, w->name, sizeof(vifname));
		if (vif_name_emu(w->name, vifname) < 0)
			text_reason(w->error, "%s-emu is too long for a link's name by %zu characters: the kernel takes 15",
				    vifname, vif_name_excess(vifname, "-emu"));
	} else {
		/* The name it was made with is all that QEMU gives us. */
		memcpy(w->name, look->state.owner == OWNER_US ? r->was.name :
		       look->state.link.name, sizeof(w->name));
	}
}

/*
 * Rules are asked last, and only about links that have no network yet:
 * asking udev's database takes dozens of system calls.  They are asked once: when
 * we rename a link, its entry there is out of date for a moment.
 */
static int add_rules_wish(struct subject *s, const struct link *l,
			  struct wish *w)
{
	int r = 0;

	if (w->network[0] || w->error[0])
		return 0;
	if (!s->knows_rules)
		r = udev_wish(s->agent->udev, l->ifindex, l->name,
			      &s->by_rules);
	s->knows_rules = r == 0;
	if (r == 0)
		wish_merge(w, &s->by_rules);
	return r;
}

/* A rule that went by the name that the link had loses sight of it when the same
 * rule has it renamed; the rule still counts. */
static bool is_renamed_by_rule(const struct look *look)
{
	const struct record *r = &look->state.record;

	return look->state.owner == OWNER_US && r->by == BY_UDEV &&
	       r->wish.name[0] && strcmp(r->wish.name, look->state.link.name) == 0;
}

/* Not resolved yet. */
static int find_wish(struct subject *s, const struct look *look,
		     struct wish *ret)
{
	const struct record *hand = request_by_hand(s, look);
	const struct nic_look *n = s->nic;
	int r;

	*ret = hand ? hand->wish : (struct wish) { 0 };
	if (n && n->goal != GOAL_JOIN)
		return 0;
	if (n) {
		struct wish xen = n->nic.wish;

		name_part(s, look, &xen);
		wish_merge(ret, &xen);
	}
	/* xapi writes no bridge key; then a rule may know. */
	r = add_rules_wish(s, &look->state.link, ret);
	if (r == 0 && !n && ret->by == BY_NOBODY && is_renamed_by_rule(look))
		*ret = look->state.record.wish;
	return r;
}

/* The record of a link with that wish.  A NIC's is in xenstore; what a wish by
 * hand got from there or from the configuration is not part of it. */
static struct record make_record(const struct subject *s,
				 const struct look *look, const struct wish *w)
{
	struct record r = { .by = w->by };

	if (w->by == BY_HAND)
		r = *request_by_hand(s, look);
	else if (!s->nic)
		r.wish = *w;
	if (s->nic) {
		r.has_nic = true;
		r.nic = s->nic->id;
		r.part = s->part;
	}
	return r;
}

/* ---- join, leave or keep it ------------------------------------------- */

/* Without a request by hand. */
static enum goal outer_goal(const struct subject *s)
{
	if (s->nic)
		return s->nic->goal;
	return s->request->flags & LOOK_LEAVE ? GOAL_LEAVE : GOAL_JOIN;
}

static enum goal find_goal(const struct subject *s, struct look *look)
{
	const struct by_hand *hand = by_hand_of(s->request, &look->state.link);
	const struct record *r = &look->state.record;
	bool ours = look->state.owner == OWNER_US;
	enum goal goal = outer_goal(s);

	if (hand && !hand->leave)
		return GOAL_JOIN;
	if (goal == GOAL_KEEP)
		return goal;
	/* A door began to leave it: that is finished first. */
	if (ours && r->leaving)
		return goal == GOAL_LEAVE_DEAD ? goal : GOAL_LEAVE;
	if (hand && ours && r->by == BY_HAND)
		return GOAL_LEAVE;
	/* A link made for a process is deleted when the process has ended and no
	 * other program has the link open. */
	look->left_open = false;
	if (ours && !s->nic && host_is_orphan(s->agent->host, r)) {
		look->left_open = host_is_open(&look->state.link);
		if (!look->left_open)
			return GOAL_LEAVE;
	}
	/* Attached by hand it stays so when its NIC is gone. */
	if (ours && r->by == BY_HAND && !(s->request->flags & LOOK_LEAVE))
		return GOAL_JOIN;
	return goal;
}

bool look_yields(const struct look *look, unsigned int flags)
{
	return flags & LOOK_YIELD && look->state.owner == OWNER_US &&
	       look->state.record.leaving;
}

static int decided(struct look *look, enum verdict verdict, const char *reason)
{
	look->verdict = verdict;
	text_reason(look->reason, "%s", reason);
	return DECIDED;
}

/* Why it is not ours to serve: see nic_is_served(). */
static int leave_to_script(const struct subject *s, struct look *look)
{
	const struct nic *nic = &s->nic->nic;

	look->verdict = NOT_OURS;
	if (nic->script == SCRIPT_MISSPELT) {
		look->verdict = REFUSED;
		text_reason(look->reason, "its script key is %s, which libxl cannot run: it takes a file's name without arguments; set script=" NIC_SCRIPT " in the configuration of the domain",
			    nic->script_name);
	} else if (nic->script == SCRIPT_NETWORK) {
		text_reason(look->reason, "it belongs to the script %s, which needs no bridge",
			    nic->script_name);
	} else if (s->agent->config->serve_all) {
		text_reason(look->reason, "the script %s is still setting it up",
			    nic->script_name);
	} else if (nic->script_name[0]) {
		text_reason(look->reason, "it belongs to the script %s; to serve it, set script=" NIC_SCRIPT " in the configuration of the domain, or serve = all in vifagent.conf",
			    nic->script_name);
	} else {
		text_reason(look->reason, "it has no script; to serve it, set script=" NIC_SCRIPT " in the configuration of the domain, or serve = all in vifagent.conf");
	}
	return DECIDED;
}

static const char *why_kept(const struct subject *s)
{
	int error = s->agent->store_error;

	if (s->nic->known)
		return "the NIC is missing from xenstore, perhaps because xenstored was restarted; port left unchanged";
	if (error == -EACCES || error == -EPERM)
		return "only root can query xenstored about this NIC; run this as root";
	return "xenstored does not answer; port left unchanged";
}

static int keep(const struct subject *s, struct look *look)
{
	bool ours = look->state.owner == OWNER_US;
	struct host *h = s->agent->host;
	struct state *st = &look->state;

	/* to be shown */
	if (st->link.master)
		(void)h->ops->link_by_index(h, st->link.master, &st->master);
	return decided(look, ours ? WAITING : NOT_OURS, why_kept(s));
}

/* It stays down until there is a new request: by hand, by the script, or a changed
 * wish. */
static bool is_blocked(const struct subject *s, const struct look *look)
{
	return look->state.owner == OWNER_US && look->state.record.hold == HOLD_DOWN &&
	       !by_hand_of(s->request, &look->state.link) &&
	       !(s->request->flags & (LOOK_SCRIPT | LOOK_UNBLOCK));
}

/* Of the two links of a NIC, which have one MAC, the emulated one is active until the
 * guest's own driver is connected: then that has a carrier (xenvif_connect_data(),
 * drivers/net/xen-netback). */
static int find_active(const struct subject *s, const struct link *l,
		       struct wish *w)
{
	enum part part = s->part == PART_VIF ? PART_EMU : PART_VIF;
	struct link other;
	bool taken;
	int r = find_part(s->nic, part, &other, &taken);

	if (r < 0)
		return r == -ENODEV ? 0 : r;
	if (part == PART_EMU)
		w->other_is_active = other.carrier && !l->carrier;
	else
		w->other_is_active = other.carrier || !l->carrier;
	return 0;
}

int decide_link(struct look *look, struct aim *ret, void *arg)
{
	struct subject *s = arg;
	int r;

	if (look_yields(look, s->request->flags))
		return decided(look, WAITING, "another process is detaching it");
	ret->goal = find_goal(s, look);
	look->goal = ret->goal;
	if (ret->goal == GOAL_KEEP)
		return keep(s, look);
	if (ret->goal == GOAL_NONE)
		return leave_to_script(s, look);
	if (ret->goal != GOAL_JOIN)
		return 0;
	r = find_wish(s, look, &ret->wish);
	if (r < 0)
		return r;
	ret->record = make_record(s, look, &ret->wish);
	config_resolve(s->agent->config, &ret->wish);
	if (s->nic && wish_has_entries(&ret->wish))
		r = find_active(s, &look->state.link, &ret->wish);
	if (r < 0)
		return r;
	if (is_blocked(s, look)) {
		look->wish = ret->wish;
		return decided(look, REFUSED, BLOCKED_REASON);
	}
	/* No source requests a network for it. */
	if (!s->nic && ret->wish.by == BY_NOBODY)
		ret->goal = GOAL_LEAVE;
	return 0;
}
