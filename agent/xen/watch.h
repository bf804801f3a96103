/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - xenstored's events, and its end
 *
 * Opened by a worker, because that may block; from then on it belongs to the
 * event loop, and nothing here waits for xenstored.
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

/* To be polled for reading; also readable when xenstored is gone. */
int watch_fd(const struct watch *w);

/* The path of the next event.  Returns 0; -EAGAIN: no more now; -ENOTCONN:
 * xenstored has gone, or an event was lost. */
int watch_next(struct watch *w, char *path, size_t size);

/* Has xenstored gone?  What a connection says that was opened since then is
 * said by another one, whose store is new. */
bool watch_has_hung_up(const struct watch *w);

#endif
