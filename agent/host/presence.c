/* SPDX-License-Identifier: GPL-2.0-or-later */
/* presence.c - does vifagentd run in this network namespace? */
#include "agent/host/presence.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/base/text.h"
#include "agent/host/fd.h"

#define NAME "vifagentd"
#define CALLERS 64	/* may wait, while it is busy */

/* The first byte of the name is NUL, and none ends it. */
static socklen_t address(struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un) { .sun_family = AF_UNIX };
	memcpy(ret->sun_path + 1, NAME, strlen(NAME));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   strlen(NAME));
}

static int open_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

int presence_show(void)
{
	struct sockaddr_un a;
	socklen_t len = address(&a);
	int fd = open_socket();
	int r;

	if (fd < 0)
		return fd;
	if (bind(fd, (const struct sockaddr *)&a, len) == 0 &&
	    listen(fd, CALLERS) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

/* Root's, or our own user's. */
static bool is_trusted(int fd, struct ucred *ret)
{
	socklen_t size = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret, &size) == 0 &&
	       (ret->uid == 0 || ret->uid == getuid());
}

/* Returns a connection to that daemon; -EAGAIN: there is one, with a full queue of callers, which
 * does not say whose it is; -ENOENT: there is none. */
static int call(struct ucred *ret)
{
	struct sockaddr_un a;
	socklen_t len = address(&a);
	int fd = open_socket();
	int r = -ENOENT;

	*ret = (struct ucred) { 0 };
	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)&a, len) < 0)
		r = errno == EAGAIN ? -EAGAIN : -ENOENT;
	else if (is_trusted(fd, ret))
		return fd;
	close(fd);
	return r;
}

bool presence_is_shown(void)
{
	struct ucred peer;
	CLOSED int fd = call(&peer);

	return fd >= 0 || fd == -EAGAIN;
}

#define ANSWER "corrections %lu\nconfig %s\n"
#define ANSWER_MS 1000

int presence_answer(int fd, const struct presence *p)
{
	CLOSED int caller = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	char text[sizeof(*p) + 64];
	int len = snprintf(text, sizeof(text), ANSWER, p->corrections, p->config);

	if (caller < 0)
		return -errno;
	(void)send(caller, text, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
	return 0;
}

/* "KEY VALUE\n"; returns what follows it, or NULL. */
static char *take_line(char *text, const char *key, char **ret_value)
{
	size_t len = strlen(key);
	char *end = strchr(text, '\n');

	if (!end || strncmp(text, key, len) != 0 || text[len] != ' ')
		return NULL;
	*end = '\0';
	*ret_value = text + len + 1;
	return end + 1;
}

static int parse_answer(char *text, struct presence *ret)
{
	char *corrections, *config;
	char *next = take_line(text, "corrections", &corrections);

	if (!next || !take_line(next, "config", &config) ||
	    text_number(corrections, ULONG_MAX, &ret->corrections) < 0 ||
	    !text_copy(ret->config, sizeof(ret->config), config))
		return -EPROTO;
	return 0;
}

int presence_ask(struct presence *ret, int *ret_pid)
{
	struct ucred peer;
	CLOSED int fd = call(&peer);
	struct pollfd p = { fd, POLLIN, 0 };
	char text[sizeof(*ret) + 64] = "";

	*ret_pid = peer.pid;
	if (fd < 0)
		return fd == -EAGAIN ? -ETIMEDOUT : fd;
	if (poll(&p, 1, ANSWER_MS) <= 0)
		return -ETIMEDOUT;
	/* The answer is sent in one piece (unix(7): it is small). */
	if (recv(fd, text, sizeof(text) - 1, 0) < 0)
		return -errno;
	return parse_answer(text, ret);
}
