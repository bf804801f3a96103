/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wish.c - what a port shall be, and who requested it */
#include "agent/core/wish.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/core/mac.h"
#include "agent/core/port-options.h"

const char *source_name(enum source by)
{
	switch (by) {
	case BY_HAND:
		return "hand";
	case BY_XENSTORE:
		return "xenstore";
	case BY_UDEV:
		return "udev";
	case BY_NOBODY:
		break;
	}
	return "nobody";
}

const char *wish_vlan_source(const struct wish *w)
{
	return w->vlan_by == BY_NOBODY ? "its network" : source_name(w->vlan_by);
}

static bool visible(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f || strchr("/:%=", s[i]))
			return false;
	return len > 0;
}

__attribute__((format(printf, 2, 3)))
static int refuse(struct wish *w, const char *fmt, ...)
{
	va_list ap;

	if (!w->error[0]) {
		va_start(ap, fmt);
		(void)vsnprintf(w->error, sizeof(w->error), fmt, ap);
		va_end(ap);
	}
	return -EINVAL;
}

/* @what: "a network's name"; @limit: why it may not be longer */
static int set_word(struct wish *w, const char *label, const char *s,
		    const char *what, const char *limit,
		    char *ret, size_t size)
{
	size_t len = strlen(s);

	if (len >= size)
		return refuse(w, "%s=%s is too long for %s by %zu characters%s",
			      label, text_quote(s, len).text, what,
			      len - (size - 1), limit);
	if (!visible(s, len) || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return refuse(w, "%s=%s is not valid as %s: use visible characters except / : %% =",
			      label, text_quote(s, len).text, what);
	memcpy(ret, s, len + 1);
	return 0;
}

static int set_network(struct wish *w, const char *label, const char *s)
{
	return set_word(w, label, s, "the name of a network or bridge", "",
			w->network, sizeof(w->network));
}

static int set_name(struct wish *w, const char *label, const char *s)
{
	return set_word(w, label, s, "a link's name",
			": the kernel takes 15", w->name, sizeof(w->name));
}

static int set_mtu(struct wish *w, const char *label, const char *s)
{
	unsigned long mtu;

	if (text_number(s, WISH_MTU_MAX, &mtu) < 0 || mtu < WISH_MTU_MIN)
		return refuse(w, "%s=%s is not an MTU: use a number of bytes from %d to %d",
			      label, text_quote_str(s).text, WISH_MTU_MIN,
			      WISH_MTU_MAX);
	w->mtu = (uint32_t)mtu;
	return 0;
}

static int set_senders(struct wish *w, const char *label, const char *s)
{
	char why[REASON_SIZE];

	if (guard_parse_macs(s, &w->guard, why) < 0)
		return refuse(w, "%s=%s", label, why);
	return 0;
}

/* The first one is the NIC's. */
static int set_mac(struct wish *w, const char *label, const char *s)
{
	int r = set_senders(w, label, s);

	if (r == 0)
		memcpy(w->mac, w->guard.mac[0], sizeof(w->mac));
	return r;
}

static int set_ip(struct wish *w, const char *label, const char *s)
{
	char why[REASON_SIZE];

	if (guard_parse_ips(s, &w->guard, why) < 0)
		return refuse(w, "%s=%s", label, why);
	w->ip_by = w->by;
	return 0;
}

static int set_mode(struct wish *w, const char *label, const char *s)
{
	uint32_t mode = macvtap_mode(s);

	if (!mode)
		return refuse(w, "%s=%s is not a mode of a macvtap: use vepa, private, bridge or passthru",
			      label, text_quote_str(s).text);
	w->mode = mode;
	return 0;
}

static int set_up(struct wish *w, const char *label, const char *s)
{
	if (strcmp(s, "yes") != 0 && strcmp(s, "no") != 0)
		return refuse(w, "%s=%s is neither yes nor no", label,
			      text_quote_str(s).text);
	w->stays_down = strcmp(s, "no") == 0;
	return 0;
}

static int set_vlan(struct wish *w, const char *label, const char *s)
{
	char why[REASON_SIZE];
	struct vlans vlans;

	if (vlans_parse(s, &vlans, why) < 0)
		return refuse(w, "%s=%s: %s", label, text_quote_str(s).text,
			      why);
	if (!text_copy(w->vlan, sizeof(w->vlan), s))
		return refuse(w, "%s=%s is not accepted: it is much too long",
			      label, text_quote_str(s).text);
	w->vlan_by = w->by;
	w->vlan_is_wrong = false;
	return 0;
}

static int (*const setters[WISH_KEYS])(struct wish *w, const char *label, const char *s) = {
	[WISH_NETWORK] = set_network,
	[WISH_NAME] = set_name,
	[WISH_MTU] = set_mtu,
	[WISH_MAC] = set_mac,
	[WISH_MODE] = set_mode,
	[WISH_UP] = set_up,
	[WISH_VLAN] = set_vlan,
	[WISH_SENDER] = set_senders,
	[WISH_IP] = set_ip,
};

int wish_set(struct wish *w, enum wish_key key, const char *label,
	     const void *value, size_t len)
{
	char s[GUARD_TEXTSIZE];	/* the longest valid value */

	/* until it proves to be right */
	w->vlan_is_wrong |= key == WISH_VLAN;
	if (len >= sizeof(s))
		return refuse(w, "%s=%s is not accepted: it is much too long",
			      label, text_quote(value, len).text);
	/* The setters read strings: a NUL would hide the rest. */
	if (memchr(value, 0, len))
		return refuse(w, "%s=%s is not accepted: it contains a NUL byte",
			      label, text_quote(value, len).text);
	memcpy(s, value, len);
	s[len] = '\0';
	return setters[key](w, label, s);
}

const char *wish_place(const struct wish *w)
{
	return w->kind == NETWORK_MACVTAP ? w->device : w->bridge;
}

void wish_merge(struct wish *w, const struct wish *lower)
{
	if ((!w->network[0] || (!w->vlan[0] && lower->vlan_is_wrong)) &&
	    !w->error[0])
		memcpy(w->error, lower->error, sizeof(w->error));
	if (!w->network[0]) {
		memcpy(w->network, lower->network, sizeof(w->network));
		w->by = lower->by;
	}
	if (!w->name[0])
		memcpy(w->name, lower->name, sizeof(w->name));
	if (!w->mtu)
		w->mtu = lower->mtu;
	if (!w->vlan[0]) {
		memcpy(w->vlan, lower->vlan, sizeof(w->vlan));
		w->vlan_by = lower->vlan_by;
	}
	if (!guard_has_ips(&w->guard))
		w->ip_by = lower->ip_by;
	guard_merge(&w->guard, &lower->guard);
}

/* Do frames of some of its VLANs have a tag, in one direction or the other? */
static bool has_tagged_vlan(const struct wish *w)
{
	char why[REASON_SIZE];
	struct vlan_range r;
	struct vlans v;

	if (!w->vlan[0] || vlans_parse(w->vlan, &v, why) < 0)
		return false;
	for (unsigned int from = VLAN_MIN; vlans_next(&v, from, &r);
	     from = r.last + 1U)
		if (!r.is_pvid || !r.is_untagged)
			return true;
	return false;
}

/* If none are listed, the NIC's is the only one. */
static void add_own_mac(const struct wish *w, uint8_t (*macs)[6], uint8_t *n)
{
	if (*n == 0 && !mac_is_zero(w->mac))
		memcpy(macs[(*n)++], w->mac, sizeof(w->mac));
}

void wish_guard(const struct wish *w, struct guard *ret)
{
	struct guard g = w->guard;

	add_own_mac(w, g.mac, &g.n_macs);
	if (g.kind == GUARD_NONE)
		g = (struct guard) { .rate = w->guard.rate };
	if (g.kind == GUARD_MAC)
		g.n_ip4 = g.n_ip6 = g.n_nets = 0;
	if (g.kind == GUARD_IP) {
		guard_add_link_local(&g);
		g.tags = has_tagged_vlan(w);
	}
	*ret = g;
}

bool wish_is_filtered(const struct wish *w)
{
	return !guard_is_none(&w->guard);
}

bool wish_has_entries(const struct wish *w)
{
	return w->kind == NETWORK_BRIDGE &&
	       port_options_need_entries(w->options_named, w->options_on);
}

void wish_entries(const struct wish *w, struct entries *ret)
{
	*ret = (struct entries) { 0 };
	if (!wish_has_entries(w) || w->other_is_active)
		return;
	memcpy(ret->mac, w->guard.mac, sizeof(w->guard.mac));
	ret->n = w->guard.n_macs;
	add_own_mac(w, ret->mac, &ret->n);
}

bool wish_lacks_mac(const struct wish *w)
{
	bool needs_mac = w->guard.kind != GUARD_NONE || wish_has_entries(w);

	return needs_mac && w->guard.n_macs == 0 && mac_is_zero(w->mac);
}

bool wish_lacks_ips(const struct wish *w)
{
	return w->guard.kind == GUARD_IP && !guard_has_ips(&w->guard);
}

void wish_port_mac(const struct wish *w, uint8_t ret[6])
{
	if (mac_is_zero(w->mac)) {
		memset(ret, 0xff, 6);
		ret[0] = 0xfe;
		return;
	}
	memcpy(ret, w->mac, 6);
	ret[0] = w->mac[0] == 0xfe ? 0xfa : 0xfe;
}
