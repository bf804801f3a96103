/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/core/guard.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/check.h"

static void lists_are_read_and_written(void **state)
{
	static const struct {
		const char *text, *as;
	} rows[] = {
		{ "10.0.0.1", "10.0.0.1" },
		{ "10.0.0.1,10.0.0.2", "10.0.0.1,10.0.0.2" },
		{ "10.0.0.1 10.0.0.2", "10.0.0.1,10.0.0.2" },
		{ "10.0.0.1+10.0.0.2", "10.0.0.1,10.0.0.2" },
		{ "10.0.0.1, 10.0.0.1", "10.0.0.1" },
		{ "192.0.2.7/32", "192.0.2.7" },
		{ "2001:DB8::1", "2001:db8::1" },
		{ "2001:db8::1/128,10.0.0.1", "10.0.0.1,2001:db8::1" },
		{ "2001:db8:1:2::/64", "2001:db8:1:2::/64" },
		{ "fe80::1,2001:db8::/64", "fe80::1,2001:db8::/64" },
		{ "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6",
		  "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6" },
	};
	char text[GUARD_TEXTSIZE], why[REASON_SIZE] = "";

	(void)state;
	for (each(i, rows)) {
		struct guard g = { 0 };

		check(guard_parse_ips(rows[i].text, &g, why) == 0, "%s: %s",
		      rows[i].text, why);
		guard_print_ips(&g, ',', text);
		check(strcmp(text, rows[i].as) == 0, "%s: %s", rows[i].text,
		      text);
	}
}

static void what_no_guest_may_be_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "\"\" has no IP address" },
		{ ",", "\",\" has no IP address" },
		{ "10.0.0", "\"10.0.0\" is not an IP address: write 192.0.2.1, 2001:db8::1 or 2001:db8::/64, several separated by commas" },
		{ "guest", "\"guest\" is not an IP address: write 192.0.2.1, 2001:db8::1 or 2001:db8::/64, several separated by commas" },
		{ "10.0.0.0/24", "\"10.0.0.0/24\" has a prefix: of IPv4 only single addresses can be given" },
		{ "0.0.0.0", "\"0.0.0.0\" cannot be the address of a guest" },
		{ "127.0.0.1", "\"127.0.0.1\" cannot be the address of a guest" },
		{ "224.0.0.1", "\"224.0.0.1\" cannot be the address of a guest" },
		{ "255.255.255.255", "\"255.255.255.255\" cannot be the address of a guest" },
		{ "::", "\"::\" cannot be the address of a guest" },
		{ "::1", "\"::1\" cannot be the address of a guest" },
		{ "::ffff:10.0.0.1", "\"::ffff:10.0.0.1\" cannot be the address of a guest" },
		{ "ff02::1", "\"ff02::1\" cannot be the address of a guest" },
		{ "2001:db8::/48", "\"2001:db8::/48\" has a prefix of another length than 64: give single addresses, or prefixes of 64 bits" },
		{ "2001:db8::1/64", "\"2001:db8::1/64\" has bits behind its prefix: the last 64 bits of a prefix are 0" },
		{ "2001:db8::1/", "\"2001:db8::1/\" has a prefix of another length than 64: give single addresses, or prefixes of 64 bits" },
		{ "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7", "a port may have at most 6 IPv4 addresses" },
		{ "2001:db8::/64,2001:db8:1::/64,2001:db8:2::/64,2001:db8:3::/64", "a port may have at most 3 IPv6 prefixes" },
	};
	char why[REASON_SIZE];

	(void)state;
	for (each(i, rows)) {
		struct guard g = { .n_ip4 = 1 };

		check(guard_parse_ips(rows[i].text, &g, why) == -EINVAL, "%s",
		      rows[i].text);
		check(strcmp(why, rows[i].why) == 0, "%s: %s", rows[i].text,
		      why);
		assert_int_equal(g.n_ip4, 1);
	}
}

static void macs_are_a_list_too(void **state)
{
	char text[GUARD_TEXTSIZE], why[REASON_SIZE];
	struct guard g = { 0 };

	(void)state;
	assert_int_equal(guard_parse_macs("52:54:00:12:34:56,00:00:5E:00:01:01", &g, why), 0);
	guard_print_macs(&g, '+', text);
	assert_string_equal(text, "52:54:00:12:34:56+00:00:5e:00:01:01");
	assert_int_equal(guard_parse_macs("52:54:00:12:34", &g, why), -EINVAL);
	assert_string_equal(why, "\"52:54:00:12:34\" is not a MAC address: write six bytes like 52:54:00:12:34:56");
	assert_int_equal(guard_parse_macs("ff:ff:ff:ff:ff:ff", &g, why), -EINVAL);
	assert_int_equal(guard_parse_macs("", &g, why), -EINVAL);
	assert_int_equal(g.n_macs, 2);
}

static void a_link_local_address_follows_from_each_mac(void **state)
{
	char text[GUARD_TEXTSIZE], why[REASON_SIZE];
	struct guard g = { 0 };

	(void)state;
	assert_int_equal(guard_parse_macs("52:54:00:12:34:56,00:00:5e:00:01:01", &g, why), 0);
	guard_add_link_local(&g);
	guard_print_ips(&g, ',', text);
	assert_string_equal(text, "fe80::5054:ff:fe12:3456,fe80::200:5eff:fe00:101");
	/* one that is given stands for all */
	assert_int_equal(guard_parse_ips("fe80::7", &g, why), 0);
	guard_add_link_local(&g);
	guard_print_ips(&g, ',', text);
	assert_string_equal(text, "fe80::7");
}

static struct guard full(void)
{
	struct guard g = { .kind = GUARD_IP, .tags = true };
	char why[REASON_SIZE];

	assert_int_equal(guard_parse_macs("52:54:00:00:00:01,52:54:00:00:00:02,52:54:00:00:00:03,52:54:00:00:00:04", &g, why), 0);
	assert_int_equal(guard_parse_ips("1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,2001::1,2001::2,2001::3,2001::4,2001::5,2001::6,2003::/64,2004::/64,2005::/64", &g, why), 0);
	guard_add_link_local(&g);
	return g;
}

static void packed_and_unpacked_it_is_the_same(void **state)
{
	uint8_t bytes[GUARD_PACKED];
	struct guard g = full(), back = { 0 };
	size_t n = guard_pack(&g, bytes);

	(void)state;
	assert_int_equal(guard_unpack(bytes, n, &back), 0);
	assert_memory_equal(&g, &back, sizeof(g));
	assert_true(guard_equal(&g, &back));
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(guard_unpack(bytes, cut, &back), -EINVAL);
	for (size_t i = 0; i < 6; i++) {
		uint8_t bad[GUARD_PACKED];

		memcpy(bad, bytes, n);
		bad[i] = 0xff;
		assert_int_equal(guard_unpack(bad, n, &back), -EINVAL);
	}
}

static void everything_makes_two_of_them_differ(void **state)
{
	const struct guard g = full();
	struct guard other = g;

	(void)state;
	other.tags = false;
	assert_false(guard_equal(&g, &other));
	other = g;
	other.kind = GUARD_MAC;
	assert_false(guard_equal(&g, &other));
	other = g;
	other.net[2][7]++;
	assert_false(guard_equal(&g, &other));
	other = g;
	other.n_macs--;
	assert_false(guard_equal(&g, &other));
	/* What does not count may be anything. */
	other.mac[3][0] = 0xee;
	struct guard same = other;

	same.mac[3][0] = 0;
	assert_true(guard_equal(&other, &same));
}

static void the_wish_of_higher_rank_has_its_own_addresses(void **state)
{
	struct guard hand = { 0 }, xen = full();
	char text[GUARD_TEXTSIZE], why[REASON_SIZE];

	(void)state;
	assert_int_equal(guard_parse_ips("10.0.0.9", &hand, why), 0);
	guard_merge(&hand, &xen);
	guard_print_ips(&hand, ',', text);
	assert_string_equal(text, "10.0.0.9");
	assert_int_equal(hand.n_macs, 4);
	assert_int_equal(hand.kind, GUARD_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_read_and_written),
		cmocka_unit_test(what_no_guest_may_be_is_refused),
		cmocka_unit_test(macs_are_a_list_too),
		cmocka_unit_test(a_link_local_address_follows_from_each_mac),
		cmocka_unit_test(packed_and_unpacked_it_is_the_same),
		cmocka_unit_test(everything_makes_two_of_them_differ),
		cmocka_unit_test(the_wish_of_higher_rank_has_its_own_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
