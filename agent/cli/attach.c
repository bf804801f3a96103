/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attach.c - vifctl attach and vifctl detach */
#include <errno.h>
#include <string.h>

#include "agent/cli/cmd.h"
#include "agent/cli/wait.h"
#include "agent/engine/settle.h"

/* How often to attach a link that another process of vifagent moves back. */
#define TRIES 4

const char *cmd_value(const char *arg, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(arg, key, len) != 0 || arg[len] != '=')
		return NULL;
	return arg + len + 1;
}

int cmd_set_wish(struct wish *w, const char *arg)
{
	static const struct {
		const char *name;
		enum wish_key key;
	} keys[] = {
		{ "name", WISH_NAME },
		{ "mtu", WISH_MTU },
		{ "mac", WISH_MAC },
		{ "mode", WISH_MODE },
		{ "up", WISH_UP },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = cmd_value(arg, keys[i].name);

		if (!value)
			continue;
		if (wish_set(w, keys[i].key, keys[i].name, value,
			     strlen(value)) < 0)
			return cmd_fail(CMD_FAILED, "%s", w->error);
		return 0;
	}
	return -ENOENT;
}

/* Prepare a look at a link: which port it belongs to, and its state. */
static void begin(struct cmd *c, const struct link *l, struct look *look)
{
	struct record old;

	*look = (struct look) { .id = door_owner(&c->agent, l) };
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

/* Query the kernel and xenstore again, now that the record is written. */
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

static int join_once(struct cmd *c, const struct link *l, const struct wish *w)
{
	struct look look;

	begin(c, l, &look);
	look.wish = *w;
	look.record = (struct record) { .by = BY_HAND, .wish = *w,
					.has_nic = look.id.is_nic,
					.nic = look.id.nic,
					.part = look.part };
	config_resolve(c->agent.config, &look.wish);
	settle(c->agent.host, &look, GOAL_JOIN, LOOK_ACT);
	if (look.verdict != IN_ORDER)
		return cmd_fail(CMD_FAILED, "%s: %s", l->name, look.reason);
	return complete(c, &look.id, look.state.link.name);
}

/* Does the link's record contain what was requested? */
static bool is_recorded(struct cmd *c, int ifindex, const struct wish *w)
{
	struct host *h = c->agent.host;
	struct record r;
	struct link l;

	return h->ops->link_by_index(h, ifindex, &l) < 0 ||
	       (record_parse(l.alias, &r) == 0 && r.by == BY_HAND &&
		strcmp(r.wish.network, w->network) == 0 &&
		memcmp(r.wish.mac, w->mac, sizeof(w->mac)) == 0 &&
		r.wish.mtu == w->mtu);
}

int cmd_join_by_hand(struct cmd *c, const struct link *l, const struct wish *w)
{
	/* The daemon may still have been applying the previous wish. */
	for (int i = 0; i < TRIES; i++) {
		int r = join_once(c, l, w);

		if (r != CMD_OK || is_recorded(c, l->ifindex, w))
			return r;
	}
	return cmd_fail(CMD_FAILED, "%s: another program keeps changing it; giving up",
			l->name);
}

int cmd_leave_by_hand(struct cmd *c, const struct link *l)
{
	struct look look;

	begin(c, l, &look);
	settle(c->agent.host, &look, GOAL_LEAVE, LOOK_ACT);
	if (look.verdict != NOT_OURS)
		return cmd_fail(CMD_FAILED, "%s: %s", l->name, look.reason);
	/* The wish of xenstore or of a udev rule applies again. */
	return complete(c, &look.id, l->name);
}

int cmd_attach(struct cmd *c)
{
	struct wish w = { .by = BY_HAND };
	struct link l;
	int r;

	if (c->argc < 2)
		return cmd_fail(CMD_USAGE, "attach takes LINK NETWORK [KEY=VALUE...]; see vifctl help attach");
	if (wish_set(&w, WISH_NETWORK, "network", c->argv[1],
		     strlen(c->argv[1])) < 0)
		return cmd_fail(CMD_FAILED, "%s: %s",
				text_quote_str(c->argv[0]).text, w.error);
	for (int i = 2; i < c->argc; i++) {
		if (strcmp(c->argv[i], "alias=replace") == 0) {
			w.replace_alias = true;
			continue;
		}
		r = cmd_set_wish(&w, c->argv[i]);
		if (r == -ENOENT)
			return cmd_fail(CMD_USAGE, "attach: unknown argument %s; it takes " ATTACH_KEYS,
					text_quote_str(c->argv[i]).text);
		if (r)
			return r;
	}
	r = cmd_find_link(c, c->argv[0], &l);
	if (r)
		return r;
	return cmd_join_by_hand(c, &l, &w);
}

int cmd_detach(struct cmd *c)
{
	struct record record;
	struct link l;
	int r;

	if (c->argc != 1)
		return cmd_fail(CMD_USAGE, "detach takes one LINK; see vifctl help detach");
	r = cmd_find_link(c, c->argv[0], &l);
	if (r)
		return r;
	if (record_parse(l.alias, &record) < 0)
		return cmd_fail(CMD_FAILED, "%s is not attached by vifagent; link left unchanged",
				l.name);
	if (record.made)
		return cmd_fail(CMD_FAILED, "%s was created by vifagent for network %s and cannot be detached; stop its guest, or delete it (vifctl delete %s)",
				l.name, record.wish.network, l.name);
	if (record.by != BY_HAND)
		return cmd_fail(CMD_FAILED, "%s is attached because %s requests it, not by hand; change the request there, or run `vifctl attach` with another network",
				l.name, source_name(record.by));
	return cmd_leave_by_hand(c, &l);
}
