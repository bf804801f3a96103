/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard.c - the guard of ports in the kernel's nftables */
#include "agent/host/guard.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>	/* libnftnl 1.2 forgets it */

#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "agent/host/guard-table.h"

/* A type for what we write down with an element, other than those of nft
 * (enum nftnl_udata_set_elem_types, libnftnl/udata.h). */
#define USERDATA_TYPE 0x76

/* ---- elements --------------------------------------------------------- */

#define KEY_MAX 20

/* A set with one element, to be sent about. */
static struct nftnl_set *new_element(enum guard_set which, int ifindex,
				     const void *rest, size_t len,
				     struct nftnl_set_elem **ret)
{
	struct nftnl_set *s = guard_new_set(which);
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
	NFT_FINISH(b, h, s, set);
}

/* So much may come at once: no frame that the kernel has not cut yet is longer (64 KiB and
 * headers), and a slow rate must let it through. */
#define BURST (128 << 10)

/* What exceeds a rate, in kbit/s.  The kernel also lets what one second allows come at once
 * (nft_limit_init, net/netfilter/nft_limit.c). */
static struct nftnl_expr *new_limit(uint32_t kbit)
{
	struct nftnl_expr *e = nftnl_expr_alloc("limit");

	if (!e)
		return NULL;
	nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_RATE, (uint64_t)kbit * 1000 / 8);
	nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_UNIT, 1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_BURST, BURST);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKT_BYTES);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_FLAGS, NFT_LIMIT_F_INV);
	return e;
}

static void put_limit(struct batch *b, uint16_t type, enum guard_set which,
		      int ifindex, uint32_t kbit)
{
	struct nlmsghdr *h = nft_start(b, type,
				   type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
	struct nftnl_set_elem *e;
	struct nftnl_set *s = new_element(which, ifindex, NULL, 0, &e);
	struct nftnl_expr *limit = new_limit(kbit);

	if (!limit)
		b->error = -ENOMEM;
	else if (s)
		nftnl_set_elem_add_expr(e, limit);
	else
		nftnl_expr_free(limit);
	if (h && s)
		nftnl_set_elems_nlmsg_build_payload(h, s);
	NFT_FINISH(b, h, s, set);
}

/* @type: NFT_MSG_NEWSETELEM or NFT_MSG_DELSETELEM */
static void put_rates(struct batch *b, uint16_t type, int ifindex,
		      const struct guard *g)
{
	if (g->rate.send)
		put_limit(b, type, SET_SENT, ifindex, g->rate.send);
	if (g->rate.receive)
		put_limit(b, type, SET_RECEIVED, ifindex, g->rate.receive);
	if (rate_is_limited(&g->rate) && g->kind == GUARD_NONE)
		put_element(b, type, SET_RATE_ONLY, ifindex, NULL, 0);
}

/* The same */
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
	if (g->kind == GUARD_MAC)
		put_element(b, type, SET_MAC_ONLY, ifindex, NULL, 0);
	put_rates(b, type, ifindex, g);
}

/* The port's own element, with its guard as bytes. */
static void put_port(struct batch *b, int ifindex, const struct guard *g)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	struct nftnl_set_elem *e;
	struct nftnl_set *s = new_element(SET_PORTS, ifindex, NULL, 0, &e);
	uint8_t data[2 + GUARD_PACKED] = { USERDATA_TYPE };
	size_t len = guard_pack(g, data + 2);

	data[1] = (uint8_t)len;
	if (h && s) {
		/* Without it the element would not be recognized as ours. */
		if (nftnl_set_elem_set(e, NFTNL_SET_ELEM_USERDATA, data,
				       (uint32_t)len + 2) < 0)
			b->error = -ENOMEM;
		nftnl_set_elems_nlmsg_build_payload(h, s);
	}
	NFT_FINISH(b, h, s, set);
}

/* ---- reading an element ----------------------------------------------- */

struct answer {
	enum guard_set set;	/* of which was asked */
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

static void read_element(struct nftnl_set_elem *e, void *arg)
{
	const struct nftnl_expr *counter = nftnl_set_elem_get(e, NFTNL_SET_ELEM_EXPR, NULL);
	struct answer *ret = arg;

	ret->exists = true;
	read_userdata(e, ret);
	if (counter)
		ret->packets = nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_PACKETS);
}

static int on_element(const struct nlmsghdr *h, void *arg)
{
	struct answer *ret = arg;

	return guard_each_element(h, ret->set, read_element, ret);
}

/* Returns 0; -ENOENT: the element does not exist; or another negative errno value. */
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
	ret->set = which;
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

/* A guard that it has put or found; in a tree, by ifindex. */
struct known {
	int ifindex;
	struct guard guard;
};

static int by_ifindex(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

static struct known *find_known(const struct nft *t, int ifindex)
{
	const struct known key = { .ifindex = ifindex };
	struct known **found = tfind(&key, &t->known, by_ifindex);

	return found ? *found : NULL;
}

static void remove_known(struct nft *t, struct known *k)
{
	if (!k)
		return;
	(void)tdelete(k, &t->known, by_ifindex);
	free(k);
}

/* Without memory for it the port's guard is put back later than the others'. */
static void note(struct nft *t, int ifindex, const struct guard *g)
{
	struct known *k = find_known(t, ifindex);

	if (guard_is_none(g)) {
		remove_known(t, k);
		return;
	}
	if (!k) {
		k = calloc(1, sizeof(*k));
		if (!k)
			return;
		k->ifindex = ifindex;
		if (!tsearch(k, &t->known, by_ifindex)) {
			free(k);
			return;
		}
	}
	k->guard = *g;
}

/* ---- what the rest of the house calls --------------------------------- */

int guard_read(struct nft *t, int ifindex, struct guard *ret)
{
	struct answer a;
	int r = read_port(t, ifindex, &a);

	if (r == 0 && a.is_ours) {
		note(t, ifindex, &a.guard);
		r = guard_rules_stand(t);
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
	if (!old.exists && guard_is_none(g))
		return 0;
	nft_begin(&b);
	if (!guard_is_none(g) && guard_rules_stand(t) != 1)
		guard_put_table(&b);
	if (old.exists)
		put_element(&b, NFT_MSG_DELSETELEM, SET_PORTS, ifindex, NULL, 0);
	put_addresses(&b, NFT_MSG_DELSETELEM, ifindex, &old.guard);
	if (!guard_is_none(g)) {
		put_addresses(&b, NFT_MSG_NEWSETELEM, ifindex, g);
		put_port(&b, ifindex, g);
	}
	nft_end(&b);
	r = nft_send(&b);
	if (r == 0)
		note(t, ifindex, g);
	return r;
}

/* ---- all of them -------------------------------------------------------- */

static void load_one(struct nftnl_set_elem *e, void *arg)
{
	int ifindex = guard_element_ifindex(e);
	struct answer a = { 0 };

	read_userdata(e, &a);
	if (ifindex && a.is_ours)
		note(arg, ifindex, &a.guard);
}

static int on_elements(const struct nlmsghdr *h, void *arg)
{
	return guard_each_element(h, SET_PORTS, load_one, arg);
}

int guard_load(struct nft *t)
{
	char buf[NFT_MESSAGE_MAX];
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETSETELEM,
						   NFPROTO_BRIDGE, NLM_F_DUMP,
						   ++t->seq);
	struct nftnl_set *s = guard_new_set(SET_PORTS);

	if (!s)
		return -ENOMEM;
	nftnl_set_elems_nlmsg_build_payload(h, s);
	nftnl_set_free(s);
	return nft_talk(t, h, h->nlmsg_len, on_elements, t);
}

struct each {
	guard_fn fn;
	void *arg;
};

static void each_one(const void *node, VISIT visit, void *arg)
{
	const struct known *k = *(struct known *const *)node;
	const struct each *e = arg;

	if (visit == postorder || visit == leaf)
		e->fn(k->ifindex, &k->guard, e->arg);
}

void guard_each(const struct nft *t, guard_fn fn, void *arg)
{
	struct each e = { fn, arg };

	twalk_r(t->known, each_one, &e);
}

struct mending {
	struct batch batch;
	int ports;
};

static void mend_one(int ifindex, const struct guard *g, void *arg)
{
	struct mending *m = arg;

	put_addresses(&m->batch, NFT_MSG_NEWSETELEM, ifindex, g);
	put_port(&m->batch, ifindex, g);
	m->ports++;
}

int guard_mend(struct nft *t)
{
	struct mending m = { .batch.nft = t };
	int r;

	if (!t->known || guard_rules_stand(t) == 1)
		return 0;
	nft_begin(&m.batch);
	guard_put_table(&m.batch);
	guard_each(t, mend_one, &m);
	nft_end(&m.batch);
	r = nft_send(&m.batch);
	return r < 0 ? r : m.ports;
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
