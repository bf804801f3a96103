/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reconcile.c - one look at one port: where all the rooms meet */
#include "agent/engine/reconcile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/engine/find.h"
#include "agent/engine/report.h"
#include "agent/engine/settle.h"

/* A NIC whose state, or a link whose record, changes faster than it can be looked
 * at is looked at again when it is quiet. */
#define TRIES 4

bool look_is_done(const struct look *look)
{
	return look->found && look->verdict == IN_ORDER && !look->early;
}

/* ---- which link? ------------------------------------------------------ */

static void say_missing(const struct link *stranger, enum part part,
			struct look *look)
{
	const struct link *l = stranger;

	look->verdict = WAITING;
	text_reason(look->reason, "its link does not exist yet; netback has not created it");
	if (!l)
		return;
	look->verdict = REFUSED;
	if (part == PART_EMU)
		text_reason(look->reason, "its name is already used by a link that is not QEMU's tap (%s%s); rename or remove that link",
			    l->kind[0] ? "kind " : "another NIC's",
			    l->kind);
	else
		text_reason(look->reason, "its name is already used by a link that netback did not create for this NIC; rename or remove that link");
}

/* ---- what is wished for it? ------------------------------------------- */

/* What to call the part's link where the wish by hand does not say. */
static void name_part(const struct nic_look *n, enum part part,
		      const struct look *look, struct wish *w)
{
	const struct record *r = &look->state.record;

	if (part == PART_VIF && !w->name[0])
		(void)vif_name_make(w->name, n->id, VIF_NETBACK);
	if (part == PART_VIF)
		return;
	if (w->name[0]) {
		char vifname[VIF_NAMESIZE];

		memcpy(vifname, w->name, sizeof(vifname));
		if (vif_name_emu(w->name, vifname) < 0)
			text_reason(w->error, "%s-emu is too long for a link's name by %zu characters: the kernel takes 15",
				    vifname, vif_name_excess(vifname, "-emu"));
		return;
	}
	/* The name it was made with is all that QEMU gives us. */
	memcpy(w->name, look->state.owner == OWNER_US ? r->was.name :
	       look->state.link.name, sizeof(w->name));
}

/* Rules are asked last, and only about links that nobody else has a network
 * for: asking udev's database takes dozens of system calls. */
static int udev_wish_for(struct agent *a, const struct link *l, struct wish *w)
{
	struct wish udev;
	int r;

	if (w->network[0] || w->error[0])
		return 0;
	r = udev_wish(a->udev, l->ifindex, l->name, &udev);
	wish_merge(w, &udev);
	return r;
}

static int wish_for_part(const struct nic_look *n, enum part part,
			 struct look *look)
{
	const struct link *l = &look->state.link;
	const struct record *r = &look->state.record;
	struct wish xen = n->nic.wish;
	int err = 0;

	look->wish = (struct wish) { 0 };
	if (look->state.owner == OWNER_US && r->by == BY_HAND)
		look->wish = r->wish;
	if (n->goal == GOAL_JOIN) {
		name_part(n, part, look, &xen);
		wish_merge(&look->wish, &xen);
		/* xapi writes no bridge key; then a rule may know. */
		err = udev_wish_for(n->agent, l, &look->wish);
	}
	config_resolve(n->agent->config, &look->wish);
	look->record = (struct record) { .by = look->wish.by, .has_nic = true,
					 .nic = n->id, .part = part };
	if (look->wish.by == BY_HAND)
		look->record.wish = r->wish;
	return err;
}

/* ---- what is to become of it ------------------------------------------ */

/* netback lets go of a NIC whose keys vanish; one that it still has some time
 * later is alive, and it is xenstored that forgot. */
static bool netback_has(const struct nic_look *n)
{
	struct host *h = n->agent->host;
	char name[VIF_NAMESIZE];

	return h->ops->has_netback(h) &&
	       h->ops->netback_name(h, n->id, name) == 0;
}

static enum goal find_goal(const struct nic_look *n)
{
	if (n->flags & LOOK_LEAVE)
		return GOAL_LEAVE_DEAD;
	if (!n->known)
		return GOAL_KEEP;
	if (!n->nic.exists && (n->flags & LOOK_KEEP || n->nic.unsure ||
			       netback_has(n)))
		return GOAL_KEEP;
	if (!n->nic.exists)
		return GOAL_LEAVE_DEAD;
	if (!n->nic.script_is_ours && !n->agent->config->serve_all &&
	    !(n->flags & LOOK_SCRIPT))
		return GOAL_NONE;
	/* dom0's own nodes outlive a domain that dies. */
	if (nic_is_dead(&n->nic) || !n->nic.has_domain)
		return GOAL_LEAVE_DEAD;
	return GOAL_JOIN;
}

/* ---- one part --------------------------------------------------------- */

/* Another door is at work on it, and will be done in a moment. */
bool look_yields(const struct look *look, unsigned int flags)
{
	return flags & LOOK_YIELD && look->state.owner == OWNER_US &&
	       look->state.record.leaving;
}

/* Returns whether that is all there is to say. */
static bool give_way(struct look *look, unsigned int flags)
{
	if (!look_yields(look, flags))
		return false;
	look->verdict = WAITING;
	text_reason(look->reason, "another process is detaching it");
	return true;
}

static void keep(const struct nic_look *n, struct look *look)
{
	struct host *h = n->agent->host;
	struct state *s = &look->state;

	/* to be shown */
	if (s->link.master)
		(void)h->ops->link_by_index(h, s->link.master, &s->master);
	look->verdict = look->state.owner == OWNER_US ? WAITING : NOT_OURS;
	text_reason(look->reason, n->known ?
		    "the NIC is missing from xenstore, perhaps because xenstored was restarted; port left unchanged" :
		    "xenstored does not answer; port left unchanged");
}

static int pursue(const struct nic_look *n, enum part part, struct look *look)
{
	bool ours = look->state.owner == OWNER_US;
	bool by_hand = ours && look->state.record.by == BY_HAND;

	int r;

	if (give_way(look, n->flags))
		return 0;
	/* Somebody began to detach it: that is finished first. */
	if (ours && look->state.record.leaving && n->flags & LOOK_ACT &&
	    n->goal != GOAL_KEEP) {
		settle(n->agent->host, look, n->goal == GOAL_LEAVE_DEAD ?
		       GOAL_LEAVE_DEAD : GOAL_LEAVE, n->flags);
		if (look->verdict != NOT_OURS || !look->found)
			return 0;
		by_hand = false;
	}
	if (n->goal == GOAL_KEEP) {
		keep(n, look);
	} else if (n->goal == GOAL_JOIN || (by_hand &&
					    !(n->flags & LOOK_LEAVE))) {
		r = wish_for_part(n, part, look);
		if (r < 0)
			return r;
		settle(n->agent->host, look, GOAL_JOIN, n->flags);
	} else if (n->goal == GOAL_LEAVE_DEAD) {
		settle(n->agent->host, look, GOAL_LEAVE_DEAD, n->flags);
	} else {
		look->verdict = NOT_OURS;
		text_reason(look->reason, "its script key does not name %s; to serve it all the same, set serve = all",
			    NIC_SCRIPT);
	}
	return 0;
}

/*
 * A NIC may have been made again since its keys were read, and the script be
 * joining its links. A link that was there before they were read is none of those.
 */
static bool may_be_newer(const struct nic_look *n, const struct look *look)
{
	return n->goal == GOAL_LEAVE_DEAD && n->flags & LOOK_ACT &&
	       !(n->flags & LOOK_LEAVE) && look->state.owner == OWNER_US &&
	       look->state.link.ifindex != n->hint;
}

/* Returns 1 if there is something to say, 0 if not, or an error. */
static int look_part(struct nic_look *n, enum part part, struct look *look)
{
	char name[VIF_NAMESIZE] = "";
	struct link stranger = { 0 };
	bool taken = false;
	int r;

	*look = (struct look) { .id = { .is_nic = true, .nic = n->id },
				.part = part,
				.nic_exists = n->nic.exists };
	/* "vif32751.100-emu" cannot be; then there is no such link. */
	(void)vif_name_make(name, n->id, part == PART_EMU ? VIF_EMU :
							     VIF_NETBACK);
	memcpy(look->name, name, sizeof(look->name));
	r = find_part(n, part, &look->state.link, &taken);
	if (r == -ENODEV && taken && n->goal == GOAL_JOIN) {
		bool unused;

		taken = find_stranger(n, name, &stranger);
		/* It may have come just between the two questions. */
		if (taken)
			r = find_part(n, part, &look->state.link, &unused);
	}
	if (r < 0 && r != -ENODEV)
		return r;
	look->found = r == 0;
	if (!look->found) {
		/* On its way out it has no link, and wants none. */
		if (n->goal != GOAL_JOIN || !n->nic.online)
			return 0;
		/* The wish is worth showing, and refusing, even so. */
		look->wish = n->nic.wish;
		config_resolve(n->agent->config, &look->wish);
		say_missing(taken ? &stranger : NULL, part, look);
		return part == PART_VIF || look->verdict == REFUSED;
	}
	look->state.owner = record_owner(look->state.link.alias,
					 &look->state.record);
	memcpy(look->name, look->state.link.name, sizeof(look->name));
	look->unsure = may_be_newer(n, look);
	if (look->unsure)
		return 1;
	r = pursue(n, part, look);
	if (r < 0 || look->outdated)
		return r < 0 ? r : -EAGAIN;
	if (look->found)
		memcpy(look->name, look->state.link.name, sizeof(look->name));
	return 1;
}

/* ---- the whole NIC ---------------------------------------------------- */

static int look_nic(struct agent *a, struct vif_id id, const struct nic *nic,
		    unsigned int flags, const int hint[LOOKS],
		    struct look ret[LOOKS], struct tell *tell)
{
	/* The tap first: "connected" is the last of all. */
	static const enum part order[LOOKS] = { PART_EMU, PART_VIF };
	struct nic_look n = { .agent = a, .id = id, .flags = flags,
			      .known = nic, .tell = tell };
	int count = 0;
	int r = 0;

	if (nic)
		n.nic = *nic;
	n.goal = find_goal(&n);
	for (int i = 0; i < LOOKS && r >= 0; i++) {
		struct look *look = &ret[count];

		if (flags & (order[i] == PART_VIF ? LOOK_EMU_ONLY :
						    LOOK_VIF_ONLY))
			continue;
		n.hint = hint ? hint[order[i]] : 0;
		r = look_part(&n, order[i], look);
		if (r <= 0)
			continue;
		count++;
		if (order[i] != PART_VIF)
			continue;
		/* What stands there then is of its last life. */
		n.untold = flags & LOOK_REWRITE ||
			   (look->joined && n.nic.status == HOTPLUG_CONNECTED);
		look->untold = n.untold;
		report_vif(&n, look);
	}
	return r < 0 ? r : report_removal(&n, ret, count);
}

/* ---- a link for itself ------------------------------------------------ */

/* What was made for a process goes with it. */
static bool is_orphan(const struct agent *a, const struct look *look)
{
	const struct process *p = &look->state.record.process;

	return look->state.owner == OWNER_US && p->pid &&
	       !a->host->ops->process_lives(a->host, p);
}

/* Returns 0 if it is, or what reconcile() does. */
static int is_for_itself(struct agent *a, const struct nic *nic,
			 struct look *look)
{
	struct port_id owner = { .is_nic = true };
	enum nic_claim claim = link_claim(a, &look->state.link, &owner.nic);

	if (claim == CLAIM_NONE ||
	    (claim == CLAIM_IF_SERVED && a->store == STORE_GONE) ||
	    (claim == CLAIM_IF_SERVED && nic && !nic_is_served(a, nic)))
		return 0;
	look->id = owner;
	return claim == CLAIM_IF_SERVED && !nic ? -ENODATA : -ENODEV;
}

static int look_link(struct agent *a, int ifindex, const struct nic *nic,
		     unsigned int flags, struct look *look)
{
	struct host *h = a->host;
	const struct record *rec;
	bool ours;
	int r;

	*look = (struct look) { .id = { .ifindex = ifindex } };
	r = h->ops->link_by_index(h, ifindex, &look->state.link);
	if (r < 0)
		return r;
	r = is_for_itself(a, nic, look);
	if (r < 0)
		return r;
	look->found = true;
	memcpy(look->name, look->state.link.name, sizeof(look->name));
	look->state.owner = record_owner(look->state.link.alias,
					 &look->state.record);
	if (give_way(look, flags))
		return 1;
	rec = &look->state.record;
	ours = look->state.owner == OWNER_US;
	if (ours && rec->by == BY_HAND && !rec->leaving)
		look->wish = rec->wish;
	r = udev_wish_for(a, &look->state.link, &look->wish);
	if (r < 0)
		return r;
	/* A rule that went by the name it had loses sight of it when the same
	 * rule has it renamed; that is no withdrawal. */
	if (ours && look->wish.by == BY_NOBODY && rec->by == BY_UDEV &&
	    rec->wish.name[0] && strcmp(rec->wish.name, look->name) == 0)
		look->wish = rec->wish;
	look->record = (struct record) { .by = look->wish.by,
					 .wish = look->wish };
	config_resolve(a->config, &look->wish);
	if (look->wish.by == BY_HAND)
		look->record = *rec;
	if (flags & LOOK_LEAVE || (ours && rec->leaving) ||
	    look->wish.by == BY_NOBODY || is_orphan(a, look))
		settle(a->host, look, GOAL_LEAVE, flags);
	else
		settle(a->host, look, GOAL_JOIN, flags);
	memcpy(look->name, look->state.link.name, sizeof(look->name));
	return look->outdated ? -EAGAIN : 1;
}

int reconcile(struct agent *a, const struct port_id *id, const struct nic *nic,
	      unsigned int flags, const int hint[LOOKS], struct look ret[LOOKS],
	      struct tell *tell)
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
		*tell = (struct tell) { 0 };
		r = id->is_nic ?
			look_nic(a, id->nic, nic, flags, hint, ret, tell) :
			look_link(a, id->ifindex, nic, flags, &ret[0]);
	}
	/* It is there already. */
	if (r > 0 && ret[r - 1].connected && !nic_needs(nic, tell))
		ret[r - 1].untold = false;
	return r;
}
