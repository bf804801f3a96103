/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-record.c - the ownership record: a link's alias */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/core/record.h"

#define WAS " was.name=tap7 was.mac=52:54:00:12:34:56 was.mtu=1500 was.up=1"

static struct record parse(const char *alias)
{
	struct record r;

	check(record_parse(alias, &r) == 0, "%s", alias);
	return r;
}

static void assert_same(const struct record *a, const struct record *b)
{
	assert_int_equal(a->by, b->by);
	assert_int_equal(a->leaving, b->leaving);
	assert_int_equal(a->hold, b->hold);
	assert_int_equal(a->has_nic, b->has_nic);
	if (a->has_nic) {
		assert_true(vif_id_equal(a->nic, b->nic));
		assert_int_equal(a->part, b->part);
	}
	assert_int_equal(a->wish.by, b->wish.by);
	assert_string_equal(a->wish.network, b->wish.network);
	assert_string_equal(a->wish.name, b->wish.name);
	assert_int_equal(a->wish.mtu, b->wish.mtu);
	assert_string_equal(a->wish.vlan, b->wish.vlan);
	assert_memory_equal(a->wish.mac, b->wish.mac, 6);
	assert_int_equal(a->wish.mode, b->wish.mode);
	assert_int_equal(a->wish.stays_down, b->wish.stays_down);
	assert_int_equal(a->made, b->made);
	assert_int_equal(a->process.pid, b->process.pid);
	assert_int_equal(a->process.start, b->process.start);
	assert_string_equal(a->was.name, b->was.name);
	assert_string_equal(a->was.master, b->was.master);
	assert_int_equal(a->set, b->set);
	assert_int_equal(a->kept, b->kept);
	assert_int_equal(a->was.options, b->was.options);
	assert_string_equal(a->was.vlan, b->was.vlan);
	assert_string_equal(a->was.alias, b->was.alias);
	assert_memory_equal(a->was.mac, b->was.mac, 6);
	assert_int_equal(a->was.mtu, b->was.mtu);
	assert_int_equal(a->was.addrgen, b->was.addrgen);
	assert_int_equal(a->was.up, b->was.up);
}

static void round_trip(const struct record *r)
{
	char alias[LINK_ALIASSIZE], again[LINK_ALIASSIZE];
	struct record back;
	int n = record_print(r, alias);

	assert_true(n > 0 && n < LINK_ALIASSIZE);
	assert_int_equal(n, strlen(alias));
	for (const char *p = alias; *p; p++)
		check(*p >= ' ' && *p < 0x7f, "%s", alias);
	back = parse(alias);
	assert_same(r, &back);
	assert_int_equal(record_print(&back, again), n);
	assert_string_equal(alias, again);
}

static const struct record by_hand = {
	.by = BY_HAND,
	.wish = { .by = BY_HAND, .network = "red", .name = "web0",
		  .mtu = 9000 },
	.was = { .name = "tap7", .mac = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 },
		 .mtu = 1500, .addrgen = 0, .up = true, .master = "br7" },
};

/* ---- printing ----------------------------------------------------------- */

static void a_record_reads_as_the_header_says(void **state)
{
	char alias[LINK_ALIASSIZE];
	struct record r = by_hand;

	(void)state;
	assert_true(record_print(&r, alias) > 0);
	assert_string_equal(alias,
		"vifagent/1 by=hand net=red name=web0 mtu=9000 was.name=tap7 "
		"was.mac=52:54:00:12:34:56 was.mtu=1500 was.up=1 was.gen=0 "
		"was.master=br7");
	r = (struct record){ .by = BY_XENSTORE, .has_nic = true,
			     .nic = { 5, 0 }, .part = PART_EMU,
			     .leaving = true, .hold = HOLD_FOR_A_WHILE,
			     .was = { .name = "vif5.0-emu", .mtu = 1500,
				      .addrgen = -1, .alias = "a b" } };
	assert_true(record_print(&r, alias) > 0);
	assert_string_equal(alias,
		"vifagent/1 by=xenstore nic=5.0 part=emu leave=1 held=1 "
		"was.name=vif5.0-emu was.mac=00:00:00:00:00:00 was.mtu=1500 "
		"was.up=0 was.alias=a%20b");
}

/* What was not there before has no state to go back to. */
static void what_we_made_has_been_nothing_before(void **state)
{
	char alias[LINK_ALIASSIZE];
	struct record r = {
		.by = BY_HAND, .made = true,
		.wish = { .by = BY_HAND, .network = "br0", .name = "vtap7",
			  .mac = { 0x52, 0x54, 0, 0xab, 0xcd, 0xef } },
		.process = { .pid = 1234, .start = 5678 },
		.was = { .addrgen = -1 },
	};

	(void)state;
	assert_true(record_print(&r, alias) > 0);
	assert_string_equal(alias,
		"vifagent/1 by=hand net=br0 name=vtap7 mac=52:54:00:ab:cd:ef "
		"process=1234.5678 made=1");
	round_trip(&r);
	r.process = (struct process){ .pid = INT32_MAX, .start = UINT64_MAX };
	round_trip(&r);
	r.wish.stays_down = true;
	for (uint32_t mode = 1; mode <= MACVLAN_MODE_PASSTHRU; mode <<= 1) {
		r.wish.mode = mode;
		round_trip(&r);
	}
	assert_true(record_print(&r, alias) > 0);
	assert_non_null(strstr(alias, " mode=passthru up=no "));
}

static void made_and_found_it_cannot_have_been(void **state)
{
	struct record r;

	(void)state;
	assert_int_equal(record_parse("vifagent/1 by=hand net=a made=1", &r), 0);
	assert_int_equal(record_parse("vifagent/1 by=hand net=a made=1" WAS,
				      &r), -EINVAL);
	assert_int_equal(record_parse("vifagent/1 by=hand net=a made=1 was.up=0",
				      &r), -EINVAL);
	assert_int_equal(record_parse("vifagent/1 by=hand net=a", &r), -EINVAL);
}

static void a_process_is_a_pid_and_a_time(void **state)
{
	static const char *const wrong[] = {
		"", ".", "1", "1.", ".1", "0.1", "-1.1", "1.-1", "1.1.1.1", "a.1",
		"1..1", "1.1.", "1.1.-1",
		"1.a", "2147483648.1", "12345678901234567890.1",
		"1.18446744073709551616", " 1.1",
	};
	char alias[LINK_ALIASSIZE];
	struct record r;

	(void)state;
	for (each(i, wrong)) {
		(void)snprintf(alias, sizeof(alias),
			       "vifagent/1 by=hand net=a process=%s made=1",
			       wrong[i]);
		check(record_parse(alias, &r) == -EINVAL, "%s", alias);
	}
}

static void every_mixture_comes_back(void **state)
{
	int count = 0;

	(void)state;
	for (int by = BY_UDEV; by <= BY_HAND; by++) {
		for (int bits = 0; bits < 1 << 10; bits++) {
			struct record r = { .by = (enum source)by,
					    .was = by_hand.was };

			if (by != BY_XENSTORE) {
				r.wish = by_hand.wish;
				r.wish.by = (enum source)by;
				r.wish.mtu = bits & 1 ? 68 : 0;
				if (bits & 2)
					r.wish.name[0] = '\0';
			}
			r.leaving = bits & 4;
			r.hold = bits & 8 ? HOLD_FOR_A_WHILE : r.leaving ? HOLD_DOWN : HOLD_NONE;
			r.has_nic = bits & 16;
			if (r.has_nic)
				r.nic = (struct vif_id){ 32751, 2147483647 };
			r.part = r.has_nic && bits & 32 ? PART_EMU : PART_VIF;
			r.was.up = bits & 64;
			r.was.addrgen = bits & 128 ? -1 : bits & 64 ? 0 : 3;
			if (bits & 256)
				r.was.master[0] = '\0';
			if (bits & 512)
				memcpy(r.was.alias, "a=b c%", 7);
			round_trip(&r);
			count++;
		}
	}
	print_message("           %d records\n", count);
}

static void vlans_come_back(void **state)
{
	static const char *const texts[] = { "10", "10p/20", "1p/100+10x4",
					     "10pt/20-30u", WAS_NO_VLAN };
	struct record r = by_hand;

	(void)state;
	for (each(i, texts)) {
		memcpy(r.was.vlan, texts[i], strlen(texts[i]) + 1);
		if (strcmp(texts[i], WAS_NO_VLAN) != 0)
			memcpy(r.wish.vlan, texts[i], strlen(texts[i]) + 1);
		round_trip(&r);
	}
	assert_int_equal(record_parse("vifagent/1 by=hand net=a vlan=none made=1",
				      &r), -EINVAL);
	assert_int_equal(record_parse("vifagent/1 by=udev was.name=a was.vlan=10/20",
				      &r), -EINVAL);
}

static void options_come_back(void **state)
{
	struct record r = by_hand;
	char alias[LINK_ALIASSIZE];

	(void)state;
	r.was.name[4] = '\0';
	for (enum port_option o = 0; o < PORT_OPTIONS; o++) {
		r.set = OPTION(o);
		r.kept = r.was.options = OPTION((o + 1) % PORT_OPTIONS) |
					 OPTION((o + 4) % PORT_OPTIONS);
		r.wish.name[0] = r.was.alias[0] = '\0';
		round_trip(&r);
	}
	r = by_hand;
	r.set = OPTION(OPTION_ISOLATED) | OPTION(OPTION_FLOOD);
	r.wish.name[0] = r.was.alias[0] = '\0';
	assert_true(record_print(&r, alias) > 0);
	assert_non_null(strstr(alias, " set=isolated+flood "));
	assert_int_equal(record_parse("vifagent/1 by=hand net=a set=isolated+x made=1",
				      &r), -EINVAL);
	assert_int_equal(record_parse("vifagent/1 by=hand net=a kept= made=1",
				      &r), -EINVAL);
}

static void the_longest_values_fit_together(void **state)
{
	struct record r = {
		.by = BY_HAND,
		.wish = { .by = BY_HAND,
			  .network = "1234567890123456789012345678901",
			  .name = "123456789012345", .mtu = 65535 },
		.was = { .name = "abcdefghijklmno", .master = "onmlkjihgfedcba",
			 .mtu = UINT32_MAX, .addrgen = 255, .up = true,
			 .mac = { 255, 255, 255, 255, 255, 255 } },
		.leaving = true,
	};

	(void)state;
	round_trip(&r);
}

/* A NIC attached by hand has all there is, but for a former alias. */
static void even_with_a_nic(void **state)
{
	struct record r = {
		.by = BY_HAND,
		.wish = { .by = BY_HAND,
			  .network = "1234567890123456789012345678901",
			  .name = "123456789012345", .mtu = 65535 },
		.was = { .name = "vif32751.99-emu", .master = "onmlkjihgfedcba",
			 .mtu = 65535, .addrgen = 3, .up = true },
		.has_nic = true, .nic = { 32751, 2147483647 },
		.part = PART_EMU, .leaving = true, .hold = HOLD_FOR_A_WHILE,
	};

	(void)state;
	round_trip(&r);
}

static void a_former_alias_is_kept_byte_for_byte(void **state)
{
	struct record r = by_hand;

	(void)state;
	for (int c = 1; c < 256; c++) {
		r.was.alias[0] = (char)c;
		r.was.alias[1] = 'x';
		r.was.alias[2] = (char)c;
		r.was.alias[3] = '\0';
		round_trip(&r);
	}
	/* Also what looks like one of ours. */
	memcpy(r.was.alias, "vifagent/1 by=hand", 19);
	round_trip(&r);
}

static void what_does_not_fit_is_refused(void **state)
{
	char alias[LINK_ALIASSIZE];
	struct record r = by_hand, back;
	int n = record_print(&r, alias);
	size_t room = RECORD_SIZE - 1 - (size_t)n - strlen(" was.alias=");

	(void)state;
	/* To the last byte … */
	memset(r.was.alias, 'x', room);
	assert_int_equal(record_print(&r, alias), RECORD_SIZE - 1);
	back = parse(alias);
	assert_same(&r, &back);
	/* … what was written before that limit is read with one byte more, … */
	alias[RECORD_SIZE - 1] = 'x';
	alias[RECORD_SIZE] = '\0';
	back = parse(alias);
	assert_int_equal(strlen(back.was.alias), room + 1);
	/* … but not written; nor the same length, but escaped. */
	r.was.alias[room] = 'x';
	assert_int_equal(record_print(&r, alias), -E2BIG);
	r.was.alias[room] = '\0';
	r.was.alias[0] = ' ';
	assert_int_equal(record_print(&r, alias), -E2BIG);
	memset(r.was.alias, ' ', LINK_ALIASSIZE - 1);
	assert_int_equal(record_print(&r, alias), -E2BIG);
	memset(r.was.alias, '\xff', LINK_ALIASSIZE - 1);
	assert_int_equal(record_print(&r, alias), -E2BIG);
}

/* ---- reading ------------------------------------------------------------ */

static void no_alias_is_no_record(void **state)
{
	struct record r;

	(void)state;
	assert_int_equal(record_parse("", &r), -ENOENT);
}

static void a_short_record_is_enough(void **state)
{
	struct record r = parse("vifagent/1 by=udev was.name=tap7");

	(void)state;
	assert_int_equal(r.by, BY_UDEV);
	assert_string_equal(r.was.name, "tap7");
	assert_int_equal(r.was.addrgen, -1);
	assert_int_equal(r.wish.by, BY_NOBODY);
	r = parse("vifagent/1 by=hand net=br0 was.name=tap7");
	assert_int_equal(r.wish.by, BY_HAND);
	assert_string_equal(r.wish.network, "br0");
}

static void the_order_does_not_matter(void **state)
{
	struct record r = parse("vifagent/1" WAS " was.gen=1 part=emu nic=5.0 "
				"mtu=9000 net=red by=hand");

	(void)state;
	assert_int_equal(r.by, BY_HAND);
	assert_string_equal(r.wish.network, "red");
	assert_int_equal(r.wish.mtu, 9000);
	assert_true(r.has_nic);
	assert_int_equal(r.part, PART_EMU);
	assert_int_equal(r.was.addrgen, 1);
	assert_true(r.was.up);
}

static void other_texts_are_not_ours(void **state)
{
	static const char *const foreign[] = {
		"uplink to rack 7", " ", "vifagent", "vifagent/", "vifagent/1",
		"vifagent/2 by=udev" WAS, "vifagent/11 by=udev" WAS,
		"Vifagent/1 by=udev" WAS, "xvifagent/1 by=udev" WAS,
		"\tvifagent/1 by=udev" WAS, "vifagent/1\tby=udev" WAS,
		"vifagent/1,by=udev" WAS, "by=udev vifagent/1" WAS,
		/* nobody's, or of nothing */
		"vifagent/1" WAS, "vifagent/1 by=udev",
		"vifagent/1 by=hand" WAS, "vifagent/1 by=" WAS,
		"vifagent/1 by=nobody" WAS, "vifagent/1 by=root" WAS,
		"vifagent/1 by=Hand net=red" WAS,
		/* damaged words */
		"vifagent/1 by=udev x" WAS, "vifagent/1 by=udev =x" WAS,
		"vifagent/1 by=udev x=" WAS, "vifagent/1 by=udev colour=red" WAS,
		"vifagent/1 by" WAS, "vifagent/1 by=udev%" WAS,
		"vifagent/1 by=udev%zz" WAS, "vifagent/1 by=udev%00" WAS,
		"vifagent/1 by=udev\n" WAS,
		/* values that are none */
		"vifagent/1 by=hand net=a/b" WAS, "vifagent/1 by=hand net=" WAS,
		"vifagent/1 by=hand net=.." WAS, "vifagent/1 by=hand net=%25s" WAS,
		"vifagent/1 by=hand net=12345678901234567890123456789012" WAS,
		"vifagent/1 by=hand net=red name=1234567890123456" WAS,
		"vifagent/1 by=hand net=red name=a/b" WAS,
		"vifagent/1 by=hand net=red name=" WAS,
		"vifagent/1 by=hand net=red mtu=67" WAS,
		"vifagent/1 by=hand net=red mtu=65536" WAS,
		"vifagent/1 by=hand net=red mtu=-1" WAS,
		"vifagent/1 by=udev nic=5" WAS, "vifagent/1 by=udev nic=05.0" WAS,
		"vifagent/1 by=udev nic=-5.0" WAS,
		"vifagent/1 by=udev nic=5.0-emu" WAS,
		"vifagent/1 by=udev nic=32752.0" WAS,
		"vifagent/1 by=udev nic=5.0000000000000000000000001" WAS,
		"vifagent/1 by=udev nic=" WAS, "vifagent/1 by=udev part=" WAS,
		"vifagent/1 by=udev nic=5.0 part=tap" WAS,
		"vifagent/1 by=udev leave=yes" WAS,
		"vifagent/1 by=udev held=" WAS,
		"vifagent/1 by=udev was.name=",
		"vifagent/1 by=udev was.name=1234567890123456",
		"vifagent/1 by=udev was.name=a%2Fb", "vifagent/1 by=udev was.=x" WAS,
		"vifagent/1 by=udev was.colour=red" WAS,
		"vifagent/1 by=udev was.name=t was.master=a%20b",
		"vifagent/1 by=udev was.name=t was.mac=",
		"vifagent/1 by=udev was.name=t was.mac=52:54:00:12:34",
		"vifagent/1 by=udev was.name=t was.mac=52:54:00:12:34:56:78",
		"vifagent/1 by=udev was.name=t was.mac=52-54-00-12-34-56",
		"vifagent/1 by=udev was.name=t was.mac=5:54:00:12:34:56",
		"vifagent/1 by=udev was.name=t was.mac=52:54:00:12:34:5",
		"vifagent/1 by=udev was.name=t was.mac=gg:54:00:12:34:56",
		"vifagent/1 by=udev was.name=t was.mtu=",
		"vifagent/1 by=udev was.name=t was.mtu=4294967296",
		"vifagent/1 by=udev was.name=t was.mtu=-1",
		"vifagent/1 by=udev was.name=t was.up=",
		"vifagent/1 by=udev was.name=t was.up=yes",
		"vifagent/1 by=udev was.name=t was.gen=256",
		"vifagent/1 by=udev was.name=t was.gen=-1",
	};

	(void)state;
	for (each(i, foreign)) {
		struct record r = { .by = BY_NOBODY, .was = { .mtu = 4711 } };

		check(record_parse(foreign[i], &r) == -EINVAL, "%s",
		      foreign[i]);
		check(r.was.mtu == 4711, "%s touched the result", foreign[i]);
	}
}

static void a_mac_is_hexadecimal_digits(void **state)
{
	static const char *const bad[] = {
		"-1:54:00:12:34:56", "+1:54:00:12:34:56", "52:54:00:12:34:-6",
		"0x:54:00:12:34:56", "%201:54:00:12:34:56", "52:%0954:00:12:34:56",
	};
	char alias[LINK_ALIASSIZE];
	struct record r;

	(void)state;
	for (each(i, bad)) {
		(void)snprintf(alias, sizeof(alias),
			       "vifagent/1 by=udev was.name=t was.mac=%s",
			       bad[i]);
		check(record_parse(alias, &r) == -EINVAL, "%s", bad[i]);
	}
}

static void a_flag_is_0_or_1(void **state)
{
	static const char *const flags[] = { "leave", "was.up" };
	char alias[LINK_ALIASSIZE];
	struct record r;

	(void)state;
	for (each(i, flags)) {
		for (int n = 0; n < 30; n++) {
			(void)snprintf(alias, sizeof(alias),
				       "vifagent/1 by=udev was.name=t %s=%d",
				       flags[i], n);
			check(record_parse(alias, &r) ==
			      (n > 1 ? -EINVAL : 0), "%s", alias);
		}
	}
}

static void held_is_0_1_or_2(void **state)
{
	struct record r;

	(void)state;
	r = parse("vifagent/1 by=udev held=1 was.name=t");
	assert_int_equal(r.hold, HOLD_FOR_A_WHILE);
	r = parse("vifagent/1 by=udev held=2 was.name=t");
	assert_int_equal(r.hold, HOLD_DOWN);
	assert_int_equal(record_parse("vifagent/1 by=udev held=3 was.name=t", &r), -EINVAL);
	assert_int_equal(record_parse("vifagent/1 by=udev held=22 was.name=t", &r), -EINVAL);
}

static void a_flag_of_0_is_not_set(void **state)
{
	struct record r = parse("vifagent/1 by=udev leave=0 held=0 was.up=0 "
				"was.name=t");

	(void)state;
	assert_false(r.leaving);
	assert_int_equal(r.hold, HOLD_NONE);
	assert_false(r.was.up);
}

static void a_text_that_no_alias_can_be_is_refused(void **state)
{
	char text[2 * LINK_ALIASSIZE];
	struct record r;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "vifagent/1 by=udev was.name=t was.alias=", 40);
	text[LINK_ALIASSIZE] = '\0';
	assert_int_equal(record_parse(text, &r), -EINVAL);
	text[LINK_ALIASSIZE - 1] = '\0';
	assert_int_equal(record_parse(text, &r), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_reads_as_the_header_says),
		cmocka_unit_test(what_we_made_has_been_nothing_before),
		cmocka_unit_test(made_and_found_it_cannot_have_been),
		cmocka_unit_test(a_process_is_a_pid_and_a_time),
		cmocka_unit_test(every_mixture_comes_back),
		cmocka_unit_test(vlans_come_back),
		cmocka_unit_test(options_come_back),
		cmocka_unit_test(the_longest_values_fit_together),
		cmocka_unit_test(even_with_a_nic),
		cmocka_unit_test(a_former_alias_is_kept_byte_for_byte),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(no_alias_is_no_record),
		cmocka_unit_test(a_short_record_is_enough),
		cmocka_unit_test(the_order_does_not_matter),
		cmocka_unit_test(other_texts_are_not_ours),
		cmocka_unit_test(a_mac_is_hexadecimal_digits),
		cmocka_unit_test(a_flag_is_0_or_1),
		cmocka_unit_test(held_is_0_1_or_2),
		cmocka_unit_test(a_flag_of_0_is_not_set),
		cmocka_unit_test(a_text_that_no_alias_can_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
