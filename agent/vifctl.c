/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vifctl.c - the agent by hand: a table of verbs */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cli/taps.h"

static const struct verb {
	const char *name;
	int (*run)(struct cmd *c);
	const char *args;
	const char *help;
} verbs[] = {
	{ "attach", cmd_attach, "LINK NETWORK [KEY=VALUE...]",
	  "put a link on a network and keep it there; keys: " ATTACH_KEYS },
	{ "detach", cmd_detach, "LINK",
	  "end that, and leave the link as it was found" },
	{ "create", cmd_create, "NETWORK [NAME] [KEY=VALUE...]",
	  "make a tap that stays, for who opens it by name; keys: " TAPS_KEYS },
	{ "delete", cmd_delete, "LINK [force]", "delete a tap made so" },
	{ "run", cmd_run, "[--nic NETWORK[,KEY=VALUE...]]... -- PROGRAM [ARGUMENT...]",
	  "become a program, QEMU for one, that is given its taps; keys: model, " TAPS_KEYS },
	{ "list", cmd_list, "", "all ports, a line each" },
	{ "show", cmd_show, "LINK|DOMID.DEVID",
	  "one port: what is wished, what is there, what is in the way" },
	{ "plan", cmd_plan, "[LINK|DOMID.DEVID]",
	  "what would be done now; changes nothing" },
	{ "monitor", cmd_monitor, "", "ports as they change" },
	{ "helper-check", cmd_helper_check, "USER BRIDGE [FILE]",
	  "may this user's QEMU have a tap on this bridge? what the bridge helper's ACL says" },
	{ "xen-script", cmd_xen_script, "online|offline|add|remove [type_if=vif|tap]",
	  "what libxl runs for a vif, also by the name " NIC_SCRIPT },
	{ "qemu-ifup", cmd_qemu_ifup, "LINK",
	  "what QEMU runs as script=, also by the name vif-ifup[.NETWORK]" },
	{ "qemu-ifdown", cmd_qemu_ifdown, "LINK",
	  "what QEMU runs as downscript=, also by the name vif-ifdown" },
	{ "udev", cmd_udev, "", "what a udev rule runs on a host without the daemon" },
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void verb_usage(FILE *f, const struct verb *v)
{
	(void)fprintf(f, "vifctl %s%s%s\n        %s\n", v->name,
		      v->args[0] ? " " : "", v->args, v->help);
}

static void usage(FILE *f)
{
	(void)fputs("usage: vifctl [-c FILE] [-j] VERB ...\n"
		    "See to the host links of VM NICs by hand.\n"
		    "  -c, --config FILE  instead of " SYSCONFDIR
		    "/vifagent/vifagent.conf\n"
		    "  -j, --json         print JSON\n"
		    "  -V, --version      print the version\n"
		    "  -h, --help         print this\n", f);
	for (size_t i = 0; i < N_VERBS; i++)
		verb_usage(f, &verbs[i]);
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* The verb that a program calls by a link to vifctl, or NULL. */
static const struct verb *verb_of_name(const char *path, const char **suffix)
{
	static const struct {
		const char *name;
		const char *verb;
	} names[] = {
		{ NIC_SCRIPT, "xen-script" },
		{ "vif-ifup", "qemu-ifup" },
		{ "qemu-ifup", "qemu-ifup" },
		{ "vif-ifdown", "qemu-ifdown" },
		{ "qemu-ifdown", "qemu-ifdown" },
	};
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t len = strcspn(name, ".");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i].name) != len ||
		    strncmp(names[i].name, name, len) != 0)
			continue;
		*suffix = name[len] ? name + len + 1 : NULL;
		return find_verb(names[i].verb);
	}
	return NULL;
}

static bool asks_for_help(const struct cmd *c)
{
	return c->argc > 0 && (strcmp(c->argv[0], "--help") == 0 ||
			       strcmp(c->argv[0], "-h") == 0);
}

/* What "vifctl VERB", or a link to vifctl, is to do. */
static int start(struct cmd *c, const struct verb *v, const char *config_path)
{
	if (asks_for_help(c)) {
		verb_usage(stdout, v);
		return CMD_OK;
	}
	return cmd_start(c, v->run, config_path);
}

static bool ends_with_json(const struct cmd *c)
{
	const char *last = c->argc > 0 ? c->argv[c->argc - 1] : "";

	return strcmp(last, "--json") == 0 || strcmp(last, "-j") == 0;
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
	const char *config_path = NULL;
	const struct verb *v;
	struct cmd c = { 0 };
	int o;

	v = argc > 0 ? verb_of_name(argv[0], &c.suffix) : NULL;
	if (v) {
		c.argc = argc - 1;
		c.argv = argv + 1;
		return start(&c, v, getenv("VIFAGENT_CONF"));
	}
	while ((o = getopt_long(argc, argv, "+c:jVh", options, NULL)) != -1) {
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
			usage(stdout);
			return CMD_OK;
		default:
			usage(stderr);
			return CMD_USAGE;
		}
	}
	if (optind >= argc) {
		usage(stderr);
		return CMD_USAGE;
	}
	if (strcmp(argv[optind], "help") == 0) {
		usage(stdout);
		return CMD_OK;
	}
	v = find_verb(argv[optind]);
	if (!v)
		return cmd_fail(CMD_USAGE, "there is no verb %s; vifctl --help lists them",
				text_quote_str(argv[optind]).text);
	c.argc = argc - optind - 1;
	c.argv = argv + optind + 1;
	/* Also taken where people put it: at the end, unless that is another
	 * program's. */
	if (v->run != cmd_run && ends_with_json(&c)) {
		c.json = true;
		c.argc--;
	}
	return start(&c, v, config_path);
}
