/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.c - xenstored's events, and the end of the connection */
#include "agent/xen/watch.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xenstore.h>

#include "agent/base/text.h"
#include "agent/xen/store.h"

struct watch {
	struct xs_handle *xs;
	int canary;		/* a bare connection: libxenstore does not
				 * tell when xenstored hangs up; -1: none */
	int epoll;		/* of both */
};

/* None (-1) for the kernel's device, which cannot hang up.  Returns 0 or a negative
 * errno value. */
static int open_canary(int *ret)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (!text_copy(sun.sun_path, sizeof(sun.sun_path), store_socket_path()))
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		*ret = fd;
	else
		close(fd);
	return 0;
}

static int listen_to(struct watch *w, int fd)
{
	struct epoll_event e = { .events = EPOLLIN };

	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

/* xs_close() cancels libxenstore's thread.  glibc loads this library for that, and
 * aborts the process if it cannot: so it is loaded early. */
static void load_unwinder(void)
{
	static void *unwinder;

	if (!unwinder)
		unwinder = dlopen("libgcc_s.so.1", RTLD_NOW);
}

static int begin(struct watch *w, const char *const *paths)
{
	int r;

	if (w->epoll < 0)
		return -EMFILE;
	r = store_handle(&w->xs);
	if (r < 0)
		return r;
	load_unwinder();
	r = open_canary(&w->canary);
	if (r < 0)
		return r;
	for (errno = 0; *paths; paths++)
		/* the path is also the token, which is not used */
		if (!xs_watch(w->xs, *paths, *paths))
			return store_errno();
	if (xs_fileno(w->xs) < 0)
		return -EMFILE;
	r = listen_to(w, xs_fileno(w->xs));
	if (r == 0 && w->canary >= 0)
		r = listen_to(w, w->canary);
	return r;
}

int watch_open(const char *const *paths, struct watch **ret)
{
	struct watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->canary = -1;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	r = begin(w, paths);
	if (r < 0)
		watch_close(w);
	else
		*ret = w;
	return r;
}

struct watch *watch_close(struct watch *w)
{
	if (!w)
		return NULL;
	if (w->epoll >= 0)
		close(w->epoll);
	if (w->canary >= 0)
		close(w->canary);
	xs_close(w->xs);
	free(w);
	return NULL;
}

int watch_fd(const struct watch *w)
{
	return w->epoll;
}

bool watch_has_hung_up(const struct watch *w)
{
	char byte;

	return w->canary >= 0 && recv(w->canary, &byte, 1, MSG_DONTWAIT) == 0;
}

int watch_next(struct watch *w, char *path, size_t size)
{
	char **event = xs_check_watch(w->xs);

	if (!event && (errno != EAGAIN || watch_has_hung_up(w)))
		return -ENOTCONN;
	if (!event)
		return -EAGAIN;
	/* Our own paths are shorter, and so are all those below them. */
	if (!text_copy(path, size, event[XS_WATCH_PATH]))
		*path = '\0';
	free(event);
	return 0;
}
