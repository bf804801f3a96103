/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-wire.c - requests, and a xenstored that answers or does not */
#include "tests/unit/check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/xen/wire.h"

#define N 3

static char dir[] = "/tmp/test-wire.XXXXXX";
static char path[64];
static struct wire *ours;
static int theirs;
static char value[N][XENSTORE_PAYLOAD_MAX + 1];
static struct wire_request q[N];

static int connect_both(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(path, sizeof(path), "%s/socket", dir);
	memcpy(sun.sun_path, path, strlen(path));
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    listen(fd, 1) < 0 || wire_open(path, false, &ours) < 0)
		return -1;
	theirs = accept(fd, NULL, NULL);
	close(fd);
	return theirs;
}

static int setup(void **state)
{
	static const char *const text[N] = { "/a/state", "/a/b", "32751" };

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	if (!mkdtemp(dir) || connect_both() < 0)
		return -1;
	memset(value, 0x5a, sizeof(value));
	for (int i = 0; i < N; i++)
		q[i] = (struct wire_request) { .type = XS_READ,
					       .text = text[i],
					       .answer = value[i],
					       .size = sizeof(value[i]) };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ours = wire_close(ours);
	if (theirs >= 0)
		close(theirs);
	unlink(path);
	return rmdir(dir);
}

static void tell(const void *bytes, size_t len)
{
	assert_int_equal(send(theirs, bytes, len, 0), (ssize_t)len);
}

static void tell_head(uint32_t type, uint32_t req_id, uint32_t len)
{
	const struct xsd_sockmsg m = { .type = type, .req_id = req_id,
				       .len = len };

	tell(&m, sizeof(m));
}

/* The answers are there before the requests are: nobody waits. */
static void tell_all(uint32_t type, uint32_t req_id, const char *text,
		     size_t len)
{
	tell_head(type, req_id, (uint32_t)len);
	tell(text, len);
}

static void must_hear(uint32_t type, uint32_t req_id, uint32_t tx_id,
		      const char *text, size_t len)
{
	struct xsd_sockmsg m;
	char buf[64];

	assert_int_equal(recv(theirs, &m, sizeof(m), MSG_WAITALL), sizeof(m));
	assert_int_equal(m.type, type);
	assert_int_equal(m.req_id, req_id);
	assert_int_equal(m.tx_id, tx_id);
	assert_int_equal(m.len, len);
	assert_int_equal(recv(theirs, buf, len, MSG_WAITALL), (ssize_t)len);
	assert_memory_equal(buf, text, len);
}

static void no_event(void)
{
	char event[32];

	assert_int_equal(wire_next_event(ours, event, sizeof(event)), -EAGAIN);
}

static void event_is(const char *expected)
{
	char event[32];

	assert_int_equal(wire_next_event(ours, event, sizeof(event)), 0);
	assert_string_equal(event, expected);
}

/* ---- requests --------------------------------------------------------- */

static void each_request_gets_its_answer(void **state)
{
	(void)state;
	q[1].type = XS_WRITE;
	q[1].transaction = 7;
	q[1].more = "new";
	q[1].more_len = 3;
	tell_all(XS_READ, 0, "a\0b", 3);
	tell_all(XS_WRITE, 1, "OK", 3);
	tell_all(XS_READ, 2, "", 0);
	assert_int_equal(wire_talk(ours, q, N), 0);
	must_hear(XS_READ, 0, 0, "/a/state", 9);
	must_hear(XS_WRITE, 1, 7, "/a/b\0new", 8);
	must_hear(XS_READ, 2, 0, "32751", 6);
	assert_int_equal(q[0].len, 3);
	assert_memory_equal(value[0], "a\0b", 4);
	assert_int_equal(q[1].len, 3);
	assert_int_equal(q[2].len, 0);
	assert_string_equal(value[2], "");
	no_event();
}

static void an_error_is_an_answer(void **state)
{
	(void)state;
	tell_all(XS_ERROR, 0, "ENOENT", 7);
	tell_all(XS_ERROR, 1, "EACCES", 7);
	tell_all(XS_ERROR, 2, "ESTRANGE", 9);
	assert_int_equal(wire_talk(ours, q, N), 0);
	assert_int_equal(q[0].len, -ENOENT);
	assert_int_equal(q[1].len, -EACCES);
	assert_int_equal(q[2].len, -EIO);
}

static void values_may_be_as_long_as_they_can_be(void **state)
{
	char text[XENSTORE_PAYLOAD_MAX];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (uint32_t i = 0; i < N; i++)
		tell_all(XS_READ, i, text, sizeof(text));
	assert_int_equal(wire_talk(ours, q, N), 0);
	for (int i = 0; i < N; i++) {
		assert_int_equal(q[i].len, XENSTORE_PAYLOAD_MAX);
		assert_memory_equal(value[i], text, sizeof(text));
		assert_int_equal(value[i][XENSTORE_PAYLOAD_MAX], 0);
	}
}

static void one_that_does_not_fit_is_told(void **state)
{
	(void)state;
	q[0].size = 3;
	tell_all(XS_READ, 0, "abc", 3);
	tell_all(XS_READ, 1, "abc", 3);
	assert_int_equal(wire_talk(ours, q, 2), 0);
	assert_int_equal(q[0].len, -E2BIG);
	assert_int_equal(q[1].len, 3);
}

/* A FIFO in the device's place gives back what it is given.  The second request
 * is what the first was answered: it must not go before. */
static void through_the_device_they_go_one_by_one(void **state)
{
	char fifo[64];
	struct wire *w;

	(void)state;
	(void)snprintf(fifo, sizeof(fifo), "%s/device", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(wire_open(fifo, true, &w), 0);
	strcpy(value[0], "stale");
	q[1].text = value[0];
	assert_int_equal(wire_talk(w, q, 2), 0);
	assert_string_equal(value[1], "/a/state");
	wire_close(w);
	unlink(fifo);
}

/* ---- events ----------------------------------------------------------- */

static void events_are_taken_one_by_one(void **state)
{
	(void)state;
	tell_all(XS_WATCH_EVENT, 0, "/a\0token", 9);
	tell_all(XS_WATCH_EVENT, 0, "@releaseDomain\0token", 21);
	event_is("/a");
	event_is("@releaseDomain");
	no_event();
}

static void those_among_answers_are_kept_in_order(void **state)
{
	(void)state;
	tell_all(XS_WATCH_EVENT, 0, "/a\0t", 5);
	tell_all(XS_READ, 0, "1", 1);
	tell_all(XS_WATCH_EVENT, 0, "/b\0t", 5);
	tell_all(XS_READ, 1, "2", 1);
	tell_all(XS_WATCH_EVENT, 0, "/c\0t", 5);
	assert_int_equal(wire_talk(ours, q, 2), 0);
	assert_string_equal(value[0], "1");
	assert_string_equal(value[1], "2");
	event_is("/a");
	event_is("/b");
	event_is("/c");
	no_event();
}

static void half_an_event_is_none_yet(void **state)
{
	(void)state;
	tell_head(XS_WATCH_EVENT, 0, 5);
	no_event();
	tell("/a\0", 3);
	no_event();
	tell("t\0", 2);
	event_is("/a");
}

static void a_path_that_does_not_fit_is_any(void **state)
{
	char event[4];

	(void)state;
	tell_all(XS_WATCH_EVENT, 0, "/a/b/c\0t", 9);
	assert_int_equal(wire_next_event(ours, event, sizeof(event)), 0);
	assert_string_equal(event, "");
}

/* The kernel's device answers these by itself. */
static void a_watch_is_answered_without_a_number(void **state)
{
	(void)state;
	q[1].type = XS_WATCH;
	tell_all(XS_READ, 0, "1", 1);
	tell_all(XS_WATCH, 0, "OK", 3);
	assert_int_equal(wire_talk(ours, q, 2), 0);
	assert_int_equal(q[1].len, 3);
}

/* ---- the end ---------------------------------------------------------- */

/* xenstored would not; but then nothing that it says can be believed. */
static void nonsense_is_the_end_of_it(void **state)
{
	(void)state;
	tell_all(XS_READ, 1, "2", 1);
	assert_int_equal(wire_talk(ours, q, 1), -ENOTCONN);
}

static void a_value_that_cannot_be_is_the_end_of_it(void **state)
{
	(void)state;
	tell_head(XS_READ, 0, XENSTORE_PAYLOAD_MAX + 1);
	assert_int_equal(wire_talk(ours, q, 1), -ENOTCONN);
}

static void an_event_without_a_path_too(void **state)
{
	char event[32];

	(void)state;
	tell_all(XS_WATCH_EVENT, 0, "abc", 3);
	assert_int_equal(wire_next_event(ours, event, sizeof(event)),
			 -ENOTCONN);
}

static void an_answer_that_nobody_asked_for_too(void **state)
{
	char event[32];

	(void)state;
	tell_all(XS_READ, 0, "abc", 3);
	assert_int_equal(wire_next_event(ours, event, sizeof(event)),
			 -ENOTCONN);
}

static void xenstored_dies_in_the_middle(void **state)
{
	(void)state;
	tell_all(XS_READ, 0, "2", 1);
	tell_head(XS_READ, 1, 10);
	shutdown(theirs, SHUT_WR);
	assert_int_equal(wire_talk(ours, q, N), -ENOTCONN);
}

static void xenstored_is_dead(void **state)
{
	char event[32];

	(void)state;
	close(theirs);
	theirs = -1;
	assert_int_equal(wire_next_event(ours, event, sizeof(event)),
			 -ENOTCONN);
	assert_int_equal(wire_talk(ours, q, N), -ENOTCONN);
}

static void xenstored_is_not_there(void **state)
{
	struct wire *w = NULL;

	(void)state;
	assert_int_equal(wire_open("/nonexistent/socket", false, &w), -ENOENT);
	assert_int_equal(wire_open("/nonexistent/device", true, &w), -ENOENT);
	assert_null(w);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		test(each_request_gets_its_answer),
		test(an_error_is_an_answer),
		test(values_may_be_as_long_as_they_can_be),
		test(one_that_does_not_fit_is_told),
		test(through_the_device_they_go_one_by_one),
		test(events_are_taken_one_by_one),
		test(those_among_answers_are_kept_in_order),
		test(half_an_event_is_none_yet),
		test(a_path_that_does_not_fit_is_any),
		test(a_watch_is_answered_without_a_number),
		test(nonsense_is_the_end_of_it),
		test(a_value_that_cannot_be_is_the_end_of_it),
		test(an_event_without_a_path_too),
		test(an_answer_that_nobody_asked_for_too),
		test(xenstored_dies_in_the_middle),
		test(xenstored_is_dead),
		test(xenstored_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
