/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire.c - several questions to xenstored at once
 *
 * xenstored answers the requests of a connection one by one and in their order
 * (docs/misc/xenstore.txt), but nobody has to wait for an answer before the next
 * request; libxenstore does.
 */
#include "agent/xen/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#include "agent/core/text.h"

int wire_open(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (!text_copy(sun.sun_path, sizeof(sun.sun_path), store_socket_path()))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- there ------------------------------------------------------------ */

static int send_all(int fd, const char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -ENOTCONN;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

static size_t put_question(char *buf, const struct store_question *q,
			   size_t number)
{
	struct xsd_sockmsg m = { .type = XS_READ, .req_id = (uint32_t)number };
	char *text = buf + sizeof(m);

	if (q->path) {
		m.len = (uint32_t)strlen(q->path) + 1;
		memcpy(text, q->path, m.len);
	} else {
		m.type = XS_IS_DOMAIN_INTRODUCED;
		m.len = (uint32_t)snprintf(text, STORE_PATHSIZE, "%" PRIu32,
					   q->domid) + 1;
	}
	memcpy(buf, &m, sizeof(m));
	return sizeof(m) + m.len;
}

static int send_questions(int fd, const struct store_question *q, size_t n)
{
	char buf[STORE_QUESTIONS *
		 (sizeof(struct xsd_sockmsg) + STORE_PATHSIZE)];
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += put_question(buf + len, &q[i], i);
	return send_all(fd, buf, len);
}

/* ---- and back --------------------------------------------------------- */

/* What has been received and not yet been taken. */
struct inbox {
	int fd;
	size_t begin, end;
	char buf[4096];
};

static int take(struct inbox *in, void *dst, size_t len)
{
	while (len > 0) {
		size_t part = in->end - in->begin;

		if (part > len)
			part = len;
		memcpy(dst, in->buf + in->begin, part);
		in->begin += part;
		dst = (char *)dst + part;
		len -= part;
		if (len > 0) {
			ssize_t n = recv(in->fd, in->buf, sizeof(in->buf), 0);

			if (n == 0 || (n < 0 && errno != EINTR))
				return -ENOTCONN;
			in->begin = 0;
			in->end = n > 0 ? (size_t)n : 0;
		}
	}
	return 0;
}

/* "ENOENT": an error goes by its name. */
static int error_number(const char *name)
{
	const size_t n = sizeof(xsd_errors) / sizeof(xsd_errors[0]);

	for (size_t i = 0; i < n; i++)
		if (strcmp(xsd_errors[i].errstring, name) == 0)
			return -xsd_errors[i].errnum;
	return -EIO;
}

static int take_answer(struct inbox *in, struct store_question *q,
		       size_t number)
{
	struct xsd_sockmsg m;

	if (take(in, &m, sizeof(m)) < 0 || m.req_id != number ||
	    m.len > STORE_VALUESIZE || take(in, q->value, m.len) < 0)
		return -ENOTCONN;
	q->value[m.len] = '\0';
	q->len = m.type == XS_ERROR ? error_number(q->value) : (int)m.len;
	return 0;
}

int wire_ask(int fd, struct store_question *q, size_t n)
{
	struct inbox in;
	int r = send_questions(fd, q, n);

	in.fd = fd;
	in.begin = in.end = 0;
	for (size_t i = 0; i < n && r == 0; i++)
		r = take_answer(&in, &q[i], i);
	return r;
}
