/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.c - notifications of every change of a link, and of new addresses */
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/host/host.h"
#include "agent/host/rtnl.h"

/* Room for the notifications of 1,000 links (1.9 KB each as a skb's truesize
 * counts, several for each) while we are busy. */
#define RECEIVE_BUFFER (16 << 20)

/* A socket that fails this often in one call is broken. */
#define FAILURES_MAX 8

struct host_watch {
	struct nl_sock *sk;
	void (*fn)(const struct host_event *ev, void *arg);
	void *arg;
	bool lost;		/* a notification, during this call */
};

/* Of a message with a head of @size bytes, and the ifindex in it at @offset. */
static int parse_details(const struct nlmsghdr *h, int size, size_t offset,
			 struct host_event *ret)
{
	if (!nlmsg_valid_hdr(h, size))
		return -EBADMSG;
	ret->what = HOST_DETAILS;
	memcpy(&ret->link.ifindex, (const char *)nlmsg_data(h) + offset,
	       sizeof(ret->link.ifindex));
	return 0;
}

static int parse(struct nl_msg *msg, struct host_event *ret)
{
	const struct nlmsghdr *h = nlmsg_hdr(msg);

	switch (h->nlmsg_type) {
	case RTM_NEWADDR:
		return parse_details(h, sizeof(struct ifaddrmsg),
				     offsetof(struct ifaddrmsg, ifa_index), ret);
	case RTM_NEWVLAN:
	case RTM_DELVLAN:
		return parse_details(h, sizeof(struct br_vlan_msg),
				     offsetof(struct br_vlan_msg, ifindex), ret);
	case RTM_DELLINK:
		ret->what = HOST_LINK_GONE;
		break;
	}
	if (rtnl_parse_port(msg, &ret->link) == 0) {
		ret->what = HOST_OPTIONS;
		return 0;
	}
	return rtnl_parse(msg, &ret->link);
}

static int on_message(struct nl_msg *msg, void *arg)
{
	struct host_watch *w = arg;
	struct host_event ev = { .what = HOST_LINK };
	int r = parse(msg, &ev);

	w->lost |= r == -ENOMEM;
	if (r == 0)
		w->fn(&ev, w->arg);
	return NL_OK;
}

int host_watch_open(struct host_watch **ret)
{
	struct host_watch *w = calloc(1, sizeof(*w));
	int size = RECEIVE_BUFFER;
	int r;

	if (!w)
		return -ENOMEM;
	r = rtnl_socket(false, &w->sk);
	if (r < 0)
		goto fail;
	/* SO_RCVBUFFORCE needs CAP_NET_ADMIN; without it the buffer is smaller */
	if (setsockopt(nl_socket_get_fd(w->sk), SOL_SOCKET, SO_RCVBUFFORCE,
		       &size, sizeof(size)) < 0)
		(void)nl_socket_set_buffer_size(w->sk, size, 0);
	nl_socket_disable_seq_check(w->sk);
	nl_socket_modify_cb(w->sk, NL_CB_VALID, NL_CB_CUSTOM, on_message, w);
	errno = 0;
	if (nl_socket_add_memberships(w->sk, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
				      RTNLGRP_IPV6_IFADDR, 0) < 0 ||
	    nl_socket_set_nonblocking(w->sk) < 0) {
		r = errno ? -errno : -EIO;
		goto fail;
	}
	/* Before Linux 5.6 nothing is heard of VLANs. */
	(void)nl_socket_add_membership(w->sk, RTNLGRP_BRVLAN);
	*ret = w;
	return 0;
fail:
	host_watch_close(w);
	return r;
}

struct host_watch *host_watch_close(struct host_watch *w)
{
	if (w)
		nl_socket_free(w->sk);
	free(w);
	return NULL;
}

int host_watch_fd(const struct host_watch *w)
{
	return nl_socket_get_fd(w->sk);
}

int host_watch_read(struct host_watch *w,
		    void (*fn)(const struct host_event *ev, void *arg),
		    void *arg)
{
	int r = 0;

	w->fn = fn;
	w->arg = arg;
	w->lost = false;
	for (int i = 0; i < FAILURES_MAX; ) {
		r = nl_recvmsgs_default(w->sk);
		if (r == -NLE_AGAIN)
			return w->lost ? HOST_OVERFLOW : 0;
		if (r >= 0)
			continue;
		/* libnl has the same error for ENOBUFS and ENOMEM. */
		w->lost = true;
		i++;
		if (r == -NLE_MSG_TRUNC)
			nl_socket_enable_msg_peek(w->sk);
	}
	return -EIO;
}
