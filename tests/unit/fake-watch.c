/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake-watch.c - what the kernel tells of links and of the guards of ports */
#include "tests/unit/fake-watch.h"

#include "tests/unit/check.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/host/guard-watch.h"

struct host_watch {
	struct fake_socket *socket;
};

struct guard_watch {
	struct fake_socket *socket;
};

struct fake_socket fake_watch, fake_guard_watch;
static struct host_watch of_links = { &fake_watch };
static struct guard_watch of_guards = { &fake_guard_watch };
static struct host_event events[200];
static size_t n_events;
static int removed[8];
static size_t n_removed;

void fake_watch_reset(void)
{
	fake_watch = fake_guard_watch = (struct fake_socket) { .fd = -1 };
	n_events = n_removed = 0;
}

void fake_watch_tell(const struct host_event *ev)
{
	assert_true(n_events < ROWS(events));
	events[n_events++] = *ev;
}

void fake_guard_watch_tell(int ifindex)
{
	assert_true(n_removed < ROWS(removed));
	removed[n_removed++] = ifindex;
}

/* ---- a socket ------------------------------------------------------------- */

static int open_socket(struct fake_socket *s)
{
	if (s->open_result < 0)
		return s->open_result;
	assert_false(s->is_open);
	/* epoll_ctl(2) gives EPERM for /dev/null. */
	s->fd = s->cannot_be_polled ? open("/dev/null", O_RDONLY | O_CLOEXEC) :
		eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_true(s->fd >= 0);
	s->is_open = true;
	s->opened++;
	return 0;
}

static void close_socket(struct fake_socket *s)
{
	assert_true(s->is_open);
	s->is_open = false;
	close(s->fd);
}

static void wake(const struct fake_socket *s)
{
	assert_true(s->is_open);
	assert_int_equal(eventfd_write(s->fd, 1), 0);
}

static void drain(const struct fake_socket *s)
{
	eventfd_t n;

	(void)eventfd_read(s->fd, &n);
}

/* ---- of links --------------------------------------------------------------- */

void fake_watch_wake(void)
{
	wake(&fake_watch);
}

int host_watch_open(struct host_watch **ret)
{
	int r = open_socket(&fake_watch);

	if (r == 0)
		*ret = &of_links;
	return r;
}

struct host_watch *host_watch_close(struct host_watch *w)
{
	if (w)
		close_socket(w->socket);
	return NULL;
}

int host_watch_fd(const struct host_watch *w)
{
	return w->socket->fd;
}

int host_watch_read(struct host_watch *w,
		    void (*fn)(const struct host_event *ev, void *arg),
		    void *arg)
{
	drain(w->socket);
	for (size_t i = 0; i < n_events; i++)
		fn(&events[i], arg);
	n_events = 0;
	return w->socket->read_result;
}

/* ---- of guards -------------------------------------------------------------- */

void fake_guard_watch_wake(void)
{
	wake(&fake_guard_watch);
}

int guard_watch_open(struct guard_watch **ret)
{
	int r = open_socket(&fake_guard_watch);

	if (r == 0)
		*ret = &of_guards;
	return r;
}

struct guard_watch *guard_watch_close(struct guard_watch *w)
{
	if (w)
		close_socket(w->socket);
	return NULL;
}

int guard_watch_fd(const struct guard_watch *w)
{
	return w->socket->fd;
}

bool guard_watch_read(struct guard_watch *w, void (*fn)(int ifindex, void *arg),
		      void *arg)
{
	drain(w->socket);
	for (size_t i = 0; i < n_removed; i++)
		fn(removed[i], arg);
	n_removed = 0;
	return w->socket->read_result > 0;
}
