/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys-wire.c - several requests under way at once, on a bare socket */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/keys.h"
#include "tests/bench/tool.h"
#include "tests/bench/wire.h"

static struct wire *wire, *events;

static void check(bool good)
{
	if (!good)
		die("xenstored");
}

void keys_open(void)
{
	wire = wire_open();
	check(wire);
}

static void put(const struct keys *k)
{
	for (int i = 0; i < k->n; i++)
		wire_put(wire, XS_READ, 0, k->path[i], strlen(k->path[i]) + 1,
			 "", 0);
}

static void take(struct keys *k)
{
	char buf[WIRE_SIZE];
	uint32_t type;

	for (int i = 0; i < k->n; i++) {
		int len = wire_receive(wire, &type, buf);

		check(len != -1);
		k->value[i][0] = '\0';
		if (len > 0 && len < KEYS_PATH)
			memcpy(k->value[i], buf, (size_t)len + 1);
	}
}

void keys_read_many(struct keys *k, int count)
{
	for (int i = 0; i < count; i++)
		put(&k[i]);
	check(wire_send(wire) == 0);
	for (int i = 0; i < count; i++)
		take(&k[i]);
}

void keys_read(struct keys *k)
{
	keys_read_many(k, 1);
}

/* The write is under way with the read; what that finds decides on the end. */
bool keys_connect(const char *guard, const char *expected, const char *path)
{
	char buf[WIRE_SIZE];
	uint32_t tx, type;
	bool same;

	check(wire_ask(wire, XS_TRANSACTION_START, 0, "", 1, buf) > 0);
	tx = (uint32_t)strtoul(buf, NULL, 10);
	wire_put(wire, XS_READ, tx, guard, strlen(guard) + 1, "", 0);
	wire_put(wire, XS_WRITE, tx, path, strlen(path) + 1, "connected", 9);
	check(wire_send(wire) == 0);
	same = wire_receive(wire, &type, buf) >= 0 &&
	       strcmp(buf, expected) == 0;
	check(wire_receive(wire, &type, buf) >= 0);
	return wire_ask(wire, XS_TRANSACTION_END, tx, same ? "T" : "F", 2,
			buf) >= 0 && same;
}

/* ---- events ----------------------------------------------------------- */

int keys_watch(const char *dir)
{
	events = wire_open();
	check(events && wire_watch(events, dir) >= 0);
	return wire_fd(events);
}

void keys_read_events(void (*fn)(const char *path, void *arg), void *arg)
{
	char buf[WIRE_SIZE];
	uint32_t type;

	do {
		check(wire_receive(events, &type, buf) >= 0);
		fn(buf, arg);
	} while (wire_has_more(events));
}
