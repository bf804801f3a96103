/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trouble.c - settings of the host that keep frames from bridges' ports */
#include "agent/host/trouble.h"

#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>	/* libnftnl 1.2 forgets it */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <libnftnl/chain.h>
#include <libnftnl/common.h>

#include "agent/base/text.h"
#include "agent/host/fd.h"
#include "agent/host/nft.h"
#include "agent/host/sysfs.h"

static bool drops(const struct nftnl_chain *c)
{
	uint32_t family = nftnl_chain_get_u32(c, NFTNL_CHAIN_FAMILY);

	return (family == NFPROTO_IPV4 || family == NFPROTO_INET) &&
	       nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM) &&
	       nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM) == NF_INET_FORWARD &&
	       nftnl_chain_get_u32(c, NFTNL_CHAIN_POLICY) == NF_DROP;
}

static int on_chain(const struct nlmsghdr *h, void *arg)
{
	struct nftnl_chain *c = nftnl_chain_alloc();
	bool *found = arg;

	if (c && nftnl_chain_nlmsg_parse(h, c) == 0)
		*found |= drops(c);
	if (c)
		nftnl_chain_free(c);
	return 0;
}

bool trouble_forward_drops(void)
{
	struct nft t = { 0 };
	bool found = false;
	char buf[256];
	struct nlmsghdr *h = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC,
						   NLM_F_DUMP, ++t.seq);

	(void)nft_talk(&t, h, h->nlmsg_len, on_chain, &found);
	nft_close(&t);
	return found;
}

bool trouble_has_lro(const char *name)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GFLAGS };
	struct ifreq request = { .ifr_data = (void *)&value };
	CLOSED int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && text_copy(request.ifr_name, sizeof(request.ifr_name), name) &&
	       ioctl(fd, SIOCETHTOOL, &request) == 0 && value.data & ETH_FLAG_LRO;
}

static unsigned long read_number(const char *bridge, const char *attribute)
{
	unsigned long n = 0;

	(void)sysfs_number(bridge, attribute, UINT_MAX, &n);
	return n;
}

struct trouble_stp trouble_stp(const char *bridge)
{
	return (struct trouble_stp) { .on = read_number(bridge, "bridge/stp_state") != 0,
				      .delay = (unsigned int)read_number(bridge, "bridge/forward_delay") };
}
