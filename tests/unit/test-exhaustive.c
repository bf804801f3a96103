/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-exhaustive.c - every wish meets every state, on the fake host
 *
 * Wishes and states are written as values of some twenty fields ("dims").  A
 * sweep is a set of values for each field, and all their combinations are run;
 * after every single act the rules that hold at all times are checked.  What
 * goes wrong is counted under the claim that it breaks, and the tests at the
 * end are those claims.
 */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/core/config-file.h"
#include "agent/core/words.h"
#include "agent/engine/settle.h"
#include "tests/unit/fake-host.h"

/* ---- the fields --------------------------------------------------------- */

enum dim {
	/* the wish */
	NET, NAME, WMTU, BY, WVLAN, WOPT,
	/* the link */
	KIND, ALIAS, LNAME, MAC, LMTU, UP, MASTER, GEN, PVLAN, POPT,
	/* all three bridges */
	BMAC, BPORTS, BMTU, BUP, FILTER,
	/* the guard that is wished, and the one that stands */
	WGUARD, PGUARD,
	/* the entries for its MACs that stand; wished with WOPT */
	PENTRIES,
	/* does the look wait for a bridge that is being set up? */
	PATIENT,
	/* how a link that is ours was found, and why it is left */
	WAS_NAME, WAS_MASTER, WAS_UP, WAS_GEN, DEAD,
	DIMS
};

enum { N_BR0, N_RED, N_BR1, N_NONE, N_MISSING, N_NO_BRIDGE, N_WRONG };
enum { KEEP, NEW, FOREIGN_HAS_IT, NIC_HAS_IT, TOO_LONG };
enum { HAND, XENSTORE, UDEV };
enum { TUN, NETBACK, A_BRIDGE, LOOPBACK, HARDWARE, NO_ETHERNET };
enum { NO_ALIAS, OURS, OURS_LEAVING, OURS_HELD, FOREIGN, DAMAGED, REPLACE,
       REPLACE_LONG };
enum { AS_FOUND, AS_WISHED, ODD };
enum { PORT_MAC, OTHER_MAC, LOW_MAC };
enum { NO_MASTER, ON_BR0, ON_BR1, ON_BRF, ON_BOND };
enum { EUI64, GEN_NONE, NO_INET6 };
enum { FLOAT_1500, FLOAT_9000, SET_1500, SET_9000 };
enum { NO_VLAN, VLAN };
enum { NO_OPTIONS, ISOLATED, LOCKED };
enum { DEFAULT_OPTIONS, IS_ISOLATED, HAS_HAIRPIN, IS_LOCKED };
/* of ours: then the record says so */
enum { NO_ENTRIES, ITS_ENTRIES, OLD_ENTRIES };
enum { DEFAULT_VLAN, WISHED_VLAN, OTHER_VLAN, IN_NO_VLAN };
/* BY_RATE: it may send anything, but not fast; ANOTHERS: of other addresses, as an ifindex
 * is used again */
enum { NO_GUARD, BY_MAC, BY_IP, BY_RATE, ANOTHERS };
enum { WAS_FREE, WAS_TAKEN };
enum { WAS_ALONE, WAS_ON_BR0, WAS_ON_BRF, WAS_ON_GONE };

#define ALL(dim) ((1u << sizes[dim]) - 1)
#define V(value) (1u << (value))

static const unsigned int sizes[DIMS] = {
	[NET] = 7, [NAME] = 5, [WMTU] = 4, [BY] = 3,
	[KIND] = 6, [ALIAS] = 8, [LNAME] = 3, [MAC] = 3, [LMTU] = 3, [UP] = 2,
	[MASTER] = 5, [GEN] = 3,
	[BMAC] = 2, [BPORTS] = 2, [BMTU] = 4, [BUP] = 2,
	[WAS_NAME] = 2, [WAS_MASTER] = 4, [WAS_UP] = 2, [WAS_GEN] = 2,
	[DEAD] = 2, [PATIENT] = 2, [WVLAN] = 2, [FILTER] = 3, [PVLAN] = 4,
	[WOPT] = 3, [POPT] = 4, [WGUARD] = 4, [PGUARD] = 5, [PENTRIES] = 3,
};

static const char *const dim_names[DIMS] = {
	"net", "name", "wmtu", "by", "wvlan", "wopt", "kind", "alias", "lname", "mac",
	"lmtu", "up", "master", "gen", "pvlan", "popt", "bmac", "bports", "bmtu", "bup",
	"filter", "wguard", "pguard", "pentries", "patient", "was-name",
	"was-master", "was-up", "was-gen", "dead",
};

static const char wished_vlan[] = "10p/20";
static const char *const port_vlans[] = { "1p", wished_vlan, "10p/30u", "" };
static const uint16_t port_options[] = {
	OPTIONS_DEFAULT, OPTIONS_DEFAULT | OPTION(OPTION_ISOLATED),
	OPTIONS_DEFAULT | OPTION(OPTION_HAIRPIN),
	(OPTIONS_DEFAULT | OPTION(OPTION_LOCKED)) & ~OPTION(OPTION_LEARNING),
};
static const uint8_t guest_mac[6] = { 2, 0, 0, 1, 2, 0 };
static const uint32_t wish_mtus[] = { 0, 1400, 1500, 9000 };
static const uint32_t link_mtus[] = { 1400, 1500, 9000 };
static const uint32_t bridge_mtus[] = { 1500, 9000, 1500, 9000 };
static const uint8_t macs[][6] = {
	[PORT_MAC] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff },
	[OTHER_MAC] = { 0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc },
	[LOW_MAC] = { 0x02, 0x00, 0x00, 0x00, 0x00, 0x01 },
};

/* The links of the host, by ifindex. */
enum { LO = 1, PORT, BR0, BR1, BRF, ON0, ON1, ONF, STRANGER, OTHER_NIC, NO_BR,
       ETH0 };

/* ---- one combination ---------------------------------------------------- */

enum claim {
	CONVERGES, STAYS, SAYS_WHY, TOUCHES_NOTHING, KEEPS_JOINED_BRIDGE,
	KEEPS_LEFT_BRIDGE, KEEPS_OTHERS, UP_COMES_LAST, NAMES_ARE_WHOLE,
	LEAVES_AS_FOUND, FAILS_AS_FOUND, SURVIVES_FAULTS, REMEMBERS_IN_FAULTS,
	KEEPS_TO_ITS_VLANS, IS_ALWAYS_GUARDED, HAS_ITS_OPTIONS, PROTECTS_ALL_THE_TIME, SURVIVES_VANISHING, LEAVES, LEAVES_BRIDGE_AS_IS, RETURNS_TO_BRIDGE, LEAVES_IN_FAULTS,
	CLAIMS
};

/* How a link is to be once it is left. */
struct found {
	char name[VIF_NAMESIZE];
	char alias[LINK_ALIASSIZE];
	uint8_t mac[6];
	uint32_t mtu;
	char vlan[24];		/* if it never was elsewhere */
	uint16_t options;
	int master, addrgen;
	bool up;
};

struct run {
	unsigned int v[DIMS];
	struct wish wish;
	struct fake_host base, f;
	struct found found;
	struct look look;
	struct fake_link bridges[3];	/* when the look began … */
	int came_from;		/* … and the port's master then */
	bool joining;		/* else leaving */
	bool was_up;		/* the port, before this act */
	bool was_astray;	/* likewise: heard in another VLAN */
	bool was_open;		/* likewise: sends what it must not */
	bool was_loose;		/* likewise: without its options */
	bool was_elsewhere;	/* off the master that it was found on */
	unsigned int fault_at;
	enum fake_fault fault;
};

static struct run run;
static struct config *config;
static unsigned long combinations, looks, acts, faults;
static struct {
	unsigned long count;
	char first[2400];
} broken[CLAIMS];

static void describe(const struct run *r, char *buf, size_t size)
{
	size_t n = 0;

	for (int d = 0; d < DIMS && n < size; d++)
		n += (size_t)snprintf(buf + n, size - n, "%s%s=%u",
				      d ? " " : "", dim_names[d], r->v[d]);
	if (r->fault_at && n < size)
		(void)snprintf(buf + n, size - n, " fault=%d at act %u",
			       r->fault, r->fault_at);
}

__attribute__((format(printf, 3, 4)))
static void breaks(const struct run *r, enum claim claim, const char *fmt, ...)
{
	char combination[400], text[600];
	const struct link *l = &r->f.link[PORT - 1].l;
	va_list ap;

	if (broken[claim].count++)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	describe(r, combination, sizeof(combination));
	(void)snprintf(broken[claim].first, sizeof(broken[claim].first),
		       "%s\n        in %s\n        link %s mac ..%02x mtu %u %s master %d gen %d alias %s\n        verdict %s: %s",
		       text, combination, text_quote_str(l->name).text,
		       l->mac[5], l->mtu, l->up ? "up" : "down", l->master,
		       l->addrgen, l->alias, verdict_name(r->look.verdict),
		       r->look.reason);
}

/* ---- building it -------------------------------------------------------- */

static const char *link_name(const struct run *r)
{
	switch (r->v[LNAME]) {
	case AS_WISHED:
		return "web0";
	case ODD:
		return "tap\x01";
	default:
		return "tap7";
	}
}

static void build_bridge(struct run *r, int b, const char *name, int other)
{
	struct fake_link *l = fake_host_put(&r->base, b, name, "bridge");
	bool set = r->v[BMTU] == SET_1500 || r->v[BMTU] == SET_9000;
	struct fake_link *p;

	memcpy(l->l.mac, (uint8_t[]){ 6, 0, 0, 0, 0, (uint8_t)b }, 6);
	l->l.mtu = bridge_mtus[r->v[BMTU]];
	l->mac_set = r->v[BMAC];
	l->mtu_set = set;
	l->l.up = r->v[BUP];
	l->l.filtering = r->v[FILTER];
	l->l.learns_linklocal = true;
	if (!r->v[BPORTS])
		return;
	p = fake_host_put(&r->base, other, (char[]){ 'p', (char)('0' + b), 0 },
			  "tun");
	p->l.mtu = l->l.mtu;
	p->l.up = true;
	fake_host_join(&r->base, other, b);
}

static const char *was_master(const struct run *r)
{
	static const char *const names[] = { "", "br0", "brf", "gone0" };

	return names[r->v[WAS_MASTER]];
}

static void print_record(const struct run *r, char alias[LINK_ALIASSIZE])
{
	struct record rec = {
		.by = BY_HAND - r->v[BY],
		.leaving = r->v[ALIAS] == OURS_LEAVING,
		.hold = r->v[ALIAS] == OURS_HELD ? HOLD_FOR_A_WHILE : HOLD_NONE,
		.guarded = r->v[PGUARD] != NO_GUARD,
		.set = r->v[PENTRIES] ? OPTIONS_OF_ENTRIES : 0,
		.was = { .mac = { 2, 0, 0, 1, 2, 3 }, .mtu = 1450,
			 .up = r->v[WAS_UP],
			 .addrgen = r->v[WAS_GEN] ? LINK_ADDRGEN_NONE :
						    LINK_ADDRGEN_EUI64 },
	};

	(void)text_copy(rec.was.name, VIF_NAMESIZE,
			r->v[WAS_NAME] == WAS_TAKEN ? "stranger" : "tap7");
	(void)text_copy(rec.was.master, VIF_NAMESIZE, was_master(r));
	if (rec.by == BY_HAND)
		rec.wish = (struct wish){ .by = BY_HAND, .network = "br0" };
	if (record_print(&rec, alias) < 0)
		abort();
}

static void build_alias(const struct run *r, char alias[LINK_ALIASSIZE])
{
	switch (r->v[ALIAS]) {
	case OURS:
	case OURS_LEAVING:
	case OURS_HELD:
		print_record(r, alias);
		break;
	case FOREIGN:
	case REPLACE:
		(void)text_copy(alias, LINK_ALIASSIZE, "uplink, do not touch");
		break;
	case DAMAGED:
		(void)text_copy(alias, LINK_ALIASSIZE, "vifagent/1 by=hand");
		break;
	case REPLACE_LONG:
		memset(alias, 'x', LINK_ALIASSIZE - 1);
		break;
	default:
		break;
	}
}

static struct guard make_guard(unsigned int which)
{
	struct guard g = { .kind = which == BY_MAC ? GUARD_MAC : GUARD_IP,
			   .n_macs = 1, .n_ip4 = 1,
			   .ip4 = { { 192, 0, 2, 1 } } };

	memcpy(g.mac[0], guest_mac, 6);
	if (which == ANOTHERS)
		g.mac[0][5]++;
	if (which == BY_RATE)
		g = (struct guard) { .rate = { .send = 10000, .receive = 20000 } };
	return which == NO_GUARD ? (struct guard) { 0 } : g;
}

/* As wish_guard() completes it. */
static struct guard complete_guard(unsigned int which)
{
	const struct wish w = { .guard = make_guard(which) };
	struct guard g;

	wish_guard(&w, &g);
	return g;
}

static struct entries make_entries(unsigned int which)
{
	struct entries e = { .n = 1 };

	memcpy(e.mac[0], guest_mac, 6);
	if (which == OLD_ENTRIES)
		e.mac[0][5]++;
	return which == NO_ENTRIES ? (struct entries) { 0 } : e;
}

static void build_port(struct run *r)
{
	static const int masters[] = { 0, BR0, BR1, BRF, NO_BR };
	static const char *const kinds[] = { "tun", "", "bridge", "", "",
					     "tun" };
	struct fake_link *l = fake_host_put(&r->base, PORT, link_name(r),
					    kinds[r->v[KIND]]);

	memcpy(l->l.mac, macs[r->v[MAC]], 6);
	l->l.mtu = link_mtus[r->v[LMTU]];
	l->l.loopback = r->v[KIND] == LOOPBACK;
	l->l.ethernet = r->v[KIND] != LOOPBACK && r->v[KIND] != NO_ETHERNET;
	l->hardware = r->v[KIND] == HARDWARE;
	l->l.addrgen = r->v[GEN] == NO_INET6 ? -1 : (int)r->v[GEN];
	l->l.up = r->v[UP];
	l->has_link_local = l->l.up && l->l.addrgen == LINK_ADDRGEN_EUI64;
	build_alias(r, l->l.alias);
	l->guard = complete_guard(r->v[PGUARD]);
	if (!r->v[MASTER])
		return;
	fake_host_join(&r->base, PORT, masters[r->v[MASTER]]);
	if (l->l.options) {
		l->l.options = port_options[r->v[POPT]];
		l->entries = make_entries(r->v[PENTRIES]);
	}
	if (l->vlan[0])
		(void)text_copy(l->vlan, sizeof(l->vlan),
				port_vlans[r->v[PVLAN]]);
	/* Where a port of ours is, the MTU was made the bridge's own. */
	if (l->l.alias[0] == 'v' && r->v[MASTER] != ON_BOND)
		fake_host_at(&r->base, masters[r->v[MASTER]])->mtu_set = true;
}

static void build_host(struct run *r)
{
	struct fake_host *f = &r->base;
	struct fake_link *nic;

	fake_host_init(f);
	build_bridge(r, BR0, "br0", ON0);
	build_bridge(r, BR1, "br1", ON1);
	build_bridge(r, BRF, "brf", ONF);
	fake_host_put(f, NO_BR, "bond0", "bond");
	build_port(r);
	fake_host_put(f, STRANGER, "stranger", "tun")->l.up = true;
	nic = fake_host_put(f, OTHER_NIC, "vif9.0", "");
	(void)text_copy(nic->l.alias, LINK_ALIASSIZE,
			"vifagent/1 by=xenstore nic=9.0 part=vif was.name=vif9.0");
	fake_host_put(f, ETH0, "eth0", NULL)->hardware = true;
}

static void build_wish(struct run *r)
{
	static const char *const nets[] = { "br0", "red", "br1", "",
					    "nobr0", "bond0", "a/b" };
	static const char *const names[] = { "", "web0", "stranger", "vif9.0",
					     "sixteen-letters-" };
	struct wish *w = &r->wish;
	const char *net = nets[r->v[NET]], *name = names[r->v[NAME]];

	memset(w, 0, sizeof(*w));
	w->by = (enum source)(BY_HAND - r->v[BY]);
	if (net[0])
		(void)wish_set(w, WISH_NETWORK, "network", net, strlen(net));
	if (name[0])
		(void)wish_set(w, WISH_NAME, "name", name, strlen(name));
	w->mtu = wish_mtus[r->v[WMTU]];
	if (r->v[WVLAN])
		(void)text_copy(w->vlan, sizeof(w->vlan), wished_vlan);
	w->replace_alias = r->v[ALIAS] == REPLACE ||
			   r->v[ALIAS] == REPLACE_LONG;
	config_resolve(config, w);
	w->guard = make_guard(r->v[WGUARD]);
	if (r->v[WOPT] == ISOLATED) {
		w->options_named = OPTION(OPTION_ISOLATED) | OPTION(OPTION_FLOOD);
		w->options_on = OPTION(OPTION_ISOLATED);
	} else if (r->v[WOPT] == LOCKED) {
		w->options_named = OPTIONS_OF_ENTRIES;
		w->options_on = OPTION(OPTION_LOCKED);
		memcpy(w->guard.mac[0], guest_mac, 6);
		w->guard.n_macs = 1;
	}
}

static bool was_ours(const struct run *r)
{
	return r->v[ALIAS] >= OURS && r->v[ALIAS] <= OURS_HELD;
}

/* What leaving has to bring back. */
static void build_found(struct run *r)
{
	const struct link *l = &r->base.link[PORT - 1].l;
	static const int masters[] = { 0, BR0, BRF, 0 };
	struct found *w = &r->found;
	struct record rec;

	memset(w, 0, sizeof(*w));
	memcpy(w->vlan, r->base.link[PORT - 1].vlan, sizeof(w->vlan));
	if (was_ours(r) && record_parse(l->alias, &rec) == 0) {
		memcpy(w->name, r->v[WAS_NAME] == WAS_TAKEN ? l->name :
		       rec.was.name, VIF_NAMESIZE);
		memcpy(w->mac, rec.was.mac, 6);
		w->mtu = rec.was.mtu;
		w->up = rec.was.up;
		w->addrgen = l->addrgen < 0 ? -1 : rec.was.addrgen;
		w->master = masters[r->v[WAS_MASTER]];
		w->options = w->master ? OPTIONS_DEFAULT : 0;
		return;
	}
	memcpy(w->name, l->name, VIF_NAMESIZE);
	memcpy(w->alias, l->alias, LINK_ALIASSIZE);
	memcpy(w->mac, l->mac, 6);
	w->mtu = l->mtu;
	w->up = l->up;
	w->addrgen = l->addrgen;
	w->master = l->master;
	w->options = l->options;
}

static bool checks_addresses(const struct run *r)
{
	return r->v[WGUARD] == BY_MAC || r->v[WGUARD] == BY_IP;
}

/* ---- what holds after every act ----------------------------------------- */

/* The exception that doc/reasons.md names: a bridge whose MTU nobody has set,
 * at 1500 only because of this port, the others having more. */
static bool was_the_last_of_1500(const struct run *r,
				 const struct fake_link *before,
				 const struct link *is)
{
	return !before->mtu_set && before->l.mtu == LINK_MTU_DEFAULT &&
	       r->base.link[PORT - 1].l.mtu == LINK_MTU_DEFAULT &&
	       is->mtu > LINK_MTU_DEFAULT;
}

/* Somebody gave our port another MAC than we had, and so the bridge; that is
 * not made the bridge's own. */
static bool had_it_from_its_port(const struct run *r,
				 const struct fake_link *before)
{
	const struct link *port = &r->base.link[PORT - 1].l;

	return was_ours(r) && !before->mac_set && port->master &&
	       memcmp(port->mac, macs[PORT_MAC], 6) != 0;
}

static void check_bridge(const struct run *r, int b)
{
	const struct fake_link *before = &r->bridges[b - BR0];
	const struct link *was = &before->l;
	const struct link *is = &r->f.link[b - 1].l;
	bool joined = strcmp(r->wish.bridge, was->name) == 0;
	enum claim claim = !r->joining && b == r->came_from ?
				LEAVES_BRIDGE_AS_IS :
			   !r->joining ? RETURNS_TO_BRIDGE : joined ? KEEPS_JOINED_BRIDGE : KEEPS_LEFT_BRIDGE;
	struct link rest = *is;

	if (memcmp(was->mac, is->mac, 6) != 0 && !had_it_from_its_port(r, before))
		breaks(r, claim, "the MAC of %s was ..%02x, is ..%02x",
		       was->name, was->mac[5], is->mac[5]);
	if (was->mtu != is->mtu && was_the_last_of_1500(r, before, is))
		return;
	if (was->mtu != is->mtu)
		breaks(r, claim, "the MTU of %s was %u, is %u", was->name,
		       was->mtu, is->mtu);
	if (r->f.link[b - 1].followed != before->followed &&
	    !had_it_from_its_port(r, before))
		breaks(r, claim, "%s has followed a port", was->name);
	memcpy(rest.mac, was->mac, 6);
	rest.mtu = was->mtu;
	if (checks_addresses(r))
		rest.learns_linklocal = was->learns_linklocal;
	if (memcmp(&rest, was, sizeof(rest)) != 0)
		breaks(r, KEEPS_OTHERS, "bridge %s was changed", was->name);
}

static void check_others(const struct run *r)
{
	for (int i = 1; i <= FAKE_LINKS; i++) {
		const struct fake_link *was = &r->base.link[i - 1];
		const struct fake_link *is = &r->f.link[i - 1];

		if (i == PORT || (r->fault >= FAULT_PORT_VANISHES))
			continue;
		if (i >= BR0 && i <= BRF)
			check_bridge(r, i);
		else if (memcmp(was, is, sizeof(*was)) != 0)
			breaks(r, KEEPS_OTHERS, "%s was changed", was->l.name);
	}
}

static void check_order(struct run *r, const struct step *step)
{
	const struct link *l = &r->f.link[PORT - 1].l;
	const struct link *b = &r->look.state.bridge;
	unsigned int both = CHANGE_UP | CHANGE_MASTER;
	struct record record;
	bool joining;

	if (step->kind == STEP_CHANGE &&
	    (step->change.fields & both) == both)
		breaks(r, UP_COMES_LAST, "UP and MASTER in one message");
	/* What failed is being undone. */
	joining = r->joining && (record_owner(l->alias, &record) != OWNER_US ||
				 !record.leaving);
	/* A bridge may go between two acts. */
	if (joining && l->up && !r->was_up && l->master != b->ifindex &&
	    r->fault != FAULT_BRIDGE_VANISHES)
		breaks(r, UP_COMES_LAST, "up before it is on its bridge");
	if (joining && l->up && !r->was_up && l->addrgen == LINK_ADDRGEN_EUI64)
		breaks(r, UP_COMES_LAST, "up before addr-gen none");
	r->was_up = l->up;
}

/* Can it be heard on a bridge, but not in the VLANs that it is to be in? */
static bool is_astray(const struct run *r)
{
	const struct fake_link *p = &r->f.link[PORT - 1];
	int master = p->l.master;

	return r->joining && r->v[WVLAN] && p->l.up && master >= BR0 &&
	       master <= BRF &&
	       (r->f.link[master - 1].l.filtering != VLAN_FILTERING_ON ||
		strcmp(p->vlan, wished_vlan) != 0);
}

/* Can it send on the bridge without the guard that it is to have? */
static bool is_open(const struct run *r)
{
	const struct fake_link *p = &r->f.link[PORT - 1];
	struct guard want = complete_guard(r->v[WGUARD]);

	want.tags = p->guard.tags;
	return r->joining && checks_addresses(r) && p->l.up &&
	       p->l.master == (r->v[NET] == N_BR0 ? BR0 : BR1) &&
	       !guard_equal(&p->guard, &want);
}

/* Can it be heard on the bridge without the options that it is to have there, or without
 * the MACs that its bridge is to be told? */
static bool is_loose(const struct run *r)
{
	const struct fake_link *p = &r->f.link[PORT - 1];
	const struct entries want = make_entries(ITS_ENTRIES);

	return r->joining && p->l.up &&
	       p->l.master == (r->v[NET] == N_BR0 ? BR0 : BR1) &&
	       (((p->l.options ^ r->wish.options_on) & r->wish.options_named) ||
		(r->v[WOPT] == LOCKED && memcmp(&p->entries, &want, sizeof(want)) != 0));
}

/* It was locked by us, shall have a guard instead, and has neither of them. */
static bool is_bare(const struct run *r)
{
	const struct fake_link *p = &r->f.link[PORT - 1], *was = &r->base.link[PORT - 1];
	bool was_locked = was_ours(r) && r->v[PENTRIES] && was->l.options & OPTION(OPTION_LOCKED);

	return was_locked && r->v[WOPT] != LOCKED && is_open(r) &&
	       p->l.master == was->l.master && !(p->l.options & OPTION(OPTION_LOCKED));
}

/* Has it become so by this act, while it is joining?  What fails is undone. */
static bool becomes(const struct run *r, bool is, bool *was)
{
	bool had_been = *was;
	struct record record;

	*was = is;
	return is && !had_been &&
	       record_owner(r->f.link[PORT - 1].l.alias, &record) == OWNER_US && !record.leaving;
}

static void check_options(struct run *r)
{
	const struct fake_link *p = &r->f.link[PORT - 1];

	if (becomes(r, is_loose(r), &r->was_loose))
		breaks(r, HAS_ITS_OPTIONS, "up with options %x and %d MACs", p->l.options, p->entries.n);
	if (is_bare(r))
		breaks(r, PROTECTS_ALL_THE_TIME, "it is not locked any more, and its guard does not stand");
}

static void check_guard(struct run *r)
{
	if (becomes(r, is_open(r), &r->was_open))
		breaks(r, IS_ALWAYS_GUARDED, "up without its guard");
}

static void check_vlans(struct run *r)
{
	const struct fake_link *p = &r->f.link[PORT - 1];

	if (becomes(r, is_astray(r), &r->was_astray))
		breaks(r, KEEPS_TO_ITS_VLANS, "up with VLANs %s", p->vlan);
	r->was_elsewhere |= p->l.master != r->base.link[PORT - 1].l.master;
}

static void check_name(const struct run *r)
{
	const char *name = r->f.link[PORT - 1].l.name;

	if (strcmp(name, r->base.link[PORT - 1].l.name) != 0 &&
	    strcmp(name, r->wish.name) != 0 &&
	    strcmp(name, r->found.name) != 0)
		breaks(r, NAMES_ARE_WHOLE, "it is called %s", name);
}

static void after_act(struct fake_host *f, int ifindex, const struct step *step)
{
	struct run *r = f->arg;

	acts++;
	if (ifindex != PORT)
		breaks(r, KEEPS_OTHERS, "an act on link %d", ifindex);
	if (!f->link[PORT - 1].exists)
		return;
	check_others(r);
	check_order(r, step);
	check_vlans(r);
	check_guard(r);
	check_options(r);
	check_name(r);
}

/* ---- looking ------------------------------------------------------------ */

static void start(struct run *r)
{
	r->f = r->base;
	r->f.arg = r;
	r->f.after = after_act;
	r->was_up = r->f.link[PORT - 1].l.up;
	r->was_astray = r->was_elsewhere = false;
	r->fault_at = 0;
	r->fault = FAULT_NOTHING_DONE;
}

static void start_with_fault(struct run *r, unsigned int n,
			     enum fake_fault fault)
{
	static const int errnos[] = { EBUSY, EEXIST, EPERM };

	start(r);
	r->fault_at = r->f.fail_at = n;
	r->fault = r->f.fault = fault;
	r->f.fail_errno = errnos[(combinations + n) % 3];
	r->f.fail_bridge = r->v[NET] == N_BR0 ? BR0 : BR1;
	faults++;
}

static int decide(struct look *l, struct aim *ret, void *aim)
{
	(void)l;
	*ret = *(const struct aim *)aim;
	return 0;
}

/* Returns the number of acts. */
static unsigned int look(struct run *r, bool leave, bool dead)
{
	struct look *l = &r->look;
	unsigned int before = r->f.acts;
	struct aim aim = { .goal = GOAL_JOIN, .wish = r->wish,
			   .record.by = r->wish.by };

	memset(l, 0, sizeof(*l));
	l->id.ifindex = PORT;
	l->found = true;
	l->state.link = r->f.link[PORT - 1].l;
	if (r->wish.by != BY_XENSTORE)
		aim.record.wish = r->wish;
	r->joining = !leave;
	r->was_astray = is_astray(r);
	r->was_open = is_open(r);
	r->was_loose = is_loose(r);
	for (int b = BR0; b <= BRF; b++)
		r->bridges[b - BR0] = r->f.link[b - 1];
	r->came_from = r->f.link[PORT - 1].l.master;
	if (leave)
		aim.goal = dead ? GOAL_LEAVE_DEAD : GOAL_LEAVE;
	(void)settle(&r->f.host, LOOK_ACT | (r->v[PATIENT] ? LOOK_PATIENT : 0),
		     decide, &aim, l);
	looks++;
	return r->f.acts - before;
}

/* ---- the wish, fulfilled or refused ------------------------------------- */

/* ifup makes a bridge, gives it its uplink, and sets it up. */
static bool being_set_up(const struct run *r)
{
	int bridge = r->v[NET] == N_BR0 ? BR0 : BR1;
	const struct fake_link *b = &r->base.link[bridge - 1];

	return !b->l.up && !b->mac_set && !r->v[BPORTS] &&
	       r->base.link[PORT - 1].l.master != bridge;
}

/* It joins under the name that it has. */
static bool is_renamed_later(const struct run *r)
{
	return r->v[NAME] == NIC_HAS_IT && r->wish.by == BY_XENSTORE;
}

static unsigned int waits(const struct run *r)
{
	return (r->v[NET] == N_MISSING) +
	       (r->v[NAME] == NIC_HAS_IT && !is_renamed_later(r)) +
	       (r->v[NET] <= N_BR1 && r->v[PATIENT] && being_set_up(r));
}

static bool has_no_vlans(const struct run *r)
{
	return r->v[WVLAN] && r->v[FILTER] != VLAN_FILTERING_ON;
}

static unsigned int refusals(const struct run *r)
{
	unsigned int alias = r->v[ALIAS];

	return (r->v[NET] == N_NONE) + (r->v[NET] == N_NO_BRIDGE) +
	       (r->v[NET] == N_WRONG) + (r->v[NAME] == FOREIGN_HAS_IT) +
	       (r->v[NAME] == TOO_LONG) + (r->v[KIND] >= A_BRIDGE) +
	       has_no_vlans(r) + (r->v[LNAME] == ODD) + (alias == FOREIGN || alias == DAMAGED ||
		alias == REPLACE_LONG);
}

static const char *wrong_record(const struct run *r, const char *alias)
{
	struct record rec;

	if (record_parse(alias, &rec) < 0)
		return "no record";
	if (rec.by != r->wish.by || rec.leaving || rec.hold || rec.has_nic)
		return "wrong record";
	if (rec.by != BY_XENSTORE &&
	    (strcmp(rec.wish.network, r->wish.network) != 0 ||
	     strcmp(rec.wish.name, r->wish.name) != 0))
		return "another wish in the record";
	return NULL;
}

/* What others have set on its bridge stays. */
static uint16_t wanted_options(const struct run *r)
{
	const struct link *was = &r->base.link[PORT - 1].l;
	uint16_t options = OPTIONS_DEFAULT;

	if (was->master == (r->v[NET] == N_BR0 ? BR0 : BR1))
		options = was->options;
	if (was_ours(r) && r->v[PENTRIES])
		options = (options & ~OPTIONS_OF_ENTRIES) | (OPTIONS_DEFAULT & OPTIONS_OF_ENTRIES);
	options &= ~r->wish.options_named;
	return options | (r->wish.options_on & r->wish.options_named);
}

/* Returns what is not as wished, or NULL. */
static const char *not_as_wished(const struct run *r)
{
	const struct fake_link *p = &r->f.link[PORT - 1];
	int bridge = r->v[NET] == N_BR0 ? BR0 : BR1;
	uint32_t mtu = r->wish.mtu ? r->wish.mtu :
				     r->base.link[bridge - 1].l.mtu;
	struct guard guard;

	if (strcmp(p->l.name, r->v[NAME] == NEW ? "web0" :
		   r->base.link[PORT - 1].l.name) != 0)
		return "name";
	if (memcmp(p->l.mac, macs[PORT_MAC], 6) != 0)
		return "MAC";
	if (p->l.mtu != mtu)
		return "MTU";
	if (p->l.master != bridge)
		return "master";
	if (!p->l.up)
		return "not up";
	if (r->v[WVLAN] && strcmp(p->vlan, wished_vlan) != 0)
		return "VLANs";
	if (p->l.options != wanted_options(r))
		return "options";
	if (is_loose(r) || (r->v[WOPT] != LOCKED && was_ours(r) && p->entries.n))
		return "entries";
	guard = complete_guard(r->v[WGUARD]);
	guard.tags = p->guard.tags;
	if (!guard_equal(&p->guard, &guard))
		return "guard";
	if (checks_addresses(r) && r->f.link[bridge - 1].l.learns_linklocal)
		return "what the bridge learns from";
	if (p->l.addrgen == LINK_ADDRGEN_EUI64)
		return "addr-gen mode";
	if (p->has_link_local)
		return "link-local address";
	return wrong_record(r, p->l.alias);
}

/* What is left from a link that had this ifindex before stays until it joins. */
static bool is_new_guard(const struct run *r)
{
	return !guard_equal(&r->f.link[PORT - 1].guard,
			    &r->base.link[PORT - 1].guard);
}

static const char *not_as_found(const struct run *r, bool dead)
{
	const struct link *l = &r->f.link[PORT - 1].l;
	const struct found *w = &r->found;

	if (strcmp(l->name, w->name) != 0)
		return "name";
	if (memcmp(l->mac, w->mac, 6) != 0)
		return "MAC";
	if (l->mtu != w->mtu)
		return "MTU";
	if (l->master != (dead ? 0 : w->master))
		return "master";
	if (l->up != (!dead && w->up))
		return "up or down";
	if (!dead && w->options != l->options)
		return "options";
	if (!dead && !r->was_elsewhere &&
	    strcmp(r->f.link[PORT - 1].vlan, w->vlan) != 0)
		return "VLANs";
	if (l->addrgen != w->addrgen)
		return "addr-gen mode";
	if (r->f.link[PORT - 1].guard.kind != GUARD_NONE &&
	    (was_ours(r) || is_new_guard(r)))
		return "guard";
	if (r->f.link[PORT - 1].entries.n && was_ours(r))
		return "entries";
	return strcmp(l->alias, w->alias) != 0 ? "alias" : NULL;
}

static void check_in_order(struct run *r, enum claim claim)
{
	const char *what = not_as_wished(r);

	if (r->look.verdict != IN_ORDER)
		breaks(r, claim, "not in order");
	else if (what)
		breaks(r, claim, "in order, but not as wished: %s", what);
	if (r->look.verdict == IN_ORDER &&
	    is_renamed_later(r) != (r->look.reason[0] != '\0'))
		breaks(r, claim, "in order, with a reason or without one");
}

static bool says_why(const struct run *r)
{
	enum verdict v = r->look.verdict;

	if (!r->look.reason[0])
		return false;
	if (waits(r) && refusals(r))
		return v == WAITING || v == REFUSED;
	return v == (waits(r) ? WAITING : REFUSED);
}

/* It can be heard where VLANs are not kept apart: it is set down. */
static bool is_shut_up(struct run *r)
{
	start(r);
	r->joining = true;
	return was_ours(r) && has_no_vlans(r) && is_astray(r);
}

static void run_blocked(struct run *r)
{
	if (is_shut_up(r)) {
		start(r);
		(void)look(r, false, false);
		if (r->f.acts != 1 || r->f.link[PORT - 1].l.up || !says_why(r))
			breaks(r, KEEPS_TO_ITS_VLANS, "is not set down");
		return;
	}
	start(r);
	for (int i = 0; i < 2; i++) {
		if (look(r, false, false))
			breaks(r, TOUCHES_NOTHING, "an act on the way to no");
		if (!says_why(r))
			breaks(r, SAYS_WHY, "wanted a stated no");
	}
	if (memcmp(r->f.link, r->base.link, sizeof(r->f.link)) != 0)
		breaks(r, TOUCHES_NOTHING, "something is changed");
}

static void leave_and_compare(struct run *r, bool dead, enum claim claim)
{
	const char *what;

	(void)look(r, true, dead);
	what = not_as_found(r, dead);
	if (r->look.verdict != NOT_OURS)
		breaks(r, claim, "does not end as not ours");
	else if (what)
		breaks(r, claim, "not as found: %s", what);
	if (look(r, true, dead))
		breaks(r, claim, "another act after leaving");
}

static void run_join(struct run *r)
{
	if (waits(r) || refusals(r)) {
		run_blocked(r);
		return;
	}
	start(r);
	(void)look(r, false, false);
	check_in_order(r, CONVERGES);
	if (look(r, false, false))
		breaks(r, STAYS, "a second look acts");
	check_in_order(r, STAYS);
	leave_and_compare(r, false, LEAVES_AS_FOUND);
}

/* One fault at the nth act.  Returns false when there is no nth act. */
static bool fault_at(struct run *r, unsigned int n, enum fake_fault fault)
{
	start_with_fault(r, n, fault);
	(void)look(r, false, false);
	if (r->f.acts < n)
		return false;
	if (r->look.verdict != IN_ORDER &&
	    (r->look.verdict != FAILED || !r->look.reason[0]))
		breaks(r, SURVIVES_FAULTS, "a fault without a word");
	if (r->look.verdict == FAILED && !was_ours(r) && not_as_found(r, false))
		breaks(r, FAILS_AS_FOUND, "not as found: %s",
		       not_as_found(r, false));
	(void)look(r, false, false);
	check_in_order(r, SURVIVES_FAULTS);
	if (look(r, false, false))
		breaks(r, SURVIVES_FAULTS, "a third look acts");
	leave_and_compare(r, false, REMEMBERS_IN_FAULTS);
	return true;
}

static void run_faults(struct run *r)
{
	for (int fault = 0; fault <= FAULT_ALL_DONE; fault++)
		for (unsigned int n = 1; n < 32; n++)
			if (!fault_at(r, n, (enum fake_fault)fault))
				break;
}

static bool vanish_at(struct run *r, unsigned int n, enum fake_fault fault)
{
	start_with_fault(r, n, fault);
	(void)look(r, false, false);
	if (r->f.acts < n)
		return false;
	(void)look(r, false, false);
	if (fault == FAULT_PORT_VANISHES &&
	    (r->look.verdict != NOT_OURS || r->look.found))
		breaks(r, SURVIVES_VANISHING, "the port is gone");
	if (fault == FAULT_BRIDGE_VANISHES && r->look.verdict != WAITING)
		breaks(r, SURVIVES_VANISHING, "the bridge is gone");
	if (look(r, false, false))
		breaks(r, SURVIVES_VANISHING, "a third look acts");
	return true;
}

static void run_vanishing(struct run *r)
{
	for (int fault = FAULT_PORT_VANISHES; fault < FAULTS; fault++)
		for (unsigned int n = 1; n < 32; n++)
			if (!vanish_at(r, n, (enum fake_fault)fault))
				break;
}

/* ---- leaving ------------------------------------------------------------ */

static void run_leave(struct run *r)
{
	start(r);
	leave_and_compare(r, r->v[DEAD] && was_ours(r), LEAVES);
	if (!was_ours(r) && r->f.acts)
		breaks(r, LEAVES, "an act on a link that is not ours");
}

static void run_leave_faults(struct run *r)
{
	for (int fault = 0; fault <= FAULT_ALL_DONE; fault++) {
		for (unsigned int n = 1; n < 32; n++) {
			start_with_fault(r, n, (enum fake_fault)fault);
			(void)look(r, true, r->v[DEAD]);
			if (r->f.acts < n)
				break;
			leave_and_compare(r, r->v[DEAD], LEAVES_IN_FAULTS);
		}
	}
}

/* ---- sweeping ----------------------------------------------------------- */

struct sweep {
	void (*run)(struct run *r);
	unsigned int values[DIMS];	/* bits; 0: the first value only */
};

static bool next(const struct sweep *s, unsigned int v[DIMS])
{
	for (int d = 0; d < DIMS; d++) {
		unsigned int set = s->values[d] ? s->values[d] : 1;

		while (++v[d] < sizes[d])
			if (set & V(v[d]))
				return true;
		for (v[d] = 0; !(set & V(v[d]));)
			v[d]++;
	}
	return false;
}

/* $EXHAUSTIVE_STEP: only each so many-th combination, where all of them run elsewhere. */
static unsigned long sweep(const struct sweep *s)
{
	const char *only = getenv("EXHAUSTIVE_STEP");
	unsigned long before = combinations, number = 0, step = 1;

	if (only && text_number(only, 1000, &step) < 0)
		step = 1;
	step += !step;
	memset(&run, 0, sizeof(run));
	for (int d = 0; d < DIMS; d++)
		while (s->values[d] && !(s->values[d] & V(run.v[d])))
			run.v[d]++;
	do {
		if (number++ % step)
			continue;
		build_host(&run);
		build_wish(&run);
		build_found(&run);
		s->run(&run);
		combinations++;
	} while (next(s, run.v));
	return combinations - before;
}

static void report(const char *what, unsigned long n)
{
	print_message("           %8lu %s\n", n, what);
}

#define JOINABLE_NETS (V(N_BR0) | V(N_RED))
#define THE_BRIDGES [BMAC] = 3, [BPORTS] = 3, [BMTU] = 3

static int sweep_all(void **state)
{
	static const char text[] = "[network red]\nbridge = br1\nmtu = 1400\n";
	char error[REASON_SIZE];
	static const struct sweep
	/* what can be fulfilled: all that plan_join() weighs at once */
	joins = { run_join, {
		[NET] = JOINABLE_NETS, [NAME] = V(KEEP) | V(NEW), [WMTU] = 15,
		[ALIAS] = V(NO_ALIAS) | V(OURS), [MAC] = 7, [LMTU] = 7, [UP] = 3,
		[MASTER] = 31, [GEN] = 7, THE_BRIDGES } },
	/* and what it does not: whose wish, which record, what kind */
	records = { run_join, {
		[NET] = JOINABLE_NETS | V(N_BR1), [NAME] = V(KEEP) | V(NEW),
		[WMTU] = V(0) | V(3), [BY] = 7, [KIND] = V(TUN) | V(NETBACK),
		[ALIAS] = V(NO_ALIAS) | V(OURS) | V(OURS_LEAVING) |
			  V(OURS_HELD) | V(REPLACE),
		[LNAME] = V(AS_FOUND) | V(AS_WISHED), [MAC] = V(0) | V(1),
		[UP] = 3, [MASTER] = V(NO_MASTER) | V(ON_BR0), [GEN] = V(0),
		[BMAC] = 3, [BMTU] = V(FLOAT_1500) | V(SET_9000),
		[WAS_MASTER] = 15, [WAS_UP] = 3 } },
	/* what cannot: every reason, and every two or three of them */
	refused = { run_join, {
		[NET] = V(N_BR0) | V(N_NONE) | V(N_MISSING) | V(N_NO_BRIDGE) |
			V(N_WRONG),
		[NAME] = 31, [WMTU] = V(0) | V(3), [BY] = 7, [KIND] = 63,
		[ALIAS] = 255, [MAC] = V(1), [UP] = 3,
		[MASTER] = V(NO_MASTER) | V(ON_BRF), [GEN] = V(0),
		[BMAC] = 3, [BPORTS] = 3 } },
	odd = { run_join, {
		[NET] = V(N_BR0) | V(N_MISSING), [NAME] = V(KEEP) | V(NEW),
		[LNAME] = V(ODD), [ALIAS] = V(NO_ALIAS) | V(FOREIGN) |
					    V(REPLACE),
		[UP] = 3, [MASTER] = 31 } },
	patient = { run_join, {
		[NET] = JOINABLE_NETS | V(N_MISSING), [NAME] = 31,
		[ALIAS] = V(NO_ALIAS) | V(OURS), [UP] = 3, [MASTER] = 31,
		[BMAC] = 3, [BPORTS] = 3, [BMTU] = 15, [BUP] = 3,
		[PATIENT] = 3 } },
	vlans = { run_join, {
		[NET] = JOINABLE_NETS | V(N_MISSING), [WVLAN] = 3,
		[ALIAS] = V(NO_ALIAS) | V(OURS) | V(OURS_LEAVING),
		[MAC] = V(0) | V(1), [UP] = 3, [MASTER] = 31, [FILTER] = 7,
		[PVLAN] = 15, [WAS_MASTER] = 15, [WAS_UP] = 3 } },
	guards = { run_join, {
		[NET] = JOINABLE_NETS, [NAME] = V(KEEP) | V(NEW), [WGUARD] = 15, [PGUARD] = 31,
		[ALIAS] = V(OURS) | V(OURS_LEAVING), [MAC] = V(0) | V(1),
		[UP] = 3, [MASTER] = 31, [WVLAN] = 3,
		[FILTER] = V(VLAN_FILTERING_ON), [WAS_MASTER] = 15, [WAS_UP] = 3 } },
	new_guards = { run_join, {
		[NET] = JOINABLE_NETS, [NAME] = V(KEEP) | V(NEW), [WGUARD] = V(BY_MAC) | V(BY_IP) | V(BY_RATE), [PGUARD] = 31,
		[ALIAS] = V(NO_ALIAS), [MAC] = 7, [LMTU] = 3,
		[UP] = 3, [MASTER] = 31, [GEN] = 7, [WVLAN] = 3,
		[FILTER] = V(VLAN_FILTERING_ON), [WOPT] = 3 } },
	faulty_guards = { run_faults, {
		[NET] = JOINABLE_NETS, [WGUARD] = V(BY_MAC) | V(BY_IP) | V(BY_RATE), [PGUARD] = 31,
		[ALIAS] = V(NO_ALIAS) | V(OURS), [MAC] = V(PORT_MAC) | V(LOW_MAC),
		[UP] = 3, [MASTER] = V(NO_MASTER) | V(ON_BR0) | V(ON_BRF),
		[WVLAN] = 3, [FILTER] = V(VLAN_FILTERING_ON),
		[WAS_MASTER] = 3, [WAS_UP] = 3 } },
	options = { run_join, {
		[NET] = JOINABLE_NETS, [WOPT] = 3, [ALIAS] = V(NO_ALIAS) | V(OURS) | V(OURS_LEAVING),
		[MAC] = V(0) | V(1), [UP] = 3, [MASTER] = 31, [POPT] = 7,
		[WVLAN] = 3, [FILTER] = V(VLAN_FILTERING_ON),
		[WAS_MASTER] = 15, [WAS_UP] = 3 } },
	entries = { run_join, {
		[NET] = JOINABLE_NETS, [WOPT] = V(NO_OPTIONS) | V(LOCKED), [PENTRIES] = 7,
		[ALIAS] = V(OURS) | V(OURS_LEAVING),
		[MAC] = V(0) | V(1), [UP] = 3, [MASTER] = 31, [POPT] = V(DEFAULT_OPTIONS) | V(IS_LOCKED),
		[WVLAN] = 3, [PVLAN] = 3, [FILTER] = V(VLAN_FILTERING_ON), [WGUARD] = V(NO_GUARD) | V(BY_IP),
		[PGUARD] = V(NO_GUARD) | V(BY_IP), [WAS_MASTER] = 15, [WAS_UP] = 3 } },
	new_entries = { run_join, {
		[NET] = JOINABLE_NETS, [WOPT] = V(LOCKED), [PENTRIES] = V(NO_ENTRIES),
		[ALIAS] = V(NO_ALIAS), [MAC] = 7, [LMTU] = 3, [UP] = 3, [MASTER] = 31, [GEN] = 7,
		[POPT] = V(DEFAULT_OPTIONS) | V(IS_LOCKED), [WVLAN] = 3,
		[FILTER] = V(VLAN_FILTERING_ON), [WGUARD] = V(NO_GUARD) | V(BY_MAC) } },
	faulty_entries = { run_faults, {
		[NET] = JOINABLE_NETS, [WOPT] = V(NO_OPTIONS) | V(LOCKED), [PENTRIES] = 7,
		[ALIAS] = V(OURS), [MAC] = V(PORT_MAC) | V(LOW_MAC), [POPT] = V(DEFAULT_OPTIONS) | V(IS_LOCKED),
		[UP] = 3, [MASTER] = V(NO_MASTER) | V(ON_BR0) | V(ON_BRF),
		[WVLAN] = 3, [FILTER] = V(VLAN_FILTERING_ON), [WAS_MASTER] = 3, [WAS_UP] = 3 } },
	faulty_options = { run_faults, {
		[NET] = JOINABLE_NETS, [WOPT] = 3, [WVLAN] = 3,
		[ALIAS] = V(NO_ALIAS) | V(OURS), [MAC] = V(PORT_MAC) | V(LOW_MAC),
		[UP] = 3, [MASTER] = V(NO_MASTER) | V(ON_BR0) | V(ON_BRF),
		[FILTER] = V(VLAN_FILTERING_ON), [POPT] = 7,
		[WAS_MASTER] = 3, [WAS_UP] = 3 } },
	faulty_vlans = { run_faults, {
		[NET] = JOINABLE_NETS, [WVLAN] = V(VLAN),
		[ALIAS] = V(NO_ALIAS) | V(OURS),
		[MAC] = V(PORT_MAC) | V(LOW_MAC),
		[UP] = 3, [MASTER] = V(NO_MASTER) | V(ON_BR0) | V(ON_BRF),
		[FILTER] = V(VLAN_FILTERING_ON), [PVLAN] = 15,
		[WAS_MASTER] = 3, [WAS_UP] = 3 } },
	faulty = { run_faults, {
		[NET] = JOINABLE_NETS, [NAME] = V(KEEP) | V(NEW),
		[WMTU] = V(0) | V(3), [ALIAS] = V(NO_ALIAS) | V(OURS),
		[MAC] = V(PORT_MAC) | V(LOW_MAC), [LMTU] = V(1) | V(2),
		[UP] = 3, [MASTER] = V(NO_MASTER) | V(ON_BR0) | V(ON_BRF),
		[GEN] = V(EUI64) | V(GEN_NONE), [BMAC] = 3, [BPORTS] = 3,
		[BMTU] = V(FLOAT_1500) | V(FLOAT_9000) } },
	vanishing = { run_vanishing, {
		[NET] = JOINABLE_NETS, [NAME] = V(KEEP) | V(NEW),
		[ALIAS] = V(NO_ALIAS) | V(OURS), [MAC] = V(0) | V(2),
		[LMTU] = V(1) | V(2), [UP] = 3, [MASTER] = 31,
		[GEN] = V(EUI64) | V(GEN_NONE), [BPORTS] = 3 } },
	leaves = { run_leave, {
		[ALIAS] = V(NO_ALIAS) | V(FOREIGN) | V(OURS) |
			  V(OURS_LEAVING) | V(OURS_HELD),
		[LNAME] = V(AS_FOUND) | V(AS_WISHED), [MAC] = V(0) | V(2),
		[LMTU] = V(1) | V(2), [UP] = 3, [MASTER] = 31, [GEN] = 7,
		[BMAC] = 3, [BPORTS] = 3, [BMTU] = V(FLOAT_1500) |
						   V(FLOAT_9000),
		[WAS_NAME] = 3, [WAS_MASTER] = 15, [WAS_UP] = 3,
		[DEAD] = 3 } },
	leave_faults = { run_leave_faults, {
		[ALIAS] = V(OURS), [LNAME] = V(AS_WISHED), [MAC] = V(0),
		[UP] = 3, [MASTER] = 31, [GEN] = 7, [BMAC] = 3,
		[WAS_NAME] = 3, [WAS_MASTER] = 15, [WAS_UP] = 3,
		[WAS_GEN] = 3, [DEAD] = 3 } };

	(void)state;
	config = config_new();
	if (!config || config_add(config, text, strlen(text), error) < 0)
		return -1;
	report("joins", sweep(&joins));
	report("joins by everybody", sweep(&records));
	report("refusals", sweep(&refused));
	report("odd names", sweep(&odd));
	report("joins of bridges in the making", sweep(&patient));
	report("joins in VLANs", sweep(&vlans));
	report("joins with guards", sweep(&guards));
	report("joins with guards, new", sweep(&new_guards));
	report("joins with guards and every fault", sweep(&faulty_guards));
	report("joins with options of the port", sweep(&options));
	report("joins with MACs told to the bridge", sweep(&entries));
	report("joins with MACs told to the bridge, new", sweep(&new_entries));
	report("joins with MACs told and every fault", sweep(&faulty_entries));
	report("joins with options and every fault", sweep(&faulty_options));
	report("joins with every fault", sweep(&faulty));
	report("joins in VLANs with every fault", sweep(&faulty_vlans));
	report("joins with everything vanishing", sweep(&vanishing));
	report("leaves", sweep(&leaves));
	report("leaves with every fault", sweep(&leave_faults));
	print_message("           %8lu combinations, %lu faults, %lu looks, %lu acts\n",
		      combinations, faults, looks, acts);
	return 0;
}

static int sweep_end(void **state)
{
	(void)state;
	config = config_free(config);
	return 0;
}

/* ---- the claims --------------------------------------------------------- */

static void holds(void **state)
{
	enum claim claim = *(const enum claim *)*state;

	check(!broken[claim].count, "%lu times, first: %s",
	      broken[claim].count, broken[claim].first);
}

static enum claim claims[CLAIMS];

#define CLAIM(id, text) { text, holds, NULL, NULL, &claims[id] }

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(CONVERGES, "one look fulfils what can be fulfilled"),
		CLAIM(STAYS, "a second look sends nothing"),
		CLAIM(SAYS_WHY, "what cannot be says why"),
		CLAIM(TOUCHES_NOTHING, "what cannot be touches nothing"),
		CLAIM(KEEPS_JOINED_BRIDGE,
		      "the bridge that is joined keeps its MAC and MTU"),
		CLAIM(KEEPS_LEFT_BRIDGE,
		      "the bridge that is left for it keeps its MAC and MTU"),
		CLAIM(KEEPS_OTHERS, "no other link changes"),
		CLAIM(UP_COMES_LAST,
		      "a port goes up only on its bridge, and addressless"),
		CLAIM(NAMES_ARE_WHOLE, "no name is ever made up"),
		CLAIM(LEAVES_AS_FOUND, "joined and left is as found"),
		CLAIM(FAILS_AS_FOUND,
		      "the nth act fails: a link that was not ours is as found"),
		CLAIM(SURVIVES_FAULTS, "the nth act fails: the next look mends it"),
		CLAIM(REMEMBERS_IN_FAULTS,
		      "the nth act fails: left later, it is as found"),
		CLAIM(KEEPS_TO_ITS_VLANS,
		      "it is never heard outside its VLANs"),
		CLAIM(IS_ALWAYS_GUARDED,
		      "it is never up on its bridge without its guard"),
		CLAIM(HAS_ITS_OPTIONS,
		      "it is never up on its bridge without its options and entries"),
		CLAIM(PROTECTS_ALL_THE_TIME,
		      "locked by us, it stays so until the guard stands that is wished instead"),
		CLAIM(SURVIVES_VANISHING, "the port or its bridge vanishes"),
		CLAIM(LEAVES, "leaving brings back what the record says"),
		CLAIM(LEAVES_BRIDGE_AS_IS,
		      "the bridge that is left keeps its MAC and MTU"),
		CLAIM(RETURNS_TO_BRIDGE,
		      "the bridge it goes back to keeps its MAC and MTU"),
		CLAIM(LEAVES_IN_FAULTS,
		      "the nth act of leaving fails: the next look mends it"),
	};

	for (int i = 0; i < CLAIMS; i++)
		claims[i] = (enum claim)i;
	return cmocka_run_group_tests(tests, sweep_all, sweep_end);
}
