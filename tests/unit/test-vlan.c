/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-vlan.c - agent/core/vlan.c */
#include "tests/unit/check.h"

#include <errno.h>
#include <string.h>

#include "agent/core/vlan.h"

/* What xl-network-configuration(5) says of vlan=, and what the field reads like. */
static const struct {
	const char *text;
	const char *same;	/* as vlans_print() has it; NULL: the same text */
} good[] = {
	{ "10", "10p" }, { "1", "1p" }, { "4094", "4094p" }, { "10p", NULL },
	{ "10u", "10p" }, { "10p/20", NULL }, { "20/10p", "10p/20" },
	{ "10p/20u", NULL }, { "10p/20u/30", NULL },
	{ "10p/100+10x4", "10p/100/110/120/130/140" },
	{ "10p/100+10x4u", "10p/100u/110u/120u/130u/140u" },
	{ "10p/100+1x4", "10p/100-104" }, { "10p/100+10x0", "10p/100" },
	{ "1p/2-10", NULL }, { "2-10/1p", "1p/2-10" }, { "1p/2-10u", NULL },
	{ "5p/1-4/6-10", "1-4/5p/6-10" }, { "10-10", "10p" },
	{ "10p/20-20", "10p/20" }, { "1p/2-4094", NULL },
	{ "10p/11/12/13", "10p/11-13" }, { "10p/13/12/11", "10p/11-13" },
	{ "10p/11u/12/13u", NULL },
	/* ours alone */
	{ "10t", NULL }, { "10t/20", "10t/20t" }, { "10-20t", NULL },
	{ "10pt", NULL }, { "10pt/20", NULL }, { "10t/20u", NULL },
};

static const struct {
	const char *text;
	const char *why;
} bad[] = {
	{ "", "write VLANs as in" }, { "x", "write VLANs as in" },
	{ "10p/", "write VLANs as in" }, { "/10p", "write VLANs as in" },
	{ "10p//20", "write VLANs as in" }, { "10 ", "write VLANs as in" },
	{ " 10", "write VLANs as in" }, { "10p, 20", "write VLANs as in" },
	{ "10,20", "write VLANs as in" }, { "-5", "write VLANs as in" },
	{ "10-", "write VLANs as in" }, { "10+", "write VLANs as in" },
	{ "10+5", "write VLANs as in" }, { "10+5x", "write VLANs as in" },
	{ "10x5", "write VLANs as in" }, { "0x10", "write VLANs as in" },
	{ "010", "write VLANs as in" }, { "10P", "write VLANs as in" },
	{ "10pu", "write VLANs as in" }, { "10up", "write VLANs as in" },
	{ "10pp", "write VLANs as in" }, { "10tp", "write VLANs as in" },
	{ "10%s", "write VLANs as in" }, { "none", "write VLANs as in" },
	{ "99999999999999999999", "write VLANs as in" },
	{ "0", "are 1 to 4094" }, { "4095", "are 1 to 4094" },
	{ "10p/4095", "are 1 to 4094" }, { "0-10", "are 1 to 4094" },
	{ "10p/4000-4095", "are 1 to 4094" }, { "10p/20-0", "are 1 to 4094" },
	{ "10p/4000+50x2", "are 1 to 4094" },
	{ "10p/1+999999x999999", "are 1 to 4094" },
	{ "10p/30-20", "30-20 ends before it begins" },
	{ "10p/20+0x4", "a step of 0" },
	{ "10-20p", "only one VLAN can be the PVID" },
	{ "10+5x2p", "only one VLAN can be the PVID" },
	{ "10p/20p", "10 and 20 are both marked" },
	{ "10p/10", "VLAN 10 is named twice" },
	{ "10p/20/15-25", "VLAN 20 is named twice" },
	{ "10/20", "none is marked as the PVID" },
	{ "1-10", "none is marked as the PVID" },
	{ "10u/20u", "none is marked as the PVID" },
	{ "100+10x4", "none is marked as the PVID" },
};

static void what_the_manual_of_xl_allows_is_read(void **state)
{
	char text[VLAN_TEXTSIZE], why[REASON_SIZE];
	struct vlans v, again;

	(void)state;
	for (each(i, good)) {
		const char *same = good[i].same ? good[i].same : good[i].text;

		check(vlans_parse(good[i].text, &v, why) == 0, "%s: %s",
		      good[i].text, why);
		check(vlans_print(&v, text) == (int)strlen(same), "%s", text);
		check(strcmp(text, same) == 0, "%s: %s", good[i].text, text);
		check(vlans_parse(text, &again, why) == 0, "%s: %s", text, why);
		check(vlans_equal(&v, &again), "%s", text);
	}
}

static void everything_else_is_refused_with_its_reason(void **state)
{
	char why[REASON_SIZE];
	struct vlans v = { .pvid = 7 };

	(void)state;
	for (each(i, bad)) {
		why[0] = '\0';
		check(vlans_parse(bad[i].text, &v, why) < 0, "%s", bad[i].text);
		check(strstr(why, bad[i].why), "%s: %s", bad[i].text, why);
		assert_int_equal(v.pvid, 7);
	}
}

static void the_pvid_is_one_range_of_its_own(void **state)
{
	char why[REASON_SIZE];
	struct vlan_range r;
	struct vlans v;

	(void)state;
	assert_int_equal(vlans_parse("1-4/5p/6-9u", &v, why), 0);
	assert_int_equal(v.pvid, 5);
	assert_true(vlans_next(&v, VLAN_MIN, &r));
	assert_true(r.first == 1 && r.last == 4 && !r.is_pvid &&
		    !r.is_untagged);
	assert_true(vlans_next(&v, r.last + 1U, &r));
	assert_true(r.first == 5 && r.last == 5 && r.is_pvid && r.is_untagged);
	assert_true(vlans_next(&v, r.last + 1U, &r));
	assert_true(r.first == 6 && r.last == 9 && !r.is_pvid && r.is_untagged);
	assert_false(vlans_next(&v, r.last + 1U, &r));
}

static void a_vlan_that_is_put_again_changes_how_it_is_treated(void **state)
{
	struct vlan_range r = { 10, 10, true, true };
	struct vlans v = { 0 };

	(void)state;
	vlans_put(&v, &r);
	assert_int_equal(v.pvid, 10);
	r = (struct vlan_range) { 10, 12, false, false };
	vlans_put(&v, &r);
	assert_int_equal(v.pvid, 0);
	assert_false(vlans_have_untagged(&v, 10));
	assert_true(vlans_have(&v, 12));
	assert_false(vlans_have(&v, 13));
}

static void three_things_make_two_sets_differ(void **state)
{
	static const char *const texts[] = { "10p/20", "10p/21", "10p/20u",
					     "10/20p", "10pt/20", "10p" };
	char why[REASON_SIZE];
	struct vlans a, b;

	(void)state;
	for (each(i, texts)) {
		for (each(k, texts)) {
			assert_int_equal(vlans_parse(texts[i], &a, why), 0);
			assert_int_equal(vlans_parse(texts[k], &b, why), 0);
			check(vlans_equal(&a, &b) == (i == k), "%s %s",
			      texts[i], texts[k]);
		}
	}
}

static void what_does_not_fit_is_cut_and_says_so(void **state)
{
	char text[VLAN_TEXTSIZE], why[REASON_SIZE];
	struct vlans v;

	(void)state;
	assert_int_equal(vlans_parse("1p/3+2x2000", &v, why), 0);
	assert_int_equal(vlans_print(&v, text), -E2BIG);
	assert_true(strlen(text) < sizeof(text));
	assert_string_equal(text + strlen(text) - 3, "...");
	v = (struct vlans) { 0 };
	assert_int_equal(vlans_print(&v, text), 0);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_manual_of_xl_allows_is_read),
		cmocka_unit_test(everything_else_is_refused_with_its_reason),
		cmocka_unit_test(the_pvid_is_one_range_of_its_own),
		cmocka_unit_test(a_vlan_that_is_put_again_changes_how_it_is_treated),
		cmocka_unit_test(three_things_make_two_sets_differ),
		cmocka_unit_test(what_does_not_fit_is_cut_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
