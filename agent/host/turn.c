/* SPDX-License-Identifier: GPL-2.0-or-later */
/* turn.c - programs of ours act on links one at a time */
#include "agent/host/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

static int open_file(void)
{
	/* systemd makes it for the daemon; the first of the others does. */
	(void)mkdir(TURN_DIRECTORY, 0755);
	return open(TURN_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* flock() has no time limit of its own. */
void turn_take(int *fd)
{
	static const struct timespec moment = { 0, 1000000 };

	if (*fd < 0)
		*fd = open_file();
	for (int i = 0; i < TURN_WAIT_MS && *fd >= 0; i++) {
		if (flock(*fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			return;
		(void)nanosleep(&moment, NULL);
	}
}

void turn_end(int fd)
{
	if (fd >= 0)
		(void)flock(fd, LOCK_UN);
}
