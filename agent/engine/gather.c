/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gather.c - what the kernel shows of everything that a plan depends on */
#include "agent/engine/gather.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "agent/core/pin.h"
#include "agent/core/plan.h"

/* Somebody really uses that MTU if it is still there then. */
#define PINNING_TRIES 200

/* That there is none is an answer, too. */
static int find(struct host *h, const char *name, struct link *ret, bool *found)
{
	int r = h->ops->link_by_any_name(h, name, ret);

	*found = r == 0;
	return r == -ENODEV ? 0 : r;
}

/* Which link has the name that this one is to have? */
static int gather_holder(struct host *h, const char *name, struct state *s)
{
	struct record record;
	struct vif_id id;
	int r;

	if (!name[0] || strcmp(name, s->link.name) == 0)
		return 0;
	r = find(h, name, &s->holder, &s->have_holder);
	s->holder_by_altname = s->have_holder &&
			       strcmp(s->holder.name, name) != 0;
	if (s->holder_by_altname)
		return r;
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
		    ifindices_have(&h->has_pinning_mtu, s->bridge.ifindex))
			return r;
		(void)nanosleep(&moment, NULL);
	}
	ifindices_add(&h->has_pinning_mtu, s->bridge.ifindex);
	return r;
}

int gather_device(struct host *h, const struct wish *w, struct state *s)
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
	ret->mtu_is_pinned = !pin_mtu_matters(bridge, port_mtu);
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
	wish_port_mac(w, mac);
	/* Where the port is on it, and as we left it, this was seen to. */
	if (s->link.master == s->bridge.ifindex && s->owner == OWNER_US &&
	    memcmp(s->link.mac, mac, sizeof(mac)) == 0)
		return 0;
	r = find_facts(h, &s->bridge, plan_mtu(w, s), &s->facts);
	/* It may vanish meanwhile. */
	s->have_bridge = r != -ENOENT;
	return r == -ENOENT ? 0 : r;
}

/* It may vanish meanwhile, or be taken off. */
static int gather_vlans(struct host *h, const struct wish *w, struct state *s)
{
	int r;

	if (!w->vlan[0] || s->bridge.filtering != VLAN_FILTERING_ON ||
	    s->link.master != s->bridge.ifindex)
		return 0;
	r = h->ops->vlans(h, s->link.ifindex, &s->vlans);
	s->have_vlans = r == 0;
	return r == -ENODEV ? 0 : r;
}

static int gather_entries(struct host *h, const struct wish *w, struct state *s)
{
	struct entries want;
	int r;

	if (!wish_has_entries(w) || s->link.master != s->bridge.ifindex)
		return 0;
	wish_entries(w, &want);
	r = h->ops->entries_differ(h, s->link.ifindex, &want,
				   &s->entries_differ);
	return r == -ENODEV ? 0 : r;
}

/* Then it is not known whether there is a guard. */
static bool is_no_answer(int r)
{
	return r == -ECONNRESET || r == -ENOBUFS || r == -ENOMEM ||
	       r == -EMFILE || r == -ENFILE;
}

/* Without a network that has a guard or a rate nf_tables is not even asked: the kernel would
 * load it.  Only root may ask, and not by a program without nftables; whatever else goes wrong
 * the step will tell. */
static int gather_guard(struct host *h, bool is_filtered, struct state *s)
{
	bool guarded = s->owner == OWNER_US && s->record.guarded;
	int r;

	if (!is_filtered && !guarded)
		return 0;
	r = h->ops->guard(h, &s->link, &s->guard);
	s->have_guard = r != -EPERM && (r != -EOPNOTSUPP || is_filtered);
	return is_no_answer(r) ? r : 0;
}

/* What the link is on, if it is to leave that. */
static int gather_master(struct host *h, uint32_t new_mtu, struct state *s)
{
	int r;

	if (!s->link.master || s->link.master == s->bridge.ifindex)
		return 0;
	r = h->ops->link_by_index(h, s->link.master, &s->master);
	if (r == 0 && link_is(&s->master, LINK_BRIDGE))
		r = find_facts(h, &s->master, pin_master_mtu(s, new_mtu),
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

/* All that was known of other links may be outdated. */
static struct state only_link(const struct state *s)
{
	return (struct state) { .link = s->link, .owner = s->owner,
				.record = s->record, .patient = s->patient };
}

static int find_upper(const struct link *l, void *arg)
{
	struct state *s = arg;

	if (l->lower != s->link.ifindex)
		return 0;
	s->upper = *l;
	return 1;
}

/* Does the host use the link itself?  A look at its routes and at all links is for
 * one that is attached by hand for the first time: an administrator may mistake
 * it. */
static int gather_use(struct host *h, const struct wish *w,
		      const struct record *record, struct state *s)
{
	int r = h->ops->addresses(h, s->link.ifindex, &s->addresses);

	if (r < 0 || s->owner == OWNER_US || record->by != BY_HAND ||
	    record->made || w->force)
		return r;
	r = h->ops->route(h, s->link.ifindex, s->route);
	if (r == 0)
		r = h->ops->links(h, find_upper, s);
	return r < 0 ? r : 0;
}

int gather_join(struct host *h, const struct wish *w, const struct record *record,
		struct state *s)
{
	struct state g = only_link(s);
	int r;

	g.renames_live = h->renames_live;
	if (w->kind == NETWORK_MACVTAP)
		r = gather_device(h, w, &g);
	else
		r = gather_bridge(h, w, &g);
	if (r == 0)
		r = gather_vlans(h, w, &g);
	if (r == 0)
		r = gather_entries(h, w, &g);
	if (r == 0)
		r = gather_guard(h, wish_is_filtered(w), &g);
	if (r == 0)
		r = gather_holder(h, w->name, &g);
	/* Hardware comes back from a container with any alias. */
	if (g.owner != OWNER_US || !g.link.kind[0])
		g.is_hardware = h->ops->is_hardware(h, g.link.name);
	if (r == 0)
		r = gather_use(h, w, record, &g);
	if (r == 0)
		r = gather_master(h, plan_mtu(w, &g), &g);
	if (r == 0)
		*s = g;
	return r;
}

int gather_leave(struct host *h, struct state *s)
{
	struct state g = only_link(s);
	int r = gather_former(h, &g);

	if (r == 0)
		r = gather_guard(h, false, &g);
	if (r == 0)
		r = gather_master(h, g.link.mtu, &g);
	if (r == 0)
		*s = g;
	return r;
}
