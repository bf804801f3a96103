/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard-sets.h - private to agent/host: the sets of our table in nftables */
#ifndef VIFAGENT_GUARD_SETS_H
#define VIFAGENT_GUARD_SETS_H

#include <stdint.h>

#include "agent/core/guard.h"

/* In the family bridge, and in netdev for macvtaps. */
#define GUARD_TABLE "vifagent"

/* The type of what we write down with an element or a rule, other than those of nft (enum
 * nftnl_udata_set_elem_types and nftnl_udata_rule_types, libnftnl/udata.h). */
#define GUARD_USERDATA 0x76

/* The set's keys: of some, the ifindex comes first (in the host's byte order, four
 * bytes), and each part begins at a multiple of four bytes.
 *
 * The kernel cannot change a set: to define one differently, give it another name. */
enum guard_set {
	SET_PORTS,		/* ifindex */
	SET_RATE_ONLY,		/* ifindex: without guard */
	SET_MAC_ONLY,		/* ifindex: with guard = mac */
	SET_MACS,		/* ifindex . MAC */
	SET_IP4S,		/* ifindex . IPv4 address */
	SET_IP6S,		/* ifindex . IPv6 address */
	SET_NETS,		/* ifindex . first half of an IPv6 address . 0 */
	SET_TAGS,		/* ifindex */
	SET_SENT,		/* ifindex, with a limit: matches what exceeds it */
	SET_RECEIVED,		/* the same */
	SET_DROPPED,		/* ifindex . enum guard_reason, with a counter */
	GUARD_SETS
};

struct guard_set_info {
	const char *name;
	uint32_t key_type;	/* as nft shows it; see guard-sets.c */
	uint32_t key_len;
};

extern const struct guard_set_info guard_sets[GUARD_SETS];

#endif
