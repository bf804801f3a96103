/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - xenstored's events, and the end of the connection
 *
 * Opened by a worker, because that may block; then it belongs to the event loop,
 * and no function here waits for xenstored.
 */
#ifndef VIFAGENT_XEN_WATCH_H
#define VIFAGENT_XEN_WATCH_H

#include <stdbool.h>
#include <stddef.h>

struct watch;

/* Watch the paths, up to a NULL.  Each fires once at once.  Returns 0 or a
 * negative errno value. */
int watch_open(const char *const *paths, struct watch **ret);

/* Returns NULL; @w may be NULL. */
struct watch *watch_close(struct watch *w);

/* Poll it for reading; also readable when xenstored has hung up. */
int watch_fd(const struct watch *w);

/* The path of the next event.  Returns 0; -EAGAIN: no more now; -ENOTCONN:
 * the connection or an event is lost. */
int watch_next(struct watch *w, char *path, size_t size);

/* Has xenstored hung up?  A connection opened after that reaches another
 * xenstored, with a new store. */
bool watch_has_hung_up(const struct watch *w);

#endif
