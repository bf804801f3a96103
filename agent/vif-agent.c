/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vif-agent.c - the hotplug script that libxl runs, a program of its own
 *
 * `vifctl xen-script` does the same. Half of what that takes is loading
 * libraries for which a hotplug script has no use.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/cli/cmd.h"

/* libxl gives each NIC a bridge key; where there is none a rule may name the
 * network. vifctl is where this program is, and does the same by this name. */
static int become_vifctl(struct cmd *c)
{
	static char name[] = NIC_SCRIPT;
	char **argv = c->argv - 1;
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	while (n > 0 && path[n - 1] != '/')
		n--;
	if (n <= 0 ||
	    !text_copy(path + n, sizeof(path) - (size_t)n, "vifctl"))
		return cmd_fail(CMD_FAILED, "vifctl, which reads udev's rules, is not found");
	argv[0] = name;
	(void)execv(path, argv);
	return cmd_fail(CMD_FAILED, "%s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	struct cmd c = { .ask_rules = become_vifctl, .argc = argc - 1,
			 .argv = argv + 1 };

	return cmd_start(&c, cmd_xen_script, getenv("VIFAGENT_CONF"));
}
