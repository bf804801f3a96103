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
#include <string.h>

#include "agent/host/guard-known.h"
#include "agent/host/guard-macvtap.h"
#include "agent/host/guard-table.h"

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

/* A message about one element; without memory some of it is NULL. */
struct element {
	struct nlmsghdr *h;
	struct nftnl_set *set;
	struct nftnl_set_elem *e;
};

/* @type: NFT_MSG_NEWSETELEM or NFT_MSG_DELSETELEM */
static struct element begin_element(struct batch *b, uint16_t type, enum guard_set which,
				    int ifindex, const void *rest, size_t len)
{
	struct element el = {
		.h = nft_start(b, type, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0),
	};

	el.set = new_element(which, ifindex, rest, len, &el.e);
	return el;
}

static void end_element(struct batch *b, const struct element *el)
{
	if (el->h && el->set)
		nftnl_set_elems_nlmsg_build_payload(el->h, el->set);
	NFT_FINISH(b, el->h, el->set, set);
}

static void put_element(struct batch *b, uint16_t type, enum guard_set which,
			int ifindex, const void *rest, size_t len)
{
	struct element el = begin_element(b, type, which, ifindex, rest, len);

	end_element(b, &el);
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
	struct element el = begin_element(b, type, which, ifindex, NULL, 0);
	struct nftnl_expr *limit = new_limit(kbit);

	if (!limit)
		b->error = -ENOMEM;
	else if (el.e)
		nftnl_set_elem_add_expr(el.e, limit);
	else
		nftnl_expr_free(limit);
	end_element(b, &el);
}

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
	struct element el = begin_element(b, NFT_MSG_NEWSETELEM, SET_PORTS, ifindex, NULL, 0);
	uint8_t data[2 + GUARD_PACKED] = { GUARD_USERDATA };
	size_t len = guard_pack(g, data + 2);

	data[1] = (uint8_t)len;
	/* Without it the element would not be recognized as ours. */
	if (el.e && nftnl_set_elem_set(el.e, NFTNL_SET_ELEM_USERDATA, data,
				       (uint32_t)len + 2) < 0)
		b->error = -ENOMEM;
	end_element(b, &el);
}

/* ---- reading an element ----------------------------------------------- */

struct answer {
	enum guard_set set;	/* of which was asked */
	bool exists;		/* the element does, … */
	bool is_ours;		/* … and .guard is what we wrote down with it */
	struct guard guard;
	struct macvtap_chains chains;
	uint64_t packets;
};

static void read_userdata(struct nftnl_set_elem *e, struct answer *ret)
{
	uint32_t len = 0;
	const uint8_t *data = nftnl_set_elem_get(e, NFTNL_SET_ELEM_USERDATA,
						 &len);

	if (data && len > 2 && data[0] == GUARD_USERDATA && data[1] == len - 2)
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
static int ask_element(struct nft *t, enum guard_set which,
		       const struct guard_port *p, const void *rest, size_t len,
		       struct answer *ret)
{
	char buf[NFT_MESSAGE_MAX] = { 0 };
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETSETELEM,
						   (uint16_t)p->family, 0, ++t->seq);
	struct nftnl_set_elem *e;
	struct nftnl_set *s = new_element(which, p->ifindex, rest, len, &e);

	if (!s)
		return -ENOMEM;
	nftnl_set_elems_nlmsg_build_payload(h, s);
	nftnl_set_free(s);
	ret->set = which;
	return nft_talk(t, h, h->nlmsg_len, on_element, ret);
}

/* What was put for the port, whether the rules stand or not. */
static int read_port(struct nft *t, const struct guard_port *p,
		     struct answer *ret)
{
	int r;

	*ret = (struct answer) { 0 };
	r = ask_element(t, SET_PORTS, p, NULL, 0, ret);
	if (r < 0 && r != -ENOENT)
		return r;
	return macvtap_chains_read(t, p, &ret->chains);
}

/* ---- what other files call --------------------------------- */

struct guard_port guard_port_of(const struct link *l)
{
	struct guard_port p = { .ifindex = l->ifindex, .family = NFPROTO_BRIDGE };

	if (link_is(l, LINK_MACVTAP))
		p.family = NFPROTO_NETDEV;
	memcpy(p.name, l->name, sizeof(p.name));
	return p;
}

int guard_read(struct nft *t, const struct guard_port *p, struct guard *ret)
{
	struct answer a;
	int r = read_port(t, p, &a);

	if (r == 0 && a.is_ours) {
		guard_note(t, p, &a.guard);
		r = guard_rules_stand(t, p->family);
		if (r == 0 || !macvtap_chains_stand(p, &a.chains, &a.guard))
			a.guard = (struct guard) { 0 };
	}
	if (r < 0)
		return r;
	*ret = a.guard;
	return 0;
}

/* All that was put for the port.  @some_are_gone: the kernel refuses to delete what is not
 * there, so it is put first. */
static void remove_port(struct batch *b, const struct guard_port *p,
			const struct answer *old, bool some_are_gone)
{
	if (some_are_gone)
		put_addresses(b, NFT_MSG_NEWSETELEM, p->ifindex, &old->guard);
	macvtap_chains_remove(b, p, &old->chains);
	if (old->exists)
		put_element(b, NFT_MSG_DELSETELEM, SET_PORTS, p->ifindex, NULL, 0);
	put_addresses(b, NFT_MSG_DELSETELEM, p->ifindex, &old->guard);
}

static void add_port(struct batch *b, const struct guard_port *p,
		     const struct guard *g)
{
	put_addresses(b, NFT_MSG_NEWSETELEM, p->ifindex, g);
	put_port(b, p->ifindex, g);
	macvtap_chains_put(b, p, g);
}

static bool has_chains(const struct answer *a)
{
	return a->chains.exists[CHAIN_SENDS] || a->chains.exists[CHAIN_RECEIVES];
}

/* In one transaction. */
static int replace(struct nft *t, const struct guard_port *p, const struct guard *g,
		   const struct answer *old, bool puts_table, bool some_are_gone)
{
	struct batch b = { .nft = t, .family = p->family };

	nft_begin(&b);
	if (puts_table)
		guard_put_table(&b);
	remove_port(&b, p, old, some_are_gone);
	if (!guard_is_none(g))
		add_port(&b, p, g);
	nft_end(&b);
	return nft_send(&b);
}

int guard_set(struct nft *t, const struct guard_port *p, const struct guard *g)
{
	bool puts_table = false;
	struct answer old;
	int r = read_port(t, p, &old);

	if (r < 0)
		return r;
	if (!old.exists && !has_chains(&old) && guard_is_none(g))
		return 0;
	puts_table = !guard_is_none(g) && guard_rules_stand(t, p->family) != 1;
	r = replace(t, p, g, &old, puts_table, false);
	/* Another program has removed some of its elements. */
	if (r == -ENOENT)
		r = replace(t, p, g, &old, puts_table, true);
	if (r == 0 && !puts_table)
		guard_rules_were_kept(t);
	if (r == 0)
		guard_note(t, p, g);
	return r;
}

/* ---- all of them -------------------------------------------------------- */

struct loading {
	struct nft *nft;
	int family;
};

/* A macvtap's name comes with its first check, and stays known. */
static void load_one(struct nftnl_set_elem *e, void *arg)
{
	const struct loading *l = arg;
	struct guard_port p = { .ifindex = guard_element_ifindex(e), .family = l->family };
	const struct guard_port *known = guard_known_port(l->nft, p.ifindex);
	struct answer a = { 0 };

	read_userdata(e, &a);
	if (known)
		p = *known;
	if (p.ifindex && a.is_ours)
		guard_note(l->nft, &p, &a.guard);
}

static int on_elements(const struct nlmsghdr *h, void *arg)
{
	return guard_each_element(h, SET_PORTS, load_one, arg);
}

static void load(struct nft *t, int family)
{
	char buf[NFT_MESSAGE_MAX] = { 0 };
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETSETELEM,
						   (uint16_t)family, NLM_F_DUMP,
						   ++t->seq);
	struct nftnl_set *s = guard_new_set(SET_PORTS);
	struct loading l = { t, family };

	if (!s)
		return;
	nftnl_set_elems_nlmsg_build_payload(h, s);
	nftnl_set_free(s);
	(void)nft_talk(t, h, h->nlmsg_len, on_elements, &l);
}

void guard_load(struct nft *t)
{
	load(t, NFPROTO_BRIDGE);
	load(t, NFPROTO_NETDEV);
}

struct mending {
	struct batch batch;
	int ports;
};

static void mend_one(const struct guard_port *p, const struct guard *g, void *arg)
{
	struct mending *m = arg;

	if (p->family != m->batch.family)
		return;
	/* A hook on a macvtap whose name is not known fails all of them: it is put
	 * back with its check. */
	if (p->family == NFPROTO_NETDEV && !p->name[0])
		return;
	add_port(&m->batch, p, g);
	m->ports++;
}

static void count_one(const struct guard_port *p, const struct guard *g, void *arg)
{
	struct mending *m = arg;

	(void)g;
	m->ports += p->family == m->batch.family;
}

/* Returns the number of ports, or a negative errno value. */
static int mend(struct nft *t, int family)
{
	struct mending m = { .batch = { .nft = t, .family = family } };
	int r;

	guard_each(t, count_one, &m);
	if (!m.ports || guard_rules_stand(t, family) == 1)
		return 0;
	m.ports = 0;
	nft_begin(&m.batch);
	guard_put_table(&m.batch);
	guard_each(t, mend_one, &m);
	nft_end(&m.batch);
	r = nft_send(&m.batch);
	return r < 0 ? r : m.ports;
}

int guard_mend(struct nft *t)
{
	int bridges = mend(t, NFPROTO_BRIDGE);
	int macvtaps = mend(t, NFPROTO_NETDEV);

	if (bridges < 0 || macvtaps < 0)
		return bridges < 0 ? bridges : macvtaps;
	return bridges + macvtaps;
}

void guard_remove(struct nft *t, int ifindex)
{
	static const struct guard none;
	const struct guard_port *known = guard_known_port(t, ifindex);
	struct guard_port p;

	if (!known)
		return;
	p = *known;
	(void)guard_set(t, &p, &none);
	guard_note(t, &p, &none);
}

void guard_forget(struct nft *t, int ifindex)
{
	static const struct guard none;
	const struct guard_port *known = guard_known_port(t, ifindex);
	struct guard_port p;
	struct answer a;

	if (!known)
		return;
	p = *known;
	if (read_port(t, &p, &a) == 0 && !a.exists)
		guard_note(t, &p, &none);
}

int guard_drops(struct nft *t, const struct guard_port *p,
		uint64_t ret[GUARD_REASONS])
{
	for (uint32_t why = 0; why < GUARD_REASONS; why++) {
		struct answer a = { 0 };
		int r = ask_element(t, SET_DROPPED, p, &why, sizeof(why), &a);

		if (r < 0 && r != -ENOENT)
			return r;
		ret[why] = a.packets;
	}
	return 0;
}
