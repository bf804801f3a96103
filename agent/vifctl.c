/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vifctl.c - the table of verbs; a link to vifctl selects a verb by its name */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/options.h"
#include "agent/base/similar.h"
#include "agent/cli/screen.h"
#include "agent/cli/verbs.h"

static int verb_usage(const struct verb *v)
{
	(void)printf("vifctl %s%s%s\n        %s\n", v->name,
		     v->args[0] ? " " : "", v->args, v->help);
	return CMD_OK;
}

static int usage(void)
{
	(void)fputs("usage: vifctl [-c FILE] [-j] [--color WHEN] VERB ...\n"
		    "Manage the host links of VM NICs by hand.\n"
		    "  -c, --config FILE  read FILE instead of " SYSCONFDIR
		    "/vifagent/vifagent.conf\n"
		    "  -j, --json         print JSON\n"
		    "  --color WHEN       auto, always or never\n"
		    "  -V, --version      print the version\n"
		    "  -h, --help         print this help\n"
		    "vifctl help VERB prints the help of one verb. The verbs:\n",
		    stdout);
	for (size_t i = 0; i < verbs_n; i++)
		(void)verb_usage(&verbs[i]);
	return CMD_OK;
}

/* ---- unknown verbs ---------------------------------------------------- */

static const char *verb_name(size_t i)
{
	return verbs[i].name;
}

/* As ip(8), brctl(8), virsh(1) and xl(1) call it. */
static const char *other_word(const char *name)
{
	static const char *const words[][2] = {
		{ "add", "attach" }, { "addif", "attach" }, { "up", "attach" },
		{ "attach-interface", "attach" }, { "network-attach", "attach" },
		{ "delif", "detach" }, { "rm", "detach" },
		{ "down", "detach" }, { "remove", "detach" }, { "detach-interface", "detach" },
		{ "network-detach", "detach" }, { "ls", "list" }, { "ps", "list" },
		{ "network-list", "networks" }, { "info", "show" }, { "diagnose", "doctor" },
		{ "fix", "apply" }, { "sync", "apply" }, { "watch", "monitor" },
		{ "restart", "reload" }, { "completion", "complete" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(name, words[i][0]) == 0)
			return words[i][1];
	return NULL;
}

static int unknown_verb(const char *name)
{
	const char *word = other_word(name);
	const char *similar = word ? word : similar_word(name, verb_name, verbs_n);

	if (similar)
		return cmd_fail(CMD_USAGE, "unknown verb %s; did you mean %s? See vifctl --help",
				text_quote_str(name).text, similar);
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
		return verb_find(links[i].verb);
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

static int verb_help(const struct verb *v)
{
	(void)verb_usage(v);
	if (v->keys)
		(void)fputs(v->keys, stdout);
	return CMD_OK;
}

static int help(const struct cmd *c)
{
	const struct verb *v;

	if (c->argc == 0)
		return usage();
	v = verb_find(c->argv[0]);
	if (!v && config_is_network_key(c->argv[0], strlen(c->argv[0])))
		return cmd_fail(CMD_FAILED, "%s is a setting of networks, not a verb: see vifagent.conf(5)",
				c->argv[0]);
	if (!v)
		return unknown_verb(c->argv[0]);
	return verb_help(v);
}

static int run_verb(struct cmd *c, const char *name, const char *config_path)
{
	const struct verb *v = verb_find(name);

	if (strcmp(name, "help") == 0)
		return help(c);
	if (!v)
		return unknown_verb(name);
	if (c->argc > 0 && is_option(c->argv[0], "--help", "-h"))
		return verb_help(v);
	/* Many people put it at the end.  With run, the last argument belongs
	 * to the program. */
	if (v->run != cmd_run && v->run != cmd_complete && ends_with_json(c)) {
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
		{ "color", required_argument, NULL, 'C' },
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
		case 'C':
			if (screen_set_color(optarg) < 0)
				return cmd_fail(CMD_USAGE, "--color is auto, always or never");
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
