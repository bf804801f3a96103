/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard-macvtap.c - the chains of a macvtap */
#include "agent/host/guard-macvtap.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>	/* libnftnl 1.2 forgets it */

#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "agent/host/guard-table.h"

/* As a bridge's port has it in guard-table.c. */
#define PRIORITY (-310)

#define CHAIN_NAMESIZE 24

static const struct {
	const char *prefix;
	uint32_t hook;
	enum guard_hook rules;	/* as a bridge's port has it */
} chains[MACVTAP_CHAINS] = {
	[CHAIN_SENDS] = { "sends-", NF_NETDEV_EGRESS, HOOK_SENDS },
	[CHAIN_RECEIVES] = { "receives-", NF_NETDEV_INGRESS, HOOK_RECEIVES },
};

static void name_chain(int which, int ifindex, char buf[CHAIN_NAMESIZE])
{
	(void)snprintf(buf, CHAIN_NAMESIZE, "%s%d", chains[which].prefix, ifindex);
}

int macvtap_chain_ifindex(const char *chain)
{
	unsigned long n;

	for (int i = 0; i < MACVTAP_CHAINS; i++) {
		size_t len = strlen(chains[i].prefix);

		if (strncmp(chain, chains[i].prefix, len) == 0 &&
		    text_number(chain + len, INT32_MAX, &n) == 0)
			return (int)n;
	}
	return 0;
}

static bool needs(int which, const struct guard *g)
{
	if (guard_is_none(g))
		return false;
	return which == CHAIN_SENDS || g->rate.receive;
}

/* ---- asking ------------------------------------------------------------ */

struct found {
	const char *device;	/* where it must be */
	bool is_there;
};

/* Since Linux 6.16 a hook is for a name, and a rename leaves it behind; before, it
 * follows its device. */
static int on_chain(const struct nlmsghdr *h, void *arg)
{
	struct nftnl_chain *c = nftnl_chain_alloc();
	struct found *ret = arg;
	const char *device = NULL;

	if (!c)
		return -ENOMEM;
	if (nftnl_chain_nlmsg_parse(h, c) == 0)
		device = nftnl_chain_get_str(c, NFTNL_CHAIN_DEV);
	ret->is_there = device && strcmp(device, ret->device) == 0;
	nftnl_chain_free(c);
	return 0;
}

/* Returns 1: it exists, 0, or a negative errno value. */
static int ask_chain(struct nft *t, const char *name, struct found *ret)
{
	char buf[512] = { 0 };
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETCHAIN, NFPROTO_NETDEV,
						   0, ++t->seq);
	int r;

	mnl_attr_put_strz(h, NFTA_CHAIN_TABLE, GUARD_TABLE);
	mnl_attr_put_strz(h, NFTA_CHAIN_NAME, name);
	r = nft_talk(t, h, h->nlmsg_len, on_chain, ret);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : 1;
}

int macvtap_chains_read(struct nft *t, const struct guard_port *p,
			struct macvtap_chains *ret)
{
	*ret = (struct macvtap_chains) { 0 };
	for (int i = 0; p->family == NFPROTO_NETDEV && i < MACVTAP_CHAINS; i++) {
		struct found found = { .device = p->name };
		char name[CHAIN_NAMESIZE];
		size_t n = 0;
		int r;

		name_chain(i, p->ifindex, name);
		r = ask_chain(t, name, &found);
		if (r == 0)
			continue;
		if (r > 0)
			r = guard_count_rules(t, NFPROTO_NETDEV, name, &n);
		if (r < 0)
			return r;
		ret->exists[i] = true;
		ret->stands[i] = found.is_there && n == 1;
	}
	return 0;
}

bool macvtap_chains_stand(const struct guard_port *p, const struct macvtap_chains *c,
			  const struct guard *g)
{
	for (int i = 0; p->family == NFPROTO_NETDEV && i < MACVTAP_CHAINS; i++)
		if (needs(i, g) ? !c->stands[i] : c->exists[i])
			return false;
	return true;
}

/* ---- changing ---------------------------------------------------------- */

static void delete_chain(struct batch *b, const char *name)
{
	struct nlmsghdr *h = nft_start(b, NFT_MSG_DELCHAIN, 0);
	struct nftnl_chain *c = nftnl_chain_alloc();

	if (h && c) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, GUARD_TABLE);
		nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
		nftnl_chain_nlmsg_build_payload(h, c);
	}
	NFT_FINISH(b, h, c, chain);
}

void macvtap_chains_remove(struct batch *b, const struct guard_port *p,
			   const struct macvtap_chains *c)
{
	char name[CHAIN_NAMESIZE];

	for (int i = 0; i < MACVTAP_CHAINS; i++) {
		if (!c->exists[i])
			continue;
		name_chain(i, p->ifindex, name);
		guard_flush_chain(b, name);
		delete_chain(b, name);
	}
}

void macvtap_chains_put(struct batch *b, const struct guard_port *p,
			const struct guard *g)
{
	char name[CHAIN_NAMESIZE];

	for (int i = 0; p->family == NFPROTO_NETDEV && i < MACVTAP_CHAINS; i++) {
		if (!needs(i, g))
			continue;
		name_chain(i, p->ifindex, name);
		guard_put_chain(b, &(struct guard_chain){
			.name = name, .has_hook = true, .hook = chains[i].hook,
			.priority = PRIORITY, .device = p->name });
		guard_flush_chain(b, name);
		guard_put_hook_rule(b, chains[i].rules, name);
	}
}
