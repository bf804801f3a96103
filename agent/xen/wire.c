/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire.c - xenstored's protocol */
#include "agent/xen/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/core/text.h"

/* An event that came while an answer was waited for. */
struct kept {
	STAILQ_ENTRY(kept) next;
	char path[];
};

STAILQ_HEAD(kept_list, kept);

struct wire {
	int fd;
	bool is_device;
	struct kept_list kept;
	size_t begin, end;	/* received, and not yet taken */
	char inbox[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
};

static int open_socket(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, r;

	if (!text_copy(sun.sun_path, sizeof(sun.sun_path), path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

static int open_device(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int wire_open(const char *path, bool is_device, struct wire **ret)
{
	int fd = is_device ? open_device(path) : open_socket(path);
	struct wire *w;

	if (fd < 0)
		return fd;
	w = malloc(sizeof(*w));
	if (!w) {
		close(fd);
		return -ENOMEM;
	}
	w->fd = fd;
	w->is_device = is_device;
	w->begin = w->end = 0;
	STAILQ_INIT(&w->kept);
	*ret = w;
	return 0;
}

struct wire *wire_close(struct wire *w)
{
	struct kept *k;

	if (!w)
		return NULL;
	while ((k = STAILQ_FIRST(&w->kept))) {
		STAILQ_REMOVE_HEAD(&w->kept, next);
		free(k);
	}
	close(w->fd);
	free(w);
	return NULL;
}

int wire_fd(const struct wire *w)
{
	return w->fd;
}

/* ---- there ------------------------------------------------------------ */

static int send_all(int fd, struct iovec *iov, size_t n)
{
	while (n > 0) {
		ssize_t sent = writev(fd, iov, (int)n);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -ENOTCONN;
		for (; n > 0 && (size_t)sent >= iov->iov_len; iov++, n--)
			sent -= (ssize_t)iov->iov_len;
		if (n > 0) {
			iov->iov_base = (char *)iov->iov_base + sent;
			iov->iov_len -= (size_t)sent;
		}
	}
	return 0;
}

/* The kernel's device takes a message in as many pieces as one likes, but no piece
 * of two. */
int wire_send(struct wire *w, const struct wire_request *r, size_t n)
{
	struct xsd_sockmsg head[WIRE_REQUESTS];
	struct iovec iov[3 * WIRE_REQUESTS];

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(r[i].text) + 1;

		head[i] = (struct xsd_sockmsg) {
			.type = r[i].type, .req_id = (uint32_t)i,
			.tx_id = r[i].transaction,
			.len = (uint32_t)(len + r[i].more_len),
		};
		iov[3 * i] = (struct iovec) { &head[i], sizeof(head[i]) };
		iov[3 * i + 1] = (struct iovec) { (void *)r[i].text, len };
		iov[3 * i + 2] = (struct iovec) { (void *)r[i].more,
						  r[i].more_len };
	}
	return send_all(w->fd, iov, 3 * n);
}

/* ---- and back --------------------------------------------------------- */

/* Receive more. Returns 0, -EAGAIN if there is nothing now, -ENOTCONN. */
static int fill(struct wire *w, bool wait)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	ssize_t n;

	if (!wait && poll(&p, 1, 0) <= 0)
		return -EAGAIN;
	memmove(w->inbox, w->inbox + w->begin, w->end - w->begin);
	w->end -= w->begin;
	w->begin = 0;
	n = read(w->fd, w->inbox + w->end, sizeof(w->inbox) - w->end);
	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0)
		return -ENOTCONN;
	w->end += (size_t)n;
	return 0;
}

/* The next message, in the inbox until the next call. */
static int receive(struct wire *w, bool wait, struct xsd_sockmsg *m,
		   const char **ret_body)
{
	int r = 0;

	while (r == 0) {
		size_t have = w->end - w->begin;

		if (have >= sizeof(*m)) {
			memcpy(m, w->inbox + w->begin, sizeof(*m));
			if (m->len > XENSTORE_PAYLOAD_MAX)
				return -ENOTCONN;
			if (have - sizeof(*m) >= m->len)
				break;
		}
		r = fill(w, wait);
	}
	if (r < 0)
		return r;
	*ret_body = w->inbox + w->begin + sizeof(*m);
	w->begin += sizeof(*m) + m->len;
	return 0;
}

/* A path and a token, each with its NUL. */
static bool is_event(const struct xsd_sockmsg *m, const char *body)
{
	return m->type == XS_WATCH_EVENT && memchr(body, 0, m->len);
}

static int keep(struct wire *w, const char *path)
{
	size_t len = strlen(path) + 1;
	struct kept *k = malloc(sizeof(*k) + len);

	if (!k)
		return -ENOTCONN;
	memcpy(k->path, path, len);
	STAILQ_INSERT_TAIL(&w->kept, k, next);
	return 0;
}

/* "ENOENT": an error goes by its name. */
static int error_number(const char *name, size_t len)
{
	const size_t n = sizeof(xsd_errors) / sizeof(xsd_errors[0]);

	for (size_t i = 0; i < n; i++)
		if (strlen(xsd_errors[i].errstring) + 1 == len &&
		    memcmp(xsd_errors[i].errstring, name, len) == 0)
			return -xsd_errors[i].errnum;
	return -EIO;
}

static int answer_of(const struct xsd_sockmsg *m, const char *body,
		     struct wire_request *r)
{
	if (m->type == XS_ERROR)
		return error_number(body, m->len);
	if (!r->answer)
		return 0;
	if (m->len >= r->size)
		return -E2BIG;
	memcpy(r->answer, body, m->len);
	r->answer[m->len] = '\0';
	return (int)m->len;
}

int wire_receive(struct wire *w, struct wire_request *r, size_t n)
{
	struct xsd_sockmsg m;
	const char *body;
	int err = 0;

	for (size_t i = 0; i < n && err == 0;) {
		err = receive(w, true, &m, &body);
		if (err < 0)
			break;
		if (is_event(&m, body)) {
			err = keep(w, body);
			continue;
		}
		/* The kernel answers XS_WATCH itself, without a number. */
		if (m.type != (uint32_t)XS_WATCH && m.req_id != i)
			return -ENOTCONN;
		r[i].len = answer_of(&m, body, &r[i]);
		i++;
	}
	return err;
}

/*
 * The kernel's device keeps a request where the next one is written to, until its
 * thread has sent it (xenbus_file_write and xenbus_dev_request_and_reply,
 * drivers/xen/xenbus): there they go one by one.
 */
int wire_talk(struct wire *w, struct wire_request *r, size_t n)
{
	size_t step = w->is_device ? 1 : n;
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i += step) {
		err = wire_send(w, r + i, step);
		if (err == 0)
			err = wire_receive(w, r + i, step);
	}
	return err;
}

/* No path of ours is so long; what is below one is not, either. */
static void copy_path(char *dst, size_t size, const char *path)
{
	if (!text_copy(dst, size, path))
		*dst = '\0';
}

int wire_next_event(struct wire *w, char *path, size_t size)
{
	struct kept *k = STAILQ_FIRST(&w->kept);
	struct xsd_sockmsg m;
	const char *body;
	int r;

	if (k) {
		STAILQ_REMOVE_HEAD(&w->kept, next);
		copy_path(path, size, k->path);
		free(k);
		return 0;
	}
	r = receive(w, false, &m, &body);
	if (r < 0)
		return r;
	if (!is_event(&m, body))
		return -ENOTCONN;
	copy_path(path, size, body);
	return 0;
}
