/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake-host.c - a host of a dozen links */
#include "tests/unit/fake-host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/core/macvtap.h"
#include "agent/base/text.h"

/* br_mtu_min() of no ports: ETH_DATA_LEN */
#define MTU_OF_NO_PORTS 1500

static struct fake_host *fake_of(struct host *h)
{
	return (struct fake_host *)h;
}

/* ---- who is there ------------------------------------------------------ */

static struct fake_link *at(struct fake_host *f, int ifindex)
{
	if (ifindex < 1 || ifindex > FAKE_LINKS ||
	    !fake_host_at(f, ifindex)->exists)
		return NULL;
	return fake_host_at(f, ifindex);
}

struct fake_link *fake_host_find(struct fake_host *f, const char *name)
{
	for (int i = 0; i < FAKE_LINKS; i++)
		if (f->link[i].exists && strcmp(f->link[i].l.name, name) == 0)
			return &f->link[i];
	return NULL;
}

static bool is_bridge(const struct fake_link *b)
{
	return strcmp(b->l.kind, "bridge") == 0;
}

/* ---- a bridge and its ports -------------------------------------------- */

/* A port came, went, or changed. */
static void follow_ports(struct fake_host *f, struct fake_link *b)
{
	const struct fake_link *lowest = NULL;
	const struct link was = b->l;
	static const uint8_t zero[6];
	uint32_t mtu = 0;

	if (!is_bridge(b))
		return;
	for (int i = 0; i < FAKE_LINKS; i++) {
		const struct fake_link *p = &f->link[i];

		if (!p->exists || p->l.master != b->l.ifindex)
			continue;
		if (!lowest || memcmp(p->l.mac, lowest->l.mac, 6) < 0)
			lowest = p;
		if (!mtu || p->l.mtu < mtu)
			mtu = p->l.mtu;
	}
	if (!b->mac_set)
		memcpy(b->l.mac, lowest ? lowest->l.mac : zero, 6);
	if (!b->mtu_set)
		b->l.mtu = mtu ? mtu : MTU_OF_NO_PORTS;
	b->followed += b->l.mtu != was.mtu ||
		       memcmp(b->l.mac, was.mac, 6) != 0;
}

static void set_master(struct fake_host *f, struct fake_link *l, int master)
{
	struct fake_link *old = at(f, l->l.master), *new = at(f, master);

	if (old == new)
		return;
	l->l.master = master;
	l->l.options = new && is_bridge(new) ? OPTIONS_DEFAULT : 0;
	l->entries = (struct entries) { 0 };
	/* nbp_vlan_init(): the bridge's default PVID */
	(void)text_copy(l->vlan, sizeof(l->vlan),
			new && new->l.filtering ? "1p" : "");
	if (old)
		follow_ports(f, old);
	if (new)
		follow_ports(f, new);
}

void fake_host_join(struct fake_host *f, int ifindex, int bridge)
{
	set_master(f, fake_host_at(f, ifindex), bridge);
}

void fake_host_del(struct fake_host *f, int ifindex)
{
	struct fake_link *l = fake_host_at(f, ifindex);

	set_master(f, l, 0);
	l->exists = false;
	for (int i = 0; i < FAKE_LINKS; i++) {
		if (f->link[i].l.master != ifindex)
			continue;
		f->link[i].l.master = 0;
		f->link[i].vlan[0] = '\0';
		f->link[i].l.options = 0;
		f->link[i].entries = (struct entries) { 0 };
	}
}

/* ---- one message -------------------------------------------------------- */

static int change_mac(struct fake_host *f, struct fake_link *l,
		      const uint8_t mac[6])
{
	if (l->l.up && !is_bridge(l) && !f->live_changes)
		return -EBUSY;
	memcpy(l->l.mac, mac, 6);
	l->mac_set = true;
	if (l->l.master)
		follow_ports(f, at(f, l->l.master));
	return 0;
}

static int change_mtu(struct fake_host *f, struct fake_link *l, uint32_t mtu)
{
	if (mtu < 68 || mtu > 65535)
		return -EINVAL;
	if (mtu == l->l.mtu)
		return 0;
	l->l.mtu = mtu;
	l->mtu_set = true;
	if (l->l.master)
		follow_ports(f, at(f, l->l.master));
	return 0;
}

static int change_name(struct fake_host *f, struct fake_link *l,
		       const char *name)
{
	if (vif_name_check(name) < 0)
		return -EINVAL;
	if (strcmp(name, l->l.name) == 0)
		return 0;
	if (l->l.up && !f->live_changes)
		return -EBUSY;
	if (fake_host_find(f, name))
		return -EEXIST;
	return text_copy(l->l.name, sizeof(l->l.name), name) ? 0 : -EINVAL;
}

/* macvlan_open(): one address is for one of those on a device */
static bool address_is_taken(struct fake_host *f, const struct fake_link *l)
{
	for (int i = 0; i < FAKE_LINKS; i++) {
		const struct fake_link *o = &f->link[i];

		if (o->exists && o != l && l->l.lower &&
		    memcmp(o->l.mac, l->l.mac, 6) == 0 &&
		    ((o->l.lower == l->l.lower && o->l.up) ||
		     (o->l.ifindex == l->l.lower &&
		      l->l.mode != MACVLAN_MODE_PASSTHRU)))
			return true;
	}
	return false;
}

static void change_up(struct fake_link *l, bool up)
{
	if (up && !l->l.up && l->l.addrgen == LINK_ADDRGEN_EUI64)
		l->has_link_local = true;
	if (!up)
		l->has_link_local = false;
	l->l.up = up;
}

static int change_master(struct fake_host *f, struct fake_link *l, int master)
{
	const struct fake_link *b = at(f, master);

	if (master && !b)
		return -EINVAL;
	if (b && !is_bridge(b) && strcmp(b->l.kind, "bond") != 0)
		return -EOPNOTSUPP;
	if (b && (l->l.loopback || !l->l.ethernet))
		return -EINVAL;
	if (b && is_bridge(l))
		return -ELOOP;
	set_master(f, l, master);
	return 0;
}

static int change(struct fake_host *f, struct fake_link *l,
		  const struct link_change *c, enum fake_fault fault)
{
	int r = 0;

	if (c->fields & CHANGE_MAC)
		r = change_mac(f, l, c->mac);
	if (r == 0 && c->fields & CHANGE_MTU)
		r = change_mtu(f, l, c->mtu);
	if (fault == FAULT_AT_NAME)
		return -f->fail_errno;
	if (r == 0 && c->fields & CHANGE_NAME)
		r = change_name(f, l, c->name);
	if (c->fields & CHANGE_ALLMULTICAST)
		l->l.allmulticast = c->allmulticast;
	if (c->fields & CHANGE_MODE)
		l->l.mode = c->mode;
	if (r == 0 && c->fields & CHANGE_ALIAS &&
	    !text_copy(l->l.alias, sizeof(l->l.alias), c->alias))
		r = -EINVAL;
	if (r == 0 && c->fields & CHANGE_UP && c->up && address_is_taken(f, l))
		r = -EADDRINUSE;
	if (r == 0 && c->fields & CHANGE_UP)
		change_up(l, c->up);
	if (fault == FAULT_AT_MASTER)
		return -f->fail_errno;
	if (r == 0 && c->fields & CHANGE_MASTER)
		r = change_master(f, l, c->master);
	if (r == 0 && c->fields & CHANGE_ADDRGEN) {
		r = l->l.addrgen < 0 ? -EAFNOSUPPORT : 0;
		l->l.addrgen = r ? l->l.addrgen : c->addrgen;
	}
	return r;
}

/* Both as link.c does them: what is set stays set. */
static int pin(struct fake_host *f, const struct step *step)
{
	struct fake_link *b = at(f, step->bridge);

	if (!b)
		return -ENODEV;
	if (step->kind == STEP_PIN_MAC)
		return change_mac(f, b, step->mac);
	if (change_mtu(f, b, step->mtu + 1) < 0)
		return -EINVAL;
	return change_mtu(f, b, step->mtu);
}

static int set_options(struct fake_host *f, struct fake_link *l,
		       const struct step *step)
{
	const struct fake_link *b = at(f, l->l.master);

	if (!b || !is_bridge(b))
		return -EINVAL;
	l->l.options = (uint16_t)((l->l.options & ~step->options) |
				  (step->options_on & step->options));
	return 0;
}

static int set_vlans(struct fake_host *f, struct fake_link *l,
		     const char *vlan)
{
	const struct fake_link *b = at(f, l->l.master);

	if (!b || !is_bridge(b))
		return -ENODEV;
	if (!b->l.filtering)
		return -EOPNOTSUPP;
	return text_copy(l->vlan, sizeof(l->vlan), vlan) ? 0 : -EMSGSIZE;
}

static int stop_learning(struct fake_link *bridge)
{
	if (!bridge)
		return -ENODEV;
	bridge->l.learns_linklocal = false;
	return 0;
}

static int act(struct fake_host *f, int ifindex, const struct step *step,
	       enum fake_fault fault)
{
	struct fake_link *l = at(f, ifindex);

	if (step->kind == STEP_DEVICE_UP) {
		l = at(f, step->device);
		if (l)
			change_up(l, true);
		return l ? 0 : -ENODEV;
	}
	if (step->kind == STEP_OPTIONS)
		return l ? set_options(f, l, step) : -ENODEV;
	if (step->kind == STEP_VLANS)
		return l ? set_vlans(f, l, step->vlan) : -ENODEV;
	if (step->kind == STEP_ENTRIES && l)
		l->entries = step->entries;
	if (step->kind == STEP_ENTRIES)
		return l ? 0 : -ENODEV;
	if (step->kind == STEP_GUARD && f->guard_step)
		return f->guard_step;
	if (step->kind == STEP_GUARD && l)
		l->guard = step->guard;
	if (step->kind == STEP_GUARD)
		return l ? 0 : -ENODEV;
	if (step->kind == STEP_PIN_LEARNING)
		return stop_learning(at(f, step->bridge));
	if (step->kind == STEP_FLUSH && l)
		l->has_link_local = false;
	if (step->kind == STEP_FLUSH)
		return l ? 0 : -ENODEV;
	if (step->kind == STEP_DELETE && l)
		fake_host_del(f, ifindex);
	if (step->kind == STEP_DELETE)
		return l ? 0 : -ENODEV;
	if (step->kind != STEP_CHANGE)
		return pin(f, step);
	return l ? change(f, l, &step->change, fault) : -ENODEV;
}

/* Each turn has its end. */
static void take_turn(struct host *h)
{
	if (fake_of(h)->turn++)
		abort();
}

static void end_turn(struct host *h)
{
	if (--fake_of(h)->turn)
		abort();
}

static int do_step(struct host *h, int ifindex, const struct step *step)
{
	struct fake_host *f = fake_of(h);
	bool fails = ++f->acts == f->fail_at;
	int r = -f->fail_errno;

	if (fails && f->fault == FAULT_PORT_VANISHES && at(f, ifindex))
		fake_host_del(f, ifindex);
	if (fails && f->fault == FAULT_BRIDGE_VANISHES && at(f, f->fail_bridge))
		fake_host_del(f, f->fail_bridge);
	if (!fails || f->fault >= FAULT_PORT_VANISHES)
		r = act(f, ifindex, step, FAULT_NOTHING_DONE);
	else if (f->fault != FAULT_NOTHING_DONE)
		(void)act(f, ifindex, step, f->fault);
	if (f->after)
		f->after(f, ifindex, step);
	return r;
}

static int create_macvtap(struct host *h, const struct macvtap_new *m,
			  struct link *ret)
{
	struct fake_host *f = fake_of(h);
	const struct fake_link *device = at(f, m->device);
	struct fake_link *l;
	int i;

	if (!device)
		return -ENODEV;
	if (m->ifindex && at(f, m->ifindex))
		return -EEXIST;
	i = fake_host_add(f, "vifnew0", "macvtap");
	if (!i)
		return -ENOMEM;
	l = fake_host_at(f, i);
	l->l.lower = m->device;
	l->l.mode = m->mode;
	l->l.mtu = m->mtu ? m->mtu : device->l.mtu;
	memcpy(l->l.mac, m->mac, 6);
	(void)text_copy(l->l.alias, sizeof(l->l.alias), m->alias);
	*ret = l->l;
	return 0;
}

/* Nothing here is slow. */
static void collect_deletes(struct host *h)
{
	(void)h;
}

static int delete_collected(struct host *h)
{
	(void)h;
	return 0;
}

/* ---- questions ---------------------------------------------------------- */

static int link_by_name(struct host *h, const char *name, struct link *ret)
{
	const struct fake_link *l = fake_host_find(fake_of(h), name);

	if (!l)
		return -ENODEV;
	*ret = l->l;
	return 0;
}

static int link_by_any_name(struct host *h, const char *name,
			    struct link *ret)
{
	struct fake_host *f = fake_of(h);

	for (int i = 0; i < FAKE_LINKS; i++) {
		const struct fake_link *l = &f->link[i];

		if (l->exists && l->altname && strcmp(l->altname, name) == 0) {
			*ret = l->l;
			return 0;
		}
	}
	return link_by_name(h, name, ret);
}

static int link_by_index(struct host *h, int ifindex, struct link *ret)
{
	struct fake_host *f = fake_of(h);
	struct fake_link *l = at(f, ifindex);

	if (!l)
		return -ENODEV;
	*ret = l->l;
	if (f->asked) {
		void (*asked)(struct fake_host *, int) = f->asked;

		f->asked = NULL;
		asked(f, ifindex);
	}
	return 0;
}

static int links(struct host *h, host_link_fn fn, void *arg)
{
	struct fake_host *f = fake_of(h);
	int r = 0;

	for (int i = 0; i < FAKE_LINKS && r == 0; i++)
		if (f->link[i].exists)
			r = fn(&f->link[i].l, arg);
	return r;
}

static int addresses(struct host *h, int ifindex, struct addresses *ret)
{
	const struct fake_link *l = at(fake_of(h), ifindex);

	*ret = (struct addresses) { .has_link_local = l && l->has_link_local };
	if (l && l->address)
		(void)text_copy(ret->other, sizeof(ret->other), l->address);
	return 0;
}

static int route(struct host *h, int ifindex, char ret[ROUTE_SIZE])
{
	const struct fake_link *l = at(fake_of(h), ifindex);

	if (l && l->route)
		(void)text_copy(ret, ROUTE_SIZE, l->route);
	return 0;
}

static int entries_differ(struct host *h, int ifindex,
			  const struct entries *want, bool *ret)
{
	const struct fake_link *l = at(fake_of(h), ifindex);

	if (!l)
		return -ENODEV;
	*ret = want->n != l->entries.n ||
	       memcmp(want->mac, l->entries.mac, sizeof(want->mac)) != 0;
	return 0;
}

static int vlans(struct host *h, int ifindex, struct vlans *ret)
{
	struct fake_host *f = fake_of(h);
	const struct fake_link *l = at(f, ifindex);
	const struct fake_link *b = l ? at(f, l->l.master) : NULL;
	char why[REASON_SIZE];

	if (!b || !is_bridge(b))
		return -ENODEV;
	if (!b->l.filtering)
		return -EOPNOTSUPP;
	*ret = (struct vlans) { 0 };
	return l->vlan[0] ? vlans_parse(l->vlan, ret, why) : 0;
}

static int guard(struct host *h, const struct link *of, struct guard *ret)
{
	const struct fake_link *l = at(fake_of(h), of->ifindex);

	if (fake_of(h)->guard_question)
		return fake_of(h)->guard_question;
	*ret = l ? l->guard : (struct guard) { 0 };
	return 0;
}

static void forget_guard(struct host *h, int ifindex)
{
	(void)h;
	(void)ifindex;
}

static void remove_guard(struct host *h, int ifindex)
{
	struct fake_link *l = at(fake_of(h), ifindex);

	if (l)
		l->guard = (struct guard) { 0 };
}

static int mend_guards(struct host *h)
{
	fake_of(h)->mends++;
	return fake_of(h)->mended;
}

static void sweep_guards(struct host *h)
{
	fake_of(h)->sweeps++;
}

/* As sysfs.c has it: a port with our record was pinned for when it came. */
static int bridge_facts(struct host *h, const struct link *bridge,
			struct bridge_facts *ret)
{
	struct fake_host *f = fake_of(h);
	struct fake_link *b = fake_host_find(f, bridge->name);
	struct bridge_facts facts = { .is_empty = true,
				      .mtu_is_pinned = ret->mtu_is_pinned };
	struct record r;

	if (b && f->vanish_at_facts) {
		f->vanish_at_facts = false;
		fake_host_del(f, b->l.ifindex);
		b = NULL;
	}
	if (!b)
		return -ENOENT;
	for (int i = 0; i < FAKE_LINKS; i++) {
		const struct fake_link *p = &f->link[i];

		if (!p->exists || p->l.master != b->l.ifindex)
			continue;
		facts.is_empty = false;
		/* as the kernel's: who joins with nothing special pins nothing */
		if (record_parse(p->l.alias, &r) == 0 &&
		    (b->l.mtu != LINK_MTU_DEFAULT ||
		     p->l.mtu != LINK_MTU_DEFAULT))
			facts.mtu_is_pinned = true;
	}
	facts.mac_floats = !b->mac_set;
	*ret = facts;
	return 0;
}

static bool has_netback(struct host *h)
{
	return fake_of(h)->has_netback;
}

static int netback_nic(struct host *h, const char *name, struct vif_id *ret)
{
	const struct fake_link *l = fake_host_find(fake_of(h), name);

	if (!l || !l->is_netback)
		return -ENODEV;
	*ret = l->nic;
	return 0;
}

static int netback_name(struct host *h, struct vif_id id,
			char ret_name[VIF_NAMESIZE])
{
	struct fake_host *f = fake_of(h);

	for (int i = 0; i < FAKE_LINKS; i++) {
		const struct fake_link *l = &f->link[i];

		if (l->exists && l->is_netback && vif_id_equal(l->nic, id)) {
			memcpy(ret_name, l->l.name, VIF_NAMESIZE);
			return 0;
		}
	}
	return -ENODEV;
}

static bool is_hardware(struct host *h, const char *name)
{
	const struct fake_link *l = fake_host_find(fake_of(h), name);

	return l && l->hardware;
}

static void announce(struct host *h, const char *name)
{
	struct fake_link *l = fake_host_find(fake_of(h), name);

	if (l)
		l->announced++;
}

static bool process_lives(struct host *h, const struct process *p)
{
	return p->pid != fake_of(h)->dead_pid;
}

/* ---- making one --------------------------------------------------------- */

void fake_host_init(struct fake_host *f)
{
	static const struct host_ops ops = {
		.link_by_name = link_by_name,
		.link_by_any_name = link_by_any_name,
		.link_by_index = link_by_index,
		.links = links,
		.addresses = addresses,
		.route = route,
		.vlans = vlans,
		.entries_differ = entries_differ,
		.guard = guard,
		.remove_guard = remove_guard,
		.forget_guard = forget_guard,
		.mend_guards = mend_guards,
		.sweep_guards = sweep_guards,
		.take_turn = take_turn,
		.end_turn = end_turn,
		.do_step = do_step,
		.create_macvtap = create_macvtap,
		.collect_deletes = collect_deletes,
		.delete_collected = delete_collected,
		.bridge_facts = bridge_facts,
		.has_netback = has_netback,
		.netback_nic = netback_nic,
		.netback_name = netback_name,
		.is_hardware = is_hardware,
		.announce = announce,
		.process_lives = process_lives,
	};
	struct fake_link *lo;

	memset(f, 0, sizeof(*f));
	f->host.ops = &ops;
	f->fail_errno = EBUSY;
	lo = fake_host_put(f, 1, "lo", NULL);
	lo->l.loopback = lo->l.up = true;
	lo->l.ethernet = false;
}

struct fake_link *fake_host_put(struct fake_host *f, int ifindex,
				const char *name, const char *kind)
{
	struct fake_link *l = fake_host_at(f, ifindex);

	memset(l, 0, sizeof(*l));
	l->exists = true;
	l->l.ifindex = ifindex;
	l->l.ethernet = true;
	l->l.mtu = 1500;
	l->l.addrgen = LINK_ADDRGEN_EUI64;
	memcpy(l->l.mac, (uint8_t[]){ 0x52, 0x54, 0, 0, 0, (uint8_t)ifindex },
	       6);
	(void)text_copy(l->l.name, sizeof(l->l.name), name);
	(void)text_copy(l->l.kind, sizeof(l->l.kind), kind ? kind : "");
	return l;
}

int fake_host_add(struct fake_host *f, const char *name, const char *kind)
{
	for (int i = 1; i <= FAKE_LINKS; i++) {
		if (fake_host_at(f, i)->exists)
			continue;
		fake_host_put(f, i, name, kind);
		return i;
	}
	return 0;
}
