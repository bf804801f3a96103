/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-keeper.c - how the sources, the table and the scheduler start and go on */
#include "tests/unit/check.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <time.h>

#include "agent/core/config-file.h"
#include "agent/daemon/keeper.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/fake-store.h"
#include "tests/unit/fake-timer.h"
#include "tests/unit/fake-watch.h"

enum { BR0 = 2, TAP = 3, STRANGER = 4, LATER = 5 };

#define RECORD "vifagent/1 by=hand net=br0 was.name=tap7 was.mac=52:54:00:00:00:03 was.mtu=1500 was.up=0 was.gen=0"

static struct event_base *base;
static struct fake_host f;
static struct agent a;
static struct keeper *keeper;
static struct keeper_ops ops;
static char error[REASON_SIZE];
static int idle;

static void on_idle(void *arg)
{
	(void)arg;
	idle++;
}

static struct link *link_at(int ifindex)
{
	return &fake_host_at(&f, ifindex)->l;
}

/* A tap that was attached by hand, and is not on its bridge now. */
static void put_port(int ifindex, const char *name)
{
	fake_host_put(&f, ifindex, name, "tun");
	assert_true(text_copy(link_at(ifindex)->alias, LINK_ALIASSIZE, RECORD));
}

/* A host with a port, and no xenstored. */
static int setup(void **state)
{
	(void)state;
	fake_timer_reset();
	fake_watch_reset();
	fake_store_start();
	fake_store_fail("open", -ENOENT);
	fake_host_init(&f);
	fake_host_put(&f, BR0, "br0", "bridge")->mac_set = true;
	fake_host_put(&f, STRANGER, "tap8", "tun");
	put_port(TAP, "tap7");
	a = (struct agent){ .host = &f.host, .config = config_new() };
	ops = (struct keeper_ops){ .idle = on_idle };
	base = event_base_new();
	error[0] = '\0';
	return a.config && base ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	a.workers = workers_free(a.workers);
	keeper = keeper_free(keeper);
	a.config = config_free(a.config);
	event_base_free(base);
	if (fake_watch.is_open || fake_guard_watch.is_open)
		return -1;
	return fake_timer_count() || !fake_store_wait_for_end() ? -1 : 0;
}

static void settle_down(void)
{
	static const struct timespec ms = { 0, 1000000 };

	idle = 0;
	for (int i = 0; i < 10000 && (!idle || workers_load(a.workers)); i++) {
		(void)event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
		fake_timer_pass(0);
		if (workers_load(a.workers))
			(void)nanosleep(&ms, NULL);
	}
	assert_true(idle > 0);
}

/* Nothing becomes due. */
static void turn(void)
{
	idle = 0;
	for (int i = 0; i < 10; i++)
		(void)event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
	assert_int_equal(idle, 0);
}

static int start(void)
{
	return keeper_new(base, &a, &ops, &keeper, error);
}

static void start_and_settle(void)
{
	assert_int_equal(start(), 0);
	settle_down();
}

static void has_ports(unsigned int ports, unsigned int waiting)
{
	unsigned int n, n_waiting;

	keeper_count(keeper, &n, &n_waiting);
	assert_int_equal(n, ports);
	assert_int_equal(n_waiting, waiting);
}

static void a_start_puts_every_port_right(void **state)
{
	(void)state;
	start_and_settle();
	assert_int_equal(link_at(TAP)->master, BR0);
	assert_int_equal(link_at(STRANGER)->master, 0);
	has_ports(1, 0);
	/* and has nothing more to do */
	fake_timer_pass(1000);
	turn();
}

static void a_host_without_ports_gets_idle_too(void **state)
{
	(void)state;
	fake_host_del(&f, TAP);
	start_and_settle();
	has_ports(0, 0);
	/* after a reload as well: a service manager waits for it */
	keeper_scan(keeper);
	settle_down();
}

static void a_start_that_cannot_listen_says_why(void **state)
{
	(void)state;
	fake_watch.open_result = -EMFILE;
	assert_int_equal(start(), -EMFILE);
	assert_string_equal(error, "cannot listen to the kernel: Too many open files");
	assert_null(keeper);
}

static void with_a_socket_that_cannot_be_polled_it_does_not_start(void **state)
{
	(void)state;
	fake_watch.cannot_be_polled = true;
	assert_int_equal(start(), -ENOMEM);
	assert_false(fake_watch.is_open);
}

static void without_memory_for_a_timer_it_does_not_start(void **state)
{
	(void)state;
	fake_timer_fail(true);
	assert_int_equal(start(), -ENOMEM);
	fake_timer_fail(false);
	assert_string_equal(error, "cannot listen to the kernel: Cannot allocate memory");
}

static void a_socket_that_fails_is_opened_again_and_all_is_checked(void **state)
{
	(void)state;
	start_and_settle();
	fake_watch.read_result = -EIO;
	fake_watch_wake();
	turn();
	assert_false(fake_watch.is_open);
	/* missed meanwhile */
	put_port(LATER, "tap9");
	fake_watch.read_result = 0;
	fake_watch.open_result = -EMFILE;
	fake_timer_pass(1000);
	turn();
	assert_int_equal(link_at(LATER)->master, 0);
	fake_watch.open_result = 0;
	fake_timer_pass(1000);
	settle_down();
	assert_true(fake_watch.is_open);
	assert_int_equal(link_at(LATER)->master, BR0);
	has_ports(2, 0);
}

static void configure_a_guard(void)
{
	static const char text[] = "[network red]\nbridge = br0\nguard = mac\n";
	char why[REASON_SIZE];

	assert_int_equal(config_add(a.config, text, strlen(text), why), 0);
}

static void events_that_were_lost_are_made_up_for(void **state)
{
	(void)state;
	configure_a_guard();
	start_and_settle();
	link_at(TAP)->master = 0;
	put_port(LATER, "tap9");
	fake_watch.read_result = HOST_OVERFLOW;
	fake_watch_wake();
	settle_down();
	assert_int_equal(link_at(TAP)->master, BR0);
	assert_int_equal(link_at(LATER)->master, BR0);
	/* also that links have gone, and left their guards */
	assert_int_equal(f.sweeps, 2);
}

static void a_start_listens_to_guards_if_a_network_has_one(void **state)
{
	(void)state;
	configure_a_guard();
	start_and_settle();
	assert_true(fake_guard_watch.is_open);
	assert_int_equal(f.sweeps, 1);
}

static void a_start_that_cannot_listen_to_guards_is_none(void **state)
{
	(void)state;
	configure_a_guard();
	fake_guard_watch.cannot_be_polled = true;
	assert_int_equal(start(), -ENOMEM);
}

/* Guards may be in the configuration that a reload brings. */
static void a_reload_listens_to_guards_or_tries_again(void **state)
{
	(void)state;
	start_and_settle();
	assert_int_equal(fake_guard_watch.opened, 0);
	configure_a_guard();
	fake_guard_watch.cannot_be_polled = true;
	keeper_scan(keeper);
	settle_down();
	assert_false(fake_guard_watch.is_open);
	fake_timer_pass(1000);
	turn();
	assert_false(fake_guard_watch.is_open);
	fake_guard_watch.cannot_be_polled = false;
	fake_timer_pass(1000);
	settle_down();
	assert_true(fake_guard_watch.is_open);
}

static void a_reload_ends_a_hold(void **state)
{
	(void)state;
	start_and_settle();
	for (int i = 0; i < 9; i++) {
		struct host_event ev = { .what = HOST_LINK };

		link_at(TAP)->master = 0;
		ev.link = *link_at(TAP);
		fake_watch_tell(&ev);
		fake_watch_wake();
		settle_down();
	}
	has_ports(1, 1);
	assert_true(keeper_corrections(keeper) >= 8);
	keeper_scan(keeper);
	settle_down();
	assert_int_equal(link_at(TAP)->master, BR0);
	has_ports(1, 0);
}

static void the_end_of_none_is_nothing(void **state)
{
	(void)state;
	assert_null(keeper_free(NULL));
}

#define keeper_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		keeper_test(a_start_puts_every_port_right),
		keeper_test(a_host_without_ports_gets_idle_too),
		keeper_test(a_start_that_cannot_listen_says_why),
		keeper_test(with_a_socket_that_cannot_be_polled_it_does_not_start),
		keeper_test(without_memory_for_a_timer_it_does_not_start),
		keeper_test(a_socket_that_fails_is_opened_again_and_all_is_checked),
		keeper_test(events_that_were_lost_are_made_up_for),
		keeper_test(a_start_listens_to_guards_if_a_network_has_one),
		keeper_test(a_start_that_cannot_listen_to_guards_is_none),
		keeper_test(a_reload_listens_to_guards_or_tries_again),
		keeper_test(a_reload_ends_a_hold),
		keeper_test(the_end_of_none_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
