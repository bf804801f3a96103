/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bridge-port.c - options and VLANs of a bridge's port, by rtnetlink */
#include "agent/host/bridge-port.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>

/* An entry takes 20 bytes, and every second VLAN may be one. */
#define MESSAGE_SIZE (48 << 10)
#define QUESTION_SIZE 64

/* ---- options ----------------------------------------------------------- */

/* As "ip link set LINK type bridge_slave" does it (br_port_slave_changelink,
 * net/bridge/br_netlink.c). */
static int put_options(struct nl_msg *msg, uint16_t which, uint16_t on)
{
	struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO);
	struct nlattr *data = NULL;
	int r = 0;

	if (info && nla_put_string(msg, IFLA_INFO_SLAVE_KIND, "bridge") == 0)
		data = nla_nest_start(msg, IFLA_INFO_SLAVE_DATA);
	if (!data)
		return -ENOMEM;
	for (enum port_option o = 0; o < PORT_OPTIONS && r == 0; o++)
		if (which & OPTION(o))
			r = nla_put_u8(msg, rtnl_option_attr(o),
				       on & OPTION(o) ? 1 : 0);
	(void)nla_nest_end(msg, data);
	(void)nla_nest_end(msg, info);
	return r < 0 ? -ENOMEM : 0;
}

static struct nl_msg *start_change(int ifindex)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC,
				  .ifi_index = ifindex };

	return rtnl_message(RTM_NEWLINK, 0, &head, sizeof(head));
}

int options_set(struct rtnl *t, int ifindex, uint16_t which, uint16_t on)
{
	struct nl_msg *msg = start_change(ifindex);

	if (msg && put_options(msg, which, on) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return rtnl_talk(t, &msg, 1, NULL, NULL);
}

/* ---- what a bridge learns ---------------------------------------------- */

/* As "ip link set BRIDGE type bridge no_linklocal_learn 1" does it. */
static int put_no_learning(struct nl_msg *msg)
{
	const struct br_boolopt_multi on = {
		.optval = 1U << BR_BOOLOPT_NO_LL_LEARN,
		.optmask = 1U << BR_BOOLOPT_NO_LL_LEARN,
	};
	struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO);
	struct nlattr *data = NULL;

	if (info && nla_put_string(msg, IFLA_INFO_KIND, "bridge") == 0)
		data = nla_nest_start(msg, IFLA_INFO_DATA);
	if (!data || nla_put(msg, IFLA_BR_MULTI_BOOLOPT, sizeof(on), &on) < 0)
		return -ENOMEM;
	(void)nla_nest_end(msg, data);
	(void)nla_nest_end(msg, info);
	return 0;
}

int bridge_stop_linklocal_learning(struct rtnl *t, int ifindex)
{
	struct nl_msg *msg = start_change(ifindex);

	if (msg && put_no_learning(msg) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return rtnl_talk(t, &msg, 1, NULL, NULL);
}

/* ---- VLANs: reading (RTM_NEWVLAN, net/bridge/br_vlan.c) ---------------- */

static struct nl_msg *start_message(int type, int flags, size_t size,
				    uint32_t ifindex)
{
	struct br_vlan_msg head = { .family = AF_BRIDGE, .ifindex = ifindex };
	struct nl_msg *msg = nlmsg_alloc_size(size);

	if (msg && nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, flags) &&
	    nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/* One BRIDGE_VLANDB_ENTRY. */
static void take_entry(struct nlattr *entry, struct vlans *ret)
{
	struct nlattr *tb[BRIDGE_VLANDB_ENTRY_MAX + 1] = { 0 };
	struct bridge_vlan_info info;
	struct vlan_range r;

	if (nla_parse_nested(tb, BRIDGE_VLANDB_ENTRY_MAX, entry, NULL) < 0 ||
	    !tb[BRIDGE_VLANDB_ENTRY_INFO] ||
	    nla_len(tb[BRIDGE_VLANDB_ENTRY_INFO]) < (int)sizeof(info))
		return;
	memcpy(&info, nla_data(tb[BRIDGE_VLANDB_ENTRY_INFO]), sizeof(info));
	r = (struct vlan_range) {
		.first = info.vid, .last = info.vid,
		.is_pvid = info.flags & BRIDGE_VLAN_INFO_PVID,
		.is_untagged = info.flags & BRIDGE_VLAN_INFO_UNTAGGED,
	};
	if (tb[BRIDGE_VLANDB_ENTRY_RANGE] &&
	    nla_len(tb[BRIDGE_VLANDB_ENTRY_RANGE]) >= (int)sizeof(r.last))
		r.last = nla_get_u16(tb[BRIDGE_VLANDB_ENTRY_RANGE]);
	if (r.first >= VLAN_MIN && r.first <= r.last && r.last <= VLAN_MAX)
		vlans_put(ret, &r);
}

static int on_vlans(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct nlattr *a;
	int left;

	if (h->nlmsg_type != RTM_NEWVLAN ||
	    !nlmsg_valid_hdr(h, sizeof(struct br_vlan_msg)))
		return 0;
	nlmsg_for_each_attr(a, h, sizeof(struct br_vlan_msg), left)
		if (nla_type(a) == BRIDGE_VLANDB_ENTRY)
			take_entry(a, arg);
	return 0;
}

static struct nl_msg *build_get(const void *ifindex)
{
	return start_message(RTM_GETVLAN, NLM_F_DUMP, QUESTION_SIZE,
			     *(const uint32_t *)ifindex);
}

static void begin(void *arg)
{
	*(struct vlans *)arg = (struct vlans) { 0 };
}

int vlans_read(struct rtnl *t, int ifindex, struct vlans *ret)
{
	const uint32_t question = (uint32_t)ifindex;
	struct vlans vlans;
	int r = rtnl_ask(t, build_get, &question, begin, on_vlans, &vlans);

	if (r == 0)
		*ret = vlans;
	/* br_vlan_dump_dev(): neither a bridge nor a port */
	return r == -EINVAL ? -ENODEV : r;
}

/* ---- VLANs: setting ---------------------------------------------------- */

static int put_range(struct nl_msg *msg, const struct vlan_range *r)
{
	struct bridge_vlan_info info = { .vid = r->first };
	struct nlattr *entry = nla_nest_start(msg, NLA_F_NESTED |
						   BRIDGE_VLANDB_ENTRY);

	if (r->is_pvid)
		info.flags |= BRIDGE_VLAN_INFO_PVID;
	if (r->is_untagged)
		info.flags |= BRIDGE_VLAN_INFO_UNTAGGED;
	if (!entry ||
	    nla_put(msg, BRIDGE_VLANDB_ENTRY_INFO, sizeof(info), &info) < 0)
		return -ENOMEM;
	if (r->last != r->first &&
	    nla_put_u16(msg, BRIDGE_VLANDB_ENTRY_RANGE, r->last) < 0)
		return -ENOMEM;
	(void)nla_nest_end(msg, entry);
	return 0;
}

/* @pvid: the PVID alone, or all others */
static int put_ranges(struct nl_msg *msg, const struct vlans *v, bool pvid)
{
	struct vlan_range r;
	int err = 0;

	for (unsigned int from = VLAN_MIN; err == 0 && vlans_next(v, from, &r);
	     from = r.last + 1U)
		if (r.is_pvid == pvid)
			err = put_range(msg, &r);
	return err;
}

/* The PVID comes last, so that no untagged frame is taken before all is set. */
static int send_ranges(struct rtnl *t, int type, int ifindex,
		       const struct vlans *v)
{
	struct nl_msg *msg;
	struct vlan_range first;

	if (!vlans_next(v, VLAN_MIN, &first))
		return 0;
	msg = start_message(type, 0, MESSAGE_SIZE, (uint32_t)ifindex);
	if (msg && (put_ranges(msg, v, false) < 0 ||
		    put_ranges(msg, v, true) < 0)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return rtnl_talk(t, &msg, 1, NULL, NULL);
}

static bool is_alike(const struct vlans *a, const struct vlans *b,
		     unsigned int vid)
{
	return vlans_have(a, vid) == vlans_have(b, vid) &&
	       vlans_have_untagged(a, vid) == vlans_have_untagged(b, vid) &&
	       (a->pvid == vid) == (b->pvid == vid);
}

/* Those of @want that are not in @have, or are treated otherwise there. */
static struct vlans new_ones(const struct vlans *want, const struct vlans *have)
{
	struct vlans ret = { 0 };

	for (unsigned int vid = VLAN_MIN; vid <= VLAN_MAX; vid++) {
		const struct vlan_range one = {
			.first = (uint16_t)vid, .last = (uint16_t)vid,
			.is_pvid = want->pvid == vid,
			.is_untagged = vlans_have_untagged(want, vid),
		};

		if (vlans_have(want, vid) && !is_alike(want, have, vid))
			vlans_put(&ret, &one);
	}
	return ret;
}

static struct vlans old_ones(const struct vlans *want, const struct vlans *have)
{
	struct vlans ret = *have;

	for (size_t i = 0; i < sizeof(ret.member) / sizeof(ret.member[0]); i++)
		ret.member[i] &= ~want->member[i];
	return ret;
}

int vlans_set(struct rtnl *t, int ifindex, const char *vlan)
{
	struct vlans want = { 0 }, have, change;
	char why[REASON_SIZE];
	int r = 0;

	if (vlan[0])
		r = vlans_parse(vlan, &want, why);
	if (r == 0)
		r = vlans_read(t, ifindex, &have);
	if (r < 0)
		return r;
	change = old_ones(&want, &have);
	r = send_ranges(t, RTM_DELVLAN, ifindex, &change);
	change = new_ones(&want, &have);
	if (r == 0)
		r = send_ranges(t, RTM_NEWVLAN, ifindex, &change);
	return r;
}
