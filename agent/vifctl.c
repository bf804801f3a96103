/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vifctl.c - the table of verbs; a link to vifctl selects a verb by its name */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/options.h"
#include "agent/cli/taps.h"

static const struct verb {
	const char *name;
	int (*run)(struct cmd *c);
	const char *args;
	const char *help;
	enum config_use config_use;
} verbs[] = {
	{ "attach", cmd_attach, "LINK NETWORK [KEY=VALUE...]",
	  "attach a link to a network and keep it there; keys: " ATTACH_KEYS,
	  CONFIG_NEEDED },
	{ "detach", cmd_detach, "LINK",
	  "undo attach and restore the link", CONFIG_USEFUL },
	{ "create", cmd_create, "NETWORK [NAME] [KEY=VALUE...]",
	  "create a persistent tap, for a program that opens it by name; keys: " TAPS_KEYS,
	  CONFIG_NEEDED },
	{ "delete", cmd_delete, "LINK [force]",
	  "delete a tap that create or run has created", CONFIG_USEFUL },
	{ "run", cmd_run, "[--nic NETWORK[,KEY=VALUE...]]... -- PROGRAM [ARGUMENT...]",
	  "create taps and start a program (e.g. QEMU) with them; keys: model, " TAPS_KEYS,
	  CONFIG_NEEDED },
	{ "list", cmd_list, "[--all]",
	  "list all ports, one per line; --all: also NICs of other scripts", CONFIG_USEFUL },
	{ "show", cmd_show, "LINK|DOMID.DEVID",
	  "show one port: its wish, its state, and what is wrong", CONFIG_USEFUL },
	{ "plan", cmd_plan, "[LINK|DOMID.DEVID]",
	  "show what vifagent would do now; changes nothing", CONFIG_USEFUL },
	{ "monitor", cmd_monitor, "", "print ports as they change", CONFIG_USEFUL },
	{ "check", cmd_check, "[FILE]",
	  "say whether the configuration, or FILE as one, is right",
	  CONFIG_REPORTED },
	{ "helper-check", cmd_helper_check, "USER BRIDGE [FILE]",
	  "check whether the bridge helper's ACL lets a user's QEMU use a bridge",
	  CONFIG_USEFUL },
	{ "xen-script", cmd_xen_script, "online|offline|add|remove [type_if=vif|tap]",
	  "the hotplug script that libxl runs for a vif, also called " NIC_SCRIPT,
	  CONFIG_REPORTED },
	{ "qemu-ifup", cmd_qemu_ifup, "LINK",
	  "attach a tap; QEMU runs this as script=, also called vif-ifup[.NETWORK]",
	  CONFIG_NEEDED },
	{ "qemu-ifdown", cmd_qemu_ifdown, "LINK",
	  "detach a tap; QEMU runs this as downscript=, also called vif-ifdown",
	  CONFIG_USEFUL },
	{ "udev", cmd_udev, "", "handle a udev event, on a host without the daemon",
	  CONFIG_NEEDED },
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static int verb_usage(const struct verb *v)
{
	(void)printf("vifctl %s%s%s\n        %s\n", v->name,
		     v->args[0] ? " " : "", v->args, v->help);
	return CMD_OK;
}

static int usage(void)
{
	(void)fputs("usage: vifctl [-c FILE] [-j] VERB ...\n"
		    "Manage the host links of VM NICs by hand.\n"
		    "  -c, --config FILE  read FILE instead of " SYSCONFDIR
		    "/vifagent/vifagent.conf\n"
		    "  -j, --json         print JSON\n"
		    "  -V, --version      print the version\n"
		    "  -h, --help         print this help\n"
		    "vifctl help VERB prints the help of one verb. The verbs:\n",
		    stdout);
	for (size_t i = 0; i < N_VERBS; i++)
		(void)verb_usage(&verbs[i]);
	return CMD_OK;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* ---- unknown verbs ---------------------------------------------------- */

#define WORD_MAX 16

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must be added, removed, replaced or swapped with the next
 * one to make @b of @a; both are shorter than WORD_MAX. */
static size_t distance(const char *a, const char *b)
{
	size_t d[WORD_MAX][WORD_MAX];
	size_t a_len = strlen(a), b_len = strlen(b);

	for (size_t i = 0; i <= a_len; i++) {
		for (size_t j = 0; j <= b_len; j++) {
			d[i][j] = i + j;
			if (i == 0 || j == 0)
				continue;
			d[i][j] = min(d[i - 1][j], d[i][j - 1]) + 1;
			d[i][j] = min(d[i][j], d[i - 1][j - 1] +
					       (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[a_len][b_len];
}

/* The verb that the user may have meant: at most every third letter is wrong,
 * or the end is missing.  NULL if there is none. */
static const struct verb *similar_verb(const char *name)
{
	size_t len = strlen(name), nearest = len / 3 + 1;
	const struct verb *found = NULL;

	if (len < 2 || len >= WORD_MAX)
		return NULL;
	for (size_t i = 0; i < N_VERBS; i++) {
		size_t d = distance(name, verbs[i].name);

		if (strncmp(verbs[i].name, name, len) == 0)
			d = 0;
		if (d < nearest || (d == nearest && !found)) {
			nearest = d;
			found = &verbs[i];
		}
	}
	return found;
}

static int unknown_verb(const char *name)
{
	const struct verb *similar = similar_verb(name);

	if (similar)
		return cmd_fail(CMD_USAGE, "unknown verb %s; did you mean %s? See vifctl --help",
				text_quote_str(name).text, similar->name);
	return cmd_fail(CMD_USAGE, "unknown verb %s; see vifctl --help",
			text_quote_str(name).text);
}

/* ---- links to vifctl -------------------------------------------------- */

/* The verb that a link to vifctl stands for, or NULL.  Messages begin with the
 * link's name then. */
static const struct verb *verb_of_link(const char *path, const char **suffix)
{
	static const struct {
		const char *name;
		const char *verb;
	} links[] = {
		{ NIC_SCRIPT, "xen-script" },
		{ "vif-ifup", "qemu-ifup" },
		{ "qemu-ifup", "qemu-ifup" },
		{ "vif-ifdown", "qemu-ifdown" },
		{ "qemu-ifdown", "qemu-ifdown" },
	};
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t len = strcspn(name, ".");

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (strlen(links[i].name) != len ||
		    strncmp(links[i].name, name, len) != 0)
			continue;
		*suffix = name[len] ? name + len + 1 : NULL;
		cmd_set_program(links[i].name);
		return find_verb(links[i].verb);
	}
	return NULL;
}

static int run_link(struct cmd *c, const struct verb *v)
{
	if (cmd_answer(c->argc, c->argv, v->args, v->help))
		return CMD_OK;
	c->config_use = v->config_use;
	return cmd_start(c, v->run, getenv("VIFAGENT_CONF"));
}

/* ---- vifctl VERB ------------------------------------------------------ */

static bool is_option(const char *arg, const char *name, const char *letter)
{
	return strcmp(arg, name) == 0 || strcmp(arg, letter) == 0;
}

static bool ends_with_json(const struct cmd *c)
{
	return c->argc > 0 && is_option(c->argv[c->argc - 1], "--json", "-j");
}

static int help(const struct cmd *c)
{
	const struct verb *v;

	if (c->argc == 0)
		return usage();
	v = find_verb(c->argv[0]);
	if (!v)
		return unknown_verb(c->argv[0]);
	return verb_usage(v);
}

static int run_verb(struct cmd *c, const char *name, const char *config_path)
{
	const struct verb *v = find_verb(name);

	if (strcmp(name, "help") == 0)
		return help(c);
	if (!v)
		return unknown_verb(name);
	if (c->argc > 0 && is_option(c->argv[0], "--help", "-h"))
		return verb_usage(v);
	/* Many people put it at the end.  With run, the last argument belongs
	 * to the program. */
	if (v->run != cmd_run && ends_with_json(c)) {
		c->json = true;
		c->argc--;
	}
	c->config_use = v->config_use;
	return cmd_start(c, v->run, config_path);
}

static int wrong_option(int o, const char *arg)
{
	char error[REASON_SIZE];

	options_error(error, "vifctl", o, arg);
	return cmd_fail(CMD_USAGE, "%s", error);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct cmd c = { .argc = argc - 1, .argv = argv + 1 };
	const char *config_path = NULL;
	const struct verb *v;
	int o;

	if (argc < 1)
		return CMD_USAGE;
	v = verb_of_link(argv[0], &c.suffix);
	if (v)
		return run_link(&c, v);
	opterr = 0;
	while ((o = getopt_long(argc, argv, "+:c:jVh", options, NULL)) != -1) {
		switch (o) {
		case 'c':
			config_path = optarg;
			break;
		case 'j':
			c.json = true;
			break;
		case 'V':
			puts("vifctl " PACKAGE_VERSION);
			return CMD_OK;
		case 'h':
			return usage();
		default:
			return wrong_option(o, argv[optind - 1]);
		}
	}
	if (optind >= argc)
		return cmd_fail(CMD_USAGE, "a verb is missing; see vifctl --help");
	c.argc = argc - optind - 1;
	c.argv = argv + optind + 1;
	return run_verb(&c, argv[optind], config_path);
}
