/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nic.c - what xenstore says of a NIC, and what we tell it */
#include "agent/xen/nic.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * What is asked for of a NIC, in this order: a NIC that closes loses its status
 * after it has got to that state, and read the other way round it would look
 * like a new one.
 */
enum question {
	STATUS, STATE, ONLINE, SCRIPT, BRIDGE, VIFNAME, MTU, TYPE,
	FRONTEND_MTU,
	DOMAIN,
	QUESTIONS,
};

_Static_assert(QUESTIONS <= STORE_QUESTIONS, "too many at once");

static const char *const keys[] = {
	[STATUS] = "hotplug-status", [STATE] = "state", [ONLINE] = "online",
	[SCRIPT] = "script", [BRIDGE] = "bridge", [VIFNAME] = "vifname",
	[MTU] = "mtu", [TYPE] = "type",
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

bool nic_key_matters(const char *key)
{
	if (!key)
		return true;
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

/* A NIC's backend directory, and what was asked for in it. */
struct reader {
	struct store *store;
	char dir[VIF_PATHSIZE];
	char path[QUESTIONS][STORE_PATHSIZE];
	struct store_question q[QUESTIONS];
};

static void key_path(char buf[STORE_PATHSIZE], const char *dir, const char *key)
{
	(void)snprintf(buf, STORE_PATHSIZE, "%s/%s", dir, key);
}

static void frontend_mtu_path(char buf[STORE_PATHSIZE], struct vif_id id)
{
	(void)snprintf(buf, STORE_PATHSIZE,
		       "/local/domain/%" PRIu32 "/device/vif/%" PRIu32 "/mtu",
		       id.domid, id.devid);
}

/* Whether the guest is told its MTU is no reason to leave the NIC alone. */
static int first_error(const struct reader *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (i != FRONTEND_MTU && r->q[i].len < 0 &&
		    r->q[i].len != -ENOENT)
			return r->q[i].len;
	return 0;
}

/* Returns how many questions there are. */
static size_t prepare(struct reader *r, uint32_t backend, struct vif_id id)
{
	size_t n = backend == 0 ? QUESTIONS : DOMAIN;

	vif_path_make(r->dir, backend, id);
	for (size_t i = 0; i < KEYS; i++)
		key_path(r->path[i], r->dir, keys[i]);
	frontend_mtu_path(r->path[FRONTEND_MTU], id);
	for (size_t i = 0; i < n; i++)
		r->q[i].path = i == DOMAIN ? NULL : r->path[i];
	r->q[DOMAIN].domid = id.domid;
	return n;
}

static int ask(struct reader *r, uint32_t backend, struct vif_id id)
{
	size_t n = prepare(r, backend, id);
	int err = store_ask(r->store, r->q, n);

	return err < 0 ? err : first_error(r, n);
}

void nic_ask_ahead(struct store *s, uint32_t backend, struct vif_id id)
{
	struct reader r;
	size_t n = prepare(&r, backend, id);

	store_ask_ahead(s, r.q, n);
}

static bool is(const struct store_question *q, const char *text)
{
	return q->len == (int)strlen(text) && strcmp(q->value, text) == 0;
}

static void get_wish(const struct store_question *q, enum wish_key key,
		     const char *name, struct wish *w)
{
	if (q->len >= 0)
		(void)wish_set(w, key, name, q->value, (size_t)q->len);
}

static int get_state(const struct store_question *q)
{
	return q->len == 1 && q->value[0] >= '0' && q->value[0] <= '8' ?
		q->value[0] - '0' : 0;
}

static bool is_our_script(const struct store_question *q)
{
	const char *base;

	if (q->len < 0 || strlen(q->value) != (size_t)q->len)
		return false;
	base = strrchr(q->value, '/');
	return strcmp(base ? base + 1 : q->value, NIC_SCRIPT) == 0;
}

static enum hotplug_status get_status(const struct store_question *q)
{
	if (q->len < 0)
		return HOTPLUG_ABSENT;
	if (q->len == 0)
		return HOTPLUG_EMPTY;
	return is(q, "connected") ? HOTPLUG_CONNECTED : HOTPLUG_OTHER;
}

static void get_told_mtu(const struct store_question *q, struct nic *n)
{
	n->tells_mtu = q->len >= 0;
	if (n->tells_mtu)
		(void)text_copy(n->told_mtu, sizeof(n->told_mtu), q->value);
}

/* A NIC with a tap beside it needs room for "-emu" in both names' sake. */
static void check_vifname(const struct store_question *type, struct nic *n)
{
	size_t excess = vif_name_excess(n->wish.name, "-emu");

	if (n->wish.name[0] && excess > 0 && !n->wish.error[0] &&
	    is(type, "vif_ioemu"))
		text_reason(n->wish.error, "vifname=%s leaves no room for -emu by %zu characters: the kernel takes 15, so give at most 11",
			    text_quote_str(n->wish.name).text, excess);
}

/* What was reported, where that is not "connected". */
static int get_error(struct reader *r, struct nic *n)
{
	struct store_question *q = &r->q[0];
	int err;

	if (n->status != HOTPLUG_OTHER)
		return 0;
	key_path(r->path[0], r->dir, "hotplug-error");
	err = store_ask(r->store, q, 1);
	if (err == 0 && q->len >= 0)
		text_reason(n->error, "%s", q->value);
	if (err == 0 && q->len < 0 && q->len != -ENOENT)
		err = q->len;
	return err;
}

int nic_read(struct store *s, uint32_t backend, struct vif_id id,
	     struct nic *ret)
{
	struct nic n = { .exists = true, .wish = { .by = BY_XENSTORE } };
	struct reader r;
	int err;

	r.store = s;
	err = ask(&r, backend, id);
	if (err < 0)
		return err;
	if (r.q[STATE].len < 0) {
		*ret = (struct nic) { 0 };
		return 0;
	}
	n.status = get_status(&r.q[STATUS]);
	n.state = get_state(&r.q[STATE]);
	n.online = is(&r.q[ONLINE], "1");
	n.script_is_ours = is_our_script(&r.q[SCRIPT]);
	n.has_domain = backend != 0 || r.q[DOMAIN].value[0] == 'T';
	get_wish(&r.q[BRIDGE], WISH_NETWORK, "bridge", &n.wish);
	get_wish(&r.q[VIFNAME], WISH_NAME, "vifname", &n.wish);
	get_wish(&r.q[MTU], WISH_MTU, "mtu", &n.wish);
	get_told_mtu(&r.q[FRONTEND_MTU], &n);
	n.is_pv = is(&r.q[TYPE], "vif");
	check_vifname(&r.q[TYPE], &n);
	err = get_error(&r, &n);
	if (err == 0)
		*ret = n;
	return err;
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

bool nic_is_connected(struct store *s, uint32_t backend, struct vif_id id)
{
	char dir[VIF_PATHSIZE], path[STORE_PATHSIZE];
	struct store_question q = { .path = path };

	vif_path_make(dir, backend, id);
	key_path(path, dir, keys[STATUS]);
	return store_ask(s, &q, 1) == 0 && is(&q, "connected");
}

int nic_tell_mtu(struct store *s, struct vif_id id, const struct nic *n,
		 uint32_t mtu)
{
	char path[STORE_PATHSIZE], text[16];
	struct store_change change = { path, text };
	int r;

	(void)snprintf(text, sizeof(text), "%" PRIu32, mtu);
	if (!n->tells_mtu || strcmp(n->told_mtu, text) == 0)
		return 0;
	frontend_mtu_path(path, id);
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
