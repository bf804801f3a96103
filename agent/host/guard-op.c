/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard-op.c - the operations that rules are made of, as libnftnl has them */
#include "agent/host/guard-op.h"

#include <stdio.h>	/* libnftnl 1.2 forgets it */

#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "agent/host/guard-sets.h"

/* Where the two parts of a key are. */
#define FIRST NFT_REG32_00
#define SECOND NFT_REG32_01

static struct nftnl_expr *make_lookup(const struct op *op)
{
	struct nftnl_expr *e = nftnl_expr_alloc("lookup");

	if (!e)
		return NULL;
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, FIRST);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, guard_sets[op->what].name);
	if (op->kind == OP_MISSING)
		nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	return e;
}

struct nftnl_expr *guard_make_verdict(int verdict, const char *chain)
{
	struct nftnl_expr *e = nftnl_expr_alloc("immediate");

	if (!e)
		return NULL;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	if (chain)
		nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, chain);
	return e;
}

/* A bridge receives what a port sends; a macvtap passes on what its guest sends. */
static int other_side(int key)
{
	if (key == NFT_META_IIF)
		return NFT_META_OIF;
	return key == NFT_META_OIF ? NFT_META_IIF : key;
}

struct nftnl_expr *guard_make_meta(int key, int family)
{
	struct nftnl_expr *e = nftnl_expr_alloc("meta");

	if (!e)
		return NULL;
	if (family == NFPROTO_NETDEV)
		key = other_side(key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, (uint32_t)key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, FIRST);
	return e;
}

static struct nftnl_expr *make_load(const struct op *op)
{
	struct nftnl_expr *e = nftnl_expr_alloc("payload");

	if (!e)
		return NULL;
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, op->second ? SECOND : FIRST);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, (uint32_t)op->header);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, op->offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, op->len);
	return e;
}

#define IPV6_FRAGMENT 44	/* RFC 8200 */

/* The next header is the fragment header's first byte. */
static struct nftnl_expr *make_fragment(const struct op *op)
{
	struct nftnl_expr *e = nftnl_expr_alloc("exthdr");

	if (!e)
		return NULL;
	nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_DREG, FIRST);
	nftnl_expr_set_u8(e, NFTNL_EXPR_EXTHDR_TYPE, IPV6_FRAGMENT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_OP, NFT_EXTHDR_OP_IPV6);
	nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_OFFSET, 0);
	nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_LEN, 1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_FLAGS,
			   op->len ? 0 : NFT_EXTHDR_F_PRESENT);
	return e;
}

static struct nftnl_expr *make_and(const struct op *op)
{
	static const uint8_t zero[16];
	struct nftnl_expr *e = nftnl_expr_alloc("bitwise");

	if (!e)
		return NULL;
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, op->second ? SECOND : FIRST);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, op->second ? SECOND : FIRST);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, op->len);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, op->bytes, op->len);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, zero, op->len);
	return e;
}

static struct nftnl_expr *make_cmp(const struct op *op)
{
	struct nftnl_expr *e = nftnl_expr_alloc("cmp");

	if (!e)
		return NULL;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, FIRST);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, (uint32_t)op->what);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, op->bytes, op->len);
	return e;
}

struct nftnl_expr *guard_make_op(const struct op *op, int family)
{
	switch (op->kind) {
	case OP_META:
		return guard_make_meta(op->what, family);
	case OP_LOAD:
		return make_load(op);
	case OP_FRAGMENT:
		return make_fragment(op);
	case OP_AND:
		return make_and(op);
	case OP_CMP:
		return make_cmp(op);
	case OP_LOOKUP:
	case OP_MISSING:
		return make_lookup(op);
	case OP_GOTO:
		return guard_make_verdict(NFT_GOTO, op->chain);
	case OP_ACCEPT:
		return guard_make_verdict(NF_ACCEPT, NULL);
	case OP_END:
		break;
	}
	return NULL;
}

struct nftnl_expr *guard_make_number(uint32_t number)
{
	struct nftnl_expr *e = nftnl_expr_alloc("immediate");

	if (!e)
		return NULL;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, SECOND);
	nftnl_expr_set(e, NFTNL_EXPR_IMM_DATA, &number, sizeof(number));
	return e;
}

/* libnftnl takes no NULL. */
static void free_expr(struct nftnl_expr *e)
{
	if (e)
		nftnl_expr_free(e);
}

/* "update @dropped { iif . number counter }", or oif */
struct nftnl_expr *guard_make_count(void)
{
	struct nftnl_expr *e = nftnl_expr_alloc("dynset");
	struct nftnl_expr *counter = nftnl_expr_alloc("counter");

	if (!e || !counter) {
		free_expr(e);
		free_expr(counter);
		return NULL;
	}
	nftnl_expr_set_u32(e, NFTNL_EXPR_DYNSET_SREG_KEY, FIRST);
	nftnl_expr_set_u32(e, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
	nftnl_expr_set_str(e, NFTNL_EXPR_DYNSET_SET_NAME,
			   guard_sets[SET_DROPPED].name);
	nftnl_expr_add_expr(e, NFTNL_EXPR_DYNSET_EXPR, counter);
	return e;
}
