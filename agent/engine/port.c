/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port.c - which ports there are, and whose a link claims to be */
#include "agent/engine/port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool port_id_equal(const struct port_id *a, const struct port_id *b)
{
	if (a->is_nic != b->is_nic)
		return false;
	return a->is_nic ? vif_id_equal(a->nic, b->nic) :
			   a->ifindex == b->ifindex;
}

void port_label(char ret[PORT_LABEL_SIZE], const struct port_id *id,
		enum part part, const char *name)
{
	char own[VIF_NAMESIZE] = "";

	if (id->is_nic)
		(void)vif_name_make(own, id->nic, part == PART_EMU ? VIF_EMU :
								     VIF_NETBACK);
	if (own[0] && name[0] && strcmp(own, name) != 0)
		(void)snprintf(ret, PORT_LABEL_SIZE, "%s (%s)", name, own);
	else
		(void)snprintf(ret, PORT_LABEL_SIZE, "%s", name[0] ? name : own);
}

/* In dom0 libxl runs the script, which looks for the link under the name that
 * netback gave it, and sets the status in the end. */
static bool is_scripts_turn(const struct agent *a, const struct nic *nic)
{
	return a->self == 0 && nic->script_exists &&
	       (nic->status == HOTPLUG_ABSENT || nic->status == HOTPLUG_EMPTY);
}

bool nic_is_served(const struct agent *a, const struct nic *nic)
{
	switch (nic->script) {
	case SCRIPT_OURS:
		return nic->exists;
	case SCRIPT_NONE:
		return nic->exists && a->config->serve_all;
	case SCRIPT_ANOTHERS:
		return nic->exists && a->config->serve_all &&
		       !is_scripts_turn(a, nic);
	case SCRIPT_MISSPELT:
	case SCRIPT_NETWORK:
		break;
	}
	return false;
}

/* The NIC that a name claims, if such a link can be that NIC's. */
static bool nic_of_name(struct agent *a, const struct link *l,
			struct vif_id *ret)
{
	struct host *h = a->host;
	enum vif_kind kind;

	if (vif_name_parse(l->name, ret, &kind) < 0)
		return false;
	if (kind == VIF_NETBACK)
		return !h->ops->has_netback(h);
	return link_is(l, LINK_TUN);
}

/* By its device, or by its name. */
static bool may_be_a_nics(struct agent *a, const struct link *l,
			  struct vif_id *ret)
{
	struct host *h = a->host;

	return (h->ops->has_netback(h) &&
		h->ops->netback_nic(h, l->name, ret) == 0) ||
	       nic_of_name(a, l, ret);
}

enum link_owner link_owner(struct agent *a, const struct link *l,
			   const struct nic *nic, struct vif_id *ret)
{
	bool is_recorded = false;
	struct record r;

	if (record_parse(l->alias, &r) == 0 && r.has_nic) {
		*ret = r.nic;
		/* Attached by hand it stays so when the NIC is gone. */
		if (record_is_nics(&r))
			return LINK_IS_A_NICS;
		is_recorded = true;
	}
	if ((!is_recorded && !may_be_a_nics(a, l, ret)) ||
	    a->store == STORE_GONE)
		return LINK_IS_ITS_OWN;
	if (!nic)
		return LINK_OWNER_UNKNOWN;
	return nic_is_served(a, nic) ? LINK_IS_A_NICS : LINK_IS_ITS_OWN;
}

struct walk {
	struct agent *agent;
	each_port_fn fn;
	void *arg;
};

static int walk_link(const struct link *l, void *arg)
{
	struct port_id link = { .ifindex = l->ifindex };
	struct port_id nic = { .is_nic = true };
	int hint[LOOKS] = { 0 };
	struct walk *w = arg;
	struct record r;
	struct wish udev;
	int err;

	if (record_parse(l->alias, &r) == 0) {
		nic.nic = r.nic;
		hint[r.part] = l->ifindex;
		if (record_is_nics(&r))
			return w->fn(&nic, hint, w->arg);
		return w->fn(&link, NULL, w->arg);
	}
	err = udev_wish(w->agent->udev, l->ifindex, l->name, &udev);
	if (err < 0)
		return err;
	return udev.by == BY_UDEV ? w->fn(&link, NULL, w->arg) : 0;
}

int each_link_port(struct agent *a, each_port_fn fn, void *arg)
{
	struct walk w = { .agent = a, .fn = fn, .arg = arg };

	return a->host->ops->links(a->host, walk_link, &w);
}
