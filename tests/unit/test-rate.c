/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-rate.c - agent/core/rate.c */
#include "tests/unit/check.h"

#include <string.h>

#include "agent/core/rate.h"

static const struct {
	const char *text;
	struct rate rate;
	const char *same;	/* as rate_print() has it; NULL: the same text */
} good[] = {
	{ "100mbit", { 100000, 100000 }, NULL },
	{ "16kbit", { 16, 16 }, NULL },
	{ "400gbit", { 400000000, 400000000 }, NULL },
	{ "1000kbit", { 1000, 1000 }, "1mbit" },
	{ "1500kbit", { 1500, 1500 }, NULL },
	{ "100Mbit", { 100000, 100000 }, "100mbit" },
	{ " 100mbit\t", { 100000, 100000 }, "100mbit" },
	{ "send 20mbit", { 20000, 0 }, NULL },
	{ "receive 1gbit", { 0, 1000000 }, NULL },
	{ "send 20mbit receive 1gbit", { 20000, 1000000 }, NULL },
	{ "receive 1gbit send 20mbit", { 20000, 1000000 }, "send 20mbit receive 1gbit" },
	{ "send 5mbit receive 5mbit", { 5000, 5000 }, "5mbit" },
	{ "none", { 0, 0 }, "" },
};

static const char *const bad[] = {
	"", " ", "100", "mbit", "100 mbit", "100mbit/s", "100mb", "-1mbit", "+1mbit",
	"1.5mbit", "0x10mbit", "15kbit", "0gbit", "401gbit", "400000001kbit", "1tbit",
	"99999999999999999999mbit", "send", "send send", "send 1mbit send 2mbit",
	"send 1mbit receive", "1mbit 2mbit", "1mbit send 2mbit", "up 1mbit", "none none",
	"send none", "send 1mbit receive 1mbit send 1mbit",
	"receive 1mbit                                        send 1mbit",
};

static void a_rate_is_read_and_printed(void **state)
{
	char text[RATE_TEXTSIZE], why[REASON_SIZE];
	struct rate r, again;

	(void)state;
	for (each(i, good)) {
		const char *same = good[i].same ? good[i].same : good[i].text;

		check(rate_parse(good[i].text, &r, why) == 0, "%s: %s", good[i].text, why);
		check(r.send == good[i].rate.send && r.receive == good[i].rate.receive,
		      "%s: %u, %u", good[i].text, r.send, r.receive);
		rate_print(&r, text);
		check(strcmp(text, same) == 0, "%s: %s", good[i].text, text);
		check(!text[0] || rate_parse(text, &again, why) == 0, "%s", text);
	}
}

static void everything_else_is_refused_with_its_reason(void **state)
{
	struct rate r = { 7, 8 };
	char why[REASON_SIZE];

	(void)state;
	for (each(i, bad)) {
		why[0] = '\0';
		check(rate_parse(bad[i], &r, why) < 0, "%s", bad[i]);
		check(strstr(why, "is not a rate: use 16kbit to 400gbit"), "%s: %s", bad[i], why);
		assert_true(r.send == 7 && r.receive == 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_is_read_and_printed),
		cmocka_unit_test(everything_else_is_refused_with_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
