/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nic.c - a NIC's keys in xenstore: reading and reporting */
#include "agent/xen/nic.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A NIC's backend directory, and the last value read. */
struct reader {
	struct store *store;
	struct vif_id id;
	char dir[VIF_PATHSIZE];
	bool in_dom0;
	bool reads_addresses;
	unsigned int there;	/* a bit for each of keys[] that exists */
	bool has_error;		/* hotplug-error exists */
	char unused[NIC_UNUSED_SIZE];
	int len;		/* of .value, or -ENOENT */
	char value[STORE_VALUESIZE + 1];
};

static void key_path(char buf[STORE_PATHSIZE], const char *dir, const char *key)
{
	(void)snprintf(buf, STORE_PATHSIZE, "%s/%s", dir, key);
}

/* Returns 0 also if the key does not exist. */
static int get(struct reader *r, const char *key)
{
	char path[STORE_PATHSIZE];

	key_path(path, r->dir, key);
	r->len = store_read(r->store, path, r->value, sizeof(r->value));
	if (r->len < 0 && r->len != -ENOENT)
		return r->len;
	return 0;
}

/* ---- keys ------------------------------------------------------------- */

static bool is(const struct reader *r, const char *text)
{
	return r->len == (int)strlen(text) && strcmp(r->value, text) == 0;
}

static void take_status(const struct reader *r, struct nic *n)
{
	if (r->len < 0)
		n->status = HOTPLUG_ABSENT;
	else if (r->len == 0)
		n->status = HOTPLUG_EMPTY;
	else if (is(r, "connected"))
		n->status = HOTPLUG_CONNECTED;
	else
		n->status = HOTPLUG_OTHER;
}

static void take_state(const struct reader *r, struct nic *n)
{
	n->exists = r->len >= 0;
	if (r->len == 1 && r->value[0] >= '0' && r->value[0] <= '8')
		n->state = r->value[0] - '0';
}

static void take_online(const struct reader *r, struct nic *n)
{
	n->online = is(r, "1");
}

/* Does the word begin so, and end there or with what is no letter? */
static bool begins(const char *word, const char *text)
{
	size_t len = strlen(text);

	return strncmp(word, text, len) == 0 && !isalnum((unsigned char)word[len]);
}

/* @base: without its directory.  Xen's own scripts (tools/hotplug/Linux) and
 * others' that are made from them, like vif-route-qubes. */
static enum nic_script script_kind(const char *base)
{
	static const char *const networks[] = {
		"vif-route", "vif-nat", "vif-openvswitch", "colo-proxy-setup",
	};

	if (strcmp(base, NIC_SCRIPT) == 0)
		return SCRIPT_OURS;
	if (!base[0] || strcmp(base, "true") == 0)
		return SCRIPT_NONE;
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		if (begins(base, networks[i]))
			return SCRIPT_NETWORK;
	if (strncmp(base, NIC_SCRIPT " ", sizeof(NIC_SCRIPT)) == 0)
		return SCRIPT_MISSPELT;
	return SCRIPT_ANOTHERS;
}

/* The word after the last slash: but arguments, which libxl does not split off,
 * may have slashes, too. */
static const char *base_of(const char *path)
{
	const char *end = path + strcspn(path, " ");
	const char *base = path;

	for (const char *p = path; p < end; p++)
		if (*p == '/')
			base = p + 1;
	return base;
}

static void take_script(const struct reader *r, struct nic *n)
{
	const char *base = base_of(r->value);

	if (r->len < 0)
		return;
	n->script = script_kind(base);
	if (strlen(r->value) != (size_t)r->len)
		n->script = SCRIPT_ANOTHERS;
	if (n->script == SCRIPT_OURS || n->script == SCRIPT_NONE)
		return;
	(void)snprintf(n->script_name, sizeof(n->script_name), "%.*s",
		       NIC_SCRIPT_SIZE - 1, text_quote_str(base).text);
	n->script_exists = r->in_dom0 && r->value[0] == '/' &&
			   access(r->value, X_OK) == 0;
}

static void take_wish(const struct reader *r, enum wish_key key,
		      const char *name, struct nic *n)
{
	if (r->len >= 0)
		(void)wish_set(&n->wish, key, name, r->value, (size_t)r->len);
}

static void take_bridge(const struct reader *r, struct nic *n)
{
	if (r->len > 0 && memchr(r->value, ':', (size_t)r->len)) {
		text_reason(n->wish.error, "bridge=%s looks like a list of VLANs for Open vSwitch; name a bridge alone, and the VLANs with vlan=",
			    text_quote(r->value, (size_t)r->len).text);
		return;
	}
	take_wish(r, WISH_NETWORK, "bridge", n);
}

/* A name that says another NIC would be taken for that NIC's link. */
static void take_vifname(const struct reader *r, struct nic *n)
{
	enum vif_kind kind;
	struct vif_id id;

	take_wish(r, WISH_NAME, "vifname", n);
	if (n->wish.name[0] && !n->wish.error[0] &&
	    vif_name_parse(n->wish.name, &id, &kind) == 0 &&
	    (!vif_id_equal(id, r->id) || kind != VIF_NETBACK))
		text_reason(n->wish.error, "vifname=%s is reserved for the links of NIC %" PRIu32 ".%" PRIu32 "; choose another name",
			    text_quote_str(n->wish.name).text, id.domid, id.devid);
}

static void take_mtu(const struct reader *r, struct nic *n)
{
	take_wish(r, WISH_MTU, "mtu", n);
}

static void take_vlan(const struct reader *r, struct nic *n)
{
	take_wish(r, WISH_VLAN, "vlan", n);
}

static void take_mac(const struct reader *r, struct nic *n)
{
	take_wish(r, WISH_SENDER, "mac", n);
}

static void take_ip(const struct reader *r, struct nic *n)
{
	take_wish(r, WISH_IP, "ip", n);
}

/* A NIC with a tap needs room for the tap's name, which ends with "-emu". */
static void take_type(const struct reader *r, struct nic *n)
{
	size_t excess = vif_name_excess(n->wish.name, "-emu");

	if (excess > 0 && !n->wish.error[0] && is(r, "vif_ioemu"))
		text_reason(n->wish.error, "vifname=%s is too long for a name with -emu by %zu characters: the kernel takes 15, so use at most 11",
			    text_quote_str(n->wish.name).text, excess);
}

/*
 * In this order: a NIC that closes first changes its state and then loses its
 * status; read the other way round it would look like a new one.  Only keys that
 * the directory has are read.
 */
static const struct key {
	const char *name;
	void (*take)(const struct reader *r, struct nic *n);
} keys[] = {
	{ "hotplug-status", take_status },
	{ "state", take_state },	/* without it the NIC does not exist */
	{ "online", take_online },
	{ "script", take_script },
	{ "bridge", take_bridge },
	{ "vifname", take_vifname },
	{ "mtu", take_mtu },
	{ "type", take_type },
	{ "vlan", take_vlan },
	{ "mac", take_mac },
	{ "ip", take_ip },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

bool nic_key_matters(const char *key)
{
	if (!key)
		return true;
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(key, keys[i].name) == 0)
			return true;
	return false;
}

static bool is_needless(const struct key *key, unsigned int questions,
			const struct nic *n)
{
	if (key->take == take_mac || key->take == take_ip)
		return !(questions & NIC_ASK_ADDRESSES);
	return (key->take == take_type && !n->wish.name[0]) ||
	       (key->take == take_script && n->script == SCRIPT_OURS);
}

/* Keys of xl.cfg (xl-network-configuration(5)) that other scripts read. */
static bool is_for_others(const struct reader *r, const char *name)
{
	static const char *const names[] = { "ip", "gatewaydev", "forwarddev" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return i > 0 || !r->reads_addresses;
	return false;
}

static int note_key(const char *name, void *arg)
{
	struct reader *r = arg;
	size_t len = strlen(r->unused);

	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(name, keys[i].name) == 0)
			r->there |= 1U << i;
	if (strcmp(name, "hotplug-error") == 0)
		r->has_error = true;
	if (is_for_others(r, name) && !strstr(r->unused, name))
		(void)snprintf(r->unused + len, sizeof(r->unused) - len,
			       "%s%s", len ? ", " : "", name);
	return 0;
}

static int take_key(struct reader *r, size_t i, struct nic *n)
{
	int err = 0;

	r->len = -ENOENT;
	r->value[0] = '\0';
	if (r->there & 1U << i)
		err = get(r, keys[i].name);
	if (err == 0)
		keys[i].take(r, n);
	return err;
}

/* The reported error; an old one may be left beside "connected". */
static int get_error(struct reader *r, struct nic *n)
{
	int err = get(r, "hotplug-error");

	if (err == 0 && r->len >= 0)
		(void)snprintf(n->error, sizeof(n->error), "%.*s",
			       NIC_ERROR_SIZE - 1, r->value);
	return err;
}

/* libxl writes it (libxl__domain_make); a name that cannot be read is not known. */
static void ask_name(const struct reader *r, struct nic *n)
{
	char path[STORE_PATHSIZE];

	(void)snprintf(path, sizeof(path), "/local/domain/%" PRIu32 "/name", r->id.domid);
	if (store_read(r->store, path, n->guest, sizeof(n->guest)) < 0)
		n->guest[0] = '\0';
}

int nic_read(struct store *s, uint32_t backend, struct vif_id id,
	     unsigned int questions, struct nic *ret)
{
	struct nic n = { .exists = true, .has_domain = true,
			 .wish = { .by = BY_XENSTORE } };
	struct reader r = { .store = s, .id = id, .in_dom0 = backend == 0,
			    .reads_addresses = questions & NIC_ASK_ADDRESSES };
	int err;

	if (questions & NIC_SCRIPT_IS_OURS)
		n.script = SCRIPT_OURS;
	vif_path_make(r.dir, backend, id);
	err = store_each(s, r.dir, note_key, &r);
	for (size_t i = 0; i < KEYS && err == 0 && n.exists; i++)
		if (!is_needless(&keys[i], questions, &n))
			err = take_key(&r, i, &n);
	memcpy(n.unused, r.unused, sizeof(n.unused));
	if (err == 0 && !n.exists)
		n = (struct nic) { 0 };
	if (err == 0 && n.exists && r.has_error)
		err = get_error(&r, &n);
	if (err == 0 && n.exists && questions & NIC_ASK_DOMAIN) {
		err = store_introduced(s, id.domid);
		n.has_domain = err == 1;
	}
	if (err >= 0 && n.exists && questions & NIC_ASK_NAME)
		ask_name(&r, &n);
	if (err < 0)
		return err;
	*ret = n;
	return 0;
}

/* ---- telling ---------------------------------------------------------- */

static bool status_differs(const struct nic *n, const struct tell *t)
{
	enum hotplug_status wanted = HOTPLUG_OTHER;

	if (!t->status)
		return false;
	if (strcmp(t->status, "connected") == 0)
		wanted = HOTPLUG_CONNECTED;
	return t->rewrite || n->status != wanted;
}

static bool error_differs(const struct nic *n, const struct tell *t)
{
	return t->error_too && strcmp(n->error, t->error) != 0;
}

bool nic_needs(const struct nic *n, const struct tell *t)
{
	return t->remove || (t->mtu && t->mtu_is_new) || status_differs(n, t) ||
	       error_differs(n, t);
}

static int report(struct store *s, uint32_t backend, struct vif_id id,
		  const struct nic *n, const struct tell *t)
{
	char dir[VIF_PATHSIZE], guard[STORE_PATHSIZE];
	char status_path[STORE_PATHSIZE], error_path[STORE_PATHSIZE];
	const char state[] = { (char)('0' + n->state), '\0' };
	struct store_change change[2];
	size_t count = 0;

	vif_path_make(dir, backend, id);
	key_path(guard, dir, "state");
	key_path(error_path, dir, "hotplug-error");
	key_path(status_path, dir, "hotplug-status");
	if (error_differs(n, t))
		change[count++] = (struct store_change) {
			error_path, t->error[0] ? t->error : NULL };
	if (status_differs(n, t))
		change[count++] = (struct store_change) { status_path,
							  t->status };
	if (count == 0)
		return 0;
	return store_write_if(s, guard, state, change, count);
}

int nic_is_connected(struct store *s, uint32_t backend, struct vif_id id)
{
	struct reader r = { .store = s };
	int err;

	vif_path_make(r.dir, backend, id);
	err = get(&r, "hotplug-status");
	if (err < 0)
		return err;
	return is(&r, "connected");
}

/* A guest may forbid access to its nodes; only the guest suffers. */
static int tell_mtu(struct store *s, struct vif_id id, uint32_t mtu)
{
	char path[STORE_PATHSIZE], told[STORE_VALUESIZE + 1], text[16];
	struct store_change change = { path, text };
	int r;

	(void)snprintf(text, sizeof(text), "%" PRIu32, mtu);
	(void)snprintf(path, sizeof(path),
		       "/local/domain/%" PRIu32 "/device/vif/%" PRIu32 "/mtu",
		       id.domid, id.devid);
	r = store_read(s, path, told, sizeof(told));
	if (r >= 0 && ((size_t)r != strlen(text) || strcmp(told, text) != 0))
		r = store_write_if(s, path, NULL, &change, 1);
	if (r == -ENOTCONN)
		return r;
	return 0;
}

/*
 * In a driver domain this is our task: libxl waits for it
 * (libxl__device_destroy and device_destroy_be_watch_cb, libxl_device.c).  The
 * domain's directory is removed with its last NIC, if we may do that (since
 * Xen 4.15).  Returns 0 also if the NIC is alive again.
 */
static int remove_dead(struct store *s, uint32_t backend, struct vif_id id)
{
	char dir[VIF_PATHSIZE], guard[STORE_PATHSIZE];
	struct store_change rm = { .path = dir };
	const char closed[] = { '0' + NIC_CLOSED, '\0' };
	int r;

	vif_path_make(dir, backend, id);
	key_path(guard, dir, "state");
	r = store_write_if(s, guard, closed, &rm, 1);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	*strrchr(dir, '/') = '\0';
	r = store_rm_empty(s, dir);
	return r == -EACCES ? 0 : r;
}

int nic_tell(struct store *s, uint32_t backend, struct vif_id id,
	     const struct nic *n, const struct tell *t)
{
	int r = 0;

	if (t->remove)
		return remove_dead(s, backend, id);
	if (t->mtu)
		r = tell_mtu(s, id, t->mtu);
	if (r < 0)
		return r;
	return report(s, backend, id, n, t);
}

/* ---- all of them ------------------------------------------------------ */

struct each {
	struct store *store;
	char root[VIF_PATHSIZE];
	uint32_t domid;
	int (*fn)(struct vif_id id, void *arg);
	void *arg;
};

static int each_devid(const char *name, void *arg)
{
	struct each *e = arg;
	struct vif_id id = { .domid = e->domid };
	const char *end = vif_number_parse(name, VIF_DEVID_END, &id.devid);

	if (!end || *end)
		return 0;
	return e->fn(id, e->arg);
}

static int each_domid(const char *name, void *arg)
{
	struct each *e = arg;
	const char *end = vif_number_parse(name, VIF_DOMID_END, &e->domid);
	char path[STORE_PATHSIZE];

	if (!end || *end)
		return 0;
	key_path(path, e->root, name);
	return store_each(e->store, path, each_devid, e);
}

int nic_each(struct store *s, uint32_t backend,
	     int (*fn)(struct vif_id id, void *arg), void *arg)
{
	struct each e = { .store = s, .fn = fn, .arg = arg };

	nic_root(e.root, backend);
	return store_each(s, e.root, each_domid, &e);
}

void nic_root(char buf[VIF_PATHSIZE], uint32_t backend)
{
	(void)snprintf(buf, VIF_PATHSIZE,
		       "/local/domain/%" PRIu32 "/backend/vif", backend);
}
