/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notify.c - send the state to systemd by NOTIFY_SOCKET (sd_notify(3)) */
#include "agent/base/notify.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/base/text.h"

bool notify(const char *state)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	socklen_t len;
	bool heard;
	int fd;

	if (!path || !text_copy(to.sun_path, sizeof(to.sun_path), path))
		return true;
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			  strlen(path));
	/* '@' stands for the NUL of an abstract name. */
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	/* Do not wait: systemd may be slow. */
	heard = sendto(fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL,
		       (struct sockaddr *)&to, len) >= 0;
	close(fd);
	return heard;
}

unsigned long notify_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	unsigned long n;

	if (pid && (text_number(pid, INT_MAX, &n) < 0 ||
		    n != (unsigned long)getpid()))
		return 0;
	if (!usec || text_number(usec, ULONG_MAX, &n) < 0)
		return 0;
	return n;
}
