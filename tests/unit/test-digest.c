/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-digest.c - what follows from a check for its port */
#include "tests/unit/check.h"

#include <event2/event.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/daemon/digest.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/fake-timer.h"

enum { BR0 = 2, TAP = 3 };

static struct event_base *base;
static struct table table;
static struct port *port;
static struct fake_host f;
static struct config *config;
static struct agent a;
static struct keeper_ops ops;
static struct digest digest;
static struct look look;	/* what a check of the tap says */

static void wake(void *arg)
{
	(void)arg;
}

/* A tap attached by hand, in order. */
static int setup(void **state)
{
	static const struct port_id id = { .ifindex = TAP };

	(void)state;
	fake_timer_reset();
	fake_host_init(&f);
	fake_host_put(&f, BR0, "br0", "bridge");
	fake_host_put(&f, TAP, "tap7", "tun");
	config = config_new();
	a = (struct agent) { .host = &f.host, .config = config };
	ops = (struct keeper_ops) { .idle = NULL };
	digest = (struct digest) { .agent = &a, .ops = &ops,
				   .processes = { .host = &f.host } };
	base = event_base_new();
	table_init(&table, base, wake, NULL);
	port = table_add(&table, &id);
	look = (struct look) { .id = id, .verdict = IN_ORDER, .name = "tap7",
			       .found = true };
	memcpy(look.wish.bridge, "br0", sizeof("br0"));
	look.state.owner = OWNER_US;
	look.state.link = fake_host_at(&f, TAP)->l;
	look.state.bridge = fake_host_at(&f, BR0)->l;
	return config && base && port ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	table_clear(&table);
	event_base_free(base);
	config = config_free(config);
	return fake_timer_count() ? -1 : 0;
}

static bool is_left(void)
{
	return digest_looks(&digest, port, &look, 1);
}

static void after(enum verdict verdict)
{
	look.verdict = verdict;
	assert_true(is_left());
}

static void in_order_it_waits_for_events_only(void **state)
{
	(void)state;
	after(IN_ORDER);
	assert_int_equal(port->state, PORT_QUIET);
	assert_int_equal(port->ifindex[PART_VIF], TAP);
	assert_int_equal(port->place[PART_VIF].ifindex, BR0);
	assert_string_equal(port->place[PART_VIF].name, "br0");
}

static void not_in_order_it_is_tried_again(void **state)
{
	static const enum verdict verdicts[] = { WAITING, REFUSED, FAILED };

	(void)state;
	for (each(i, verdicts)) {
		after(verdicts[i]);
		assert_int_equal(port->state, PORT_RETRY);
		assert_true(fake_timer_left(port->timer) > 0);
		after(IN_ORDER);
		assert_int_equal(port->state, PORT_QUIET);
	}
}

/* What the kernel says next may be what it waits for. */
static void only_a_link_in_order_makes_the_next_event_an_echo(void **state)
{
	(void)state;
	after(IN_ORDER);
	assert_int_equal(port->link_hash[PART_VIF], link_hash(&look.state.link));
	after(WAITING);
	assert_int_equal(port->link_hash[PART_VIF], 0);
}

static void what_waits_for_its_bridge_knows_it_by_name(void **state)
{
	(void)state;
	look.state.bridge = (struct link) { 0 };
	after(WAITING);
	assert_int_equal(port->place[PART_VIF].ifindex, 0);
	assert_string_equal(port->place[PART_VIF].name, "br0");
}

static void a_port_that_is_nowhere_is_not_left(void **state)
{
	(void)state;
	look.verdict = NOT_OURS;
	assert_false(is_left());
	/* xenstore still has it */
	look.nic_exists = true;
	port->keep = true;
	assert_true(is_left());
	assert_false(port->keep);
}

static void before_the_toolstack_is_done_it_gets_its_delay(void **state)
{
	(void)state;
	look.early = true;
	after(IN_ORDER);
	assert_int_equal(port->state, PORT_EARLY);
	assert_int_equal(fake_timer_left(port->timer), config->toolstack_delay);
	fake_timer_pass(config->toolstack_delay / 2);
	after(IN_ORDER);
	assert_int_equal(fake_timer_left(port->timer),
			 config->toolstack_delay - config->toolstack_delay / 2);
}

static void a_port_that_is_held_is_left_alone(void **state)
{
	(void)state;
	look.steps = 1;
	for (int i = 0; i < 9; i++)
		after(IN_ORDER);
	assert_int_equal(port->state, PORT_HELD);
	look.steps = 0;
	after(IN_ORDER);
	assert_int_equal(port->state, PORT_HELD);
}

/* ---- its process ---------------------------------------------------------- */

/* Made for this process, whose end cannot be waited for: no descriptor is left. */
static void make_for_this_process(void)
{
	static const struct rlimit none = { 3, 4096 };

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	look.state.record.process = (struct process) { .pid = getpid() };
}

static int restore_limit(void **state)
{
	static const struct rlimit usual = { 1024, 4096 };

	(void)setrlimit(RLIMIT_NOFILE, &usual);
	return teardown(state);
}

static void without_a_descriptor_its_process_is_looked_for(void **state)
{
	(void)state;
	make_for_this_process();
	after(IN_ORDER);
	assert_int_equal(port->state, PORT_POLLING);
}

static void who_only_watches_waits_for_no_process(void **state)
{
	(void)state;
	ops.passive = true;
	make_for_this_process();
	after(IN_ORDER);
	assert_int_equal(port->state, PORT_QUIET);
	assert_null(port->exit);
	/* nor does it give the toolstack time, or count corrections */
	look.early = true;
	look.steps = 1;
	for (int i = 0; i < 20; i++)
		after(IN_ORDER);
	assert_int_equal(port->state, PORT_QUIET);
	assert_int_equal(table.corrections, 0);
	after(WAITING);
	assert_int_equal(port->state, PORT_RETRY);
}

static void one_that_others_have_open_stays_when_its_process_ends(void **state)
{
	(void)state;
	look.state.record.process = (struct process) { .pid = getpid() };
	look.left_open = true;
	after(IN_ORDER);
	assert_null(port->exit);
	look.left_open = false;
	after(IN_ORDER);
	assert_non_null(port->exit);
}

#define digest_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		digest_test(in_order_it_waits_for_events_only),
		digest_test(not_in_order_it_is_tried_again),
		digest_test(only_a_link_in_order_makes_the_next_event_an_echo),
		digest_test(what_waits_for_its_bridge_knows_it_by_name),
		digest_test(a_port_that_is_nowhere_is_not_left),
		digest_test(before_the_toolstack_is_done_it_gets_its_delay),
		digest_test(a_port_that_is_held_is_left_alone),
		cmocka_unit_test_setup_teardown(without_a_descriptor_its_process_is_looked_for,
						setup, restore_limit),
		cmocka_unit_test_setup_teardown(who_only_watches_waits_for_no_process,
						setup, restore_limit),
		digest_test(one_that_others_have_open_stays_when_its_process_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
