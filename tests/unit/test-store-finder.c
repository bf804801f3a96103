/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-store-finder.c - when xenstored is tried again: a real directory, and a clock
 * that stands still */
#include "tests/unit/check.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/daemon/store-finder.h"
#include "tests/unit/fake-timer.h"

static struct event_base *base;
static struct store_finder *finder;
static char top[] = "/tmp/vifagent-test-XXXXXX", dir[64], path[96];
static int attempts;

/* Instead of xen/store.c. */
const char *store_socket_path(void);
const char *store_socket_path(void)
{
	return path;
}

static void attempt(void *arg)
{
	(void)arg;
	attempts++;
}

static int setup(void **state)
{
	(void)state;
	fake_timer_reset();
	(void)snprintf(top, sizeof(top), "/tmp/vifagent-test-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	(void)snprintf(dir, sizeof(dir), "%s/xenstored", top);
	(void)snprintf(path, sizeof(path), "%s/socket", dir);
	attempts = 0;
	base = event_base_new();
	finder = store_finder_new(base, attempt, NULL);
	return base && finder ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	finder = store_finder_free(finder);
	event_base_free(base);
	(void)unlink(path);
	(void)rmdir(dir);
	return rmdir(top) < 0 || fake_timer_count() ? -1 : 0;
}

/* How many attempts does the event loop make now? */
static int turn(void)
{
	attempts = 0;
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
	return attempts;
}

static void make_socket(void)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

/* The pauses after failures, until there is none. */
static void fail_for_good(void)
{
	static const unsigned int pauses[] = { 10, 20, 40, 80, 160, 320, 640,
					       1280, 2560 };

	for (each(i, pauses)) {
		attempts = 0;
		store_finder_failed(finder);
		fake_timer_pass(pauses[i] - 1);
		assert_int_equal(attempts, 0);
		fake_timer_pass(1);
		assert_int_equal(attempts, 1);
	}
	attempts = 0;
	store_finder_failed(finder);
	fake_timer_pass(3600 * 1000);
	assert_int_equal(attempts, 0);
}

static void it_tries_at_once_and_then_less_and_less(void **state)
{
	(void)state;
	store_finder_start(finder);
	assert_int_equal(attempts, 1);
	fail_for_good();
}

static void a_socket_that_appears_is_tried_at_once(void **state)
{
	(void)state;
	assert_int_equal(mkdir(dir, 0700), 0);
	store_finder_start(finder);
	fail_for_good();
	assert_int_equal(turn(), 0);
	make_socket();
	assert_int_equal(turn(), 1);
	/* it may take a moment until xenstored listens */
	store_finder_failed(finder);
	fake_timer_pass(10);
	assert_int_equal(attempts, 2);
}

static void so_is_one_whose_directory_appears_first(void **state)
{
	(void)state;
	store_finder_start(finder);
	fail_for_good();
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(turn(), 1);
	store_finder_failed(finder);
	assert_int_equal(turn(), 0);
	make_socket();
	assert_int_equal(turn(), 1);
}

static void while_there_is_a_socket_it_goes_on_trying(void **state)
{
	(void)state;
	assert_int_equal(mkdir(dir, 0700), 0);
	make_socket();
	store_finder_start(finder);
	for (int i = 0; i < 9; i++) {
		store_finder_failed(finder);
		fake_timer_pass(5120);
	}
	for (int i = 0; i < 5; i++) {
		attempts = 0;
		store_finder_failed(finder);
		fake_timer_pass(5119);
		assert_int_equal(attempts, 0);
		fake_timer_pass(1);
		assert_int_equal(attempts, 1);
	}
}

static void one_attempt_at_a_time(void **state)
{
	(void)state;
	store_finder_start(finder);
	store_finder_start(finder);
	assert_int_equal(attempts, 1);
	store_finder_failed(finder);
	store_finder_start(finder);
	assert_int_equal(attempts, 2);
}

static void once_found_it_is_quiet(void **state)
{
	(void)state;
	store_finder_start(finder);
	store_finder_failed(finder);
	store_finder_start(finder);
	store_finder_end(finder);
	assert_int_equal(mkdir(dir, 0700), 0);
	make_socket();
	assert_int_equal(turn(), 0);
	fake_timer_pass(3600 * 1000);
	assert_int_equal(attempts, 0);
	/* until it is lost */
	store_finder_start(finder);
	assert_int_equal(attempts, 1);
}

static void without_memory_there_is_none(void **state)
{
	(void)state;
	fake_timer_fail(true);
	assert_null(store_finder_new(base, attempt, NULL));
	fake_timer_fail(false);
	assert_null(store_finder_free(NULL));
}

#define finder_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		finder_test(it_tries_at_once_and_then_less_and_less),
		finder_test(a_socket_that_appears_is_tried_at_once),
		finder_test(so_is_one_whose_directory_appears_first),
		finder_test(while_there_is_a_socket_it_goes_on_trying),
		finder_test(one_attempt_at_a_time),
		finder_test(once_found_it_is_quiet),
		finder_test(without_memory_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
