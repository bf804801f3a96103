/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard-table.c - our table in nftables, with the sets, chains and rules of all ports */
#include "agent/host/guard-table.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>	/* libnftnl 1.2 forgets it */

#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_bridge.h>
#include <stdbool.h>
#include <string.h>

/* What a port sends is checked before the filters of others, which are at
 * NF_BR_PRI_NAT_DST_BRIDGED (-300) at the earliest; what it receives is counted after
 * those, which are at NF_BR_PRI_NAT_SRC (300) at the latest (linux/netfilter_bridge.h). */
static const struct {
	uint32_t hook;
	int32_t priority;
} hooks[GUARD_HOOKS] = {
	[CHAIN_PREROUTING] = { NF_BR_PRE_ROUTING, -310 },
	[CHAIN_POSTROUTING] = { NF_BR_POST_ROUTING, 310 },
};

/* How long a port's count of dropped frames is kept after the last one, in ms. */
#define COUNT_TIMEOUT (24ULL * 3600 * 1000)
/* Elements of the set "dropped" that there can be. */
#define COUNTS_MAX 65535

static void put_table(struct batch *b)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	struct nftnl_table *t = nftnl_table_alloc();

	if (h && t) {
		nftnl_table_set_str(t, NFTNL_TABLE_NAME, GUARD_TABLE);
		nftnl_table_nlmsg_build_payload(h, t);
	}
	NFT_FINISH(b, h, t, table);
}

struct nftnl_set *guard_new_set(enum guard_set which)
{
	struct nftnl_set *s = nftnl_set_alloc();

	if (!s)
		return NULL;
	nftnl_set_set_str(s, NFTNL_SET_TABLE, GUARD_TABLE);
	nftnl_set_set_str(s, NFTNL_SET_NAME, guard_sets[which].name);
	return s;
}

/* For nft: a lone ifindex is in the host's byte order (NFTNL_UDATA_SET_KEYBYTEORDER,
 * libnftnl/udata.h; BYTEORDER_HOST_ENDIAN of nft). */
static void say_byte_order(struct nftnl_set *s)
{
	const uint32_t host_endian = 1;
	uint8_t data[2 + sizeof(host_endian)] = { 0, sizeof(host_endian) };

	memcpy(data + 2, &host_endian, sizeof(host_endian));
	(void)nftnl_set_set_data(s, NFTNL_SET_USERDATA, data, sizeof(data));
}

static bool is_set(const struct nftnl_set *s, enum guard_set which)
{
	const char *name = nftnl_set_get_str(s, NFTNL_SET_NAME);

	return name && strcmp(name, guard_sets[which].name) == 0;
}

int guard_each_element(const struct nlmsghdr *h, enum guard_set which,
		       void (*fn)(struct nftnl_set_elem *e, void *arg), void *arg)
{
	struct nftnl_set_elems_iter *it = NULL;
	struct nftnl_set *s = nftnl_set_alloc();
	struct nftnl_set_elem *e;

	if (!s)
		return -ENOMEM;
	if (nftnl_set_elems_nlmsg_parse(h, s) == 0 && is_set(s, which))
		it = nftnl_set_elems_iter_create(s);
	while (it && (e = nftnl_set_elems_iter_next(it)))
		fn(e, arg);
	if (it)
		nftnl_set_elems_iter_destroy(it);
	nftnl_set_free(s);
	return 0;
}

int guard_element_ifindex(struct nftnl_set_elem *e)
{
	uint32_t len = 0;
	const void *key = nftnl_set_elem_get(e, NFTNL_SET_ELEM_KEY, &len);
	int ifindex = 0;

	if (key && len >= sizeof(ifindex))
		memcpy(&ifindex, key, sizeof(ifindex));
	return ifindex;
}

static void describe_set(struct nftnl_set *s, enum guard_set which)
{
	uint32_t flags = 0;

	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, NFPROTO_BRIDGE);
	nftnl_set_set_u32(s, NFTNL_SET_ID, (uint32_t)which + 1);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, guard_sets[which].key_type);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, guard_sets[which].key_len);
	if (guard_sets[which].key_len == sizeof(int))
		say_byte_order(s);
	if (which == SET_DROPPED) {
		flags = NFT_SET_EVAL | NFT_SET_TIMEOUT;
		nftnl_set_set_u32(s, NFTNL_SET_DESC_SIZE, COUNTS_MAX);
		nftnl_set_set_u64(s, NFTNL_SET_TIMEOUT, COUNT_TIMEOUT);
	}
	nftnl_set_set_u32(s, NFTNL_SET_FLAGS, flags);
}

static void put_set(struct batch *b, enum guard_set which)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_NEWSET, NLM_F_CREATE);
	struct nftnl_set *s = guard_new_set(which);

	if (h && s) {
		describe_set(s, which);
		nftnl_set_nlmsg_build_payload(h, s);
	}
	NFT_FINISH(b, h, s, set);
}

/* Those with hooks see every frame that a port of any bridge sends or receives. */
static void put_chain(struct batch *b, size_t i)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nftnl_chain *c = nftnl_chain_alloc();

	if (h && c) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, GUARD_TABLE);
		nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, guard_chains[i]);
		if (i < GUARD_HOOKS) {
			nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
			nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM,
					    hooks[i].hook);
			nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO,
					    hooks[i].priority);
			nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_ACCEPT);
		}
		nftnl_chain_nlmsg_build_payload(h, c);
	}
	NFT_FINISH(b, h, c, chain);
}

/* All rules of the table. */
static void flush_rules(struct batch *b)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_DELRULE, 0);
	struct nftnl_rule *r = nftnl_rule_alloc();

	if (h && r) {
		nftnl_rule_set_str(r, NFTNL_RULE_TABLE, GUARD_TABLE);
		nftnl_rule_nlmsg_build_payload(h, r);
	}
	NFT_FINISH(b, h, r, rule);
}

static void put_rule(struct batch *b, size_t i)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_NEWRULE,
				   NLM_F_CREATE | NLM_F_APPEND);
	struct nftnl_rule *r = guard_rule(i);

	if (h && r)
		nftnl_rule_nlmsg_build_payload(h, r);
	NFT_FINISH(b, h, r, rule);
}

void guard_put_table(struct batch *b)
{
	put_table(b);
	for (enum guard_set s = 0; s < GUARD_SETS; s++)
		put_set(b, s);
	for (size_t i = 0; i < guard_n_chains; i++)
		put_chain(b, i);
	flush_rules(b);
	for (size_t i = 0; i < guard_n_rules(); i++)
		put_rule(b, i);
}

static int count_rule(const struct nlmsghdr *h, void *arg)
{
	size_t *n = arg;

	*n += (h->nlmsg_type & 0xff) == NFT_MSG_NEWRULE;
	return 0;
}

int guard_rules_stand(struct nft *t)
{
	char buf[512];
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETRULE,
						   NFPROTO_BRIDGE, NLM_F_DUMP,
						   ++t->seq);
	size_t n = 0;
	int r;

	mnl_attr_put_strz(h, NFTA_RULE_TABLE, GUARD_TABLE);
	r = nft_talk(t, h, h->nlmsg_len, count_rule, &n);
	if (r < 0 && r != -ENOENT)
		return r;
	return n == guard_n_rules();
}
