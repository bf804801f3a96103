/* SPDX-License-Identifier: GPL-2.0-or-later */
/* no-store.c - built --without-xen: there is never a xenstored */
#include <errno.h>

#include "agent/xen/store.h"

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

int store_self(struct store *s, uint32_t *ret_domid, bool *ret_known)
{
	(void)s;
	(void)ret_domid;
	(void)ret_known;
	return -ENOTCONN;
}

int store_ask(struct store *s, struct store_question *q, size_t n)
{
	(void)s;
	(void)q;
	(void)n;
	return -ENOTCONN;
}

void store_ask_ahead(struct store *s, const struct store_question *q, size_t n)
{
	(void)s;
	(void)q;
	(void)n;
}

void store_forget_ahead(struct store *s)
{
	(void)s;
}

int store_write_if(struct store *s, const char *guard, const char *expected,
		   const struct store_change *change, size_t n)
{
	(void)s;
	(void)expected;
	(void)guard;
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

int store_each(struct store *s, const char *path,
	       int (*fn)(const char *name, void *arg), void *arg)
{
	(void)s;
	(void)path;
	(void)fn;
	(void)arg;
	return -ENOTCONN;
}

int store_introduced(struct store *s, uint32_t domid)
{
	(void)s;
	(void)domid;
	return -ENOTCONN;
}

int store_watch(struct store *s, const char *path)
{
	(void)s;
	(void)path;
	return -ENOTCONN;
}

int store_watch_fd(struct store *s)
{
	(void)s;
	return -1;
}

int store_next_event(struct store *s, char *path, size_t size)
{
	(void)s;
	(void)path;
	(void)size;
	return -ENOTCONN;
}

/* Nothing ever appears there. */
const char *store_socket_path(void)
{
	return "/nonexistent/xenstored/socket";
}
