/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft.h - private to agent/host: a conversation with the kernel's nf_tables */
#ifndef VIFAGENT_NFT_H
#define VIFAGENT_NFT_H

#include <errno.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/core/guard.h"

struct mnl_socket;

/* No message of ours is longer.  They are built in zeroed memory, since libmnl leaves what it
 * pads as it is. */
#define NFT_MESSAGE_MAX ((size_t)8192)

/* The socket is opened when it is needed first. */
struct nft {
	struct mnl_socket *sk;	/* or NULL */
	uint32_t seq;
	void *known;		/* guards: see guard-known.c */
	uint32_t stood_at[2];	/* see guard_rules_stand() */
};

void nft_close(struct nft *t);

/* Messages of one transaction. */
struct batch {
	struct nft *nft;
	int family;		/* NFPROTO_BRIDGE or NFPROTO_NETDEV */
	char *buf;
	size_t len, size;
	int error;		/* 0, or the first failure to build it */
};

void nft_begin(struct batch *b);
void nft_end(struct batch *b);

/* Begin a message: its head.  Returns NULL, and notes the error, for no memory. */
struct nlmsghdr *nft_start(struct batch *b, uint16_t type, uint16_t flags);

/* It is complete. */
void nft_added(struct batch *b, const struct nlmsghdr *h);

/* A message was made from an object, which is freed here. */
#define NFT_FINISH(b, h, object, type) \
	do { \
		if (object) \
			nftnl_ ## type ## _free(object); \
		else \
			(b)->error = -ENOMEM; \
		if ((h) && (object)) \
			nft_added(b, h); \
	} while (0)

/*
 * nft_send() - carry a transaction out, whole or not at all
 *
 * Frees it.  Returns 0 or the first error.
 */
int nft_send(struct batch *b);

/*
 * nft_talk() - send messages as they are
 * @fn:		called for each answer; returns 0 or -ENOMEM; may be NULL
 *
 * Returns 0; the first error that the kernel reports, or that of the socket; or
 * -ECONNRESET: an answer was lost, and what was sent may be done.
 */
int nft_talk(struct nft *t, const void *buf, size_t len,
	     int (*fn)(const struct nlmsghdr *h, void *arg), void *arg);

/* A string in a message about a part of a table: its attribute of that number, or "". */
const char *nft_string(const struct nlmsghdr *h, uint16_t attribute);

#endif
