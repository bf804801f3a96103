/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor-network.c - what is wrong with ports, bridges, uplinks and filters */
#include "agent/cli/doctor-network.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/cli/notes.h"
#include "agent/core/mac.h"
#include "agent/core/words.h"
#include "agent/host/macvtap-node.h"
#include "agent/host/sysfs.h"
#include "agent/host/trouble.h"

/* ---- ports -------------------------------------------------------------- */

/* The uid of the user who owns a tap, or 0. */
static unsigned long tap_owner(const struct link *l)
{
	unsigned long uid = 0;

	/* "-1" without one */
	(void)sysfs_number(l->name, "owner", UINT_MAX, &uid);
	return uid;
}

/* The tap's owner opens it through /dev/net/tun, unless another program passes it an open
 * descriptor.  devtmpfs creates that node for root only; udev's rules
 * (50-udev-default.rules) open it to all users.  If the node has an ACL, its mode has group
 * bits. */
static void tap_node(struct findings *f, const struct link *l)
{
	unsigned long owner = tap_owner(l);
	struct stat tun;

	if (owner == 0 || l->carrier || stat("/dev/net/tun", &tun) < 0 || tun.st_mode & 0066)
		return;
	finding(f, FINDING_WARNING, l->name, "chmod 0666 /dev/net/tun",
		"it belongs to the user with uid %lu, but only root may open /dev/net/tun (its mode is %04o), by which taps are opened; udev's own rules give it 0666",
		owner, (unsigned int)tun.st_mode & 07777);
}

/* A macvtap has a node of its own; vifctl run has opened it for its program. */
static void macvtap_node(struct findings *f, const struct look *look)
{
	const struct link *l = &look->state.link;
	struct tap t = { .ifindex = l->ifindex };
	struct stat node;
	char path[32];

	(void)snprintf(path, sizeof(path), "/dev/tap%d", l->ifindex);
	if (look->state.record.process.pid ||
	    !text_copy(t.name, sizeof(t.name), l->name) || macvtap_node_check(&t) < 0 ||
	    stat(path, &node) < 0 || node.st_uid != 0 || node.st_mode & 0066)
		return;
	finding(f, FINDING_NOTE, l->name, finding_command("chown USER %s", path),
		"only root may open its node %s (its mode is %04o); if QEMU runs as another user, give it to that one, or create it with owner=USER",
		path, (unsigned int)node.st_mode & 07777);
}

static void drops(struct findings *f, const struct look *look)
{
	uint64_t n[GUARD_REASONS], all = 0;

	if (!output_drops(f->cmd, look, n))
		return;
	for (enum guard_reason why = 0; why < GUARD_REASONS; why++)
		all += n[why];
	if (all > 0)
		finding(f, FINDING_NOTE, look->name, finding_command("vifctl show %s", look->name),
			"guard or rate have dropped %" PRIu64 " of its frames, the last of them within a day", all);
}

static void port(struct findings *f, const struct look *look)
{
	const struct link *l = &look->state.link;
	struct notes notes;

	if (look->verdict == TO_DO)
		finding(f, FINDING_WARNING, look->name,
			finding_command("vifctl apply %s", look->name),
			"%s: %s", verdict_name(TO_DO), look->reason);
	else if (look->verdict != IN_ORDER)
		finding(f, FINDING_ERROR, look->name, "", "%s: %s",
			verdict_name(look->verdict), look->reason);
	if (look->verdict != IN_ORDER)
		return;
	drops(f, look);
	if (link_is(l, LINK_TUN))
		tap_node(f, l);
	if (link_is(l, LINK_MACVTAP))
		macvtap_node(f, look);
	/* What concerns its bridge is said there, once. */
	notes_find(look, &notes);
	for (size_t i = 0; i < notes.n; i++)
		if (notes.note[i].mark && strcmp(notes.note[i].mark, "bridge down") != 0 &&
		    strcmp(notes.note[i].mark, "device down") != 0)
			finding(f, FINDING_NOTE, look->name, "", "%s", notes.note[i].text);
}

/* Of two NICs; an HVM guest's NIC has two links. */
static bool share_a_mac(const struct look *a, const struct look *b)
{
	bool one_nic = a->id.is_nic && b->id.is_nic && vif_id_equal(a->id.nic, b->id.nic);

	return !mac_is_zero(a->wish.mac) && mac_equal(a->wish.mac, b->wish.mac) && !one_nic &&
	       strcmp(wish_place(&a->wish), wish_place(&b->wish)) == 0;
}

static void same_mac(struct findings *f, const struct look *look, size_t next)
{
	char mac[MAC_TEXTSIZE];

	for (size_t i = next; i < f->all->n; i++) {
		if (!overview_counts(&f->all->look[i]) || !share_a_mac(look, &f->all->look[i]))
			continue;
		text_mac_print(mac, look->wish.mac);
		finding(f, FINDING_WARNING, look->name, "",
			"its guest has the same MAC (%s) as that of %s on the same bridge, so frames for both go to one of them; give one of them another",
			mac, f->all->look[i].name);
		return;
	}
}

void doctor_ports(struct findings *f)
{
	for (size_t i = 0; i < f->all->n; i++) {
		if (!overview_counts(&f->all->look[i]))
			continue;
		port(f, &f->all->look[i]);
		same_mac(f, &f->all->look[i], i + 1);
	}
}

/* ---- bridges and devices ------------------------------------------------- */

struct uplinks {
	struct findings *f;
	const struct link *bridge;
	size_t n;
};

static void uplink(const struct link *l, void *arg)
{
	struct uplinks *u = arg;
	struct findings *f = u->f;

	u->n++;
	if (!l->up)
		finding(f, FINDING_WARNING, l->name,
			finding_command("ip link set %s up", l->name),
			"it is a port of bridge %s, but down, so guests cannot reach other hosts through it",
			u->bridge->name);
	else if (!l->carrier)
		finding(f, FINDING_WARNING, l->name, "",
			"it is a port of bridge %s, but has no carrier: look at its cable and its switch",
			u->bridge->name);
	if (l->mtu < u->bridge->mtu)
		finding(f, FINDING_WARNING, l->name,
			finding_command("ip link set %s mtu %u", l->name, u->bridge->mtu),
			"its MTU %u is less than the %u of bridge %s, so longer frames of guests are dropped silently",
			l->mtu, u->bridge->mtu, u->bridge->name);
	if (trouble_has_lro(l->name))
		finding(f, FINDING_ERROR, l->name,
			finding_command("ethtool -K %s lro off", l->name),
			"large receive offload is on, and bridge %s cannot forward the frames that it merges",
			u->bridge->name);
}

static void spanning_tree(struct findings *f, const struct link *bridge)
{
	struct trouble_stp stp = trouble_stp(bridge->name);

	if (stp.on && stp.delay)
		finding(f, FINDING_WARNING, bridge->name,
			finding_command("ip link set %s type bridge stp_state 0", bridge->name),
			"its spanning tree is on, so a guest's port passes no frames for its first %u s (longer than many DHCP clients wait); turn it off unless the network has loops",
			2 * stp.delay / 100);
}

static void own_mac(struct findings *f, const struct link *bridge)
{
	struct bridge_facts facts = { .mtu_is_pinned = true };
	struct host *h = f->cmd->agent.host;
	char mac[MAC_TEXTSIZE];

	if (h->ops->bridge_facts(h, bridge, &facts) < 0 || !facts.mac_floats)
		return;
	text_mac_print(mac, bridge->mac);
	finding(f, FINDING_NOTE, bridge->name,
		finding_command("ip link set %s address %s", bridge->name, mac),
		"its MAC was never set: it is random, or that of one of its ports, and changes with its ports");
}

static void bridge(struct findings *f, const struct place *p)
{
	struct uplinks u = { f, p->link, 0 };

	if (!p->link->up)
		finding(f, FINDING_ERROR, p->name, finding_command("ip link set %s up", p->name),
			"the bridge is down, so no frames pass");
	spanning_tree(f, p->link);
	own_mac(f, p->link);
	overview_uplinks(f->all, p->link, uplink, &u);
	if (u.n == 0)
		finding(f, FINDING_NOTE, p->name,
			finding_command("ip link set NIC master %s", p->name),
			"the bridge has no uplink, so its guests reach one another and this host only; if the host has its own address on the NIC that you add, move that to the bridge");
}

static void device(struct findings *f, const struct place *p)
{
	if (!p->link->up && p->ports)
		finding(f, FINDING_ERROR, p->name, finding_command("ip link set %s up", p->name),
			"the device of macvtaps is down, so no frames pass");
}

/* What the networks want of their bridges. */
static void vlans(struct findings *f)
{
	const struct config *c = f->cmd->agent.config;

	for (size_t i = 0; i < c->n_networks; i++) {
		const struct network *n = &c->networks[i];
		const struct link *b = overview_link(f->all, n->bridge);

		if (!n->vlan[0] || !b)
			continue;
		if (b->filtering == VLAN_FILTERING_MISSING)
			finding(f, FINDING_ERROR, n->bridge, "",
				"network %s has vlan = %s, but bridges of this kernel cannot filter VLANs",
				n->name, n->vlan);
		else if (b->filtering != VLAN_FILTERING_ON)
			finding(f, FINDING_ERROR, n->bridge,
				finding_command("ip link set %s type bridge vlan_filtering 1", n->bridge),
				"network %s has vlan = %s, but the bridge does not filter VLANs",
				n->name, n->vlan);
	}
}

/* Does a network of the configuration name it? */
static bool is_configured(const struct findings *f, const char *bridge)
{
	const struct config *c = f->cmd->agent.config;

	for (size_t i = 0; i < c->n_networks; i++)
		if (strcmp(c->networks[i].bridge, bridge) == 0)
			return true;
	return false;
}

static void missing(struct findings *f, const struct place *p)
{
	enum severity severity = p->others ? FINDING_ERROR : FINDING_WARNING;

	if (p->kind == NETWORK_BRIDGE && !is_configured(f, p->name))
		finding(f, severity, p->name, "",
			"ports request it, but it is neither a bridge nor in the configuration: add [network %s] to it, or attach them to another network (vifctl show %s lists them)",
			p->name, p->name);
	else if (p->kind == NETWORK_BRIDGE)
		finding(f, severity, p->name,
			finding_command("ip link add %s type bridge", p->name),
			"the bridge of a network does not exist");
	else
		finding(f, severity, p->name, "",
			"the device of a macvtap network does not exist");
}

void doctor_places(struct findings *f)
{
	struct place place[PLACES_MAX];
	size_t n = overview_places(f->cmd, f->all, place);

	for (size_t i = 0; i < n; i++) {
		if (!place[i].link)
			missing(f, &place[i]);
		else if (place[i].kind == NETWORK_BRIDGE)
			bridge(f, &place[i]);
		else
			device(f, &place[i]);
	}
	vlans(f);
}

/* ---- filters ------------------------------------------------------------ */

/* Docker and firewalls set the policy of FORWARD to drop. */
void doctor_filters(struct findings *f)
{
	if (!sysfs_bridges_are_filtered())
		return;
	if (trouble_forward_drops())
		finding(f, FINDING_ERROR, "br_netfilter",
			"sysctl net.bridge.bridge-nf-call-iptables=0",
			"frames of bridges pass through iptables, whose FORWARD chain drops what no rule accepts: guests may have no network (Docker does that); or accept them there: iptables -I FORWARD -m physdev --physdev-is-bridged -j ACCEPT");
	else
		finding(f, FINDING_NOTE, "br_netfilter",
			"sysctl net.bridge.bridge-nf-call-iptables=0",
			"frames of bridges pass through iptables, which costs time, and drops them if a rule of FORWARD does");
}
