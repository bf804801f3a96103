/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon-config.c - which configuration file vifagentd reads */
#include "agent/cli/daemon-config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/engine/agent.h"

static bool is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

/* It may have a mount namespace of its own, in which others than root cannot look. */
void daemon_config(int pid, const char *its, char ret[PATH_MAX])
{
	struct stat there;

	(void)snprintf(ret, PATH_MAX, "/proc/%d/root%s", pid, its);
	if (stat(ret, &there) < 0 || is_same_file(its, ret))
		(void)snprintf(ret, PATH_MAX, "%s", its);
}

bool daemon_config_differs(int pid, const char *its, const char *ours)
{
	const char *mine = ours ? ours : CONFIG_DEFAULT;
	char path[PATH_MAX];

	daemon_config(pid, its, path);
	return strcmp(mine, path) != 0 && !is_same_file(mine, path);
}
