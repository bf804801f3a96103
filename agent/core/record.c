/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record.c - the ownership record in a link's alias */
#include "agent/core/record.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "agent/core/mac.h"

#define MAGIC "vifagent/1"

/* ---- writing ---------------------------------------------------------- */

struct out {
	char *buf;
	size_t len;
	bool full;
};

/* " key=value", the value escaped; nothing for an empty value */
static void put(struct out *o, const char *key, const char *value)
{
	char word[3 * GUARD_TEXTSIZE];
	int n;

	if (!value[0] || o->full)
		return;
	if (text_escape(word, sizeof(word), value) < 0) {
		o->full = true;
		return;
	}
	n = snprintf(o->buf + o->len, RECORD_SIZE - o->len, " %s=%s", key,
		     word);
	if (n < 0 || (size_t)n >= RECORD_SIZE - o->len)
		o->full = true;
	else
		o->len += (size_t)n;
}

static void put_number(struct out *o, const char *key, int64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, n);
	put(o, key, text);
}

static void put_mac(struct out *o, const char *key, const uint8_t mac[6])
{
	char text[MAC_TEXTSIZE];

	text_mac_print(text, mac);
	put(o, key, text);
}

/* "12.34": two numbers in one word */
static void put_pair(struct out *o, const char *key, uint64_t a, uint64_t b)
{
	char text[48];

	(void)snprintf(text, sizeof(text), "%" PRIu64 ".%" PRIu64, a, b);
	put(o, key, text);
}

static void put_process(struct out *o, const struct process *p)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%d.%" PRIu64, p->pid, p->start);

	if (p->ns)
		(void)snprintf(text + n, sizeof(text) - (size_t)n,
			       ".%" PRIu64, p->ns);
	put(o, "process", text);
}

static void put_options(struct out *o, const char *key, uint16_t options)
{
	char text[OPTIONS_TEXTSIZE];

	port_options_print(text, options);
	put(o, key, text);
}

/* "mac": the first one is the NIC's, which may be drawn rather than requested;
 * "from": it may send from them, but what its own is is not known. */
static void put_senders(struct out *o, const struct wish *w)
{
	bool knows_own = !mac_is_zero(w->mac);
	char text[GUARD_TEXTSIZE];

	guard_print_macs(&w->guard, '+', text);
	if (knows_own && !text[0])
		put_mac(o, "mac", w->mac);
	else
		put(o, knows_own ? "mac" : "from", text);
	guard_print_ips(&w->guard, '+', text);
	put(o, "ip", text);
}

static void put_was(struct out *o, const struct was *was)
{
	put(o, "was.name", was->name);
	put_mac(o, "was.mac", was->mac);
	put_number(o, "was.mtu", was->mtu);
	put_number(o, "was.up", was->up);
	if (was->addrgen >= 0)
		put_number(o, "was.gen", was->addrgen);
	put(o, "was.master", was->master);
	put(o, "was.vlan", was->vlan);
	put_options(o, "was.port", was->options);
	put(o, "was.alias", was->alias);
}

int record_print(const struct record *r, char buf[LINK_ALIASSIZE])
{
	struct out o = { .buf = buf };

	o.len = (size_t)snprintf(buf, RECORD_SIZE, MAGIC);
	put(&o, "by", source_name(r->by));
	if (r->by == BY_HAND || r->by == BY_UDEV) {
		put(&o, "net", r->wish.network);
		put(&o, "name", r->wish.name);
		if (r->wish.mtu)
			put_number(&o, "mtu", r->wish.mtu);
		put_senders(&o, &r->wish);
		if (r->wish.mode)
			put(&o, "mode", macvtap_mode_name(r->wish.mode));
		if (r->wish.stays_down)
			put(&o, "up", "no");
		put(&o, "vlan", r->wish.vlan);
	}
	if (r->has_nic) {
		put_pair(&o, "nic", r->nic.domid, r->nic.devid);
		put(&o, "part", r->part == PART_EMU ? "emu" : "vif");
	}
	put_options(&o, "set", r->set);
	put_options(&o, "kept", r->kept);
	if (r->guarded)
		put(&o, "guard", "1");
	if (r->leaving)
		put(&o, "leave", "1");
	if (r->hold == HOLD_DOWN)
		put(&o, "held", "2");
	else if (r->hold == HOLD_FOR_A_WHILE)
		put(&o, "held", "1");
	if (r->process.pid)
		put_process(&o, &r->process);
	if (r->made)
		put(&o, "made", "1");
	else
		put_was(&o, &r->was);
	if (o.full)
		return -E2BIG;
	return (int)o.len;
}

/* ---- reading ---------------------------------------------------------- */

static int get_by(const char *value, enum source *ret)
{
	for (int by = BY_UDEV; by <= BY_HAND; by++) {
		if (strcmp(value, source_name((enum source)by)) == 0) {
			*ret = (enum source)by;
			return 0;
		}
	}
	return -EINVAL;
}

static int get_flag(const char *value, bool *ret)
{
	unsigned long n;
	int r = text_number(value, 1, &n);

	if (r == 0)
		*ret = n;
	return r;
}

static int get_held(const char *value, enum hold *ret)
{
	unsigned long n;

	if (text_number(value, HOLD_DOWN, &n) < 0)
		return -EINVAL;
	*ret = (enum hold)n;
	return 0;
}

static int get_nic(const char *value, struct record *r)
{
	const char *end = vif_number_parse(value, VIF_DOMID_END,
					   &r->nic.domid);

	if (end && *end == '.')
		end = vif_number_parse(end + 1, VIF_DEVID_END, &r->nic.devid);
	else
		end = NULL;
	if (!end || *end)
		return -EINVAL;
	r->has_nic = true;
	return 0;
}

/* "PID.START.NS"; older records have no namespace. */
static int get_process(const char *value, struct process *ret)
{
	unsigned long n[3] = { 0 };
	char text[64];
	char *left = text, *word;
	int i = 0;

	if (!text_copy(text, sizeof(text), value))
		return -EINVAL;
	while ((word = strsep(&left, ".")))
		if (i == 3 || text_number(word, ULONG_MAX, &n[i++]) < 0)
			return -EINVAL;
	if (i < 2 || n[0] == 0 || n[0] > INT32_MAX)
		return -EINVAL;
	*ret = (struct process) { .pid = (int)n[0], .start = n[1], .ns = n[2] };
	return 0;
}

static int get_text(const char *value, char *ret, size_t size)
{
	return text_copy(ret, size, value) ? 0 : -EINVAL;
}

static int get_link_name(const char *value, char ret[VIF_NAMESIZE])
{
	if (vif_name_check(value) < 0)
		return -EINVAL;
	return get_text(value, ret, VIF_NAMESIZE);
}

static int get_part(const char *value, enum part *ret)
{
	if (strcmp(value, "vif") == 0)
		*ret = PART_VIF;
	else if (strcmp(value, "emu") == 0)
		*ret = PART_EMU;
	else
		return -EINVAL;
	return 0;
}

static int get_vlan(const char *value, char ret[VLAN_TEXTSIZE])
{
	char why[REASON_SIZE];
	struct vlans vlans;

	if (strcmp(value, WAS_NO_VLAN) != 0 &&
	    vlans_parse(value, &vlans, why) < 0)
		return -EINVAL;
	return get_text(value, ret, VLAN_TEXTSIZE);
}

static int get_was(const char *key, const char *value, struct was *was)
{
	unsigned long n = 0;
	int r = 0;

	if (strcmp(key, "name") == 0)
		return get_link_name(value, was->name);
	if (strcmp(key, "master") == 0)
		return get_link_name(value, was->master);
	if (strcmp(key, "vlan") == 0)
		return get_vlan(value, was->vlan);
	if (strcmp(key, "port") == 0)
		return port_options_parse(value, &was->options);
	if (strcmp(key, "mac") == 0)
		return text_mac(value, was->mac);
	if (strcmp(key, "alias") == 0)
		return get_text(value, was->alias, sizeof(was->alias));
	if (strcmp(key, "mtu") == 0) {
		r = text_number(value, UINT32_MAX, &n);
		was->mtu = (uint32_t)n;
		return r;
	}
	if (strcmp(key, "up") == 0)
		return get_flag(value, &was->up);
	if (strcmp(key, "gen") == 0) {
		r = text_number(value, 255, &n);
		was->addrgen = (int)n;
		return r;
	}
	return -EINVAL;
}

static int get(const char *key, const char *value, struct record *r)
{
	static const struct {
		const char *name;
		enum wish_key key;
	} wishes[] = {
		{ "net", WISH_NETWORK }, { "name", WISH_NAME },
		{ "mtu", WISH_MTU }, { "mac", WISH_MAC },
		{ "mode", WISH_MODE }, { "up", WISH_UP },
		{ "vlan", WISH_VLAN }, { "ip", WISH_IP },
		{ "from", WISH_SENDER },
	};

	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		if (strcmp(key, wishes[i].name) == 0)
			return wish_set(&r->wish, wishes[i].key, key, value,
					strlen(value));
	if (strncmp(key, "was.", 4) == 0)
		return get_was(key + 4, value, &r->was);
	if (strcmp(key, "by") == 0)
		return get_by(value, &r->by);
	if (strcmp(key, "nic") == 0)
		return get_nic(value, r);
	if (strcmp(key, "process") == 0)
		return get_process(value, &r->process);
	if (strcmp(key, "made") == 0)
		return get_flag(value, &r->made);
	if (strcmp(key, "part") == 0)
		return get_part(value, &r->part);
	if (strcmp(key, "set") == 0)
		return port_options_parse(value, &r->set);
	if (strcmp(key, "kept") == 0)
		return port_options_parse(value, &r->kept);
	if (strcmp(key, "guard") == 0)
		return get_flag(value, &r->guarded);
	if (strcmp(key, "leave") == 0)
		return get_flag(value, &r->leaving);
	if (strcmp(key, "held") == 0)
		return get_held(value, &r->hold);
	return -EINVAL;
}

/* A link that we made has no former state, every other link has one. */
static bool is_whole(const struct record *r, bool has_was)
{
	if (r->by == BY_NOBODY || (r->by == BY_HAND && !r->wish.network[0]))
		return false;
	if (r->made)
		return !has_was;
	return r->was.name[0];
}

int record_parse(const char *alias, struct record *ret)
{
	struct record r = { .was = { .addrgen = -1 } };
	char text[LINK_ALIASSIZE];
	bool has_was = false;
	char *save = NULL;
	char *word;

	if (!alias[0])
		return -ENOENT;
	if (!text_copy(text, sizeof(text), alias))
		return -EINVAL;
	word = strtok_r(text, " ", &save);
	if (!word || strcmp(word, MAGIC) != 0)
		return -EINVAL;
	while ((word = strtok_r(NULL, " ", &save))) {
		char *value = strchr(word, '=');

		if (!value)
			return -EINVAL;
		*value++ = '\0';
		has_was |= strncmp(word, "was.", 4) == 0;
		if (text_unescape(value) < 0 || get(word, value, &r) < 0)
			return -EINVAL;
	}
	if (!is_whole(&r, has_was))
		return -EINVAL;
	if (r.wish.network[0])
		r.wish.by = r.by;
	r.wish.vlan_by = r.wish.ip_by = r.by;
	*ret = r;
	return 0;
}

enum owner record_owner(const char *alias, struct record *ret)
{
	switch (record_parse(alias, ret)) {
	case 0:
		return OWNER_US;
	case -ENOENT:
		return OWNER_NONE;
	default:
		return OWNER_FOREIGN;
	}
}
