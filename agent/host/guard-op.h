/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard-op.h - private to agent/host: the operations that rules are made of */
#ifndef VIFAGENT_GUARD_OP_H
#define VIFAGENT_GUARD_OP_H

#include <stdbool.h>
#include <stdint.h>

struct nftnl_expr;

enum op_kind {
	OP_END,
	OP_META,		/* .what: enum nft_meta_keys */
	OP_LOAD,		/* .len bytes at .offset of a header */
	OP_FRAGMENT,		/* .len 0: is there a fragment header (1 or 0)?
				 * else its next header */
	OP_AND,			/* with .bytes */
	OP_CMP,			/* .what: enum nft_cmp_ops; with .bytes */
	OP_LOOKUP,		/* .what: enum guard_set */
	OP_MISSING,		/* not in that set */
	OP_GOTO,		/* .chain */
	OP_ACCEPT,
};

/* Operations work on the register; with .second on the part of it behind an
 * ifindex, so that both together are a key. */
struct op {
	enum op_kind kind;
	bool second;
	int what;
	int header;		/* enum nft_payload_bases */
	uint32_t offset, len;
	const char *chain;
	uint8_t bytes[16];
};

/* As libnftnl has it.  All return NULL for no memory.
 * @family:	NFPROTO_BRIDGE or NFPROTO_NETDEV */
struct nftnl_expr *guard_make_op(const struct op *op, int family);

/* @key: NFT_META_IIF is the port as it sends, NFT_META_OIF as it receives */
struct nftnl_expr *guard_make_meta(int key, int family);

struct nftnl_expr *guard_make_verdict(int verdict, const char *chain);

/* The second part of the key of the set of dropped frames, and to count there. */
struct nftnl_expr *guard_make_number(uint32_t number);
struct nftnl_expr *guard_make_count(void);

#endif
