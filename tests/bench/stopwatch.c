// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stopwatch.c - how long something takes, in microseconds
 *
 *	stopwatch spawn PROGRAM...	a process, from its start to its end
 *	stopwatch ready PROGRAM...	a daemon, until it says READY=1; then it is ended
 *	stopwatch key DIR		from writing state = 2 in a NIC's backend directory
 *					to hotplug-status = connected
 *	stopwatch link NAME DIR		from beginning to make this tap to the same
 *	stopwatch tap NAME		the making of a tap, which stays
 *	stopwatch killed COUNT < PIDS	from killing them all to COUNT links gone
 *	stopwatch group GROUP COUNT	the same from one delete of a group of links
 *	stopwatch query			a question about a link: how busy the kernel's
 *					one lock of all links, in all namespaces, is
 *	stopwatch loop			a fixed number of turns: how fast the CPU is
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/rtnl.h"
#include "tests/bench/tool.h"
#include "tests/bench/wire.h"

#define PATH_SIZE 256
#define TURNS 20000000u
#define PIDS_MAX 4096

extern char **environ;

static int print_since(double begin)
{
	(void)printf("%.1f\n", now_us() - begin);
	return 0;
}

/* ---- processes -------------------------------------------------------- */

static pid_t start(char **argv)
{
	pid_t pid;
	int r = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);

	if (r) {
		errno = r;
		die(argv[0]);
	}
	return pid;
}

static int end_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int time_spawn(char **argv)
{
	double begin = now_us();
	int r = end_of(start(argv));

	(void)print_since(begin);
	return r;
}

static int open_notify_socket(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char name[64];

	(void)snprintf(name, sizeof(name), "@stopwatch.%d", getpid());
	memcpy(sun.sun_path, name, strlen(name));
	sun.sun_path[0] = '\0';
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun,
			   (socklen_t)(sizeof(sa_family_t) + strlen(name))) < 0)
		die("notify socket");
	(void)setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

/* One that dies first would be waited for in vain. */
static int time_ready(char **argv)
{
	int fd = open_notify_socket();
	struct timeval limit = { .tv_sec = 300 };
	char buf[4096] = "";
	double begin;
	pid_t pid;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	begin = now_us();
	pid = start(argv);
	while (!strstr(buf, "READY=1")) {
		ssize_t n = recv(fd, buf, sizeof(buf) - 1, 0);

		if (n < 0)
			die("no READY=1");
		buf[n] = '\0';
	}
	(void)print_since(begin);
	(void)kill(pid, SIGTERM);
	return end_of(pid);
}

/* ---- a NIC ------------------------------------------------------------ */

static int make_tap(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0)
		die(name);
	return fd;
}

static void write_state(struct wire *w, const char *dir)
{
	char state[PATH_SIZE];

	(void)snprintf(state, sizeof(state), "%s/state", dir);
	if (wire_write(w, state, "2") < 0)
		die("state");
}

/* Only now: it waits for the same lock as those who join the tap. */
static void let_stay(int tap)
{
	if (tap >= 0 && ioctl(tap, TUNSETPERSIST, 1) < 0)
		die("tap");
}

static int time_tap(const char *name)
{
	double begin = now_us();
	int fd = make_tap(name);

	(void)print_since(begin);
	let_stay(fd);
	return 0;
}

static int time_join(const char *dir, const char *tap)
{
	char status[PATH_SIZE], buf[WIRE_SIZE] = "";
	struct wire *w = wire_open(), *events = wire_open();
	struct timeval limit = { .tv_sec = 10 };
	int made = -1;
	uint32_t type;
	double begin;

	(void)snprintf(status, sizeof(status), "%s/hotplug-status", dir);
	if (!w || !events || wire_watch(events, status) < 0)
		die("xenstored");
	/* a watch fires once when it is set */
	if (wire_receive(events, &type, buf) < 0)
		die("watch");
	(void)setsockopt(wire_fd(events), SOL_SOCKET, SO_RCVTIMEO, &limit,
			 sizeof(limit));
	begin = now_us();
	if (tap)
		made = make_tap(tap);
	else
		write_state(w, dir);
	do {
		double end;

		if (wire_receive(events, &type, buf) < 0)
			die("never connected");
		end = now_us();
		if (wire_ask(w, XS_READ, 0, status, strlen(status) + 1,
			     buf) < 0)
			die("status");
		if (strcmp(buf, "connected") == 0) {
			(void)printf("%.1f\n", end - begin);
			let_stay(made);
			return 0;
		}
	} while (strcmp(buf, "error") != 0);
	return 1;
}

/* ---- links that go ---------------------------------------------------- */

static int count_gone(const char *buf, int len)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)buf;
	int count = 0;

	for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		const struct ifinfomsg *link = NLMSG_DATA(h);

		count += h->nlmsg_type == RTM_DELLINK &&
			 link->ifi_family == AF_UNSPEC;
	}
	return count;
}

static int print_when_gone(int events, int count, double begin)
{
	char buf[32768] __attribute__((aligned(4)));

	while (count > 0) {
		int len = (int)recv(events, buf, sizeof(buf), 0);

		if (len < 0)
			die("links that go");
		count -= count_gone(buf, len);
	}
	return print_since(begin);
}

static int time_killed(int count)
{
	int events = rtnl_open(RTMGRP_LINK);
	pid_t pid[PIDS_MAX];
	double begin;
	int n = 0;

	while (n < PIDS_MAX && scanf("%d", &pid[n]) == 1)
		n++;
	begin = now_us();
	for (int i = 0; i < n; i++)
		if (kill(pid[i], SIGKILL) < 0)
			die("kill");
	return print_when_gone(events, count, begin);
}

static int time_group(unsigned int group, int count)
{
	int events = rtnl_open(RTMGRP_LINK), fd = rtnl_open(0);
	struct rtnl_message m;
	double begin;

	rtnl_begin(&m, RTM_DELLINK, 0, 0);
	rtnl_add(&m, IFLA_GROUP, &group, sizeof(group));
	begin = now_us();
	if (rtnl_change(fd, &m) < 0)
		die("delete a group");
	return print_when_gone(events, count, begin);
}

static int time_query(void)
{
	int fd = rtnl_open(0);
	struct rtnl_facts lo;
	double begin = now_us();

	if (rtnl_query(fd, "lo", &lo) < 0)
		die("lo");
	return print_since(begin);
}

static int time_loop(void)
{
	double begin = now_us();

	for (volatile unsigned int i = 0; i < TURNS; i++)
		;
	return print_since(begin);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (argc > 2 && strcmp(verb, "spawn") == 0)
		return time_spawn(argv + 2);
	if (argc > 2 && strcmp(verb, "ready") == 0)
		return time_ready(argv + 2);
	if (argc == 3 && strcmp(verb, "key") == 0)
		return time_join(argv[2], NULL);
	if (argc == 4 && strcmp(verb, "link") == 0)
		return time_join(argv[3], argv[2]);
	if (argc == 3 && strcmp(verb, "tap") == 0)
		return time_tap(argv[2]);
	if (argc == 3 && strcmp(verb, "killed") == 0)
		return time_killed(atoi(argv[2]));
	if (argc == 4 && strcmp(verb, "group") == 0)
		return time_group((unsigned int)atoi(argv[2]), atoi(argv[3]));
	if (argc == 2 && strcmp(verb, "query") == 0)
		return time_query();
	if (argc == 2 && strcmp(verb, "loop") == 0)
		return time_loop();
	(void)fputs("usage: stopwatch spawn|ready|key|link|tap|killed|group|query|loop ...\n",
		    stderr);
	return 2;
}
