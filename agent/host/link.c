/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link.c - the acts on links, by rtnetlink */
#include "agent/host/host.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/core/mac.h"
#include "agent/host/addr.h"
#include "agent/host/bridge-port.h"
#include "agent/host/entries.h"
#include "agent/host/guard.h"
#include "agent/host/message.h"
#include "agent/host/procfs.h"
#include "agent/host/query.h"
#include "agent/host/route.h"
#include "agent/host/rtnl.h"
#include "agent/host/sysfs.h"
#include "agent/host/turn.h"

struct kernel {
	struct host host;
	struct rtnl rtnl;
	struct nft nft;
	int turn;		/* fd for turn_take(), or -1 */
	struct ifindices pinned; /* bridges whose MTU this process has pinned */
	bool collecting;	/* links to delete … */
	uint32_t group;		/* … in this group; 0: none yet */
};

static struct kernel *kernel_of(struct host *h)
{
	return (struct kernel *)h;
}

/* ---- queries ---------------------------------------------------------- */

static int link_by_name(struct host *h, const char *name, struct link *ret)
{
	struct link link;
	int r = -ENODEV;

	if (vif_name_check(name) >= 0)
		r = query_name(&kernel_of(h)->rtnl, name, &link);
	/* The kernel also finds alternative names, which do not count. */
	if (r == 0 && strcmp(name, link.name) != 0)
		r = -ENODEV;
	if (r == 0)
		*ret = link;
	return r;
}

static int link_by_any_name(struct host *h, const char *name,
			    struct link *ret)
{
	struct link link;
	int r = query_name(&kernel_of(h)->rtnl, name, &link);

	/* As link_by_name() has it. */
	if (r == 0 && strcmp(name, link.name) == 0 && vif_name_check(name) < 0)
		r = -ENODEV;
	if (r == 0)
		*ret = link;
	return r;
}

static int link_by_index(struct host *h, int ifindex, struct link *ret)
{
	const struct question q = { .ifindex = ifindex };

	if (ifindex <= 0)
		return -ENODEV;
	return query_link(&kernel_of(h)->rtnl, &q, ret);
}

static int links(struct host *h, host_link_fn fn, void *arg)
{
	return query_each(&kernel_of(h)->rtnl, fn, arg);
}

/* ---- changes ---------------------------------------------------------- */

static int send_one(struct host *h, struct nl_msg *msg)
{
	return rtnl_talk(&kernel_of(h)->rtnl, &msg, 1, NULL, NULL);
}

static int change(struct host *h, int ifindex, const struct link_change *c)
{
	return send_one(h, message_change(ifindex, c));
}

/*
 * Only a different MTU reaches the bridge (br_change_mtu, which sets
 * BROPT_MTU_SET_BY_USER): change it and change it back.  The kernel's lock is free
 * for a moment in between; the value then is LINK_MTU_PINNING, which hardly
 * any bridge has, so that a reader recognizes it.
 */
static int pin_mtu(struct host *h, int bridge, uint32_t mtu)
{
	struct kernel *k = kernel_of(h);
	const struct link_change there = { .fields = CHANGE_MTU,
					   .mtu = LINK_MTU_PINNING };
	const struct link_change back = { .fields = CHANGE_MTU, .mtu = mtu };
	struct nl_msg *msgs[2] = { message_change(bridge, &there),
				   message_change(bridge, &back) };
	int r = rtnl_talk(&k->rtnl, msgs, 2, NULL, NULL);

	if (r == 0)
		ifindices_add(&k->pinned, bridge);
	return r;
}

/* ---- making ----------------------------------------------------------- */

/* A temporary name; udev-rules/72-vifagent.rules matches its prefix. */
static int draw_name(char ret[VIF_NAMESIZE])
{
	uint32_t n;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		return -EAGAIN;
	(void)snprintf(ret, VIF_NAMESIZE, "vifnew%08x", n);
	return 0;
}

/* By name: an ifindex could be another link's if creating this one failed. */
static struct nl_msg *build_record(const char *name, const char *alias)
{
	struct link_change c = { .fields = CHANGE_NAME | CHANGE_ALIAS };

	memcpy(c.name, name, sizeof(c.name));
	memcpy(c.alias, alias, sizeof(c.alias));
	return message_change(0, &c);
}

static int delete(struct host *h, int ifindex);

/* Unlike a tap it stays when this process dies: it must always have its record. */
static int create_macvtap(struct host *h, const struct macvtap_new *m,
			  struct link *ret)
{
	char name[VIF_NAMESIZE], error[sizeof(h->error)];
	struct nl_msg *msgs[2];
	struct link made = { 0 };
	int r = draw_name(name);

	if (r < 0)
		return r;
	msgs[0] = message_macvtap(m, name);
	msgs[1] = build_record(name, m->alias);
	r = rtnl_talk(&kernel_of(h)->rtnl, msgs, 2, NULL, NULL);
	memcpy(error, h->error, sizeof(error));
	if (link_by_name(h, name, &made) < 0 && r == 0)
		r = -ENODEV;
	if (r < 0 && made.ifindex) {
		(void)delete(h, made.ifindex);
		memcpy(h->error, error, sizeof(error));
	}
	if (r == 0)
		*ret = made;
	return r;
}

/* ---- deleting --------------------------------------------------------- */

static int delete(struct host *h, int ifindex)
{
	return send_one(h, message_delete(ifindex));
}

/* A number that is not in use: all links of the group are deleted. */
static int draw_group(uint32_t *ret)
{
	while (*ret < 0x10000)
		if (getrandom(ret, sizeof(*ret), 0) != sizeof(*ret))
			return -EAGAIN;
	return 0;
}

static int join_group(struct host *h, int ifindex)
{
	struct kernel *k = kernel_of(h);
	struct link_change c = { .fields = CHANGE_GROUP };
	int r = draw_group(&k->group);

	c.group = k->group;
	if (r == 0)
		r = change(h, ifindex, &c);
	h->collected += r == 0;
	return r;
}

static void collect_deletes(struct host *h)
{
	kernel_of(h)->collecting = true;
}

/* One wait for all readers of the network (synchronize_net) instead of one for
 * each link: most of the time that a delete takes. */
static int delete_collected(struct host *h)
{
	struct kernel *k = kernel_of(h);
	uint32_t group = k->group;

	k->collecting = false;
	k->group = h->collected = 0;
	if (!group)
		return 0;
	return send_one(h, message_delete_group(group));
}

static int is_port(const struct link *l, void *bridge)
{
	return l->master == *(const int *)bridge;
}

/* /sys may be that of another network namespace, or missing.  What is not known is
 * taken for what needs more care: then the bridge's MAC and MTU are pinned. */
static int facts_without_sysfs(struct host *h, const struct link *bridge,
			       struct bridge_facts *ret)
{
	int ifindex = bridge->ifindex;
	int r = links(h, is_port, &ifindex);

	if (r < 0)
		return r;
	ret->mac_floats = true;
	ret->is_empty = r == 0;
	return 0;
}

static int bridge_facts(struct host *h, const struct link *bridge,
			struct bridge_facts *ret)
{
	struct kernel *k = kernel_of(h);
	struct link still;
	int r;

	ret->mtu_is_pinned |= ifindices_have(&k->pinned, bridge->ifindex);
	r = sysfs_bridge_facts(bridge, ret);
	if (r == -ENOENT && link_by_index(h, bridge->ifindex, &still) == 0)
		return facts_without_sysfs(h, bridge, ret);
	return r;
}

static int addresses(struct host *h, int ifindex, struct addresses *ret)
{
	return addr_read(&kernel_of(h)->rtnl, ifindex, ret);
}

static int route(struct host *h, int ifindex, char ret[ROUTE_SIZE])
{
	return route_find(&kernel_of(h)->rtnl, ifindex, ret);
}

static int vlans(struct host *h, int ifindex, struct vlans *ret)
{
	return vlans_read(&kernel_of(h)->rtnl, ifindex, ret);
}

static int entries_differ_of(struct host *h, int ifindex,
			     const struct entries *want, bool *ret)
{
	return entries_differ(&kernel_of(h)->rtnl, ifindex, want, ret);
}

static int guard(struct host *h, const struct link *l, struct guard *ret)
{
	const struct guard_port p = guard_port_of(l);

	return guard_read(&kernel_of(h)->nft, &p, ret);
}

/* A macvtap's guard is for its name, which another step may just have changed. */
static int set_guard(struct host *h, int ifindex, const struct step *step)
{
	struct link l = { .ifindex = ifindex };
	struct guard_port p;
	int r = step->is_macvtap ? link_by_index(h, ifindex, &l) : 0;

	if (r < 0)
		return r;
	p = guard_port_of(&l);
	return guard_set(&kernel_of(h)->nft, &p, &step->guard);
}

static int drops(struct host *h, const struct link *l,
		 uint64_t ret[GUARD_REASONS])
{
	const struct guard_port p = guard_port_of(l);

	return guard_drops(&kernel_of(h)->nft, &p, ret);
}

static int mend_guards(struct host *h)
{
	return guard_mend(&kernel_of(h)->nft);
}

static void remove_guard(struct host *h, int ifindex)
{
	guard_remove(&kernel_of(h)->nft, ifindex);
}

static void forget_guard(struct host *h, int ifindex)
{
	guard_forget(&kernel_of(h)->nft, ifindex);
}

/* Of links that are gone; as many as one sweep removes. */
struct leftovers {
	struct host *host;
	size_t n;
	int ifindex[1024];
};

static void find_leftover(const struct guard_port *p, const struct guard *g,
			  void *arg)
{
	struct leftovers *l = arg;
	struct link link;

	(void)g;
	if (l->n < sizeof(l->ifindex) / sizeof(l->ifindex[0]) &&
	    link_by_index(l->host, p->ifindex, &link) == -ENODEV)
		l->ifindex[l->n++] = p->ifindex;
}

static void sweep_guards(struct host *h)
{
	struct leftovers l = { .host = h };

	guard_load(&kernel_of(h)->nft);
	guard_each(&kernel_of(h)->nft, find_leftover, &l);
	for (size_t i = 0; i < l.n; i++)
		remove_guard(h, l.ifindex[i]);
}

static void take_turn(struct host *h)
{
	turn_take(&kernel_of(h)->turn);
}

static void end_turn(struct host *h)
{
	turn_end(kernel_of(h)->turn);
}

static int set_vlans(struct rtnl *t, int ifindex, const struct step *step)
{
	int r = 0;

	if (step->has_entries)
		r = entries_leave(t, ifindex, step->vlan);
	return r < 0 ? r : vlans_set(t, ifindex, step->vlan);
}

static int do_step(struct host *h, int ifindex, const struct step *step)
{
	struct link_change c = { .up = true };

	switch (step->kind) {
	case STEP_PIN_MAC:
		/* Setting the MAC that it has makes a bridge's MAC its own
		 * (dev_set_mac_address: NET_ADDR_SET). */
		memcpy(c.mac, step->mac, sizeof(c.mac));
		c.fields = CHANGE_MAC;
		return change(h, step->bridge, &c);
	case STEP_PIN_MTU:
		return pin_mtu(h, step->bridge, step->mtu);
	case STEP_PIN_LEARNING:
		return bridge_stop_linklocal_learning(&kernel_of(h)->rtnl,
						      step->bridge);
	case STEP_GUARD:
		return set_guard(h, ifindex, step);
	case STEP_CHANGE:
		return change(h, ifindex, &step->change);
	case STEP_OPTIONS:
		return options_set(&kernel_of(h)->rtnl, ifindex, step->options,
				   step->options_on);
	case STEP_VLANS:
		return set_vlans(&kernel_of(h)->rtnl, ifindex, step);
	case STEP_ENTRIES:
		return entries_set(&kernel_of(h)->rtnl, ifindex,
				   &step->entries);
	case STEP_FLUSH:
		return addr_flush(&kernel_of(h)->rtnl, ifindex);
	case STEP_DEVICE_UP:
		c.fields = CHANGE_UP;
		return change(h, step->device, &c);
	case STEP_DELETE:
		if (kernel_of(h)->collecting)
			return join_group(h, ifindex);
		return delete(h, ifindex);
	}
	return -EINVAL;
}

/* ---- the table -------------------------------------------------------- */

static const struct host_ops kernel_ops = {
	.link_by_name = link_by_name,
	.link_by_any_name = link_by_any_name,
	.link_by_index = link_by_index,
	.links = links,
	.addresses = addresses,
	.route = route,
	.vlans = vlans,
	.entries_differ = entries_differ_of,
	.guard = guard,
	.drops = drops,
	.mend_guards = mend_guards,
	.remove_guard = remove_guard,
	.forget_guard = forget_guard,
	.sweep_guards = sweep_guards,
	.take_turn = take_turn,
	.end_turn = end_turn,
	.do_step = do_step,
	.create_macvtap = create_macvtap,
	.collect_deletes = collect_deletes,
	.delete_collected = delete_collected,
	.bridge_facts = bridge_facts,
	.has_netback = sysfs_has_netback,
	.netback_nic = sysfs_netback_nic,
	.netback_name = sysfs_netback_name,
	.is_hardware = sysfs_is_hardware,
	.announce = sysfs_announce,
	.process_lives = procfs_process_lives,
};

/* dev_change_name(), net/core/dev.c: since Linux 6.2 a link that is up is renamed,
 * too. */
static bool renames_live(void)
{
	unsigned long major, minor = 0;
	struct utsname u;
	char *end;

	if (uname(&u) < 0)
		return false;
	major = strtoul(u.release, &end, 10);
	if (*end == '.')
		minor = strtoul(end + 1, NULL, 10);
	return major > 6 || (major == 6 && minor >= 2);
}

int host_open(struct host **ret)
{
	struct kernel *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	k->host.ops = &kernel_ops;
	k->turn = -1;
	k->host.renames_live = renames_live();
	k->rtnl.words = k->host.error;
	r = rtnl_open(&k->rtnl);
	if (r < 0)
		free(k);
	else
		*ret = &k->host;
	return r;
}

struct host *host_close(struct host *h)
{
	if (!h)
		return NULL;
	nl_socket_free(kernel_of(h)->rtnl.sk);
	nft_close(&kernel_of(h)->nft);
	if (kernel_of(h)->turn >= 0)
		close(kernel_of(h)->turn);
	free(kernel_of(h));
	return NULL;
}
