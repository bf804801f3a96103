/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.h - the configuration: networks by name, and whom the agent serves */
#ifndef VIFAGENT_CONFIG_H
#define VIFAGENT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/core/port-options.h"
#include "agent/core/wish.h"

/* A line of the file has room for no more. */
#define CONFIG_TAPSSIZE 200

/* The keys of [network NAME]. */
enum network_key {
	KEY_KIND,
	KEY_MTU,
	KEY_GUARD,
	KEY_RATE,
	KEY_BRIDGE,		/* kind = bridge */
	KEY_TAPS,
	KEY_VLAN,
	KEY_OPTIONS,		/* the first; one for each enum port_option */
	KEY_DEVICE = KEY_OPTIONS + PORT_OPTIONS,	/* kind = macvtap */
	KEY_MODE,
	KEY_ALLMULTICAST,
	NETWORK_KEYS,
};

/* Set, but not in the current file; see struct network. */
#define LINE_ELSEWHERE (-1)

/* [network NAME] */
struct network {
	char name[NETWORK_NAMESIZE];
	enum network_kind kind;
	uint32_t mtu;			/* 0: the bridge's or device's */
	char bridge[VIF_NAMESIZE];	/* by default the name */
	char vlan[VLAN_TEXTSIZE];	/* of ports that request none, or "" */
	enum guard_kind guard;		/* of its ports */
	struct rate rate;
	char taps[CONFIG_TAPSSIZE];	/* patterns of names, or "" */
	char device[VIF_NAMESIZE];
	uint32_t modes;			/* those that may be requested */
	uint32_t mode;			/* the first of them */
	bool allmulticast;
	uint16_t options_named;		/* of its ports */
	uint16_t options_on;
	int line;			/* of its section in the current file,
					 * or 0 */
	int said[NETWORK_KEYS];		/* the line of each key; 0: nowhere */
};

struct config {
	struct network *networks;
	size_t n_networks;
	bool serve_all;			/* [xen] serve = all | script */
	uint32_t script_wait;		/* [xen] script-wait, seconds */
	uint32_t toolstack_delay;	/* [xen] toolstack-delay, ms */
};

/* The configuration of a host without a file. Returns NULL for no memory. */
struct config *config_new(void);

/* Returns NULL; @c may be NULL. */
struct config *config_free(struct config *c);

/* Does any network have a guard, or bridges that must be told addresses?  Otherwise they are
 * not needed.  @c may be NULL. */
bool config_needs_addresses(const struct config *c);

/* Does any network have a guard or a rate?  @c may be NULL. */
bool config_filters(const struct config *c);

/* Are its ports isolated from one another (isolated = yes)? */
bool network_isolates(const struct network *n);

/* The first network with a guard, a rate, learning = no, locked = yes or isolated = yes whose
 * ports are on this bridge.  Returns NULL if no network has. */
const struct network *config_network_that_protects(const struct config *c,
						   const char *bridge);

/* The name of its bridge or device. */
const char *network_place(const struct network *n);

/* Returns NULL if there is no network of this name. */
struct network *config_find(const struct config *c, const char *name);

/*
 * config_resolve() - from a network's name to what the kernel knows
 *
 * Sets @w->kind and what goes with it, and @w->mtu and @w->mode where the wish
 * left them open.  A network that is not configured is the bridge of that name;
 * if that cannot be the name of a bridge, or the network does not allow the
 * mode, @w->error says so.
 */
void config_resolve(const struct config *c, struct wish *w);

/*
 * config_network_of_tap() - the network whose taps= a link's name matches
 *
 * The first one in the file; glob(7) patterns.  Returns NULL if there is none.
 */
const struct network *config_network_of_tap(const struct config *c,
					    const char *name);

/* Is it a key of [network NAME]?  @len: without what follows it. */
bool config_is_network_key(const char *key, size_t len);

#endif
