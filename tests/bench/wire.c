/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire.c - xenstored's protocol on a bare socket */
#include "tests/bench/wire.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

int wire_open(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *path = getenv("XENSTORED_PATH");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!path)
		path = "/run/xenstored/socket";
	if (fd < 0 || strlen(path) >= sizeof(sun.sun_path))
		return -1;
	memcpy(sun.sun_path, path, strlen(path));
	return connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ? -1 : fd;
}

int wire_send(int fd, uint32_t type, uint32_t tx, const void *data, size_t len,
	      const void *more, size_t more_len)
{
	struct xsd_sockmsg h = { .type = type, .tx_id = tx,
				 .len = (uint32_t)(len + more_len) };
	struct iovec iov[] = {
		{ &h, sizeof(h) },
		{ (void *)data, len },
		{ (void *)more, more_len },
	};
	ssize_t all = (ssize_t)(sizeof(h) + len + more_len);

	return writev(fd, iov, 3) == all ? 0 : -1;
}

static int read_all(int fd, void *buf, size_t len)
{
	return len == 0 || recv(fd, buf, len, MSG_WAITALL) == (ssize_t)len ?
		0 : -1;
}

int wire_receive(int fd, uint32_t *ret_type, char buf[WIRE_SIZE])
{
	struct xsd_sockmsg h;

	if (read_all(fd, &h, sizeof(h)) < 0 || h.len >= WIRE_SIZE ||
	    read_all(fd, buf, h.len) < 0)
		return -1;
	buf[h.len] = '\0';
	*ret_type = h.type;
	return h.type == XS_ERROR ? -2 : (int)h.len;
}

int wire_ask(int fd, uint32_t type, uint32_t tx, const void *data, size_t len,
	     const void *more, size_t more_len, char buf[WIRE_SIZE])
{
	uint32_t answer;
	int r;

	if (wire_send(fd, type, tx, data, len, more, more_len) < 0)
		return -1;
	do
		r = wire_receive(fd, &answer, buf);
	while (r != -1 && answer == XS_WATCH_EVENT);
	return r;
}

int wire_write(int fd, const char *path, const char *value)
{
	char buf[WIRE_SIZE];

	return wire_ask(fd, XS_WRITE, 0, path, strlen(path) + 1, value,
			strlen(value), buf);
}

int wire_watch(int fd, const char *path)
{
	char buf[WIRE_SIZE];

	return wire_ask(fd, XS_WATCH, 0, path, strlen(path) + 1, path,
			strlen(path) + 1, buf);
}
