/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply.c - vifctl apply and reload: what the daemon does, once; and its new configuration */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/daemon-config.h"
#include "agent/cli/overview.h"
#include "agent/core/words.h"
#include "agent/host/presence.h"

/* Carry out the plan of one port, whose look said that there is something to do. */
static int apply_one(struct cmd *c, const struct look *look)
{
	struct request q = { .id = look->id, .flags = LOOK_ACT | LOOK_SEARCH };
	struct look looks[LOOKS];
	int r = door_look(&c->agent, &q, NULL, looks);
	int code = CMD_OK;

	if (r < 0)
		return cmd_fail(CMD_FAILED, "%s: %s", look->name, strerror(-r));
	for (int i = 0; i < r; i++) {
		const struct look *l = &looks[i];

		if (l->done[0])
			(void)printf("%s: %s\n", l->name, l->done);
		if (l->verdict != IN_ORDER && l->verdict != NOT_OURS)
			code = cmd_fail(CMD_FAILED, "%s: %s: %s", l->name,
					verdict_name(l->verdict), l->reason);
	}
	return code;
}

static bool is_named(const struct cmd *c, const struct look *look)
{
	return c->argc == 0 || strcmp(c->argv[0], look->name) == 0;
}

/* The two links of a NIC are carried out at once, also if only one is named. */
static bool is_next(const struct overview *o, size_t i)
{
	return i == 0 || !port_id_equal(&o->look[i].id, &o->look[i - 1].id);
}

static int apply(struct cmd *c, const struct overview *o)
{
	bool found = c->argc == 0;
	int code = CMD_OK;

	for (size_t i = 0; i < o->n; i++) {
		const struct look *l = &o->look[i];

		if (!is_named(c, l))
			continue;
		found = true;
		output_guard_count(c, l);
		if (!overview_counts(l) && l->plan.n == 0)
			continue;
		if ((c->argc || is_next(o, i)) && apply_one(c, l))
			code = CMD_FAILED;
	}
	if (!found)
		return cmd_fail(CMD_FAILED, "port %s does not exist; see vifctl list",
				text_quote_str(c->argv[0]).text);
	if (!c->guards_unknown)
		return code;
	return cmd_fail(CMD_FAILED, "only root can query and change nftables; guards and rates of ports were left unchanged");
}

int cmd_apply(struct cmd *c)
{
	struct overview o;
	int r;

	if (c->argc > 1)
		return cmd_fail(CMD_USAGE, "apply takes at most one LINK; see vifctl help apply");
	r = overview_take(c, &o);
	if (r == 0)
		r = apply(c, &o);
	overview_free(&o);
	return r;
}

/* The daemon's file, which may be another than ours. */
static bool is_wrong(int pid, const struct presence *p, char error[REASON_SIZE])
{
	struct config *config;
	char path[PATH_MAX];

	daemon_config(pid, p->config, path);
	if (agent_load_config(strcmp(path, CONFIG_DEFAULT) == 0 ? NULL : path, &config, error) < 0)
		return true;
	config_free(config);
	return false;
}

int cmd_reload(struct cmd *c)
{
	char error[REASON_SIZE];
	struct presence p;
	int pid, r;

	if (c->argc)
		return cmd_fail(CMD_USAGE, "reload takes no arguments; see vifctl help reload");
	r = presence_ask(&p, &pid);
	if (r == -ENOENT)
		return cmd_fail(CMD_FAILED, "vifagentd is not running; run `systemctl start vifagentd`");
	if (r < 0)
		return cmd_fail(CMD_FAILED, "vifagentd does not answer (%s); not reloaded", strerror(-r));
	/* To kill() that would be our own process group. */
	if (pid <= 0)
		return cmd_fail(CMD_FAILED, "vifagentd runs in another pid namespace; send it SIGHUP from there");
	if (is_wrong(pid, &p, error))
		return cmd_fail(CMD_FAILED, "%s; not reloaded", error);
	if (kill(pid, SIGHUP) < 0)
		return cmd_fail(CMD_FAILED, "cannot tell vifagentd (pid %d) to read its configuration: %s",
				pid, strerror(errno));
	return CMD_OK;
}
