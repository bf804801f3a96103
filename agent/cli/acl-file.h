/* SPDX-License-Identifier: GPL-2.0-or-later */
/* acl-file.h - read the bridge helper's ACL from its files */
#ifndef VIFAGENT_ACL_FILE_H
#define VIFAGENT_ACL_FILE_H

#include "agent/core/acl.h"

/* The one that QEMU's own helper reads. */
#define ACL_FILE SYSCONFDIR "/qemu/bridge.conf"

/*
 * acl_read() - read from a file what the ACL says about a bridge
 * @ret:	the answer, see acl_parse()
 *
 * Reads with the ids and capabilities of the process.  An included file with a
 * relative path is opened in the current directory, as QEMU's helper does with
 * fopen().  The caller of a setuid helper chooses that directory, so @ret gets
 * a note.
 *
 * Uses only acl.c, file.c and text.c, and no library.
 *
 * Returns 0, or a negative errno with @ret->error set.
 */
int acl_read(const char *path, const char *bridge, struct acl *ret);

#endif
