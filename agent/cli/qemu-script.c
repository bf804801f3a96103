/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qemu-script.c - vifctl qemu-ifup and qemu-ifdown: what QEMU runs as the
 * script= and downscript= of -netdev tap
 *
 * launch_script() of net/tap.c: argv[1] is the tap's name, the environment is
 * QEMU's, and the user sees stderr.  QEMU waits without a limit, and does not
 * start the guest if ifup's exit code is not 0.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/cli/cmd.h"

/* From the name of the link to vifctl, the environment, or the configuration, in
 * this order. */
static const char *find_network(const struct cmd *c, const char *tap)
{
	const struct network *n = config_network_of_tap(c->agent.config, tap);
	const char *env = getenv("VIF_NETWORK");

	if (c->suffix)
		return c->suffix;
	if (env && env[0])
		return env;
	if (n)
		return n->name;
	return NULL;
}

int cmd_qemu_ifup(struct cmd *c)
{
	struct wish w = { .by = BY_HAND };
	const char *network;
	struct link l;
	int r = cmd_only_link(c, "ifup takes one LINK, as QEMU passes it", &l);

	if (r)
		return r;
	network = find_network(c, l.name);
	if (!network)
		return cmd_fail(CMD_FAILED, "%s: no network requested; set taps = %s in a [network] of vifagent.conf, or VIF_NETWORK in QEMU's environment, or use a link to vif-ifup with the network after a dot (script=/etc/vif-ifup.br0)",
				l.name, l.name);
	if (wish_set(&w, WISH_NETWORK, "network", network, strlen(network)) < 0)
		return cmd_fail(CMD_FAILED, "%s: %s", l.name, w.error);
	return cmd_join_by_hand(c, &l, &w);
}

/* QEMU's own tap disappears with QEMU.  A persistent tap must be restored. */
int cmd_qemu_ifdown(struct cmd *c)
{
	struct record record;
	struct link l;
	int r = cmd_only_link(c, "ifdown takes one LINK, as QEMU passes it", &l);

	if (r)
		return r;
	if (record_parse(l.alias, &record) < 0 || record.by != BY_HAND ||
	    record.made)
		return CMD_OK;
	return cmd_leave_by_hand(c, &l);
}
