// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * storm.c - NICs that come and go, so many a second
 *
 *	storm RATE SECONDS SELF BRIDGE
 *
 * Each lives for two seconds: its keys, its tap, state = 2, and in the end
 * state = 6 and no tap.  Prints a line for each: the microseconds from state = 2
 * to hotplug-status = connected, or "missed" if it lived in vain.
 */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/bench/tool.h"
#include "tests/bench/wire.h"

#define PATH_SIZE 128
#define LIFE 2				/* seconds */
#define DOMID_FIRST 100
#define DOMIDS 30000
#define REAPERS 8

struct nic {
	double begin, took;
	int tap;
};

struct storm {
	unsigned int self, rate;
	const char *bridge;
	struct wire *wire, *events;
	int to_reaper;
	unsigned int born, dead;
	struct nic *nic;		/* the n-th that was born */
};

static void write_key(const struct storm *s, unsigned int n, const char *key,
		      const char *value)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof(path),
		       "/local/domain/%u/backend/vif/%u/0/%s", s->self,
		       DOMID_FIRST + n % DOMIDS, key);
	if (wire_write(s->wire, path, value) < 0)
		die(path);
}

static int make_tap(unsigned int n)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "vif%u.0",
		       DOMID_FIRST + n % DOMIDS);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0)
		die(ifr.ifr_name);
	return fd;
}

/* A tap's end takes some ms, mostly of waiting: several end at the same time. */
static void *reap(void *arg)
{
	const int *from = arg;
	int fd;

	while (read(*from, &fd, sizeof(fd)) == sizeof(fd))
		close(fd);
	return NULL;
}

static void begin_life(struct storm *s)
{
	unsigned int n = s->born++;

	write_key(s, n, "script", "/etc/xen/scripts/vif-agent");
	write_key(s, n, "bridge", s->bridge);
	write_key(s, n, "online", "1");
	write_key(s, n, "hotplug-status", "");
	write_key(s, n, "state", "1");
	s->nic[n].tap = make_tap(n);
	s->nic[n].begin = now_us();
	write_key(s, n, "state", "2");
}

static void end_life(struct storm *s)
{
	unsigned int n = s->dead++;

	write_key(s, n, "online", "0");
	write_key(s, n, "state", "6");
	if (write(s->to_reaper, &s->nic[n].tap, sizeof(int)) != sizeof(int))
		die("reaper");
	if (s->nic[n].took > 0)
		(void)printf("%.0f\n", s->nic[n].took);
	else
		(void)puts("missed");
}

static void on_event(struct storm *s)
{
	char path[WIRE_SIZE], value[WIRE_SIZE];
	unsigned int domid, n;
	char key[32], *rest;
	uint32_t type;
	double now;

	if (wire_receive(s->events, &type, path) < 0)
		die("xenstored");
	now = now_us();
	rest = strstr(path, "/backend/vif/");
	if (!rest || sscanf(rest, "/backend/vif/%u/0/%31s", &domid, key) != 2 ||
	    strcmp(key, "hotplug-status") != 0)
		return;
	/* of those that live now, the one with this number */
	n = s->dead + (domid - DOMID_FIRST + DOMIDS - s->dead % DOMIDS) % DOMIDS;
	if (n >= s->born || s->nic[n].begin <= 0 || s->nic[n].took > 0)
		return;
	if (wire_ask(s->wire, XS_READ, 0, path, strlen(path) + 1, value) > 0 &&
	    strcmp(value, "connected") == 0)
		s->nic[n].took = now - s->nic[n].begin;
}

static void run(struct storm *s, unsigned int all)
{
	double begin = now_us(), pause = 1e6 / s->rate;
	struct pollfd fd = { .fd = wire_fd(s->events), .events = POLLIN };

	while (s->dead < all) {
		unsigned int ticks = (unsigned int)((now_us() - begin) / pause);
		double next = begin + (ticks + 1) * pause;

		if (s->born < all && s->born <= ticks)
			begin_life(s);
		else if (s->dead + LIFE * s->rate <= ticks)
			end_life(s);
		else if (wire_has_more(s->events) ||
			 poll(&fd, 1, (int)((next - now_us()) / 1000) + 1) > 0)
			on_event(s);
	}
}

int main(int argc, char **argv)
{
	struct storm s = { 0 };
	unsigned int all;
	char root[PATH_SIZE];
	pthread_t reaper[REAPERS];
	int pipes[2];

	if (argc != 5) {
		(void)fputs("usage: storm RATE SECONDS SELF BRIDGE\n", stderr);
		return 2;
	}
	s.rate = (unsigned int)atoi(argv[1]);
	all = s.rate * (unsigned int)atoi(argv[2]);
	s.self = (unsigned int)atoi(argv[3]);
	s.bridge = argv[4];
	s.nic = calloc(all, sizeof(*s.nic));
	s.wire = wire_open();
	s.events = wire_open();
	(void)snprintf(root, sizeof(root), "/local/domain/%u/backend/vif",
		       s.self);
	if (!s.nic || !s.wire || !s.events || wire_watch(s.events, root) < 0 ||
	    pipe(pipes) < 0)
		die("storm");
	s.to_reaper = pipes[1];
	for (int i = 0; i < REAPERS; i++)
		if (pthread_create(&reaper[i], NULL, reap, &pipes[0]) != 0)
			die("reaper");
	run(&s, all);
	close(pipes[1]);
	for (int i = 0; i < REAPERS; i++)
		(void)pthread_join(reaper[i], NULL);
	return 0;
}
