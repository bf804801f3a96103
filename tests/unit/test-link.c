/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-link.c - a link's kind, MAC addresses, and the hash of a link */
#include "tests/unit/check.h"

#include <errno.h>
#include <string.h>

#include "agent/core/link.h"
#include "agent/core/mac.h"

static void the_kinds_that_matter_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		enum link_kind kind;
		bool is_macvlan;
	} rows[] = {
		{ "", LINK_OTHER, false },
		{ "dummy", LINK_OTHER, false },
		{ "veth", LINK_VETH, false },
		{ "vlan", LINK_VLAN, false },
		{ "vxlan", LINK_TUNNEL, false },
		{ "geneve", LINK_TUNNEL, false },
		{ "gretap", LINK_TUNNEL, false },
		{ "ip6gretap", LINK_TUNNEL, false },
		{ "erspan", LINK_TUNNEL, false },
		{ "macsec", LINK_TUNNEL, false },
		{ "l2tpeth", LINK_TUNNEL, false },
		{ "batadv", LINK_TUNNEL, false },
		{ "bond", LINK_BOND, false },
		{ "team", LINK_TEAM, false },
		{ "bridges", LINK_OTHER, false },
		{ "bridge", LINK_BRIDGE, false },
		{ "tun", LINK_TUN, false },
		{ "vrf", LINK_VRF, false },
		{ "macvlan", LINK_MACVLAN, true },
		{ "macvtap", LINK_MACVTAP, true },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct link l = { 0 };

		memcpy(l.kind, rows[i].text, strlen(rows[i].text) + 1);
		check(link_kind(&l) == rows[i].kind, "%s", rows[i].text);
		check(link_is(&l, rows[i].kind), "%s", rows[i].text);
		check(link_is_macvlan(&l) == rows[i].is_macvlan, "%s",
		      rows[i].text);
	}
}

static void addresses_are_compared_as_unsigned_bytes(void **state)
{
	static const uint8_t zero[MAC_SIZE], low[MAC_SIZE] = { 2, 0, 0, 0, 0, 1 };
	static const uint8_t high[MAC_SIZE] = { 0xfe, 0, 0, 0, 0, 1 };
	static const uint8_t group[MAC_SIZE] = { 1, 0, 0x5e, 0, 0, 1 };

	(void)state;
	assert_true(mac_is_zero(zero));
	assert_false(mac_is_zero(low));
	assert_true(mac_equal(low, low));
	assert_false(mac_equal(low, high));
	assert_true(mac_is_multicast(group));
	assert_false(mac_is_multicast(high));
	/* bytes count as unsigned */
	assert_true(mac_is_lower(low, high));
	assert_false(mac_is_lower(high, low));
	assert_false(mac_is_lower(low, low));
}

/* Each of these is something that we set, or that shows that it was lost. */
static void a_hash_changes_with_everything_that_is_set(void **state)
{
	const struct link a = { .ifindex = 7, .name = "tap7", .mtu = 1500 };
	struct link b[] = { a, a, a, a, a, a, a, a, a, a, a, a, a };

	(void)state;
	b[0].ifindex = 8;
	b[1].name[3] = '8';
	b[2].alias[0] = 'x';
	b[3].mac[5] = 1;
	b[4].mtu = 1400;
	b[5].master = 2;
	b[6].addrgen = 1;
	b[7].mode = 4;
	b[8].allmulticast = true;
	b[9].up = true;
	b[11].filtering = VLAN_FILTERING_ON;
	b[12].options = OPTIONS_DEFAULT;
	/* where the name ends and the alias begins counts, too */
	memcpy(b[10].name, "tap", 4);
	memcpy(b[10].alias, "7", 2);
	assert_int_equal(link_hash(&a), link_hash(&a));
	for (size_t i = 0; i < ROWS(b); i++)
		check(link_hash(&a) != link_hash(&b[i]), "%zu", i);
}

static void options_have_the_names_that_bridge_8_has(void **state)
{
	char text[OPTIONS_TEXTSIZE];
	uint16_t all = (1U << PORT_OPTIONS) - 1, some;

	(void)state;
	port_options_print(text, all);
	assert_string_equal(text, "isolated+hairpin+flood+mcast-flood+bcast-flood+bpdu-guard+root-block+fast-leave+neigh-suppress+learning+locked");
	assert_int_equal(port_options_parse(text, &some), 0);
	assert_int_equal(some, all);
	port_options_say(text, all, OPTIONS_DEFAULT);
	assert_true(strlen(text) + 1 < sizeof(text));
	port_options_say(text, OPTION(OPTION_ISOLATED) | OPTION(OPTION_FLOOD),
			 OPTION(OPTION_FLOOD));
	assert_string_equal(text, "isolated no, flood yes");
	port_options_say(text, 0, all);
	assert_string_equal(text, "");
	assert_int_equal(port_option_find("mcast_flood"), PORT_OPTIONS);
	assert_int_equal(port_options_parse("isolated+", &some), -EINVAL);
	assert_int_equal(some, all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kinds_that_matter_are_told_apart),
		cmocka_unit_test(addresses_are_compared_as_unsigned_bytes),
		cmocka_unit_test(options_have_the_names_that_bridge_8_has),
		cmocka_unit_test(a_hash_changes_with_everything_that_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
