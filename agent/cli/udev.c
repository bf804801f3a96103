/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udev.c - vifctl udev: a udev rule runs this on a host without the daemon
 *
 * The event is in the environment, as udevd puts it there: SUBSYSTEM, ACTION,
 * IFINDEX, XENBUS_PATH.  It only tells which port to check.  udevd writes our
 * messages to the journal.
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

static int on_link(struct cmd *c)
{
	struct host *h = c->agent.host;
	unsigned long ifindex;
	struct request q = { .flags = LOOK_ACT | LOOK_SEARCH };
	struct link l;

	if (text_number(env("IFINDEX"), INT32_MAX, &ifindex) < 0)
		return cmd_fail(CMD_USAGE, "IFINDEX=%s is not a number; this verb is for udev rules",
				text_quote_str(env("IFINDEX")).text);
	if (h->ops->link_by_index(h, (int)ifindex, &l) < 0)
		return CMD_OK;
	q.id = door_owner(&c->agent, &l);
	return look_or_fail(c, &q, l.name);
}

static int on_nic(struct cmd *c)
{
	struct request q = { .id.is_nic = true,
			     .flags = LOOK_ACT | LOOK_SEARCH };
	struct vif_id *nic = &q.id.nic;
	char name[VIF_NAMESIZE + 24];

	if (strcmp(env("ACTION"), "offline") == 0 ||
	    strcmp(env("ACTION"), "remove") == 0)
		q.flags |= LOOK_LEAVE;
	if (cmd_find_nic(c, env("XENBUS_PATH"), nic) < 0)
		return cmd_fail(CMD_USAGE, "XENBUS_PATH=%s is not the path of a vif backend; this verb is for udev rules",
				text_quote_str(env("XENBUS_PATH")).text);
	(void)snprintf(name, sizeof(name), "vif%u.%u", nic->domid,
		       nic->devid);
	return look_or_fail(c, &q, name);
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
