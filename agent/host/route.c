/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route.c - the routes over a link, by rtnetlink */
#include "agent/host/route.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdio.h>

struct reading {
	uint32_t ifindex;
	char *ret;
};

/* With NETLINK_GET_STRICT_CHK (Linux 4.20) the kernel sends this link's only. */
static struct nl_msg *build_get(const void *question)
{
	const struct reading *r = question;
	struct rtmsg head = { .rtm_family = AF_UNSPEC };
	struct nl_msg *msg = rtnl_message(RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head));

	if (msg && nla_put_u32(msg, RTA_OIF, r->ifindex) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static void print(const struct rtmsg *head, const struct nlattr *to,
		  char ret[ROUTE_SIZE])
{
	int size = head->rtm_family == AF_INET6 ? 16 : 4;
	char text[INET6_ADDRSTRLEN];

	if (to && nla_len(to) == size &&
	    inet_ntop(head->rtm_family, nla_data(to), text, sizeof(text)))
		(void)snprintf(ret, ROUTE_SIZE, "%s/%d", text,
			       head->rtm_dst_len);
	else
		(void)snprintf(ret, ROUTE_SIZE, "default");
}

/* What the kernel makes itself goes with addresses and with the link. */
static int on_route(struct nl_msg *msg, void *arg)
{
	struct nlattr *tb[RTA_MAX + 1] = { 0 };
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct reading *r = arg;
	const struct rtmsg *head;

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    !nlmsg_valid_hdr(h, sizeof(*head)) ||
	    nlmsg_parse(h, sizeof(*head), tb, RTA_MAX, NULL) < 0)
		return 0;
	head = nlmsg_data(h);
	if (head->rtm_type != RTN_UNICAST ||
	    head->rtm_protocol == RTPROT_KERNEL || !tb[RTA_OIF] ||
	    nla_get_u32(tb[RTA_OIF]) != r->ifindex)
		return 0;
	print(head, tb[RTA_DST], r->ret);
	return 1;
}

static void begin(void *arg)
{
	const struct reading *r = arg;

	r->ret[0] = '\0';
}

int route_find(struct rtnl *t, int ifindex, char ret[ROUTE_SIZE])
{
	struct reading r = { .ifindex = (uint32_t)ifindex, .ret = ret };
	int err = rtnl_ask(t, build_get, &r, begin, on_route, &r);

	return err < 0 ? err : 0;
}
