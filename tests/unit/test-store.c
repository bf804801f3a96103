/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-store.c - questions that are asked ahead, and who gets the answers */
#include "tests/unit/check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/xen/store.h"
#include "agent/xen/wire.h"

static char dir[] = "/tmp/test-store.XXXXXX";
static struct sockaddr_un address;
static int listener;
static struct store *store;
static int talk, early;		/* xenstored's ends */
static struct store_question a[2], b[2];

static int setup(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	if (!mkdtemp(dir))
		return -1;
	address.sun_family = AF_UNIX;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket",
		       dir);
	(void)setenv("XENSTORED_PATH", address.sun_path, 1);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 2) < 0 || store_open(&store) < 0)
		return -1;
	talk = accept(listener, NULL, NULL);
	early = -1;
	a[0] = (struct store_question) { .path = "/a/state" };
	a[1] = (struct store_question) { .domid = 7 };
	b[0] = (struct store_question) { .path = "/b/state" };
	b[1] = (struct store_question) { .path = "/b/mtu" };
	return talk < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	store = store_close(store);
	close(talk);
	if (early >= 0)
		close(early);
	close(listener);
	unlink(address.sun_path);
	return rmdir(dir);
}

static void ask_ahead(struct store_question *q)
{
	store_ask_ahead(store, q, 2);
	if (early < 0)
		early = accept(listener, NULL, NULL);
	assert_true(early >= 0);
}

/* Two answers, there before anybody waits for them. */
static void tell(int fd, const char *first, const char *second)
{
	const char *text[2] = { first, second };

	for (uint32_t i = 0; i < 2; i++) {
		const struct xsd_sockmsg m = {
			.type = XS_READ, .req_id = i,
			.len = (uint32_t)strlen(text[i]),
		};

		assert_int_equal(send(fd, &m, sizeof(m), 0), sizeof(m));
		assert_int_equal(send(fd, text[i], m.len, 0), m.len);
	}
}

static void must_get(struct store_question *q, const char *first,
		     const char *second)
{
	assert_int_equal(store_ask(store, q, 2), 0);
	assert_string_equal(q[0].value, first);
	assert_string_equal(q[1].value, second);
	assert_int_equal(q[1].len, strlen(second));
}

static size_t heard(int fd)
{
	char buf[65536];
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	return n > 0 ? (size_t)n : 0;
}

/* ----------------------------------------------------------------------- */

static void answers_are_taken_in_order(void **state)
{
	(void)state;
	ask_ahead(a);
	ask_ahead(b);
	tell(early, "1", "T");
	tell(early, "2", "1500");
	must_get(a, "1", "T");
	must_get(b, "2", "1500");
	assert_int_equal(heard(talk), 0);
}

static void the_questions_are_on_their_way_at_once(void **state)
{
	(void)state;
	ask_ahead(a);
	assert_int_equal(heard(early), 2 * sizeof(struct xsd_sockmsg) +
			 strlen("/a/state") + 1 + strlen("7") + 1);
	tell(early, "1", "T");
}

/* The second time something may have changed. */
static void an_answer_is_good_for_once(void **state)
{
	(void)state;
	ask_ahead(a);
	tell(early, "1", "T");
	tell(talk, "4", "F");
	must_get(a, "1", "T");
	must_get(a, "4", "F");
}

static void who_asks_something_else_is_answered_anew(void **state)
{
	(void)state;
	ask_ahead(a);
	tell(early, "1", "T");
	tell(talk, "2", "1500");
	must_get(b, "2", "1500");
	must_get(a, "1", "T");
}

static void who_asks_for_less_is_answered_anew(void **state)
{
	(void)state;
	ask_ahead(a);
	tell(early, "1", "T");
	tell(talk, "4", "F");
	assert_int_equal(store_ask(store, a, 1), 0);
	assert_string_equal(a[0].value, "4");
}

static void what_is_forgotten_is_asked_anew(void **state)
{
	(void)state;
	ask_ahead(a);
	ask_ahead(b);
	tell(early, "1", "T");
	tell(early, "2", "1500");
	store_forget_ahead(store);
	tell(talk, "4", "F");
	must_get(a, "4", "F");
	ask_ahead(a);
	tell(early, "5", "T");
	must_get(a, "5", "T");
	store_forget_ahead(store);
}

static void what_is_too_many_is_asked_when_it_is_its_turn(void **state)
{
	(void)state;
	for (int i = 0; i < STORE_AHEAD; i++)
		ask_ahead(a);
	ask_ahead(b);
	for (int i = 0; i < STORE_AHEAD; i++)
		tell(early, "1", "T");
	tell(talk, "2", "1500");
	for (int i = 0; i < STORE_AHEAD; i++)
		must_get(a, "1", "T");
	must_get(b, "2", "1500");
}

static void if_the_connection_fails_it_is_asked_on_the_other_one(void **state)
{
	(void)state;
	ask_ahead(a);
	ask_ahead(b);
	shutdown(early, SHUT_RDWR);
	tell(talk, "1", "T");
	must_get(a, "1", "T");
	tell(talk, "2", "1500");
	must_get(b, "2", "1500");
	/* and there is another one */
	close(early);
	early = -1;
	ask_ahead(a);
	tell(early, "4", "T");
	must_get(a, "4", "T");
}

static void if_nobody_takes_the_connection_it_is_asked_later(void **state)
{
	(void)state;
	close(listener);
	store_ask_ahead(store, a, 2);
	tell(talk, "1", "T");
	must_get(a, "1", "T");
	store_forget_ahead(store);
}

static void if_xenstored_dies_that_is_told(void **state)
{
	(void)state;
	ask_ahead(a);
	close(listener);
	shutdown(early, SHUT_RDWR);
	shutdown(talk, SHUT_RDWR);
	assert_int_equal(store_ask(store, a, 2), -ENOTCONN);
	store_ask_ahead(store, a, 2);
	store_forget_ahead(store);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		test(answers_are_taken_in_order),
		test(the_questions_are_on_their_way_at_once),
		test(an_answer_is_good_for_once),
		test(who_asks_something_else_is_answered_anew),
		test(who_asks_for_less_is_answered_anew),
		test(what_is_forgotten_is_asked_anew),
		test(what_is_too_many_is_asked_when_it_is_its_turn),
		test(if_the_connection_fails_it_is_asked_on_the_other_one),
		test(if_nobody_takes_the_connection_it_is_asked_later),
		test(if_xenstored_dies_that_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
