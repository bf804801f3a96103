/* SPDX-License-Identifier: GPL-2.0-or-later */
/* presence.c - does vifagentd run in this network namespace? */
#include "agent/host/presence.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/host/fd.h"

#define NAME "vifagentd"

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
	    listen(fd, 1) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

/* A full queue of connections (EAGAIN) is a presence, too, but does not say
 * whose. */
static bool ask(struct ucred *ret)
{
	socklen_t size = sizeof(*ret);
	struct sockaddr_un a;
	socklen_t len = address(&a);
	CLOSED int fd = open_socket();

	*ret = (struct ucred) { 0 };
	if (fd < 0)
		return false;
	if (connect(fd, (const struct sockaddr *)&a, len) < 0)
		return errno == EAGAIN;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret, &size) == 0 &&
	       (ret->uid == 0 || ret->uid == getuid());
}

bool presence_is_shown(void)
{
	struct ucred peer;

	return ask(&peer);
}

int presence_pid(void)
{
	struct ucred peer;

	return ask(&peer) ? peer.pid : 0;
}
