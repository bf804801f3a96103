/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.c - one connection to xenstored, by libxenstore */
#include "agent/xen/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

#include "agent/core/text.h"
#include "agent/xen/wire.h"
#include "naming/naming.h"

/* A transaction over two or three nodes that fails this often is being
 * starved on purpose (XSA-206). */
#define TRIES 32

struct store {
	struct xs_handle *xs;
	int wire;		/* for store_ask(), or -1 */
};

/* What libxenstore's errno means.  Everything that is no answer of xenstored
 * is the end of the connection: EPIPE, EBADF, EIO, EINVAL of a dead reader. */
static int failure(void)
{
	switch (errno) {
	case ENOENT:
	case EACCES:
	case EPERM:
	case E2BIG:
	case ENOSPC:
	case EAGAIN:
	case EEXIST:
	case ENOMEM:
	case ENOSYS:
	case EISDIR:
	case EROFS:
	case EBUSY:
	case EDQUOT:
		return -errno;
	}
	return -ENOTCONN;
}

const char *store_socket_path(void)
{
	return xs_daemon_socket();
}

/* dom0's kernel has the device, too, but a request through it before
 * xenstored runs blocks until it does. */
static bool in_dom0(void)
{
	char buf[64];
	int fd = open("/proc/xen/capabilities", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	return strstr(buf, "control_d");
}

int store_open(struct store **ret)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->xs = xs_open(in_dom0() ? XS_OPEN_SOCKETONLY : 0);
	if (!s->xs) {
		free(s);
		return -ENOENT;
	}
	s->wire = wire_open();
	*ret = s;
	return 0;
}

struct store *store_close(struct store *s)
{
	if (!s)
		return NULL;
	xs_close(s->xs);
	if (s->wire >= 0)
		close(s->wire);
	free(s);
	return NULL;
}

int store_canary_fd(const struct store *s)
{
	return s->wire;
}

int store_self(struct store *s, uint32_t *ret_domid, bool *ret_known)
{
	char text[16];
	uint32_t domid = 0;
	const char *end;
	int r = store_read(s, "domid", text, sizeof(text));

	if (r < 0 && r != -ENOENT)
		return r;
	if (r >= 0) {
		end = vif_number_parse(text, VIF_DOMID_END, &domid);
		if (!end || *end)
			return -EBADMSG;
	}
	*ret_domid = domid;
	*ret_known = r >= 0;
	return 0;
}

int store_read(struct store *s, const char *path, char *buf, size_t size)
{
	unsigned int len;
	char *value = xs_read(s->xs, XBT_NULL, path, &len);

	if (!value)
		return failure();
	if (len >= size) {
		free(value);
		return -E2BIG;
	}
	memcpy(buf, value, len);
	buf[len] = '\0';
	free(value);
	return (int)len;
}

static int ask_one(struct store *s, struct store_question *q)
{
	if (q->path) {
		q->len = store_read(s, q->path, q->value, sizeof(q->value));
		return q->len == -ENOTCONN ? -ENOTCONN : 0;
	}
	q->len = store_introduced(s, q->domid);
	if (q->len < 0)
		return q->len == -ENOTCONN ? -ENOTCONN : 0;
	memcpy(q->value, q->len ? "T" : "F", 2);
	q->len = 1;
	return 0;
}

int store_ask(struct store *s, struct store_question *q, size_t n)
{
	int r = 0;

	if (s->wire >= 0)
		return wire_ask(s->wire, q, n);
	for (size_t i = 0; i < n && r == 0; i++)
		r = ask_one(s, &q[i]);
	return r;
}

static int apply(struct store *s, xs_transaction_t t,
		 const struct store_change *c)
{
	if (c->value) {
		if (xs_write(s->xs, t, c->path, c->value,
			     (unsigned int)strlen(c->value)))
			return 0;
	} else if (xs_rm(s->xs, t, c->path) || errno == ENOENT) {
		return 0;
	}
	return failure();
}

typedef int (*body_fn)(struct store *s, xs_transaction_t t, const void *arg);

/* One try.  -EAGAIN: somebody else wrote meanwhile. */
static int try_transaction(struct store *s, body_fn body, const void *arg)
{
	xs_transaction_t t = xs_transaction_start(s->xs);
	int r;

	if (t == XBT_NULL)
		return failure();
	r = body(s, t, arg);
	if (!xs_transaction_end(s->xs, t, r < 0) && r == 0)
		r = failure();
	return r;
}

static int transaction(struct store *s, body_fn body, const void *arg)
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && r == -EAGAIN; i++)
		r = try_transaction(s, body, arg);
	return r;
}

struct write_if {
	const char *guard, *expected;
	const struct store_change *change;
	size_t n;
};

static int write_if(struct store *s, xs_transaction_t t, const void *arg)
{
	const struct write_if *w = arg;
	unsigned int len;
	void *value = xs_read(s->xs, t, w->guard, &len);
	int r = 0;

	if (!value)
		r = failure();
	else if (w->expected && (len != strlen(w->expected) ||
				 memcmp(value, w->expected, len) != 0))
		r = -ENOENT;
	free(value);
	for (size_t i = 0; i < w->n && r == 0; i++)
		r = apply(s, t, &w->change[i]);
	return r;
}

int store_write_if(struct store *s, const char *guard, const char *expected,
		   const struct store_change *change, size_t n)
{
	struct write_if w = { guard, expected, change, n };

	return transaction(s, write_if, &w);
}

static int rm_empty(struct store *s, xs_transaction_t t, const void *path)
{
	unsigned int n = 0;
	char **names = xs_directory(s->xs, t, path, &n);
	int r = 0;

	if ((!names && errno != ENOENT) ||
	    (names && n == 0 && !xs_rm(s->xs, t, path)))
		r = failure();
	free(names);
	return r;
}

int store_rm_empty(struct store *s, const char *path)
{
	return transaction(s, rm_empty, path);
}

int store_each(struct store *s, const char *path,
	       int (*fn)(const char *name, void *arg), void *arg)
{
	unsigned int n;
	char **names = xs_directory(s->xs, XBT_NULL, path, &n);
	int r = 0;

	if (!names)
		return errno == ENOENT ? 0 : failure();
	for (unsigned int i = 0; i < n && r == 0; i++)
		r = fn(names[i], arg);
	free(names);
	return r;
}

int store_introduced(struct store *s, uint32_t domid)
{
	errno = 0;
	if (xs_is_domain_introduced(s->xs, domid))
		return 1;
	return errno ? failure() : 0;
}

int store_watch(struct store *s, const char *path)
{
	/* the path is the token, too: nobody reads it */
	return xs_watch(s->xs, path, path) ? 0 : failure();
}

int store_watch_fd(struct store *s)
{
	return xs_fileno(s->xs);
}

int store_next_event(struct store *s, char *path, size_t size)
{
	char **event = xs_check_watch(s->xs);
	bool fits;

	if (!event)
		return failure();
	fits = text_copy(path, size, event[XS_WATCH_PATH]);
	free(event);
	/* No path of ours is so long; what is below one is not, either. */
	if (!fits)
		*path = '\0';
	return 0;
}
