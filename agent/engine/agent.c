/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent.c - what every door opens first, and closes last */
#include "agent/engine/agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/core/config-file.h"
#include "agent/core/helper.h"


static int load_file(struct config *c, const char *path, bool may_be_missing,
		     char error[REASON_SIZE])
{
	const struct quote name = text_quote_path(path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char reason[REASON_SIZE];
	char *text = NULL;
	size_t len = 0;
	int r;

	if (fd < 0 && errno == ENOENT && may_be_missing)
		return 0;
	r = fd < 0 ? -errno : file_read(fd, CONFIG_SIZE_MAX, &text, &len);
	if (fd >= 0)
		close(fd);
	if (r < 0) {
		text_reason(error, "configuration %s cannot be read: %s", name.text,
			    strerror(-r));
		return r;
	}
	r = config_add(c, text, len, reason);
	free(text);
	if (r < 0)
		text_reason(error, "configuration %s is refused: %.300s", name.text,
			    r == -ENOMEM ? "out of memory" : reason);
	return r;
}

/* Others begin with a dot, or are what an editor left. */
static int is_drop_in(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return e->d_name[0] != '.' && len > 5 &&
	       strcmp(e->d_name + len - 5, ".conf") == 0;
}

/* By name, whatever the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The files of a directory, which may be missing. */
static int load_directory(struct config *c, const char *dir,
			  char error[REASON_SIZE])
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_drop_in, by_name);
	int r = n < 0 && errno != ENOENT ? -errno : 0;

	if (r < 0)
		text_reason(error, "configuration %s cannot be read: %s",
			    text_quote_path(dir).text, strerror(-r));
	for (int i = 0; i < n; i++) {
		char *path = NULL;

		if (r == 0 && asprintf(&path, "%s/%s", dir, names[i]->d_name) < 0)
			r = -ENOMEM;
		if (r == 0)
			r = load_file(c, path, false, error);
		free(path);
		free(names[i]);
	}
	free(names);
	return r;
}

int agent_load_config(const char *path, struct config **ret,
		      char error[REASON_SIZE])
{
	const char *file = path ? path : CONFIG_DEFAULT;
	struct config *c = config_new();
	char *dir = NULL;
	int r = -ENOMEM;

	text_reason(error, "out of memory");
	if (c && asprintf(&dir, "%s.d", file) >= 0)
		/* Only the default file may be missing. */
		r = load_file(c, file, !path, error);
	if (r == 0)
		r = load_directory(c, dir, error);
	free(dir);
	if (r == 0)
		*ret = c;
	else
		config_free(c);
	return r;
}

int agent_open(struct agent *a, const char *config_path,
	       char error[REASON_SIZE])
{
	int r;

	*a = (struct agent) { 0 };
	r = host_open(&a->host);
	if (r < 0) {
		text_reason(error, "cannot open a netlink socket: %s", strerror(-r));
		return r;
	}
	/* Without them there are no such wishes; the rest works. */
	(void)udev_room_open(&a->udev);
	return agent_load_config(config_path, &a->config, error);
}

void agent_close(struct agent *a)
{
	a->workers = workers_free(a->workers);
	session_close(&a->session);
	a->udev = udev_room_close(a->udev);
	a->host = host_close(a->host);
	a->config = config_free(a->config);
}

bool agent_helper_refuses(const char *config_path, const char *bridge,
			  char reason[REASON_SIZE])
{
	char error[REASON_SIZE];
	struct config *c = NULL;
	bool refuses;

	if (agent_load_config(config_path, &c, error) < 0) {
		text_reason(reason, "cannot tell whether ports of bridge %s have a guard or a rate: %s",
			    bridge, error);
		return true;
	}
	refuses = helper_refuses(c, bridge, reason);
	config_free(c);
	return refuses;
}

/* Only dom0 may ask for domains. */
unsigned int agent_questions(const struct agent *a)
{
	unsigned int questions = 0;

	if (a->self == 0)
		questions |= NIC_ASK_DOMAIN;
	if (config_needs_addresses(a->config))
		questions |= NIC_ASK_ADDRESSES;
	return questions;
}
