/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard.h - from which addresses a port may send, and how fast */
#ifndef VIFAGENT_GUARD_H
#define VIFAGENT_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/text.h"
#include "agent/core/rate.h"

/* [network] guard=: what is checked of every frame that a port sends. */
enum guard_kind {
	GUARD_NONE,
	GUARD_MAC,		/* its source MAC */
	GUARD_IP,		/* and ARP, IPv4, IPv6, ND; no DHCP or RA server */
};

/* Why a frame was dropped. */
enum guard_reason {
	DROPPED_MAC,
	DROPPED_VLAN,
	DROPPED_TYPE,		/* neither IPv4, IPv6 nor ARP */
	DROPPED_ARP,
	DROPPED_IP4,
	DROPPED_IP6,
	DROPPED_ND,		/* neighbour discovery (RFC 4861) */
	DROPPED_DHCP,
	DROPPED_SENT,		/* it sent faster than its rate, … */
	DROPPED_RECEIVED,	/* … and was to receive faster */
	GUARD_REASONS
};

/* "its MAC", "its VLAN" and so on. */
const char *guard_reason_name(enum guard_reason why);

/* "mac", "vlan" and so on: for programs. */
const char *guard_reason_key(enum guard_reason why);

/* How many of each one port may have. */
#define GUARD_MACS 4
#define GUARD_IP4S 6
#define GUARD_IP6S 6
#define GUARD_NETS 3		/* IPv6 prefixes of 64 bits */

/* Link-local addresses that follow from the MACs come on top. */
#define GUARD_ALL_IP6S (GUARD_IP6S + GUARD_MACS)

struct guard {
	enum guard_kind kind;
	struct rate rate;
	bool tags;		/* it is in tagged VLANs, too */
	uint8_t n_macs, n_ip4, n_ip6, n_nets;
	uint8_t mac[GUARD_MACS][6];
	uint8_t ip4[GUARD_IP4S][4];		/* network order */
	uint8_t ip6[GUARD_ALL_IP6S][16];
	uint8_t net[GUARD_NETS][8];
};

/* "none", "mac" or "ip". */
const char *guard_name(enum guard_kind kind);

/* The inverse.  Returns 0, or -EINVAL with @ret untouched. */
int guard_find(const char *name, enum guard_kind *ret);

/* Room for all addresses as text. */
#define GUARD_TEXTSIZE 480

/*
 * guard_parse_macs(), guard_parse_ips() - read a list of addresses
 * @text:	separated by commas or +: MACs; or IPv4 and IPv6 addresses and IPv6
 *		prefixes of 64 bits, which may be separated by blanks, too, as in Xen's
 *		key ip
 * @ret:	its addresses of that sort are replaced
 *
 * Returns 0; or -EINVAL with @ret untouched and a reason in @why.
 */
int guard_parse_macs(const char *text, struct guard *ret,
		     char why[REASON_SIZE]);
int guard_parse_ips(const char *text, struct guard *ret,
		    char why[REASON_SIZE]);

/* The inverse; @separator is one character. */
void guard_print_macs(const struct guard *g, char separator,
		      char buf[GUARD_TEXTSIZE]);
void guard_print_ips(const struct guard *g, char separator,
		     char buf[GUARD_TEXTSIZE]);

/* Neither are its addresses checked nor is there a limit. */
bool guard_is_none(const struct guard *g);

bool guard_has_ips(const struct guard *g);

/* Where @g has no MACs, or no IP addresses, those of a wish of lower rank. */
void guard_merge(struct guard *g, const struct guard *lower);

/* Adds the link-local addresses that follow from the MACs (RFC 4291, appendix A),
 * unless there is one already. */
void guard_add_link_local(struct guard *g);

bool guard_equal(const struct guard *a, const struct guard *b);

/* The size of guard_pack()'s result. */
#define GUARD_PACKED 253

/*
 * guard_pack() - a guard as bytes, for the kernel to keep
 *
 * Returns their number.
 */
size_t guard_pack(const struct guard *g, uint8_t buf[GUARD_PACKED]);

/* The inverse.  Returns 0; or -EINVAL with @ret untouched. */
int guard_unpack(const uint8_t *bytes, size_t len, struct guard *ret);

#endif
