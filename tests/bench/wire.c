/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire.c - xenstored's protocol on a bare socket */
#include "tests/bench/wire.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BUF_SIZE 65536

struct wire {
	int fd;
	size_t out_len;			/* in out[], not sent yet */
	size_t begin, end;		/* in in[], not taken yet */
	char out[BUF_SIZE], in[BUF_SIZE];
};

struct wire *wire_open(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *path = getenv("XENSTORED_PATH");
	struct wire *w = malloc(sizeof(*w));

	if (!path)
		path = "/run/xenstored/socket";
	if (!w || strlen(path) >= sizeof(sun.sun_path)) {
		free(w);
		return NULL;
	}
	memcpy(sun.sun_path, path, strlen(path));
	w->out_len = w->begin = w->end = 0;
	w->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(w->fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		close(w->fd);
		free(w);
		return NULL;
	}
	return w;
}

int wire_fd(const struct wire *w)
{
	return w->fd;
}

static void append(struct wire *w, const void *data, size_t len)
{
	if (len > BUF_SIZE - w->out_len)
		abort();	/* nobody here puts that much at once */
	memcpy(w->out + w->out_len, data, len);
	w->out_len += len;
}

void wire_put(struct wire *w, uint32_t type, uint32_t tx, const void *data,
	      size_t len, const void *more, size_t more_len)
{
	struct xsd_sockmsg h = { .type = type, .tx_id = tx,
				 .len = (uint32_t)(len + more_len) };

	append(w, &h, sizeof(h));
	append(w, data, len);
	append(w, more, more_len);
}

int wire_send(struct wire *w)
{
	ssize_t len = (ssize_t)w->out_len;

	w->out_len = 0;
	return send(w->fd, w->out, (size_t)len, 0) == len ? 0 : -1;
}

/* Until so many bytes are there. */
static int fill(struct wire *w, size_t len)
{
	if (w->begin + len > BUF_SIZE) {
		memmove(w->in, w->in + w->begin, w->end - w->begin);
		w->end -= w->begin;
		w->begin = 0;
	}
	while (w->end - w->begin < len) {
		ssize_t n = recv(w->fd, w->in + w->end, BUF_SIZE - w->end, 0);

		if (n <= 0)
			return -1;
		w->end += (size_t)n;
	}
	return 0;
}

static void take(struct wire *w, void *buf, size_t len)
{
	memcpy(buf, w->in + w->begin, len);
	w->begin += len;
	if (w->begin == w->end)
		w->begin = w->end = 0;
}

int wire_receive(struct wire *w, uint32_t *ret_type, char buf[WIRE_SIZE])
{
	struct xsd_sockmsg h;

	if (fill(w, sizeof(h)) < 0)
		return -1;
	take(w, &h, sizeof(h));
	if (h.len >= WIRE_SIZE || fill(w, h.len) < 0)
		return -1;
	take(w, buf, h.len);
	buf[h.len] = '\0';
	*ret_type = h.type;
	return h.type == XS_ERROR ? -2 : (int)h.len;
}

bool wire_has_more(const struct wire *w)
{
	return w->end > w->begin;
}

static int wait_for_answer(struct wire *w, char buf[WIRE_SIZE])
{
	uint32_t type;
	int r;

	if (wire_send(w) < 0)
		return -1;
	do
		r = wire_receive(w, &type, buf);
	while (r != -1 && type == XS_WATCH_EVENT);
	return r;
}

int wire_ask(struct wire *w, uint32_t type, uint32_t tx, const void *data,
	     size_t len, char buf[WIRE_SIZE])
{
	wire_put(w, type, tx, data, len, "", 0);
	return wait_for_answer(w, buf);
}

int wire_write(struct wire *w, const char *path, const char *value)
{
	char buf[WIRE_SIZE];

	wire_put(w, XS_WRITE, 0, path, strlen(path) + 1, value, strlen(value));
	return wait_for_answer(w, buf);
}

int wire_watch(struct wire *w, const char *path)
{
	char buf[WIRE_SIZE];
	size_t len = strlen(path) + 1;

	/* the path is the token, too: nobody reads it */
	wire_put(w, XS_WATCH, 0, path, len, path, len);
	return wait_for_answer(w, buf);
}
