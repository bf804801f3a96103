/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.c - vifctl check: is the configuration valid? */
#include <stdio.h>

#include "agent/cli/cmd.h"

int cmd_check(struct cmd *c)
{
	char error[REASON_SIZE];
	struct config *config;
	size_t n = c->agent.config ? c->agent.config->n_networks : 0;

	if (c->argc > 1)
		return cmd_fail(CMD_USAGE, "check takes one FILE at most; see vifctl help check");
	if (c->argc == 0 && c->broken)
		return cmd_fail(CMD_FAILED, "%s", c->broken);
	if (c->argc == 1) {
		if (agent_load_config(c->argv[0], &config, error) < 0)
			return cmd_fail(CMD_FAILED, "%s", error);
		n = config->n_networks;
		config_free(config);
	}
	(void)printf("the configuration is valid: %zu network%s\n", n, n == 1 ? "" : "s");
	return CMD_OK;
}
