/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon-config.h - which configuration file vifagentd reads */
#ifndef VIFAGENT_DAEMON_CONFIG_H
#define VIFAGENT_DAEMON_CONFIG_H

#include <limits.h>
#include <stdbool.h>

/*
 * daemon_config() - the file that its -c names
 * @ret:	a path that we can open, too; "" for the default file
 *
 * Returns false if its arguments cannot be read.
 */
bool daemon_config(int pid, char ret[PATH_MAX]);

/* Does the daemon that runs here read another file than ours?  @ours: as after -c, NULL
 * for the default.  Then @ret is its file, with a name for people. */
bool daemon_config_differs(const char *ours, char ret[PATH_MAX]);

#endif
