/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nic.c - what xenstore says of a NIC, and what we tell it */
#include "agent/xen/nic.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The keys that are read; every change of one deserves a look. */
static const char *const keys[] = {
	"state", "online", "script", "bridge", "vifname", "mtu", "type",
	"hotplug-status",
};

bool nic_key_matters(const char *key)
{
	if (!key)
		return true;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

/* A NIC's backend directory, and reading in it. */
struct reader {
	struct store *store;
	char path[VIF_PATHSIZE];
	char value[STORE_VALUESIZE + 1];	/* of the last read */
	int err;				/* the first that ends it all */
};

static void key_path(char buf[STORE_PATHSIZE], const char *dir, const char *key)
{
	(void)snprintf(buf, STORE_PATHSIZE, "%s/%s", dir, key);
}

/* Returns the length, or -1 if there is no such key, or nothing works. */
static int get(struct reader *r, const char *key)
{
	char path[STORE_PATHSIZE];
	int n;

	r->value[0] = '\0';
	if (r->err < 0)
		return -1;
	key_path(path, r->path, key);
	n = store_read(r->store, path, r->value, sizeof(r->value));
	if (n < 0 && n != -ENOENT)
		r->err = n;
	return n < 0 ? -1 : n;
}

static bool is(const struct reader *r, int len, const char *text)
{
	return len == (int)strlen(text) && memcmp(r->value, text,
						  (size_t)len) == 0;
}

static void get_wish(struct reader *r, enum wish_key key, const char *name,
		     struct wish *w)
{
	int n = get(r, name);

	if (n >= 0)
		(void)wish_set(w, key, name, r->value, (size_t)n);
}

static int get_state(struct reader *r)
{
	int n = get(r, "state");

	if (n < 0)
		return -1;
	return n == 1 && r->value[0] >= '0' && r->value[0] <= '8' ?
		r->value[0] - '0' : 0;
}

static bool get_script_is_ours(struct reader *r)
{
	int n = get(r, "script");
	const char *base = strrchr(r->value, '/');

	if (n < 0 || strlen(r->value) != (size_t)n)
		return false;
	return strcmp(base ? base + 1 : r->value, NIC_SCRIPT) == 0;
}

static enum hotplug_status get_status(struct reader *r)
{
	int n = get(r, "hotplug-status");

	if (n < 0)
		return HOTPLUG_ABSENT;
	if (n == 0)
		return HOTPLUG_EMPTY;
	return is(r, n, "connected") ? HOTPLUG_CONNECTED : HOTPLUG_OTHER;
}

/* A NIC with a tap beside it needs room for "-emu" in both names' sake. */
static void check_vifname(struct reader *r, struct nic *n)
{
	size_t excess = vif_name_excess(n->wish.name, "-emu");

	if (!n->wish.name[0])
		return;
	n->has_emu = is(r, get(r, "type"), "vif_ioemu");
	if (n->has_emu && excess > 0 && !n->wish.error[0])
		text_reason(n->wish.error, "vifname=%s leaves no room for -emu by %zu characters: the kernel takes 15, so give at most 11",
			    text_quote_str(n->wish.name).text, excess);
}

int nic_read(struct store *s, uint32_t backend, struct vif_id id,
	     struct nic *ret)
{
	struct reader r = { .store = s };
	struct nic n = { .wish = { .by = BY_XENSTORE } };

	vif_path_make(r.path, backend, id);
	/* A NIC that closes loses its status after it has got to that state:
	 * read in the other order it would look like a new one. */
	n.status = get_status(&r);
	n.state = get_state(&r);
	n.exists = n.state >= 0;
	if (!n.exists) {
		*ret = (struct nic) { 0 };
		return r.err;
	}
	n.online = is(&r, get(&r, "online"), "1");
	n.script_is_ours = get_script_is_ours(&r);
	get_wish(&r, WISH_NETWORK, "bridge", &n.wish);
	get_wish(&r, WISH_NAME, "vifname", &n.wish);
	get_wish(&r, WISH_MTU, "mtu", &n.wish);
	check_vifname(&r, &n);
	if (n.status == HOTPLUG_OTHER && get(&r, "hotplug-error") >= 0)
		text_reason(n.error, "%s", r.value);
	if (r.err < 0)
		return r.err;
	*ret = n;
	return 0;
}

int nic_report(struct store *s, uint32_t backend, struct vif_id id,
	       const struct nic *n, const char *status, bool rewrite,
	       const char *error)
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
	if (strcmp(n->error, error ? error : "") != 0)
		change[count++] = (struct store_change) { error_path, error };
	if (status && (rewrite || n->status != (strcmp(status, "connected") ?
						HOTPLUG_OTHER :
						HOTPLUG_CONNECTED)))
		change[count++] = (struct store_change) { status_path, status };
	return count ? store_write_if(s, guard, state, change, count) : 0;
}

int nic_tell_mtu(struct store *s, struct vif_id id, uint32_t mtu)
{
	char path[STORE_PATHSIZE], now[16], text[16];
	struct store_change change = { path, text };
	int r;

	(void)snprintf(path, sizeof(path),
		       "/local/domain/%" PRIu32 "/device/vif/%" PRIu32 "/mtu",
		       id.domid, id.devid);
	(void)snprintf(text, sizeof(text), "%" PRIu32, mtu);
	r = store_read(s, path, now, sizeof(now));
	if (r == -ENOENT || (r >= 0 && strcmp(now, text) == 0))
		return 0;
	if (r < 0 && r != -E2BIG)
		return r;
	r = store_write_if(s, path, NULL, &change, 1);
	return r == -ENOENT ? 0 : r;
}

int nic_remove(struct store *s, uint32_t backend, struct vif_id id)
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

	return end && !*end ? e->fn(id, e->arg) : 0;
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
