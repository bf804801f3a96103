/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-udev-events.c - which ports an event of udev concerns */
#include "tests/unit/check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/daemon/udev-events.h"
#include "agent/udev/udev.h"
#include "tests/unit/fake-timer.h"

enum { TAP = 4 };

/* ---- a udev ---------------------------------------------------------------- */

struct udev_room {
	int fd;
	int watch_result;
	int end;	/* after the events: -EAGAIN or -ENOBUFS */
	struct udev_event events[4];
	size_t n;
};

static struct udev_room room;

int udev_watch(struct udev_room *u)
{
	return u->watch_result;
}

int udev_watch_fd(const struct udev_room *u)
{
	return u->fd;
}

int udev_next_event(struct udev_room *u, struct udev_event *ret)
{
	eventfd_t n;

	(void)eventfd_read(u->fd, &n);
	if (!u->n)
		return u->end;
	*ret = u->events[--u->n];
	return 0;
}

/* ---- one test ------------------------------------------------------------- */

static struct event_base *base;
static struct table table;
static struct agent a;
static struct sources sources;
static struct udev_events *events;
static int rescans;

static void wake(void *arg)
{
	(void)arg;
}

static void rescan(void *arg)
{
	(void)arg;
	rescans++;
}

static int setup(void **state)
{
	(void)state;
	fake_timer_reset();
	room = (struct udev_room) { .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
				    .end = -EAGAIN };
	a = (struct agent) { .udev = &room };
	base = event_base_new();
	table_init(&table, base, wake, NULL);
	sources = (struct sources) { .base = base, .agent = &a, .table = &table,
				     .rescan = rescan };
	events = NULL;
	rescans = 0;
	return base && room.fd >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	events = udev_events_free(events);
	table_clear(&table);
	event_base_free(base);
	close(room.fd);
	return 0;
}

static void read_socket(void)
{
	assert_int_equal(eventfd_write(room.fd, 1), 0);
	(void)event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

static void links_and_nics_are_due(void **state)
{
	const struct port_id link = { .ifindex = TAP };
	const struct port_id nic = { .is_nic = true, .nic = { 5, 0 } };

	(void)state;
	assert_int_equal(udev_events_new(&sources, &events), 0);
	room.events[0] = (struct udev_event) { .what = UDEV_LINK, .ifindex = TAP };
	room.events[1] = (struct udev_event) { .what = UDEV_NIC, .nic = { 5, 0 } };
	room.n = 2;
	read_socket();
	assert_int_equal(table.count, 2);
	assert_int_equal(table_find(&table, &link)->due, DUE_ALL);
	assert_int_equal(table_find(&table, &nic)->due, DUE_ALL);
	assert_int_equal(rescans, 0);
}

static void lost_events_are_made_up_for(void **state)
{
	(void)state;
	assert_int_equal(udev_events_new(&sources, &events), 0);
	room.end = -ENOBUFS;
	read_socket();
	assert_int_equal(rescans, 1);
}

static void without_udev_there_are_none(void **state)
{
	(void)state;
	a.udev = NULL;
	assert_int_equal(udev_events_new(&sources, &events), 0);
	assert_null(events);
	assert_null(udev_events_free(events));
}

static void what_cannot_be_listened_to_is_told(void **state)
{
	(void)state;
	room.watch_result = -EMFILE;
	assert_int_equal(udev_events_new(&sources, &events), -EMFILE);
	room.watch_result = 0;
	/* epoll_ctl(2) gives EPERM for it */
	close(room.fd);
	room.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(udev_events_new(&sources, &events), -ENOMEM);
	assert_null(events);
}

#define udev_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		udev_test(links_and_nics_are_due),
		udev_test(lost_events_are_made_up_for),
		udev_test(without_udev_there_are_none),
		udev_test(what_cannot_be_listened_to_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
