/* SPDX-License-Identifier: GPL-2.0-or-later */
/* complete.c - vifctl complete: what may follow on a command line */
#include <stdio.h>
#include <string.h>

#include "agent/cli/taps.h"
#include "agent/cli/verbs.h"

/* The words are those behind "vifctl", the last one as far as it is typed. The shell drops
 * what does not begin like it. */

static const char *const link_keys[] = {
	"name=", "mac=", "ip=", "mtu=", "vlan=", "mode=", "up=no", "force=yes", "alias=replace",
	NULL,
};

static const char *const tap_keys[] = {
	"mac=", "ip=", "mtu=", "vlan=", "mode=", "up=no", "queues=", "owner=", "group=",
	"vnet-hdr=off", NULL,
};

static void print_words(const char *const words[])
{
	for (size_t i = 0; words[i]; i++)
		puts(words[i]);
}

/* No name that a shell would take apart. */
static int print_link(const struct link *l, void *arg)
{
	(void)arg;
	if (!l->loopback && vif_name_check(l->name) >= 0)
		puts(l->name);
	return 0;
}

static int print_bridge(const struct link *l, void *arg)
{
	return link_is(l, LINK_BRIDGE) ? print_link(l, arg) : 0;
}

static void print_links(struct cmd *c, host_link_fn fn)
{
	struct host *h = c->agent.host;

	(void)h->ops->links(h, fn, c);
}

static void print_configured(struct cmd *c)
{
	const struct config *config = c->agent.config;

	for (size_t i = 0; i < config->n_networks; i++)
		puts(config->networks[i].name);
}

static void print_networks(struct cmd *c)
{
	print_configured(c);
	print_links(c, print_bridge);
}

/* "LINK", or "LINK|BRIDGE|NETWORK" */
static void print_ports(struct cmd *c, const char *argument)
{
	print_links(c, print_link);
	if (strstr(argument, "NETWORK"))
		print_configured(c);
}

static void print_verbs(void)
{
	static const char *const options[] = {
		"--config", "--json", "--color", "--help", "--version", "help", NULL,
	};

	for (size_t i = 0; i < verbs_n; i++)
		puts(verbs[i].name);
	print_words(options);
}

/* The argument of that number in a verb's "LINK NETWORK [KEY=VALUE...]"; the last one if it
 * has dots, "" if the verb takes fewer. */
static void find_argument(const char *args, int number, char *buf, size_t size)
{
	size_t len = 0;

	for (int i = 0; *args; i++) {
		len = strcspn(args, " ");
		if (i == number || (memmem(args, len, "...", 3) && !strchr(args + len, ' ')))
			break;
		args += len + strspn(args + len, " ");
		len = 0;
	}
	(void)snprintf(buf, size, "%.*s", (int)len, args);
}

/* Of a verb: --json may be its last word, and list has more. */
static void print_options(const struct verb *v)
{
	print_words((const char *const[]){ "--json", "--help", NULL });
	if (v->run == cmd_list)
		print_words((const char *const[]){ "--all", "--tree", NULL });
}

static void print_argument(struct cmd *c, const struct verb *v, int number)
{
	char argument[64];

	find_argument(v->args, number, argument, sizeof(argument));
	if (strstr(argument, "KEY=VALUE"))
		print_words(v->run == cmd_attach ? link_keys : tap_keys);
	else if (strstr(argument, "LINK"))
		print_ports(c, argument);
	else if (strstr(argument, "NETWORK"))
		print_networks(c);
	else if (strstr(argument, "BRIDGE"))
		print_links(c, print_bridge);
	else if (strstr(argument, "--all"))
		print_words((const char *const[]){ "--all", "--tree", NULL });
	else if (strstr(argument, "force"))
		puts("force");
	else if (strstr(argument, "online"))
		print_words((const char *const[]){ "online", "offline", "add", "remove", NULL });
}

/* "--nic NETWORK[,KEY=VALUE...]" may come again and again. */
static void print_run(struct cmd *c, const char *before)
{
	if (strcmp(before, "--nic") == 0)
		print_networks(c);
	else
		print_words((const char *const[]){ "--nic", "--", NULL });
}

/* Options of vifctl itself, before the verb; returns how many words they are. */
static int skip_options(int argc, char **argv)
{
	int i = 0;

	while (i < argc && argv[i][0] == '-')
		i += strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "--config") == 0 ||
		     strcmp(argv[i], "--color") == 0 ? 2 : 1;
	return i;
}

int cmd_complete(struct cmd *c)
{
	int verb = skip_options(c->argc, c->argv);
	const struct verb *v;

	if (verb >= c->argc - 1) {
		print_verbs();
		return CMD_OK;
	}
	v = verb_find(c->argv[verb]);
	if (strcmp(c->argv[verb], "help") == 0)
		print_verbs();
	else if (v && v->run == cmd_run)
		print_run(c, c->argv[c->argc - 2]);
	else if (v && c->argv[c->argc - 1][0] == '-')
		print_options(v);
	else if (v)
		print_argument(c, v, c->argc - verb - 2);
	return CMD_OK;
}
