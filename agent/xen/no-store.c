/* SPDX-License-Identifier: GPL-2.0-or-later */
/* no-store.c - built --without-xen: there is never a xenstored */
#include <errno.h>

#include "agent/xen/store.h"
#include "agent/xen/watch.h"

bool store_prepare(void)
{
	return false;
}

/* Nothing ever appears there. */
const char *store_socket_path(void)
{
	return "/nonexistent/xenstored/socket";
}

int store_open(struct store **ret)
{
	(void)ret;
	return -ENOENT;
}

struct store *store_close(struct store *s)
{
	(void)s;
	return NULL;
}

/* ---- what nobody calls without a store -------------------------------- */

int store_self(struct store *s, uint32_t *ret_domid, bool *ret_known)
{
	(void)s;
	(void)ret_domid;
	(void)ret_known;
	return -ENOTCONN;
}

int store_read(struct store *s, const char *path, char *buf, size_t size)
{
	(void)s;
	(void)path;
	(void)buf;
	(void)size;
	return -ENOTCONN;
}

int store_introduced(struct store *s, uint32_t domid)
{
	(void)s;
	(void)domid;
	return -ENOTCONN;
}

int store_each(struct store *s, const char *path,
	       int (*fn)(const char *name, void *arg), void *arg)
{
	(void)s;
	(void)path;
	(void)fn;
	(void)arg;
	return -ENOTCONN;
}

int store_write_if(struct store *s, const char *guard, const char *expected,
		   const struct store_change *change, size_t n)
{
	(void)s;
	(void)guard;
	(void)expected;
	(void)change;
	(void)n;
	return -ENOTCONN;
}

int store_rm_empty(struct store *s, const char *path)
{
	(void)s;
	(void)path;
	return -ENOTCONN;
}

int watch_open(const char *const *paths, struct watch **ret)
{
	(void)paths;
	(void)ret;
	return -ENOENT;
}

struct watch *watch_close(struct watch *w)
{
	(void)w;
	return NULL;
}

int watch_fd(const struct watch *w)
{
	(void)w;
	return -1;
}

int watch_next(struct watch *w, char *path, size_t size)
{
	(void)w;
	(void)path;
	(void)size;
	return -ENOTCONN;
}

bool watch_has_hung_up(const struct watch *w)
{
	(void)w;
	return true;
}
