/* SPDX-License-Identifier: GPL-2.0-or-later */
/* no-store.c - built --without-xen: there is never a xenstored */
#include <errno.h>

#include "agent/xen/store.h"
#include "agent/xen/watch.h"

/* None of these looks at its arguments. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
/* NOLINTBEGIN(misc-unused-parameters): the same */

bool store_prepare(void)
{
	return false;
}

/* This path never exists. */
const char *store_socket_path(void)
{
	return "/nonexistent/xenstored/socket";
}

int store_open(struct store **ret)
{
	return -ENOENT;
}

struct store *store_close(struct store *s)
{
	return NULL;
}

int watch_open(const char *const *paths, struct watch **ret)
{
	return -ENOENT;
}

struct watch *watch_close(struct watch *w)
{
	return NULL;
}

/* ---- never called without a store, but linked -------------------------- */

#define NEVER_CALLED(function, ...)					\
	int function(__VA_ARGS__)					\
	{								\
		return -ENOTCONN;					\
	}

NEVER_CALLED(store_self, struct store *s, uint32_t *domid, bool *known)
NEVER_CALLED(store_read, struct store *s, const char *path, char *buf,
	     size_t size)
NEVER_CALLED(store_introduced, struct store *s, uint32_t domid)
NEVER_CALLED(store_each, struct store *s, const char *path,
	     int (*fn)(const char *name, void *arg), void *arg)
NEVER_CALLED(store_write_if, struct store *s, const char *guard,
	     const char *expected, const struct store_change *change, size_t n)
NEVER_CALLED(store_rm_empty, struct store *s, const char *path)
NEVER_CALLED(watch_fd, const struct watch *w)
NEVER_CALLED(watch_next, struct watch *w, char *path, size_t size)

bool watch_has_hung_up(const struct watch *w)
{
	return true;
}
/* NOLINTEND(misc-unused-parameters) */
