/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-wire.c - several questions at once, and a xenstored that answers or not */
#include "tests/unit/check.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#include "agent/xen/wire.h"

#define N 3

static int ours, theirs;
static struct store_question q[N];

static int setup(void **state)
{
	int fds[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	ours = fds[0];
	theirs = fds[1];
	memset(q, 0x5a, sizeof(q));
	q[0].path = "/a/state";
	q[1].path = "/a/b";
	q[2].path = NULL;
	q[2].domid = 32751;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(ours);
	if (theirs >= 0)
		close(theirs);
	return 0;
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

/* The answers are there before the questions are: nobody waits. */
static void tell_answer(uint32_t type, uint32_t req_id, const char *text,
			size_t len)
{
	tell_head(type, req_id, (uint32_t)len);
	tell(text, len);
}

static void must_hear(uint32_t type, uint32_t req_id, const char *text)
{
	size_t len = strlen(text) + 1;
	struct xsd_sockmsg m;
	char buf[64];

	assert_int_equal(recv(theirs, &m, sizeof(m), MSG_WAITALL), sizeof(m));
	assert_int_equal(m.type, type);
	assert_int_equal(m.req_id, req_id);
	assert_int_equal(m.tx_id, 0);
	assert_int_equal(m.len, len);
	assert_int_equal(recv(theirs, buf, len, MSG_WAITALL), (ssize_t)len);
	assert_memory_equal(buf, text, len);
}

static void each_question_gets_its_answer(void **state)
{
	(void)state;
	tell_answer(XS_READ, 0, "2", 1);
	tell_answer(XS_READ, 1, "a\0b", 3);
	tell_answer(XS_IS_DOMAIN_INTRODUCED, 2, "T", 2);
	assert_int_equal(wire_ask(ours, q, N), 0);
	must_hear(XS_READ, 0, "/a/state");
	must_hear(XS_READ, 1, "/a/b");
	must_hear(XS_IS_DOMAIN_INTRODUCED, 2, "32751");
	assert_int_equal(q[0].len, 1);
	assert_string_equal(q[0].value, "2");
	assert_int_equal(q[1].len, 3);
	assert_memory_equal(q[1].value, "a\0b", 4);
	assert_string_equal(q[2].value, "T");
	/* nothing is left that would look like xenstored's end */
	assert_int_equal(recv(ours, q, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void an_error_is_an_answer(void **state)
{
	(void)state;
	tell_answer(XS_ERROR, 0, "ENOENT", 7);
	tell_answer(XS_ERROR, 1, "EACCES", 7);
	tell_answer(XS_ERROR, 2, "ESTRANGE", 9);
	assert_int_equal(wire_ask(ours, q, N), 0);
	assert_int_equal(q[0].len, -ENOENT);
	assert_int_equal(q[1].len, -EACCES);
	assert_int_equal(q[2].len, -EIO);
}

static void values_may_be_as_long_as_they_can_be(void **state)
{
	char text[STORE_VALUESIZE];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (uint32_t i = 0; i < N; i++)
		tell_answer(XS_READ, i, text, sizeof(text));
	assert_int_equal(wire_ask(ours, q, N), 0);
	for (int i = 0; i < N; i++) {
		assert_int_equal(q[i].len, STORE_VALUESIZE);
		assert_memory_equal(q[i].value, text, sizeof(text));
		assert_int_equal(q[i].value[STORE_VALUESIZE], 0);
	}
}

static void an_empty_value_is_a_value(void **state)
{
	(void)state;
	tell_head(XS_READ, 0, 0);
	assert_int_equal(wire_ask(ours, q, 1), 0);
	assert_int_equal(q[0].len, 0);
	assert_string_equal(q[0].value, "");
}

/* xenstored would not; but then nothing that it says can be believed. */
static void nonsense_is_the_end_of_it(void **state)
{
	(void)state;
	tell_answer(XS_READ, 1, "2", 1);
	assert_int_equal(wire_ask(ours, q, 1), -ENOTCONN);
}

static void a_value_that_cannot_be_is_the_end_of_it(void **state)
{
	(void)state;
	tell_head(XS_READ, 0, STORE_VALUESIZE + 1);
	assert_int_equal(wire_ask(ours, q, 1), -ENOTCONN);
}

static void xenstored_dies_in_the_middle(void **state)
{
	(void)state;
	tell_answer(XS_READ, 0, "2", 1);
	tell_head(XS_READ, 1, 10);
	shutdown(theirs, SHUT_WR);
	assert_int_equal(wire_ask(ours, q, N), -ENOTCONN);
}

static void xenstored_is_dead(void **state)
{
	(void)state;
	close(theirs);
	theirs = -1;
	assert_int_equal(wire_ask(ours, q, N), -ENOTCONN);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		test(each_question_gets_its_answer),
		test(an_error_is_an_answer),
		test(values_may_be_as_long_as_they_can_be),
		test(an_empty_value_is_a_value),
		test(nonsense_is_the_end_of_it),
		test(a_value_that_cannot_be_is_the_end_of_it),
		test(xenstored_dies_in_the_middle),
		test(xenstored_is_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
