/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink.c - reading links out of rtnetlink messages */
#include "agent/host/netlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/core/text.h"

/* No message is larger: the kernel fills that much in a dump (netlink_dump,
 * net/netlink/af_netlink.c), and a link alone takes a few KiB. */
#define MESSAGE_SIZE_MAX 32768

int netlink_errno(int nlerr)
{
	switch (nlerr < 0 ? -nlerr : nlerr) {
	case NLE_SUCCESS:
		return 0;
	case NLE_INTR:
	case NLE_DUMP_INTR:
		return -EINTR;
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_NOMEM:
		/* libnl's word for ENOBUFS as well as for ENOMEM */
		return -ENOBUFS;
	case NLE_EXIST:
		return -EEXIST;
	case NLE_OBJ_NOTFOUND:
	case NLE_NODEV:
		return -ENODEV;
	case NLE_OPNOTSUPP:
		return -EOPNOTSUPP;
	case NLE_AF_NOSUPPORT:
		return -EAFNOSUPPORT;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_BUSY:
		return -EBUSY;
	case NLE_RANGE:
		return -ERANGE;
	case NLE_INVAL:
		return -EINVAL;
	case NLE_MSG_TRUNC:
	case NLE_MSG_OVERFLOW:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

struct nl_sock *netlink_open(int *ret_err)
{
	struct nl_sock *sk = nl_socket_alloc();
	int r;

	if (!sk) {
		*ret_err = -ENOMEM;
		return NULL;
	}
	/* libnl opens with SOCK_CLOEXEC */
	r = nl_connect(sk, NETLINK_ROUTE);
	if (r < 0) {
		*ret_err = netlink_errno(r);
		nl_socket_free(sk);
		return NULL;
	}
	/* Else libnl asks for the size of each message first. */
	(void)nl_socket_set_msg_buf_size(sk, MESSAGE_SIZE_MAX);
	nl_socket_disable_msg_peek(sk);
	return sk;
}

/* One text attribute, or ""; a link whose texts do not fit is not one of
 * Linux's. */
static int get_text(char *dst, size_t size, const struct nlattr *a)
{
	size_t len = a ? strnlen(nla_data(a), (size_t)nla_len(a)) : 0;

	if (len >= size)
		return -EBADMSG;
	if (len)
		memcpy(dst, nla_data(a), len);
	dst[len] = '\0';
	return 0;
}

static uint32_t get_u32(const struct nlattr *a)
{
	return a && nla_len(a) >= (int)sizeof(uint32_t) ? nla_get_u32(a) : 0;
}

static uint32_t get_mode(struct nlattr *data)
{
	struct nlattr *tb[IFLA_MACVLAN_MODE + 1] = { 0 };

	if (!data || nla_parse_nested(tb, IFLA_MACVLAN_MODE, data, NULL) < 0)
		return 0;
	return get_u32(tb[IFLA_MACVLAN_MODE]);
}

static void get_info(struct nlattr **link_tb, struct link *l)
{
	struct nlattr *info = link_tb[IFLA_LINKINFO];
	struct nlattr *tb[IFLA_INFO_DATA + 1] = { 0 };

	if (!info || nla_parse_nested(tb, IFLA_INFO_DATA, info, NULL) < 0)
		return;
	/* A kind of a longer name is one that we do not deal with. */
	if (get_text(l->kind, sizeof(l->kind), tb[IFLA_INFO_KIND]) < 0)
		(void)text_copy(l->kind, sizeof(l->kind), "other");
	if (strcmp(l->kind, "macvtap") == 0)
		l->mode = get_mode(tb[IFLA_INFO_DATA]);
	if (strcmp(l->kind, "macvtap") == 0 || strcmp(l->kind, "macvlan") == 0)
		l->lower = (int)get_u32(link_tb[IFLA_LINK]);
}

static int get_addrgen(struct nlattr *families)
{
	struct nlattr *family[AF_INET6 + 1] = { 0 };
	struct nlattr *tb[IFLA_INET6_ADDR_GEN_MODE + 1] = { 0 };
	const struct nlattr *mode;

	if (!families ||
	    nla_parse_nested(family, AF_INET6, families, NULL) < 0 ||
	    !family[AF_INET6] ||
	    nla_parse_nested(tb, IFLA_INET6_ADDR_GEN_MODE, family[AF_INET6],
			     NULL) < 0)
		return -1;
	mode = tb[IFLA_INET6_ADDR_GEN_MODE];
	return mode && nla_len(mode) >= 1 ? nla_get_u8(mode) : -1;
}

static int get_link(const struct ifinfomsg *ifi, struct nlattr **tb,
		    struct link *ret)
{
	const struct nlattr *mac = tb[IFLA_ADDRESS];
	struct link r = { .ifindex = ifi->ifi_index };

	if (get_text(r.name, sizeof(r.name), tb[IFLA_IFNAME]) < 0 ||
	    get_text(r.alias, sizeof(r.alias), tb[IFLA_IFALIAS]) < 0)
		return -EBADMSG;
	get_info(tb, &r);
	r.mtu = get_u32(tb[IFLA_MTU]);
	r.master = (int)get_u32(tb[IFLA_MASTER]);
	r.up = ifi->ifi_flags & IFF_UP;
	r.carrier = ifi->ifi_flags & IFF_LOWER_UP;
	r.loopback = ifi->ifi_flags & IFF_LOOPBACK;
	r.allmulticast = ifi->ifi_flags & IFF_ALLMULTI;
	r.ethernet = ifi->ifi_type == ARPHRD_ETHER && mac &&
		     nla_len(mac) == sizeof(r.mac);
	if (r.ethernet)
		memcpy(r.mac, nla_data(mac), sizeof(r.mac));
	r.addrgen = get_addrgen(tb[IFLA_AF_SPEC]);
	*ret = r;
	return 0;
}

int netlink_link(struct nl_msg *msg, struct link *ret)
{
	struct nlattr *tb[IFLA_MAX + 1] = { 0 };
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct ifinfomsg *ifi;

	if (h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK)
		return -EAGAIN;
	if (!nlmsg_valid_hdr(h, sizeof(*ifi)))
		return -EBADMSG;
	/* AF_BRIDGE: a port's options; an RTM_DELLINK of that family only
	 * says that a link is a port no longer. */
	ifi = nlmsg_data(h);
	if (ifi->ifi_family != AF_UNSPEC)
		return -EAGAIN;
	if (nlmsg_parse(h, sizeof(*ifi), tb, IFLA_MAX, NULL) < 0)
		return -EBADMSG;
	return get_link(ifi, tb, ret);
}
