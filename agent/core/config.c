/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.c - the configuration: networks by name, and whom the agent serves */
#include "agent/core/config.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* seconds and milliseconds */
#define SCRIPT_WAIT_DEFAULT 5
#define TOOLSTACK_DELAY_DEFAULT 500

struct config *config_new(void)
{
	struct config *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->script_wait = SCRIPT_WAIT_DEFAULT;
	c->toolstack_delay = TOOLSTACK_DELAY_DEFAULT;
	return c;
}

struct config *config_free(struct config *c)
{
	if (c)
		free(c->networks);
	free(c);
	return NULL;
}

struct network *config_find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n_networks; i++)
		if (strcmp(c->networks[i].name, name) == 0)
			return &c->networks[i];
	return NULL;
}

const char *network_place(const struct network *n)
{
	return n->kind == NETWORK_MACVTAP ? n->device : n->bridge;
}

static bool needs_addresses(const struct network *n)
{
	return n->guard != GUARD_NONE ||
	       port_options_need_entries(n->options_named, n->options_on);
}

bool config_needs_addresses(const struct config *c)
{
	for (size_t i = 0; c && i < c->n_networks; i++)
		if (needs_addresses(&c->networks[i]))
			return true;
	return false;
}

static bool network_filters(const struct network *n)
{
	return n->guard != GUARD_NONE || rate_is_limited(&n->rate);
}

bool config_filters(const struct config *c)
{
	for (size_t i = 0; c && i < c->n_networks; i++)
		if (network_filters(&c->networks[i]))
			return true;
	return false;
}

bool network_isolates(const struct network *n)
{
	return n->options_named & n->options_on & OPTION(OPTION_ISOLATED);
}

const struct network *config_network_that_protects(const struct config *c,
						   const char *bridge)
{
	for (size_t i = 0; i < c->n_networks; i++) {
		const struct network *n = &c->networks[i];

		if (strcmp(n->bridge, bridge) == 0 &&
		    (network_filters(n) || needs_addresses(n) ||
		     network_isolates(n)))
			return n;
	}
	return NULL;
}

/* The network must allow the mode. */
static void resolve_mode(const struct network *n, struct wish *w)
{
	char modes[MACVTAP_MODES_TEXTSIZE];

	if (!w->mode)
		w->mode = n->mode;
	if (n->modes & w->mode || w->error[0])
		return;
	macvtap_modes_print(modes, n->modes);
	text_reason(w->error, "mode=%s is requested, but network %s allows only %s; request another mode, or change mode= in the configuration",
		    macvtap_mode_name(w->mode), n->name, modes);
}

static void resolve_network(const struct network *n, struct wish *w)
{
	w->kind = n->kind;
	w->guard.kind = n->guard;
	w->guard.rate = n->rate;
	if (!w->mtu)
		w->mtu = n->mtu;
	if (n->kind == NETWORK_BRIDGE) {
		memcpy(w->bridge, n->bridge, sizeof(w->bridge));
		if (!w->vlan[0])
			memcpy(w->vlan, n->vlan, sizeof(w->vlan));
		w->options_named = n->options_named;
		w->options_on = n->options_on;
		return;
	}
	memcpy(w->device, n->device, sizeof(w->device));
	w->allmulticast = n->allmulticast;
	resolve_mode(n, w);
	if (w->vlan[0] && !w->error[0])
		text_reason(w->error, "vlan=%s (requested by %s): network %s is of kind macvtap, and only ports of a bridge have VLANs; set device= to a VLAN link (ip link add link %s name %.8s.10 type vlan id 10), and request no vlan=",
			    w->vlan, wish_vlan_source(w), w->network, w->device, w->device);
}

void config_resolve(const struct config *c, struct wish *w)
{
	const struct network *n = config_find(c, w->network);
	size_t excess = vif_name_excess(w->network, "");

	if (!w->network[0])
		return;
	w->is_configured = n;
	w->guard.kind = GUARD_NONE;
	w->guard.rate = (struct rate) { 0 };
	if (n)
		resolve_network(n, w);
	else if (excess == 0)
		memcpy(w->bridge, w->network, sizeof(w->bridge));
	else if (!w->error[0])
		text_reason(w->error, "network %s is not configured, and as a bridge's name it is too long by %zu characters",
			    w->network, excess);
	if (w->kind == NETWORK_BRIDGE && w->mode && !w->error[0])
		text_reason(w->error, "mode=%s is requested, but network %s is a bridge, and only a macvtap has a mode; request a network of kind = macvtap",
			    macvtap_mode_name(w->mode), w->network);
}

static bool matches(const char *patterns, const char *name)
{
	char text[CONFIG_TAPSSIZE];
	char *save = NULL;

	(void)text_copy(text, sizeof(text), patterns);
	for (char *p = strtok_r(text, " \t", &save); p;
	     p = strtok_r(NULL, " \t", &save))
		if (fnmatch(p, name, 0) == 0)
			return true;
	return false;
}

const struct network *config_network_of_tap(const struct config *c,
					    const char *name)
{
	for (size_t i = 0; i < c->n_networks; i++)
		if (matches(c->networks[i].taps, name))
			return &c->networks[i];
	return NULL;
}
