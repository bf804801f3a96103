/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-xenstore.c - the daemon's connection to xenstored, and which ports its
 * events concern
 *
 * With the real threads, on a fake store and a clock that stands still.
 */
#include "tests/unit/check.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/base/log.h"
#include "agent/daemon/xenstore.h"
#include "tests/unit/fake-store.h"
#include "tests/unit/fake-timer.h"

#define ROOT "/local/domain/3/backend/vif"

static struct event_base *base;
static struct table table;
static struct agent a;
static struct sources sources;
static struct xenstore *xenstore;
static int wakes, rescans;
static char last_line[1024];
static int lines;

/* Instead of base/log.c. */
void log_msg(int level, const char *fmt, ...)
{
	va_list ap;

	if (level == LOG_DEBUG)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(last_line, sizeof(last_line), fmt, ap);
	va_end(ap);
	lines++;
}

static void wake(void *arg)
{
	(void)arg;
	wakes++;
}

static void rescan_later(int error, void *arg)
{
	(void)error;
	(void)arg;
	rescans++;
}

static int setup(void **state)
{
	(void)state;
	fake_timer_reset();
	fake_store_start();
	fake_store_put("domid", "3");
	a = (struct agent){ .config = config_new() };
	base = event_base_new();
	table_init(&table, base, wake, NULL);
	sources = (struct sources){ .base = base, .agent = &a, .table = &table,
				    .rescan_later = rescan_later };
	wakes = rescans = lines = 0;
	return xenstore_new(&sources, &xenstore);
}

static int teardown(void **state)
{
	(void)state;
	fake_store_release();
	a.workers = workers_free(a.workers);
	xenstore = xenstore_free(xenstore);
	table_clear(&table);
	a.config = config_free(a.config);
	event_base_free(base);
	return fake_timer_count() || !fake_store_wait_for_end() ? -1 : 0;
}

/* Turns of the event loop, until no answer is awaited. */
static void settle_down(void)
{
	static const struct timespec ms = { 0, 1000000 };

	for (int i = 0; i < 10000; i++) {
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
		fake_timer_pass(0);
		if (!workers_load(a.workers))
			break;
		(void)nanosleep(&ms, NULL);
	}
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(workers_load(a.workers), 0);
}

static void start(void)
{
	xenstore_start(xenstore);
	settle_down();
	assert_int_equal(a.store, STORE_THERE);
}

static struct port *find(uint32_t domid, uint32_t devid)
{
	const struct port_id id = { .is_nic = true, .nic = { domid, devid } };

	return table_find(&table, &id);
}

/* A port that is not due, of a domain that is known to live. */
static struct port *add(uint32_t domid, uint32_t devid)
{
	const struct port_id id = { .is_nic = true, .nic = { domid, devid } };
	enum due due;
	struct port *p;

	assert_int_equal(sources_mark_found(&sources, &id, NULL), 0);
	p = find(domid, devid);
	assert_non_null(p);
	assert_ptr_equal(table_next(&table, true, &due), p);
	p->domain_lives = true;
	return p;
}

static bool is_due(uint32_t domid, uint32_t devid)
{
	const struct port *p = find(domid, devid);

	return p && p->due == DUE_ALL;
}

static void fire(const char *path)
{
	fake_store_fire(path);
	settle_down();
}

/* ---- who is there --------------------------------------------------------- */

static void the_nics_that_are_there_are_due(void **state)
{
	(void)state;
	fake_store_put(ROOT "/5/0/state", "2");
	fake_store_put(ROOT "/7/1/state", "2");
	fake_store_put(ROOT "/junk/0/state", "2");
	start();
	assert_true(is_due(5, 0) && is_due(7, 1));
	assert_int_equal(table.count, 2);
	assert_string_equal(last_line, "connected to xenstored; this is domain 3");
	assert_int_equal(lines, 1);
}

static void a_list_that_fails_is_asked_for_later(void **state)
{
	(void)state;
	fake_store_put(ROOT "/5/0/state", "2");
	fake_store_fail("list " ROOT, -EIO);
	start();
	assert_int_equal(rescans, 1);
	assert_int_equal(table.count, 0);
}

/* ---- events --------------------------------------------------------------- */

static void the_first_event_of_the_root_says_nothing(void **state)
{
	(void)state;
	start();
	(void)add(5, 0);
	fire(ROOT);
	assert_false(is_due(5, 0));
	/* the second one does: the directory was removed, say */
	fire(ROOT);
	assert_true(is_due(5, 0));
}

static void a_nic_s_event_is_its_own(void **state)
{
	(void)state;
	start();
	(void)add(5, 0);
	(void)add(5, 1);
	fire(ROOT "/5/0/state");
	assert_true(is_due(5, 0));
	assert_false(is_due(5, 1));
	/* one that was not known */
	fire(ROOT "/6/0/state");
	assert_true(is_due(6, 0));
	/* a key that says nothing to us */
	fire(ROOT "/5/1/feature-sg");
	assert_false(is_due(5, 1));
	fire(ROOT "/5/1");
	assert_true(is_due(5, 1));
}

static void a_directory_s_event_is_that_of_all_below(void **state)
{
	(void)state;
	start();
	(void)add(5, 0);
	(void)add(50, 0);
	fire(ROOT "/5");
	assert_true(is_due(5, 0));
	assert_false(is_due(50, 0));
}

static void our_own_report_is_checked_by_one_question(void **state)
{
	struct port *p;

	(void)state;
	start();
	p = add(5, 0);
	p->connected = true;
	fire(ROOT "/5/0/hotplug-status");
	assert_int_equal(p->due, DUE_STATUS);
}

/* ---- deaths --------------------------------------------------------------- */

static void a_death_is_that_of_who_is_missing(void **state)
{
	(void)state;
	fake_store_put("domid", "0");
	fake_store_introduce(5);
	start();
	(void)add(5, 0);
	(void)add(6, 0);
	fire("@releaseDomain");
	fake_timer_pass(1000);
	settle_down();
	assert_true(find(5, 0)->domain_lives);
	assert_false(find(6, 0)->domain_lives);
	assert_false(is_due(5, 0));
	assert_true(is_due(6, 0));
}

static void when_nobody_can_say_who_died_all_are_checked(void **state)
{
	(void)state;
	fake_store_put("domid", "0");
	start();
	(void)add(5, 0);
	fake_store_fail("introduced 5", -EIO);
	fire("@releaseDomain");
	fake_timer_pass(1000);
	settle_down();
	assert_false(find(5, 0)->domain_lives);
	assert_true(is_due(5, 0));
}

/* ---- the connection ------------------------------------------------------- */

/* xenstored has been filled since we connected: who we are is read anew. */
static void its_own_domid_written_means_a_new_store(void **state)
{
	unsigned int opened;

	(void)state;
	start();
	opened = fake_store_asked("watch");
	fire("domid");
	assert_int_equal(fake_store_asked("watch"), opened);
	fire("domid");
	settle_down();
	assert_true(fake_store_asked("watch") > opened);
	assert_int_equal(lines, 1);
}

static void when_it_dies_nics_are_kept(void **state)
{
	struct port *p;

	(void)state;
	start();
	p = add(5, 0);
	xenstore_lost(xenstore);
	assert_int_equal(a.store, STORE_GONE);
	assert_true(p->keep);
	assert_int_equal(lines, 2);
	assert_non_null(strstr(last_line, "lost connection to xenstored"));
	/* once */
	xenstore_lost(xenstore);
	assert_int_equal(lines, 2);
	settle_down();
	assert_int_equal(a.store, STORE_THERE);
	assert_true(p->keep);
}

static void that_there_is_none_is_normal(void **state)
{
	(void)state;
	fake_store_die();
	xenstore_start(xenstore);
	settle_down();
	assert_true(xenstore_is_known(xenstore));
	assert_int_equal(a.store, STORE_GONE);
	assert_int_equal(lines, 0);
}

static void that_it_refuses_us_is_said_once(void **state)
{
	(void)state;
	fake_store_fail("open", -EACCES);
	xenstore_start(xenstore);
	settle_down();
	assert_int_equal(lines, 1);
	assert_non_null(strstr(last_line, "cannot connect to xenstored"));
	/* each time it is tried again */
	for (int i = 0; i < 12; i++) {
		fake_timer_pass(4000);
		settle_down();
	}
	assert_true(fake_store_asked("open") > 5);
	assert_int_equal(lines, 1);
}

static void silence_is_said_once_and_its_end_too(void **state)
{
	(void)state;
	start();
	fake_store_hang("*");
	xenstore_list(xenstore);
	assert_true(fake_store_wait_for_hung(1));
	assert_false(xenstore_is_silent(xenstore));
	fake_timer_pass(60000);
	assert_true(xenstore_is_silent(xenstore));
	assert_int_equal(lines, 2);
	fake_store_release();
	settle_down();
	assert_false(xenstore_is_silent(xenstore));
	assert_int_equal(lines, 3);
	assert_string_equal(last_line, "xenstored answers again");
	xenstore_list(xenstore);
	settle_down();
	assert_int_equal(lines, 3);
}

#define XENSTORE_TEST(test)						\
	cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		XENSTORE_TEST(the_nics_that_are_there_are_due),
		XENSTORE_TEST(a_list_that_fails_is_asked_for_later),
		XENSTORE_TEST(the_first_event_of_the_root_says_nothing),
		XENSTORE_TEST(a_nic_s_event_is_its_own),
		XENSTORE_TEST(a_directory_s_event_is_that_of_all_below),
		XENSTORE_TEST(our_own_report_is_checked_by_one_question),
		XENSTORE_TEST(a_death_is_that_of_who_is_missing),
		XENSTORE_TEST(when_nobody_can_say_who_died_all_are_checked),
		XENSTORE_TEST(its_own_domid_written_means_a_new_store),
		XENSTORE_TEST(when_it_dies_nics_are_kept),
		XENSTORE_TEST(that_there_is_none_is_normal),
		XENSTORE_TEST(that_it_refuses_us_is_said_once),
		XENSTORE_TEST(silence_is_said_once_and_its_end_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
