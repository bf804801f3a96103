/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.c - xenstored: what is asked for, written and watched */
#include "agent/xen/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/core/text.h"
#include "agent/xen/wire.h"
#include "naming/naming.h"

/* A transaction over two or three nodes that fails this often is being
 * starved on purpose (XSA-206). */
#define TRIES 32

#define DEVICE "/dev/xen/xenbus"

/* Questions that have been sent ahead: the first one's path, and how many. */
struct ahead {
	char path[STORE_PATHSIZE];
	size_t n;
};

struct store {
	bool is_device;
	struct wire *talk;
	struct wire *early;	/* for what is asked ahead; NULL until then */
	struct ahead ahead[STORE_AHEAD];
	size_t next_ahead, n_ahead;
	struct wire *watch;	/* events come on a connection of their own:
				 * who waits for them is not to wait for an
				 * answer; NULL until there is a watch */
};

const char *store_socket_path(void)
{
	static char path[256];
	const char *dir = getenv("XENSTORED_RUNDIR");
	const char *env = getenv("XENSTORED_PATH");

	if (env)
		return env;
	(void)snprintf(path, sizeof(path), "%s/socket",
		       dir ? dir : "/run/xenstored");
	return path;
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

static int connect_to(bool is_device, struct wire **ret)
{
	return wire_open(is_device ? DEVICE : store_socket_path(), is_device,
			 ret);
}

int store_open(struct store **ret)
{
	struct store *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	r = connect_to(false, &s->talk);
	s->is_device = r < 0 && r != -ENOMEM && !in_dom0() &&
		       connect_to(true, &s->talk) == 0;
	if (r < 0 && !s->is_device) {
		free(s);
		return r;
	}
	*ret = s;
	return 0;
}

struct store *store_close(struct store *s)
{
	if (!s)
		return NULL;
	wire_close(s->watch);
	wire_close(s->early);
	wire_close(s->talk);
	free(s);
	return NULL;
}

/* One request; @answer may be NULL. Returns the answer's length or an error. */
static int talk(struct store *s, uint32_t t, enum xsd_sockmsg_type type,
		const char *text, char *answer, size_t size)
{
	struct wire_request r = { .type = type, .transaction = t, .text = text,
				  .answer = answer, .size = size };
	int err = wire_talk(s->talk, &r, 1);

	return err < 0 ? err : r.len;
}

/* ---- reading ---------------------------------------------------------- */

int store_self(struct store *s, uint32_t *ret_domid, bool *ret_known)
{
	char text[16];
	uint32_t domid = 0;
	const char *end;
	int r = talk(s, 0, XS_READ, "domid", text, sizeof(text));

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

#define DOMID_TEXTSIZE 16

/* Questions as requests. */
struct requests {
	struct wire_request r[STORE_QUESTIONS];
	char domid[STORE_QUESTIONS][DOMID_TEXTSIZE];
};

static void make_requests(struct requests *m, const struct store_question *q,
			  size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!q[i].path)
			(void)snprintf(m->domid[i], DOMID_TEXTSIZE,
				       "%" PRIu32, q[i].domid);
		m->r[i] = (struct wire_request) {
			.type = q[i].path ? XS_READ : XS_IS_DOMAIN_INTRODUCED,
			.text = q[i].path ? q[i].path : m->domid[i],
		};
	}
}

/* What goes wrong with this connection can be asked on the other one, too. */
static void close_early(struct store *s)
{
	s->early = wire_close(s->early);
	s->next_ahead = s->n_ahead = 0;
}

void store_ask_ahead(struct store *s, const struct store_question *q, size_t n)
{
	struct ahead *a = &s->ahead[s->n_ahead];
	struct requests m;

	if (s->is_device || s->n_ahead == STORE_AHEAD || !q[0].path ||
	    !text_copy(a->path, sizeof(a->path), q[0].path) ||
	    (!s->early && connect_to(false, &s->early) < 0))
		return;
	make_requests(&m, q, n);
	a->n = n;
	s->n_ahead++;
	if (wire_send(s->early, m.r, n) < 0)
		close_early(s);
}

static bool is_ahead(const struct store *s, const struct store_question *q,
		     size_t n)
{
	const struct ahead *a = &s->ahead[s->next_ahead];

	return s->next_ahead < s->n_ahead && q[0].path && a->n == n &&
	       strcmp(a->path, q[0].path) == 0;
}

/* The answers to the next ones that were sent ahead. */
static int take_ahead(struct store *s, struct wire_request *r, size_t n)
{
	int err = wire_receive(s->early, r, n);

	if (err < 0)
		close_early(s);
	else if (++s->next_ahead == s->n_ahead)
		s->next_ahead = s->n_ahead = 0;
	return err;
}

void store_forget_ahead(struct store *s)
{
	while (s->n_ahead) {
		struct wire_request nobody[STORE_QUESTIONS] = { 0 };

		(void)take_ahead(s, nobody, s->ahead[s->next_ahead].n);
	}
}

int store_ask(struct store *s, struct store_question *q, size_t n)
{
	struct requests m;
	int err = -EAGAIN;

	make_requests(&m, q, n);
	for (size_t i = 0; i < n; i++) {
		m.r[i].answer = q[i].value;
		m.r[i].size = sizeof(q[i].value);
	}
	if (is_ahead(s, q, n))
		err = take_ahead(s, m.r, n);
	if (err < 0)
		err = wire_talk(s->talk, m.r, n);
	for (size_t i = 0; i < n && err == 0; i++)
		q[i].len = m.r[i].len;
	return err;
}

int store_introduced(struct store *s, uint32_t domid)
{
	char text[DOMID_TEXTSIZE], answer[8];
	int r;

	(void)snprintf(text, sizeof(text), "%" PRIu32, domid);
	r = talk(s, 0, XS_IS_DOMAIN_INTRODUCED, text, answer, sizeof(answer));
	return r < 0 ? r : answer[0] == 'T';
}

/* ---- directories ------------------------------------------------------ */

/* Names, each with its NUL. */
struct names {
	char *buf;
	size_t len;
};

/* xenstored answers with the directory's generation, names from an offset on,
 * and behind the last one an empty name. */
static int take_part(struct names *n, char generation[32], const char *answer,
		     size_t len)
{
	size_t head = strlen(answer) + 1;
	char *buf;

	if (head >= len || head > 32)
		return -EBADMSG;
	/* Changed meanwhile: from the beginning. */
	if (n->len > 0 && strcmp(generation, answer) != 0)
		n->len = 0;
	else if (n->len == 0 || strcmp(generation, answer) == 0) {
		memcpy(generation, answer, head);
		buf = realloc(n->buf, n->len + len - head);
		if (!buf)
			return -ENOMEM;
		memcpy(buf + n->len, answer + head, len - head);
		n->buf = buf;
		n->len += len - head;
	}
	return 0;
}

static bool is_complete(const struct names *n)
{
	return n->len > 0 && !n->buf[n->len - 1] &&
	       (n->len == 1 || !n->buf[n->len - 2]);
}

static int read_parts(struct store *s, uint32_t t, const char *path,
		      struct names *n)
{
	char generation[32], offset[24], answer[STORE_VALUESIZE + 1];
	struct wire_request r = { .type = XS_DIRECTORY_PART, .transaction = t,
				  .text = path, .more = offset,
				  .answer = answer, .size = sizeof(answer) };
	int err = 0;

	n->len = 0;
	while (err == 0 && !is_complete(n)) {
		r.more_len = (size_t)snprintf(offset, sizeof(offset), "%zu",
					      n->len) + 1;
		err = wire_talk(s->talk, &r, 1);
		if (err == 0)
			err = r.len < 0 ? r.len :
			      take_part(n, generation, answer, (size_t)r.len);
	}
	/* without the empty name */
	n->len -= err == 0;
	return err;
}

/* An absent directory has no names.  To be freed, also after a failure. */
static int read_names(struct store *s, uint32_t t, const char *path,
		      struct names *n)
{
	const size_t size = STORE_VALUESIZE + 1;
	int r;

	*n = (struct names) { .buf = malloc(size) };
	if (!n->buf)
		return -ENOMEM;
	r = talk(s, t, XS_DIRECTORY, path, n->buf, size);
	if (r == -E2BIG)
		return read_parts(s, t, path, n);
	n->len = r > 0 ? (size_t)r : 0;
	return r < 0 && r != -ENOENT ? r : 0;
}

int store_each(struct store *s, const char *path,
	       int (*fn)(const char *name, void *arg), void *arg)
{
	struct names n;
	int r = read_names(s, 0, path, &n);

	for (size_t i = 0; i < n.len && r == 0; i += strlen(n.buf + i) + 1)
		r = fn(n.buf + i, arg);
	free(n.buf);
	return r;
}

/* ---- writing ---------------------------------------------------------- */

static int start(struct store *s, uint32_t *ret)
{
	unsigned long t;
	char text[16];
	int r = talk(s, 0, XS_TRANSACTION_START, "", text, sizeof(text));

	if (r < 0)
		return r;
	if (text_number(text, UINT32_MAX, &t) < 0)
		return -EBADMSG;
	*ret = (uint32_t)t;
	return 0;
}

typedef int (*body_fn)(struct store *s, uint32_t t, const void *arg);

/* One try.  -EAGAIN: somebody else wrote meanwhile. */
static int try_transaction(struct store *s, body_fn body, const void *arg)
{
	uint32_t t;
	int r = start(s, &t), end;

	if (r < 0)
		return r;
	r = body(s, t, arg);
	if (r == -ENOTCONN)
		return r;
	end = talk(s, t, XS_TRANSACTION_END, r < 0 ? "F" : "T", NULL, 0);
	return r < 0 ? r : end;
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

static struct wire_request request_of(const struct store_change *c, uint32_t t)
{
	return (struct wire_request) {
		.type = c->value ? XS_WRITE : XS_RM, .transaction = t,
		.text = c->path, .more = c->value,
		.more_len = c->value ? strlen(c->value) : 0,
	};
}

/* All at once: what is written counts only if the transaction does. */
static int write_if(struct store *s, uint32_t t, const void *arg)
{
	const struct write_if *w = arg;
	struct wire_request r[1 + STORE_CHANGES];
	char value[STORE_VALUESIZE + 1] = "";
	int err;

	r[0] = (struct wire_request) { .type = XS_READ, .transaction = t,
				       .text = w->guard, .answer = value,
				       .size = sizeof(value) };
	for (size_t i = 0; i < w->n; i++)
		r[1 + i] = request_of(&w->change[i], t);
	err = wire_talk(s->talk, r, 1 + w->n);
	if (err == 0 && r[0].len < 0)
		return r[0].len;
	if (err == 0 && w->expected &&
	    ((size_t)r[0].len != strlen(w->expected) ||
	     strcmp(value, w->expected) != 0))
		return -ENOENT;
	for (size_t i = 0; i < w->n && err == 0; i++)
		if (r[1 + i].len < 0 && (w->change[i].value ||
					 r[1 + i].len != -ENOENT))
			err = r[1 + i].len;
	return err;
}

int store_write_if(struct store *s, const char *guard, const char *expected,
		   const struct store_change *change, size_t n)
{
	struct write_if w = { guard, expected, change, n };

	return transaction(s, write_if, &w);
}

static int rm_empty(struct store *s, uint32_t t, const void *path)
{
	struct names n;
	int r = read_names(s, t, path, &n);

	if (r == 0 && n.len == 0)
		r = talk(s, t, XS_RM, path, NULL, 0);
	free(n.buf);
	return r == -ENOENT ? 0 : r;
}

int store_rm_empty(struct store *s, const char *path)
{
	return transaction(s, rm_empty, path);
}

/* ---- events ----------------------------------------------------------- */

int store_watch(struct store *s, const char *path)
{
	/* the path is the token, too: nobody reads it */
	struct wire_request r = { .type = XS_WATCH, .text = path, .more = path,
				  .more_len = strlen(path) + 1 };
	int err = s->watch ? 0 : connect_to(s->is_device, &s->watch);

	if (err == 0)
		err = wire_talk(s->watch, &r, 1);
	return err < 0 ? err : r.len;
}

int store_watch_fd(struct store *s)
{
	return wire_fd(s->watch);
}

int store_next_event(struct store *s, char *path, size_t size)
{
	return wire_next_event(s->watch, path, size);
}
