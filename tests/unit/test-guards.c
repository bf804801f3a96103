/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-guards.c - what others do to the guards of ports */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/core/config-file.h"
#include "agent/daemon/guards.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/fake-timer.h"
#include "tests/unit/fake-watch.h"

enum { TAP = 3, OTHER = 4 };

static struct event_base *base;
static struct table table;
static struct fake_host f;
static struct agent a;
static struct sources sources;
static struct guards *guards;
static int rescans;
static char line[256];

/* Instead of base/log.c. */
void log_msg(int level, const char *fmt, ...)
{
	va_list ap;

	(void)level;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
}

static void wake(void *arg)
{
	(void)arg;
}

static void rescan(void *arg)
{
	(void)arg;
	rescans++;
}

static void rescan_later(int error, void *arg)
{
	(void)arg;
	fail_msg("not expected: %s", strerror(-error));
}

static void configure(const char *text)
{
	char error[REASON_SIZE];

	a.config = config_free(a.config);
	a.config = config_new();
	assert_int_equal(config_add(a.config, text, strlen(text), error), 0);
}

static int setup(void **state)
{
	(void)state;
	fake_timer_reset();
	fake_watch_reset();
	fake_host_init(&f);
	a = (struct agent){ .host = &f.host };
	configure("[network red]\nbridge = br0\nguard = mac\n");
	base = event_base_new();
	table_init(&table, base, wake, NULL);
	sources = (struct sources){ .base = base, .agent = &a,
				    .table = &table, .rescan = rescan,
				    .rescan_later = rescan_later };
	rescans = 0;
	line[0] = '\0';
	guards = guards_new(&sources);
	return guards ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	guards = guards_free(guards);
	table_clear(&table);
	event_base_free(base);
	a.config = config_free(a.config);
	return fake_guard_watch.is_open ? -1 : 0;
}

static void start_listening(void)
{
	assert_int_equal(guards_listen(guards), 0);
	assert_true(fake_guard_watch.is_open);
}

static void read_socket(void)
{
	fake_guard_watch_wake();
	(void)event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

static struct port *add(int ifindex)
{
	const struct port_id id = { .ifindex = ifindex };
	struct port *p = table_add(&table, &id);

	assert_non_null(p);
	p->ifindex[PART_VIF] = ifindex;
	return p;
}

static void where_no_network_has_a_guard_nobody_listens(void **state)
{
	(void)state;
	configure("[network red]\nbridge = br0\n");
	assert_int_equal(guards_listen(guards), 0);
	assert_int_equal(fake_guard_watch.opened, 0);
	guards_sweep(guards);
	assert_int_equal(f.sweeps, 0);
	/* a new configuration may have one, a rate is one too */
	configure("[network red]\nbridge = br0\nrate = 10mbit\n");
	start_listening();
}

static void it_listens_once_and_sweeps_when_told(void **state)
{
	(void)state;
	start_listening();
	start_listening();
	assert_int_equal(fake_guard_watch.opened, 1);
	guards_sweep(guards);
	assert_int_equal(f.sweeps, 1);
}

static void who_only_watches_changes_nothing(void **state)
{
	(void)state;
	sources.passive = true;
	start_listening();
	guards_sweep(guards);
	fake_guard_watch.read_result = 1;
	read_socket();
	assert_int_equal(f.sweeps, 0);
	assert_int_equal(f.mends, 0);
	assert_int_equal(rescans, 1);
}

static void without_nftables_it_is_tried_again_by_the_next_reload(void **state)
{
	(void)state;
	fake_guard_watch.open_result = -EPROTONOSUPPORT;
	assert_int_equal(guards_listen(guards), 0);
	/* but a lack is told */
	fake_guard_watch.open_result = -EMFILE;
	assert_int_equal(guards_listen(guards), -EMFILE);
	fake_guard_watch.open_result = 0;
	start_listening();
}

static void a_socket_that_cannot_be_polled_is_closed(void **state)
{
	(void)state;
	fake_guard_watch.cannot_be_polled = true;
	assert_int_equal(guards_listen(guards), -ENOMEM);
	assert_false(fake_guard_watch.is_open);
	fake_guard_watch.cannot_be_polled = false;
	start_listening();
}

static void the_port_whose_guard_is_gone_is_due(void **state)
{
	struct port *p;
	enum due due;

	(void)state;
	add(OTHER);
	p = add(TAP);
	start_listening();
	fake_guard_watch_tell(TAP);
	read_socket();
	assert_ptr_equal(table_next(&table, false, &due), p);
	assert_null(table_next(&table, false, &due));
	assert_int_equal(f.mends, 0);
	assert_int_equal(rescans, 0);
}

static void after_a_flush_all_guards_come_back_at_once(void **state)
{
	(void)state;
	start_listening();
	f.mended = 3;
	fake_guard_watch.read_result = 1;
	read_socket();
	assert_int_equal(f.mends, 1);
	assert_int_equal(rescans, 1);
	assert_string_equal(line, "another program removed the guards of ports (nft flush ruleset?); all 3 have been restored");
}

static void what_concerned_no_guard_is_not_worth_a_line(void **state)
{
	(void)state;
	start_listening();
	fake_guard_watch.read_result = 1;
	read_socket();
	assert_int_equal(rescans, 1);
	assert_string_equal(line, "");
}

static void if_that_fails_each_port_is_checked_all_the_same(void **state)
{
	(void)state;
	start_listening();
	f.mended = -ENOSPC;
	fake_guard_watch.read_result = 1;
	read_socket();
	assert_int_equal(rescans, 1);
	assert_string_equal(line, "cannot put the guards of ports back at once: No space left on device; trying one by one");
}

#define guards_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		guards_test(where_no_network_has_a_guard_nobody_listens),
		guards_test(it_listens_once_and_sweeps_when_told),
		guards_test(who_only_watches_changes_nothing),
		guards_test(without_nftables_it_is_tried_again_by_the_next_reload),
		guards_test(a_socket_that_cannot_be_polled_is_closed),
		guards_test(the_port_whose_guard_is_gone_is_due),
		guards_test(after_a_flush_all_guards_come_back_at_once),
		guards_test(what_concerned_no_guard_is_not_worth_a_line),
		guards_test(if_that_fails_each_port_is_checked_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
