/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nic.c - a NIC's keys in xenstore: reading and reporting */
#include "agent/xen/nic.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A NIC's backend directory, and the last value read. */
struct reader {
	struct store *store;
	char dir[VIF_PATHSIZE];
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

static void take_script(const struct reader *r, struct nic *n)
{
	const char *base = r->value;

	if (r->len < 0 || strlen(r->value) != (size_t)r->len)
		return;
	if (strrchr(r->value, '/'))
		base = strrchr(r->value, '/') + 1;
	n->script_is_ours = strcmp(base, NIC_SCRIPT) == 0;
}

static void take_wish(const struct reader *r, enum wish_key key,
		      const char *name, struct nic *n)
{
	if (r->len >= 0)
		(void)wish_set(&n->wish, key, name, r->value, (size_t)r->len);
}

static void take_bridge(const struct reader *r, struct nic *n)
{
	take_wish(r, WISH_NETWORK, "bridge", n);
}

static void take_vifname(const struct reader *r, struct nic *n)
{
	take_wish(r, WISH_NAME, "vifname", n);
}

static void take_mtu(const struct reader *r, struct nic *n)
{
	take_wish(r, WISH_MTU, "mtu", n);
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
 * status; read the other way round it would look like a new one.
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

static bool is_needless(const struct key *key, const struct nic *n)
{
	return (key->take == take_type && !n->wish.name[0]) ||
	       (key->take == take_script && n->script_is_ours);
}

/* The reported error, if the status is not "connected". */
static int get_error(struct reader *r, struct nic *n)
{
	int err = get(r, "hotplug-error");

	if (err == 0 && r->len >= 0)
		(void)snprintf(n->error, sizeof(n->error), "%.*s",
			       NIC_ERROR_SIZE - 1, r->value);
	return err;
}

int nic_read(struct store *s, uint32_t backend, struct vif_id id,
	     unsigned int questions, struct nic *ret)
{
	struct nic n = { .exists = true, .has_domain = true,
			 .script_is_ours = questions & NIC_SCRIPT_IS_OURS,
			 .wish = { .by = BY_XENSTORE } };
	struct reader r = { .store = s };
	int err = 0;

	vif_path_make(r.dir, backend, id);
	for (size_t i = 0; i < KEYS && err == 0 && n.exists; i++) {
		if (is_needless(&keys[i], &n))
			continue;
		err = get(&r, keys[i].name);
		if (err == 0)
			keys[i].take(&r, &n);
	}
	if (err == 0 && !n.exists)
		n = (struct nic) { 0 };
	if (err == 0 && n.status == HOTPLUG_OTHER)
		err = get_error(&r, &n);
	if (err == 0 && n.exists && questions & NIC_ASK_DOMAIN) {
		err = store_introduced(s, id.domid);
		n.has_domain = err == 1;
	}
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
