/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft.c - a conversation with the kernel's nf_tables, by libmnl */
#include "agent/host/nft.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_SIZE 32768

static void close_socket(struct nft *t)
{
	if (t->sk)
		(void)mnl_socket_close(t->sk);
	t->sk = NULL;
}

static int open_socket(struct nft *t)
{
	if (t->sk)
		return 0;
	t->sk = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!t->sk)
		return -errno;
	if (mnl_socket_bind(t->sk, 0, MNL_SOCKET_AUTOPID) < 0) {
		int r = -errno;

		close_socket(t);
		return r;
	}
	return 0;
}

void nft_close(struct nft *t)
{
	close_socket(t);
	tdestroy(t->known, free);
	t->known = NULL;
}

/* Room for one message.  Returns NULL, and notes the error, for no memory. */
static void *room(struct batch *b)
{
	char *grown;

	if (b->error)
		return NULL;
	if (b->size - b->len < NFT_MESSAGE_MAX) {
		grown = realloc(b->buf, b->size + 8 * NFT_MESSAGE_MAX);
		if (!grown) {
			b->error = -ENOMEM;
			return NULL;
		}
		memset(grown + b->size, 0, 8 * NFT_MESSAGE_MAX);
		b->buf = grown;
		b->size += 8 * NFT_MESSAGE_MAX;
	}
	return b->buf + b->len;
}

void nft_added(struct batch *b, const struct nlmsghdr *h)
{
	b->len += NLMSG_ALIGN(h->nlmsg_len);
}

struct nlmsghdr *nft_start(struct batch *b, uint16_t type, uint16_t flags)
{
	char *at = room(b);

	if (!at)
		return NULL;
	return nftnl_nlmsg_build_hdr(at, type, (uint16_t)b->family, flags,
				     ++b->nft->seq);
}

void nft_begin(struct batch *b)
{
	char *at = room(b);

	if (at)
		nft_added(b, nftnl_batch_begin(at, ++b->nft->seq));
}

void nft_end(struct batch *b)
{
	char *at = room(b);

	if (at)
		nft_added(b, nftnl_batch_end(at, ++b->nft->seq));
}

/* The kernel has worked everything off, and its answers are there, when sendto()
 * returns (netlink_unicast_kernel); only a dump goes on while it is read.
 * Returns 0, the first error that it reports, or -ECONNRESET: an answer was lost, and
 * the conversation begins anew, so that none of an earlier question comes later. */
static int hear(struct nft *t, int (*fn)(const struct nlmsghdr *h, void *arg),
		void *arg)
{
	char buf[ANSWER_SIZE];
	int fd = mnl_socket_get_fd(t->sk);
	int error = 0;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		const struct nlmsghdr *h = (const struct nlmsghdr *)buf;
		int left = (int)n;

		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type == NLMSG_ERROR && !error)
				error = e->error;
			else if (h->nlmsg_type >= NLMSG_MIN_TYPE && fn &&
				 fn(h, arg) < 0 && !error)
				error = -ENOMEM;
		}
	}
	if (n < 0 && errno == EAGAIN)
		return error;
	close_socket(t);
	return -ECONNRESET;
}

/* A transaction is one message for the socket, however long. */
static void make_room(struct nft *t, size_t len)
{
	int size = (int)(2 * len);

	if (len > 16 * NFT_MESSAGE_MAX)
		(void)setsockopt(mnl_socket_get_fd(t->sk), SOL_SOCKET,
				 SO_SNDBUFFORCE, &size, sizeof(size));
}

int nft_talk(struct nft *t, const void *buf, size_t len,
	     int (*fn)(const struct nlmsghdr *h, void *arg), void *arg)
{
	int r = open_socket(t);

	if (r < 0)
		return r;
	make_room(t, len);
	if (mnl_socket_sendto(t->sk, buf, len) < 0)
		return -errno;
	return hear(t, fn, arg);
}

int nft_send(struct batch *b)
{
	int r = b->error;

	if (r == 0)
		r = nft_talk(b->nft, b->buf, b->len, NULL, NULL);
	free(b->buf);
	return r;
}

const char *nft_string(const struct nlmsghdr *h, uint16_t attribute)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == attribute &&
		    mnl_attr_validate(a, MNL_TYPE_NUL_STRING) == 0)
			return mnl_attr_get_str(a);
	return "";
}
