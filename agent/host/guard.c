/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard.c - the guard of ports in the kernel's nftables */
#include "agent/host/guard.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>	/* libnftnl 1.2 forgets it */

#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_bridge.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Before all filters, also those of NF_BR_PRI_NAT_DST_BRIDGED (-300), which were
 * there before. */
#define HOOK_PRIORITY (-310)

/* How long a port's count of dropped frames is kept after the last one, in ms. */
#define COUNT_TIMEOUT (24ULL * 3600 * 1000)
/* Elements of the set "dropped" that there can be. */
#define COUNTS_MAX 65535

/* A type for what we write down with an element, other than those of nft
 * (enum nftnl_udata_set_elem_types, libnftnl/udata.h). */
#define USERDATA_TYPE 0x76

/* A message was made from an object, which is freed here. */
#define FINISH(b, h, object, type) \
	do { \
		if (object) \
			nftnl_ ## type ## _free(object); \
		else \
			(b)->error = -ENOMEM; \
		if ((h) && (object)) \
			nft_added(b, h); \
	} while (0)

/* ---- the table and what all ports share ------------------------------- */

static void put_table(struct batch *b)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	struct nftnl_table *t = nftnl_table_alloc();

	if (h && t) {
		nftnl_table_set_str(t, NFTNL_TABLE_NAME, GUARD_TABLE);
		nftnl_table_nlmsg_build_payload(h, t);
	}
	FINISH(b, h, t, table);
}

static struct nftnl_set *new_set(enum guard_set which)
{
	struct nftnl_set *s = nftnl_set_alloc();

	if (!s)
		return NULL;
	nftnl_set_set_str(s, NFTNL_SET_TABLE, GUARD_TABLE);
	nftnl_set_set_str(s, NFTNL_SET_NAME, guard_sets[which].name);
	return s;
}

static void describe_set(struct nftnl_set *s, enum guard_set which)
{
	uint32_t flags = 0;

	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, NFPROTO_BRIDGE);
	nftnl_set_set_u32(s, NFTNL_SET_ID, (uint32_t)which + 1);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, guard_sets[which].key_type);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, guard_sets[which].key_len);
	if (which == SET_PORTS) {
		flags = NFT_SET_MAP;
		nftnl_set_set_u32(s, NFTNL_SET_DATA_TYPE, NFT_DATA_VERDICT);
		nftnl_set_set_u32(s, NFTNL_SET_DATA_LEN, 0);
	}
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
	struct nftnl_set *s = new_set(which);

	if (h && s) {
		describe_set(s, which);
		nftnl_set_nlmsg_build_payload(h, s);
	}
	FINISH(b, h, s, set);
}

/* The first one sees every frame that a port of any bridge receives. */
static void put_chain(struct batch *b, size_t i)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nftnl_chain *c = nftnl_chain_alloc();

	if (h && c) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, GUARD_TABLE);
		nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, guard_chains[i]);
		if (i == 0) {
			nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
			nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM,
					    NF_BR_PRE_ROUTING);
			nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, HOOK_PRIORITY);
			nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_ACCEPT);
		}
		nftnl_chain_nlmsg_build_payload(h, c);
	}
	FINISH(b, h, c, chain);
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
	FINISH(b, h, r, rule);
}

static void put_rule(struct batch *b, size_t i)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_NEWRULE,
				   NLM_F_CREATE | NLM_F_APPEND);
	struct nftnl_rule *r = guard_rule(i);

	if (h && r)
		nftnl_rule_nlmsg_build_payload(h, r);
	FINISH(b, h, r, rule);
}

/* What is there already stays, with the other ports' elements; rules that somebody
 * has removed or changed are as they were. */
static void put_everything_shared(struct batch *b)
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

/* Are all rules there?  Returns 1, 0, or a negative errno value. */
static int rules_stand(struct nft *t)
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

/* ---- elements --------------------------------------------------------- */

#define KEY_MAX 20

/* A set with one element, to be sent about. */
static struct nftnl_set *new_element(enum guard_set which, int ifindex,
				     const void *rest, size_t len,
				     struct nftnl_set_elem **ret)
{
	struct nftnl_set *s = new_set(which);
	struct nftnl_set_elem *e = nftnl_set_elem_alloc();
	uint8_t key[KEY_MAX] = { 0 };

	if (!s || !e) {
		if (s)
			nftnl_set_free(s);
		if (e)
			nftnl_set_elem_free(e);
		return NULL;
	}
	memcpy(key, &ifindex, sizeof(ifindex));
	if (len)
		memcpy(key + sizeof(ifindex), rest, len);
	nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, key,
			   guard_sets[which].key_len);
	nftnl_set_elem_add(s, e);
	*ret = e;
	return s;
}

static void put_element(struct batch *b, uint16_t type, enum guard_set which,
			int ifindex, const void *rest, size_t len)
{
	struct nlmsghdr *h = nft_start(b, type,
				   type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
	struct nftnl_set_elem *e;
	struct nftnl_set *s = new_element(which, ifindex, rest, len, &e);

	if (h && s)
		nftnl_set_elems_nlmsg_build_payload(h, s);
	FINISH(b, h, s, set);
}

/* @type: NFT_MSG_NEWSETELEM or NFT_MSG_DELSETELEM */
static void put_addresses(struct batch *b, uint16_t type, int ifindex,
			  const struct guard *g)
{
	for (size_t i = 0; i < g->n_macs; i++)
		put_element(b, type, SET_MACS, ifindex, g->mac[i],
			    sizeof(g->mac[i]));
	for (size_t i = 0; i < g->n_ip4; i++)
		put_element(b, type, SET_IP4S, ifindex, g->ip4[i],
			    sizeof(g->ip4[i]));
	for (size_t i = 0; i < g->n_ip6; i++)
		put_element(b, type, SET_IP6S, ifindex, g->ip6[i],
			    sizeof(g->ip6[i]));
	for (size_t i = 0; i < g->n_nets; i++)
		put_element(b, type, SET_NETS, ifindex, g->net[i],
			    sizeof(g->net[i]));
	if (g->tags)
		put_element(b, type, SET_TAGS, ifindex, NULL, 0);
}

/* The port's own element: where its frames go, and its guard as bytes. */
static void put_port(struct batch *b, int ifindex, const struct guard *g)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	struct nftnl_set_elem *e;
	struct nftnl_set *s = new_element(SET_PORTS, ifindex, NULL, 0, &e);
	uint8_t data[2 + GUARD_PACKED] = { USERDATA_TYPE };
	size_t len = guard_pack(g, data + 2);

	data[1] = (uint8_t)len;
	if (h && s) {
		nftnl_set_elem_set_u32(e, NFTNL_SET_ELEM_VERDICT,
				       (uint32_t)NFT_GOTO);
		nftnl_set_elem_set_str(e, NFTNL_SET_ELEM_CHAIN,
				       guard_name(g->kind));
		/* Without it nobody would know the element any more. */
		if (nftnl_set_elem_set(e, NFTNL_SET_ELEM_USERDATA, data,
				       (uint32_t)len + 2) < 0)
			b->error = -ENOMEM;
		nftnl_set_elems_nlmsg_build_payload(h, s);
	}
	FINISH(b, h, s, set);
}

/* ---- reading an element ----------------------------------------------- */

struct answer {
	bool exists;		/* the element does, … */
	bool is_ours;		/* … and .guard is what we wrote down with it */
	struct guard guard;
	uint64_t packets;
};

static void read_userdata(struct nftnl_set_elem *e, struct answer *ret)
{
	uint32_t len = 0;
	const uint8_t *data = nftnl_set_elem_get(e, NFTNL_SET_ELEM_USERDATA,
						 &len);

	if (data && len > 2 && data[0] == USERDATA_TYPE && data[1] == len - 2)
		ret->is_ours = guard_unpack(data + 2, len - 2, &ret->guard) == 0;
}

static int on_element(const struct nlmsghdr *h, void *arg)
{
	struct nftnl_set *s = nftnl_set_alloc();
	struct nftnl_set_elems_iter *it = NULL;
	struct nftnl_set_elem *e = NULL;
	const struct nftnl_expr *counter;
	struct answer *ret = arg;

	if (s && (h->nlmsg_type & 0xff) == NFT_MSG_NEWSETELEM &&
	    nftnl_set_elems_nlmsg_parse(h, s) == 0)
		it = nftnl_set_elems_iter_create(s);
	if (it)
		e = nftnl_set_elems_iter_next(it);
	if (e) {
		ret->exists = true;
		read_userdata(e, ret);
		counter = nftnl_set_elem_get(e, NFTNL_SET_ELEM_EXPR, NULL);
		if (counter)
			ret->packets = nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_PACKETS);
	}
	if (it)
		nftnl_set_elems_iter_destroy(it);
	if (s)
		nftnl_set_free(s);
	return 0;
}

/* Returns 0, -ENOENT: there is no such element, or another negative errno value. */
static int ask_element(struct nft *t, enum guard_set which, int ifindex,
		       const void *rest, size_t len, struct answer *ret)
{
	char buf[NFT_MESSAGE_MAX];
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETSETELEM,
						   NFPROTO_BRIDGE, 0, ++t->seq);
	struct nftnl_set_elem *e;
	struct nftnl_set *s = new_element(which, ifindex, rest, len, &e);

	if (!s)
		return -ENOMEM;
	nftnl_set_elems_nlmsg_build_payload(h, s);
	nftnl_set_free(s);
	return nft_talk(t, h, h->nlmsg_len, on_element, ret);
}

/* What was put for the port, whether the rules stand or not. */
static int read_port(struct nft *t, int ifindex, struct answer *ret)
{
	int r;

	*ret = (struct answer) { 0 };
	r = ask_element(t, SET_PORTS, ifindex, NULL, 0, ret);
	return r == -ENOENT ? 0 : r;
}

/* ---- what this process knows ------------------------------------------ */

static struct known_guard *find_known(struct nft *t, int ifindex)
{
	for (size_t i = 0; i < t->n_known; i++)
		if (t->known[i].ifindex == ifindex)
			return &t->known[i];
	return NULL;
}

static void remove_known(struct nft *t, struct known_guard *k)
{
	if (k)
		*k = t->known[--t->n_known];
}

/* Without memory for it the port's guard is put back later than the others'. */
static void note(struct nft *t, int ifindex, const struct guard *g)
{
	struct known_guard *k = find_known(t, ifindex), *grown;

	if (g->kind == GUARD_NONE) {
		remove_known(t, k);
		return;
	}
	if (!k) {
		grown = reallocarray(t->known, t->n_known + 1, sizeof(*k));
		if (!grown)
			return;
		t->known = grown;
		k = &t->known[t->n_known++];
	}
	*k = (struct known_guard) { .ifindex = ifindex, .guard = *g };
}

/* ---- what the rest of the house calls --------------------------------- */

int guard_read(struct nft *t, int ifindex, struct guard *ret)
{
	struct answer a;
	int r = read_port(t, ifindex, &a);

	if (r == 0 && a.is_ours) {
		note(t, ifindex, &a.guard);
		r = rules_stand(t);
		if (r == 0)
			a.guard = (struct guard) { 0 };
	}
	if (r < 0)
		return r;
	*ret = a.guard;
	return 0;
}

int guard_set(struct nft *t, int ifindex, const struct guard *g)
{
	struct batch b = { .nft = t };
	struct answer old;
	int r = read_port(t, ifindex, &old);

	if (r < 0)
		return r;
	if (!old.exists && g->kind == GUARD_NONE)
		return 0;
	nft_begin(&b);
	if (g->kind != GUARD_NONE && rules_stand(t) != 1)
		put_everything_shared(&b);
	if (old.exists)
		put_element(&b, NFT_MSG_DELSETELEM, SET_PORTS, ifindex, NULL, 0);
	put_addresses(&b, NFT_MSG_DELSETELEM, ifindex, &old.guard);
	if (g->kind != GUARD_NONE) {
		put_addresses(&b, NFT_MSG_NEWSETELEM, ifindex, g);
		put_port(&b, ifindex, g);
	}
	nft_end(&b);
	r = nft_send(&b);
	if (r == 0)
		note(t, ifindex, g);
	return r;
}

int guard_mend(struct nft *t)
{
	struct batch b = { .nft = t };
	int r;

	if (t->n_known == 0 || rules_stand(t) == 1)
		return 0;
	nft_begin(&b);
	put_everything_shared(&b);
	for (size_t i = 0; i < t->n_known; i++) {
		put_addresses(&b, NFT_MSG_NEWSETELEM, t->known[i].ifindex,
			      &t->known[i].guard);
		put_port(&b, t->known[i].ifindex, &t->known[i].guard);
	}
	nft_end(&b);
	r = nft_send(&b);
	return r < 0 ? r : (int)t->n_known;
}

void guard_forget(struct nft *t, int ifindex)
{
	static const struct guard none;

	if (find_known(t, ifindex) && guard_set(t, ifindex, &none) < 0)
		remove_known(t, find_known(t, ifindex));
}

int guard_drops(struct nft *t, int ifindex, uint64_t ret[GUARD_REASONS])
{
	for (uint32_t why = 0; why < GUARD_REASONS; why++) {
		struct answer a = { 0 };
		int r = ask_element(t, SET_DROPPED, ifindex, &why, sizeof(why),
				    &a);

		if (r < 0 && r != -ENOENT)
			return r;
		ret[why] = a.packets;
	}
	return 0;
}
