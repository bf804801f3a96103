/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store-finder.c - waits until xenstored runs, without trying often */
#include "agent/daemon/store-finder.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/text.h"
#include "agent/daemon/timer.h"
#include "agent/xen/store.h"

/* After a socket has appeared it takes a moment until xenstored listens.  The
 * pause doubles up to the longest one; after that only inotify wakes us. */
#define PAUSE_FIRST_MS 10
#define PAUSE_LAST_MS 5000

struct store_finder {
	struct event_base *base;
	void (*attempt)(void *arg);
	bool running;		/* an attempt is under way */
	void *arg;
	int inotify;
	struct event *readable;
	struct timer *timer;
	unsigned int pause_ms;
};

static void stop(struct store_finder *f)
{
	timer_stop(f->timer);
	if (f->readable)
		event_free(f->readable);
	f->readable = NULL;
	if (f->inotify >= 0)
		close(f->inotify);
	f->inotify = -1;
}

/* Watch the directory of the socket or, while that is missing, the one above
 * it, and so on. */
static int watch_directory(int fd)
{
	char dir[256];
	char *slash;

	if (!text_copy(dir, sizeof(dir), store_socket_path()))
		return -1;
	while ((slash = strrchr(dir, '/')) && slash != dir) {
		*slash = '\0';
		if (inotify_add_watch(fd, dir, IN_CREATE | IN_MOVED_TO |
				      IN_ATTRIB) >= 0)
			return 0;
	}
	return -1;
}

static void attempt(struct store_finder *f);

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct store_finder *f = arg;
	char buf[4096];

	(void)what;
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	f->pause_ms = PAUSE_FIRST_MS;
	attempt(f);
}

static void on_timer(void *arg)
{
	attempt(arg);
}

/* Each time a directory nearer to the socket may exist. */
static void listen_for_socket(struct store_finder *f)
{
	if (f->inotify < 0)
		f->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (f->inotify < 0 || watch_directory(f->inotify) < 0 || f->readable)
		return;
	f->readable = event_new(f->base, f->inotify, EV_READ | EV_PERSIST,
				on_readable, f);
	if (f->readable)
		(void)event_add(f->readable, NULL);
}

static void attempt(struct store_finder *f)
{
	if (f->running)
		return;
	f->running = true;
	f->attempt(f->arg);
}

/* inotify is opened only after a failure, because xenstored usually runs, and
 * closing an inotify descriptor can take long.  If the socket appeared in
 * between, the timer's attempt finds it. */
void store_finder_failed(struct store_finder *f)
{
	struct stat st;

	f->running = false;
	listen_for_socket(f);
	if (f->pause_ms < PAUSE_LAST_MS || stat(store_socket_path(), &st) == 0)
		(void)timer_start(f->timer, f->pause_ms);
	if (f->pause_ms < PAUSE_LAST_MS)
		f->pause_ms *= 2;
}

void store_finder_end(struct store_finder *f)
{
	f->running = false;
	stop(f);
}

void store_finder_start(struct store_finder *f)
{
	f->pause_ms = PAUSE_FIRST_MS;
	attempt(f);
}

struct store_finder *store_finder_new(struct event_base *base,
				      void (*attempt_fn)(void *arg), void *arg)
{
	struct store_finder *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	*f = (struct store_finder) { .base = base, .attempt = attempt_fn,
				     .arg = arg, .inotify = -1 };
	f->timer = timer_new(base, on_timer, f);
	if (!f->timer) {
		free(f);
		return NULL;
	}
	return f;
}

struct store_finder *store_finder_free(struct store_finder *f)
{
	if (!f)
		return NULL;
	stop(f);
	f->timer = timer_free(f->timer);
	free(f);
	return NULL;
}
