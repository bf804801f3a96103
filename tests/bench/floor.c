// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * floor.c - the requests and messages of a join and nothing else
 *
 *	floor door			as libxl runs its script: XENBUS_PATH, vif
 *	floor many SELF < NICS		"DOMID DEVID" a line, all to be joined
 *	floor restart SELF < NICS	what it takes to see that all are in order
 *	floor serve SELF		like the daemon: whenever a NIC is complete
 *	floor dump			all links
 *
 * floor-library is this with the agent's own libraries, libxenstore and
 * libnl-route-3, one request after the other: what the agent takes beyond that
 * is its own.  floor is this without any, on bare sockets, with several requests
 * to xenstored under way at once: what that takes is the kernel's and
 * xenstored's.
 *
 * The keys are those without which a join cannot be right (agent/xen/nic.c).  The
 * script is run for a NIC that libxl has just made: whether the NIC is alive
 * ("state"), where its link belongs ("bridge") and what the link is to be like
 * ("vifname", "mtu").  Whoever comes by himself needs in addition whether it is
 * about to go ("online"), whose it is ("script"), and whether it has been told
 * ("hotplug-status").  Then the frontend's "mtu", which must be the link's;
 * and the one write, in a transaction that finds "state" unchanged.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/keys.h"
#include "tests/bench/links.h"
#include "tests/bench/tool.h"

/* So many NICs' keys are asked for at once at a restart. */
#define WINDOW 16

enum { STATE, BRIDGE, VIFNAME, MTU, FRONTEND_MTU, DOOR_KEYS,
       ONLINE = DOOR_KEYS, SCRIPT, STATUS, ALL_KEYS };

struct nic {
	unsigned int domid, devid;
	struct keys keys;
};

static struct rtnl_facts bridge;	/* the last one asked for */

/* ---- the kernel ------------------------------------------------------- */

static int write_record(const struct nic *n, const struct rtnl_facts *link)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "vifagent/1 by=xenstore nic=%u.%u part=vif was.name=%s was.mac=%02x:%02x:%02x:%02x:%02x:%02x was.mtu=%u was.up=0 was.gen=0",
		       n->domid, n->devid, link->name, link->mac[0],
		       link->mac[1], link->mac[2], link->mac[3], link->mac[4],
		       link->mac[5], link->mtu);
	return links_set_record(link->ifindex, text);
}

static int put_on_bridge(const struct rtnl_facts *link)
{
	static const unsigned char mac[6] = { 0xfe, 255, 255, 255, 255, 255 };

	return links_put_on_bridge(link->ifindex, bridge.ifindex, mac) < 0 ? -1 :
	       links_set_up(link->ifindex);
}

/* ---- a NIC ------------------------------------------------------------ */

static void set_nic(struct nic *n, unsigned int self, unsigned int domid,
		    unsigned int devid, int n_keys)
{
	static const char *const names[] = {
		[STATE] = "state", [BRIDGE] = "bridge", [VIFNAME] = "vifname",
		[MTU] = "mtu", [ONLINE] = "online", [SCRIPT] = "script",
		[STATUS] = "hotplug-status",
	};

	n->domid = domid;
	n->devid = devid;
	n->keys.n = n_keys;
	for (int i = 0; i < n_keys; i++)
		if (i == FRONTEND_MTU)
			(void)snprintf(n->keys.path[i], KEYS_PATH,
				       "/local/domain/%u/device/vif/%u/mtu",
				       domid, devid);
		else
			(void)snprintf(n->keys.path[i], KEYS_PATH,
				       "/local/domain/%u/backend/vif/%u/%u/%s",
				       self, domid, devid, names[i]);
}

static void find_bridge(const char *name)
{
	if (strcmp(bridge.name, name) != 0 &&
	    links_query(name, &bridge) < 0)
		die(name);
}

static bool find_link(const struct nic *n, struct rtnl_facts *ret)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "vif%u.%u", n->domid, n->devid);
	return links_query(name, ret) == 0;
}

static bool tell_connected(const struct nic *n)
{
	const struct keys *k = &n->keys;
	char status[KEYS_PATH];
	int dir = (int)(strrchr(k->path[STATE], '/') - k->path[STATE]);

	(void)snprintf(status, sizeof(status), "%.*s/hotplug-status", dir,
		       k->path[STATE]);
	return keys_connect(k->path[STATE], k->value[STATE], status);
}

/* Returns false if it is not complete, or goes. */
static bool join(struct nic *n)
{
	struct rtnl_facts link;

	keys_read(&n->keys);
	if (strcmp(n->keys.value[STATE], "2") != 0 || !find_link(n, &link) ||
	    link.master)
		return false;
	find_bridge(n->keys.value[BRIDGE]);
	return write_record(n, &link) == 0 && put_on_bridge(&link) == 0 &&
	       tell_connected(n);
}

static int door(void)
{
	const char *path = getenv("XENBUS_PATH");
	/* in dom0 the script may report at once, elsewhere not */
	struct keys self = { .n = 1, .path = { "domid" } };
	unsigned int domid, devid;
	struct nic n;

	if (!path || sscanf(path, "backend/vif/%u/%u", &domid, &devid) != 2)
		return 2;
	keys_read(&self);
	set_nic(&n, (unsigned int)strtoul(self.value[0], NULL, 10), domid,
		devid, DOOR_KEYS);
	return join(&n) ? 0 : 1;
}

static bool next_nic(struct nic *n, unsigned int self)
{
	unsigned int domid, devid;

	if (scanf("%u %u", &domid, &devid) != 2)
		return false;
	set_nic(n, self, domid, devid, ALL_KEYS);
	return true;
}

static int many(unsigned int self)
{
	double begin = now_us();
	struct nic n;

	while (next_nic(&n, self))
		if (!join(&n))
			return 1;
	(void)printf("%.0f\n", now_us() - begin);
	return 0;
}

/* One dump shows all links; the keys are asked for each. */
static int look_at_all(unsigned int self)
{
	static struct keys keys[WINDOW];
	double begin = now_us();
	int under_way;
	struct nic n;

	(void)links_dump();
	do {
		for (under_way = 0; under_way < WINDOW && next_nic(&n, self);
		     under_way++)
			keys[under_way] = n.keys;
		keys_read_many(keys, under_way);
	} while (under_way == WINDOW);
	(void)printf("%.0f\n", now_us() - begin);
	return 0;
}

static int dump(void)
{
	double begin = now_us();

	(void)links_dump();
	(void)printf("%.0f\n", now_us() - begin);
	return 0;
}

/* ---- like the daemon -------------------------------------------------- */

static void on_link(const struct rtnl_facts *link, void *self)
{
	unsigned int domid, devid;
	struct nic n;

	if (link->master ||
	    sscanf(link->name, "vif%u.%u", &domid, &devid) != 2)
		return;
	set_nic(&n, *(unsigned int *)self, domid, devid, ALL_KEYS);
	(void)join(&n);
}

static void on_key(const char *path, void *self)
{
	const char *rest = strstr(path, "/backend/vif/");
	unsigned int domid, devid;
	char key[16];
	struct nic n;

	if (!rest || sscanf(rest, "/backend/vif/%u/%u/%15s", &domid, &devid,
			    key) != 3 || strcmp(key, "state") != 0)
		return;
	set_nic(&n, *(unsigned int *)self, domid, devid, ALL_KEYS);
	(void)join(&n);
}

static int serve(unsigned int self)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	char root[KEYS_PATH];

	(void)snprintf(root, sizeof(root), "/local/domain/%u/backend/vif",
		       self);
	fds[0].fd = links_watch();
	fds[1].fd = keys_watch(root);
	(void)puts("ready");
	(void)fflush(stdout);
	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents)
			links_read_events(on_link, &self);
		if (fds[1].revents)
			keys_read_events(on_key, &self);
	}
	return 1;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	unsigned int self = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 0;

	links_open();
	keys_open();
	if (strcmp(verb, "door") == 0)
		return door();
	if (strcmp(verb, "many") == 0)
		return many(self);
	if (strcmp(verb, "restart") == 0)
		return look_at_all(self);
	if (strcmp(verb, "serve") == 0)
		return serve(self);
	if (strcmp(verb, "dump") == 0)
		return dump();
	(void)fputs("usage: floor door|many|restart|serve|dump [SELF]\n", stderr);
	return 2;
}
