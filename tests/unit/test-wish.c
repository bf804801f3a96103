/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-wish.c - what a port is to be, and who said so */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/core/wish.h"

static int set(struct wish *w, enum wish_key key, const char *value)
{
	return wish_set(w, key, "key", value, strlen(value));
}

static void good_values_are_taken(void **state)
{
	struct wish w = { 0 };

	(void)state;
	assert_int_equal(set(&w, WISH_NETWORK, "br0"), 0);
	assert_int_equal(set(&w, WISH_NAME, "web0"), 0);
	assert_int_equal(set(&w, WISH_MTU, "9000"), 0);
	assert_string_equal(w.network, "br0");
	assert_string_equal(w.name, "web0");
	assert_int_equal(w.mtu, 9000);
	assert_string_equal(w.error, "");
	assert_string_equal(w.bridge, "");
}

static void limits_are_what_they_say(void **state)
{
	static const struct {
		enum wish_key key;
		const char *value;
		bool good;
	} rows[] = {
		/* NETWORK_NAMESIZE is 32, with the NUL */
		{ WISH_NETWORK, "a", true },
		{ WISH_NETWORK, "1234567890123456789012345678901", true },
		{ WISH_NETWORK, "12345678901234567890123456789012", false },
		{ WISH_NAME, "123456789012345", true },
		{ WISH_NAME, "1234567890123456", false },
		{ WISH_MODE, "vepa", true },
		{ WISH_MODE, "passthru", true },
		{ WISH_MODE, "passthrough", false },
		{ WISH_MODE, "vepa ", false },
		{ WISH_MODE, "", false },
		{ WISH_UP, "no", true },
		{ WISH_UP, "yes", true },
		{ WISH_UP, "No", false },
		{ WISH_UP, "", false },
		{ WISH_VLAN, "10p/20", true },
		{ WISH_VLAN, "10/20", false },
		{ WISH_VLAN, "", false },
		{ WISH_MTU, "68", true },
		{ WISH_MTU, "67", false },
		{ WISH_MTU, "65535", true },
		{ WISH_MTU, "65536", false },
	};

	(void)state;
	for (each(i, rows)) {
		struct wish w = { 0 };

		check((set(&w, rows[i].key, rows[i].value) == 0) ==
		      rows[i].good, "%s", rows[i].value);
		check(!w.error[0] == rows[i].good, "%s", rows[i].value);
	}
}

static const struct bad {
	const char *bytes;
	size_t len;
} hostile[] = {
	{ "", 0 },
	{ "\0", 1 },
	{ "br0\0", 4 },
	{ "br0\0evil", 8 },
	{ "1500\0", 5 },
	{ "1500\0x", 6 },
	{ "br0\n", 4 },
	{ "\nbr0", 4 },
	{ "br 0", 4 },
	{ " br0", 4 },
	{ "br0 ", 4 },
	{ "br\t0", 4 },
	{ "a/b", 3 },
	{ "/etc/passwd", 11 },
	{ ".", 1 },
	{ "..", 2 },
	{ "../x", 4 },
	{ "br0:1", 5 },
	{ "%s", 2 },
	{ "%s%n%n", 6 },
	{ "tap%d", 5 },
	{ "a=b", 3 },
	{ "br\xc3\xa4", 4 },
	{ "\xff", 1 },
	{ "\x7f", 1 },
	{ "\x1b[2J", 4 },
};

static void hostile_values_are_refused_with_a_reason(void **state)
{
	(void)state;
	for (each(i, hostile)) {
		for (int key = WISH_NETWORK; key <= WISH_UP; key++) {
			const struct bad *b = &hostile[i];
			struct wish w = { 0 };
			struct wish clean = { 0 };

			check(wish_set(&w, (enum wish_key)key, "key", b->bytes,
				       b->len) == -EINVAL, "row %zu", i);
			check(strncmp(w.error, "key=", 4) == 0, "%s", w.error);
			for (const char *p = w.error; *p; p++)
				check(*p >= ' ' && *p < 0x7f, "row %zu", i);
			memset(w.error, 0, sizeof(w.error));
			memset(clean.error, 0, sizeof(clean.error));
			assert_memory_equal(&w, &clean, sizeof(w));
		}
	}
}

static void values_of_4096_bytes_are_refused(void **state)
{
	char bytes[4096];

	(void)state;
	memset(bytes, '9', sizeof(bytes));
	for (int key = WISH_NETWORK; key <= WISH_UP; key++) {
		for (size_t len = 100; len <= sizeof(bytes); len++) {
			struct wish w = { 0 };

			assert_int_equal(wish_set(&w, (enum wish_key)key, "key",
						  bytes, len), -EINVAL);
			assert_true(w.error[0]);
		}
	}
}

static void what_is_no_mtu_is_refused(void **state)
{
	static const char *const bad[] = {
		"0", "1", "67", "-1500", "+1500", "1500 ", " 1500", "1500\n",
		"0x5dc", "1.5e3", "1500.0", "65536", "150000", "4294968796",
		"18446744073709553116", "auto",
	};

	(void)state;
	for (each(i, bad)) {
		struct wish w = { 0 };

		check(set(&w, WISH_MTU, bad[i]) == -EINVAL, "%s", bad[i]);
		check(strstr(w.error, "is not an MTU"), "%s", w.error);
		assert_int_equal(w.mtu, 0);
	}
}

static void a_mac_is_six_bytes_of_one_nic(void **state)
{
	static const char *const bad[] = {
		"52:54:00:12:34", "52:54:00:12:34:56:78", "525400123456",
		"52-54-00-12-34-56", "52:54:00:12:34:5g", "52:54:00:12:34:5",
		" 52:54:00:12:34:56", "52:54:00:12:34:56 ", "random",
		"01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00",
	};
	static const uint8_t good[6] = { 0x52, 0x54, 0, 0xab, 0xcd, 0xef };
	static const uint8_t none[6];
	struct wish w = { 0 };

	(void)state;
	assert_int_equal(set(&w, WISH_MAC, "52:54:00:aB:Cd:eF"), 0);
	assert_memory_equal(w.mac, good, 6);
	for (each(i, bad)) {
		w = (struct wish){ 0 };
		check(set(&w, WISH_MAC, bad[i]) == -EINVAL, "%s", bad[i]);
		check(strstr(w.error, "MAC") || strstr(w.error, "address"),
		      "%s", w.error);
		assert_memory_equal(w.mac, none, 6);
	}
}

static void too_long_names_say_by_how_much(void **state)
{
	struct wish w = { 0 };

	(void)state;
	assert_int_equal(set(&w, WISH_NAME, "12345678901234567"), -EINVAL);
	assert_string_equal(w.error, "key=\"12345678901234567\" is too long for a link's name by 2 characters: the kernel takes 15");
	w = (struct wish){ 0 };
	assert_int_equal(set(&w, WISH_NETWORK,
			     "1234567890123456789012345678901234"), -EINVAL);
	assert_non_null(strstr(w.error, "by 3 characters"));
}

static void the_first_error_stays(void **state)
{
	struct wish w = { 0 };

	(void)state;
	assert_int_equal(set(&w, WISH_MTU, "many"), -EINVAL);
	assert_int_equal(set(&w, WISH_NAME, "a/b"), -EINVAL);
	assert_non_null(strstr(w.error, "many"));
	assert_null(strstr(w.error, "a/b"));
}

static void a_later_value_replaces_an_earlier_one(void **state)
{
	struct wish w = { 0 };

	(void)state;
	assert_int_equal(set(&w, WISH_NETWORK, "a-long-name"), 0);
	assert_int_equal(set(&w, WISH_NETWORK, "br1"), 0);
	assert_string_equal(w.network, "br1");
	/* A bad one does not. */
	assert_int_equal(set(&w, WISH_NETWORK, "b/1"), -EINVAL);
	assert_string_equal(w.network, "br1");
}

/* The rest is in test-vlan.c. */
static void a_bad_vlan_says_why(void **state)
{
	struct wish w = { 0 };

	(void)state;
	assert_int_equal(set(&w, WISH_VLAN, "4095"), -EINVAL);
	assert_string_equal(w.error, "key=\"4095\": the numbers of VLANs are 1 to 4094");
	assert_string_equal(w.vlan, "");
}

/* ---- merging ----------------------------------------------------------- */

static void what_is_open_is_filled(void **state)
{
	struct wish high = { .by = BY_HAND, .network = "br0" };
	struct wish low = { .by = BY_UDEV, .network = "br1", .name = "web0",
			    .mtu = 9000, .vlan = "10",
			    .vlan_by = BY_UDEV };

	(void)state;
	wish_merge(&high, &low);
	assert_string_equal(high.vlan, "10");
	assert_string_equal(wish_vlan_source(&high), "udev");
	assert_string_equal(high.network, "br0");
	assert_int_equal(high.by, BY_HAND);
	assert_string_equal(high.name, "web0");
	assert_int_equal(high.mtu, 9000);
}

static void what_is_set_stays(void **state)
{
	struct wish high = { .by = BY_XENSTORE, .network = "br0",
			     .name = "a", .mtu = 1400, .vlan = "10" };
	struct wish low = { .by = BY_UDEV, .network = "br1", .name = "b",
			    .mtu = 9000, .vlan = "20" };

	(void)state;
	wish_merge(&high, &low);
	assert_string_equal(high.vlan, "10");
	assert_string_equal(high.network, "br0");
	assert_int_equal(high.by, BY_XENSTORE);
	assert_string_equal(high.name, "a");
	assert_int_equal(high.mtu, 1400);
}

static void the_network_says_whose_wish_it_is(void **state)
{
	struct wish high = { .name = "a" };
	struct wish low = { .by = BY_UDEV, .network = "br1" };

	(void)state;
	wish_merge(&high, &low);
	assert_string_equal(high.network, "br1");
	assert_int_equal(high.by, BY_UDEV);
	assert_string_equal(high.name, "a");
}

static void by_hand_beats_xenstore_beats_udev(void **state)
{
	assert_true(BY_HAND > BY_XENSTORE);
	assert_true(BY_XENSTORE > BY_UDEV);
	assert_true(BY_UDEV > BY_NOBODY);
	for (int i = 0; i < 8; i++) {
		struct wish w = { 0 }, xen = { 0 }, udev = { 0 };
		enum source by = i & 4 ? BY_HAND : i & 2 ? BY_XENSTORE :
				 i & 1 ? BY_UDEV : BY_NOBODY;

		(void)state;
		if (i & 4)
			w = (struct wish){ .by = BY_HAND, .network = "hand" };
		if (i & 2)
			xen = (struct wish){ .by = BY_XENSTORE,
					     .network = "xenstore" };
		if (i & 1)
			udev = (struct wish){ .by = BY_UDEV,
					      .network = "udev" };
		wish_merge(&w, &xen);
		wish_merge(&w, &udev);
		assert_int_equal(w.by, by);
		assert_string_equal(w.network,
				    by == BY_NOBODY ? "" : source_name(by));
	}
}

static void a_wrong_wish_counts_unless_nobody_asked_it(void **state)
{
	struct wish low = { .by = BY_XENSTORE, .error = "mtu is wrong" };
	struct wish with = { .by = BY_HAND, .network = "br0" };
	struct wish without = { .name = "web0" };
	struct wish own = { .error = "mine" };

	(void)state;
	wish_merge(&with, &low);
	assert_string_equal(with.error, "");
	wish_merge(&without, &low);
	assert_string_equal(without.error, "mtu is wrong");
	wish_merge(&own, &low);
	assert_string_equal(own.error, "mine");
}

/* Nobody else says in which VLAN it is to be. */
static void a_wrong_vlan_counts_also_where_the_network_is_another_s(void **state)
{
	struct wish low = { .by = BY_XENSTORE }, high;

	(void)state;
	assert_int_equal(set(&low, WISH_VLAN, "10/20"), -EINVAL);
	low.vlan_is_wrong = false;
	low.error[0] = '\0';
	assert_int_equal(wish_set(&low, WISH_VLAN, "vlan", "10\0", 3), -EINVAL);
	high = (struct wish){ .by = BY_HAND, .network = "br0" };
	wish_merge(&high, &low);
	assert_string_equal(high.error, low.error);
	high = (struct wish){ .by = BY_HAND, .network = "br0", .vlan = "30" };
	wish_merge(&high, &low);
	assert_string_equal(high.error, "");
	assert_string_equal(high.vlan, "30");
}

/* A guard's addresses are all of one source, and messages name it. */
static void addresses_are_of_the_one_that_lists_them(void **state)
{
	struct wish low = { .by = BY_XENSTORE };
	struct wish with = { .by = BY_HAND, .network = "br0" };
	struct wish without = { .by = BY_HAND, .network = "br0" };

	(void)state;
	assert_int_equal(set(&low, WISH_IP, "192.0.2.1"), 0);
	assert_int_equal(set(&with, WISH_IP, "192.0.2.2"), 0);
	wish_merge(&with, &low);
	assert_int_equal(with.ip_by, BY_HAND);
	wish_merge(&without, &low);
	assert_int_equal(without.ip_by, BY_XENSTORE);
	assert_true(guard_has_ips(&without.guard));
}

/* Only then may a frame have one. */
static void a_guard_knows_whether_the_port_has_tagged_vlans(void **state)
{
	static const struct {
		const char *vlan;
		bool tags;
	} rows[] = {
		{ "", false }, { "10p", false }, { "10p/20", true },
		{ "10pt", true },
	};

	(void)state;
	for (each(i, rows)) {
		struct wish w = { .by = BY_HAND, .guard.kind = GUARD_IP };
		struct guard g;

		assert_true(text_copy(w.vlan, sizeof(w.vlan), rows[i].vlan));
		wish_guard(&w, &g);
		check(g.tags == rows[i].tags, "%s", rows[i].vlan);
	}
}

static void sources_have_names(void **state)
{
	(void)state;
	assert_string_equal(source_name(BY_NOBODY), "nobody");
	assert_string_equal(source_name(BY_UDEV), "udev");
	assert_string_equal(source_name(BY_XENSTORE), "xenstore");
	assert_string_equal(source_name(BY_HAND), "hand");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_values_are_taken),
		cmocka_unit_test(limits_are_what_they_say),
		cmocka_unit_test(hostile_values_are_refused_with_a_reason),
		cmocka_unit_test(values_of_4096_bytes_are_refused),
		cmocka_unit_test(what_is_no_mtu_is_refused),
		cmocka_unit_test(a_mac_is_six_bytes_of_one_nic),
		cmocka_unit_test(too_long_names_say_by_how_much),
		cmocka_unit_test(the_first_error_stays),
		cmocka_unit_test(a_later_value_replaces_an_earlier_one),
		cmocka_unit_test(a_bad_vlan_says_why),
		cmocka_unit_test(what_is_open_is_filled),
		cmocka_unit_test(what_is_set_stays),
		cmocka_unit_test(the_network_says_whose_wish_it_is),
		cmocka_unit_test(by_hand_beats_xenstore_beats_udev),
		cmocka_unit_test(a_wrong_wish_counts_unless_nobody_asked_it),
		cmocka_unit_test(a_wrong_vlan_counts_also_where_the_network_is_another_s),
		cmocka_unit_test(addresses_are_of_the_one_that_lists_them),
		cmocka_unit_test(a_guard_knows_whether_the_port_has_tagged_vlans),
		cmocka_unit_test(sources_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
