/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store-finder.h - waits until xenstored runs, without trying often */
#ifndef VIFAGENT_STORE_FINDER_H
#define VIFAGENT_STORE_FINDER_H

#include <stdbool.h>

struct event_base;
struct store_finder;

/*
 * store_finder_new() - prepare to look for xenstored
 * @attempt:	begins to connect; then store_finder_failed() or _end()
 *
 * Returns NULL for no memory.
 */
struct store_finder *store_finder_new(struct event_base *base,
				      void (*attempt)(void *arg), void *arg);
struct store_finder *store_finder_free(struct store_finder *f);

/* Try now, and whenever its socket may have appeared (inotify). */
void store_finder_start(struct store_finder *f);

/* What became of the attempt. */
void store_finder_failed(struct store_finder *f);
void store_finder_end(struct store_finder *f);

#endif
