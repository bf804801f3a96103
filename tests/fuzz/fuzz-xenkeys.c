/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-xenkeys.c - a NIC's keys in a xenstore that says whatever it likes
 *
 * The input has for each key, in the order of keys[], a byte for how
 * xenstored answers, two for the value's length, and the value; what is left
 * are the names in directories.
 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>

#include "agent/xen/nic.h"

#define DIR "/local/domain/3/backend/vif/5/0/"
#define FRONTEND_MTU "/local/domain/5/device/vif/0/mtu"

static const char *const keys[] = {
	DIR "state", DIR "online", DIR "script", DIR "bridge", DIR "vifname",
	DIR "mtu", DIR "type", DIR "vlan", DIR "hotplug-status", DIR "hotplug-error",
	FRONTEND_MTU,
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

struct store {
	const uint8_t *data;		/* not yet used */
	size_t size;
	struct {
		const uint8_t *value;
		size_t len;
		int err;
	} key[KEYS];
	unsigned int writes;
	bool broken;			/* a read failed for good */
};

static const struct vif_id id = { 5, 0 };

static uint8_t take(struct store *s)
{
	if (!s->size)
		return 0;
	s->size--;
	return *s->data++;
}

static void fill(struct store *s)
{
	static const int answers[] = { -ENOENT, -ENOTCONN, -E2BIG, -EACCES };

	for (size_t i = 0; i < KEYS; i++) {
		uint8_t what = take(s);
		size_t len;

		s->key[i].err = what % 16 < 12 ? 0 : answers[what % 4];
		if (s->key[i].err)
			continue;
		len = take(s);
		len = (len << 8 | take(s)) % (STORE_VALUESIZE + 1);
		len = len < s->size ? len : s->size;
		s->key[i].value = s->data;
		s->key[i].len = len;
		s->data += len;
		s->size -= len;
	}
}

int store_read(struct store *s, const char *path, char *buf, size_t size)
{
	size_t i = 0;

	must(size == STORE_VALUESIZE + 1);
	while (i < KEYS && strcmp(path, keys[i]) != 0)
		i++;
	must(i < KEYS);
	s->broken = s->broken || (s->key[i].err && s->key[i].err != -ENOENT &&
				  strcmp(path, FRONTEND_MTU) != 0);
	if (s->key[i].err)
		return s->key[i].err;
	if (s->key[i].len)
		memcpy(buf, s->key[i].value, s->key[i].len);
	buf[s->key[i].len] = '\0';
	return (int)s->key[i].len;
}

/* A driver domain may not ask. */
int store_introduced(struct store *s, uint32_t domid)
{
	must(!s || domid == VIF_DOMID_END);
	return 0;
}

static bool is_removal_of_nic(const struct store_change *c,
			      const char *expected)
{
	return !c->value && strcmp(expected, "6") == 0 &&
	       strlen(c->path) == strlen(DIR) - 1 &&
	       strncmp(c->path, DIR, strlen(DIR) - 1) == 0;
}

int store_rm_empty(struct store *s, const char *path)
{
	(void)s;
	must(strcmp(path, "/local/domain/3/backend/vif/5") == 0);
	return 0;
}

int store_write_if(struct store *s, const char *guard, const char *expected,
		   const struct store_change *change, size_t n)
{
	s->writes++;
	must(n >= 1 && n <= 2);
	must(strcmp(guard, keys[0]) == 0 || strcmp(guard, FRONTEND_MTU) == 0);
	must(!expected || strlen(expected) == 1);
	for (size_t i = 0; i < n; i++) {
		must(strncmp(change[i].path, DIR "hotplug-",
			     strlen(DIR "hotplug-")) == 0 ||
		     strcmp(change[i].path, FRONTEND_MTU) == 0 ||
		     is_removal_of_nic(&change[i], expected));
		must(!change[i].value ||
		     strlen(change[i].value) < STORE_VALUESIZE);
	}
	return 0;
}

int store_each(struct store *s, const char *path,
	       int (*fn)(const char *name, void *arg), void *arg)
{
	int r = 0;

	must(strlen(path) < STORE_PATHSIZE);
	if (strlen(path) == strlen(DIR) - 1 &&
	    strncmp(path, DIR, strlen(path)) == 0)
		for (size_t i = 0; i < KEYS - 1; i++)
			if (s->key[i].err != -ENOENT)
				must(fn(keys[i] + strlen(DIR), arg) == 0);
	for (int i = 0; i < 4 && r == 0 && s->size; i++) {
		size_t len = take(s);
		char *name;

		len = len < s->size ? len : s->size;
		name = fuzz_string(s->data, len);
		s->data += len;
		s->size -= len;
		r = fn(name, arg);
		free(name);
	}
	return r;
}

static int check_id(struct vif_id found, void *arg)
{
	(void)arg;
	must(found.domid < VIF_DOMID_END && found.devid < VIF_DEVID_END);
	return 0;
}

/* The last word of a path, and nothing behind it. */
static void check_script(const struct store *s)
{
	const char *name = "/" NIC_SCRIPT;
	size_t len = s->key[2].len, n = strlen(name);

	must(!s->key[2].err && !memchr(s->key[2].value, 0, len));
	if (len == n - 1)
		name++, n--;
	must(len >= n && memcmp(s->key[2].value + len - n, name, n) == 0);
}

static void check_nic(const struct store *s, const struct nic *n)
{
	const struct wish *w = &n->wish;

	must(!s->broken);
	if (n->script == SCRIPT_OURS)
		check_script(s);

	must(memchr(n->error, 0, sizeof(n->error)));
	if (!n->exists) {
		must(nic_is_dead(n) && !w->network[0] && !w->error[0]);
		return;
	}
	must(n->state >= 0 && n->state <= 8);
	must(w->by == BY_XENSTORE);
	must(!w->name[0] || vif_name_check(w->name) == 0);
	must(!w->mtu || (w->mtu >= WISH_MTU_MIN && w->mtu <= WISH_MTU_MAX));
	must(!strpbrk(w->network, "/:%= \n"));
	if (w->error[0])
		must_be_a_sentence(w->error);
	must(n->has_domain);	/* which a driver domain cannot know */
	if (!s->key[6].err && s->key[6].len == strlen("vif_ioemu") &&
	    memcmp(s->key[6].value, "vif_ioemu", s->key[6].len) == 0 &&
	    vif_name_excess(w->name, "-emu"))
		must(w->error[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store s = { .data = data, .size = size };
	const struct tell connected = { .status = "connected", .mtu = 1500,
					.error_too = true };
	const struct tell error = { .status = "error", .error_too = true,
				    .error = "a reason" };
	const struct tell remove = { .remove = true };
	static const struct nic none;
	struct nic untouched, n;

	fill(&s);
	memset(&untouched, 0x5a, sizeof(untouched));
	n = untouched;
	if (nic_read(&s, 3, id, 0, &n) == 0) {
		check_nic(&s, &n);
		(void)nic_tell(&s, 3, id, &n, &connected);
		(void)nic_tell(&s, 3, id, &n, &error);
		(void)nic_tell(&s, 3, id, &n, &remove);
	} else {
		must(memcmp(&n, &untouched, sizeof(n)) == 0 ||
		     memcmp(&n, &none, sizeof(n)) == 0);
	}
	must(s.writes <= 4);
	(void)nic_each(&s, 3, check_id, NULL);
	return 0;
}
