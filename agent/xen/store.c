/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.c - xenstored, through libxenstore */
#include "agent/xen/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

#include "agent/base/text.h"
#include "naming/naming.h"

/* If a transaction over two or three nodes fails this often, another domain causes
 * that on purpose (XSA-206). */
#define TRIES 32

struct store {
	struct xs_handle *xs;
};

const char *store_socket_path(void)
{
	static _Thread_local char path[256];
	const char *dir = getenv("XENSTORED_RUNDIR");
	const char *env = getenv("XENSTORED_PATH");

	if (env)
		return env;
	(void)snprintf(path, sizeof(path), "%s/socket",
		       dir ? dir : "/run/xenstored");
	return path;
}

static bool in_dom0(void)
{
	char buf[64] = "";
	int fd = open("/proc/xen/capabilities", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	(void)!read(fd, buf, sizeof(buf) - 1);
	close(fd);
	return strstr(buf, "control_d");
}

/* With XENSTORED_PATH libxenstore uses one path for both (xs_domain_dev(),
 * tools/libs/store); a host with xenstored in a domain of its own sets it. */
bool store_prepare(void)
{
	bool is_dom0 = in_dom0();

	if (is_dom0)
		(void)setenv("XENSTORED_PATH", store_socket_path(), false);
	return is_dom0;
}

int store_errno(void)
{
	return errno ? -errno : -EIO;
}

int store_handle(struct xs_handle **ret)
{
	struct xs_handle *xs;

	errno = 0;
	xs = xs_open(0);
	if (!xs)
		return store_errno();
	*ret = xs;
	return 0;
}

int store_open(struct store **ret)
{
	struct store *s = calloc(1, sizeof(*s));
	int r = s ? store_handle(&s->xs) : -ENOMEM;

	if (r < 0)
		free(s);
	else
		*ret = s;
	return r;
}

struct store *store_close(struct store *s)
{
	if (!s)
		return NULL;
	xs_close(s->xs);
	free(s);
	return NULL;
}

/* A broken handle stays broken.  If libxenstore has no memory for an answer, errno
 * may be 0. */
static int error(void)
{
	if (errno == EPIPE || errno == EBADF || errno == ECONNRESET)
		return -ENOTCONN;
	return store_errno();
}

static int read_value(struct store *s, xs_transaction_t t, const char *path,
		      char *buf, size_t size)
{
	unsigned int len;
	char *value;

	errno = 0;
	value = xs_read(s->xs, t, path, &len);
	if (!value)
		return error();
	if (len < size) {
		memcpy(buf, value, len);
		buf[len] = '\0';
	}
	free(value);
	return len < size ? (int)len : -E2BIG;
}

/* ---- reading ---------------------------------------------------------- */

int store_self(struct store *s, uint32_t *ret_domid, bool *ret_known)
{
	uint32_t domid = 0;
	const char *end;
	char text[16];
	int r = read_value(s, XBT_NULL, "domid", text, sizeof(text));

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
	return read_value(s, XBT_NULL, path, buf, size);
}

int store_introduced(struct store *s, uint32_t domid)
{
	/* "false" may also be a failure, perhaps without an errno; a second call
	 * then fails because the handle is broken. */
	for (int i = 0; i < 2; i++) {
		errno = 0;
		if (xs_is_domain_introduced(s->xs, domid))
			return 1;
		if (errno)
			return error();
	}
	return 0;
}

static int list(struct store *s, xs_transaction_t t, const char *path,
		char ***ret, unsigned int *ret_n)
{
	*ret_n = 0;
	errno = 0;
	*ret = xs_directory(s->xs, t, path, ret_n);
	if (!*ret && errno != ENOENT)
		return error();
	return 0;
}

int store_each(struct store *s, const char *path,
	       int (*fn)(const char *name, void *arg), void *arg)
{
	unsigned int n;
	char **names;
	int r = list(s, XBT_NULL, path, &names, &n);

	for (unsigned int i = 0; i < n && r == 0; i++)
		r = fn(names[i], arg);
	free(names);
	return r;
}

/* ---- writing ---------------------------------------------------------- */

typedef int (*body_fn)(struct store *s, xs_transaction_t t, const void *arg);

/* One try.  -EAGAIN: another client has written meanwhile. */
static int try_transaction(struct store *s, body_fn body, const void *arg)
{
	xs_transaction_t t;
	int r;

	errno = 0;
	t = xs_transaction_start(s->xs);
	if (t == XBT_NULL)
		return error();
	r = body(s, t, arg);
	errno = 0;
	if (!xs_transaction_end(s->xs, t, r < 0) && r == 0)
		r = error();
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

static int rm(struct store *s, xs_transaction_t t, const char *path)
{
	errno = 0;
	if (!xs_rm(s->xs, t, path) && errno != ENOENT)
		return error();
	return 0;
}

static int make_change(struct store *s, xs_transaction_t t,
		       const struct store_change *c)
{
	if (!c->value)
		return rm(s, t, c->path);
	errno = 0;
	if (!xs_write(s->xs, t, c->path, c->value,
		      (unsigned int)strlen(c->value)))
		return error();
	return 0;
}

static int write_if(struct store *s, xs_transaction_t t, const void *arg)
{
	const struct write_if *w = arg;
	char value[STORE_VALUESIZE + 1];
	int r = read_value(s, t, w->guard, value, sizeof(value));

	if (r < 0)
		return r;
	if (w->expected && ((size_t)r != strlen(w->expected) ||
			    strcmp(value, w->expected) != 0))
		return -ENOENT;
	r = 0;
	for (size_t i = 0; i < w->n && r == 0; i++)
		r = make_change(s, t, &w->change[i]);
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
	unsigned int n;
	char **names;
	int r = list(s, t, path, &names, &n);

	free(names);
	if (r < 0 || n > 0)
		return r;
	return rm(s, t, path);
}

int store_rm_empty(struct store *s, const char *path)
{
	return transaction(s, rm_empty, path);
}
