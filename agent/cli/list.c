/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list.c - vifctl list: all ports, one per line */
#include "agent/cli/cmd.h"

static void one(struct cmd *c, const struct look *look, void *arg)
{
	/* NICs of other hotplug scripts are not our ports. */
	if (look->verdict == NOT_OURS)
		return;
	if (c->json)
		json_object_array_add(arg, output_json(look));
	else
		output_line(look);
}

int cmd_list(struct cmd *c)
{
	struct json_object *all = NULL;
	int r;

	if (c->argc > 0)
		return cmd_fail(CMD_USAGE, "list takes no arguments, but got %s",
				text_quote_str(c->argv[0]).text);
	if (c->json)
		all = json_object_new_array();
	r = cmd_each_look(c, one, all);
	if (r == 0 && c->json)
		output_json_print(all);
	else
		json_object_put(all);
	return r;
}
