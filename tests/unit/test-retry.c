/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-retry.c - port states, and when a port is checked again */
#include "tests/unit/check.h"

#include "agent/daemon/retry.h"
#include "tests/unit/fake-timer.h"

static struct table table;
static struct port *port;

static void wake(void *arg)
{
	(void)arg;
}

static int setup(void **state)
{
	static const struct port_id id = { .is_nic = true, .nic = { 5, 0 } };

	(void)state;
	fake_timer_reset();
	table_init(&table, NULL, wake, NULL);
	port = table_add(&table, &id);
	return port ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	table_clear(&table);
	return fake_timer_count() ? -1 : 0;
}

/* Is it due?  Then it no longer is. */
static bool take(void)
{
	enum due due;

	return table_next(&table, true, &due) == port;
}

static int64_t left(void)
{
	return fake_timer_left(port->timer);
}

/* ---- states --------------------------------------------------------------- */

/* The table of doc/design.md. */
static void each_event_leads_to_the_state_of_the_table(void **state)
{
	const enum port_state Q = PORT_QUIET, R = PORT_RETRY, E = PORT_EARLY,
			      H = PORT_HELD, P = PORT_POLLING, D = PORT_DYING;
	const enum port_state next[PORT_EVENTS][PORT_STATES] = {
		/* from:		  Q  R  E  H  P  D */
		[PORT_IS_WELL] =	{ Q, Q, Q, Q, Q, Q },
		[PORT_IS_NOT_WELL] =	{ R, R, R, R, R, R },
		[PORT_IS_EARLY] =	{ E, E, E, E, E, E },
		[PORT_IS_UNDONE] =	{ H, H, H, H, H, H },
		[PORT_HAS_PROCESS] =	{ P, P, P, P, P, P },
		[PORT_CHECK_FAILED] =	{ R, R, R, H, R, R },
		[PORT_EXITED] =		{ D, D, D, D, D, D },
		[PORT_TIME_IS_UP] =	{ Q, R, E, R, P, D },
		[PORT_RELEASED] =	{ Q, R, E, R, P, D },
	};

	(void)state;
	for (int e = 0; e < PORT_EVENTS; e++)
		for (int s = 0; s < PORT_STATES; s++)
			check(port_state_next((enum port_state)s,
					      (enum port_event)e) == next[e][s],
			      "event %d in state %d", e, s);
}

static void ports_that_are_not_in_order_are_counted(void **state)
{
	(void)state;
	assert_false(port_state_is_waiting(PORT_QUIET));
	assert_true(port_state_is_waiting(PORT_RETRY));
	assert_false(port_state_is_waiting(PORT_EARLY));
	assert_true(port_state_is_waiting(PORT_HELD));
	assert_false(port_state_is_waiting(PORT_POLLING));
	assert_false(port_state_is_waiting(PORT_DYING));
}

/* ---- pauses --------------------------------------------------------------- */

static void pauses_double_and_are_bounded(void **state)
{
	static const struct { unsigned int times, ms; } rows[] = {
		{ 0, 500 }, { 1, 1000 }, { 2, 2000 }, { 5, 16000 },
		{ 9, 256000 }, { 10, 300000 }, { 11, 300000 },
		{ 4000000000u, 300000 },
	};

	(void)state;
	for (each(i, rows))
		check(retry_doubled(500, rows[i].times, 300000) == rows[i].ms,
		      "doubled %u times", rows[i].times);
	assert_int_equal(retry_doubled(7, 0, 3), 3);
}

static void a_pause_is_a_quarter_more_or_less(void **state)
{
	unsigned int least = 1000, most = 1000;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		unsigned int ms = retry_spread(&table, 1000);

		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	assert_in_range(least, 750, 760);
	assert_in_range(most, 1240, 1250);
	assert_int_equal(retry_spread(&table, 0), 0);
	assert_int_equal(retry_spread(&table, 3), 3);
}

static void what_stays_wrong_is_tried_ever_less_often(void **state)
{
	unsigned int ms = 500;

	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		retry_soon(port, PORT_IS_NOT_WELL, false);
		assert_int_equal(port->state, PORT_RETRY);
		assert_in_range(left(), ms - ms / 4, ms + ms / 4);
		fake_timer_pass((unsigned int)left() - 1);
		assert_false(take());
		fake_timer_pass(1);
		assert_true(take());
		assert_int_equal(port->tries, i + 1);
		assert_int_equal(port->state, PORT_RETRY);
		ms = ms < 150000 ? 2 * ms : 300000;
	}
}

static void news_begin_with_short_pauses(void **state)
{
	(void)state;
	port->tries = 9;
	retry_soon(port, PORT_IS_NOT_WELL, true);
	assert_int_equal(port->tries, 0);
	assert_in_range(left(), 375, 625);
}

static void what_is_in_order_is_not_tried_again(void **state)
{
	(void)state;
	retry_soon(port, PORT_IS_NOT_WELL, false);
	port->tries = 3;
	retry_end(port);
	assert_int_equal(port->state, PORT_QUIET);
	assert_int_equal(port->tries, 0);
	assert_null(port->timer);
	fake_timer_pass(1000000);
	assert_false(take());
}

static void the_last_pause_counts(void **state)
{
	(void)state;
	retry_event(port, PORT_IS_EARLY, 500);
	retry_event(port, PORT_EXITED, 20);
	assert_int_equal(port->state, PORT_DYING);
	assert_int_equal(left(), 20);
}

static void a_failure_does_not_shorten_a_hold(void **state)
{
	(void)state;
	retry_event(port, PORT_IS_UNDONE, 10000);
	fake_timer_pass(3000);
	retry_soon(port, PORT_CHECK_FAILED, false);
	assert_int_equal(port->state, PORT_HELD);
	assert_int_equal(left(), 7000);
	fake_timer_pass(7000);
	assert_true(take());
	assert_int_equal(port->state, PORT_RETRY);
}

static void release_leaves_the_timer_alone(void **state)
{
	(void)state;
	retry_event(port, PORT_RELEASED, 0);
	assert_int_equal(port->state, PORT_QUIET);
	assert_null(port->timer);
	retry_event(port, PORT_IS_UNDONE, 10000);
	retry_event(port, PORT_RELEASED, 0);
	assert_int_equal(port->state, PORT_RETRY);
	assert_int_equal(left(), 10000);
}

static void without_memory_for_a_timer_it_is_due_at_once(void **state)
{
	(void)state;
	fake_timer_fail(true);
	retry_soon(port, PORT_IS_NOT_WELL, false);
	assert_true(take());
	/* and not held, since nothing would end that */
	retry_event(port, PORT_IS_UNDONE, 10000);
	assert_true(take());
	assert_int_equal(port->state, PORT_RETRY);
	fake_timer_fail(false);
}

/* ---- toolstack-delay -------------------------------------------------------- */

static void the_delay_begins_with_the_first_early_check(void **state)
{
	(void)state;
	retry_count_delay(port, true);
	assert_int_equal(retry_early_for(port, 500), 500);
	fake_timer_pass(200);
	retry_count_delay(port, true);
	assert_int_equal(retry_early_for(port, 500), 300);
	fake_timer_pass(1000);
	assert_int_equal(retry_early_for(port, 500), 0);
	retry_count_delay(port, false);
	assert_int_equal(port->early_since, 0);
	retry_count_delay(port, true);
	assert_int_equal(retry_early_for(port, 500), 500);
}

#define retry_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		retry_test(each_event_leads_to_the_state_of_the_table),
		retry_test(ports_that_are_not_in_order_are_counted),
		retry_test(pauses_double_and_are_bounded),
		retry_test(a_pause_is_a_quarter_more_or_less),
		retry_test(what_stays_wrong_is_tried_ever_less_often),
		retry_test(news_begin_with_short_pauses),
		retry_test(what_is_in_order_is_not_tried_again),
		retry_test(the_last_pause_counts),
		retry_test(a_failure_does_not_shorten_a_hold),
		retry_test(release_leaves_the_timer_alone),
		retry_test(without_memory_for_a_timer_it_is_due_at_once),
		retry_test(the_delay_begins_with_the_first_early_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
