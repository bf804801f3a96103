/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attach.c - vifctl attach and vifctl detach: ports by hand */
#include <errno.h>
#include <string.h>

#include "agent/cmd/cmd.h"
#include "agent/cmd/wait.h"

/* "mtu=9000" into the wish; returns 0 or an exit code */
static int take_key(struct wish *w, const char *arg)
{
	const char *value = strchr(arg, '=');
	size_t len = value ? (size_t)(value - arg) : 0;

	if (value)
		value++;
	if (len == 4 && strncmp(arg, "name", len) == 0)
		(void)wish_set(w, WISH_NAME, "name", value, strlen(value));
	else if (len == 3 && strncmp(arg, "mtu", len) == 0)
		(void)wish_set(w, WISH_MTU, "mtu", value, strlen(value));
	else if (strcmp(arg, "alias=replace") == 0)
		w->replace_alias = true;
	else
		return cmd_fail(CMD_USAGE, "attach does not know %s; it takes name=NAME, mtu=BYTES and alias=replace",
				text_quote_str(arg).text);
	if (w->error[0])
		return cmd_fail(CMD_FAILED, "%s", w->error);
	return 0;
}

/* Start a look at a link for its port. */
static void begin(struct cmd *c, const struct link *l, struct look *look)
{
	struct record old;

	*look = (struct look) { .id = port_of_link(&c->agent, l) };
	look->state.link = *l;
	memcpy(look->name, l->name, sizeof(look->name));
	if (record_parse(l->alias, &old) == 0 && old.has_nic) {
		look->part = old.part;
	} else if (look->id.is_nic) {
		struct vif_id id;
		enum vif_kind kind = VIF_NETBACK;

		(void)vif_name_parse(l->name, &id, &kind);
		look->part = kind == VIF_NETBACK ? PART_VIF : PART_EMU;
	}
}

/* The kernel and xenstore are asked again, now with the record in place. */
static int complete(struct cmd *c, const struct port_id *id, const char *name)
{
	struct look looks[LOOKS];
	int n = look_twice(c, id, LOOK_ACT | LOOK_SEARCH, looks);

	for (int i = 0; i < n; i++)
		if (looks[i].verdict != IN_ORDER &&
		    looks[i].verdict != NOT_OURS)
			return cmd_fail(CMD_FAILED, "%s: %s", looks[i].name,
					looks[i].reason);
	if (n < 0 && n != -ENODEV)
		return cmd_fail(CMD_FAILED, "%s: %s", name, strerror(-n));
	return CMD_OK;
}

int cmd_attach(struct cmd *c)
{
	struct wish w = { .by = BY_HAND };
	struct look look;
	struct link l;
	int r;

	if (c->argc < 2)
		return cmd_fail(CMD_USAGE, "attach takes LINK NETWORK [KEY=VALUE...]");
	if (wish_set(&w, WISH_NETWORK, "network", c->argv[1],
		     strlen(c->argv[1])) < 0)
		return cmd_fail(CMD_FAILED, "%s: %s",
				text_quote_str(c->argv[0]).text, w.error);
	for (int i = 2; i < c->argc; i++) {
		r = take_key(&w, c->argv[i]);
		if (r)
			return r;
	}
	r = cmd_find_link(c, c->argv[0], &l);
	if (r)
		return r;
	begin(c, &l, &look);
	look.wish = w;
	look.record = (struct record) { .by = BY_HAND, .wish = w,
					.has_nic = look.id.is_nic,
					.nic = look.id.nic,
					.part = look.part };
	config_resolve(c->agent.config, &look.wish);
	settle(&c->agent, &look, false, false, LOOK_ACT);
	if (look.verdict != IN_ORDER)
		return cmd_fail(CMD_FAILED, "%s: %s", l.name, look.reason);
	return complete(c, &look.id, look.state.link.name);
}

int cmd_detach(struct cmd *c)
{
	struct record record;
	struct look look;
	struct link l;
	int r;

	if (c->argc != 1)
		return cmd_fail(CMD_USAGE, "detach takes one LINK");
	r = cmd_find_link(c, c->argv[0], &l);
	if (r)
		return r;
	if (record_parse(l.alias, &record) < 0)
		return cmd_fail(CMD_FAILED, "%s is not attached by vifagent, so it is left alone",
				l.name);
	if (record.by != BY_HAND)
		return cmd_fail(CMD_FAILED, "%s is on its bridge because %s asks for it, not by hand; change it there, or attach it elsewhere by hand",
				l.name, source_name(record.by));
	begin(c, &l, &look);
	settle(&c->agent, &look, true, false, LOOK_ACT);
	if (look.verdict != NOT_OURS)
		return cmd_fail(CMD_FAILED, "%s: %s", l.name, look.reason);
	/* What xenstore or a rule wishes holds again. */
	return complete(c, &look.id, l.name);
}
