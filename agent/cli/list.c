/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list.c - vifctl list: all ports, one per line */
#include <string.h>

#include "agent/cli/cmd.h"

struct list {
	bool all;			/* also what is not ours */
	struct json_object *json;	/* NULL: print lines */
};

static void one(struct cmd *c, const struct look *look, void *arg)
{
	const struct list *list = arg;

	output_count(c, look);
	/* NICs of other hotplug scripts are not our ports. */
	if (look->verdict == NOT_OURS && !list->all)
		return;
	if (list->json)
		json_object_array_add(list->json, output_json(look));
	else
		output_line(look);
}

int cmd_list(struct cmd *c)
{
	struct list list = { 0 };
	int r;

	list.all = c->argc > 0 && (strcmp(c->argv[0], "--all") == 0 ||
				   strcmp(c->argv[0], "-a") == 0);
	if (c->argc > list.all)
		return cmd_fail(CMD_USAGE, "list: unknown argument %s; it takes --all",
				text_quote_str(c->argv[list.all]).text);
	if (c->json)
		list.json = json_object_new_array();
	r = cmd_each_look(c, one, &list);
	if (r == 0 && c->json)
		output_json_print(list.json);
	else
		json_object_put(list.json);
	output_daemon_note(c);
	return r;
}
