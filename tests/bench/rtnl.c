/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnl.c - rtnetlink's messages about links, and nothing around them */
#include "tests/bench/rtnl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* As much as the kernel puts into one piece of a dump. */
#define BUF_SIZE 32768

int rtnl_open(uint32_t groups)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK,
				  .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int one = 1, size = 64 << 20;

	if (fd < 0 || bind(fd, (struct sockaddr *)&nl, sizeof(nl)) < 0)
		return -1;
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	if (groups)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
				 sizeof(size));
	return fd;
}

void rtnl_begin(struct rtnl_message *m, uint16_t type, uint16_t flags,
		int ifindex)
{
	m->h = (struct nlmsghdr) {
		.nlmsg_len = NLMSG_LENGTH(sizeof(m->link)),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | flags,
	};
	m->link = (struct ifinfomsg) { .ifi_family = AF_UNSPEC,
				       .ifi_index = ifindex };
}

void rtnl_add(struct rtnl_message *m, uint16_t type, const void *data,
	      size_t len)
{
	struct rtattr *a = (struct rtattr *)((char *)m +
					     NLMSG_ALIGN(m->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	m->h.nlmsg_len = NLMSG_ALIGN(m->h.nlmsg_len) +
			 (uint32_t)RTA_ALIGN(a->rta_len);
}

int rtnl_change(int fd, struct rtnl_message *m)
{
	struct { struct nlmsghdr h; struct nlmsgerr e; char rest[512]; } answer;

	m->h.nlmsg_flags |= NLM_F_ACK;
	if (send(fd, m, m->h.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		return -errno;
	return answer.h.nlmsg_type == NLMSG_ERROR ? answer.e.error : -EPROTO;
}

void rtnl_parse(const struct nlmsghdr *h, struct rtnl_facts *ret)
{
	const struct ifinfomsg *link = NLMSG_DATA(h);
	const struct rtattr *a = IFLA_RTA(link);
	int len = (int)IFLA_PAYLOAD(h);

	*ret = (struct rtnl_facts) { .ifindex = link->ifi_index };
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		const void *data = RTA_DATA(a);

		if (a->rta_type == IFLA_MASTER)
			memcpy(&ret->master, data, sizeof(ret->master));
		else if (a->rta_type == IFLA_MTU)
			memcpy(&ret->mtu, data, sizeof(ret->mtu));
		else if (a->rta_type == IFLA_ADDRESS && RTA_PAYLOAD(a) == 6)
			memcpy(ret->mac, data, 6);
		else if (a->rta_type == IFLA_IFNAME)
			(void)snprintf(ret->name, sizeof(ret->name), "%s",
				       (const char *)data);
	}
}

/* Nobody here needs the counters. */
static void without_statistics(struct rtnl_message *m)
{
	const uint32_t skip = RTEXT_FILTER_SKIP_STATS;

	rtnl_add(m, IFLA_EXT_MASK, &skip, sizeof(skip));
}

int rtnl_query(int fd, const char *name, struct rtnl_facts *ret)
{
	char buf[BUF_SIZE] __attribute__((aligned(4)));
	const struct nlmsghdr *h = (const struct nlmsghdr *)buf;
	struct rtnl_message m;

	rtnl_begin(&m, RTM_GETLINK, 0, 0);
	rtnl_add(&m, IFLA_IFNAME, name, strlen(name) + 1);
	without_statistics(&m);
	if (send(fd, &m, m.h.nlmsg_len, 0) < 0 ||
	    recv(fd, buf, sizeof(buf), 0) < 0 ||
	    h->nlmsg_type != RTM_NEWLINK)
		return -1;
	rtnl_parse(h, ret);
	return 0;
}

int rtnl_dump(int fd)
{
	char buf[BUF_SIZE] __attribute__((aligned(4)));
	struct rtnl_facts facts;
	struct rtnl_message m;
	int count = 0;

	rtnl_begin(&m, RTM_GETLINK, NLM_F_DUMP, 0);
	without_statistics(&m);
	if (send(fd, &m, m.h.nlmsg_len, 0) < 0)
		return -1;
	for (;;) {
		const struct nlmsghdr *h = (const struct nlmsghdr *)buf;
		int len = (int)recv(fd, buf, sizeof(buf), 0);

		if (len <= 0)
			return -1;
		for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_type != RTM_NEWLINK)
				return h->nlmsg_type == NLMSG_DONE ? count : -1;
			rtnl_parse(h, &facts);
			count++;
		}
	}
}
