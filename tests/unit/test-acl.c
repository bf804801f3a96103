/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-acl.c - the ACL of QEMU's bridge helper: which bridges a user may use */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/core/acl.h"

#define S15 "123456789012345"
#define S16 S15 "6"

/* ---- the files there are ------------------------------------------------ */

static const struct {
	const char *path;
	const char *text;
} files[] = {
	{ "/i/empty", "" },
	{ "/i/allow", "allow br0\n" },
	{ "/i/deny", "# not this one\ndeny br0\n" },
	{ "/i/all", "allow all\n" },
	{ "/i/half", "allow br0\nnonsense\ndeny br0\n" },
	{ "/i/half-deny", "deny br0\nallow\n" },
	{ "/i/long-name", "allow br0\nallow " S16 "\nallow br1\n" },
	{ "/i/two", "include /i/allow\ninclude /i/deny\n" },
	{ "/i/bad-inside", "include /i/half\nallow br1\n" },
	{ "/i/missing-inside", "include /i/missing\nallow br0\n" },
	{ "/i/with space", "allow br0\n" },
	{ "rel", "allow br0\n" },
	{ "/i/self", "allow br0\ninclude /i/self\n" },
	{ "/i/9", "include /i/8\n" },
	{ "/i/8", "include /i/7\n" },
	{ "/i/7", "include /i/6\n" },
	{ "/i/6", "include /i/5\n" },
	{ "/i/5", "include /i/4\n" },
	{ "/i/4", "include /i/3\n" },
	{ "/i/3", "include /i/2\n" },
	{ "/i/2", "include /i/1\n" },
	{ "/i/1", "allow br0\n" },
};

static const struct {
	const char *path;
	int error;
} unreadable[] = {
	{ "/e/acces", -EACCES }, { "/e/perm", -EPERM },
	{ "/e/notdir", -ENOTDIR }, { "/e/loop", -ELOOP },
	{ "/e/toolong", -ENAMETOOLONG }, { "/e/dir", -EISDIR },
	{ "/e/fifo", -ENODEV }, { "/e/nxio", -ENXIO },
	{ "/e/mfile", -EMFILE }, { "/e/nfile", -ENFILE },
	{ "/e/nomem", -ENOMEM }, { "/e/io", -EIO }, { "/e/fbig", -EFBIG },
	{ "/e/intr", -EINTR }, { "/e/inval", -EINVAL },
};

struct disk {
	const char *text;	/* of "/acl" */
	size_t len;
	unsigned int n_read;
};

static int give(const char *text, size_t len, char **ret, size_t *ret_len)
{
	/* of just its size, so that ASan sees who reads on */
	*ret = malloc(len ? len : 1);
	assert_non_null(*ret);
	memcpy(*ret, text, len);
	*ret_len = len;
	return 0;
}

static int read_disk(void *arg, const char *path, char **ret, size_t *ret_len)
{
	struct disk *d = arg;

	d->n_read++;
	if (strcmp(path, "/acl") == 0)
		return give(d->text, d->len, ret, ret_len);
	for (each(i, files))
		if (strcmp(path, files[i].path) == 0)
			return give(files[i].text, strlen(files[i].text), ret,
				    ret_len);
	for (each(i, unreadable))
		if (strcmp(path, unreadable[i].path) == 0)
			return unreadable[i].error;
	return -ENOENT;
}

static struct acl parse_bytes(const char *text, size_t len, const char *bridge)
{
	struct disk d = { .text = text, .len = len };
	struct acl acl;
	int r = acl_parse("/acl", bridge, read_disk, &d, &acl);

	assert_int_equal(r < 0, acl.error[0] != '\0');
	assert_true(d.n_read <= ACL_FILES_MAX);
	return acl;
}

static struct acl parse(const char *text, const char *bridge)
{
	return parse_bytes(text, strlen(text), bridge);
}

/* ---- what is decided, and by which line --------------------------------- */

static const struct {
	const char *text;
	bool allowed;
	const char *reason;
} decided[] = {
	/* nobody says anything */
	{ "", false, "no line of /acl allows it" },
	{ "\n", false, "no line of /acl allows it" },
	{ "\n\n \t\n\f\r\n", false, "no line of /acl allows it" },
	{ "# allow br0\n", false, "no line of /acl allows it" },
	{ " \t # allow br0\n", false, "no line of /acl allows it" },
	{ "#allow br0", false, "no line of /acl allows it" },
	{ "allow br1\n", false, "no line of /acl allows it" },
	/* allow */
	{ "allow br0\n", true, "/acl line 1, \"allow br0\"" },
	{ "allow br0", true, "/acl line 1, \"allow br0\"" },
	{ "allow all\n", true, "/acl line 1, \"allow all\"" },
	{ "allow br1\nallow br0\n", true, "/acl line 2, \"allow br0\"" },
	{ "allow all\nallow br0\n", true, "/acl line 1, \"allow all\"" },
	{ "allow br0\nallow all\n", true, "/acl line 1, \"allow br0\"" },
	/* deny wins wherever it stands */
	{ "deny br0\n", false, "/acl line 1, \"deny br0\"" },
	{ "deny all\n", false, "/acl line 1, \"deny all\"" },
	{ "deny br0\nallow br0\n", false, "/acl line 1, \"deny br0\"" },
	{ "allow br0\ndeny br0\n", false, "/acl line 2, \"deny br0\"" },
	{ "allow br0\ndeny all\n", false, "/acl line 2, \"deny all\"" },
	{ "deny all\nallow br0\n", false, "/acl line 1, \"deny all\"" },
	{ "allow all\ndeny br0\n", false, "/acl line 2, \"deny br0\"" },
	{ "allow all\ndeny br1\n", true, "/acl line 1, \"allow all\"" },
	{ "deny br1\nallow br0\n", true, "/acl line 2, \"allow br0\"" },
	{ "deny all\ndeny br0\n", false, "/acl line 1, \"deny all\"" },
	/* blanks */
	{ "  allow br0\n", true, "/acl line 1, \"allow br0\"" },
	{ " \t\f\r allow br0\n", true, "/acl line 1, \"allow br0\"" },
	{ "allow    br0   \n", true, "/acl line 1, \"allow br0\"" },
	{ "allow \t\f\r br0 \t\f\r\n", true, "/acl line 1, \"allow br0\"" },
	{ "allow br0\r\ndeny br1\r\n", true, "/acl line 1, \"allow br0\"" },
	{ "\r\n\r\nallow br0\r\n", true, "/acl line 3, \"allow br0\"" },
	{ "\n\n# x\n\nallow br0\n", true, "/acl line 5, \"allow br0\"" },
	/* a vertical tab is none */
	{ "allow br0\v\n", false, "no line of /acl allows it" },
	{ "allow \vbr0\n", false, "no line of /acl allows it" },
	/* a tab ends the verb where there is no space */
	{ "allow\tbr0\n", true, "/acl line 1, \"allow br0\"" },
	{ "allow\t\tbr0\t\n", true, "/acl line 1, \"allow br0\"" },
	{ "\tallow\tbr0\r\n", true, "/acl line 1, \"allow br0\"" },
	{ " allow\tbr0\n", true, "/acl line 1, \"allow br0\"" },
	{ "deny\tall\nallow br0\n", false, "/acl line 1, \"deny all\"" },
	/* the rest of the line is the name */
	{ "allow br0 # web\n", false, "no line of /acl allows it" },
	{ "allow br0 br1\n", false, "no line of /acl allows it" },
	{ "allow br0,br1\n", false, "no line of /acl allows it" },
	{ "allow br*\n", false, "no line of /acl allows it" },
	{ "allow \"br0\"\n", false, "no line of /acl allows it" },
	{ "allow BR0\n", false, "no line of /acl allows it" },
	{ "allow All\n", false, "no line of /acl allows it" },
	{ "allow br00\n", false, "no line of /acl allows it" },
	{ "allow br\n", false, "no line of /acl allows it" },
	{ "allow br\xf6\n", false, "no line of /acl allows it" },
	{ "allow \n", false, "no line of /acl allows it" },
	{ "allow\t\n", false, "no line of /acl allows it" },
	{ "deny br0 # web\nallow br0\n", true, "/acl line 2, \"allow br0\"" },
	{ "allow " S15 "\nallow br0\n", true, "/acl line 2, \"allow br0\"" },
	/* include */
	{ "include /i/empty\n", false, "no line of /acl allows it" },
	{ "include /i/allow\n", true, "/i/allow line 1, \"allow br0\"" },
	{ "include\t/i/allow\n", true, "/i/allow line 1, \"allow br0\"" },
	{ "  include   /i/allow  \r\n", true, "/i/allow line 1, \"allow br0\"" },
	{ "include /i/with space\n", true,
	  "\"/i/with space\" line 1, \"allow br0\"" },
	{ "include /i/allow\nallow br0\n", true,
	  "/i/allow line 1, \"allow br0\"" },
	{ "allow br0\ninclude /i/allow\n", true, "/acl line 1, \"allow br0\"" },
	{ "allow br0\ninclude /i/deny\n", false, "/i/deny line 2, \"deny br0\"" },
	{ "include /i/deny\nallow br0\n", false, "/i/deny line 2, \"deny br0\"" },
	{ "include /i/two\n", false, "/i/deny line 2, \"deny br0\"" },
	{ "deny br0\ninclude /i/all\n", false, "/acl line 1, \"deny br0\"" },
	{ "include /i/allow\ninclude /i/allow\n", true,
	  "/i/allow line 1, \"allow br0\"" },
	{ "include /i/8\n", true, "/i/1 line 1, \"allow br0\"" },
	{ "include all\nallow br0\n", true, "/acl line 2, \"allow br0\"" },
	{ "include br0\n", false, "no line of /acl allows it" },
	{ "include rel\n", true, "rel line 1, \"allow br0\"" },
};

static void each_text_is_decided_by_its_line(void **state)
{
	(void)state;
	for (each(i, decided)) {
		struct acl acl = parse(decided[i].text, "br0");
		char reason[REASON_SIZE];

		acl_reason(&acl, reason);
		check(acl_allows(&acl) == decided[i].allowed, "%s: of:\n%s",
		      reason, decided[i].text);
		check(strcmp(reason, decided[i].reason) == 0,
		      "wanted %s\n        got %s\n        of:\n%s",
		      decided[i].reason, reason, decided[i].text);
	}
}

static void an_empty_name_is_a_name(void **state)
{
	struct acl acl = parse("allow \n", "");

	(void)state;
	assert_true(acl_allows(&acl));
}

static void all_is_also_a_bridges_name(void **state)
{
	struct acl acl = parse("allow all\n", "all");

	(void)state;
	assert_true(acl_allows(&acl));
	acl = parse("allow br0\n", "all");
	assert_false(acl_allows(&acl));
}

static void a_name_of_15_characters_is_compared_whole(void **state)
{
	struct acl acl = parse("allow " S15 "\n", S15);

	(void)state;
	assert_true(acl_allows(&acl));
	acl = parse("allow " S15 "\n", S16);
	assert_false(acl_allows(&acl));
}

/* ---- errors ------------------------------------------------------------- */

/* In the main file all of these mean that nobody is allowed anything. */
static const struct {
	const char *text;
	const char *says;
} wrong[] = {
	/* no verb */
	{ "permit br0\n", "/acl line 1: \"permit\" is not a verb: use allow, deny or include" },
	{ "Allow br0\n", "/acl line 1: \"Allow\" is not a verb" },
	{ "ALLOW all\n", "/acl line 1: \"ALLOW\" is not a verb" },
	{ "allowed br0\n", "/acl line 1: \"allowed\" is not a verb" },
	{ "allow: br0\n", "/acl line 1: \"allow:\" is not a verb" },
	{ "; allow br0\n", "/acl line 1: \";\" is not a verb" },
	{ "// allow br0\n", "/acl line 1: \"//\" is not a verb" },
	{ "[bridge br0]\n", "/acl line 1: \"[bridge\" is not a verb" },
	{ "allow = br0\n\nallows br0\n", "/acl line 3: \"allows\" is not a verb" },
	{ "\xef\xbb\xbf" "allow br0\n", "/acl line 1: \"\\xef\\xbb\\xbfallow\" is not a verb" },
	{ "\vallow br0\n", "/acl line 1: \"\\x0ballow\" is not a verb" },
	{ "\v\n", "/acl line 1: \"\\x0b\" is not" },
	/* no argument */
	{ "allow\n", "/acl line 1: \"allow\" is not allow, deny or include followed by a name" },
	{ "allow", "/acl line 1: \"allow\" is not" },
	{ "deny\r\n", "/acl line 1: \"deny\\x0d\" is not" },
	{ "include\n", "/acl line 1: \"include\" is not" },
	{ "br0\n", "/acl line 1: \"br0\" is not" },
	{ "allow=br0\n", "/acl line 1: \"allow=br0\" is not" },
	{ "allow\vbr0\n", "/acl line 1: \"allow\\x0bbr0\" is not" },
	{ "  x\n", "/acl line 1: \"x\" is not" },
	/* the first space ends the verb, whatever is before it */
	{ "allow\tbr 0\n", "/acl line 1: \"allow\\x09br\" is not a verb: use allow, deny or include; in a line with a space" },
	{ "allow\tbr0 \n", "/acl line 1: \"allow\\x09br0\" is not a verb" },
	{ "allow\t br0\n", "/acl line 1: \"allow\\x09\" is not a verb" },
	{ "deny\tbr0 # web\n", "/acl line 1: \"deny\\x09br0\" is not a verb" },
	/* names */
	{ "allow " S16 "\n", "/acl line 1: \"" S16 "\" is too long for a bridge's name by 1 character" },
	{ "deny " S16 S15 "\n", "too long for a bridge's name by 16 characters" },
	{ "allow br0 # the web servers' network\n", "/acl line 1: \"br0 # the web" },
	{ "allow br0 br1 br2 br3 br4\n", "too long" },
	/* the error is what counts, not what was there before or after */
	{ "allow br0\nx y\n", "/acl line 2: \"x\"" },
	{ "x y\nallow br0\n", "/acl line 1: \"x\"" },
	{ "allow all\n\n\ndeny\n", "/acl line 4: \"deny\"" },
	{ "include /i/allow\nx y\n", "/acl line 2: \"x\"" },
	{ "x y\nz\n", "/acl line 1: \"x\"" },
	/* these not even an included file survives */
	{ "include /i/self\n", "/i/self line 2: files include each other more than 8 deep" },
	{ "include /i/9\n", "/i/2 line 1: files include each other more than 8 deep" },
	{ "include /acl\nallow br0\n", "/acl line 1: files include each other more than 8 deep" },
	{ "allow br0\ninclude /e/mfile\n", "/acl line 2: /e/mfile cannot be read: Too many open files" },
	{ "allow br0\ninclude /e/nfile\n", "/e/nfile cannot be read" },
	{ "allow br0\ninclude /e/nomem\n", "/e/nomem cannot be read: Cannot allocate memory" },
	{ "allow br0\ninclude /e/io\n", "/e/io cannot be read" },
	{ "allow br0\ninclude /e/fbig\n", "/acl line 2: /e/fbig cannot be read: it is larger than 1 MiB" },
	{ "allow br0\ninclude /e/intr\n", "/e/intr cannot be read" },
	{ "allow br0\ninclude /e/inval\n", "/e/inval cannot be read" },
};

static void an_acl_in_error_allows_nothing(void **state)
{
	(void)state;
	for (each(i, wrong)) {
		struct acl acl = parse(wrong[i].text, "br0");
		char reason[REASON_SIZE];

		acl_reason(&acl, reason);
		check(!acl_allows(&acl), "allowed by:\n%s", wrong[i].text);
		check(acl.error[0], "no error in:\n%s", wrong[i].text);
		assert_null(acl_decisive(&acl));
		assert_string_equal(reason, acl.error);
		check(strstr(acl.error, wrong[i].says),
		      "wanted %s\n        got %s", wrong[i].says, acl.error);
		for (const char *p = acl.error; *p; p++)
			check(*p >= ' ' && *p < 0x7f, "%s", acl.error);
	}
}

static void the_main_file_must_be_readable(void **state)
{
	struct disk d = { 0 };
	struct acl acl;

	(void)state;
	assert_int_equal(acl_parse("/etc/missing", "br0", read_disk, &d, &acl),
			 -ENOENT);
	assert_string_equal(acl.error, "/etc/missing cannot be read: No such file or directory");
	for (each(i, unreadable)) {
		assert_int_equal(acl_parse(unreadable[i].path, "br0", read_disk,
					   &d, &acl), unreadable[i].error);
		assert_false(acl_allows(&acl));
		assert_non_null(strstr(acl.error, unreadable[i].path));
	}
}

static void a_nul_is_an_error(void **state)
{
	static const char first[] = "\0allow br0\n";
	static const char inside[] = "allow br0\nallow\0br1\n";
	static const char comment[] = "allow br0\n# \0\n";
	static const char last[] = "allow br0\0";
	struct acl acl = parse_bytes(first, sizeof(first) - 1, "br0");

	(void)state;
	assert_string_equal(acl.error, "/acl line 1: it contains a NUL byte");
	acl = parse_bytes(inside, sizeof(inside) - 1, "br0");
	assert_string_equal(acl.error, "/acl line 2: it contains a NUL byte");
	acl = parse_bytes(comment, sizeof(comment) - 1, "br0");
	assert_string_equal(acl.error, "/acl line 2: it contains a NUL byte");
	acl = parse_bytes(last, sizeof(last) - 1, "br0");
	assert_string_equal(acl.error, "/acl line 1: it contains a NUL byte");
	assert_false(acl_allows(&acl));
}

/* "allow br0", filled with spaces or as a comment */
static struct acl parse_line_of(size_t len, bool comment)
{
	char *text = malloc(len + 32);
	struct acl acl;

	assert_non_null(text);
	memset(text, comment ? '#' : ' ', len);
	if (!comment)
		memcpy(text, "allow br0", 9);
	strcpy(text + len, "\nallow br1\n");
	acl = parse(text, comment ? "br1" : "br0");
	free(text);
	return acl;
}

static void a_line_has_4095_characters_at_most(void **state)
{
	(void)state;
	for (int comment = 0; comment < 2; comment++) {
		struct acl acl = parse_line_of(4094, comment);

		assert_true(acl_allows(&acl));
		acl = parse_line_of(4095, comment);
		assert_true(acl_allows(&acl));
		acl = parse_line_of(4096, comment);
		assert_false(acl_allows(&acl));
		assert_string_equal(acl.error, "/acl line 1: it is longer than 4095 characters");
		acl = parse_line_of(100000, comment);
		assert_false(acl_allows(&acl));
	}
}

static void many_lines_are_counted(void **state)
{
	size_t n = 100000;
	char *text = malloc(n + 32);
	struct acl acl;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', n);
	strcpy(text + n, "allow br0");
	acl = parse(text, "br0");
	assert_int_equal(acl.allow.line, 100001);
	free(text);
}

static void there_are_64_files_at_most(void **state)
{
	char text[4096] = "";
	struct acl acl;

	(void)state;
	/* missing ones are looked for, too */
	for (int i = 0; i < 63; i++)
		strcat(text, i % 2 ? "include /i/missing\n" :
				     "include /i/allow\n");
	acl = parse(text, "br0");
	assert_true(acl_allows(&acl));
	strcat(text, "include /i/empty\n");
	acl = parse(text, "br0");
	assert_false(acl_allows(&acl));
	assert_string_equal(acl.error, "/acl line 64: more than 64 files are included");
}

/* ---- included files that do not count ----------------------------------- */

static const struct {
	const char *text;
	bool allowed;
	unsigned int n_notes;
	const char *note;
} notes[] = {
	{ "allow br0\n", true, 0, "" },
	{ "include /i/allow\n", true, 0, "" },
	{ "allow br0\ninclude /i/missing\n", true, 1,
	  "/acl line 2: /i/missing cannot be read: No such file or directory; it is ignored" },
	{ "include /i/missing\n", false, 1, "/acl line 1: /i/missing" },
	{ "include /i/missing\nallow br0\n", true, 1, "/acl line 1: /i/missing" },
	{ "include /i/missing-inside\n", true, 1,
	  "/i/missing-inside line 1: /i/missing cannot be read" },
	{ "allow br0\ninclude /e/acces\n", true, 1,
	  "/acl line 2: /e/acces cannot be read: Permission denied; it is ignored" },
	{ "allow br0\ninclude /e/perm\n", true, 1, "/e/perm cannot be read" },
	{ "allow br0\ninclude /e/notdir\n", true, 1, "/e/notdir cannot be read" },
	{ "allow br0\ninclude /e/loop\n", true, 1, "/e/loop cannot be read" },
	{ "allow br0\ninclude /e/toolong\n", true, 1, "/e/toolong cannot" },
	{ "allow br0\ninclude /e/dir\n", true, 1, "/e/dir cannot be read" },
	{ "allow br0\ninclude /e/nxio\n", true, 1, "/e/nxio cannot be read" },
	{ "allow br0\ninclude /e/fifo\n", true, 1,
	  "/acl line 2: /e/fifo cannot be read: it is not a regular file; it is ignored" },
	/* what comes before the bad line stays in force */
	{ "include /i/half\n", true, 1,
	  "/i/half line 2: \"nonsense\" is not allow, deny or include followed by a name; the rest of that file is ignored" },
	{ "include /i/half-deny\nallow br0\n", false, 1, "/i/half-deny line 2: \"allow\"" },
	{ "include /i/long-name\n", true, 1, "/i/long-name line 2: \"" S16 "\"" },
	/* and so does what comes behind the include */
	{ "include /i/half\ndeny br0\n", false, 1, "/i/half line 2" },
	{ "include /i/bad-inside\n", true, 1, "/i/half line 2" },
	/* relative paths work as in QEMU's helper, but it is said */
	{ "include rel\n", true, 1,
	  "/acl line 1: rel is not an absolute path: the user who starts the helper chooses the directory" },
	{ "include ./rel\nallow br0\n", true, 2, "/acl line 1: ./rel is not an absolute path" },
	{ "include \nallow br0\n", true, 2, "/acl line 1: \"\" is not an absolute path" },
};

static void an_included_file_may_fail(void **state)
{
	(void)state;
	for (each(i, notes)) {
		struct acl acl = parse(notes[i].text, "br0");

		check(acl_allows(&acl) == notes[i].allowed, "%s of:\n%s",
		      acl.error, notes[i].text);
		assert_string_equal(acl.error, "");
		check(acl.n_notes == notes[i].n_notes, "%u notes of:\n%s",
		      acl.n_notes, notes[i].text);
		check(strstr(acl.note[0], notes[i].note),
		      "wanted %s\n        got %s", notes[i].note, acl.note[0]);
	}
}

static void the_rest_of_a_half_file_does_not_count(void **state)
{
	struct acl acl = parse("include /i/long-name\n", "br1");

	(void)state;
	assert_false(acl_allows(&acl));
	acl = parse("include /i/bad-inside\n", "br1");
	assert_true(acl_allows(&acl));
}

static void notes_without_room_are_counted(void **state)
{
	char text[1024] = "";
	struct acl acl;

	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(text, "include /i/missing\n");
	acl = parse(text, "br0");
	assert_int_equal(acl.n_notes, 20);
	assert_string_equal(acl.note[7], "/acl line 8: /i/missing cannot be read: No such file or directory; it is ignored");
}

static void hostile_names_are_shown_harmless(void **state)
{
	char text[4200] = "include /x\033[2Jy";
	struct acl acl = parse(text, "br0");

	(void)state;
	assert_non_null(strstr(acl.note[0], "\"/x\\x1b[2Jy\" cannot"));
	memset(text + strlen("include "), '/', 4000);
	text[4008] = '\0';
	acl = parse(text, "br0");
	assert_non_null(strstr(acl.note[0], "(4000 bytes) cannot be read"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_text_is_decided_by_its_line),
		cmocka_unit_test(an_empty_name_is_a_name),
		cmocka_unit_test(all_is_also_a_bridges_name),
		cmocka_unit_test(a_name_of_15_characters_is_compared_whole),
		cmocka_unit_test(an_acl_in_error_allows_nothing),
		cmocka_unit_test(the_main_file_must_be_readable),
		cmocka_unit_test(a_nul_is_an_error),
		cmocka_unit_test(a_line_has_4095_characters_at_most),
		cmocka_unit_test(many_lines_are_counted),
		cmocka_unit_test(there_are_64_files_at_most),
		cmocka_unit_test(an_included_file_may_fail),
		cmocka_unit_test(the_rest_of_a_half_file_does_not_count),
		cmocka_unit_test(notes_without_room_are_counted),
		cmocka_unit_test(hostile_names_are_shown_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
