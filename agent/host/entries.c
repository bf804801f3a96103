/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entries.c - the sticky entries of a bridge's port, by rtnetlink */
#include "agent/host/entries.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>

#include "agent/core/mac.h"
#include "agent/host/bridge-port.h"

/* What the port has that is not wanted goes in rounds of so many MACs. */
#define STRAYS 16

/* One entry; .vid 0: without VLAN. */
struct entry {
	uint8_t mac[6];
	uint16_t vid;
};

typedef int (*entry_fn)(const struct entry *e, void *arg);

/* ---- reading ---------------------------------------------------------- */

struct reading {
	uint32_t ifindex;
	void (*begin)(void *arg);
	entry_fn fn;
	void *arg;
};

/* As "bridge fdb show brport PORT" asks (rtnl_fdb_dump(), net/core/rtnetlink.c). */
static struct nl_msg *build_get(const void *ifindex)
{
	struct ndmsg head = { .ndm_family = AF_BRIDGE,
			      .ndm_ifindex = *(const int *)ifindex };

	return rtnl_message(RTM_GETNEIGH, NLM_F_DUMP, &head, sizeof(head));
}

/* Those without a master are the link's own list of addresses. */
static int on_entry(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct nlattr *tb[NDA_MAX + 1] = { 0 };
	const struct reading *r = arg;
	const struct ndmsg *nd = nlmsg_data(h);
	struct entry e = { 0 };

	if (h->nlmsg_type != RTM_NEWNEIGH || !nlmsg_valid_hdr(h, sizeof(*nd)) ||
	    nlmsg_parse(h, sizeof(*nd), tb, NDA_MAX, NULL) < 0)
		return 0;
	if ((uint32_t)nd->ndm_ifindex != r->ifindex || !tb[NDA_MASTER] ||
	    !(nd->ndm_flags & NTF_STICKY) || !tb[NDA_LLADDR] ||
	    nla_len(tb[NDA_LLADDR]) != (int)sizeof(e.mac))
		return 0;
	memcpy(e.mac, nla_data(tb[NDA_LLADDR]), sizeof(e.mac));
	if (tb[NDA_VLAN] && nla_len(tb[NDA_VLAN]) >= (int)sizeof(e.vid))
		e.vid = nla_get_u16(tb[NDA_VLAN]);
	return r->fn(&e, r->arg);
}

static void begin_reading(void *arg)
{
	const struct reading *r = arg;

	r->begin(r->arg);
}

/* @begin: see rtnl_ask() */
static int each_entry(struct rtnl *t, int ifindex, void (*begin)(void *arg),
		      entry_fn fn, void *arg)
{
	struct reading r = { .ifindex = (uint32_t)ifindex, .begin = begin,
			     .fn = fn, .arg = arg };

	return rtnl_ask(t, build_get, &r.ifindex, begin_reading, on_entry, &r);
}

/* ---- comparing -------------------------------------------------------- */

struct comparison {
	const struct entries *want;
	struct vlans vlans;
	unsigned int right;
	bool strays;
};

static void begin_comparison(void *arg)
{
	struct comparison *c = arg;

	c->right = 0;
	c->strays = false;
}

static bool is_among(const uint8_t (*macs)[6], unsigned int n,
		     const uint8_t mac[6])
{
	for (unsigned int i = 0; i < n; i++)
		if (mac_equal(macs[i], mac))
			return true;
	return false;
}

static bool is_wanted(const struct entries *want, const uint8_t mac[6])
{
	return is_among(want->mac, want->n, mac);
}

/* In a VLAN in which it is not the kernel does not even let us remove one
 * (br_fdb_delete(), net/bridge/br_fdb.c). */
static int compare(const struct entry *e, void *arg)
{
	struct comparison *c = arg;

	if (e->vid && !vlans_have(&c->vlans, e->vid))
		return 0;
	if (is_wanted(c->want, e->mac))
		c->right++;
	else
		c->strays = true;
	return 0;
}

static unsigned int number_of_vlans(const struct vlans *v)
{
	unsigned int n = 0;

	for (unsigned int vid = VLAN_MIN; vid <= VLAN_MAX; vid++)
		n += vlans_have(v, vid);
	return n;
}

int entries_differ(struct rtnl *t, int ifindex, const struct entries *want,
		   bool *ret)
{
	struct comparison c = { .want = want };
	int r = vlans_read(t, ifindex, &c.vlans);

	if (r == 0 || r == -EOPNOTSUPP)
		r = each_entry(t, ifindex, begin_comparison, compare, &c);
	if (r == 0)
		*ret = c.strays ||
		       c.right != want->n * (1 + number_of_vlans(&c.vlans));
	return r;
}

/* ---- changing --------------------------------------------------------- */

/* @vid: 0: without VLAN, and in all VLANs of the port (br_fdb_add(),
 * net/bridge/br_fdb.c). */
static int send_entry(struct rtnl *t, int type, int flags, int ifindex,
		      const uint8_t mac[6], uint16_t vid)
{
	struct ndmsg head = { .ndm_family = AF_BRIDGE, .ndm_ifindex = ifindex,
			      .ndm_state = NUD_NOARP,
			      .ndm_flags = NTF_MASTER | NTF_STICKY };
	struct nl_msg *msg = rtnl_message(type, flags, &head, sizeof(head));

	if (msg && (nla_put(msg, NDA_LLADDR, 6, mac) < 0 ||
		    (vid && nla_put_u16(msg, NDA_VLAN, vid) < 0))) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return rtnl_talk(t, &msg, 1, NULL, NULL);
}

/* MACs of the port that are not wanted. */
struct strays {
	const struct entries *want;
	unsigned int n;
	uint8_t mac[STRAYS][6];
};

static void begin_strays(void *arg)
{
	struct strays *s = arg;

	s->n = 0;
}

static int note_stray(const struct entry *e, void *arg)
{
	struct strays *s = arg;

	if (s->n == STRAYS || is_wanted(s->want, e->mac) ||
	    is_among(s->mac, s->n, e->mac))
		return 0;
	memcpy(s->mac[s->n++], e->mac, 6);
	return 0;
}

static int find_strays(struct rtnl *t, int ifindex, const struct entries *want,
		       struct strays *ret)
{
	*ret = (struct strays) { .want = want };
	return each_entry(t, ifindex, begin_strays, note_stray, ret);
}

static int remove_all(struct rtnl *t, int ifindex, const struct strays *s,
		      uint16_t vid)
{
	int r = 0;

	for (unsigned int i = 0; i < s->n && (r == 0 || r == -ENOENT); i++)
		r = send_entry(t, RTM_DELNEIGH, 0, ifindex, s->mac[i], vid);
	return r == -ENOENT ? 0 : r;
}

int entries_set(struct rtnl *t, int ifindex, const struct entries *want)
{
	struct strays s;
	int r = find_strays(t, ifindex, want, &s);

	if (r == 0)
		r = remove_all(t, ifindex, &s, 0);
	for (unsigned int i = 0; i < want->n && r == 0; i++)
		r = send_entry(t, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
			       ifindex, want->mac[i], 0);
	return r;
}

int entries_leave(struct rtnl *t, int ifindex, const char *vlan)
{
	const struct entries none = { 0 };
	struct vlans want = { 0 }, have;
	char why[REASON_SIZE];
	struct strays s;
	int r = 0;

	if (vlan[0])
		r = vlans_parse(vlan, &want, why);
	if (r == 0)
		r = vlans_read(t, ifindex, &have);
	if (r == 0)
		r = find_strays(t, ifindex, &none, &s);
	for (unsigned int vid = VLAN_MIN; vid <= VLAN_MAX && r == 0; vid++)
		if (vlans_have(&have, vid) && !vlans_have(&want, vid))
			r = remove_all(t, ifindex, &s, (uint16_t)vid);
	return r;
}
