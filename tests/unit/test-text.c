/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-text.c - making sentences, also about bytes that nobody vouches for */
#include "tests/unit/check.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/similar.h"
#include "agent/base/text.h"

/* ---- quoting ----------------------------------------------------------- */

static void a_quoted_value_shows_every_byte(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *quoted;
	} rows[] = {
		{ "", 0, "\"\"" },
		{ "br0", 3, "\"br0\"" },
		{ "a b", 3, "\"a b\"" },
		{ "a\0b", 3, "\"a\\x00b\"" },
		{ "a\nb", 3, "\"a\\x0ab\"" },
		{ "\"", 1, "\"\\x22\"" },
		{ "\\", 1, "\"\\x5c\"" },
		{ "\x7f\xff", 2, "\"\\x7f\\xff\"" },
		{ "%s%n", 4, "\"%s%n\"" },
		{ "\x1b[31m", 5, "\"\\x1b[31m\"" },
	};

	(void)state;
	for (each(i, rows))
		assert_string_equal(text_quote(rows[i].bytes, rows[i].len).text,
				    rows[i].quoted);
}

static void a_quoted_value_fits_whatever_it_is(void **state)
{
	char bytes[4096];

	(void)state;
	for (int c = 0; c < 256; c++) {
		memset(bytes, c, sizeof(bytes));
		for (size_t len = 0; len <= sizeof(bytes);
		     len += len < 100 ? 1 : 999) {
			struct quote q = text_quote(bytes, len);
			size_t n = strnlen(q.text, QUOTE_SIZE);

			assert_true(n < QUOTE_SIZE);
			assert_int_equal(q.text[0], '"');
			for (size_t i = 0; i < n; i++)
				check(q.text[i] >= ' ' && q.text[i] < 0x7f,
				      "byte %d, %zu times", c, len);
		}
	}
}

static void a_cut_value_says_how_long_it_was(void **state)
{
	char bytes[4096];
	struct quote q;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	q = text_quote(bytes, sizeof(bytes));
	assert_non_null(strstr(q.text, "xxx...\" (4096 bytes)"));
	assert_null(strstr(text_quote(bytes, 30).text, "..."));
	assert_string_equal(text_quote(bytes, 3).text, "\"xxx\"");
}

static void a_string_is_quoted_to_its_end(void **state)
{
	(void)state;
	assert_string_equal(text_quote_str("a\tb").text, "\"a\\x09b\"");
	assert_string_equal(text_quote_str("").text, "\"\"");
}

/* ---- words ------------------------------------------------------------- */

static void only_plain_bytes_stay_plain_in_a_word(void **state)
{
	static const struct {
		const char *value, *word;
	} rows[] = {
		{ "", "" },
		{ "abcXYZ019", "abcXYZ019" },
		{ "-_.:/@+", "-_.:/@+" },
		{ "a b", "a%20b" },
		{ "a=b", "a%3Db" },
		{ "100%", "100%25" },
		{ "\n\x01\x7f\xff", "%0A%01%7F%FF" },
		{ "vifagent/1 by=hand", "vifagent/1%20by%3Dhand" },
	};
	char word[64];

	(void)state;
	for (each(i, rows)) {
		assert_int_equal(text_escape(word, sizeof(word), rows[i].value),
				 strlen(rows[i].word));
		assert_string_equal(word, rows[i].word);
		assert_int_equal(text_unescape(word), 0);
		assert_string_equal(word, rows[i].value);
	}
}

static void every_byte_comes_back_from_a_word(void **state)
{
	char all[256], word[3 * 256 + 1];

	(void)state;
	for (int c = 1; c < 256; c++)
		all[c - 1] = (char)c;
	all[255] = '\0';
	assert_true(text_escape(word, sizeof(word), all) > 0);
	for (const char *p = word; *p; p++)
		assert_true(*p > ' ' && *p < 0x7f && *p != '=');
	assert_int_equal(text_unescape(word), 0);
	assert_string_equal(word, all);
}

static void a_word_that_does_not_fit_is_refused(void **state)
{
	char word[8];

	(void)state;
	for (size_t size = 0; size < 4; size++) {
		memset(word, '!', sizeof(word));
		assert_int_equal(text_escape(word, size, " x"), -E2BIG);
		/* nothing behind the end is touched */
		for (size_t i = size; i < sizeof(word); i++)
			assert_int_equal(word[i], '!');
	}
	assert_int_equal(text_escape(word, 0, ""), -E2BIG);
	assert_int_equal(text_escape(word, 0, "a"), -E2BIG);
	assert_int_equal(text_escape(word, 1, ""), 0);
	assert_int_equal(text_escape(word, 1, "a"), -E2BIG);
	assert_int_equal(text_escape(word, 4, "abcd"), -E2BIG);
	assert_int_equal(text_escape(word, 3, " "), -E2BIG);
	assert_int_equal(text_escape(word, 4, " "), 3);
	assert_int_equal(text_escape(word, 6, "  "), -E2BIG);
	assert_int_equal(text_escape(word, 7, "  "), 6);
}

static void a_word_that_just_fits_is_taken(void **state)
{
	char word[5];

	(void)state;
	assert_int_equal(text_escape(word, sizeof(word), "abcd"), 4);
	assert_string_equal(word, "abcd");
	assert_int_equal(text_escape(word, sizeof(word), "a="), 4);
	assert_string_equal(word, "a%3D");
}

static void a_broken_escape_is_refused(void **state)
{
	static const char *const bad[] = {
		"%", "a%", "%2", "a%2", "%G0", "%0G", "%2g", "%%", "%%20", "% 2",
		"%-1", "%00", "a%00b", "%ff", "%fF",
	};

	(void)state;
	for (each(i, bad)) {
		char word[16];

		assert_true(text_copy(word, sizeof(word), bad[i]));
		check(text_unescape(word) == -EINVAL, "%s", bad[i]);
	}
}

/* ---- the rest ---------------------------------------------------------- */

static void a_reason_is_cut_where_it_ends(void **state)
{
	char reason[REASON_SIZE], longer[2 * REASON_SIZE];

	(void)state;
	text_reason(reason, "%s is %d", "br0", 5);
	assert_string_equal(reason, "br0 is 5");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	text_reason(reason, "%s", longer);
	assert_int_equal(strlen(reason), REASON_SIZE - 1);
}

static void numbers_are_digits_and_nothing_else(void **state)
{
	static const struct {
		const char *text;
		unsigned long max;
		int r;
		unsigned long n;
	} rows[] = {
		{ "0", 0, 0, 0 },
		{ "1", 1, 0, 1 },
		{ "1500", 65535, 0, 1500 },
		{ "65535", 65535, 0, 65535 },
		{ "007", 10, 0, 7 },
		{ "4294967295", UINT32_MAX, 0, UINT32_MAX },
		{ "9223372036854775807", LONG_MAX, 0, LONG_MAX },
		{ "65536", 65535, -ERANGE, 0 },
		{ "655350", 65535, -ERANGE, 0 },
		{ "4294967296", UINT32_MAX, -ERANGE, 0 },
		{ "9223372036854775808", LONG_MAX, -ERANGE, 0 },
		{ "18446744073709551617", 65535, -ERANGE, 0 },
		{ "99999999999999999999999999", 65535, -ERANGE, 0 },
		{ "31", 30, -ERANGE, 0 },
		/* a limit of one digit */
		{ "1", 0, -ERANGE, 0 },
		{ "2", 1, -ERANGE, 0 },
		{ "9", 1, -ERANGE, 0 },
		{ "9", 8, -ERANGE, 0 },
		{ "10", 1, -ERANGE, 0 },
		{ "12", 1, -ERANGE, 0 },
		{ "19", 5, -ERANGE, 0 },
		/* the largest limit */
		{ "18446744073709551615", ULONG_MAX, 0, ULONG_MAX },
		{ "18446744073709551616", ULONG_MAX, -ERANGE, 0 },
		{ "99999999999999999999", ULONG_MAX, -ERANGE, 0 },
		{ "", 10, -EINVAL, 0 },
		{ "-1", 10, -EINVAL, 0 },
		{ "+1", 10, -EINVAL, 0 },
		{ " 1", 10, -EINVAL, 0 },
		{ "1 ", 10, -EINVAL, 0 },
		{ "1\n", 10, -EINVAL, 0 },
		{ "0x1", 10, -EINVAL, 0 },
		{ "1e3", 10000, -EINVAL, 0 },
		{ "1.5", 10, -EINVAL, 0 },
		{ "nine", 10, -EINVAL, 0 },
	};

	(void)state;
	for (each(i, rows)) {
		unsigned long n = 4711;
		int r = text_number(rows[i].text, rows[i].max, &n);

		check(r == rows[i].r, "%s up to %lu gives %d", rows[i].text,
		      rows[i].max, r);
		check(n == (r ? 4711 : rows[i].n), "%s is %lu", rows[i].text,
		      n);
	}
}

static void a_copy_is_whole_or_none(void **state)
{
	char buf[4] = "xyz";

	(void)state;
	assert_false(text_copy(buf, sizeof(buf), "abcd"));
	assert_string_equal(buf, "xyz");
	assert_false(text_copy(buf, 0, ""));
	assert_string_equal(buf, "xyz");
	assert_true(text_copy(buf, sizeof(buf), "abc"));
	assert_string_equal(buf, "abc");
	assert_true(text_copy(buf, sizeof(buf), ""));
	assert_string_equal(buf, "");
}

static void a_hash_is_fnv_1a_and_can_be_continued(void **state)
{
	(void)state;
	assert_int_equal(text_hash(TEXT_HASH_START, "", 0), 0x811c9dc5);
	assert_int_equal(text_hash(TEXT_HASH_START, "foobar", 6), 0xbf9cf968);
	assert_int_equal(text_hash(text_hash(TEXT_HASH_START, "foo", 3), "bar",
				   3), 0xbf9cf968);
}

/* Of a path the end tells which file it is. */
static void a_long_path_is_cut_in_front(void **state)
{
	char path[201];
	struct quote q;

	(void)state;
	q = text_quote_path("/etc/vifagent/vifagent.conf.d/20-local-networks.conf");
	assert_string_equal(q.text, "\"/etc/vifagent/vifagent.conf.d/20-local-networks.conf\"");
	memset(path, 'x', sizeof(path) - 1);
	memcpy(path + sizeof(path) - 9, "/10.conf", 9);
	q = text_quote_path(path);
	assert_int_equal(strlen(q.text), QUOTE_SIZE - 1);
	assert_memory_equal(q.text, "\"...x", 5);
	assert_string_equal(q.text + strlen(q.text) - 10, "x/10.conf\"");
	assert_string_equal(text_quote_path("a\nb").text, "\"a\\x0ab\"");
}

static const char *nth_verb(size_t i)
{
	static const char *const verbs[] = { "attach", "detach", "delete", "list", "show", "a-word-of-32-letters-that-is-long" };

	return verbs[i];
}

static void a_word_may_be_like_another(void **state)
{
	static const struct {
		const char *word, *found;
	} rows[] = {
		{ "attach", "attach" }, { "atach", "attach" }, { "attahc", "attach" }, { "att", "attach" },
		{ "detahc", "detach" }, { "lst", "list" }, { "lits", "list" }, { "shwo", "show" }, { "sho", "show" },
		{ "attache", "attach" }, { "Attach", "attach" },
		{ "", NULL }, { "x", NULL }, { "xyz", NULL }, { "remove", NULL }, { "l", NULL },
		{ "a-word-of-32-letters-that-is-long", NULL }, { "a-word", "a-word-of-32-letters-that-is-long" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *found = similar_word(rows[i].word, nth_verb, 6);

		check(rows[i].found ? found && strcmp(found, rows[i].found) == 0 : !found,
		      "%s is like %s", rows[i].word, found ? found : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quoted_value_shows_every_byte),
		cmocka_unit_test(a_long_path_is_cut_in_front),
		cmocka_unit_test(a_quoted_value_fits_whatever_it_is),
		cmocka_unit_test(a_cut_value_says_how_long_it_was),
		cmocka_unit_test(a_string_is_quoted_to_its_end),
		cmocka_unit_test(only_plain_bytes_stay_plain_in_a_word),
		cmocka_unit_test(every_byte_comes_back_from_a_word),
		cmocka_unit_test(a_word_that_does_not_fit_is_refused),
		cmocka_unit_test(a_word_that_just_fits_is_taken),
		cmocka_unit_test(a_broken_escape_is_refused),
		cmocka_unit_test(a_reason_is_cut_where_it_ends),
		cmocka_unit_test(numbers_are_digits_and_nothing_else),
		cmocka_unit_test(a_copy_is_whole_or_none),
		cmocka_unit_test(a_hash_is_fnv_1a_and_can_be_continued),
		cmocka_unit_test(a_word_may_be_like_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
