/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard-table.c - our table in nftables, with the sets, chains and rules of all ports */
#include "agent/host/guard-table.h"

#include <arpa/inet.h>
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
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_bridge.h>
#include <stdbool.h>
#include <string.h>

/* What a port sends is checked before the filters of others, which are at
 * NF_BR_PRI_NAT_DST_BRIDGED (-300) at the earliest; what it receives is counted after
 * those, which are at NF_BR_PRI_NAT_SRC (300) at the latest (linux/netfilter_bridge.h). */
static const struct guard_chain hooks[GUARD_HOOKS] = {
	[HOOK_SENDS] = { .name = "prerouting", .has_hook = true,
			 .hook = NF_BR_PRE_ROUTING, .priority = -310 },
	[HOOK_RECEIVES] = { .name = "postrouting", .has_hook = true,
			    .hook = NF_BR_POST_ROUTING, .priority = 310 },
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

static void describe_set(struct nftnl_set *s, enum guard_set which, int family)
{
	uint32_t flags = 0;

	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, (uint32_t)family);
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
		describe_set(s, which, b->family);
		nftnl_set_nlmsg_build_payload(h, s);
	}
	NFT_FINISH(b, h, s, set);
}

void guard_put_chain(struct batch *b, const struct guard_chain *chain)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nftnl_chain *c = nftnl_chain_alloc();

	if (h && c) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, GUARD_TABLE);
		nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, chain->name);
		if (chain->has_hook) {
			nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
			nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, chain->hook);
			nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, chain->priority);
			nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_ACCEPT);
		}
		if (chain->device)
			nftnl_chain_set_str(c, NFTNL_CHAIN_DEV, chain->device);
		nftnl_chain_nlmsg_build_payload(h, c);
	}
	NFT_FINISH(b, h, c, chain);
}

void guard_flush_chain(struct batch *b, const char *chain)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_DELRULE, 0);
	struct nftnl_rule *r = nftnl_rule_alloc();

	if (h && r) {
		nftnl_rule_set_str(r, NFTNL_RULE_TABLE, GUARD_TABLE);
		nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, chain);
		nftnl_rule_nlmsg_build_payload(h, r);
	}
	NFT_FINISH(b, h, r, rule);
}

/* @r is freed. */
static void put_rule(struct batch *b, struct nftnl_rule *r)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_NEWRULE,
				   NLM_F_CREATE | NLM_F_APPEND);

	if (h && r)
		nftnl_rule_nlmsg_build_payload(h, r);
	NFT_FINISH(b, h, r, rule);
}

void guard_put_hook_rule(struct batch *b, enum guard_hook hook, const char *chain)
{
	put_rule(b, guard_hook_rule(hook, b->family, chain));
}

/* They see every frame that a port of any bridge sends or receives.  Those of macvtaps are in
 * guard-macvtap.c. */
static void put_hooks(struct batch *b)
{
	for (enum guard_hook i = 0; i < GUARD_HOOKS; i++) {
		guard_put_chain(b, &hooks[i]);
		guard_flush_chain(b, hooks[i].name);
		guard_put_hook_rule(b, i, hooks[i].name);
	}
}

void guard_put_table(struct batch *b)
{
	put_table(b);
	for (enum guard_set s = 0; s < GUARD_SETS; s++)
		put_set(b, s);
	for (size_t i = 0; i < guard_n_chains; i++) {
		guard_put_chain(b, &(struct guard_chain){ .name = guard_chains[i] });
		guard_flush_chain(b, guard_chains[i]);
	}
	for (size_t i = 0; i < guard_n_rules(); i++)
		put_rule(b, guard_rule(i, b->family));
	if (b->family == NFPROTO_BRIDGE)
		put_hooks(b);
}

struct count {
	bool all;		/* also those of a macvtap's chains */
	bool has_strangers;
	size_t n;
};

static bool is_ours(const struct nlmsghdr *h)
{
	uint8_t mark[GUARD_MARK_SIZE];
	const struct nlattr *a;

	guard_mark(mark);
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NFTA_RULE_USERDATA)
			return mnl_attr_get_payload_len(a) == sizeof(mark) &&
			       memcmp(mnl_attr_get_payload(a), mark, sizeof(mark)) == 0;
	return false;
}

/* Not a chain of one macvtap. */
static bool is_shared(const char *chain)
{
	for (size_t i = 0; i < guard_n_chains; i++)
		if (strcmp(chain, guard_chains[i]) == 0)
			return true;
	for (enum guard_hook i = 0; i < GUARD_HOOKS; i++)
		if (strcmp(chain, hooks[i].name) == 0)
			return true;
	return false;
}

static int count_rule(const struct nlmsghdr *h, void *arg)
{
	struct count *c = arg;

	if ((h->nlmsg_type & 0xff) != NFT_MSG_NEWRULE ||
	    !(c->all || is_shared(nft_string(h, NFTA_RULE_CHAIN))))
		return 0;
	c->n++;
	c->has_strangers |= !is_ours(h);
	return 0;
}

int guard_count_rules(struct nft *t, int family, const char *chain, size_t *ret)
{
	char buf[512] = { 0 };
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETRULE,
						   (uint16_t)family, NLM_F_DUMP,
						   ++t->seq);
	/* Only macvtaps have chains of their own. */
	struct count c = { .all = chain || family == NFPROTO_BRIDGE };
	int r;

	mnl_attr_put_strz(h, NFTA_RULE_TABLE, GUARD_TABLE);
	if (chain)
		mnl_attr_put_strz(h, NFTA_RULE_CHAIN, chain);
	r = nft_talk(t, h, h->nlmsg_len, count_rule, &c);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = c.has_strangers ? 0 : c.n;
	return 0;
}

/* ---- do they stand? ------------------------------------------------------ */

static int find_generation(const struct nlattr *a, void *arg)
{
	uint32_t *generation = arg;

	if (mnl_attr_get_type(a) == NFTA_GEN_ID && mnl_attr_validate(a, MNL_TYPE_U32) == 0)
		*generation = ntohl(mnl_attr_get_u32(a));
	return MNL_CB_OK;
}

static int on_generation(const struct nlmsghdr *h, void *arg)
{
	(void)mnl_attr_parse(h, sizeof(struct nfgenmsg), find_generation, arg);
	return 0;
}

/* It counts the transactions of everybody (nf_tables_commit); 0: not known. */
static uint32_t ask_generation(struct nft *t)
{
	char buf[64] = { 0 };
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETGEN, NFPROTO_UNSPEC, 0,
						   ++t->seq);
	uint32_t generation = 0;

	if (nft_talk(t, h, h->nlmsg_len, on_generation, &generation) < 0)
		return 0;
	return generation;
}

static uint32_t *stood_at(struct nft *t, int family)
{
	return &t->stood_at[family == NFPROTO_NETDEV];
}

/* If anybody else's transaction came before ours, the number will not fit, and the rules are
 * counted again. */
void guard_rules_were_kept(struct nft *t)
{
	for (int i = 0; i < 2; i++)
		if (t->stood_at[i])
			t->stood_at[i]++;
}

/* Nothing has changed since they were counted, or only we have changed something. */
int guard_rules_stand(struct nft *t, int family)
{
	size_t want = guard_n_rules() + (family == NFPROTO_BRIDGE ? GUARD_HOOKS : 0), n;
	uint32_t now = ask_generation(t);
	int r;

	if (now && now == *stood_at(t, family))
		return 1;
	r = guard_count_rules(t, family, NULL, &n);
	if (r < 0)
		return r;
	*stood_at(t, family) = n == want ? now : 0;
	return n == want;
}
