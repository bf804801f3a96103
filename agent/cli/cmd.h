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

/* What a verb does if the configuration is broken. */
enum config_use {
	CONFIG_NEEDED,		/* it fails */
	CONFIG_USEFUL,		/* it goes on without one, with a note */
	CONFIG_REPORTED,	/* it reports cmd.broken itself; there is no
				 * agent.config then */
};

struct cmd {
	struct agent agent;
	bool json;
	const char *config_path;	/* of -c; NULL: the default file */
	const char *broken;	/* the error in the configuration; or NULL */
	enum config_use config_use;
	bool guards_unknown;	/* a port was shown whose guard only root may see */
	bool not_in_order;	/* a port was shown that the daemon would change */
	const char *suffix;	/* "br1", if called as vif-ifup.br1; or NULL */
	/* Execute a program that reads udev's rules, if this one does not.
	 * Returns only if that fails, with an exit code. */
	int (*ask_rules)(struct cmd *c);
	int argc;		/* the arguments after the verb */
	char **argv;
};

int cmd_attach(struct cmd *c);
int cmd_detach(struct cmd *c);
int cmd_list(struct cmd *c);
int cmd_show(struct cmd *c);
int cmd_plan(struct cmd *c);
int cmd_monitor(struct cmd *c);
int cmd_check(struct cmd *c);
int cmd_status(struct cmd *c);
int cmd_doctor(struct cmd *c);
int cmd_networks(struct cmd *c);
int cmd_apply(struct cmd *c);
int cmd_reload(struct cmd *c);
int cmd_graph(struct cmd *c);
int cmd_metrics(struct cmd *c);
int cmd_complete(struct cmd *c);
int cmd_xen_script(struct cmd *c);
int cmd_udev(struct cmd *c);
int cmd_create(struct cmd *c);
int cmd_delete(struct cmd *c);
int cmd_run(struct cmd *c);
int cmd_qemu_ifup(struct cmd *c);
int cmd_qemu_ifdown(struct cmd *c);
int cmd_helper_check(struct cmd *c);

/*
 * cmd_start() - open what a verb needs, and run it
 * @config_path: the configuration file; NULL: the default
 *
 * Returns its exit code.
 */
int cmd_start(struct cmd *c, int (*verb)(struct cmd *c),
	      const char *config_path);

/* The name that this program was called by, for messages: "vif-ifup".  The
 * string must stay valid; the default is "vifctl". */
void cmd_set_program(const char *name);
const char *cmd_program(void);

/*
 * cmd_answer() - print the help or the version if that is all the user wants
 * @args:	what the program takes
 * @help:	one line
 *
 * Returns whether the only argument was --help, -h, --version or -V.
 */
bool cmd_answer(int argc, char **argv, const char *args, const char *help);

/* Print one line to stderr, "vifctl: …". Returns @code, for
 * "return cmd_fail(…)". */
__attribute__((format(printf, 2, 3)))
int cmd_fail(int code, const char *fmt, ...);

/* The key of a list like "name, mac, ip and mtu" that @word, @len long, names in capital or small
 * letters; or NULL. */
const char *cmd_find_key(const char *word, size_t len, const char *keys);

/*
 * cmd_wrong_key() - an argument that is not understood
 * @what:	who takes it: "attach"
 * @keys:	what it takes instead: "name, mac and mtu"
 *
 * Says what may have been meant.  Returns an exit code.
 */
int cmd_wrong_key(const char *what, const char *arg, const char *keys);

/*
 * cmd_missing_link() - say that no link has this name
 * @more:	what else to say of it: ", and …"; or ""
 *
 * It may be an option, or the former name of a port.  Returns an exit code.
 */
int cmd_missing_link(struct cmd *c, const char *name, const char *more);

/*
 * cmd_find_link() - find the link that an argument names
 *
 * Returns 0, or an exit code after an error message.
 */
int cmd_find_link(struct cmd *c, const char *name, struct link *ret);

/*
 * cmd_link_to_leave() - the same for a verb that has nothing to do without it
 *
 * Returns -ENODEV after a note if the link does not exist.
 */
int cmd_link_to_leave(struct cmd *c, const char *name, struct link *ret);

/*
 * cmd_only_link() - the link that a verb's one argument names
 * @usage:	the error if there are no or more arguments
 *
 * Returns 0, or an exit code after an error message.
 */
int cmd_only_link(struct cmd *c, const char *usage, struct link *ret);

/*
 * cmd_find_nic() - find the NIC of our own domain that XENBUS_PATH names
 *
 * Returns 0 or -EINVAL.
 */
int cmd_find_nic(struct cmd *c, const char *path, struct vif_id *ret);

/*
 * cmd_set_wish() - set one of the keys name, mtu, mac, mode, up, vlan and ip of a wish
 * @arg:	"mtu=9000"
 *
 * Returns 0, -ENOENT if it is another key, or an exit code after an error
 * message.
 */
int cmd_set_wish(struct wish *w, const char *arg);

/* The keys of attach, for messages. */
#define ATTACH_KEYS "name, mac, ip, mtu, vlan, mode, up=no, force=yes and alias=replace"

/* The value in @arg if it is "key=value", or NULL. */
const char *cmd_value(const char *arg, const char *key);

/*
 * cmd_join_by_hand() - attach a link to its network and keep it there
 * @w:		the network, and what else was requested
 *
 * Returns an exit code, after an error message if it is not CMD_OK.
 */
int cmd_join_by_hand(struct cmd *c, const struct link *l, const struct wish *w);

/* Undo that and restore the link.  Returns an exit code, too. */
int cmd_leave_by_hand(struct cmd *c, const struct link *l);

/* ---- looks in print (output.c) ------------------------------------ */

/* Of a port in order what is wrong all the same: "no carrier, bridge down", or "". */
void output_marks(const struct look *look, char *buf, size_t size);

/* Print one line, like "ip -br". */
void output_line(const struct look *look);

/* How many of its frames guard and rate have dropped.  Returns false if it has neither, or if
 * they cannot be asked. */
bool output_drops(const struct cmd *c, const struct look *look, uint64_t ret[GUARD_REASONS]);

/* All that is known of a port. */
struct json_object *output_json(const struct look *look);

/* Print and free. */
void output_json_print(struct json_object *o);

/* This port is shown; if the daemon would change it, … */
void output_count(struct cmd *c, const struct look *look);

/* … and no daemon runs, print a note. */
void output_daemon_note(const struct cmd *c);

/* The same about guards, which only root may ask for. */
void output_guard_count(struct cmd *c, const struct look *look);
void output_guard_note(const struct cmd *c);

/* Print a note if xenstored seems to run but cannot be reached: then ports are
 * found by their links only. */
void output_store_note(const struct cmd *c);

/* ---- all ports (all.c) -------------------------------------------- */

typedef void (*cmd_look_fn)(struct cmd *c, const struct look *look, void *arg);

/*
 * cmd_each_look() - check every port, without changing anything
 *
 * Each port comes once: NICs by domid and devid, then other links.
 * Returns 0 or an exit code.
 */
int cmd_each_look(struct cmd *c, cmd_look_fn fn, void *arg);

#endif
