/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udev.c - vifctl udev: a udev rule runs this on a host without the daemon
 *
 * The event is in the environment, as udevd puts it there: SUBSYSTEM, ACTION,
 * IFINDEX, XENBUS_PATH.  It only tells which port to check.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cli/cmd.h"
#include "agent/cli/wait.h"

static const char *env(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		return "";
	return value;
}

/* Check each link of the port.  udevd writes our messages to the journal. */
static int look(struct cmd *c, const struct port_id *id, const char *name,
		unsigned int flags)
{
	struct look looks[LOOKS];
	int n = look_twice(c, id, flags, looks);
	int code = CMD_OK;

	if (n < 0 && n != -ENODEV)
		return cmd_fail(CMD_FAILED, "%s: check failed: %s", name,
				strerror(-n));
	for (int i = 0; i < n; i++)
		if (looks[i].verdict != IN_ORDER &&
		    looks[i].verdict != NOT_OURS)
			code = cmd_fail(CMD_FAILED, "%s: %s", looks[i].name,
					looks[i].reason);
	return code;
}

static int on_link(struct cmd *c)
{
	struct host *h = c->agent.host;
	unsigned long ifindex;
	struct port_id id;
	struct link l;

	if (text_number(env("IFINDEX"), INT32_MAX, &ifindex) < 0)
		return cmd_fail(CMD_USAGE, "IFINDEX=%s is not a number; this verb is for udev rules",
				text_quote_str(env("IFINDEX")).text);
	if (h->ops->link_by_index(h, (int)ifindex, &l) < 0)
		return CMD_OK;
	id = door_owner(&c->agent, &l);
	return look(c, &id, l.name, LOOK_ACT | LOOK_SEARCH);
}

static int on_nic(struct cmd *c)
{
	struct port_id id = { .is_nic = true };
	unsigned int flags = LOOK_ACT | LOOK_SEARCH;
	char name[VIF_NAMESIZE + 24];

	if (strcmp(env("ACTION"), "offline") == 0 ||
	    strcmp(env("ACTION"), "remove") == 0)
		flags |= LOOK_LEAVE;

	if (cmd_find_nic(c, env("XENBUS_PATH"), &id.nic) < 0)
		return cmd_fail(CMD_USAGE, "XENBUS_PATH=%s is not the path of a vif backend; this verb is for udev rules",
				text_quote_str(env("XENBUS_PATH")).text);
	(void)snprintf(name, sizeof(name), "vif%u.%u", id.nic.domid,
		       id.nic.devid);
	return look(c, &id, name, flags);
}

int cmd_udev(struct cmd *c)
{
	if (c->argc > 0)
		return cmd_fail(CMD_USAGE, "udev takes no arguments, but got %s; the event is in the environment",
				text_quote_str(c->argv[0]).text);
	if (strcmp(env("SUBSYSTEM"), "net") == 0)
		return on_link(c);
	if (strcmp(env("SUBSYSTEM"), "xen-backend") == 0)
		return on_nic(c);
	return cmd_fail(CMD_USAGE, "SUBSYSTEM=%s is not net or xen-backend; this verb is for udev rules",
			text_quote_str(env("SUBSYSTEM")).text);
}
