/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acl.h - the ACL of QEMU's bridge helper: which bridges a user may use
 *
 * The grammar and the precedence are those of parse_acl_file() and main(),
 * qemu-bridge-helper.c: a line is "allow BRIDGE", "deny BRIDGE" or "include
 * FILE", where BRIDGE may be "all"; a deny wins wherever it stands; without an
 * allow the answer is no.  The helper reads as its caller: an included file
 * that this user may not read does not count, which is how an ACL differs from
 * user to user.
 *
 * A line that QEMU's helper cannot read either ends only the included file that
 * it is in.  A line that QEMU's helper reads differently, or that exceeds a limit
 * of ours, makes the whole ACL invalid: ignoring it might ignore a deny.
 */
#ifndef VIFAGENT_ACL_H
#define VIFAGENT_ACL_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/text.h"

/* What fgets() reads into QEMU's line[4096]; QEMU takes the rest for a new
 * line. */
#define ACL_LINE_MAX 4095
#define ACL_SIZE_MAX (1 << 20)		/* bytes of one file */
#define ACL_DEPTH_MAX 8			/* the main file is at 0 */
#define ACL_FILES_MAX 64		/* read in all */
#define ACL_NOTES_MAX 8
#define ACL_NAMESIZE 16			/* IFNAMSIZ */

/* A file's name as people are shown it, printable ASCII. */
#define ACL_FILESIZE 128

struct acl_rule {
	char file[ACL_FILESIZE];
	unsigned int line;		/* from 1; 0: no such rule */
	char text[sizeof("allow ") + ACL_NAMESIZE];
};

/* What an ACL says of one bridge. */
struct acl {
	char file[ACL_FILESIZE];
	struct acl_rule deny;		/* the first that is about the bridge */
	struct acl_rule allow;
	char error[REASON_SIZE];	/* why nothing is allowed; or "" */
	char note[ACL_NOTES_MAX][REASON_SIZE];	/* what did not count, and why */
	unsigned int n_notes;		/* also those without room */
};

/*
 * acl_read_fn - gives the text of a file
 * @ret:	to be given to free(); needs no NUL
 *
 * Returns 0 or a negative errno; -EFBIG if it is larger than ACL_SIZE_MAX,
 * -ENODEV if it is not a file.
 */
typedef int (*acl_read_fn)(void *arg, const char *path, char **ret,
			   size_t *ret_len);

/*
 * acl_parse() - what does an ACL say of a bridge?
 * @path:	the main file
 * @read:	how it, and what it includes, is read
 * @ret:	the answer
 *
 * Returns 0, whether the bridge is allowed or not; or a negative errno if the
 * ACL is in error, and @ret->error says where.
 */
int acl_parse(const char *path, const char *bridge, acl_read_fn read, void *arg,
	      struct acl *ret);

bool acl_allows(const struct acl *acl);

/* The rule that decides, or NULL: there is none, or the ACL is in error. */
const struct acl_rule *acl_decisive(const struct acl *acl);

/* Why it is, or is not, allowed: the rule and where it stands. */
void acl_reason(const struct acl *acl, char reason[REASON_SIZE]);

#endif
