// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * floor.c - the messages of a join and nothing else
 *
 *	floor BRIDGE LINK...
 *
 * For each link the same two messages that the agent sends, one after the
 * other.  Prints the microseconds that each link took, a line each.  What the
 * agent takes beyond this is its own; what this takes is the kernel's.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/host/host.h"

static double us(const struct timespec *a, const struct timespec *b)
{
	return (double)(b->tv_sec - a->tv_sec) * 1e6 +
	       (double)(b->tv_nsec - a->tv_nsec) / 1e3;
}

static int join(struct host *h, int ifindex, int bridge)
{
	struct step step = { .kind = STEP_CHANGE };
	int r;

	step.change = (struct link_change) {
		.fields = CHANGE_MAC | CHANGE_ALIAS | CHANGE_ADDRGEN |
			  CHANGE_MASTER,
		.mac = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff },
		.alias = "vifagent/1 by=xenstore nic=1000.0 part=vif was.name=vif1000.0 was.mac=00:11:22:33:44:55 was.mtu=1500 was.up=0 was.gen=0",
		.addrgen = LINK_ADDRGEN_NONE,
		.master = bridge,
	};
	r = h->ops->do_step(h, ifindex, &step);
	if (r < 0)
		return r;
	step.change.fields = CHANGE_UP;
	step.change.up = true;
	return h->ops->do_step(h, ifindex, &step);
}

int main(int argc, char **argv)
{
	struct link bridge, link;
	struct host *h;

	if (argc < 3 || host_open(&h) < 0 ||
	    h->ops->link_by_name(h, argv[1], &bridge) < 0)
		return 1;
	for (int i = 2; i < argc; i++) {
		struct timespec t0, t1;

		if (h->ops->link_by_name(h, argv[i], &link) < 0)
			return 1;
		clock_gettime(CLOCK_MONOTONIC, &t0);
		if (join(h, link.ifindex, bridge.ifindex) < 0)
			return 1;
		clock_gettime(CLOCK_MONOTONIC, &t1);
		(void)printf("%.1f\n", us(&t0, &t1));
	}
	host_close(h);
	return 0;
}
