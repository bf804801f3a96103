/* SPDX-License-Identifier: GPL-2.0-or-later */
/* find.c - which link is a NIC's */
#include "agent/engine/find.h"

#include <errno.h>
#include <string.h>

/* Is this link, found by some way or other, this part of the NIC? */
static bool is_part(const struct nic_look *n, enum part part,
		    const struct link *l)
{
	struct record r;
	struct vif_id id;
	enum vif_kind kind;

	if (record_parse(l->alias, &r) == 0 && r.has_nic)
		return vif_id_equal(r.nic, n->id) && r.part == part;
	if (vif_name_parse(l->name, &id, &kind) < 0 ||
	    !vif_id_equal(id, n->id))
		return false;
	if (part == PART_VIF)
		return kind == VIF_NETBACK;
	return kind != VIF_NETBACK && link_is(l, LINK_TUN);
}

enum part part_of_link(const struct link *l)
{
	enum vif_kind kind = VIF_NETBACK;
	struct record r;
	struct vif_id id;

	if (record_parse(l->alias, &r) == 0 && r.has_nic)
		return r.part;
	if (vif_name_parse(l->name, &id, &kind) < 0 || kind == VIF_NETBACK)
		return PART_VIF;
	return PART_EMU;
}

struct search {
	const struct nic_look *nic;
	enum part part;
	struct link *ret;
};

static int search_one(const struct link *l, void *arg)
{
	struct search *s = arg;

	if (!is_part(s->nic, s->part, l))
		return 0;
	*s->ret = *l;
	return 1;
}

/* The names that the part's link may have, likeliest first. */
static size_t candidates(const struct nic_look *n, enum part part,
			 char names[3][VIF_NAMESIZE])
{
	const char *vifname = n->nic.wish.name;
	size_t i = 0;

	if (part == PART_VIF) {
		i += vif_name_make(names[i], n->id, VIF_NETBACK) > 0;
		if (vifname[0])
			i += text_copy(names[i], VIF_NAMESIZE, vifname);
		return i;
	}
	i += vif_name_make(names[i], n->id, VIF_EMU) > 0;
	i += vif_name_make(names[i], n->id, VIF_TAP) > 0;
	if (vifname[0])
		i += vif_name_emu(names[i], vifname) > 0;
	return i;
}

/* By name, by where it was last, by looking everywhere.  @ret_taken: does a
 * link have the part's usual name? */
static int find_by_name(const struct nic_look *n, enum part part,
			struct link *ret, bool *ret_taken)
{
	struct host *h = n->agent->host;
	struct search s = { .nic = n, .part = part, .ret = ret };
	char names[3][VIF_NAMESIZE];
	size_t count = candidates(n, part, names);
	int hint = n->request->hint[part];
	int r;

	for (size_t i = 0; i < count; i++) {
		r = h->ops->link_by_name(h, names[i], ret);
		*ret_taken |= i == 0 && r == 0;
		if (r == 0 && is_part(n, part, ret))
			return 0;
		if (r < 0 && r != -ENODEV)
			return r;
	}
	if (hint && h->ops->link_by_index(h, hint, ret) == 0 &&
	    is_part(n, part, ret))
		return 0;
	if (!(n->request->flags & LOOK_SEARCH))
		return -ENODEV;
	r = h->ops->links(h, search_one, &s);
	if (r < 0)
		return r;
	return r == 1 ? 0 : -ENODEV;
}

/* netback's link is known by its device, whatever it is called. */
static int find_netback(const struct nic_look *n, struct link *ret)
{
	struct host *h = n->agent->host;
	char name[VIF_NAMESIZE];
	struct vif_id id;
	int r = h->ops->netback_name(h, n->id, name);

	if (r == 0)
		r = h->ops->link_by_name(h, name, ret);
	/* Between the two it may have been renamed. */
	if (r == 0 && (h->ops->netback_nic(h, name, &id) < 0 ||
		       !vif_id_equal(id, n->id)))
		r = -ENODEV;
	return r;
}

/*
 * Where there is no netback (as in a namespace on a host without Xen) a link
 * named vifD.V stands in for its.
 */
int find_part(const struct nic_look *n, enum part part, struct link *ret,
	      bool *ret_taken)
{
	const struct by_hand *hand = n->request->hand;
	struct host *h = n->agent->host;

	/* The administrator has said which link. */
	if (hand && h->ops->link_by_index(h, hand->ifindex, ret) == 0 &&
	    part_of_link(ret) == part)
		return 0;
	*ret_taken = part == PART_VIF && h->ops->has_netback(h);
	/* netback does not say who has the name. */
	if (*ret_taken)
		return find_netback(n, ret);
	return find_by_name(n, part, ret, ret_taken);
}

/* Nothing of this NIC was found: another program's link may have its name. */
bool find_stranger(const struct nic_look *n, const char *name,
		   struct link *ret)
{
	struct host *h = n->agent->host;

	return name[0] && h->ops->link_by_name(h, name, ret) == 0;
}
