/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config-network.c - reading the sections [network NAME] */
#include "agent/core/config-network.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/similar.h"

struct network *parser_section(struct parser *p, const char *name)
{
	struct wish w = { 0 };
	struct config *c = p->config;
	struct network *n = config_find(c, name);

	if (n && !n->line)
		n->line = p->line;
	if (n)
		return n;
	if (strpbrk(name, "\"'")) {
		parser_wrong(p, "write the network's name without quotes");
		return NULL;
	}
	if (wish_set(&w, WISH_NETWORK, "network", name, strlen(name)) < 0) {
		parser_wrong(p, "%s", w.error);
		return NULL;
	}
	n = reallocarray(c->networks, c->n_networks + 1, sizeof(*n));
	if (!n) {
		parser_wrong(p, "out of memory");
		return NULL;
	}
	c->networks = n;
	n += c->n_networks++;
	memset(n, 0, sizeof(*n));
	memcpy(n->name, w.network, sizeof(n->name));
	n->line = p->line;
	n->modes = n->mode = MACVTAP_MODE_DEFAULT;
	n->allmulticast = true;
	return n;
}

/* ---- [network NAME] --------------------------------------------------- */

static int set_kind(struct parser *p, struct network *n, const char *value)
{
	if (strcmp(value, "bridge") == 0)
		n->kind = NETWORK_BRIDGE;
	else if (strcmp(value, "macvtap") == 0)
		n->kind = NETWORK_MACVTAP;
	else
		return parser_wrong(p, "kind = %s is unknown: use bridge or macvtap",
			     text_quote_str(value).text);
	return 1;
}

static int set_mtu(struct parser *p, struct network *n, const char *value)
{
	struct wish w = { 0 };

	if (wish_set(&w, WISH_MTU, "mtu", value, strlen(value)) < 0)
		return parser_wrong(p, "%s", w.error);
	n->mtu = w.mtu;
	return 1;
}

static int set_vlan(struct parser *p, struct network *n, const char *value)
{
	struct wish w = { 0 };

	if (wish_set(&w, WISH_VLAN, "vlan", value, strlen(value)) < 0)
		return parser_wrong(p, "%s", w.error);
	memcpy(n->vlan, w.vlan, sizeof(n->vlan));
	return 1;
}

static int set_guard(struct parser *p, struct network *n, const char *value)
{
	if (guard_find(value, &n->guard) < 0)
		return parser_wrong(p, "guard = %s is unknown: use mac, ip or none",
			     text_quote_str(value).text);
	return 1;
}

static int set_rate(struct parser *p, struct network *n, const char *value)
{
	char why[REASON_SIZE];

	if (rate_parse(value, &n->rate, why) < 0)
		return parser_wrong(p, "rate = %s", why);
	return 1;
}

static int set_link(struct parser *p, const char *key, const char *value,
		    char ret[VIF_NAMESIZE])
{
	struct wish w = { 0 };

	if (wish_set(&w, WISH_NAME, key, value, strlen(value)) < 0)
		return parser_wrong(p, "%s", w.error);
	memcpy(ret, w.name, VIF_NAMESIZE);
	return 1;
}

static int set_bridge(struct parser *p, struct network *n, const char *value)
{
	return set_link(p, "bridge", value, n->bridge);
}

static int set_device(struct parser *p, struct network *n, const char *value)
{
	return set_link(p, "device", value, n->device);
}

static int set_taps(struct parser *p, struct network *n, const char *value)
{
	if (!text_copy(n->taps, sizeof(n->taps), value))
		return parser_wrong(p, "taps is too long");
	return 1;
}

/* "vepa bridge" */
static int set_mode(struct parser *p, struct network *n, const char *value)
{
	char text[LINE_MAX_LEN + 1];
	char *save = NULL;
	uint32_t modes = 0;

	if (!text_copy(text, sizeof(text), value))
		return parser_wrong(p, "mode is too long");
	for (char *word = strtok_r(text, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save)) {
		uint32_t mode = macvtap_mode(word);

		if (!mode)
			return parser_wrong(p, "mode %s is unknown: use vepa, private, bridge or passthru",
				     text_quote_str(word).text);
		if (modes & mode)
			return parser_wrong(p, "mode %s is given twice", word);
		if (!modes)
			n->mode = mode;
		modes |= mode;
	}
	if (!modes)
		return parser_wrong(p, "mode is empty: use one or more of vepa, private, bridge and passthru");
	n->modes = modes;
	return 1;
}

static int yes_or_no(struct parser *p, const char *key, const char *value,
		     bool *ret)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return parser_wrong(p, "%s = %s is neither yes nor no", key,
			     text_quote_str(value).text);
	*ret = strcmp(value, "yes") == 0;
	return 1;
}

static int set_allmulticast(struct parser *p, struct network *n,
			    const char *value)
{
	return yes_or_no(p, "allmulticast", value, &n->allmulticast);
}

static int set_option(struct parser *p, struct network *n,
		      enum port_option option, const char *value)
{
	bool on = false;

	if (!yes_or_no(p, port_option_name(option), value, &on))
		return 0;
	n->options_named |= OPTION(option);
	n->options_on &= (uint16_t)~OPTION(option);
	if (on)
		n->options_on |= OPTION(option);
	return 1;
}

/* All but the options. */
static const struct {
	const char *name;
	int (*set)(struct parser *p, struct network *n, const char *value);
} network_keys[NETWORK_KEYS] = {
	[KEY_KIND] = { "kind", set_kind },
	[KEY_MTU] = { "mtu", set_mtu },
	[KEY_BRIDGE] = { "bridge", set_bridge },
	[KEY_TAPS] = { "taps", set_taps },
	[KEY_VLAN] = { "vlan", set_vlan },
	[KEY_GUARD] = { "guard", set_guard },
	[KEY_RATE] = { "rate", set_rate },
	[KEY_DEVICE] = { "device", set_device },
	[KEY_MODE] = { "mode", set_mode },
	[KEY_ALLMULTICAST] = { "allmulticast", set_allmulticast },
};

static bool is_option(int key)
{
	return key >= KEY_OPTIONS && key < KEY_OPTIONS + PORT_OPTIONS;
}

static const char *key_name(int key)
{
	if (is_option(key))
		return port_option_name((enum port_option)(key - KEY_OPTIONS));
	return network_keys[key].name;
}

static const char *nth_key(size_t i)
{
	return key_name((int)i);
}

bool config_is_network_key(const char *key, size_t len)
{
	for (int i = 0; i < NETWORK_KEYS; i++)
		if (strlen(key_name(i)) == len && strncmp(key, key_name(i), len) == 0)
			return true;
	return false;
}

int parser_network_key(struct parser *p, const char *name, const char *key,
		const char *value)
{
	struct network *n = parser_section(p, name);
	const char *similar;

	if (!n)
		return 0;
	for (int i = 0; i < NETWORK_KEYS; i++) {
		if (strcmp(key, key_name(i)) != 0)
			continue;
		n->said[i] = p->line;
		if (is_option(i))
			return set_option(p, n, (enum port_option)(i - KEY_OPTIONS), value);
		return network_keys[i].set(p, n, value);
	}
	similar = similar_word(key, nth_key, NETWORK_KEYS);
	if (similar)
		return parser_wrong(p, "%s is not a key of [network]; did you mean %s?",
				    text_quote_str(key).text, similar);
	return parser_wrong(p, "%s is not a key of [network]: use kind, mtu, bridge, taps, vlan, guard, rate, device, mode, allmulticast or an option of ports (see vifagent.conf(5))",
		     text_quote_str(key).text);
}

/* Which keys belong to a kind of network only. */
static const char *kind_of_key(int key)
{
	if (is_option(key))
		return "bridge";
	switch (key) {
	case KEY_BRIDGE:
	case KEY_TAPS:
	case KEY_VLAN:
		return "bridge";
	case KEY_DEVICE:
	case KEY_MODE:
	case KEY_ALLMULTICAST:
		return "macvtap";
	default:
		return NULL;
	}
}

/* The line of this file that sets @key, or that sets the network's kind. */
static int line_of(const struct network *n, enum network_key key)
{
	if (n->said[key] > 0)
		return n->said[key];
	if (n->said[KEY_KIND] > 0)
		return n->said[KEY_KIND];
	return n->line;
}

static int check_keys(struct parser *p, const struct network *n)
{
	const char *kind = n->kind == NETWORK_MACVTAP ? "macvtap" : "bridge";

	for (int i = 0; i < NETWORK_KEYS; i++) {
		const char *other = kind_of_key(i);
		const char *where = "";

		if (!n->said[i] || !other || strcmp(other, kind) == 0)
			continue;
		if (n->said[i] == LINE_ELSEWHERE)
			where = "; another file sets it";
		p->line = line_of(n, (enum network_key)i);
		return parser_wrong(p, "%s is for kind = %s, but [network %s] is of kind %s%s",
			     key_name(i), other, n->name, kind, where);
	}
	return 1;
}

/* Every network needs the name of a bridge or device that can exist. */
static int complete(struct parser *p, struct network *n)
{
	struct wish w = { 0 };

	p->line = line_of(n, KEY_KIND);
	if (n->kind == NETWORK_MACVTAP && !n->device[0])
		return parser_wrong(p, "[network %s] has no device=, the NIC below its macvtaps",
			     n->name);
	if (n->kind == NETWORK_MACVTAP || n->said[KEY_BRIDGE])
		return 1;
	p->line = n->line;
	if (wish_set(&w, WISH_NAME, "bridge", n->name, strlen(n->name)) < 0)
		return parser_wrong(p, "[network %s] has no bridge=, and %s", n->name,
			     w.error);
	memcpy(n->bridge, w.name, sizeof(n->bridge));
	return 1;
}

/*
 * bridge= is the name of a bridge.  If a network with another bridge has that
 * name, too, it is not clear which one is meant; and networks could name each
 * other in a circle.
 */
static int check_chain(struct parser *p, const struct network *n)
{
	const struct network *other = config_find(p->config, n->bridge);

	if (n->kind != NETWORK_BRIDGE || !other || other == n)
		return 1;
	if (other->kind == NETWORK_BRIDGE &&
	    strcmp(other->bridge, n->bridge) == 0)
		return 1;
	p->line = other->line;
	if (n->said[KEY_BRIDGE] > 0)
		p->line = n->said[KEY_BRIDGE];
	return parser_wrong(p, "[network %s] has bridge = %s, but [network %s] is something else: bridge= takes a bridge of the host, not a network",
		     n->name, n->bridge, n->bridge);
}

int parser_check_networks(struct parser *p)
{
	struct config *c = p->config;

	for (size_t i = 0; i < c->n_networks; i++)
		if (!check_keys(p, &c->networks[i]) ||
		    !complete(p, &c->networks[i]))
			return 0;
	for (size_t i = 0; i < c->n_networks; i++)
		if (!check_chain(p, &c->networks[i]))
			return 0;
	return 1;
}
