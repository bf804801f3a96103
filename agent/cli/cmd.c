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

int cmd_fail(int code, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "vifctl: %s\n", text);
	return code;
}

int cmd_find_link(struct cmd *c, const char *name, struct link *ret)
{
	int r = c->agent.host->ops->link_by_name(c->agent.host, name, ret);

	if (r == -ENODEV)
		return cmd_fail(CMD_FAILED, "there is no link %s",
				text_quote_str(name).text);
	if (r < 0)
		return cmd_fail(CMD_FAILED, "link %s: %s",
				text_quote_str(name).text, strerror(-r));
	return 0;
}

int cmd_find_nic(struct cmd *c, const char *path, struct vif_id *ret)
{
	int32_t backend;

	if (vif_path_parse(path, ret, &backend, NULL) < 0)
		return -EINVAL;
	/* A relative path is about our own domain. */
	if (backend < 0 || (!door_store(&c->agent) &&
			    c->agent.store_error == -ETIMEDOUT))
		return 0;
	return (uint32_t)backend == c->agent.self ? 0 : -EINVAL;
}

/* Who calls with fds 0-2 closed must not find our sockets there. */
static void occupy_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int cmd_start(struct cmd *c, int (*verb)(struct cmd *c), const char *config_path)
{
	char error[REASON_SIZE];
	int code;

	occupy_standard_fds();
	(void)signal(SIGPIPE, SIG_IGN);
	log_open(false);
	if (agent_open(&c->agent, config_path, error) < 0) {
		/* libxl is to hear of it, too, if it asks. */
		c->broken = error;
		code = verb == cmd_xen_script && c->agent.host ?
			verb(c) : cmd_fail(CMD_FAILED, "%s", error);
		agent_close(&c->agent);
		return code;
	}
	code = verb(c);
	agent_close(&c->agent);
	if (fflush(stdout) != 0)
		return cmd_fail(CMD_FAILED, "writing failed");
	return code;
}
