/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd.h - what the verbs of vifctl share; each verb is a file of its own */
#ifndef VIFAGENT_CMD_H
#define VIFAGENT_CMD_H

#include <json-c/json.h>
#include <stdbool.h>

#include "agent/engine/door.h"

/* Exit codes. */
enum {
	CMD_OK = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
};

struct cmd {
	struct agent agent;
	bool json;
	const char *broken;	/* the configuration is, and why; or NULL */
	const char *suffix;	/* "br1", if called as vif-ifup.br1; or NULL */
	/* Go on as a program that reads udev's rules, if this one does not;
	 * returns only if that fails: an exit code. */
	int (*ask_rules)(struct cmd *c);
	int argc;		/* what follows the verb */
	char **argv;
};

int cmd_attach(struct cmd *c);
int cmd_detach(struct cmd *c);
int cmd_list(struct cmd *c);
int cmd_show(struct cmd *c);
int cmd_plan(struct cmd *c);
int cmd_monitor(struct cmd *c);
int cmd_xen_script(struct cmd *c);
int cmd_udev(struct cmd *c);
int cmd_create(struct cmd *c);
int cmd_delete(struct cmd *c);
int cmd_run(struct cmd *c);
int cmd_qemu_ifup(struct cmd *c);
int cmd_qemu_ifdown(struct cmd *c);
int cmd_helper_check(struct cmd *c);

/*
 * cmd_start() - run a verb, with all open that it needs
 * @config_path: NULL: the default one
 *
 * Returns its exit code.
 */
int cmd_start(struct cmd *c, int (*verb)(struct cmd *c),
	      const char *config_path);

/* One line on stderr, "vifctl: …". Returns @code, for "return cmd_fail(…)". */
__attribute__((format(printf, 2, 3)))
int cmd_fail(int code, const char *fmt, ...);

/*
 * cmd_find_link() - the link that an argument names
 *
 * Returns 0, or an exit code when it has said what is wrong.
 */
int cmd_find_link(struct cmd *c, const char *name, struct link *ret);

/*
 * cmd_find_nic() - the NIC of our own domain that XENBUS_PATH names
 *
 * Returns 0 or -EINVAL.
 */
int cmd_find_nic(struct cmd *c, const char *path, struct vif_id *ret);

/*
 * cmd_set_wish() - take one of the keys name, mtu, mac, mode and up into a wish
 * @arg:	"mtu=9000"
 *
 * Returns 0, -ENOENT if it is none of these keys, or an exit code when it has
 * said what is wrong with the value.
 */
int cmd_set_wish(struct wish *w, const char *arg);

/* What attach takes. */
#define ATTACH_KEYS "name, mac, mtu, mode, up=no and alias=replace"

/* The value in @arg if it is "key=value", or NULL. */
const char *cmd_value(const char *arg, const char *key);

/*
 * cmd_join_by_hand() - put a link on its network and keep it there
 * @w:		network, and what else was asked for
 *
 * Returns an exit code; it has said what is wrong.
 */
int cmd_join_by_hand(struct cmd *c, const struct link *l, const struct wish *w);

/* The same backwards: leave it as it was found. */
int cmd_leave_by_hand(struct cmd *c, const struct link *l);

/* ---- looks in print (cmd/output.c) ------------------------------------ */

/* A line in the manner of "ip -br". */
void output_line(const struct look *look);

/* All there is to say of a port. */
struct json_object *output_json(const struct look *look);

/* Print and free. */
void output_json_print(struct json_object *o);

/* Say so where there seems to be an xenstored, but not for us: then only links
 * tell of ports. */
void output_store_note(const struct cmd *c);

/* ---- all ports (cmd/all.c) -------------------------------------------- */

typedef void (*cmd_look_fn)(struct cmd *c, const struct look *look, void *arg);

/*
 * cmd_each_look() - look, without changing anything, at every port
 *
 * Each port once, NICs in the order of their numbers, then other links.
 * Returns 0 or an exit code.
 */
int cmd_each_look(struct cmd *c, cmd_look_fn fn, void *arg);

#endif
