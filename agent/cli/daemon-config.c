/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon-config.c - which configuration file vifagentd reads */
#include "agent/cli/daemon-config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/engine/agent.h"
#include "agent/host/presence.h"
#include "agent/host/procfs.h"

/* What a path is relative to is its directory, not ours. */
static void take_path(int pid, const char *path, char ret[PATH_MAX])
{
	if (path[0] == '/')
		(void)snprintf(ret, PATH_MAX, "%s", path);
	else
		(void)snprintf(ret, PATH_MAX, "/proc/%d/cwd/%s", pid, path);
}

/* As getopt_long() of vifagentd takes it; the last one counts. */
bool daemon_config(int pid, char ret[PATH_MAX])
{
	char args[8192];
	ssize_t len = procfs_arguments(pid, args, sizeof(args));
	const char *next;

	ret[0] = '\0';
	for (const char *a = args; a < args + len; a = next) {
		next = a + strlen(a) + 1;
		if (strcmp(a, "-c") == 0 || strcmp(a, "--config") == 0) {
			if (next < args + len)
				take_path(pid, next, ret);
		} else if (strncmp(a, "-c", 2) == 0) {
			take_path(pid, a + 2, ret);
		} else if (strncmp(a, "--config=", 9) == 0) {
			take_path(pid, a + 9, ret);
		}
	}
	return len > 0;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

bool daemon_config_differs(const char *ours, char ret[PATH_MAX])
{
	const char *mine = ours ? ours : CONFIG_DEFAULT, *its;
	int pid = presence_pid();

	if (pid == 0 || !daemon_config(pid, ret))
		return false;
	its = ret[0] ? ret : CONFIG_DEFAULT;
	if (strcmp(its, mine) == 0 || is_same_file(its, mine))
		return false;
	if (!ret[0])
		(void)snprintf(ret, PATH_MAX, "%s", CONFIG_DEFAULT);
	return true;
}
