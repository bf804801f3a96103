/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message.c - rtnetlink messages that change links */
#include "agent/host/message.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/macvtap.h>

#include "agent/core/mac.h"
#include "agent/host/rtnl.h"

static struct rtnl_link *link_at(int ifindex)
{
	struct rtnl_link *l = rtnl_link_alloc();

	if (l && ifindex)
		rtnl_link_set_ifindex(l, ifindex);
	return l;
}

static int set_mac(struct rtnl_link *l, const uint8_t mac[6])
{
	struct nl_addr *a = nl_addr_build(AF_LLC, mac, 6);

	if (!a)
		return -ENOMEM;
	rtnl_link_set_addr(l, a);
	nl_addr_put(a);
	return 0;
}

/* libnl does not report that it had no memory for the alias. */
static int set_alias(struct rtnl_link *l, const char *alias)
{
	rtnl_link_set_ifalias(l, alias);
	return rtnl_link_get_ifalias(l) ? 0 : -ENOMEM;
}

static void set_flag(struct rtnl_link *l, unsigned int flag, bool on)
{
	if (on)
		rtnl_link_set_flags(l, flag);
	else
		rtnl_link_unset_flags(l, flag);
}

static int set_change(struct rtnl_link *l, const struct link_change *c)
{
	int r = 0;

	if (c->fields & CHANGE_NAME)
		rtnl_link_set_name(l, c->name);
	if (c->fields & CHANGE_MTU)
		rtnl_link_set_mtu(l, c->mtu);
	if (c->fields & CHANGE_MASTER)
		rtnl_link_set_master(l, c->master);
	if (c->fields & CHANGE_GROUP)
		rtnl_link_set_group(l, c->group);
	if (c->fields & CHANGE_ALLMULTICAST)
		set_flag(l, IFF_ALLMULTI, c->allmulticast);
	if (c->fields & CHANGE_UP)
		set_flag(l, IFF_UP, c->up);
	if (c->fields & CHANGE_MODE)
		r = rtnl_link_macvtap_set_mode(l, c->mode);
	if (r >= 0 && c->fields & CHANGE_ADDRGEN)
		r = rtnl_link_inet6_set_addr_gen_mode(l, (uint8_t)c->addrgen);
	if (r >= 0 && c->fields & CHANGE_MAC)
		r = set_mac(l, c->mac);
	if (r >= 0 && c->fields & CHANGE_ALIAS)
		r = set_alias(l, c->alias);
	return r;
}

struct nl_msg *message_change(int ifindex, const struct link_change *c)
{
	struct rtnl_link *old = link_at(ifindex);
	struct rtnl_link *l;
	struct nl_msg *msg = NULL;

	if (c->fields & CHANGE_MODE)
		l = rtnl_link_macvtap_alloc();
	else
		l = rtnl_link_alloc();
	if (old && l && set_change(l, c) >= 0)
		(void)rtnl_link_build_change_request(old, l, 0, &msg);
	rtnl_link_put(old);
	rtnl_link_put(l);
	return msg;
}

struct nl_msg *message_macvtap(const struct macvtap_new *m, const char *name)
{
	struct rtnl_link *l = rtnl_link_macvtap_alloc();
	struct nl_msg *msg = NULL;
	int r;

	if (!l)
		return NULL;
	rtnl_link_set_name(l, name);
	rtnl_link_set_link(l, m->device);
	if (m->ifindex)
		rtnl_link_set_ifindex(l, m->ifindex);
	if (m->mtu)
		rtnl_link_set_mtu(l, m->mtu);
	r = rtnl_link_macvtap_set_mode(l, m->mode);
	if (r >= 0 && !mac_is_zero(m->mac))
		r = set_mac(l, m->mac);
	if (r >= 0)
		(void)rtnl_link_build_add_request(l, NLM_F_CREATE | NLM_F_EXCL,
						  &msg);
	rtnl_link_put(l);
	return msg;
}

struct nl_msg *message_delete(int ifindex)
{
	struct rtnl_link *l = link_at(ifindex);
	struct nl_msg *msg = NULL;

	if (l)
		(void)rtnl_link_build_delete_request(l, &msg);
	rtnl_link_put(l);
	return msg;
}

/* libnl needs an ifindex or a name to build a delete request. */
struct nl_msg *message_delete_group(uint32_t group)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = rtnl_message(RTM_DELLINK, 0, &ifi, sizeof(ifi));

	if (msg && nla_put_u32(msg, IFLA_GROUP, group) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}
