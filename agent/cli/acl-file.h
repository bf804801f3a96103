/* SPDX-License-Identifier: GPL-2.0-or-later */
/* acl-file.h - the bridge helper's ACL, from its files */
#ifndef VIFAGENT_ACL_FILE_H
#define VIFAGENT_ACL_FILE_H

#include "agent/core/acl.h"

/*
 * acl_read() - what does the ACL in a file say of a bridge?
 * @ret:	the answer, see acl_parse()
 *
 * Reads as the process is, with its ids and capabilities.  Included files with
 * a relative path are looked for in the current directory, as fopen() does
 * for QEMU's helper; who starts a setuid helper chooses it, so @ret has a note.
 *
 * Needs no library and, of this project, acl.c, file.c and text.c.
 *
 * Returns 0, or a negative errno with @ret->error set.
 */
int acl_read(const char *path, const char *bridge, struct acl *ret);

#endif
