/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vif-agent.c - the hotplug script that libxl runs, as a separate program
 *
 * `vifctl xen-script` does the same, but spends half of its time on loading
 * libraries that a hotplug script does not use.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/cli/cmd.h"

static const char args[] = "online|offline|add|remove [type_if=vif|tap]";
static const char help[] =
	"Attach or detach a vif. libxl runs this hotplug script; see vif-agent(8).";

/* libxl writes the key bridge for each NIC.  Without it a udev rule may name the
 * network, and only vifctl, in the same directory, reads udev's rules.  Called
 * by the name vif-agent it does what this program does. */
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
		return cmd_fail(CMD_FAILED, "cannot find vifctl, which reads the udev rules");
	argv[0] = name;
	(void)execv(path, argv);
	return cmd_fail(CMD_FAILED, "cannot run %s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	struct cmd c = { .config_use = CONFIG_REPORTED,
			 .ask_rules = become_vifctl, .argc = argc - 1,
			 .argv = argv + 1 };

	cmd_set_program(NIC_SCRIPT);
	if (cmd_answer(c.argc, c.argv, args, help))
		return CMD_OK;
	return cmd_start(&c, cmd_xen_script, getenv("VIFAGENT_CONF"));
}
