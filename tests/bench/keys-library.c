/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys-library.c - one request after the other, by libxenstore */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "tests/bench/keys.h"
#include "tests/bench/tool.h"

static struct xs_handle *xs, *events;

static void check(bool good)
{
	if (!good)
		die("xenstored");
}

void keys_open(void)
{
	xs = xs_open(0);
	check(xs);
}

void keys_read(struct keys *k)
{
	for (int i = 0; i < k->n; i++) {
		unsigned int len;
		char *value = xs_read(xs, XBT_NULL, k->path[i], &len);

		check(value || errno == ENOENT);
		(void)snprintf(k->value[i], KEYS_PATH, "%s",
			       value ? value : "");
		free(value);
	}
}

void keys_read_many(struct keys *k, int count)
{
	for (int i = 0; i < count; i++)
		keys_read(&k[i]);
}

bool keys_connect(const char *guard, const char *expected, const char *path)
{
	xs_transaction_t t = xs_transaction_start(xs);
	unsigned int len;
	char *value = xs_read(xs, t, guard, &len);
	bool same = value && strcmp(value, expected) == 0;

	free(value);
	check(!same || xs_write(xs, t, path, "connected", 9));
	return xs_transaction_end(xs, t, !same) && same;
}

/* ---- events ----------------------------------------------------------- */

int keys_watch(const char *dir)
{
	events = xs_open(0);
	check(events && xs_watch(events, dir, dir));
	return xs_fileno(events);
}

void keys_read_events(void (*fn)(const char *path, void *arg), void *arg)
{
	char **event;

	while ((event = xs_check_watch(events))) {
		fn(event[XS_WATCH_PATH], arg);
		free(event);
	}
}
