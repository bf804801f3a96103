/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-plan.c - from what is wished and what is there to what must be done
 *
 * Plans are compared as text: their steps in words, parted by "; ".
 */
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

#include "agent/core/plan.h"
#include "agent/core/words.h"

enum { PORT = 7, BRIDGE = 2, OLD = 3 };

static const uint8_t port_mac[6] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t low_mac[6] = { 0x02, 0, 0, 0, 0, 1 };

static struct wish wish;
static struct state s;
static struct record record;
static struct plan plan;

/* A new tap, and a bridge with an uplink and other ports of ours: the plainest
 * case. */
static int setup(void **state)
{
	(void)state;
	wish = (struct wish){ .by = BY_HAND, .network = "br0",
			      .bridge = "br0" };
	record = (struct record){ .by = BY_HAND, .wish = wish };
	s = (struct state){
		.link = { .ifindex = PORT, .name = "tap7", .kind = "tun",
			  .mac = { 0x52, 0x54, 0, 0, 0, 7 }, .ethernet = true,
			  .mtu = 1500, .addrgen = LINK_ADDRGEN_EUI64 },
		.have_bridge = true,
		.bridge = { .ifindex = BRIDGE, .name = "br0", .kind = "bridge",
			    .mac = { 0x52, 0x54, 0, 0, 0, 2 },
			    .ethernet = true, .mtu = 1500, .up = true },
		.facts = { .mtu_is_pinned = true },
	};
	return 0;
}

/* The same port, once joined. */
static void join_it(void)
{
	record.was = (struct was){ .name = "tap7", .mtu = 1400,
				   .mac = { 0x52, 0x54, 0, 0, 0, 7 },
				   .addrgen = 0, .up = true };
	s.record = record;
	s.owner = OWNER_US;
	memcpy(s.link.mac, port_mac, 6);
	s.link.master = BRIDGE;
	s.link.options = OPTIONS_DEFAULT;
	s.link.addrgen = LINK_ADDRGEN_NONE;
	s.link.up = true;
	assert_true(record_print(&record, s.link.alias) > 0);
}

/* Made up on the way: a record that leaves. */
static void begin_to_leave(void)
{
	s.record.leaving = true;
	assert_true(record_print(&s.record, s.link.alias) > 0);
}

static const char *steps(void)
{
	static char text[2048];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < plan.n; i++) {
		char word[512];

		step_text(&plan.step[i], &s, word, sizeof(word));
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
				      i ? "; " : "", word);
	}
	return text;
}

static void joins(const char *wanted)
{
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, wanted[0] ? TO_DO : IN_ORDER);
	assert_string_equal(steps(), wanted);
	assert_string_equal(plan.reason, "");
}

static void does_not_join(enum verdict verdict, const char *reason)
{
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, verdict);
	assert_int_equal(plan.n, 0);
	assert_string_equal(plan.reason, reason);
}

static void leaves(bool dead, const char *wanted)
{
	plan_leave(&s, dead, &plan);
	assert_int_equal(plan.verdict, wanted[0] ? TO_DO : NOT_OURS);
	assert_string_equal(steps(), wanted);
}

/* One that we made. */
static void make_it(void)
{
	join_it();
	record.made = s.record.made = true;
	assert_true(record_print(&record, s.link.alias) > 0);
}

/* ---- joining ------------------------------------------------------------ */

static void a_new_tap_is_recorded_joined_and_set_up(void **state)
{
	(void)state;
	joins("record; address fe:ff:ff:ff:ff:ff, addrgenmode none, master br0; "
	      "up");
}

static void all_that_differs_goes_in_one_message(void **state)
{
	(void)state;
	(void)text_copy(wish.name, VIF_NAMESIZE, "web0");
	wish.mtu = 9000;
	joins("record; "
	      "name web0, address fe:ff:ff:ff:ff:ff, mtu 9000, "
	      "addrgenmode none, master br0; up");
}

static void a_port_in_order_needs_nothing(void **state)
{
	(void)state;
	join_it();
	joins("");
}

static void without_an_mtu_the_bridge_s_is_taken(void **state)
{
	(void)state;
	join_it();
	s.bridge.mtu = 9000;
	joins("mtu 9000");
}

static void without_inet6_there_is_no_addrgen(void **state)
{
	(void)state;
	s.link.addrgen = -1;
	joins("record; address fe:ff:ff:ff:ff:ff, master br0; up");
}

static void a_link_that_is_up_goes_down_for_name_and_address(void **state)
{
	(void)state;
	s.link.up = true;
	joins("record; down; "
	      "address fe:ff:ff:ff:ff:ff, addrgenmode none, master br0; up");
}

static void but_not_for_addrgen_or_an_address(void **state)
{
	(void)state;
	join_it();
	s.link.addrgen = LINK_ADDRGEN_EUI64;
	joins("addrgenmode none");
	s.addresses.has_link_local = true;
	joins("addrgenmode none; remove its link-local address");
	s.link.addrgen = LINK_ADDRGEN_NONE;
	joins("remove its link-local address");
}

static void but_not_for_master_or_mtu(void **state)
{
	(void)state;
	join_it();
	s.link.master = 0;
	s.link.mtu = 1400;
	joins("mtu 1500, master br0");
}

static void set_down_it_is_set_up(void **state)
{
	(void)state;
	join_it();
	s.link.up = false;
	joins("up");
}

static void renamed_it_gets_its_name_back(void **state)
{
	(void)state;
	(void)text_copy(wish.name, VIF_NAMESIZE, "web0");
	record.wish = wish;
	join_it();
	joins("down; name web0; up");
}

static void a_record_of_somebody_else_s_wish_is_rewritten(void **state)
{
	(void)state;
	join_it();
	record.by = BY_XENSTORE;
	joins("record");
}

static void leaving_and_held_are_over_when_it_joins(void **state)
{
	(void)state;
	join_it();
	s.record.hold = HOLD_FOR_A_WHILE;
	begin_to_leave();
	record = s.record;
	joins("record");
	assert_null(strstr(plan.step[0].change.alias, "leave="));
	assert_null(strstr(plan.step[0].change.alias, "held="));
}

static void how_it_was_is_found_out_once(void **state)
{
	struct record r;

	(void)state;
	s.link.up = true;
	s.link.mtu = 1400;
	s.link.master = OLD;
	s.link.options = OPTIONS_DEFAULT;
	s.master = (struct link){ .ifindex = OLD, .name = "br7",
				  .kind = "bridge", .mtu = 1500 };
	(void)text_copy(s.link.alias, LINK_ALIASSIZE, "uplink = %no%");
	s.owner = OWNER_FOREIGN;
	wish.replace_alias = true;
	plan_join(&wish, &record, &s, &plan);
	for (size_t i = 0; i < plan.n; i++)
		if (plan.step[i].kind == STEP_CHANGE &&
		    plan.step[i].change.fields & CHANGE_ALIAS)
			(void)text_copy(s.link.alias, LINK_ALIASSIZE,
					plan.step[i].change.alias);
	assert_int_equal(record_parse(s.link.alias, &r), 0);
	assert_string_equal(r.was.name, "tap7");
	assert_string_equal(r.was.master, "br7");
	assert_string_equal(r.was.alias, "uplink = %no%");
	assert_int_equal(r.was.mtu, 1400);
	assert_int_equal(r.was.addrgen, LINK_ADDRGEN_EUI64);
	assert_true(r.was.up);
	/* Now it is ours, and what it is does not count any more. */
	s.record = r;
	s.owner = OWNER_US;
	s.link.mtu = 9000;
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(s.record.was.mtu, 1400);
	assert_null(strstr(steps(), "record"));
}

static void up_is_always_a_message_of_its_own(void **state)
{
	(void)state;
	plan_join(&wish, &record, &s, &plan);
	for (size_t i = 0; i < plan.n; i++)
		if (plan.step[i].kind == STEP_CHANGE &&
		    plan.step[i].change.fields & CHANGE_UP)
			assert_int_equal(plan.step[i].change.fields, CHANGE_UP);
}

/* ---- the bridge keeps what it has ---------------------------------------- */

static void an_empty_floating_bridge_keeps_its_mac(void **state)
{
	(void)state;
	s.facts.mac_floats = s.facts.is_empty = true;
	joins("keep the MAC of bridge br0; "
	      "record; address fe:ff:ff:ff:ff:ff, addrgenmode none, "
	      "master br0; up");
	assert_memory_equal(plan.step[0].mac, s.bridge.mac, 6);
	assert_int_equal(plan.step[0].bridge, BRIDGE);
}

static void the_first_port_makes_the_mtu_the_bridge_s_own(void **state)
{
	(void)state;
	s.facts.mtu_is_pinned = false;
	/* unless all is as it is by default */
	joins("record; "
	      "address fe:ff:ff:ff:ff:ff, addrgenmode none, master br0; up");
	wish.mtu = 1400;
	joins("keep the MTU 1500 of bridge br0; record; "
	      "address fe:ff:ff:ff:ff:ff, mtu 1400, addrgenmode none, "
	      "master br0; up");
	assert_int_equal(plan.step[0].mtu, 1500);
	assert_int_equal(plan.step[0].bridge, BRIDGE);
	wish.mtu = 0;
	s.bridge.mtu = 9000;
	joins("keep the MTU 9000 of bridge br0; record; "
	      "address fe:ff:ff:ff:ff:ff, mtu 9000, addrgenmode none, "
	      "master br0; up");
	/* one to which no byte can be added cannot be pinned */
	s.bridge.mtu = 65535;
	plan_join(&wish, &record, &s, &plan);
	assert_null(strstr(steps(), "keep the MTU"));
}

static void also_one_that_is_on_it_when_it_becomes_ours(void **state)
{
	(void)state;
	s.facts.mtu_is_pinned = false;
	s.link.master = BRIDGE;
	s.link.options = OPTIONS_DEFAULT;
	wish.mtu = 1400;
	joins("keep the MTU 1500 of bridge br0; record; "
	      "address fe:ff:ff:ff:ff:ff, mtu 1400, addrgenmode none; up");
}

static void a_bridge_with_a_lower_port_is_left_to_follow_it(void **state)
{
	(void)state;
	s.facts.mac_floats = true;
	plan_join(&wish, &record, &s, &plan);
	assert_null(strstr(steps(), "MAC"));
}

static void a_bridge_whose_mac_is_the_port_s_keeps_it(void **state)
{
	(void)state;
	s.facts.mac_floats = true;
	s.link.master = BRIDGE;
	s.link.options = OPTIONS_DEFAULT;
	memcpy(s.link.mac, low_mac, 6);
	memcpy(s.bridge.mac, low_mac, 6);
	plan_join(&wish, &record, &s, &plan);
	assert_non_null(strstr(steps(), "keep the MAC of bridge br0"));
}

/* Who holds a tap may have set it. */
static void a_mac_that_somebody_gave_our_port_is_not_pinned(void **state)
{
	(void)state;
	s.owner = OWNER_US;
	s.facts.mac_floats = s.master_facts.mac_floats = true;
	s.link.master = BRIDGE;
	s.link.options = OPTIONS_DEFAULT;
	s.master = s.bridge;
	memcpy(s.link.mac, low_mac, 6);
	memcpy(s.bridge.mac, low_mac, 6);
	memcpy(s.master.mac, low_mac, 6);
	plan_join(&wish, &record, &s, &plan);
	assert_null(strstr(steps(), "keep the MAC"));
	plan_leave(&s, true, &plan);
	assert_null(strstr(steps(), "keep the MAC"));
	/* one of ours is */
	wish_port_mac(&wish, s.link.mac);
	memcpy(s.master.mac, s.link.mac, 6);
	plan_leave(&s, true, &plan);
	assert_non_null(strstr(steps(), "keep the MAC"));
}

static void only_what_we_make_is_deleted(void **state)
{
	static const char *const kinds[] = { "", "veth", "bridge", "macvlan" };

	(void)state;
	s.owner = OWNER_US;
	s.record.made = true;
	strcpy(s.link.kind, "tun");
	plan_leave(&s, true, &plan);
	assert_int_equal(plan.step[plan.n - 1].kind, STEP_DELETE);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		strcpy(s.link.kind, kinds[i]);
		plan_leave(&s, true, &plan);
		for (size_t j = 0; j < plan.n; j++)
			assert_int_not_equal(plan.step[j].kind, STEP_DELETE);
	}
}

static void a_bridge_without_a_mac_has_none_to_keep(void **state)
{
	(void)state;
	s.facts.mac_floats = s.facts.is_empty = true;
	memset(s.bridge.mac, 0, 6);
	plan_join(&wish, &record, &s, &plan);
	assert_null(strstr(steps(), "MAC"));
}

static void the_bridge_that_it_comes_from_keeps_its_own_too(void **state)
{
	(void)state;
	s.link.master = OLD;
	s.link.options = OPTIONS_DEFAULT;
	s.link.mtu = 1400;
	memcpy(s.link.mac, low_mac, 6);
	s.master = (struct link){ .ifindex = OLD, .name = "br7",
				  .kind = "bridge", .mtu = 1400 };
	memcpy(s.master.mac, low_mac, 6);
	s.master_facts.mac_floats = true;
	joins("keep the MAC of bridge br7; keep the MTU 1400 of bridge br7; "
	      "record; address fe:ff:ff:ff:ff:ff, mtu 1500, addrgenmode none, "
	      "master br0; up");
}

static void another_master_is_not_pinned(void **state)
{
	(void)state;
	s.link.master = OLD;
	s.link.options = OPTIONS_DEFAULT;
	s.master = (struct link){ .ifindex = OLD, .name = "bond0",
				  .kind = "bond", .mtu = 1400 };
	joins("record; address fe:ff:ff:ff:ff:ff, addrgenmode none, master br0; "
	      "up");
}

/* ---- waiting and refusing ------------------------------------------------ */

static void no_bridge_is_waited_for(void **state)
{
	(void)state;
	s.have_bridge = false;
	does_not_join(WAITING, "network br0 (requested by hand): bridge br0 does not exist; create it (ip link add br0 type bridge), configure a network br0, or request another");
}

static void what_is_no_bridge_is_refused(void **state)
{
	(void)state;
	(void)text_copy(s.bridge.kind, LINK_KINDSIZE, "bond");
	does_not_join(REFUSED, "network br0 (requested by hand): br0 is not a bridge, its kind is bond; request another");
	s.bridge.kind[0] = '\0';
	does_not_join(REFUSED, "network br0 (requested by hand): br0 is not a bridge; request another");
}

static void a_bridge_in_the_making_is_waited_for_by_the_patient(void **state)
{
	(void)state;
	s.bridge.up = false;
	s.facts.is_empty = s.facts.mac_floats = true;
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, TO_DO);
	s.patient = true;
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, WAITING);
	assert_int_equal(plan.n, 0);
	assert_non_null(strstr(plan.reason, "being set up"));
	/* It is up, or has an uplink, or a MAC of its own: it is ready. */
	s.bridge.up = true;
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, TO_DO);
	s.bridge.up = false;
	s.facts.is_empty = false;
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, TO_DO);
	s.facts.is_empty = true;
	s.facts.mac_floats = false;
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, TO_DO);
}

static void the_name_of_a_dying_nic_costs_no_network(void **state)
{
	static const char *const later = "name web0 is still used by another NIC's link (ifindex 9); this link will be renamed when that one disappears";

	(void)state;
	(void)text_copy(wish.name, VIF_NAMESIZE, "web0");
	s.have_holder = s.holder_is_nic = true;
	s.holder.ifindex = 9;
	/* who asks by hand can ask again */
	does_not_join(WAITING, later);
	wish.by = record.by = BY_XENSTORE;
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, TO_DO);
	assert_null(strstr(steps(), "name web0"));
	assert_non_null(strstr(steps(), "master br0"));
	assert_string_equal(plan.reason, later);
	join_it();
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, IN_ORDER);
	assert_string_equal(plan.reason, later);
	s.have_holder = false;
	plan_join(&wish, &record, &s, &plan);
	assert_string_equal(steps(), "down; name web0; up");
	assert_string_equal(plan.reason, "");
	/* since Linux 6.2 */
	s.renames_live = true;
	plan_join(&wish, &record, &s, &plan);
	assert_string_equal(steps(), "name web0");
}

static void the_name_of_a_stranger_is_refused(void **state)
{
	(void)state;
	(void)text_copy(wish.name, VIF_NAMESIZE, "web0");
	s.have_holder = true;
	s.holder.ifindex = 9;
	does_not_join(REFUSED, "name web0 is already used by another link (ifindex 9); rename that link or choose another name");
}

static void a_wrong_wish_says_what_is_wrong(void **state)
{
	(void)state;
	(void)text_copy(wish.error, REASON_SIZE, "mtu=\"x\" is not an MTU");
	does_not_join(REFUSED, "mtu=\"x\" is not an MTU");
	wish = (struct wish){ 0 };
	does_not_join(REFUSED, "no network requested; name one");
}

static void what_is_no_port_is_refused(void **state)
{
	(void)state;
	s.link.ethernet = false;
	does_not_join(REFUSED, "tap7 is not an Ethernet link, so it cannot be on a bridge; use a tap, not a tun");
	s.link.ethernet = s.link.loopback = true;
	does_not_join(REFUSED, "tap7 is the loopback link, which cannot be on a bridge; name the link of a NIC");
	s.link.loopback = false;
	(void)text_copy(s.link.kind, LINK_KINDSIZE, "bridge");
	does_not_join(REFUSED, "tap7 is a bridge, and a bridge cannot be a port of another; name the link of a NIC");
	s.link.kind[0] = '\0';
	s.is_hardware = true;
	does_not_join(REFUSED, "tap7 is the host's own hardware, and the settings of a port would cut it off; attach uplinks to bridges in the host's network configuration");
}

static void links_that_the_host_uses_are_refused(void **state)
{
	static const char *const kinds[] = { "bond", "team", "vlan", "vxlan", "gretap" };

	(void)state;
	for (size_t i = 0; i < ROWS(kinds); i++) {
		(void)text_copy(s.link.kind, LINK_KINDSIZE, kinds[i]);
		plan_join(&wish, &record, &s, &plan);
		check(plan.verdict == REFUSED, "%s", kinds[i]);
		check(strstr(plan.reason, kinds[i]), "%s", kinds[i]);
		wish.force = true;
		plan_join(&wish, &record, &s, &plan);
		check(plan.verdict == TO_DO, "%s", kinds[i]);
		wish.force = false;
	}
	(void)text_copy(s.link.kind, LINK_KINDSIZE, "veth");
	(void)text_copy(s.addresses.other, sizeof(s.addresses.other), "2001:db8::1/64");
	does_not_join(REFUSED, "tap7 has the address 2001:db8::1/64, so the host uses it itself; remove the address (ip address del 2001:db8::1/64 dev tap7), or attach it by hand with force=yes");
	s.addresses.other[0] = '\0';
	s.upper = (struct link){ .ifindex = 9, .name = "vpn0" };
	memcpy(s.route, "default", 8);
	does_not_join(REFUSED, "the route to default goes over tap7, so the host uses it itself; remove the route (ip route del default dev tap7), or attach it by hand with force=yes");
	s.route[0] = '\0';
	does_not_join(REFUSED, "link vpn0 is on top of tap7 and would lose its network; delete it (ip link del vpn0), or attach tap7 by hand with force=yes");
}

/* It is our port already: what comes later does not cut the guest off. */
static void a_port_that_gets_an_address_stays(void **state)
{
	(void)state;
	join_it();
	(void)text_copy(s.addresses.other, sizeof(s.addresses.other), "192.0.2.1/24");
	joins("");
}

static void an_unprintable_name_is_refused(void **state)
{
	(void)state;
	(void)text_copy(s.link.name, VIF_NAMESIZE, "tap\x01");
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, REFUSED);
	assert_non_null(strstr(plan.reason, "\"tap\\x01\""));
}

static void a_foreign_alias_stays_unless_it_may_go(void **state)
{
	(void)state;
	s.owner = OWNER_FOREIGN;
	(void)text_copy(s.link.alias, LINK_ALIASSIZE, "to rack 7");
	does_not_join(REFUSED, "its alias \"to rack 7\" was set by another program and would be lost; clear it (ip link set dev tap7 alias \"\") or attach the link by hand with alias=replace");
	wish.replace_alias = true;
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, TO_DO);
}

static void an_alias_that_our_record_cannot_keep_is_refused(void **state)
{
	(void)state;
	s.owner = OWNER_FOREIGN;
	wish.replace_alias = true;
	memset(s.link.alias, ' ', LINK_ALIASSIZE - 1);
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, REFUSED);
	assert_int_equal(plan.n, 0);
	assert_non_null(strstr(plan.reason, "too long for our record"));
}

static void the_address_is_the_guest_s_with_fe_in_front(void **state)
{
	static const struct {
		uint8_t guest[6], port[6];
	} macs[] = {
		{ { 0 }, { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ { 0x52, 0x54, 0, 1, 2, 3 }, { 0xfe, 0x54, 0, 1, 2, 3 } },
		{ { 0xfe, 0x54, 0, 1, 2, 3 }, { 0xfa, 0x54, 0, 1, 2, 3 } },
	};

	(void)state;
	for (each(i, macs)) {
		uint8_t mac[6];

		memcpy(wish.mac, macs[i].guest, 6);
		wish_port_mac(&wish, mac);
		assert_memory_equal(mac, macs[i].port, 6);
	}
	memcpy(wish.mac, macs[1].guest, 6);
	joins("record; address fe:54:00:01:02:03, addrgenmode none, master br0; up");
	join_it();
	joins("down; address fe:54:00:01:02:03; up");
}

static void a_new_record_says_who_made_it_and_for_whom(void **state)
{
	(void)state;
	record.made = true;
	record.process = (struct process){ .pid = 7, .start = 8 };
	joins("record; address fe:ff:ff:ff:ff:ff, addrgenmode none, master br0; up");
	assert_string_equal(plan.step[0].change.alias,
			    "vifagent/1 by=hand net=br0 process=7.8 made=1");
	make_it();
	/* Whoever looks at it knows less than the record. */
	record.made = false;
	joins("");
}

/* ---- leaving ------------------------------------------------------------- */

static void what_is_not_ours_is_not_left(void **state)
{
	(void)state;
	leaves(false, "");
	leaves(true, "");
	s.owner = OWNER_FOREIGN;
	s.link.up = true;
	s.link.master = BRIDGE;
	s.link.options = OPTIONS_DEFAULT;
	leaves(true, "");
}

static void left_it_is_as_it_was(void **state)
{
	(void)state;
	join_it();
	plan_leave(&s, false, &plan);
	assert_int_equal(plan.verdict, TO_DO);
	assert_string_equal(steps(), "record; down; nomaster; address 52:54:00:00:00:07, mtu 1400, addrgenmode as before; up; record");
	assert_non_null(strstr(plan.step[0].change.alias, " leave=1 "));
	assert_string_equal(plan.step[plan.n - 1].change.alias, "");
}

static void dead_it_stays_down_and_off_every_bridge(void **state)
{
	(void)state;
	join_it();
	s.former.ifindex = OLD;
	leaves(true, "record; down; nomaster; address 52:54:00:00:00:07, mtu 1400, addrgenmode as before; record");
}

static void what_we_made_is_deleted(void **state)
{
	(void)state;
	make_it();
	leaves(false, "delete it");
	begin_to_leave();
	leaves(true, "delete it");
	s.link.master = 77;
	s.master = (struct link){ .ifindex = 77, .name = "br7",
				  .kind = "bridge", .mtu = 1400 };
	leaves(false, "keep the MTU 1400 of bridge br7; delete it");
}

/* ---- the guard -------------------------------------------------------------- */

static void want_guard(enum guard_kind kind, const char *macs, const char *ips)
{
	char why[REASON_SIZE];

	wish.guard.kind = kind;
	wish.ip_by = ips[0] ? BY_XENSTORE : BY_NOBODY;
	assert_true(!macs[0] || guard_parse_macs(macs, &wish.guard, why) == 0);
	assert_true(!ips[0] || guard_parse_ips(ips, &wish.guard, why) == 0);
	record.wish = wish;
	s.have_guard = true;
}

static void is_guarded(void)
{
	record.guarded = true;
	join_it();
	wish_guard(&wish, &s.guard);
}

static void the_guard_stands_before_it_is_on_the_bridge(void **state)
{
	(void)state;
	want_guard(GUARD_MAC, "52:54:00:00:00:07", "");
	s.bridge.learns_linklocal = true;
	joins("record; make bridge br0 learn only what filters let through; guard mac, mac=52:54:00:00:00:07; address fe:ff:ff:ff:ff:ff, addrgenmode none, master br0; up");
}

static void a_guarded_port_needs_nothing(void **state)
{
	(void)state;
	want_guard(GUARD_IP, "52:54:00:00:00:07", "10.0.0.1");
	is_guarded();
	joins("");
}

/* Somebody has flushed it. */
static void a_guard_that_is_gone_comes_back(void **state)
{
	(void)state;
	want_guard(GUARD_IP, "52:54:00:00:00:07", "10.0.0.1");
	is_guarded();
	s.guard = (struct guard) { 0 };
	joins("guard ip, mac=52:54:00:00:00:07, ip=10.0.0.1,fe80::5054:ff:fe00:7");
	s.have_guard = false;	/* only root may ask */
	joins("");
}

/* On neither bridge may it send from the addresses that it has on the other. */
static void with_another_guard_it_moves_while_it_is_down(void **state)
{
	(void)state;
	want_guard(GUARD_IP, "52:54:00:00:00:07", "10.0.0.1");
	is_guarded();
	s.link.master = OLD;
	joins("master br0");
	want_guard(GUARD_IP, "52:54:00:00:00:07", "10.0.0.9");
	joins("down; guard ip, mac=52:54:00:00:00:07, ip=10.0.0.9,fe80::5054:ff:fe00:7; record, master br0; up");
}

/* Until the last step it may be on the bridge of a network that has a guard. */
static void a_guard_that_is_not_wished_any_more_goes_last(void **state)
{
	(void)state;
	want_guard(GUARD_MAC, "52:54:00:00:00:07", "");
	is_guarded();
	s.link.master = OLD;
	wish.guard.kind = GUARD_NONE;
	joins("master br0; guard none");
	/* only then nobody has to know of it any more */
	s.link.master = BRIDGE;
	s.guard = (struct guard) { 0 };
	joins("record");
}

static void that_it_has_a_guard_is_recorded_before_it_has_one(void **state)
{
	(void)state;
	join_it();
	want_guard(GUARD_MAC, "52:54:00:00:00:07", "");
	joins("record; guard mac, mac=52:54:00:00:00:07");
}

static void deleted_it_leaves_no_guard(void **state)
{
	(void)state;
	want_guard(GUARD_MAC, "52:54:00:00:00:07", "");
	is_guarded();
	s.record.made = true;
	(void)strcpy(s.link.kind, "tun");
	leaves(true, "down; guard none; delete it");
}

/* It needs no address, and comes before the port is up. */
static void a_rate_is_set_on_the_bridge(void **state)
{
	(void)state;
	want_guard(GUARD_NONE, "", "");
	wish.guard.rate = (struct rate) { 20000, 0 };
	joins("record; address fe:ff:ff:ff:ff:ff, addrgenmode none, master br0; guard none, rate send 20mbit; up");
	is_guarded();
	joins("");
	wish.guard.rate.receive = 1000;
	joins("guard none, rate send 20mbit receive 1mbit");
	wish.guard.rate = (struct rate) { 0 };
	joins("guard none");
}

static void left_it_loses_its_guard_last(void **state)
{
	(void)state;
	want_guard(GUARD_MAC, "52:54:00:00:00:07", "");
	is_guarded();
	leaves(false, "record; down; nomaster; address 52:54:00:00:00:07, mtu 1400, addrgenmode as before; up; guard none; record");
}

static void a_guard_without_addresses_is_refused(void **state)
{
	(void)state;
	want_guard(GUARD_MAC, "", "");
	does_not_join(REFUSED, "network br0 checks what its ports send (guard = mac), but the MAC of this NIC is not known; request it with mac=52:54:00:12:34:56 (in the domain's configuration, or of vifctl attach, create or run; in a udev rule VIF_MAC)");
	want_guard(GUARD_IP, "52:54:00:00:00:07", "");
	does_not_join(REFUSED, "network br0 checks what its ports send (guard = ip), but the IP addresses of this NIC are not known; request them with ip=192.0.2.1 (in the domain's configuration, or of vifctl attach, create or run; in a udev rule VIF_IP)");
	/* The MAC that it was given itself will do. */
	memcpy(wish.mac, s.link.mac, 6);
	want_guard(GUARD_MAC, "", "");
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, TO_DO);
}

/* … and what would be on its bridge without one goes down. */
static void without_addresses_a_port_goes_down(void **state)
{
	(void)state;
	join_it();
	want_guard(GUARD_MAC, "", "");
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, TO_DO);
	assert_string_equal(steps(), "down");
	/* A request by hand that is refused changes nothing. */
	s.link.master = OLD;
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, REFUSED);
	assert_int_equal(plan.n, 0);
}

static void addresses_that_nobody_checks_are_refused(void **state)
{
	(void)state;
	want_guard(GUARD_NONE, "", "10.0.0.1");
	plan_join(&wish, &record, &s, &plan);	/* Xen's key, which others read */
	assert_int_equal(plan.verdict, TO_DO);
	wish.ip_by = BY_HAND;
	does_not_join(REFUSED, "ip=10.0.0.1 is requested, but network br0 does not check IP addresses; set guard = ip in [network br0], or request no ip=");
	wish.guard.kind = GUARD_MAC;
	memcpy(wish.mac, s.link.mac, 6);
	does_not_join(REFUSED, "ip=10.0.0.1 is requested, but network br0 does not check IP addresses; set guard = ip in [network br0], or request no ip=");
}

/* ---- VLANs ----------------------------------------------------------------- */

static void want_vlans(const char *vlan)
{
	(void)text_copy(wish.vlan, sizeof(wish.vlan), vlan);
	wish.vlan_by = BY_HAND;
	record.wish = wish;
	s.bridge.filtering = VLAN_FILTERING_ON;
}

static void is_in(const char *vlan)
{
	char why[REASON_SIZE];

	s.have_vlans = true;
	s.vlans = (struct vlans) { 0 };
	assert_true(!vlan[0] || vlans_parse(vlan, &s.vlans, why) == 0);
}

static void vlans_come_after_the_bridge_and_before_up(void **state)
{
	(void)state;
	want_vlans("10p/20");
	joins("record; address fe:ff:ff:ff:ff:ff, addrgenmode none, master br0; vlan 10p/20; up");
}

static void a_port_in_its_vlans_needs_nothing(void **state)
{
	(void)state;
	want_vlans("20/10p");
	join_it();
	is_in("10p/20");
	joins("");
}

static void vlans_change_while_it_runs(void **state)
{
	(void)state;
	want_vlans("10p/20");
	join_it();
	is_in("10p/30");
	joins("vlan 10p/20");
}

static void no_wish_leaves_vlans_alone(void **state)
{
	(void)state;
	s.bridge.filtering = VLAN_FILTERING_ON;
	join_it();
	is_in("10p/30");
	joins("");
}

static void a_port_with_vlans_joins_only_while_it_is_down(void **state)
{
	(void)state;
	join_it();
	want_vlans("10");
	join_it();
	s.link.master = 0;
	joins("down; master br0; vlan 10; up");
}

static void without_vlan_filtering_vlans_are_refused(void **state)
{
	(void)state;
	want_vlans("10");
	s.bridge.filtering = VLAN_FILTERING_OFF;
	does_not_join(REFUSED, "vlan=10 (requested by hand): bridge br0 does not filter VLANs; turn that on (ip link set br0 type bridge vlan_filtering 1), or request another bridge and no vlan=");
	s.bridge.filtering = VLAN_FILTERING_MISSING;
	wish.vlan_by = BY_NOBODY;
	does_not_join(REFUSED, "vlan=10 (requested by its network): bridges of this kernel cannot filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING is off); use a bridge of its own for each VLAN, and request no vlan=");
}

/* … and a port of ours that is there already goes down. */
static void switched_off_under_a_port_it_goes_down(void **state)
{
	(void)state;
	want_vlans("10");
	join_it();
	s.bridge.filtering = VLAN_FILTERING_OFF;
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, TO_DO);
	assert_string_equal(steps(), "down");
	assert_non_null(strstr(plan.reason, "does not filter VLANs"));
	s.link.up = false;
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, REFUSED);
	assert_int_equal(plan.n, 0);
}

/* What the plan's record says of its former VLANs. */
static const char *recorded_vlans(void)
{
	static struct record r;

	plan_join(&wish, &record, &s, &plan);
	for (size_t i = 0; i < plan.n; i++) {
		const struct link_change *c = &plan.step[i].change;

		if (plan.step[i].kind != STEP_CHANGE ||
		    !(c->fields & CHANGE_ALIAS))
			continue;
		assert_int_equal(record_parse(c->alias, &r), 0);
		return r.was.vlan;
	}
	fail_msg("no record");
	return NULL;
}

static void the_vlans_that_it_had_on_its_bridge_are_kept_in_mind(void **state)
{
	(void)state;
	want_vlans("10");
	is_in("10");
	s.link.master = BRIDGE;
	s.link.options = OPTIONS_DEFAULT;
	assert_string_equal(recorded_vlans(), "");
	is_in("1p/5u");
	assert_string_equal(recorded_vlans(), "1p/5u");
	is_in("");
	assert_string_equal(recorded_vlans(), WAS_NO_VLAN);
	/* what they are once it is ours is our own doing */
	assert_int_equal(record_parse(plan.step[0].change.alias, &s.record), 0);
	s.owner = OWNER_US;
	is_in("30");
	assert_string_equal(recorded_vlans(), WAS_NO_VLAN);
}

static void left_it_is_in_its_former_vlans(void **state)
{
	(void)state;
	join_it();
	memcpy(s.record.was.master, "br0", 4);
	memcpy(s.record.was.vlan, "1p/5u", 6);
	s.former = s.bridge;
	s.former.filtering = VLAN_FILTERING_ON;
	s.former_facts.mtu_is_pinned = true;
	begin_to_leave();
	leaves(false, "down; address 52:54:00:00:00:07, mtu 1400, addrgenmode as before; vlan 1p/5u; up; record");
	memcpy(s.record.was.vlan, WAS_NO_VLAN, sizeof(WAS_NO_VLAN));
	leaves(false, "down; address 52:54:00:00:00:07, mtu 1400, addrgenmode as before; vlan none; up; record");
	s.former.filtering = VLAN_FILTERING_OFF;
	leaves(false, "down; address 52:54:00:00:00:07, mtu 1400, addrgenmode as before; up; record");
}

/* ---- options of the port ----------------------------------------------------- */

#define ISOLATED OPTION(OPTION_ISOLATED)
#define HAIRPIN OPTION(OPTION_HAIRPIN)
#define FLOOD OPTION(OPTION_FLOOD)

static void name_options(uint16_t named, uint16_t on)
{
	wish.options_named = named;
	wish.options_on = on;
}

static void options_come_after_the_bridge_and_before_up(void **state)
{
	(void)state;
	name_options(ISOLATED | FLOOD, ISOLATED);
	joins("record; address fe:ff:ff:ff:ff:ff, addrgenmode none, master br0; isolated yes, flood no; up");
	/* what is named as it is anyway takes no step */
	name_options(FLOOD, FLOOD);
	joins("record; address fe:ff:ff:ff:ff:ff, addrgenmode none, master br0; up");
}

static void options_change_while_it_runs(void **state)
{
	(void)state;
	record.set = ISOLATED;
	join_it();
	name_options(ISOLATED, ISOLATED);
	joins("isolated yes");
	/* no longer named: our own doing is undone */
	s.link.options |= ISOLATED;
	name_options(0, 0);
	joins("isolated no");
	s.link.options &= ~ISOLATED;
	joins("record");
}

static void with_options_a_port_joins_only_while_it_is_down(void **state)
{
	(void)state;
	name_options(ISOLATED, ISOLATED);
	record.set = ISOLATED;
	join_it();
	s.link.master = 0;
	joins("down; master br0; isolated yes; up");
	/* those that a new port has anyway */
	name_options(ISOLATED, 0);
	joins("record, master br0");
}

static void options_that_others_set_are_kept(void **state)
{
	(void)state;
	join_it();
	s.link.options |= HAIRPIN;
	joins("record");
	record.kept = HAIRPIN;
	join_it();
	s.link.options |= HAIRPIN;
	joins("");
	s.link.master = 0;
	s.link.options = 0;
	joins("down; master br0; hairpin yes; up");
	/* … unless the network names them */
	name_options(HAIRPIN, 0);
	joins("record, master br0");
}

#define LEARNING OPTION(OPTION_LEARNING)
#define LOCKED OPTION(OPTION_LOCKED)

static void give_mac(void)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 0, 0, 9 };

	memcpy(wish.mac, mac, sizeof(mac));
}

/* After its VLANs, before its options, before it is up. */
static void what_is_not_learned_is_told(void **state)
{
	(void)state;
	name_options(LEARNING, 0);
	give_mac();
	joins("record; address fe:54:00:00:00:09, addrgenmode none, master br0; fdb 52:54:00:00:00:09; learning no; up");
	name_options(LOCKED | LEARNING, LOCKED | LEARNING);
	joins("record; address fe:54:00:00:00:09, addrgenmode none, master br0; fdb 52:54:00:00:00:09; locked yes; up");
	wish.other_is_active = true;
	joins("record; address fe:54:00:00:00:09, addrgenmode none, master br0; locked yes; up");
	name_options(LOCKED | LEARNING, LEARNING);
	joins("record; address fe:54:00:00:00:09, addrgenmode none, master br0; up");
}

static void what_is_not_to_be_told_any_more_is_forgotten_last(void **state)
{
	(void)state;
	give_mac();
	record.set = LOCKED;
	join_it();
	s.link.options |= LOCKED;
	joins("down; address fe:54:00:00:00:09; locked no; up");
	s.link.options &= ~LOCKED;
	joins("fdb none; down; address fe:54:00:00:00:09, record; up");
}

static void left_it_has_its_former_options(void **state)
{
	(void)state;
	record.was.options = HAIRPIN;
	join_it();
	s.record.was.options = HAIRPIN;
	memcpy(s.record.was.master, "br0", 4);
	s.former = s.bridge;
	s.former_facts.mtu_is_pinned = true;
	begin_to_leave();
	s.link.options |= ISOLATED;
	leaves(false, "down; address 52:54:00:00:00:07, mtu 1400, addrgenmode as before; isolated no, hairpin yes; up; record");
}

/* ---- macvtaps ----------------------------------------------------------- */

enum { DEVICE = 5 };

/* One that has just been made, as cmd/taps.c does it. */
static void make_macvtap(void)
{
	wish = (struct wish){ .by = BY_HAND, .network = "v", .name = "mv0",
			      .mac = { 0x52, 0x54, 0, 0, 0, 9 },
			      .kind = NETWORK_MACVTAP, .device = "eth0",
			      .mode = MACVLAN_MODE_VEPA, .allmulticast = true };
	record = (struct record){ .by = BY_HAND, .wish = wish, .made = true };
	record.wish.mode = 0;
	s = (struct state){
		.link = { .ifindex = PORT, .name = "vifnew1", .kind = "macvtap",
			  .mac = { 0x52, 0x54, 0, 0, 0, 9 }, .ethernet = true,
			  .mtu = 1500, .addrgen = LINK_ADDRGEN_EUI64,
			  .lower = DEVICE, .mode = MACVLAN_MODE_VEPA },
		.owner = OWNER_US,
		.record = { .by = BY_HAND, .made = true,
			    .process = { .pid = 7, .start = 8 } },
		.have_device = true,
		.device = { .ifindex = DEVICE, .name = "eth0", .ethernet = true,
			    .mac = { 0x52, 0x54, 0, 0, 0, 5 }, .mtu = 1500,
			    .up = true },
	};
}

static void settle_macvtap(void)
{
	make_macvtap();
	memcpy(s.link.name, "mv0", 4);
	s.link.addrgen = LINK_ADDRGEN_NONE;
	s.link.allmulticast = s.link.up = true;
	s.record = record;
	assert_true(record_print(&record, s.link.alias) > 0);
}

static void a_new_macvtap_is_named_and_set_up(void **state)
{
	(void)state;
	make_macvtap();
	joins("name mv0, record, addrgenmode none, allmulticast on; up");
	assert_string_equal(plan.step[0].change.alias,
			    "vifagent/1 by=hand net=v name=mv0 mac=52:54:00:00:00:09 made=1");
	s.device.up = false;
	joins("name mv0, record, addrgenmode none, allmulticast on; set eth0 up; up");
	wish.stays_down = true;
	joins("name mv0, record, addrgenmode none, allmulticast on");
	settle_macvtap();
	joins("");
	/* what somebody sets up stays up, and down what is not ours to set up */
	wish.stays_down = true;
	joins("");
	s.link.up = false;
	joins("");
	wish.stays_down = false;
	joins("up");
}

/* Its hook is for its name; and no frame passes before it is up. */
static void a_macvtaps_guard_stands_when_it_has_its_name_and_before_it_is_up(void **state)
{
	(void)state;
	make_macvtap();
	want_guard(GUARD_MAC, "52:54:00:00:00:07", "");
	record.wish.stays_down = wish.stays_down = false;
	s.record = record;
	plan_join(&wish, &record, &s, &plan);
	assert_int_equal(plan.verdict, TO_DO);
	check(strstr(steps(), "; guard mac, mac=52:54:00:00:00:07; up"), "%s", steps());
	settle_macvtap();
	want_guard(GUARD_MAC, "52:54:00:00:00:07", "");
	wish_guard(&wish, &s.guard);
	s.record.guarded = true;
	(void)strcpy(wish.name, "other");
	s.renames_live = true;
	plan_join(&wish, &record, &s, &plan);
	check(strncmp(steps(), "down; ", 6) == 0, "%s", steps());
}

static void who_finds_a_macvtap_keeps_what_its_record_says(void **state)
{
	(void)state;
	settle_macvtap();
	s.record.process = (struct process){ .pid = 7, .start = 8 };
	record.made = false;
	wish.mtu = 1400;
	plan_join(&wish, &record, &s, &plan);
	assert_non_null(strstr(plan.step[0].change.alias, "process=7.8 made=1"));
}

static void what_differs_is_put_right(void **state)
{
	(void)state;
	settle_macvtap();
	s.link.mac[5]++;
	joins("down; address 52:54:00:00:00:09; up");
	settle_macvtap();
	s.link.mtu = 1400;
	s.link.allmulticast = false;
	joins("mtu 1500, allmulticast on");
	settle_macvtap();
	wish.mode = MACVLAN_MODE_BRIDGE;
	wish.allmulticast = false;
	joins("mode bridge, allmulticast off");
	/* without an address asked for it keeps the one it has */
	settle_macvtap();
	memset(wish.mac, 0, 6);
	joins("");
}

static void in_passthru_the_guest_s_address_is_set_on_it(void **state)
{
	(void)state;
	make_macvtap();
	wish.mode = s.link.mode = MACVLAN_MODE_PASSTHRU;
	memcpy(s.link.mac, s.device.mac, 6);
	joins("name mv0, address 52:54:00:00:00:09, record, addrgenmode none, allmulticast on; up");
	/* from then on the device has it as well */
	memcpy(s.link.mac, wish.mac, 6);
	memcpy(s.device.mac, wish.mac, 6);
	joins("name mv0, record, addrgenmode none, allmulticast on; up");
}

static void what_a_device_must_be(void **state)
{
	(void)state;
	settle_macvtap();
	s.device.mtu = 1400;
	wish.mtu = 1500;
	does_not_join(WAITING, "MTU 1500 is requested, but device eth0 has MTU 1400; increase that (ip link set eth0 mtu 1500) or request a smaller one");
	settle_macvtap();
	s.device_master = (struct link){ .ifindex = 9, .name = "br0",
					 .kind = "bridge" };
	does_not_join(REFUSED, "network v: device eth0 is attached to the bridge br0, so it cannot have macvtaps; request br0 as the network, or detach eth0 from it");
	memcpy(s.device_master.kind, "vrf", 4);
	joins("");
	(void)text_copy(s.device.kind, sizeof(s.device.kind), "macvlan");
	does_not_join(REFUSED, "network v: device eth0 is a macvlan itself; set device= to the NIC below it");
	s.device.ethernet = false;
	does_not_join(REFUSED, "network v: device eth0 is not an Ethernet link, so it cannot have macvtaps; set another device=");
	s.have_device = false;
	does_not_join(WAITING, "network v (requested by hand): device eth0 does not exist; macvtaps can be created on it when it appears");
	plan_macvtap(&wish, &s, &plan);
	assert_int_equal(plan.verdict, WAITING);
	settle_macvtap();
	memcpy(wish.mac, s.device.mac, 6);
	does_not_join(REFUSED, "the requested MAC is that of device eth0, which would then receive nothing; request another (mac=)");
	settle_macvtap();
	plan_macvtap(&wish, &s, &plan);
	assert_int_equal(plan.verdict, IN_ORDER);
	text_reason(wish.error, "no");
	plan_macvtap(&wish, &s, &plan);
	assert_int_equal(plan.verdict, REFUSED);
}

static void what_a_macvtap_was_made_with_stays(void **state)
{
	(void)state;
	settle_macvtap();
	s.link.lower = DEVICE + 1;
	does_not_join(REFUSED, "network v has moved to device eth0; a macvtap cannot change its device: stop the guest and create it again");
	settle_macvtap();
	wish.mode = MACVLAN_MODE_PASSTHRU;
	does_not_join(REFUSED, "its mode vepa cannot be changed to the requested mode passthru: stop the guest and create it again");
	settle_macvtap();
	s.link.mode = MACVLAN_MODE_PASSTHRU;
	does_not_join(REFUSED, "its mode passthru cannot be changed to the requested mode vepa: stop the guest and create it again");
}

static void bridges_and_macvtaps_do_not_mix(void **state)
{
	static const char tap[] = "network v is of kind macvtap and takes only links that vifagent made for it (vifctl run, vifctl create); mv0 is not a macvtap; request a bridge";
	static const char others[] = "network v is of kind macvtap and takes only links that vifagent made for it (vifctl run, vifctl create); mv0 is a macvtap of another program; request a bridge";

	(void)state;
	settle_macvtap();
	(void)text_copy(s.link.kind, sizeof(s.link.kind), "tun");
	does_not_join(REFUSED, tap);
	settle_macvtap();
	s.record.made = false;
	does_not_join(REFUSED, others);
	s.owner = OWNER_NONE;
	does_not_join(REFUSED, others);
	settle_macvtap();
	wish.kind = NETWORK_BRIDGE;
	does_not_join(REFUSED, "mv0 is a macvtap, which the kernel does not allow on a bridge, but network v is a bridge; request a network of kind = macvtap");
	(void)text_copy(s.link.kind, sizeof(s.link.kind), "macvlan");
	does_not_join(REFUSED, "mv0 is a macvlan, which the kernel does not allow on a bridge, but network v is a bridge; request a network of kind = macvtap");
}

static void it_goes_back_to_its_former_bridge(void **state)
{
	(void)state;
	join_it();
	(void)text_copy(s.record.was.master, VIF_NAMESIZE, "br7");
	begin_to_leave();
	s.former = (struct link){ .ifindex = OLD, .name = "br7",
				  .kind = "bridge", .mtu = 1500 };
	plan_leave(&s, false, &plan);
	assert_non_null(strstr(steps(), "keep the MTU 1500 of bridge br7; "));
	assert_non_null(strstr(steps(), "down; nomaster; address 52:54:00:00:00:07, mtu 1400, addrgenmode as before; "));
	assert_non_null(strstr(steps(), "master br7; up; record"));
	/* one that is gone is not waited for */
	s.former = (struct link){ 0 };
	plan_leave(&s, false, &plan);
	assert_null(strstr(steps(), "br7"));
}

static void leaving_goes_on_where_it_stopped(void **state)
{
	(void)state;
	join_it();
	begin_to_leave();
	leaves(false, "down; nomaster; address 52:54:00:00:00:07, mtu 1400, addrgenmode as before; up; record");
	s.link.up = false;
	leaves(false, "nomaster; address 52:54:00:00:00:07, mtu 1400, addrgenmode as before; up; record");
	s.link.master = 0;
	leaves(false, "address 52:54:00:00:00:07, mtu 1400, addrgenmode as before; up; record");
	memcpy(s.link.mac, s.record.was.mac, 6);
	s.link.mtu = 1400;
	s.link.addrgen = LINK_ADDRGEN_EUI64;
	leaves(false, "up; record");
	s.link.up = true;
	leaves(false, "record");
}

static void a_former_name_that_is_taken_is_let_go(void **state)
{
	(void)state;
	join_it();
	(void)text_copy(s.link.name, VIF_NAMESIZE, "web0");
	plan_leave(&s, false, &plan);
	assert_non_null(strstr(steps(), "name tap7"));
	s.have_holder = true;
	plan_leave(&s, false, &plan);
	assert_null(strstr(steps(), "name tap7"));
}

static void the_longest_way_out_fits(void **state)
{
	(void)state;
	join_it();
	(void)text_copy(s.link.name, VIF_NAMESIZE, "web0");
	(void)text_copy(s.record.was.master, VIF_NAMESIZE, "br7");
	memcpy(s.record.was.mac, low_mac, 6);
	s.master = s.bridge;
	s.master.mtu = 9000;
	memcpy(s.master.mac, s.link.mac, 6);
	s.master_facts.mac_floats = s.former_facts.mac_floats = true;
	s.former = (struct link){ .ifindex = OLD, .name = "br7",
				  .kind = "bridge", .mtu = 1400,
				  .mac = { 6, 0, 0, 0, 0, 7 } };
	leaves(false, "record; "
	       "keep the MAC of bridge br0; keep the MTU 9000 of bridge br0; "
	       "keep the MAC of bridge br7; keep the MTU 1400 of bridge br7; "
	       "down; nomaster; name tap7, address 02:00:00:00:00:01, "
	       "mtu 1400, addrgenmode as before; master br7; up; record");
}

static void what_the_record_does_not_say_is_left_alone(void **state)
{
	(void)state;
	join_it();
	s.record.was = (struct was){ .name = "tap7", .addrgen = -1 };
	begin_to_leave();
	leaves(false, "down; nomaster; record");
}

/* ---- names and words ------------------------------------------------------ */

static void verdicts_have_names(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(IN_ORDER), "ok");
	assert_string_equal(verdict_name(NOT_OURS), "not ours");
	assert_string_equal(verdict_name(TO_DO), "to do");
	assert_string_equal(verdict_name(WAITING), "waiting");
	assert_string_equal(verdict_name(REFUSED), "refused");
	assert_string_equal(verdict_name(FAILED), "failed");
}

static void words_are_cut_where_the_room_ends(void **state)
{
	char text[8];

	(void)state;
	plan_join(&wish, &record, &s, &plan);
	for (size_t i = 0; i < plan.n; i++) {
		for (size_t size = 1; size <= sizeof(text); size++) {
			memset(text, '!', sizeof(text));
			step_text(&plan.step[i], &s, text, size);
			assert_true(strnlen(text, size) < size);
			for (size_t j = size; j < sizeof(text); j++)
				assert_int_equal(text[j], '!');
		}
	}
}

#define plan_test(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		plan_test(a_new_tap_is_recorded_joined_and_set_up),
		plan_test(all_that_differs_goes_in_one_message),
		plan_test(a_port_in_order_needs_nothing),
		plan_test(without_an_mtu_the_bridge_s_is_taken),
		plan_test(without_inet6_there_is_no_addrgen),
		plan_test(a_link_that_is_up_goes_down_for_name_and_address),
		plan_test(but_not_for_addrgen_or_an_address),
		plan_test(but_not_for_master_or_mtu),
		plan_test(set_down_it_is_set_up),
		plan_test(renamed_it_gets_its_name_back),
		plan_test(a_record_of_somebody_else_s_wish_is_rewritten),
		plan_test(leaving_and_held_are_over_when_it_joins),
		plan_test(how_it_was_is_found_out_once),
		plan_test(up_is_always_a_message_of_its_own),
		plan_test(an_empty_floating_bridge_keeps_its_mac),
		plan_test(the_first_port_makes_the_mtu_the_bridge_s_own),
		plan_test(also_one_that_is_on_it_when_it_becomes_ours),
		plan_test(a_bridge_with_a_lower_port_is_left_to_follow_it),
		plan_test(a_bridge_whose_mac_is_the_port_s_keeps_it),
		plan_test(a_mac_that_somebody_gave_our_port_is_not_pinned),
		plan_test(only_what_we_make_is_deleted),
		plan_test(a_bridge_without_a_mac_has_none_to_keep),
		plan_test(the_bridge_that_it_comes_from_keeps_its_own_too),
		plan_test(another_master_is_not_pinned),
		plan_test(no_bridge_is_waited_for),
		plan_test(what_is_no_bridge_is_refused),
		plan_test(a_bridge_in_the_making_is_waited_for_by_the_patient),
		plan_test(the_name_of_a_dying_nic_costs_no_network),
		plan_test(the_name_of_a_stranger_is_refused),
		plan_test(a_wrong_wish_says_what_is_wrong),
		plan_test(what_is_no_port_is_refused),
		plan_test(links_that_the_host_uses_are_refused),
		plan_test(a_port_that_gets_an_address_stays),
		plan_test(an_unprintable_name_is_refused),
		plan_test(a_foreign_alias_stays_unless_it_may_go),
		plan_test(an_alias_that_our_record_cannot_keep_is_refused),
		plan_test(the_address_is_the_guest_s_with_fe_in_front),
		plan_test(a_new_record_says_who_made_it_and_for_whom),
		plan_test(what_we_made_is_deleted),
		plan_test(options_come_after_the_bridge_and_before_up),
		plan_test(options_change_while_it_runs),
		plan_test(with_options_a_port_joins_only_while_it_is_down),
		plan_test(options_that_others_set_are_kept),
		plan_test(what_is_not_learned_is_told),
		plan_test(what_is_not_to_be_told_any_more_is_forgotten_last),
		plan_test(left_it_has_its_former_options),
		plan_test(the_guard_stands_before_it_is_on_the_bridge),
		plan_test(a_guarded_port_needs_nothing),
		plan_test(a_guard_that_is_gone_comes_back),
		plan_test(with_another_guard_it_moves_while_it_is_down),
		plan_test(a_guard_that_is_not_wished_any_more_goes_last),
		plan_test(that_it_has_a_guard_is_recorded_before_it_has_one),
		plan_test(deleted_it_leaves_no_guard),
		plan_test(left_it_loses_its_guard_last),
		plan_test(a_rate_is_set_on_the_bridge),
		plan_test(a_guard_without_addresses_is_refused),
		plan_test(without_addresses_a_port_goes_down),
		plan_test(addresses_that_nobody_checks_are_refused),
		plan_test(vlans_come_after_the_bridge_and_before_up),
		plan_test(a_port_in_its_vlans_needs_nothing),
		plan_test(vlans_change_while_it_runs),
		plan_test(no_wish_leaves_vlans_alone),
		plan_test(a_port_with_vlans_joins_only_while_it_is_down),
		plan_test(without_vlan_filtering_vlans_are_refused),
		plan_test(switched_off_under_a_port_it_goes_down),
		plan_test(the_vlans_that_it_had_on_its_bridge_are_kept_in_mind),
		plan_test(left_it_is_in_its_former_vlans),
		plan_test(a_new_macvtap_is_named_and_set_up),
		plan_test(a_macvtaps_guard_stands_when_it_has_its_name_and_before_it_is_up),
		plan_test(who_finds_a_macvtap_keeps_what_its_record_says),
		plan_test(what_differs_is_put_right),
		plan_test(in_passthru_the_guest_s_address_is_set_on_it),
		plan_test(what_a_device_must_be),
		plan_test(what_a_macvtap_was_made_with_stays),
		plan_test(bridges_and_macvtaps_do_not_mix),
		plan_test(what_is_not_ours_is_not_left),
		plan_test(left_it_is_as_it_was),
		plan_test(dead_it_stays_down_and_off_every_bridge),
		plan_test(it_goes_back_to_its_former_bridge),
		plan_test(leaving_goes_on_where_it_stopped),
		plan_test(a_former_name_that_is_taken_is_let_go),
		plan_test(the_longest_way_out_fits),
		plan_test(what_the_record_does_not_say_is_left_alone),
		plan_test(verdicts_have_names),
		plan_test(words_are_cut_where_the_room_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
