/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wish.c - what a port shall be, and who requested it */
#include "agent/core/wish.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/core/mac.h"

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
		    size_t len, const char *what, const char *limit,
		    char *ret, size_t size)
{
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

static int set_network(struct wish *w, const char *label, const char *s,
		       size_t len)
{
	return set_word(w, label, s, len, "the name of a network or bridge", "",
			w->network, sizeof(w->network));
}

static int set_name(struct wish *w, const char *label, const char *s,
		    size_t len)
{
	return set_word(w, label, s, len, "a link's name",
			": the kernel takes 15", w->name, sizeof(w->name));
}

static int set_mtu(struct wish *w, const char *label, const char *s, size_t len)
{
	unsigned long mtu;

	if (text_number(s, WISH_MTU_MAX, &mtu) < 0 || mtu < WISH_MTU_MIN)
		return refuse(w, "%s=%s is not an MTU: use a number of bytes from %d to %d",
			      label, text_quote(s, len).text, WISH_MTU_MIN,
			      WISH_MTU_MAX);
	w->mtu = (uint32_t)mtu;
	return 0;
}

/* An address that a guest's NIC can have. */
static int set_mac(struct wish *w, const char *label, const char *s, size_t len)
{
	uint8_t mac[6];

	if (text_mac(s, mac) < 0)
		return refuse(w, "%s=%s is not a MAC address: write six bytes like 52:54:00:12:34:56",
			      label, text_quote(s, len).text);
	if (mac_is_multicast(mac))
		return refuse(w, "%s=%s cannot be a NIC's address: it is a multicast address",
			      label, text_quote(s, len).text);
	if (mac_is_zero(mac))
		return refuse(w, "%s=%s cannot be a NIC's address: it is all zero",
			      label, text_quote(s, len).text);
	memcpy(w->mac, mac, sizeof(w->mac));
	return 0;
}

static int set_mode(struct wish *w, const char *label, const char *s,
		    size_t len)
{
	uint32_t mode = macvtap_mode(s);

	if (!mode)
		return refuse(w, "%s=%s is not a mode of a macvtap: use vepa, private, bridge or passthru",
			      label, text_quote(s, len).text);
	w->mode = mode;
	return 0;
}

static int set_up(struct wish *w, const char *label, const char *s, size_t len)
{
	if (strcmp(s, "yes") != 0 && strcmp(s, "no") != 0)
		return refuse(w, "%s=%s is neither yes nor no", label,
			      text_quote(s, len).text);
	w->stays_down = strcmp(s, "no") == 0;
	return 0;
}

static int set_vlan(struct wish *w, const char *label, const char *s,
		    size_t len)
{
	char why[REASON_SIZE];
	struct vlans vlans;

	if (vlans_parse(s, &vlans, why) < 0)
		return refuse(w, "%s=%s: %s", label, text_quote(s, len).text,
			      why);
	memcpy(w->vlan, s, len + 1);
	w->vlan_by = w->by;
	w->vlan_is_wrong = false;
	return 0;
}

int wish_set(struct wish *w, enum wish_key key, const char *label,
	     const void *value, size_t len)
{
	char s[VLAN_TEXTSIZE];	/* the longest valid value */

	/* until it proves to be right */
	w->vlan_is_wrong |= key == WISH_VLAN;
	if (len >= sizeof(s))
		return refuse(w, "%s=%s is not accepted: it is much too long",
			      label, text_quote(value, len).text);
	/* The functions below read strings: a NUL would hide the rest. */
	if (memchr(value, 0, len))
		return refuse(w, "%s=%s is not accepted: it contains a NUL byte",
			      label, text_quote(value, len).text);
	memcpy(s, value, len);
	s[len] = '\0';
	switch (key) {
	case WISH_NETWORK:
		return set_network(w, label, s, len);
	case WISH_NAME:
		return set_name(w, label, s, len);
	case WISH_MTU:
		return set_mtu(w, label, s, len);
	case WISH_MAC:
		return set_mac(w, label, s, len);
	case WISH_MODE:
		return set_mode(w, label, s, len);
	case WISH_UP:
		return set_up(w, label, s, len);
	case WISH_VLAN:
		return set_vlan(w, label, s, len);
	}
	return refuse(w, "%s: not known", label);
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
