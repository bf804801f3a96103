/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard-sets.c - the sets of our table in nftables */
#include "agent/host/guard-sets.h"

/* enum datatypes of nft's include/datatype.h, in which a concatenation has six
 * bits for each part. */
enum { TYPE_IP4 = 7, TYPE_IP6 = 8, TYPE_MAC = 9,
       TYPE_MARK = 19, TYPE_IFINDEX = 20 };

#define IFINDEX_AND(type) ((uint32_t)TYPE_IFINDEX << 6 | (type))

const struct guard_set_info guard_sets[GUARD_SETS] = {
	[SET_PORTS] = { "ports", TYPE_IFINDEX, 4 },
	[SET_RATE_ONLY] = { "rate-only", TYPE_IFINDEX, 4 },
	[SET_MAC_ONLY] = { "mac-only", TYPE_IFINDEX, 4 },
	[SET_MACS] = { "macs", IFINDEX_AND(TYPE_MAC), 12 },
	[SET_IP4S] = { "ip4s", IFINDEX_AND(TYPE_IP4), 8 },
	[SET_IP6S] = { "ip6s", IFINDEX_AND(TYPE_IP6), 20 },
	[SET_NETS] = { "nets", IFINDEX_AND(TYPE_IP6), 20 },
	[SET_TAGS] = { "tags", TYPE_IFINDEX, 4 },
	[SET_SENT] = { "sent", TYPE_IFINDEX, 4 },
	[SET_RECEIVED] = { "received", TYPE_IFINDEX, 4 },
	[SET_DROPPED] = { "dropped", IFINDEX_AND(TYPE_MARK), 8 },
};
