/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create.c - vifctl create and vifctl delete: taps that a program opens by name */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/taps.h"

static int parse(struct cmd *c, struct tap_spec *s)
{
	bool has_name = false;
	int i = 1, r;

	if (c->argc < 1)
		return cmd_fail(CMD_USAGE, "create takes NETWORK [NAME] [KEY=VALUE...]; see vifctl help create");
	if (wish_set(&s->wish, WISH_NETWORK, "network", c->argv[0],
		     strlen(c->argv[0])) < 0)
		return cmd_fail(CMD_FAILED, "%s", s->wish.error);
	if (c->argc > 1 && !strchr(c->argv[1], '=')) {
		i++;
		has_name = true;
		if (wish_set(&s->wish, WISH_NAME, "name", c->argv[1],
			     strlen(c->argv[1])) < 0)
			return cmd_fail(CMD_FAILED, "%s", s->wish.error);
	}
	for (; i < c->argc; i++) {
		if (has_name && cmd_value(c->argv[i], "name"))
			return cmd_fail(CMD_USAGE, "create: two names: %s and %s",
					c->argv[1],
					text_quote_str(c->argv[i]).text);
		r = taps_set(s, c->argv[i]);
		if (r == -ENOENT)
			return cmd_fail(CMD_USAGE, "create: unknown argument %s; it takes " TAPS_KEYS,
					text_quote_str(c->argv[i]).text);
		if (r)
			return r;
	}
	return 0;
}

int cmd_create(struct cmd *c)
{
	struct tap_spec s;
	struct look look;
	struct tap tap;
	int r;

	taps_spec_init(&s);
	r = parse(c, &s);
	if (r == 0)
		r = taps_make(c, &s, NULL, true, &tap, &look);
	if (r)
		return r;
	r = taps_give(&s, &tap);
	if (r) {
		taps_drop(c, &tap);
		return r;
	}
	tap_close(&tap);
	if (c->json)
		output_json_print(output_json(&look));
	else
		(void)puts(tap.name);
	return CMD_OK;
}

/* A tap has carrier while a program has it open.  For a macvtap the kernel does
 * not tell; only the process that it was made for is known. */
static bool is_in_use(struct cmd *c, const struct link *l,
		      const struct record *r)
{
	struct host *h = c->agent.host;

	if (!link_is(l, LINK_MACVTAP))
		return l->carrier;
	return r->process.pid && h->ops->process_lives(h, &r->process);
}

int cmd_delete(struct cmd *c)
{
	struct record record;
	struct link l;
	int r;

	if (c->argc < 1 || c->argc > 2 ||
	    (c->argc == 2 && strcmp(c->argv[1], "force") != 0))
		return cmd_fail(CMD_USAGE, "delete takes LINK [force]; see vifctl help delete");
	r = cmd_find_link(c, c->argv[0], &l);
	if (r)
		return r;
	if (record_parse(l.alias, &record) < 0 || !record.made)
		return cmd_fail(CMD_FAILED, "%s was not created by vifagent; link left unchanged",
				l.name);
	if (c->argc < 2 && is_in_use(c, &l, &record))
		return cmd_fail(CMD_FAILED, "%s is in use: a program has it open; stop the program, or run `vifctl delete %s force`",
				l.name, l.name);
	return cmd_leave_by_hand(c, &l);
}
