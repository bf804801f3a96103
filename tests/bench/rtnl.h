/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnl.h - rtnetlink's messages about links, and nothing around them */
#pragma once

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

struct rtnl_message {
	struct nlmsghdr h;
	struct ifinfomsg link;
	char attributes[1024];
};

/* What there is to know about a link. */
struct rtnl_facts {
	int ifindex;
	int master;
	uint32_t mtu;
	char name[16];
	unsigned char mac[6];
};

/* Returns a socket, or -1; groups as for bind(). */
int rtnl_open(uint32_t groups);

void rtnl_begin(struct rtnl_message *m, uint16_t type, uint16_t flags,
		int ifindex);
void rtnl_add(struct rtnl_message *m, uint16_t type, const void *data,
	      size_t len);
/* Returns 0 or a negative errno value, as the kernel answered. */
int rtnl_change(int fd, struct rtnl_message *m);

void rtnl_parse(const struct nlmsghdr *h, struct rtnl_facts *ret);
int rtnl_query(int fd, const char *name, struct rtnl_facts *ret);
/* Returns the number of links, or -1. */
int rtnl_dump(int fd);
