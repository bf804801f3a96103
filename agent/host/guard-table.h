/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard-table.h - private to agent/host: our table in nftables, and what all ports share */
#ifndef VIFAGENT_GUARD_TABLE_H
#define VIFAGENT_GUARD_TABLE_H

#include <stdbool.h>

#include "agent/host/guard-rules.h"
#include "agent/host/nft.h"

struct nftnl_set;
struct nftnl_set_elem;

/* One of our sets, to be sent about, empty.  Returns NULL for no memory. */
struct nftnl_set *guard_new_set(enum guard_set which);

/*
 * guard_each_element() - the elements of one of our sets of which a message tells
 *
 * Calls @fn for each.  Returns 0 or -ENOMEM; a message about something else has none.
 */
int guard_each_element(const struct nlmsghdr *h, enum guard_set which,
		       void (*fn)(struct nftnl_set_elem *e, void *arg), void *arg);

/* The ifindex that its key begins with; 0: it has none. */
int guard_element_ifindex(struct nftnl_set_elem *e);

/*
 * guard_put_table() - the table, its sets, chains and rules
 *
 * What is there already stays, with the other ports' elements; rules that somebody has
 * removed or changed are as they were.
 */
void guard_put_table(struct batch *b);

/* Are all rules of that family there?  Returns 1, 0, or a negative errno value. */
int guard_rules_stand(struct nft *t, int family);

/* The number of our rules, of one chain or of all that all ports share (@chain NULL); 0 if
 * there are any others among them.  Returns 0 or a negative errno value. */
int guard_count_rules(struct nft *t, int family, const char *chain, size_t *ret);

/* A chain of our table. */
struct guard_chain {
	const char *name;
	bool has_hook;
	uint32_t hook;
	int32_t priority;
	const char *device;	/* of a macvtap's; or NULL */
};

/* It stays as it is if it is there. */
void guard_put_chain(struct batch *b, const struct guard_chain *chain);

/* A transaction of ours, which left the rules alone, was carried out. */
void guard_rules_were_kept(struct nft *t);

/* Remove a chain's rules, and put the one of a hook. */
void guard_flush_chain(struct batch *b, const char *chain);
void guard_put_hook_rule(struct batch *b, enum guard_hook hook, const char *chain);

#endif
