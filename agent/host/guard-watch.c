/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard-watch.c - notifications of guards that another program has removed */
#include "agent/host/guard-watch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>	/* libnftnl 1.2 forgets it */

#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/host/guard-macvtap.h"
#include "agent/host/guard-table.h"

/* "nft flush ruleset" may tell of thousands of rules that are not ours. */
#define RECEIVE_BUFFER (4 << 20)
#define MESSAGE_SIZE 65536

struct guard_watch {
	struct mnl_socket *sk;
	void (*fn)(int ifindex, void *arg);
	void *arg;
	bool lost;
	_Alignas(struct nlmsghdr) char buf[MESSAGE_SIZE];
};

/* In all messages about parts of a table its name is attribute number 1
 * (NFTA_TABLE_NAME, NFTA_RULE_TABLE, NFTA_SET_ELEM_LIST_TABLE and so on). */
static bool is_ours(const struct nlmsghdr *h)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*head) ||
	    (head->nfgen_family != NFPROTO_BRIDGE &&
	     head->nfgen_family != NFPROTO_NETDEV))
		return false;
	return strcmp(nft_string(h, NFTA_TABLE_NAME), GUARD_TABLE) == 0;
}

/* A chain or a rule of one macvtap is its own matter; the kernel removes them with the
 * macvtap. */
static void tell_chain(struct guard_watch *w, const struct nlmsghdr *h,
		       uint16_t attribute)
{
	int ifindex = macvtap_chain_ifindex(nft_string(h, attribute));

	if (ifindex)
		w->fn(ifindex, w->arg);
	else
		w->lost = true;
}

static void tell_element(struct nftnl_set_elem *e, void *arg)
{
	const struct guard_watch *w = arg;
	int ifindex = guard_element_ifindex(e);

	if (ifindex)
		w->fn(ifindex, w->arg);
}

static void on_change(struct guard_watch *w, const struct nlmsghdr *h)
{
	if (h->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES || !is_ours(h))
		return;
	switch (h->nlmsg_type & 0xff) {
	case NFT_MSG_DELTABLE:
	case NFT_MSG_DELSET:
		w->lost = true;
		break;
	case NFT_MSG_DELCHAIN:
		tell_chain(w, h, NFTA_CHAIN_NAME);
		break;
	case NFT_MSG_DELRULE:
		tell_chain(w, h, NFTA_RULE_CHAIN);
		break;
	case NFT_MSG_DELSETELEM:
		/* Without memory for it we know nothing. */
		w->lost |= guard_each_element(h, SET_PORTS, tell_element, w) < 0;
		break;
	}
}

int guard_watch_open(struct guard_watch **ret)
{
	struct guard_watch *w = calloc(1, sizeof(*w));
	int group = NFNLGRP_NFTABLES, size = RECEIVE_BUFFER;
	int r;

	if (!w)
		return -ENOMEM;
	w->sk = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!w->sk || mnl_socket_bind(w->sk, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(w->sk, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0) {
		r = -errno;
		guard_watch_close(w);
		return r;
	}
	/* Without CAP_NET_ADMIN it is smaller. */
	(void)setsockopt(mnl_socket_get_fd(w->sk), SOL_SOCKET, SO_RCVBUFFORCE,
			 &size, sizeof(size));
	*ret = w;
	return 0;
}

struct guard_watch *guard_watch_close(struct guard_watch *w)
{
	if (w && w->sk)
		(void)mnl_socket_close(w->sk);
	free(w);
	return NULL;
}

int guard_watch_fd(const struct guard_watch *w)
{
	return mnl_socket_get_fd(w->sk);
}

bool guard_watch_read(struct guard_watch *w, void (*fn)(int ifindex, void *arg),
		      void *arg)
{
	ssize_t n;

	w->fn = fn;
	w->arg = arg;
	w->lost = false;
	while ((n = recv(guard_watch_fd(w), w->buf, sizeof(w->buf), 0)) > 0 ||
	       (n < 0 && errno == ENOBUFS)) {
		const struct nlmsghdr *h = (const struct nlmsghdr *)w->buf;
		int left = (int)n;

		w->lost |= n < 0;
		for (; n > 0 && mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
			on_change(w, h);
	}
	return w->lost;
}
