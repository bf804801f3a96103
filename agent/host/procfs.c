/* SPDX-License-Identifier: GPL-2.0-or-later */
/* procfs.c - which process is which */
#include "agent/host/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/text.h"
#include "agent/host/fd.h"
#include "agent/host/sysfs.h"

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
	/* The first thread may have ended before the others. */
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

/* A /proc mounted with hidepid= does not show every process. */
static bool is_gone(int pid)
{
	return kill(pid, 0) < 0 && errno == ESRCH;
}

/* Of this process; it does not change. 0: not known. */
static uint64_t own_namespace(void)
{
	static uint64_t ns;
	struct stat st;

	if (!ns && stat("/proc/self/ns/pid", &st) == 0)
		ns = st.st_ino;
	return ns;
}

int procfs_process(int pid, struct process *ret)
{
	struct process p = { .pid = pid, .ns = own_namespace() };
	char path[32], text[1024];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	r = sysfs_read(path, text, sizeof(text));
	if (r == -ENOENT && is_gone(pid))
		return -ESRCH;
	if (r == 0)
		r = parse_stat(text, &p);
	if (r == 0)
		*ret = p;
	return r;
}

ssize_t procfs_arguments(int pid, char *buf, size_t size)
{
	char path[32];
	CLOSED int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return n;
}

void procfs_each(bool (*fn)(int pid, void *arg), void *arg)
{
	DIR *proc = opendir("/proc");
	const struct dirent *e;
	unsigned long pid;
	bool goes_on = true;

	while (proc && goes_on && (e = readdir(proc)))
		if (text_number(e->d_name, INT_MAX, &pid) == 0)
			goes_on = fn((int)pid, arg);
	if (proc)
		(void)closedir(proc);
}

bool procfs_is_near(const struct process *p)
{
	return !p->ns || p->ns == own_namespace();
}

/* Of another pid namespace's process nobody here can say that it is dead. */
bool procfs_process_lives(struct host *h, const struct process *p)
{
	struct process now = { 0 };
	int r;

	(void)h;
	if (!procfs_is_near(p))
		return true;
	r = procfs_process(p->pid, &now);
	if (r == 0)
		return now.start == p->start;
	return r != -ESRCH;
}

bool procfs_shares_network(int pid)
{
	struct stat its, ours;
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return stat(path, &its) == 0 && stat("/proc/self/ns/net", &ours) == 0 &&
	       its.st_ino == ours.st_ino && its.st_dev == ours.st_dev;
}
