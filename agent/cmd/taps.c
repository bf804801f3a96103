/* SPDX-License-Identifier: GPL-2.0-or-later */
/* taps.c - taps that we make: what they are to be, and the making */
#include "agent/cmd/taps.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

void taps_spec_init(struct tap_spec *s)
{
	*s = (struct tap_spec) {
		.wish = { .by = BY_HAND },
		.options = { .queues = 1, .vnet_hdr = true },
		.owner = (uid_t)-1,
		.group = (gid_t)-1,
	};
}

/* ---- the keys --------------------------------------------------------- */

static int set_owner(struct tap_spec *s, const char *value)
{
	const struct passwd *pw = getpwnam(value);
	unsigned long n;

	if (pw)
		s->owner = pw->pw_uid;
	else if (text_number(value, (uid_t)-2, &n) == 0)
		s->owner = (uid_t)n;
	else
		return cmd_fail(CMD_FAILED, "owner=%s: there is no such user",
				text_quote_str(value).text);
	return 0;
}

static int set_group(struct tap_spec *s, const char *value)
{
	const struct group *gr = getgrnam(value);
	unsigned long n;

	if (gr)
		s->group = gr->gr_gid;
	else if (text_number(value, (gid_t)-2, &n) == 0)
		s->group = (gid_t)n;
	else
		return cmd_fail(CMD_FAILED, "group=%s: there is no such group",
				text_quote_str(value).text);
	return 0;
}

static int set_queues(struct tap_spec *s, const char *value)
{
	unsigned long n;

	if (text_number(value, TAP_QUEUES_MAX, &n) < 0 || n < 1)
		return cmd_fail(CMD_FAILED, "queues=%s is no number of queues from 1 to %d",
				text_quote_str(value).text, TAP_QUEUES_MAX);
	s->options.queues = (unsigned int)n;
	return 0;
}

static int set_vnet_hdr(struct tap_spec *s, const char *value)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return cmd_fail(CMD_FAILED, "vnet-hdr=%s is neither on nor off",
				text_quote_str(value).text);
	s->options.vnet_hdr = strcmp(value, "on") == 0;
	return 0;
}

int taps_set(struct tap_spec *s, const char *arg)
{
	static const struct {
		const char *name;
		int (*set)(struct tap_spec *s, const char *value);
	} keys[] = {
		{ "owner", set_owner },
		{ "group", set_group },
		{ "queues", set_queues },
		{ "vnet-hdr", set_vnet_hdr },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = cmd_value(arg, keys[i].name);

		if (value)
			return keys[i].set(s, value);
	}
	return cmd_set_wish(&s->wish, arg);
}

/* ---- the making ------------------------------------------------------- */

static int say_not_made(int r)
{
	switch (r) {
	case -ENOENT:
	case -ENODEV:
		return cmd_fail(CMD_FAILED, "no tap can be made: there is no /dev/net/tun; load the module (modprobe tun)");
	case -EPERM:
		return cmd_fail(CMD_FAILED, "no tap can be made: that takes root, or CAP_NET_ADMIN");
	default:
		return cmd_fail(CMD_FAILED, "no tap can be made: %s",
				strerror(-r));
	}
}

int taps_make(struct cmd *c, const struct tap_spec *s,
	      const struct process *process, struct tap *ret,
	      struct look *look)
{
	struct wish w = s->wish;
	struct tap tap;
	int r;

	*look = (struct look) { .wish = w };
	config_resolve(c->agent.config, &look->wish);
	if (look->wish.error[0])
		return cmd_fail(CMD_FAILED, "%s", look->wish.error);
	r = tap_create(&s->options, &tap);
	if (r < 0)
		return say_not_made(r);
	if (!w.name[0])
		tap_own_name(&tap, w.name);
	memcpy(look->wish.name, w.name, sizeof(look->wish.name));
	memcpy(look->name, tap.name, sizeof(look->name));
	look->id.ifindex = look->state.link.ifindex = tap.ifindex;
	look->record = (struct record) { .by = BY_HAND, .wish = w,
					 .made = true };
	if (process)
		look->record.process = *process;
	settle(&c->agent, look, false, false, LOOK_ACT);
	if (look->verdict != IN_ORDER) {
		tap_close(&tap);
		return cmd_fail(CMD_FAILED, "%s: %s", w.name, look->reason);
	}
	memcpy(tap.name, look->state.link.name, sizeof(tap.name));
	memcpy(look->name, tap.name, sizeof(look->name));
	*ret = tap;
	return 0;
}
