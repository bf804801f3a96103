/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard-rules.h - private to agent/host: the rules that every guarded port shares, and those of hooks */
#ifndef VIFAGENT_GUARD_RULES_H
#define VIFAGENT_GUARD_RULES_H

#include <stddef.h>

#include "agent/host/guard-sets.h"

struct nftnl_rule;

/* Its chains without hooks. */
extern const char *const guard_chains[];
extern const size_t guard_n_chains;

/*
 * guard_mark() - the user data that each of our rules has
 *
 * It depends on what all the rules are: those of another version of ours have another
 * mark, and a rule that somebody has put in the place of one of ours has none.
 */
#define GUARD_MARK_SIZE 6
void guard_mark(uint8_t ret[GUARD_MARK_SIZE]);

/* Their number, and one of them, to be freed.  guard_rule() returns NULL for no memory.
 * @family:	NFPROTO_BRIDGE or NFPROTO_NETDEV */
size_t guard_n_rules(void);
struct nftnl_rule *guard_rule(size_t i, int family);

/* Where frames come from: chains with a hook. */
enum guard_hook { HOOK_SENDS, HOOK_RECEIVES, GUARD_HOOKS };

/* Its only rule, for a chain of that name; as above. */
struct nftnl_rule *guard_hook_rule(enum guard_hook hook, int family,
				   const char *chain);

#endif
