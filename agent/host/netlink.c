/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink.c - reading links out of rtnetlink messages, by libnl-route */
#include "agent/host/netlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/macvlan.h>
#include <netlink/route/link/macvtap.h>
#include <string.h>

#include "agent/core/text.h"

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
	return sk;
}

/* One text attribute; a link whose texts do not fit is not one of Linux's. */
static int get_text(char *dst, size_t size, const char *src)
{
	return text_copy(dst, size, src ? src : "") ? 0 : -EBADMSG;
}

static int from_rtnl(struct rtnl_link *l, struct link *ret)
{
	struct nl_addr *mac = rtnl_link_get_addr(l);
	unsigned int flags = rtnl_link_get_flags(l);
	struct link r = { .addrgen = -1 };
	const char *kind = rtnl_link_get_type(l);
	uint8_t mode;

	if (get_text(r.name, sizeof(r.name), rtnl_link_get_name(l)) < 0 ||
	    get_text(r.alias, sizeof(r.alias), rtnl_link_get_ifalias(l)) < 0)
		return -EBADMSG;
	/* A kind of a longer name is one that we do not deal with. */
	if (get_text(r.kind, sizeof(r.kind), kind) < 0)
		(void)get_text(r.kind, sizeof(r.kind), "other");
	r.ifindex = rtnl_link_get_ifindex(l);
	r.mtu = rtnl_link_get_mtu(l);
	r.master = rtnl_link_get_master(l);
	r.up = flags & IFF_UP;
	r.carrier = flags & IFF_LOWER_UP;
	r.loopback = flags & IFF_LOOPBACK;
	r.ethernet = rtnl_link_get_arptype(l) == ARPHRD_ETHER && mac &&
		     nl_addr_get_len(mac) == sizeof(r.mac);
	if (r.ethernet)
		memcpy(r.mac, nl_addr_get_binary_addr(mac), sizeof(r.mac));
	if (rtnl_link_inet6_get_addr_gen_mode(l, &mode) == 0)
		r.addrgen = mode;
	r.allmulticast = flags & IFF_ALLMULTI;
	if (rtnl_link_is_macvtap(l) || rtnl_link_is_macvlan(l))
		r.lower = rtnl_link_get_link(l);
	if (rtnl_link_is_macvtap(l))
		r.mode = rtnl_link_macvtap_get_mode(l);
	*ret = r;
	return 0;
}

struct parsed {
	struct link *link;
	int err;
};

static void parsed_link(struct nl_object *obj, void *arg)
{
	struct parsed *p = arg;

	if (nl_object_get_msgtype(obj) == RTM_NEWLINK ||
	    nl_object_get_msgtype(obj) == RTM_DELLINK)
		p->err = from_rtnl((struct rtnl_link *)obj, p->link);
}

int netlink_link(struct nl_msg *msg, struct link *ret)
{
	struct parsed p = { .link = ret, .err = -EAGAIN };
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct ifinfomsg *ifi;

	if (h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK)
		return -EAGAIN;
	if (!nlmsg_valid_hdr(h, sizeof(*ifi)))
		return -EBADMSG;
	/* AF_BRIDGE: a port's options; an RTM_DELLINK of that family only
	 * says that a link is a port no longer. */
	ifi = nlmsg_data(h);
	if (ifi->ifi_family != AF_UNSPEC)
		return -EAGAIN;
	if (nl_msg_parse(msg, parsed_link, &p) < 0)
		return -EBADMSG;
	return p.err;
}
