/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store-finder.h - waiting for xenstored to be there, without asking often */
#ifndef VIFAGENT_STORE_FINDER_H
#define VIFAGENT_STORE_FINDER_H

#include <stdbool.h>

struct event_base;
struct store_finder;

/*
 * store_finder_new() - prepare to look for xenstored
 * @attempt:	tries to connect; true ends the search
 *
 * Returns NULL for no memory.
 */
struct store_finder *store_finder_new(struct event_base *base,
				      bool (*attempt)(void *arg), void *arg);
struct store_finder *store_finder_free(struct store_finder *f);

/* Try now, and whenever its socket may have appeared (inotify). */
void store_finder_start(struct store_finder *f);

#endif
