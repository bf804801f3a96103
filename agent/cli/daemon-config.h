/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon-config.h - which configuration file vifagentd reads */
#ifndef VIFAGENT_DAEMON_CONFIG_H
#define VIFAGENT_DAEMON_CONFIG_H

#include <limits.h>
#include <stdbool.h>

/*
 * daemon_config() - the path by which we can open it
 * @its:	as it says (struct presence)
 */
void daemon_config(int pid, const char *its, char ret[PATH_MAX]);

/* Is that another file than ours?  @ours: as after -c, NULL for the default. */
bool daemon_config_differs(int pid, const char *its, const char *ours);

#endif
