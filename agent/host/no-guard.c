/* SPDX-License-Identifier: GPL-2.0-or-later */
/* no-guard.c - for programs without nftables: ports of a network with a guard fail */
#include <errno.h>

#include "agent/host/guard.h"

void nft_close(struct nft *t)
{
	(void)t;
}

struct guard_port guard_port_of(const struct link *l)
{
	return (struct guard_port) { .ifindex = l->ifindex };
}

int guard_read(struct nft *t, const struct guard_port *p, struct guard *ret)
{
	(void)t;
	(void)p;
	(void)ret;
	return -EOPNOTSUPP;
}

int guard_set(struct nft *t, const struct guard_port *p, const struct guard *g)
{
	(void)t;
	(void)p;
	(void)g;
	return -EOPNOTSUPP;
}

int guard_drops(struct nft *t, const struct guard_port *p,
		uint64_t ret[GUARD_REASONS])
{
	(void)t;
	(void)p;
	(void)ret;
	return -EOPNOTSUPP;
}

void guard_load(struct nft *t)
{
	(void)t;
}

void guard_each(const struct nft *t, guard_fn fn, void *arg)
{
	(void)t;
	(void)fn;
	(void)arg;
}

int guard_mend(struct nft *t)
{
	(void)t;
	return 0;
}

void guard_remove(struct nft *t, int ifindex)
{
	(void)t;
	(void)ifindex;
}

void guard_forget(struct nft *t, int ifindex)
{
	(void)t;
	(void)ifindex;
}
