/* SPDX-License-Identifier: GPL-2.0-or-later */
/* addr.c - the IP addresses of a link, by rtnetlink */
#include "agent/host/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>

/* So many are deleted at once; a link has one, rarely two. */
#define FLUSH_MAX 8

/* One address, as RTM_NEWADDR has it (rtnetlink(7)). */
struct address {
	struct ifaddrmsg head;
	size_t len;
	uint8_t bytes[16];
};

/* IFA_LOCAL is the link's own; without a peer IFA_ADDRESS is the same, and inet6
 * has no other (net/ipv4/devinet.c, net/ipv6/addrconf.c). */
static bool parse(struct nl_msg *msg, struct address *ret)
{
	struct nlattr *tb[IFA_MAX + 1] = { 0 };
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct nlattr *a;

	if (h->nlmsg_type != RTM_NEWADDR ||
	    !nlmsg_valid_hdr(h, sizeof(ret->head)) ||
	    nlmsg_parse(h, sizeof(ret->head), tb, IFA_MAX, NULL) < 0)
		return false;
	ret->head = *(const struct ifaddrmsg *)nlmsg_data(h);
	ret->len = ret->head.ifa_family == AF_INET6 ? 16 : 4;
	a = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!a || nla_len(a) != (int)ret->len)
		return false;
	memcpy(ret->bytes, nla_data(a), ret->len);
	return true;
}

/* fe80::/10 (RFC 4291), 169.254.0.0/16 (RFC 3927) */
static bool is_link_local(const struct address *a)
{
	if (a->head.ifa_family == AF_INET6)
		return a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
	return a->bytes[0] == 169 && a->bytes[1] == 254;
}

/* ---- reading ---------------------------------------------------------- */

/* Of one link. */
struct reading {
	uint32_t ifindex;
	struct addresses all;
	struct address link_local[FLUSH_MAX];
	size_t n;
};

static void begin(void *arg)
{
	struct reading *r = arg;

	r->all = (struct addresses) { 0 };
	r->n = 0;
}

static void take(struct reading *r, const struct address *a)
{
	char text[INET6_ADDRSTRLEN];

	if (is_link_local(a)) {
		r->all.has_link_local = true;
		if (r->n < FLUSH_MAX)
			r->link_local[r->n++] = *a;
	} else if (inet_ntop(a->head.ifa_family, a->bytes, text, sizeof(text))) {
		(void)snprintf(r->all.other, sizeof(r->all.other), "%s/%d",
			       text, a->head.ifa_prefixlen);
	}
}

/* The kernel may send all links' addresses: see build_get(). */
static int on_address(struct nl_msg *msg, void *arg)
{
	struct reading *r = arg;
	struct address a;

	if (parse(msg, &a) && a.head.ifa_index == r->ifindex)
		take(r, &a);
	return 0;
}

/* NETLINK_GET_STRICT_CHK (Linux 4.20), which the socket has, makes the kernel
 * send this link's addresses only. */
static struct nl_msg *build_get(const void *question)
{
	const struct reading *r = question;
	struct ifaddrmsg head = { .ifa_family = AF_UNSPEC,
				  .ifa_index = r->ifindex };

	return rtnl_message(RTM_GETADDR, NLM_F_DUMP, &head, sizeof(head));
}

static int ask(struct rtnl *t, int ifindex, struct reading *ret)
{
	*ret = (struct reading) { .ifindex = (uint32_t)ifindex };
	return rtnl_ask(t, build_get, ret, begin, on_address, ret);
}

int addr_read(struct rtnl *t, int ifindex, struct addresses *ret)
{
	struct reading reading;
	int r = ask(t, ifindex, &reading);

	if (r == 0)
		*ret = reading.all;
	return r;
}

/* ---- deleting --------------------------------------------------------- */

static struct nl_msg *build_delete(const struct address *a)
{
	struct ifaddrmsg head = a->head;
	struct nl_msg *msg = rtnl_message(RTM_DELADDR, 0, &head, sizeof(head));

	if (msg && nla_put(msg, IFA_LOCAL, (int)a->len, a->bytes) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

int addr_flush(struct rtnl *t, int ifindex)
{
	struct reading reading;
	int r = ask(t, ifindex, &reading);

	for (size_t i = 0; i < reading.n && r >= 0; i++) {
		struct nl_msg *msg = build_delete(&reading.link_local[i]);

		r = rtnl_talk(t, &msg, 1, NULL, NULL);
		/* Another program was quicker. */
		if (r == -EADDRNOTAVAIL)
			r = 0;
	}
	return r < 0 ? r : 0;
}
