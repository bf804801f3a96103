/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard.h - private to agent/host: the guard of ports in the kernel's nftables
 *
 * One table of the family bridge, "vifagent" (and one of netdev for macvtaps: see
 * guard-macvtap.h), with rules that all ports share
 * (guard-rules.c) and sets whose elements begin with an ifindex.  What was put there
 * for a port is also written down with its element of the set "ports": so it is
 * known without reading all.  The kernel carries each change out whole or not at all.
 */
#ifndef VIFAGENT_HOST_GUARD_H
#define VIFAGENT_HOST_GUARD_H

#include "agent/core/guard.h"
#include "agent/host/guard-known.h"

struct guard_port guard_port_of(const struct link *l);

/*
 * guard_read() - the guard of a port as it stands
 * @ret:	guard_is_none() if the port has no guard or rules are missing
 *
 * Returns 0 or a negative errno value.
 */
int guard_read(struct nft *t, const struct guard_port *p, struct guard *ret);

/*
 * guard_set() - give a port this guard, in one transaction
 * @g:		guard_is_none(): none
 *
 * The table and the rules, too, if they are missing.  Returns 0; -EOPNOTSUPP: this
 * kernel cannot; or another negative errno value, and nothing has changed.
 */
int guard_set(struct nft *t, const struct guard_port *p, const struct guard *g);

/* See mend_guards(), remove_guard() and forget_guard() in host.h. */
int guard_mend(struct nft *t);
void guard_remove(struct nft *t, int ifindex);
void guard_forget(struct nft *t, int ifindex);

/* Learn of all guards that stand, as far as the kernel tells. */
void guard_load(struct nft *t);

/* How many frames of the port were dropped, for each reason; since there was a day without any. */
int guard_drops(struct nft *t, const struct guard_port *p,
		uint64_t ret[GUARD_REASONS]);

#endif
