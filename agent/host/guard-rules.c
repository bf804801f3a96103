/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard-rules.c - the rules that every guarded port shares
 *
 * A rule is a row of operations, as the kernel's nf_tables has them; one that
 * cannot be carried out (a frame too short) makes the rule not match.  So what
 * passes is accepted by a rule that matches, and each chain ends with a drop.
 * "nft list table bridge vifagent" shows them as people write them.
 *
 * A tag of the frame is not in the way: the kernel has taken it off by then
 * (skb_vlan_untag, __netif_receive_skb_core), and "meta protocol" and the network
 * header are what follows it; nft_payload shows it again in the Ethernet header.
 */
#include "agent/host/guard-rules.h"

#include <stdio.h>	/* libnftnl 1.2 forgets it */

#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "agent/base/text.h"
#include "agent/host/guard-op.h"

/* ---- names ------------------------------------------------------------ */

static const char *const bad[GUARD_REASONS] = {
	[DROPPED_MAC] = "bad-mac",   [DROPPED_VLAN] = "bad-vlan",
	[DROPPED_TYPE] = "bad-type", [DROPPED_ARP] = "bad-arp",
	[DROPPED_IP4] = "bad-ip4",   [DROPPED_IP6] = "bad-ip6",
	[DROPPED_ND] = "bad-nd",     [DROPPED_DHCP] = "bad-dhcp",
	[DROPPED_SENT] = "too-much-sent",
	[DROPPED_RECEIVED] = "too-much-received",
};

const char *const guard_chains[] = {
	"port", "arp", "rarp", "ip4", "ip4-source", "ip6",
	"nd", "nd-unspecified", "nd-own", "nd-option", "bad-mac", "bad-vlan", "bad-type", "bad-arp", "bad-ip4",
	"bad-ip6", "bad-nd", "bad-dhcp", "too-much-sent", "too-much-received",
};

const size_t guard_n_chains = sizeof(guard_chains) / sizeof(guard_chains[0]);

/* ---- the language ----------------------------------------------------- */

#define OPS 11

struct rule {
	const char *chain;
	struct op op[OPS];
};

/* What is loaded */
#define META(key) { .kind = OP_META, .what = (key) }
#define IIF META(NFT_META_IIF)
#define OIF META(NFT_META_OIF)
#define PROTOCOL META(NFT_META_PROTOCOL)
#define L4PROTO META(NFT_META_L4PROTO)
#define LOAD(h, at, n) { .kind = OP_LOAD, .header = (h), .offset = (at), .len = (n) }
#define ETH(at, n) LOAD(NFT_PAYLOAD_LL_HEADER, at, n)
#define NET(at, n) LOAD(NFT_PAYLOAD_NETWORK_HEADER, at, n)
#define L4(at, n) LOAD(NFT_PAYLOAD_TRANSPORT_HEADER, at, n)

/* and what it is compared with */
#define CMP(op, ...) \
	{ .kind = OP_CMP, .what = (op), \
	  .len = sizeof((uint8_t[]){ __VA_ARGS__ }), .bytes = { __VA_ARGS__ } }
#define IS(...) CMP(NFT_CMP_EQ, __VA_ARGS__)
#define ISNT(...) CMP(NFT_CMP_NEQ, __VA_ARGS__)

/* An ifindex and an address are (or are not) in a set. */
#define KEY(h, at, n) \
	IIF, { .kind = OP_LOAD, .second = true, .header = (h), .offset = (at), .len = (n) }
#define IN(s) { .kind = OP_LOOKUP, .what = (s) }
#define NOT_IN(s) { .kind = OP_MISSING, .what = (s) }
#define NET_IN(at, n, s) KEY(NFT_PAYLOAD_NETWORK_HEADER, at, n), IN(s)
#define L4_IN(at, n, s) KEY(NFT_PAYLOAD_TRANSPORT_HEADER, at, n), IN(s)

/* The first half of an IPv6 address: its prefix. */
#define PREFIX_IN(h, at) \
	KEY(h, at, 16), \
	{ .kind = OP_AND, .second = true, .len = 16, \
	  .bytes = { 255, 255, 255, 255, 255, 255, 255, 255 } }, \
	IN(SET_NETS)
#define NET_PREFIX_IN(at) PREFIX_IN(NFT_PAYLOAD_NETWORK_HEADER, at)
#define L4_PREFIX_IN(at) PREFIX_IN(NFT_PAYLOAD_TRANSPORT_HEADER, at)

#define ACCEPT { .kind = OP_ACCEPT }
#define GOTO(name) { .kind = OP_GOTO, .chain = (name) }

/* ---- words for the rules ---------------------------------------------- */

#define ZERO4 0, 0, 0, 0
#define UDP L4PROTO, IS(17)
#define UDP_68_TO_67 UDP, L4(0, 4), IS(0, 68, 0, 67)
#define DHCP_CLIENT_HARDWARE 36	/* chaddr (RFC 2131) and the UDP header */
#define ICMP6(type) L4PROTO, IS(58), L4(0, 1), IS(type)
/* 133 to 137: RS, RA, NS, NA, redirect (RFC 4861) */
#define ICMP6_ND \
	L4PROTO, IS(58), L4(0, 1), CMP(NFT_CMP_GTE, 133), CMP(NFT_CMP_LTE, 137)

#define FROM_UNSPECIFIED NET(8, 16), IS(ZERO4, ZERO4, ZERO4, ZERO4)

/* RFC 7112, 7113: what a first fragment begins with must not hide what it is. */
#define HIDDEN_FRAGMENT(next) \
	{ "ip6", { { .kind = OP_FRAGMENT, .len = 1 }, IS(next), GOTO("bad-ip6") } }

/* ---- the rules -------------------------------------------------------- */

static const struct rule rules[] = {
	{ "port", { IIF, IN(SET_SENT), GOTO("too-much-sent") } },
	{ "port", { IIF, IN(SET_RATE_ONLY), ACCEPT } },
	{ "port", { KEY(NFT_PAYLOAD_LL_HEADER, 6, 6), NOT_IN(SET_MACS), GOTO("bad-mac") } },
	{ "port", { IIF, IN(SET_MAC_ONLY), ACCEPT } },
	/* guard = ip.  802.1ad, and VLANs that the port is not given: */
	{ "port", { ETH(12, 2), IS(0x88, 0xa8), GOTO("bad-vlan") } },
	{ "port", { ETH(12, 2), IS(0x81, 0x00), ETH(14, 2),
		  { .kind = OP_AND, .len = 2, .bytes = { 0x0f, 0xff } },
		  ISNT(0, 0), IIF, NOT_IN(SET_TAGS), GOTO("bad-vlan") } },
	{ "port", { PROTOCOL, IS(0x08, 0x00), GOTO("ip4") } },
	{ "port", { PROTOCOL, IS(0x86, 0xdd), GOTO("ip6") } },
	{ "port", { PROTOCOL, IS(0x08, 0x06), GOTO("arp") } },
	{ "port", { PROTOCOL, IS(0x80, 0x35), GOTO("rarp") } },
	{ "port", { GOTO("bad-type") } },

	/* RFC 826: Ethernet and IPv4; the sender is itself, or asks whether an
	 * address is free (RFC 5227). */
	{ "arp", { NET(0, 6), ISNT(0, 1, 8, 0, 6, 4), GOTO("bad-arp") } },
	{ "arp", { KEY(NFT_PAYLOAD_NETWORK_HEADER, 8, 6), NOT_IN(SET_MACS), GOTO("bad-arp") } },
	{ "arp", { NET(6, 2), IS(0, 1), NET(14, 4), IS(ZERO4), ACCEPT } },
	{ "arp", { NET_IN(14, 4, SET_IP4S), ACCEPT } },
	{ "arp", { GOTO("bad-arp") } },

	/* QEMU tells switches so where a guest is after a migration
	 * (announce_self_create, net/announce.c). */
	{ "rarp", { NET(0, 8), IS(0, 1, 8, 0, 6, 4, 0, 3), NET(14, 4), IS(ZERO4),
		    NET_IN(8, 6, SET_MACS), ACCEPT } },
	{ "rarp", { GOTO("bad-arp") } },

	/* DHCP (RFC 2131): no server, and only for its own hardware address. */
	{ "ip4", { UDP, L4(0, 2), IS(0, 67), GOTO("bad-dhcp") } },
	{ "ip4", { UDP_68_TO_67, NET(12, 8), IS(ZERO4, 255, 255, 255, 255),
		   L4_IN(DHCP_CLIENT_HARDWARE, 6, SET_MACS), ACCEPT } },
	{ "ip4", { UDP_68_TO_67, L4_IN(DHCP_CLIENT_HARDWARE, 6, SET_MACS), GOTO("ip4-source") } },
	{ "ip4", { UDP_68_TO_67, GOTO("bad-dhcp") } },
	{ "ip4", { GOTO("ip4-source") } },
	{ "ip4-source", { NET_IN(12, 4, SET_IP4S), ACCEPT } },
	{ "ip4-source", { GOTO("bad-ip4") } },

	/* hop-by-hop, routing, destination options, AH, another fragment */
	HIDDEN_FRAGMENT(0), HIDDEN_FRAGMENT(43), HIDDEN_FRAGMENT(60),
	HIDDEN_FRAGMENT(51), HIDDEN_FRAGMENT(44),
	/* DHCPv6 server (RFC 8415) */
	{ "ip6", { UDP, L4(0, 2), IS(0x02, 0x23), GOTO("bad-dhcp") } },
	/* RFC 6980: ND is never fragmented. */
	{ "ip6", { ICMP6_ND, { .kind = OP_FRAGMENT }, IS(1), GOTO("bad-nd") } },
	/* MLD before there is an address (RFC 3590, 3810) */
	{ "ip6", { ICMP6(131), FROM_UNSPECIFIED, ACCEPT } },
	{ "ip6", { ICMP6(132), FROM_UNSPECIFIED, ACCEPT } },
	{ "ip6", { ICMP6(143), FROM_UNSPECIFIED, ACCEPT } },
	{ "ip6", { ICMP6_ND, GOTO("nd") } },
	{ "ip6", { NET_IN(8, 16, SET_IP6S), ACCEPT } },
	{ "ip6", { NET_PREFIX_IN(8), ACCEPT } },
	{ "ip6", { GOTO("bad-ip6") } },

	/* RFC 4861: no extension header, hop limit 255; no router. */
	{ "nd", { NET(6, 2), ISNT(58, 255), GOTO("bad-nd") } },
	{ "nd", { L4(0, 1), IS(134), GOTO("bad-nd") } },
	{ "nd", { L4(0, 1), IS(137), GOTO("bad-nd") } },
	{ "nd", { FROM_UNSPECIFIED, GOTO("nd-unspecified") } },
	{ "nd", { NET_IN(8, 16, SET_IP6S), GOTO("nd-own") } },
	{ "nd", { NET_PREFIX_IN(8), GOTO("nd-own") } },
	{ "nd", { GOTO("bad-nd") } },

	/* Before it has an address: is one free?  Where is a router? */
	{ "nd-unspecified", { L4(0, 1), IS(133), NET(4, 2), IS(0, 8), ACCEPT } },
	{ "nd-unspecified", { L4(0, 1), IS(135), L4_IN(8, 16, SET_IP6S), GOTO("nd-option") } },
	{ "nd-unspecified", { L4(0, 1), IS(135), L4_PREFIX_IN(8), GOTO("nd-option") } },
	{ "nd-unspecified", { GOTO("bad-nd") } },

	/* The link-layer address is its own, and so is what it advertises. */
	{ "nd-own", { L4(0, 1), IS(133), NET(4, 2), IS(0, 8), ACCEPT } },
	{ "nd-own", { L4(0, 1), IS(133), NET(4, 2), IS(0, 16), L4(8, 2), IS(1, 1),
		      L4_IN(10, 6, SET_MACS), ACCEPT } },
	{ "nd-own", { L4(0, 1), IS(135), GOTO("nd-option") } },
	{ "nd-own", { L4(0, 1), IS(136), L4_IN(8, 16, SET_IP6S), GOTO("nd-option") } },
	{ "nd-own", { L4(0, 1), IS(136), L4_PREFIX_IN(8), GOTO("nd-option") } },
	{ "nd-own", { GOTO("bad-nd") } },

	/* At most one: its address as source or target, or a nonce (RFC 7527). */
	{ "nd-option", { NET(4, 2), IS(0, 24), ACCEPT } },
	{ "nd-option", { NET(4, 2), IS(0, 32), L4(24, 2), IS(1, 1), L4_IN(26, 6, SET_MACS), ACCEPT } },
	{ "nd-option", { NET(4, 2), IS(0, 32), L4(24, 2), IS(2, 1), L4_IN(26, 6, SET_MACS), ACCEPT } },
	{ "nd-option", { NET(4, 2), IS(0, 32), L4(24, 2), IS(14, 1), ACCEPT } },
	{ "nd-option", { GOTO("bad-nd") } },
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

/* Not by a map to chains: the kernel would look through all of it at each change
 * (nft_table_validate). */
static const struct rule hook_rules[GUARD_HOOKS] = {
	[HOOK_SENDS] = { .op = { IIF, IN(SET_PORTS), GOTO("port") } },
	[HOOK_RECEIVES] = { .op = { OIF, IN(SET_RECEIVED), GOTO("too-much-received") } },
};

/* Each reason has two more: one counts, the other drops. If the set of counts is
 * full, frames are still dropped. */
size_t guard_n_rules(void)
{
	return RULES + (size_t)GUARD_REASONS * 2;
}

/* ---- their mark -------------------------------------------------------- */

static uint32_t hash_text(uint32_t h, const char *text)
{
	if (!text)
		text = "";
	return text_hash(h, text, strlen(text) + 1);
}

static uint32_t hash_rule(uint32_t h, const struct rule *rule)
{
	h = hash_text(h, rule->chain);
	for (size_t i = 0; i < OPS && rule->op[i].kind != OP_END; i++) {
		const struct op *op = &rule->op[i];
		const uint32_t numbers[] = { op->kind, op->second,
					     (uint32_t)op->what, (uint32_t)op->header,
					     op->offset, op->len };

		h = text_hash(h, numbers, sizeof(numbers));
		h = hash_text(h, op->chain);
		h = text_hash(h, op->bytes, sizeof(op->bytes));
	}
	return h;
}

/* What counts and drops is below, not in a table. */
#define REASONS_VERSION 1

static uint32_t hash_rules(void)
{
	const uint32_t version = REASONS_VERSION;
	uint32_t h = text_hash(TEXT_HASH_START, &version, sizeof(version));

	for (size_t i = 0; i < RULES; i++)
		h = hash_rule(h, &rules[i]);
	for (size_t i = 0; i < GUARD_HOOKS; i++)
		h = hash_rule(h, &hook_rules[i]);
	return h;
}

void guard_mark(uint8_t ret[GUARD_MARK_SIZE])
{
	static uint32_t hash;

	if (!hash)
		hash = hash_rules();
	ret[0] = GUARD_USERDATA;
	ret[1] = sizeof(hash);
	memcpy(ret + 2, &hash, sizeof(hash));
}

/* ---- making them ------------------------------------------------------- */

static struct nftnl_rule *new_rule(const char *chain, int family)
{
	struct nftnl_rule *r = nftnl_rule_alloc();
	uint8_t mark[GUARD_MARK_SIZE];

	if (!r)
		return NULL;
	nftnl_rule_set_u32(r, NFTNL_RULE_FAMILY, (uint32_t)family);
	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, GUARD_TABLE);
	nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, chain);
	guard_mark(mark);
	if (nftnl_rule_set_data(r, NFTNL_RULE_USERDATA, mark, sizeof(mark)) == 0)
		return r;
	nftnl_rule_free(r);
	return NULL;
}

/* Returns false for no memory. */
static bool append(struct nftnl_rule *r, struct nftnl_expr *e)
{
	if (e)
		nftnl_rule_add_expr(r, e);
	return e;
}

static struct nftnl_rule *make_rule(const struct rule *rule, int family,
				    const char *chain)
{
	struct nftnl_rule *r = new_rule(chain, family);

	for (size_t i = 0; r && i < OPS && rule->op[i].kind != OP_END; i++) {
		if (append(r, guard_make_op(&rule->op[i], family)))
			continue;
		nftnl_rule_free(r);
		r = NULL;
	}
	return r;
}

/* ---- counting and dropping --------------------------------------------- */

static struct nftnl_rule *free_rule(struct nftnl_rule *r)
{
	if (r)
		nftnl_rule_free(r);
	return NULL;
}

static struct nftnl_rule *counting_rule(enum guard_reason why, int family)
{
	int port = why == DROPPED_RECEIVED ? NFT_META_OIF : NFT_META_IIF;
	struct nftnl_rule *r = new_rule(bad[why], family);

	if (r && append(r, guard_make_meta(port, family)) &&
	    append(r, guard_make_number(why)) && append(r, guard_make_count()))
		return r;
	return free_rule(r);
}

static struct nftnl_rule *dropping_rule(enum guard_reason why, int family)
{
	struct nftnl_rule *r = new_rule(bad[why], family);

	if (r && append(r, guard_make_verdict(NF_DROP, NULL)))
		return r;
	return free_rule(r);
}

struct nftnl_rule *guard_rule(size_t i, int family)
{
	if (i < RULES)
		return make_rule(&rules[i], family, rules[i].chain);
	i -= RULES;
	if (i < GUARD_REASONS)
		return counting_rule((enum guard_reason)i, family);
	return dropping_rule((enum guard_reason)(i - GUARD_REASONS), family);
}

struct nftnl_rule *guard_hook_rule(enum guard_hook hook, int family,
				   const char *chain)
{
	return make_rule(&hook_rules[hook], family, chain);
}
