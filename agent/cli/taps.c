/* SPDX-License-Identifier: GPL-2.0-or-later */
/* taps.c - create taps and macvtaps, as the keys of vifctl describe them */
#include "agent/cli/taps.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "agent/cli/leftovers.h"
#include "agent/core/mac.h"
#include "agent/engine/gather.h"
#include "agent/host/macvtap-node.h"
#include "agent/host/procfs.h"

void taps_spec_init(struct tap_spec *s)
{
	*s = (struct tap_spec) {
		.wish = { .by = BY_HAND },
		.options = { .queues = 1, .vnet_hdr = true },
		.owner = (uid_t)-1,
		.group = (gid_t)-1,
	};
}

/* ---- the keys --------------------------------------------------------- */

/* @known: by name, if there is one */
static int set_id(const char *key, const char *what, const char *value,
		  const id_t *known, id_t *ret)
{
	unsigned long n;

	if (known)
		*ret = *known;
	else if (text_number(value, (id_t)-2, &n) == 0)
		*ret = (id_t)n;
	else
		return cmd_fail(CMD_FAILED, "%s=%s: %s does not exist", key,
				text_quote_str(value).text, what);
	return 0;
}

static int set_owner(struct tap_spec *s, const char *value)
{
	const struct passwd *pw = getpwnam(value);

	return set_id("owner", "user", value, pw ? &pw->pw_uid : NULL,
		      &s->owner);
}

static int set_group(struct tap_spec *s, const char *value)
{
	const struct group *gr = getgrnam(value);

	return set_id("group", "group", value, gr ? &gr->gr_gid : NULL,
		      &s->group);
}

static int set_queues(struct tap_spec *s, const char *value)
{
	unsigned long n;

	if (text_number(value, TAP_QUEUES_MAX, &n) < 0 || n < 1)
		return cmd_fail(CMD_FAILED, "queues=%s is not a number from 1 to %d",
				text_quote_str(value).text, TAP_QUEUES_MAX);
	s->options.queues = (unsigned int)n;
	return 0;
}

static int set_vnet_hdr(struct tap_spec *s, const char *value)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return cmd_fail(CMD_FAILED, "vnet-hdr=%s must be on or off",
				text_quote_str(value).text);
	s->options.vnet_hdr = strcmp(value, "on") == 0;
	return 0;
}

int taps_set(struct tap_spec *s, const char *arg)
{
	static const struct {
		const char *name;
		int (*set)(struct tap_spec *s, const char *value);
	} keys[] = {
		{ "owner", set_owner },
		{ "group", set_group },
		{ "queues", set_queues },
		{ "vnet-hdr", set_vnet_hdr },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = cmd_value(arg, keys[i].name);

		if (value)
			return keys[i].set(s, value);
	}
	return cmd_set_wish(&s->wish, arg);
}

/* Is this the MAC of the link, or of the guest that the link was made for? */
static int has_mac(const struct link *l, void *mac)
{
	struct record r;

	return mac_equal(l->mac, mac) ||
	       (record_parse(l->alias, &r) == 0 && mac_equal(r.wish.mac, mac));
}

void taps_draw_mac(struct cmd *c, struct wish *w, const struct wish *resolved)
{
	static const uint8_t range[3] = { 0x52, 0x54, 0x00 };
	struct host *h = c->agent.host;

	if (!mac_is_zero(w->mac) ||
	    resolved->mode == MACVLAN_MODE_PASSTHRU)
		return;
	/* Among 500 random MACs of this range, two are equal in 1 of 130 cases. */
	do {
		if (getrandom(w->mac, sizeof(w->mac), 0) != sizeof(w->mac))
			abort();	/* Linux has it since 3.17 */
		memcpy(w->mac, range, sizeof(range));
	} while (h->ops->links(h, has_mac, w->mac) == 1);
}

/* ---- creating --------------------------------------------------------- */

static int say_not_made(int r)
{
	switch (r) {
	case -ENOENT:
	case -ENODEV:
		return cmd_fail(CMD_FAILED, "cannot create a tap: /dev/net/tun does not exist; load the module (modprobe tun)");
	case -EPERM:
		return cmd_fail(CMD_FAILED, "cannot create a tap: it needs root or CAP_NET_ADMIN");
	default:
		return cmd_fail(CMD_FAILED, "cannot create a tap: %s",
				strerror(-r));
	}
}

/* Attach it to its network.  Returns 0, or an exit code after an error message;
 * then the link still exists. */
static int join(struct cmd *c, const struct tap_spec *s,
		const struct process *process, struct tap *t,
		struct look *ret)
{
	struct by_hand hand = {
		.ifindex = t->ifindex,
		.record = { .by = BY_HAND, .wish = s->wish, .made = true },
	};
	const struct request q = { .id.ifindex = t->ifindex, .flags = LOOK_ACT,
				   .hand = &hand };
	struct wish *w = &hand.record.wish;
	struct look looks[LOOKS];
	int r;

	if (!w->name[0])
		tap_own_name(t, w->name);
	if (process)
		hand.record.process = *process;
	r = door_look(&c->agent, &q, NULL, looks);
	if (r < 0)
		return cmd_fail(CMD_FAILED, "%s: %s", w->name, strerror(-r));
	*ret = looks[0];
	if (ret->verdict != IN_ORDER)
		return cmd_fail(CMD_FAILED, "%s: %s", w->name, ret->reason);
	if (ret->device_was_down)
		(void)cmd_fail(CMD_OK, "device %s was down and has been set up for %s",
			       ret->wish.device, w->name);
	memcpy(t->name, ret->name, sizeof(t->name));
	return 0;
}

static int make_tap(struct cmd *c, const struct tap_spec *s,
		    const struct process *process, struct tap *ret,
		    struct look *look)
{
	struct tap tap = { 0 };
	int r = tap_create(&s->options, &tap);

	if (r < 0)
		return say_not_made(r);
	r = join(c, s, process, &tap, look);
	if (r)
		tap_close(&tap);
	else
		*ret = tap;
	return r;
}

/* ---- macvtaps --------------------------------------------------------- */

/* How often to create a macvtap again whose name or node is already in use. */
#define TRIES 8

struct neighbour {
	int device;
	struct link *ret;
};

static int find_neighbour(const struct link *l, void *arg)
{
	const struct neighbour *n = arg;

	if (l->lower != n->device || !link_is_macvlan(l))
		return 0;
	*n->ret = *l;
	return 1;
}

/* The kernel says only EINVAL if a device in mode passthru would be shared. */
static int say_no_macvtap(struct cmd *c, const struct wish *w,
			  const struct macvtap_new *m, int r)
{
	struct host *h = c->agent.host;
	struct link other;
	struct neighbour n = { .device = m->device, .ret = &other };

	if (r == -EOPNOTSUPP)
		return cmd_fail(CMD_FAILED, "cannot create a macvtap: the kernel does not support it; load the module (modprobe macvtap)");
	if (r == -EPERM)
		return cmd_fail(CMD_FAILED, "cannot create a macvtap: it needs root or CAP_NET_ADMIN");
	if (r == -EINVAL && h->ops->links(h, find_neighbour, &n) == 1)
		return cmd_fail(CMD_FAILED, "cannot create a macvtap in mode %s on %s: %s already uses this device, and mode passthru does not share it; stop one of the guests, or use another device",
				macvtap_mode_name(w->mode), w->device,
				other.name);
	return cmd_fail(CMD_FAILED, "cannot create a macvtap in mode %s on %s: %s%s%s",
			macvtap_mode_name(w->mode), w->device, strerror(-r),
			h->error[0] ? ": " : "", h->error);
}

static int say_no_node(const struct tap *t, int r)
{
	if (r == -ENXIO)
		return cmd_fail(CMD_FAILED, "cannot open the macvtap: it is missing from /sys; perhaps /sys belongs to another network namespace (mount -t sysfs sysfs /sys)");
	if (r == -EEXIST)
		return cmd_fail(CMD_FAILED, "cannot open the macvtap by /dev/tap%d: that node belongs to another device; use vifctl run, which needs no node",
				t->ifindex);
	if (r == -ENOENT)
		return cmd_fail(CMD_FAILED, "cannot open the macvtap: /dev/tap%d does not exist (/dev is not a devtmpfs); use vifctl run, which needs no node",
				t->ifindex);
	return cmd_fail(CMD_FAILED, "cannot open the macvtap by /dev/tap%d: %s",
			t->ifindex, strerror(-r));
}

/* The macvtap's properties.  Until it is ready it stays down, and its record
 * names this process.
 * @w: resolved */
static int describe(struct cmd *c, const struct tap_spec *s,
		    const struct wish *w, struct macvtap_new *ret)
{
	struct record record = { .by = BY_HAND, .wish = s->wish, .made = true };
	struct state state = { 0 };
	struct plan plan;
	int r = gather_device(c->agent.host, w, &state);

	if (r == 0)
		r = procfs_process(getpid(), &record.process);
	if (r < 0)
		return cmd_fail(CMD_FAILED, "cannot create a macvtap: %s",
				strerror(-r));
	plan_macvtap(w, &state, &plan);
	if (plan.verdict != IN_ORDER)
		return cmd_fail(CMD_FAILED, "%s", plan.reason);
	record.wish.stays_down = true;
	*ret = (struct macvtap_new) { .device = state.device.ifindex,
				      .mode = w->mode, .mtu = w->mtu };
	memcpy(ret->mac, w->mac, sizeof(ret->mac));
	if (record_print(&record, ret->alias) < 0)
		return cmd_fail(CMD_FAILED, "the request is too long for the link's alias");
	return 0;
}

/* The kernel counts up from 1 and will not reach these numbers for long. */
static int draw_ifindex(void)
{
	uint32_t n;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		return 0;
	return 100000 + (int)(n % 900000);
}

/* Are the name and the node free that follow from its ifindex? */
static int check_number(struct cmd *c, const struct tap_spec *s,
			const struct tap *t, bool by_name)
{
	struct host *h = c->agent.host;
	char name[VIF_NAMESIZE];
	struct link other;

	tap_own_name(t, name);
	if (!s->wish.name[0] && h->ops->link_by_name(h, name, &other) == 0)
		return -EEXIST;
	if (by_name)
		return macvtap_node_check(t);
	return 0;
}

static void delete_macvtap(struct cmd *c, const struct tap *t)
{
	static const struct step delete = { .kind = STEP_DELETE };
	struct host *h = c->agent.host;

	(void)h->ops->do_step(h, t->ifindex, &delete);
}

/* Create a macvtap with an ifindex whose name and node are free. */
static int create(struct cmd *c, const struct tap_spec *s, bool by_name,
		  const struct wish *w, struct macvtap_new *m,
		  struct tap *ret)
{
	struct host *h = c->agent.host;
	struct tap t = { .is_macvtap = true };
	struct link link;
	int r = -EEXIST;

	/* The node is also missing if another link's node of the same name was
	 * in the way, or disappeared together with that link. */
	for (int i = 0; i < TRIES && (r == -EEXIST || r == -ENOENT); i++) {
		m->ifindex = i ? draw_ifindex() : 0;
		r = h->ops->create_macvtap(h, m, &link);
		if (r == -EEXIST)
			continue;
		if (r < 0)
			return say_no_macvtap(c, w, m, r);
		t.ifindex = link.ifindex;
		memcpy(t.name, link.name, sizeof(t.name));
		r = check_number(c, s, &t, by_name);
		if (r < 0)
			delete_macvtap(c, &t);
	}
	if (r < 0)
		return say_no_node(&t, r);
	*ret = t;
	return 0;
}

static int make_macvtap(struct cmd *c, const struct tap_spec *s,
			const struct process *process, bool by_name,
			struct wish *w, struct tap *ret, struct look *look)
{
	struct tap_spec spec = *s;
	struct macvtap_new m = { 0 };
	struct tap t = { 0 };
	int r;

	/* The record must contain the MAC: the daemon could not restore it. */
	taps_draw_mac(c, &spec.wish, w);
	memcpy(w->mac, spec.wish.mac, sizeof(w->mac));
	r = describe(c, &spec, w, &m);
	if (r == 0)
		r = create(c, &spec, by_name, w, &m, &t);
	if (r)
		return r;
	if (!by_name) {
		r = macvtap_open(&t, &s->options);
		if (r == -ENXIO)
			r = say_no_node(&t, r);
		else if (r < 0)
			r = cmd_fail(CMD_FAILED, "cannot open the macvtap: /dev/tap%d belongs to another device, and creating a private node failed: %s",
				     t.ifindex, strerror(-r));
	}
	if (r == 0)
		r = join(c, &spec, process, &t, look);
	if (r)
		taps_drop(c, &t);
	else
		*ret = t;
	return r;
}

/* ---- both ------------------------------------------------------------- */

int taps_make(struct cmd *c, const struct tap_spec *s,
	      const struct process *process, bool by_name, struct tap *ret,
	      struct look *look)
{
	struct wish w = s->wish;

	config_resolve(c->agent.config, &w);
	if (w.error[0])
		return cmd_fail(CMD_FAILED, "%s", w.error);
	leftovers_clear_name(c, s->wish.name);
	if (w.kind != NETWORK_MACVTAP)
		return make_tap(c, s, by_name ? process : NULL, ret, look);
	leftovers_clear_device(c, w.device);
	return make_macvtap(c, s, process, by_name, &w, ret, look);
}

int taps_give(const struct tap_spec *s, struct tap *t)
{
	uid_t owner = s->owner;
	int r;

	/* Without an owner and a group, every user could open it. */
	if (s->owner == (uid_t)-1 && s->group == (gid_t)-1)
		owner = getuid();
	if (t->is_macvtap)
		r = macvtap_node_give(t, owner, s->group);
	else
		r = tap_persist(t, owner, s->group);
	if (r < 0)
		return cmd_fail(CMD_FAILED, "cannot make %s persistent for its owner: %s",
				t->name, strerror(-r));
	return 0;
}

void taps_drop(struct cmd *c, struct tap *t)
{
	if (t->is_macvtap)
		delete_macvtap(c, t);
	else
		tap_unpersist(t);
	tap_close(t);
}
