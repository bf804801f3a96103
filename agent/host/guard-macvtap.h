/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard-macvtap.h - private to agent/host: the chains of a macvtap
 *
 * The family bridge never sees what macvtaps send. So they have a second table, of the family
 * netdev, with the same sets and rules, and each of them has chains of its own, whose hooks are
 * its egress (what the guest sends leaves the macvtap there) and its ingress.
 */
#ifndef VIFAGENT_GUARD_MACVTAP_H
#define VIFAGENT_GUARD_MACVTAP_H

#include <stdbool.h>

#include "agent/host/guard-known.h"

enum { CHAIN_SENDS, CHAIN_RECEIVES, MACVTAP_CHAINS };

struct macvtap_chains {
	bool exists[MACVTAP_CHAINS];
	bool stands[MACVTAP_CHAINS];	/* with its rules, on the device of that name */
};

/* A bridge's port has none.  Returns 0 or a negative errno value. */
int macvtap_chains_read(struct nft *t, const struct guard_port *p,
			struct macvtap_chains *ret);

/* Are those there that this guard needs, and no others? */
bool macvtap_chains_stand(const struct guard_port *p, const struct macvtap_chains *c,
			  const struct guard *g);

/* Those that exist are removed. */
void macvtap_chains_remove(struct batch *b, const struct guard_port *p,
			   const struct macvtap_chains *c);

void macvtap_chains_put(struct batch *b, const struct guard_port *p,
			const struct guard *g);

/* The ifindex in the name of such a chain; 0: it is another one. */
int macvtap_chain_ifindex(const char *chain);

#endif
