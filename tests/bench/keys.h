/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys.h - the floor's requests to xenstored: keys-wire.c or keys-library.c */
#pragma once

#include <stdbool.h>

#define KEYS_PATH 128
#define KEYS_MAX 8

/* What is to be read, and what was; an absent key's value is "". */
struct keys {
	int n;
	char path[KEYS_MAX][KEYS_PATH];
	char value[KEYS_MAX][KEYS_PATH];
};

/* Any failure but an absent key ends the program. */
void keys_open(void);
void keys_read(struct keys *k);
/* Several NICs' keys: as many at once as can be. */
void keys_read_many(struct keys *k, int count);
/* Write "connected", if the value of guard is the expected one. */
bool keys_connect(const char *guard, const char *expected, const char *path);

/* What is written below a directory, on a connection of its own, so that events
 * never stand in an answer's way.  Returns a file descriptor to poll. */
int keys_watch(const char *dir);
/* Calls fn for each path; not all at once need be there. */
void keys_read_events(void (*fn)(const char *path, void *arg), void *arg);
