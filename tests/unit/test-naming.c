/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-naming.c - the names and identities of VM NICs */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/text.h"
#include "naming/naming.h"

/* What an out-parameter holds before: nothing may change it on failure. */
static const struct vif_id untouched = { 4711, 815 };

static void a_name_that_the_kernel_takes_is_taken(void **state)
{
	static const char *const good[] = {
		"a", "vif5.0", "vif5.0-emu", "tap0", "br-lan", "...", "a.", "..a",
		"eth0@if3", "{}[]$()`\"'\\", "\xc3\xa4", "123456789012345",
	};

	(void)state;
	for (each(i, good))
		check(vif_name_check(good[i]) == 0, "%s", good[i]);
}

static void a_name_that_the_kernel_refuses_is_refused(void **state)
{
	static const struct {
		const char *name;
		int r;
	} bad[] = {
		{ "", -EINVAL },
		{ ".", -EINVAL },
		{ "..", -EINVAL },
		{ "a/b", -EINVAL },
		{ "/", -EINVAL },
		{ "../../etc", -EINVAL },
		{ "a:1", -EINVAL },
		{ "a b", -EINVAL },
		{ " a", -EINVAL },
		{ "a ", -EINVAL },
		{ "a\tb", -EINVAL },
		{ "a\nb", -EINVAL },
		{ "a\vb", -EINVAL },
		{ "a\fb", -EINVAL },
		{ "a\rb", -EINVAL },
		{ "\xa0", -EINVAL },	/* white space in lib/ctype.c */
		{ "1234567890123456", -ENAMETOOLONG },
		{ "1234567890123456789012345678901234567890", -ENAMETOOLONG },
	};

	(void)state;
	for (each(i, bad))
		check(vif_name_check(bad[i].name) == bad[i].r, "%s gives %d",
		      text_quote_str(bad[i].name).text,
		      vif_name_check(bad[i].name));
}

static void a_name_that_no_tool_can_type_is_refused(void **state)
{
	char name[] = "aXb";

	(void)state;
	for (int c = 1; c < ' '; c++) {
		name[1] = (char)c;
		check(vif_name_check(name) == -EINVAL, "byte %d", c);
	}
	assert_int_equal(vif_name_check("a\x7f"), -EINVAL);
	assert_int_equal(vif_name_check("tap%d"), -EINVAL);
	assert_int_equal(vif_name_check("%s%s%s"), -EINVAL);
}

static void fifteen_characters_are_the_limit(void **state)
{
	(void)state;
	assert_int_equal(vif_name_check("abcdefghijklmno"), 0);
	assert_int_equal(vif_name_check("abcdefghijklmnop"), -ENAMETOOLONG);
}

static void canonical_names_are_read(void **state)
{
	static const struct {
		const char *name;
		struct vif_id id;
		enum vif_kind kind;
	} good[] = {
		{ "vif0.0", { 0, 0 }, VIF_NETBACK },
		{ "vif5.0", { 5, 0 }, VIF_NETBACK },
		{ "vif5.12", { 5, 12 }, VIF_NETBACK },
		{ "vif32751.99999", { 32751, 99999 }, VIF_NETBACK },
		{ "vif1.2147483647", { 1, 2147483647 }, VIF_NETBACK },
		{ "vif5.0-emu", { 5, 0 }, VIF_EMU },
		{ "vif32751.99-emu", { 32751, 99 }, VIF_EMU },
		{ "tap5.1", { 5, 1 }, VIF_TAP },
		{ "tap32751.99999", { 32751, 99999 }, VIF_TAP },
	};

	(void)state;
	for (each(i, good)) {
		struct vif_id id = untouched;
		enum vif_kind kind = VIF_TAP;

		check(vif_name_parse(good[i].name, &id, &kind) == 0, "%s",
		      good[i].name);
		check(vif_id_equal(id, good[i].id), "%s is %u.%u", good[i].name,
		      id.domid, id.devid);
		check(kind == good[i].kind, "%s", good[i].name);
	}
}

static void other_names_are_not_canonical(void **state)
{
	static const char *const bad[] = {
		"", "vif", "tap", "vif.", "vif5", "vif5.", "vif.5", "tap5", "tap0",
		"vif5.0.", "vif5.0.1", "vif5.0x", "vif5.0 ", " vif5.0", "vif5.0\n",
		"vif5 .0", "vif5. 0", "Vif5.0", "VIF5.0", "xvif5.0", "eth0",
		/* a sign */
		"vif-5.0", "vif+5.0", "vif5.-0", "vif5.+1", "vif-1.-1",
		/* a leading zero: every NIC has one name */
		"vif05.0", "vif5.00", "vif5.01", "vif00.0", "tap05.0",
		/* other notations */
		"vif0x5.0", "vif5.0x1", "vif5,0", "vif5e1.0",
		/* numbers that cannot be: DOMID_FIRST_RESERVED, an int's end */
		"vif32752.0", "vif65535.0", "vif99999.0", "tap32752.0",
		"vif4294967301.0", "vif1.2147483648", "vif1.4294967296",
		"vif1.9999999999", "vif99999999999",
		/* suffixes */
		"vif5.0-", "vif5.0-em", "vif5.0-emu2", "vif5.0-EMU", "vif5.0emu",
		"tap5.0-emu", "-emu", "vif-emu", "vif5.0-emu-emu",
		/* too long to be a name at all */
		"vif32751.100-emu", "vif32751.2147483647",
		/* hostile */
		"vif5.0/../x", "vif%d.%d", "vif$(id).0", "vif5.0;reboot",
	};

	(void)state;
	for (each(i, bad)) {
		struct vif_id id = untouched;
		enum vif_kind kind = VIF_EMU;

		check(vif_name_parse(bad[i], &id, &kind) == -EINVAL, "%s",
		      bad[i]);
		check(vif_id_equal(id, untouched) && kind == VIF_EMU,
		      "%s touched what was to be untouched", bad[i]);
	}
}

static void names_are_made_as_they_are_read(void **state)
{
	static const uint32_t domids[] = { 0, 1, 9, 10, 999, 10000, 32751 };
	static const uint32_t devids[] = { 0, 1, 9, 10, 99, 100, 999, 9999,
					   99999, 1000000, 2147483647 };

	(void)state;
	for (each(i, domids)) {
		for (each(j, devids)) {
			for (int kind = VIF_NETBACK; kind <= VIF_TAP; kind++) {
				struct vif_id id = { domids[i], devids[j] };
				struct vif_id back = untouched;
				enum vif_kind k = VIF_NETBACK;
				char name[VIF_NAMESIZE] = "untouched";
				int r = vif_name_make(name, id,
						      (enum vif_kind)kind);

				if (r == -ENAMETOOLONG) {
					assert_string_equal(name, "untouched");
					continue;
				}
				assert_int_equal(r, strlen(name));
				assert_int_equal(vif_name_parse(name, &back,
								&k), 0);
				assert_true(vif_id_equal(id, back));
				assert_int_equal(k, kind);
			}
		}
	}
}

static void a_name_is_never_truncated(void **state)
{
	char name[VIF_NAMESIZE] = "untouched";

	(void)state;
	assert_int_equal(vif_name_make(name, (struct vif_id){ 32751, 99 },
				       VIF_EMU), 15);
	assert_string_equal(name, "vif32751.99-emu");
	assert_int_equal(vif_name_make(name, (struct vif_id){ 32751, 100 },
				       VIF_EMU), -ENAMETOOLONG);
	assert_string_equal(name, "vif32751.99-emu");
	assert_int_equal(vif_name_make(name, (struct vif_id){ 32751, 999999 },
				       VIF_NETBACK), 15);
	assert_string_equal(name, "vif32751.999999");
	assert_int_equal(vif_name_make(name, (struct vif_id){ 32751, 1000000 },
				       VIF_NETBACK), -ENAMETOOLONG);
	assert_int_equal(vif_name_make(name, (struct vif_id){ 32751, 1000000 },
				       VIF_TAP), -ENAMETOOLONG);
	assert_string_equal(name, "vif32751.999999");
}

static void a_vifname_of_eleven_has_room_for_emu(void **state)
{
	char name[VIF_NAMESIZE] = "untouched";

	(void)state;
	assert_int_equal(vif_name_emu(name, "abcdefghijkl"), -ENAMETOOLONG);
	assert_int_equal(vif_name_emu(name, "abcdefghijklmno"), -ENAMETOOLONG);
	assert_string_equal(name, "untouched");
	assert_int_equal(vif_name_emu(name, "abcdefghijk"), 15);
	assert_string_equal(name, "abcdefghijk-emu");
	assert_int_equal(vif_name_emu(name, "w"), 5);
	assert_string_equal(name, "w-emu");
}

static void the_excess_says_by_how_much(void **state)
{
	static const struct {
		const char *name, *suffix;
		size_t excess;
	} rows[] = {
		{ "", "", 0 },
		{ "abcdefghijklmno", "", 0 },
		{ "abcdefghijklmnop", "", 1 },
		{ "abcdefghijk", "-emu", 0 },
		{ "abcdefghijkl", "-emu", 1 },
		{ "abcdefghijklmno", "-emu", 4 },
		{ "vif32751.100", "-emu", 1 },
		{ "0123456789012345678901234567890123456789", "", 25 },
	};

	(void)state;
	for (each(i, rows))
		check(vif_name_excess(rows[i].name, rows[i].suffix) ==
		      rows[i].excess, "%s%s", rows[i].name, rows[i].suffix);
}

static void backend_paths_are_read(void **state)
{
	static const struct {
		const char *path;
		struct vif_id id;
		int32_t backend;
		const char *rest;
	} good[] = {
		{ "backend/vif/5/0", { 5, 0 }, -1, NULL },
		{ "backend/vif/0/0", { 0, 0 }, -1, NULL },
		{ "backend/vif/32751/2147483647", { 32751, 2147483647 }, -1,
		  NULL },
		{ "backend/vif/5/0/", { 5, 0 }, -1, "" },
		{ "backend/vif/5/0/state", { 5, 0 }, -1, "state" },
		{ "backend/vif/5/0/a/b", { 5, 0 }, -1, "a/b" },
		{ "/local/domain/0/backend/vif/5/1", { 5, 1 }, 0, NULL },
		{ "/local/domain/7/backend/vif/5/1/mtu", { 5, 1 }, 7, "mtu" },
		{ "/local/domain/32751/backend/vif/32751/2147483647",
		  { 32751, 2147483647 }, 32751, NULL },
	};

	(void)state;
	for (each(i, good)) {
		struct vif_id id = untouched;
		const char *rest = "untouched";
		int32_t backend = -7;

		check(vif_path_parse(good[i].path, &id, &backend, &rest) == 0,
		      "%s", good[i].path);
		check(vif_id_equal(id, good[i].id), "%s", good[i].path);
		check(backend == good[i].backend, "%s", good[i].path);
		check(!rest == !good[i].rest, "%s", good[i].path);
		if (rest)
			assert_string_equal(rest, good[i].rest);
		/* Who does not ask for the rest wants none. */
		check(vif_path_parse(good[i].path, &id, NULL, NULL) ==
		      (good[i].rest ? -EINVAL : 0), "%s", good[i].path);
	}
}

static void other_paths_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "/", "backend", "backend/vif", "backend/vif/", "backend/vif/5",
		"backend/vif/5/", "backend/vif//0", "backend/vif/5//0",
		"backend/vif/5/0x", "backend/vif/5/0.1", "backend/vif/x/0",
		"backend/vif/5/x", "backend/vbd/5/0", "backend/vif5/0",
		"/backend/vif/5/0", "Backend/vif/5/0", " backend/vif/5/0",
		"backend/vif/-5/0", "backend/vif/5/-1", "backend/vif/+5/0",
		"backend/vif/05/0", "backend/vif/5/00", "backend/vif/ 5/0",
		"backend/vif/32752/0", "backend/vif/5/2147483648",
		"backend/vif/4294967301/0", "backend/vif/5/4294967296",
		"backend/vif/99999999999999999999999/0", "backend/vif/5.0",
		"/local/domain/backend/vif/5/0", "/local/domain//backend/vif/5/0",
		"/local/domain/-1/backend/vif/5/0",
		"/local/domain/00/backend/vif/5/0",
		"/local/domain/32752/backend/vif/5/0",
		"/local/domain/0/frontend/vif/5/0",
		"/local/domain/0/backend/vif/5", "/local/domain/0backend/vif/5/0",
		"/local/domain/0/backend/vif/../0",
		"local/domain/0/backend/vif/5/0", "/vm/0/backend/vif/5/0",
		"../backend/vif/5/0", "backend/vif/%s/0", "backend/vif/$(id)/0",
	};

	(void)state;
	for (each(i, bad)) {
		struct vif_id id = untouched;
		const char *rest = bad[i];
		int32_t backend = -7;

		check(vif_path_parse(bad[i], &id, &backend, &rest) == -EINVAL,
		      "%s", bad[i]);
		check(vif_id_equal(id, untouched) && backend == -7 &&
		      rest == bad[i], "%s touched something", bad[i]);
	}
}

static void paths_are_made_as_they_are_read(void **state)
{
	char path[VIF_PATHSIZE];
	struct vif_id longest = { 32751, 2147483647 }, id;
	int32_t backend;
	int len;

	(void)state;
	len = vif_path_make(path, 32751, longest);
	assert_string_equal(path,
			    "/local/domain/32751/backend/vif/32751/2147483647");
	assert_int_equal(len, strlen(path));
	assert_true(len < VIF_PATHSIZE);
	assert_int_equal(vif_path_parse(path, &id, &backend, NULL), 0);
	assert_true(vif_id_equal(id, longest));
	assert_int_equal(backend, 32751);
	assert_int_equal(vif_path_make(path, 0, (struct vif_id){ 0, 0 }), 31);
	assert_string_equal(path, "/local/domain/0/backend/vif/0/0");
}

static void numbers_are_decimal_and_below_their_end(void **state)
{
	static const struct {
		const char *text;
		uint32_t end;
		const char *after;	/* NULL: refused */
		uint32_t n;
	} rows[] = {
		{ "0", 1, "", 0 },
		{ "0x1", 10, "x1", 0 },
		{ "12/3", 100, "/3", 12 },
		{ "99", 100, "", 99 },
		{ "100", 100, NULL, 0 },
		{ "0", 0, NULL, 0 },
		{ "4294967294", UINT32_MAX, "", 4294967294u },
		{ "4294967295", UINT32_MAX, NULL, 0 },
		{ "4294967296", UINT32_MAX, NULL, 0 },
		{ "18446744073709551616", UINT32_MAX, NULL, 0 },
		{ "18446744073709551617", UINT32_MAX, NULL, 0 },
		{ "", 10, NULL, 0 },
		{ "a", 10, NULL, 0 },
		{ "-1", 10, NULL, 0 },
		{ "+1", 10, NULL, 0 },
		{ " 1", 10, NULL, 0 },
		{ "01", 10, NULL, 0 },
		{ "00", 10, NULL, 0 },
		{ "1 ", 10, " ", 1 },
	};

	(void)state;
	for (each(i, rows)) {
		uint32_t n = 4711;
		const char *p = vif_number_parse(rows[i].text, rows[i].end, &n);

		check(!p == !rows[i].after, "%s", rows[i].text);
		if (p)
			assert_string_equal(p, rows[i].after);
		check(n == (p ? rows[i].n : 4711), "%s", rows[i].text);
	}
}

static void nics_are_the_same_if_both_numbers_are(void **state)
{
	struct vif_id a = { 5, 0 };

	(void)state;
	assert_true(vif_id_equal(a, a));
	assert_false(vif_id_equal(a, (struct vif_id){ 5, 1 }));
	assert_false(vif_id_equal(a, (struct vif_id){ 6, 0 }));
	assert_false(vif_id_equal(a, (struct vif_id){ 0, 5 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_that_the_kernel_takes_is_taken),
		cmocka_unit_test(a_name_that_the_kernel_refuses_is_refused),
		cmocka_unit_test(a_name_that_no_tool_can_type_is_refused),
		cmocka_unit_test(fifteen_characters_are_the_limit),
		cmocka_unit_test(canonical_names_are_read),
		cmocka_unit_test(other_names_are_not_canonical),
		cmocka_unit_test(names_are_made_as_they_are_read),
		cmocka_unit_test(a_name_is_never_truncated),
		cmocka_unit_test(a_vifname_of_eleven_has_room_for_emu),
		cmocka_unit_test(the_excess_says_by_how_much),
		cmocka_unit_test(backend_paths_are_read),
		cmocka_unit_test(other_paths_are_refused),
		cmocka_unit_test(paths_are_made_as_they_are_read),
		cmocka_unit_test(numbers_are_decimal_and_below_their_end),
		cmocka_unit_test(nics_are_the_same_if_both_numbers_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
