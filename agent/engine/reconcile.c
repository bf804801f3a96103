/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reconcile.c - one look at one port: where everything meets */
#include "agent/engine/reconcile.h"

#include <errno.h>
#include <string.h>

#include "agent/engine/decide.h"
#include "agent/engine/find.h"
#include "agent/engine/report.h"

bool look_is_done(const struct look *look)
{
	return look->found && look->verdict == IN_ORDER && !look->early;
}

bool looks_learn(const struct look *looks, int n, int hint[LOOKS])
{
	bool unsure = false;

	for (int i = 0; i < n; i++) {
		if (looks[i].unsure)
			hint[looks[i].part] = looks[i].state.link.ifindex;
		unsure |= looks[i].unsure;
	}
	return unsure;
}

/* ---- one link --------------------------------------------------------- */

/* It has been found. */
static int look_at(struct subject *s, struct look *look)
{
	int r = settle(s->agent->host, s->request->flags, decide_link, s, look);

	if (look->found)
		memcpy(look->name, look->state.link.name, sizeof(look->name));
	return r;
}

/* ---- a NIC's link ----------------------------------------------------- */

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

/* It has no link.  Returns whether there is something to say. */
static bool missing(const struct nic_look *n, enum part part,
		    const struct link *stranger, struct look *look)
{
	/* On its way out it wants none. */
	if (n->goal != GOAL_JOIN || !n->nic.online)
		return false;
	/* The wish is worth showing, and refusing, even so. */
	look->wish = n->nic.wish;
	config_resolve(n->agent->config, &look->wish);
	say_missing(stranger, part, look);
	return part == PART_VIF || look->verdict == REFUSED;
}

/*
 * A NIC may have been made again since its keys were read, and the script be
 * joining its links. A link that was there before they were read is none of those.
 */
static bool may_be_newer(const struct nic_look *n, enum part part,
			 const struct link *l)
{
	const struct request *q = n->request;
	struct record record;

	return n->goal == GOAL_LEAVE_DEAD && q->flags & LOOK_ACT &&
	       !(q->flags & LOOK_LEAVE) && !by_hand_of(q, l) &&
	       l->ifindex != q->hint[part] &&
	       record_owner(l->alias, &record) == OWNER_US;
}

/* @ret_stranger: a link that has the part's name; ifindex 0: none has. */
static int find_or_stranger(const struct nic_look *n, enum part part,
			    const char *name, struct link *ret,
			    struct link *ret_stranger)
{
	bool taken;
	int r = find_part(n, part, ret, &taken);

	if (r != -ENODEV || !taken || n->goal != GOAL_JOIN ||
	    !find_stranger(n, name, ret_stranger))
		return r;
	/* It may have come just between the two questions. */
	return find_part(n, part, ret, &taken);
}

/* Returns 1 if there is something to say, 0 if not, or an error. */
static int look_part(struct nic_look *n, enum part part, struct look *look)
{
	struct subject s = { .agent = n->agent, .request = n->request,
			     .nic = n, .part = part };
	struct link stranger = { 0 };
	int r;

	*look = (struct look) { .id = { .is_nic = true, .nic = n->id },
				.part = part, .goal = n->goal,
				.nic_exists = n->nic.exists };
	memcpy(look->unused, n->nic.unused, sizeof(look->unused));
	memcpy(look->guest, n->nic.guest, sizeof(look->guest));
	/* "vif32751.100-emu" cannot be; then there is no such link. */
	(void)vif_name_make(look->name, n->id, part == PART_EMU ? VIF_EMU :
								  VIF_NETBACK);
	r = find_or_stranger(n, part, look->name, &look->state.link, &stranger);
	if (r == -ENODEV)
		return missing(n, part, stranger.ifindex ? &stranger : NULL,
			       look);
	if (r < 0)
		return r;
	look->found = true;
	look->unsure = may_be_newer(n, part, &look->state.link);
	if (!look->unsure)
		r = look_at(&s, look);
	return r < 0 ? r : 1;
}

/* ---- the whole NIC ---------------------------------------------------- */

static bool is_asked_for(const struct request *q, enum part part)
{
	return !(q->flags & (part == PART_VIF ? LOOK_EMU_ONLY : LOOK_VIF_ONLY));
}

static void report(const struct nic_look *n, struct look *vif)
{
	/* What stands there then is of its last life. */
	vif->status_is_stale = n->request->status_is_stale ||
			       (vif->joined && n->nic.status == HOTPLUG_CONNECTED);
	report_vif(n, vif);
}

static int look_nic(struct agent *a, const struct request *q,
		    struct look ret[LOOKS], struct tell *tell)
{
	/* The tap first: "connected" is the last of all. */
	static const enum part order[LOOKS] = { PART_EMU, PART_VIF };
	struct nic_look n = { .agent = a, .request = q, .id = q->id.nic,
			      .known = q->nic, .tell = tell };
	int count = 0;
	int r = 0;

	if (q->nic)
		n.nic = *q->nic;
	n.goal = decide_nic(&n);
	for (int i = 0; i < LOOKS && r >= 0; i++) {
		if (!is_asked_for(q, order[i]))
			continue;
		r = look_part(&n, order[i], &ret[count]);
		if (r > 0 && order[i] == PART_VIF)
			report(&n, &ret[count]);
		count += r > 0;
	}
	return r < 0 ? r : report_removal(&n, ret, count);
}

/* ---- a link for itself ------------------------------------------------ */

/* Returns 0 if it is one, or what reconcile() does.  A door with a request by hand
 * has found out whose the link is. */
static int is_for_itself(struct agent *a, const struct request *q,
			 struct look *look)
{
	struct port_id owner = { .is_nic = true };
	enum link_owner is;

	if (by_hand_of(q, &look->state.link))
		return 0;
	is = link_owner(a, &look->state.link, q->nic, &owner.nic);
	if (is == LINK_IS_ITS_OWN)
		return 0;
	look->id = owner;
	return is == LINK_OWNER_UNKNOWN ? -ENODATA : -ENODEV;
}

static int look_link(struct agent *a, const struct request *q,
		     struct look *look)
{
	struct subject s = { .agent = a, .request = q };
	struct host *h = a->host;
	int r;

	*look = (struct look) { .id = q->id };
	r = h->ops->link_by_index(h, q->id.ifindex, &look->state.link);
	if (r == 0)
		r = is_for_itself(a, q, look);
	if (r < 0)
		return r;
	look->found = true;
	memcpy(look->name, look->state.link.name, sizeof(look->name));
	r = look_at(&s, look);
	return r < 0 ? r : 1;
}

int reconcile(struct agent *a, const struct request *q,
	      struct look ret[LOOKS], struct tell *tell)
{
	int r;

	*tell = (struct tell) { 0 };
	r = q->id.is_nic ? look_nic(a, q, ret, tell) : look_link(a, q, ret);
	/* It is there already. */
	if (r > 0 && ret[r - 1].connected && !nic_needs(q->nic, tell))
		ret[r - 1].status_is_stale = false;
	return r;
}
