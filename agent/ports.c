/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ports.c - which ports there are, and whose link a link is */
#include <errno.h>
#include <string.h>

#include "agent/reconcile.h"

/* Does xenstore have this NIC, and is it ours to serve? */
static bool nic_is_served(struct agent *a, struct vif_id id)
{
	struct nic nic;

	return a->store && nic_read(a->store, a->self, id, &nic) == 0 &&
	       nic.exists && (nic.script_is_ours || a->config->serve_all);
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
	return strcmp(l->kind, "tun") == 0;
}

struct port_id port_of_link(struct agent *a, const struct link *l)
{
	struct port_id link = { .ifindex = l->ifindex };
	struct port_id nic = { .is_nic = true };
	struct host *h = a->host;
	struct record r;

	if (record_parse(l->alias, &r) == 0 && r.has_nic) {
		nic.nic = r.nic;
		/* Attached by hand it stays so when the NIC is gone. */
		return r.by != BY_HAND || nic_is_served(a, r.nic) ? nic : link;
	}
	if (h->ops->has_netback(h) &&
	    h->ops->netback_nic(h, l->name, &nic.nic) == 0)
		return nic_is_served(a, nic.nic) ? nic : link;
	if (nic_of_name(a, l, &nic.nic) && nic_is_served(a, nic.nic))
		return nic;
	return link;
}

struct walk {
	struct agent *agent;
	each_port_fn fn;
	void *arg;
};

static int walk_nic(struct vif_id id, void *arg)
{
	struct port_id port = { .is_nic = true, .nic = id };
	struct walk *w = arg;

	return w->fn(&port, NULL, w->arg);
}

/* Links of NICs that xenstore has come from there. */
static int walk_link(const struct link *l, void *arg)
{
	struct port_id link = { .ifindex = l->ifindex };
	struct port_id nic = { .is_nic = true };
	int hint[LOOKS] = { 0 };
	struct walk *w = arg;
	struct record r;
	struct wish udev;

	if (record_parse(l->alias, &r) == 0) {
		nic.nic = r.nic;
		hint[r.part] = l->ifindex;
		return r.has_nic && r.by != BY_HAND ?
			w->fn(&nic, hint, w->arg) : w->fn(&link, NULL, w->arg);
	}
	udev_wish(w->agent->udev, l->ifindex, l->name, &udev);
	return udev.by == BY_UDEV ? w->fn(&link, NULL, w->arg) : 0;
}

int each_port(struct agent *a, each_port_fn fn, void *arg)
{
	struct walk w = { .agent = a, .fn = fn, .arg = arg };
	int r = 0;

	if (a->store)
		r = nic_each(a->store, a->self, walk_nic, &w);
	return r ? r : a->host->ops->links(a->host, walk_link, &w);
}
