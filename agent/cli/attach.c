/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attach.c - vifctl attach and vifctl detach */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "agent/cli/cmd.h"
#include "agent/cli/wait.h"

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
		{ "vlan", WISH_VLAN },
		{ "ip", WISH_IP },
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

static int ask_by_hand(struct cmd *c, const struct link *l,
		       const struct by_hand *hand)
{
	const struct request q = { .id = door_owner(&c->agent, l),
				   .flags = LOOK_ACT | LOOK_SEARCH,
				   .hand = hand };

	return look_or_fail(c, &q, l->name);
}

int cmd_join_by_hand(struct cmd *c, const struct link *l, const struct wish *w)
{
	const struct by_hand hand = { .ifindex = l->ifindex,
				      .record = { .by = BY_HAND, .wish = *w } };

	return ask_by_hand(c, l, &hand);
}

/* The wish of xenstore or of a udev rule applies again. */
int cmd_leave_by_hand(struct cmd *c, const struct link *l)
{
	const struct by_hand hand = { .ifindex = l->ifindex, .leave = true };

	return ask_by_hand(c, l, &hand);
}

const char *cmd_find_key(const char *word, size_t len, const char *keys)
{
	for (const char *k = keys; *k; k += strspn(k, " =,")) {
		size_t n = strcspn(k, " =,");

		if (n == len && strncasecmp(k, word, len) == 0 &&
		    (k == keys || k[-1] == ' ') && strncmp(k, "and", n) != 0)
			return k;
		k += n;
	}
	return NULL;
}

int cmd_wrong_key(const char *what, const char *arg, const char *keys)
{
	const struct quote quoted = text_quote_str(arg);
	const char *word = arg + strspn(arg, "-");
	size_t len = strcspn(word, "=");
	const char *listed = cmd_find_key(word, len, keys);

	if (listed)
		return cmd_fail(CMD_USAGE, "%s: %s is not understood; write %.*s=VALUE, with = and without blanks",
				what, quoted.text, (int)len, listed);
	if (config_is_network_key(word, len))
		return cmd_fail(CMD_USAGE, "%s: %s is a setting of networks: set it in [network NAME] of vifagent.conf(5), and use that network",
				what, quoted.text);
	return cmd_fail(CMD_USAGE, "%s: unknown argument %s; it takes %s", what,
			quoted.text, keys);
}

/* "vifctl attach br0 tap0" */
static bool are_swapped(struct cmd *c, const char *link, const char *network)
{
	struct host *h = c->agent.host;
	struct link first, second;

	return h->ops->link_by_any_name(h, link, &first) == 0 && link_is(&first, LINK_BRIDGE) &&
	       h->ops->link_by_any_name(h, network, &second) == 0 &&
	       !link_is(&second, LINK_BRIDGE);
}

int cmd_attach(struct cmd *c)
{
	struct wish w = { .by = BY_HAND };
	struct link l;
	int r;

	if (c->argc < 2)
		return cmd_fail(CMD_USAGE, "attach takes LINK NETWORK [KEY=VALUE...]; see vifctl help attach");
	if (are_swapped(c, c->argv[0], c->argv[1]))
		return cmd_fail(CMD_USAGE, "attach takes the link first and then the network: vifctl attach %s %s",
				c->argv[1], c->argv[0]);
	if (cmd_value(c->argv[1], "bridge") || cmd_value(c->argv[1], "network"))
		return cmd_fail(CMD_USAGE, "attach takes the network's name alone: vifctl attach %s NETWORK",
				text_quote_str(c->argv[0]).text);
	if (wish_set(&w, WISH_NETWORK, "network", c->argv[1],
		     strlen(c->argv[1])) < 0)
		return cmd_fail(CMD_FAILED, "%s: %s",
				text_quote_str(c->argv[0]).text, w.error);
	for (int i = 2; i < c->argc; i++) {
		if (strcmp(c->argv[i], "alias=replace") == 0) {
			w.replace_alias = true;
			continue;
		}
		if (strcmp(c->argv[i], "force=yes") == 0) {
			w.force = true;
			continue;
		}
		r = cmd_set_wish(&w, c->argv[i]);
		if (r == -ENOENT)
			return cmd_wrong_key("attach", c->argv[i], ATTACH_KEYS);
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
	r = cmd_link_to_leave(c, c->argv[0], &l);
	if (r == -ENODEV)
		return CMD_OK;
	if (r)
		return r;
	/* Perhaps it was, and has been detached already. */
	r = record_parse(l.alias, &record);
	if (r == -ENOENT)
		return cmd_fail(CMD_OK, "note: %s is not attached by vifagent; nothing to do",
				l.name);
	if (r < 0)
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
