/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen-script.c - vif-agent and vifctl xen-script: the hotplug script that
 * libxl runs
 *
 * libxl__hotplug_nic() and get_hotplug_env(), tools/libs/light/libxl_linux.c:
 *	vif-agent online|offline type_if=vif	for netback's link
 *	vif-agent add|remove type_if=tap	for QEMU's tap
 * with XENBUS_PATH (relative to the backend domain), vif, and for taps
 * INTERFACE, in the environment.  libxl only waits for the exit code; if
 * that is not 0, libxl shows hotplug-error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cli/cmd.h"
#include "agent/cli/wait.h"

static const struct action {
	const char *name;
	enum part part;
	bool leave;
} actions[] = {
	{ "online", PART_VIF, false },
	{ "offline", PART_VIF, true },
	{ "add", PART_EMU, false },
	{ "remove", PART_EMU, true },
};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

/* Report an error in hotplug-error, for libxl, and on stderr, which xl shows. */
static int fail(struct cmd *c, const struct port_id *id, enum part part,
		int code, const char *text)
{
	struct agent *a = &c->agent;
	struct nic nic;

	/* netback waits for hotplug-status of the vif only. */
	if (door_keys(a, id->nic, LOOK_SCRIPT, &nic) == 0 && nic.exists) {
		struct tell t = { .status = part == PART_VIF ? "error" : NULL,
				  .rewrite = true, .error_too = true };

		(void)text_copy(t.error, sizeof(t.error), text);
		(void)door_tell(a, id->nic, &nic, &t);
	}
	return cmd_fail(code, "%s", text);
}

/* Find the NIC that the environment names. */
static int find_nic(struct cmd *c, struct port_id *ret)
{
	const char *path = getenv("XENBUS_PATH");
	const char *name = getenv("INTERFACE");
	enum vif_kind kind;

	*ret = (struct port_id) { .is_nic = true };
	if (path && cmd_find_nic(c, path, &ret->nic) == 0)
		return 0;
	if (path)
		return cmd_fail(CMD_USAGE, "XENBUS_PATH=%s is not the path of a vif backend of this domain; libxl sets backend/vif/DOMID/DEVID",
				text_quote_str(path).text);
	if (name && vif_name_parse(name, &ret->nic, &kind) == 0)
		return 0;
	return cmd_fail(CMD_USAGE, "XENBUS_PATH is not set; libxl sets it when it runs this script");
}

/* Each action is for one link: libxl runs the script again for the other. */
static unsigned int only(const struct action *action)
{
	return action->part == PART_VIF ? LOOK_VIF_ONLY : LOOK_EMU_ONLY;
}

static bool names_no_network(const struct look *look)
{
	return look->verdict == REFUSED && !look->wish.network[0] &&
	       !look->wish.error[0];
}

/* Why there was nothing to look at: xenstore is asked once more. */
static const char *why_nothing(struct cmd *c, const struct port_id *id,
			       enum part part)
{
	struct nic nic;

	if (door_keys(&c->agent, id->nic, LOOK_SCRIPT, &nic) < 0)
		return "lost connection to xenstored";
	if (!nic.exists)
		return "this NIC is not in xenstore; if it was, it has been detached meanwhile";
	if (!nic.has_domain)
		return "the domain of this NIC does not exist, or not any more";
	if (nic_is_dead(&nic) || !nic.online)
		return "this NIC is being detached";
	if (part == PART_EMU)
		return "its tap does not exist; QEMU has not created it";
	return "its link does not exist yet; netback has not created it";
}

static void say_why(struct cmd *c, const struct port_id *id, enum part part,
		    int error, const struct look *look, char text[REASON_SIZE])
{
	char name[VIF_NAMESIZE + 24];
	const char *why = look->reason;

	(void)snprintf(name, sizeof(name), "vif%u.%u%s", id->nic.domid,
		       id->nic.devid, part == PART_EMU ? "-emu" : "");
	if (error == 0 && look->name[0])
		(void)text_copy(name, sizeof(name), look->name);
	if (error == -ENOTCONN)
		why = "lost connection to xenstored";
	else if (error < 0)
		why = strerror(-error);
	else if (!why[0])
		why = why_nothing(c, id, part);
	text_reason(text, "%s: %s", name, why);
}

static int join(struct cmd *c, const struct port_id *id,
		const struct action *action)
{
	char text[REASON_SIZE];
	struct look look;
	int r;

	r = wait_for_port(c, id, action->part,
			  LOOK_ACT | LOOK_SCRIPT | LOOK_SEARCH | only(action),
			  c->agent.config->script_wait, &look);
	if (r < 0 && c->agent.store != STORE_THERE && r != -ENOTCONN)
		return cmd_fail(CMD_FAILED, "vif%" PRIu32 ".%" PRIu32 ": xenstored does not answer at %s; check that it is running",
				id->nic.domid, id->nic.devid, store_socket_path());
	if (r == 0 && look_is_done(&look))
		return CMD_OK;
	if (r == 0 && c->ask_rules && names_no_network(&look))
		return c->ask_rules(c);
	say_why(c, id, action->part, r, &look, text);
	return fail(c, id, action->part, CMD_FAILED, text);
}

/* A link that has already disappeared is fine.  Nothing is written to the xenstore
 * directory of a NIC that is being removed. */
static int leave(struct cmd *c, const struct port_id *id,
		 const struct action *action)
{
	const struct request q = {
		.id = *id,
		.flags = LOOK_ACT | LOOK_LEAVE | LOOK_SEARCH | only(action),
	};
	struct look looks[LOOKS];
	int n = door_look(&c->agent, &q, NULL, looks);

	if (n < 0)
		return cmd_fail(CMD_FAILED, "vif%u.%u: %s", id->nic.domid,
				id->nic.devid, strerror(-n));
	for (int i = 0; i < n; i++)
		if (looks[i].verdict == FAILED)
			return cmd_fail(CMD_FAILED, "%s: %s", looks[i].name,
					looks[i].reason);
	return CMD_OK;
}

/* The message when xenstored has not answered in time.  It must exist before:
 * a signal handler writes it. */
static char last_words[96];

/* libxl kills a script silently after 40 s (LIBXL_HOTPLUG_TIMEOUT). */
#define SCRIPT_MS_MAX 38000

static void limit_time(struct cmd *c)
{
	const struct config *config = c->agent.config;
	unsigned int ms = STORE_SILENCE_MS;

	(void)snprintf(last_words, sizeof(last_words),
		       "%s: xenstored does not answer\n", cmd_program());
	if (config)
		ms += config->script_wait * 1000 + config->toolstack_delay;
	if (ms > SCRIPT_MS_MAX)
		ms = SCRIPT_MS_MAX;
	door_direct(&c->agent, ms, last_words);
}

/* @wrong is an unknown argument, or NULL if the action is missing. */
static void print_usage_error(char text[REASON_SIZE], const char *wrong)
{
	static const char usage[] =
		"takes online, offline, add or remove, and type_if=vif or type_if=tap";

	if (wrong)
		text_reason(text, "unknown argument %s; the script %s",
			    text_quote_str(wrong).text, usage);
	else
		text_reason(text, "the action is missing; the script %s", usage);
}

int cmd_xen_script(struct cmd *c)
{
	const struct action *action = NULL;
	const char *type = NULL, *wrong = NULL;
	char text[REASON_SIZE];
	struct port_id id;
	int r;

	for (int i = 0; i < c->argc; i++) {
		const char *arg = c->argv[i];

		if (strncmp(arg, "type_if=", 8) == 0 &&
		    (strcmp(arg + 8, "vif") == 0 || strcmp(arg + 8, "tap") == 0))
			type = arg + 8;
		else if (!action && find_action(arg))
			action = find_action(arg);
		else
			wrong = arg;
	}
	limit_time(c);
	r = find_nic(c, &id);
	if (r)
		return r;
	(void)snprintf(last_words, sizeof(last_words),
		       "%s: vif%u.%u: xenstored does not answer\n",
		       cmd_program(), id.nic.domid, id.nic.devid);
	if (wrong || !action) {
		print_usage_error(text, wrong);
		return fail(c, &id, PART_VIF, CMD_USAGE, text);
	}
	if (c->broken && !action->leave)
		return fail(c, &id, action->part, CMD_FAILED, c->broken);
	/* As in Xen's scripts: an action of the other type does nothing. */
	if (type && (strcmp(type, "tap") == 0) != (action->part == PART_EMU))
		return CMD_OK;
	if (action->leave)
		return leave(c, &id, action);
	return join(c, &id, action);
}
