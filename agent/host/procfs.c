/* SPDX-License-Identifier: GPL-2.0-or-later */
/* procfs.c - which process is which */
#include "agent/host/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/text.h"

/* proc(5): "pid (comm) state ppid …", num_threads is field 20, starttime 22.  A comm may have
 * blanks and parentheses in it. */
static int parse_stat(char *text, struct process *ret)
{
	char *s = strrchr(text, ')');
	char *save = NULL;
	char *field = s ? strtok_r(s + 1, " ", &save) : NULL;
	unsigned long start, threads;
	bool is_zombie;

	if (!field)
		return -EBADMSG;
	is_zombie = *field == 'Z' || *field == 'X';
	for (int i = 3; field && i < 20; i++)
		field = strtok_r(NULL, " ", &save);
	/* Its first thread may have ended before the others. */
	if (is_zombie && (!field || text_number(field, ULONG_MAX, &threads) < 0 ||
			  threads <= 1))
		return -ESRCH;
	for (int i = 20; field && i < 22; i++)
		field = strtok_r(NULL, " ", &save);
	if (!field || text_number(field, ULONG_MAX, &start) < 0)
		return -EBADMSG;
	ret->start = start;
	return 0;
}

/* Not all that lives is in a /proc that is mounted with hidepid=. */
static bool is_gone(int pid)
{
	return kill(pid, 0) < 0 && errno == ESRCH;
}

int procfs_process(int pid, struct process *ret)
{
	struct process p = { .pid = pid };
	char path[32], text[1024];
	ssize_t n;
	int fd, r;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT && is_gone(pid) ? -ESRCH : -errno;
	n = read(fd, text, sizeof(text) - 1);
	r = n < 0 ? -errno : 0;
	close(fd);
	if (r < 0)
		return r;
	text[n] = '\0';
	r = parse_stat(text, &p);
	if (r == 0)
		*ret = p;
	return r;
}

bool procfs_process_lives(struct host *h, const struct process *p)
{
	struct process now = { 0 };
	int r = procfs_process(p->pid, &now);

	(void)h;
	return r == 0 ? now.start == p->start : r != -ESRCH;
}
