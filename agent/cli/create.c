/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create.c - vifctl create and vifctl delete: taps that a program opens by name */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/taps.h"
#include "agent/core/mac.h"

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
			return cmd_wrong_key("create", c->argv[i], TAPS_KEYS);
		if (r)
			return r;
	}
	return 0;
}

/* Print what was created.  Returns an exit code. */
static int print(const struct cmd *c, const struct look *look)
{
	if (c->json)
		output_json_print(output_json(look));
	else
		(void)puts(look->name);
	if (fflush(stdout) != 0)
		return cmd_fail(CMD_FAILED, "cannot write to stdout: %s",
				strerror(errno));
	return CMD_OK;
}

/* A MAC that is not requested may have been drawn. */
static bool is_same_guard(const struct wish *a, const struct wish *b)
{
	struct guard known = a->guard;

	if (b->guard.n_macs == 0)
		known.n_macs = 0;
	return guard_equal(&known, &b->guard);
}

static bool is_same_request(const struct wish *a, const struct wish *b)
{
	return strcmp(a->network, b->network) == 0 && a->mtu == b->mtu &&
	       a->mode == b->mode && a->stays_down == b->stays_down &&
	       strcmp(a->vlan, b->vlan) == 0 && is_same_guard(a, b) &&
	       (mac_is_zero(b->mac) || mac_equal(a->mac, b->mac));
}

/* Has create made a link of that name?  (What run has left is removed in taps_make().) */
static bool exists_already(struct cmd *c, const struct tap_spec *s,
			   struct link *ret, struct record *ret_record)
{
	struct host *h = c->agent.host;

	return s->wish.name[0] &&
	       h->ops->link_by_name(h, s->wish.name, ret) == 0 &&
	       record_parse(ret->alias, ret_record) == 0 && ret_record->made &&
	       !ret_record->process.pid;
}

static int say_another_exists(const struct link *l)
{
	return cmd_fail(CMD_FAILED, "%s has been created already, with other settings (vifctl show %s); delete it first (vifctl delete %s), or choose another name",
			l->name, l->name, l->name);
}

static int confirm(struct cmd *c, const struct link *l)
{
	const struct request q = { .id.ifindex = l->ifindex,
				   .flags = LOOK_ACT };
	struct look looks[LOOKS];
	int r = door_look(&c->agent, &q, NULL, looks);

	if (r < 0)
		return cmd_fail(CMD_FAILED, "%s: %s", l->name, strerror(-r));
	if (looks[0].verdict != IN_ORDER)
		return cmd_fail(CMD_FAILED, "%s: %s", l->name,
				looks[0].reason);
	return print(c, &looks[0]);
}

static int make(struct cmd *c, const struct tap_spec *s)
{
	struct look look;
	struct tap tap;
	int r = taps_make(c, s, NULL, true, &tap, &look);

	if (r)
		return r;
	r = taps_give(s, &tap);
	/* If its name cannot be printed the caller cannot use it. */
	if (r == CMD_OK)
		r = print(c, &look);
	if (r)
		taps_drop(c, &tap);
	else
		tap_close(&tap);
	return r;
}

int cmd_create(struct cmd *c)
{
	struct record record;
	struct tap_spec s;
	struct link l;
	int r;

	taps_spec_init(&s);
	r = parse(c, &s);
	if (r)
		return r;
	if (!exists_already(c, &s, &l, &record))
		return make(c, &s);
	/* What is there already is only put in order. */
	if (is_same_request(&record.wish, &s.wish))
		return confirm(c, &l);
	return say_another_exists(&l);
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
	r = cmd_link_to_leave(c, c->argv[0], &l);
	if (r == -ENODEV)
		return CMD_OK;
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
