/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd.c - what the verbs share */
#include "agent/cli/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/log.h"

static const char *program = "vifctl";

void cmd_set_program(const char *name)
{
	program = name;
}

const char *cmd_program(void)
{
	return program;
}

int cmd_fail(int code, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "%s: %s\n", program, text);
	return code;
}

static int find_link(struct cmd *c, const char *name, struct link *ret)
{
	struct host *h = c->agent.host;

	return h->ops->link_by_any_name(h, name, ret);
}

#define RENAMED_SIZE (VIF_NAMESIZE + 20)

struct renamed {
	const char *was;
	char is[VIF_NAMESIZE];
	size_t n;		/* how many ports were called so */
};

static int compare_former(const struct link *l, void *arg)
{
	struct renamed *n = arg;
	struct record r;

	if (record_owner(l->alias, &r) != OWNER_US ||
	    (strcmp(r.was.name, n->was) != 0 && strcmp(r.wish.name, n->was) != 0))
		return 0;
	memcpy(n->is, l->name, sizeof(n->is));
	n->n++;
	return 0;
}

/* " (it is now called web0)", if that is certain. */
static void find_renamed(struct cmd *c, const char *name, char buf[RENAMED_SIZE])
{
	struct renamed renamed = { .was = name };
	struct host *h = c->agent.host;

	buf[0] = '\0';
	if (name[0])
		(void)h->ops->links(h, compare_former, &renamed);
	if (renamed.n == 1)
		(void)snprintf(buf, RENAMED_SIZE, " (it is now called %s)", renamed.is);
}

int cmd_missing_link(struct cmd *c, const char *name, const char *more)
{
	const struct quote quoted = text_quote_str(name);
	char renamed[RENAMED_SIZE];

	if (name[0] == '-')
		return cmd_fail(CMD_USAGE, "unknown option %s; name one LINK (vifctl list names them)",
				quoted.text);
	find_renamed(c, name, renamed);
	return cmd_fail(CMD_FAILED, "link %s does not exist%s%s", quoted.text, renamed, more);
}

/* Returns an exit code. */
static int say_no_link(struct cmd *c, const char *name, int r)
{
	if (r == -ENODEV)
		return cmd_missing_link(c, name, "");
	return cmd_fail(CMD_FAILED, "link %s: %s", text_quote_str(name).text, strerror(-r));
}

int cmd_find_link(struct cmd *c, const char *name, struct link *ret)
{
	int r = find_link(c, name, ret);

	return r < 0 ? say_no_link(c, name, r) : 0;
}

int cmd_link_to_leave(struct cmd *c, const char *name, struct link *ret)
{
	char renamed[RENAMED_SIZE];
	int r = find_link(c, name, ret);

	if (r == 0)
		return 0;
	if (r != -ENODEV || name[0] == '-')
		return say_no_link(c, name, r);
	find_renamed(c, name, renamed);
	(void)cmd_fail(CMD_OK, "note: link %s does not exist%s; nothing to do",
		       text_quote_str(name).text, renamed);
	return r;
}

int cmd_only_link(struct cmd *c, const char *usage, struct link *ret)
{
	if (c->argc != 1)
		return cmd_fail(CMD_USAGE, "%s", usage);
	return cmd_find_link(c, c->argv[0], ret);
}

int cmd_find_nic(struct cmd *c, const char *path, struct vif_id *ret)
{
	int32_t backend;

	if (vif_path_parse(path, ret, &backend, NULL) < 0)
		return -EINVAL;
	/* A relative path belongs to our own domain. */
	if (backend < 0 || (!door_store(&c->agent) &&
			    c->agent.store_error == -ETIMEDOUT))
		return 0;
	if ((uint32_t)backend != c->agent.self)
		return -EINVAL;
	return 0;
}

bool cmd_answer(int argc, char **argv, const char *args, const char *help)
{
	const char *option = argc == 1 ? argv[0] : "";

	if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0) {
		(void)printf("usage: %s %s\n%s\n", program, args, help);
		return true;
	}
	if (strcmp(option, "--version") == 0 || strcmp(option, "-V") == 0) {
		(void)printf("%s " PACKAGE_VERSION "\n", program);
		return true;
	}
	return false;
}

/* If the caller has closed fds 0-2, our sockets must not get these numbers. */
static void occupy_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int go_on_without(struct cmd *c, const char *error)
{
	c->agent.config = config_new();
	if (!c->agent.config)
		return cmd_fail(CMD_FAILED, "out of memory");
	return cmd_fail(CMD_OK, "note: %s; going on without it", error);
}

/* Returns 0, or an exit code after an error message. */
static int open_agent(struct cmd *c, const char *config_path,
		      char error[REASON_SIZE])
{
	int r = agent_open(&c->agent, config_path, error);

	c->config_path = config_path;
	if (r == 0)
		return 0;
	c->broken = error;
	if (c->agent.host && c->config_use == CONFIG_REPORTED)
		return 0;
	/* If the file cannot be read, its name is probably wrong: fail. */
	if (c->agent.host && c->config_use == CONFIG_USEFUL && r == -EINVAL)
		return go_on_without(c, error);
	return cmd_fail(CMD_FAILED, "%s", error);
}

int cmd_start(struct cmd *c, int (*verb)(struct cmd *c), const char *config_path)
{
	char error[REASON_SIZE];
	int code;

	occupy_standard_fds();
	(void)signal(SIGPIPE, SIG_IGN);
	log_open(false);
	code = open_agent(c, config_path, error);
	if (code == CMD_OK)
		code = verb(c);
	agent_close(&c->agent);
	if (fflush(stdout) != 0)
		return cmd_fail(CMD_FAILED, "cannot write to stdout: %s", strerror(errno));
	return code;
}
