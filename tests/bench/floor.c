// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * floor.c - the requests and messages of a join and nothing else
 *
 *	floor [-b] door			as libxl runs its script: XENBUS_PATH, vif
 *	floor [-b] many SELF < NICS	"DOMID DEVID" a line, all to be joined
 *	floor [-b] restart SELF < NICS	what it takes to see that all are in order
 *	floor [-b] serve SELF		like the daemon: whenever a NIC is complete
 *	floor dump			all links
 *
 * What the agent takes beyond this is its own; what this takes is the kernel's
 * and xenstored's.  With -b the requests go over a bare socket, several of them
 * at once, in place of libxenstore's one by one.
 *
 * The keys are those without which a join cannot be right (agent/xen/nic.c).  The
 * script is run for a NIC that libxl has just made: whether the NIC is alive
 * ("state"), where its link belongs ("bridge") and what the link is to be like
 * ("vifname", "mtu").  Whoever comes by himself needs in addition whether it is
 * about to go ("online"), whose it is ("script"), and whether it has been told
 * ("hotplug-status").  Then the frontend's "mtu", which must be the link's;
 * and the one write, in a transaction that finds "state" unchanged.
 */
#include <errno.h>
#include <linux/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xenstore.h>

#include "tests/bench/rtnl.h"
#include "tests/bench/wire.h"

#define PATH_SIZE 128
#define KEYS 7

static const char *const keys[KEYS] = {
	/* these four for the script */
	"state", "bridge", "vifname", "mtu",
	"online", "script", "hotplug-status",
};
enum { STATE, BRIDGE };
#define DOOR_KEYS 4

struct nic {
	unsigned int domid, devid;
	char dir[PATH_SIZE / 2];
};

struct floor {
	int rtnl;
	struct wire *wire;		/* -b */
	struct xs_handle *xs;
	struct rtnl_facts bridge;	/* the last one asked for */
	char value[KEYS][PATH_SIZE];
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void open_all(struct floor *f, bool bare)
{
	f->rtnl = rtnl_open(0);
	if (bare)
		f->wire = wire_open();
	else
		f->xs = xs_open(XS_OPEN_SOCKETONLY);
	if (f->rtnl < 0 || (!f->wire && !f->xs))
		die("open");
}

/* ---- xenstore --------------------------------------------------------- */

static void take_value(char value[PATH_SIZE], const char *data, int len)
{
	value[0] = '\0';
	if (len > 0 && len < PATH_SIZE)
		memcpy(value, data, (size_t)len + 1);
}

static void read_one(struct floor *f, const char *path, char value[PATH_SIZE])
{
	char buf[WIRE_SIZE];
	unsigned int len;
	char *data;

	if (!f->xs) {
		take_value(value, buf, wire_ask(f->wire, XS_READ, 0, path,
						strlen(path) + 1, buf));
		return;
	}
	data = xs_read(f->xs, XBT_NULL, path, &len);
	take_value(value, data, data ? (int)len : -1);
	free(data);
}

static void key_path(char buf[PATH_SIZE], const struct nic *n, const char *key)
{
	(void)snprintf(buf, PATH_SIZE, "%s/%s", n->dir, key);
}

static void put_keys(struct floor *f, const struct nic *n, int count)
{
	char path[PATH_SIZE];

	for (int i = 0; i < count; i++) {
		key_path(path, n, keys[i]);
		wire_put(f->wire, XS_READ, 0, path, strlen(path) + 1, "", 0);
	}
}

static void take_keys(struct floor *f, int count)
{
	char buf[WIRE_SIZE];
	uint32_t type;
	int r;

	for (int i = 0; i < count; i++) {
		r = wire_receive(f->wire, &type, buf);
		if (r == -1)
			die("xenstored");
		take_value(f->value[i], buf, r);
	}
}

static void send_all(struct floor *f)
{
	if (wire_send(f->wire) < 0)
		die("xenstored");
}

static void read_keys(struct floor *f, const struct nic *n, int count)
{
	char path[PATH_SIZE];

	if (!f->xs) {
		put_keys(f, n, count);
		send_all(f);
		take_keys(f, count);
		return;
	}
	for (int i = 0; i < count; i++) {
		key_path(path, n, keys[i]);
		read_one(f, path, f->value[i]);
	}
}

static bool connect_by_library(struct floor *f, const char *state,
			       const char *status)
{
	xs_transaction_t t = xs_transaction_start(f->xs);
	unsigned int len;
	char *value = xs_read(f->xs, t, state, &len);
	bool same = value && strcmp(value, f->value[STATE]) == 0;

	free(value);
	if (same && !xs_write(f->xs, t, status, "connected", 9))
		die("xs_write");
	return xs_transaction_end(f->xs, t, !same) && same;
}

/* The write is under way with the read; what that finds decides on the end. */
static bool connect_by_wire(struct floor *f, const char *state,
			    const char *status)
{
	char buf[WIRE_SIZE];
	uint32_t tx, type;
	bool same;

	if (wire_ask(f->wire, XS_TRANSACTION_START, 0, "", 1, buf) < 0)
		die("transaction");
	tx = (uint32_t)strtoul(buf, NULL, 10);
	wire_put(f->wire, XS_READ, tx, state, strlen(state) + 1, "", 0);
	wire_put(f->wire, XS_WRITE, tx, status, strlen(status) + 1,
		 "connected", 9);
	send_all(f);
	same = wire_receive(f->wire, &type, buf) >= 0 &&
	       strcmp(buf, f->value[STATE]) == 0;
	if (wire_receive(f->wire, &type, buf) < 0)
		die("write");
	return wire_ask(f->wire, XS_TRANSACTION_END, tx, same ? "T" : "F", 2,
			buf) >= 0 && same;
}

static bool tell_connected(struct floor *f, const struct nic *n)
{
	char state[PATH_SIZE], status[PATH_SIZE];

	key_path(state, n, "state");
	key_path(status, n, "hotplug-status");
	return f->xs ? connect_by_library(f, state, status) :
		       connect_by_wire(f, state, status);
}

static void read_frontend(struct floor *f, const struct nic *n)
{
	char path[PATH_SIZE], value[PATH_SIZE];

	(void)snprintf(path, sizeof(path), "/local/domain/%u/device/vif/%u/mtu",
		       n->domid, n->devid);
	read_one(f, path, value);
}

/* ---- the kernel ------------------------------------------------------- */

static void write_record(const struct floor *f, const struct nic *n,
			 const struct rtnl_facts *link)
{
	struct rtnl_message m;
	char text[256];

	(void)snprintf(text, sizeof(text), "vifagent/1 by=xenstore nic=%u.%u part=vif was.name=%s was.mac=%02x:%02x:%02x:%02x:%02x:%02x was.mtu=%u was.up=0 was.gen=0",
		       n->domid, n->devid, link->name, link->mac[0],
		       link->mac[1], link->mac[2], link->mac[3], link->mac[4],
		       link->mac[5], link->mtu);
	rtnl_begin(&m, RTM_NEWLINK, 0, link->ifindex);
	rtnl_add(&m, IFLA_IFALIAS, text, strlen(text) + 1);
	if (rtnl_change(f->rtnl, &m) < 0)
		die("record");
}

static void add_addrgen_none(struct rtnl_message *m)
{
	static const struct {
		struct rtattr inet6, mode;
		uint8_t value, pad[3];
	} none = {
		{ sizeof(none), AF_INET6 },
		{ sizeof(struct rtattr) + 1, IFLA_INET6_ADDR_GEN_MODE },
		IN6_ADDR_GEN_MODE_NONE, { 0 },
	};

	rtnl_add(m, IFLA_AF_SPEC, &none, sizeof(none));
}

static void put_on_bridge(const struct floor *f, const struct rtnl_facts *link)
{
	static const unsigned char mac[6] = { 0xfe, 255, 255, 255, 255, 255 };
	struct rtnl_message m;

	rtnl_begin(&m, RTM_NEWLINK, 0, link->ifindex);
	rtnl_add(&m, IFLA_ADDRESS, mac, sizeof(mac));
	rtnl_add(&m, IFLA_MASTER, &f->bridge.ifindex, sizeof(int));
	add_addrgen_none(&m);
	if (rtnl_change(f->rtnl, &m) < 0)
		die("join");
	rtnl_begin(&m, RTM_NEWLINK, 0, link->ifindex);
	m.link.ifi_flags = m.link.ifi_change = IFF_UP;
	if (rtnl_change(f->rtnl, &m) < 0)
		die("up");
}

/* ---- a NIC ------------------------------------------------------------ */

static void find_bridge(struct floor *f)
{
	const char *name = f->value[BRIDGE];

	if (strcmp(f->bridge.name, name) != 0 &&
	    rtnl_query(f->rtnl, name, &f->bridge) < 0)
		die(name);
}

static bool link_of(const struct floor *f, const struct nic *n,
		    struct rtnl_facts *ret)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "vif%u.%u", n->domid, n->devid);
	return rtnl_query(f->rtnl, name, ret) == 0;
}

/* Returns false if it is not complete. */
static bool join(struct floor *f, const struct nic *n, int n_keys)
{
	struct rtnl_facts link;

	read_keys(f, n, n_keys);
	if (strcmp(f->value[STATE], "2") != 0 || !link_of(f, n, &link) ||
	    link.master)
		return false;
	find_bridge(f);
	write_record(f, n, &link);
	put_on_bridge(f, &link);
	read_frontend(f, n);
	return tell_connected(f, n);
}

static void set_nic(struct nic *n, unsigned int self, unsigned int domid,
		    unsigned int devid)
{
	n->domid = domid;
	n->devid = devid;
	(void)snprintf(n->dir, sizeof(n->dir),
		       "/local/domain/%u/backend/vif/%u/%u", self, domid,
		       devid);
}

static int door(struct floor *f)
{
	char value[PATH_SIZE];
	struct nic n;
	const char *path = getenv("XENBUS_PATH");
	unsigned int domid, devid;

	if (!path || sscanf(path, "backend/vif/%u/%u", &domid, &devid) != 2)
		return 2;
	/* in dom0 the script may report at once, elsewhere not */
	read_one(f, "domid", value);
	set_nic(&n, (unsigned int)strtoul(value, NULL, 10), domid, devid);
	return join(f, &n, DOOR_KEYS) ? 0 : 1;
}

static bool next_nic(struct nic *n, unsigned int self)
{
	unsigned int domid, devid;

	if (scanf("%u %u", &domid, &devid) != 2)
		return false;
	set_nic(n, self, domid, devid);
	return true;
}

static int many(struct floor *f, unsigned int self)
{
	double begin = now_us();
	struct nic n;

	while (next_nic(&n, self))
		if (!join(f, &n, KEYS))
			return 1;
	(void)printf("%.0f\n", now_us() - begin);
	return 0;
}

/* So many NICs' keys are under way at once with -b. */
#define WINDOW 16

static void read_all_keys(struct floor *f, unsigned int self)
{
	struct nic n;
	int under_way;

	do {
		for (under_way = 0; under_way < WINDOW && next_nic(&n, self);
		     under_way++) {
			if (f->xs)
				read_keys(f, &n, KEYS);
			else
				put_keys(f, &n, KEYS);
		}
		if (f->xs)
			continue;
		send_all(f);
		for (int i = 0; i < under_way; i++)
			take_keys(f, KEYS);
	} while (under_way == WINDOW);
}

/* One dump shows all links; the keys are asked for each. */
static int look_at_all(struct floor *f, unsigned int self)
{
	double begin = now_us();

	if (rtnl_dump(f->rtnl) < 0)
		return 1;
	read_all_keys(f, self);
	(void)printf("%.0f\n", now_us() - begin);
	return 0;
}

static int dump(struct floor *f)
{
	double begin = now_us();

	if (rtnl_dump(f->rtnl) < 0)
		return 1;
	(void)printf("%.0f\n", now_us() - begin);
	return 0;
}

/* ---- like the daemon -------------------------------------------------- */

static void on_links(struct floor *f, int fd, unsigned int self)
{
	char buf[32768] __attribute__((aligned(4)));
	const struct nlmsghdr *h = (const struct nlmsghdr *)buf;
	int len = (int)recv(fd, buf, sizeof(buf), 0);
	unsigned int domid, devid;
	struct rtnl_facts link;
	struct nic n;

	for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		if (h->nlmsg_type != RTM_NEWLINK)
			continue;
		rtnl_parse(h, &link);
		if (link.master || sscanf(link.name, "vif%u.%u", &domid,
					  &devid) != 2)
			continue;
		set_nic(&n, self, domid, devid);
		(void)join(f, &n, KEYS);
	}
}

static void on_key(struct floor *f, const char *path, unsigned int self)
{
	const char *rest = strstr(path, "/backend/vif/");
	unsigned int domid, devid;
	char key[16];
	struct nic n;

	if (!rest || sscanf(rest, "/backend/vif/%u/%u/%15s", &domid, &devid,
			    key) != 3 || strcmp(key, "state") != 0)
		return;
	set_nic(&n, self, domid, devid);
	(void)join(f, &n, KEYS);
}

/* A second connection hears the events, so that they never stand in an answer's
 * way. */
static int serve(struct floor *f, unsigned int self)
{
	struct wire *events = wire_open();
	struct pollfd fds[] = {
		{ .fd = rtnl_open(RTMGRP_LINK), .events = POLLIN },
		{ .fd = events ? wire_fd(events) : -1, .events = POLLIN },
	};
	char root[PATH_SIZE], buf[WIRE_SIZE];
	uint32_t type;

	(void)snprintf(root, sizeof(root), "/local/domain/%u/backend/vif",
		       self);
	if (fds[0].fd < 0 || !events || wire_watch(events, root) < 0)
		return 1;
	(void)puts("ready");
	(void)fflush(stdout);
	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents)
			on_links(f, fds[0].fd, self);
		if (!fds[1].revents)
			continue;
		do {
			if (wire_receive(events, &type, buf) < 0)
				return 1;
			on_key(f, buf, self);
		} while (wire_has_more(events));
	}
	return 1;
}

int main(int argc, char **argv)
{
	bool bare = argc > 1 && strcmp(argv[1], "-b") == 0;
	const char *verb = argc > 1 + bare ? argv[1 + bare] : "";
	unsigned int self = argc > 2 + bare ?
		(unsigned int)strtoul(argv[2 + bare], NULL, 10) : 0;
	struct floor f = { 0 };

	if (strcmp(verb, "dump") == 0) {
		f.rtnl = rtnl_open(0);
		return dump(&f);
	}
	open_all(&f, bare);
	if (strcmp(verb, "door") == 0)
		return door(&f);
	if (strcmp(verb, "many") == 0)
		return many(&f, self);
	if (strcmp(verb, "restart") == 0)
		return look_at_all(&f, self);
	if (strcmp(verb, "serve") == 0)
		return serve(&f, self);
	(void)fputs("usage: floor [-b] door|many|restart|serve|dump [SELF]\n",
		    stderr);
	return 2;
}
