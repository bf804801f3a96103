/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-acl.c - an ACL: never more allowed than its lines say
 *
 * The input is up to ten files with a byte \x1e between them: the main one,
 * then "/1" to "/9".
 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>

#include "agent/core/acl.h"

struct disk {
	const char *data;
	size_t size;
	const char *more;	/* behind the main file */
	unsigned int n_read;
};

static char *find_file(const struct disk *d, unsigned int n, size_t *ret_len)
{
	const char *p = d->data, *end = d->data + d->size, *stop;

	for (;;) {
		stop = memchr(p, '\x1e', (size_t)(end - p));
		if (!stop)
			stop = end;
		if (n-- == 0)
			break;
		if (stop == end)
			return NULL;
		p = stop + 1;
	}
	*ret_len = (size_t)(stop - p);
	return fuzz_string((const uint8_t *)p, *ret_len);
}

static int read_disk(void *arg, const char *path, char **ret, size_t *ret_len)
{
	struct disk *d = arg;
	size_t more = strlen(d->more);

	must(++d->n_read <= ACL_FILES_MAX);
	if (strcmp(path, "/emfile") == 0)
		return -EMFILE;
	if (path[0] != '/' || path[1] < '0' || path[1] > '9' || path[2])
		return -EACCES;
	*ret = find_file(d, (unsigned int)(path[1] - '0'), ret_len);
	if (!*ret)
		return -ENOENT;
	if (path[1] == '0' && more) {
		*ret = realloc(*ret, *ret_len + more + 1);
		must(*ret);
		memcpy(*ret + *ret_len, d->more, more);
		*ret_len += more;
	}
	return 0;
}

static void check_rule(const struct acl_rule *rule, const char *verb)
{
	char all[32], br0[32];

	if (!rule->line)
		return;
	must_be_a_sentence(rule->file);
	(void)snprintf(all, sizeof(all), "%s all", verb);
	(void)snprintf(br0, sizeof(br0), "%s br0", verb);
	must(strcmp(rule->text, all) == 0 || strcmp(rule->text, br0) == 0);
}

static struct acl parse(const char *data, size_t size, const char *more)
{
	struct disk d = { .data = data, .size = size, .more = more };
	char reason[REASON_SIZE];
	struct acl acl;
	int r = acl_parse("/0", "br0", read_disk, &d, &acl);

	must((r < 0) == (acl.error[0] != '\0'));
	must(!acl_allows(&acl) || (acl.allow.line && !acl.deny.line && r == 0));
	check_rule(&acl.allow, "allow");
	check_rule(&acl.deny, "deny");
	for (unsigned int i = 0; i < acl.n_notes && i < ACL_NOTES_MAX; i++)
		must_be_a_sentence(acl.note[i]);
	acl_reason(&acl, reason);
	must_be_a_sentence(reason);
	return acl;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	struct acl acl = parse(text, size, "");
	struct acl denied = parse(text, size, "\ndeny all\n");
	struct acl allowed = parse(text, size, "\nallow br0\n");

	must(!acl_allows(&denied));
	/* one more line changes nothing of what is before it; but a line that
	 * has no end may be too long */
	must(!acl.error[0] || allowed.error[0]);
	if (!allowed.error[0] && !acl.error[0])
		must(acl_allows(&allowed) == !acl.deny.line);
	must(strcmp(acl.note[0], allowed.note[0]) == 0);
	free(text);
	return 0;
}
