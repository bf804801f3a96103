/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-contention.c - giving way to a program that keeps changing a port */
#include "tests/unit/check.h"

#include <errno.h>
#include <string.h>

#include "agent/daemon/contention.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/fake-timer.h"

enum { BR0 = 2, TAP = 3, EMU = 4 };

#define RECORD "vifagent/1 by=hand net=br0 was.name=tap7 was.mac=52:54:00:00:00:03 was.mtu=1400 was.up=0 was.gen=0"

static struct table table;
static struct port *port;
static struct fake_host f;
static struct look look;	/* what a check of the tap says */

static void wake(void *arg)
{
	(void)arg;
}

static int setup(void **state)
{
	static const struct port_id id = { .ifindex = TAP };

	(void)state;
	fake_timer_reset();
	fake_host_init(&f);
	fake_host_put(&f, BR0, "br0", "bridge");
	fake_host_put(&f, TAP, "tap7", "tun");
	table_init(&table, NULL, wake, NULL);
	port = table_add(&table, &id);
	look = (struct look) { .verdict = IN_ORDER, .name = "tap7",
			       .found = true, .steps = 1 };
	memcpy(look.wish.bridge, "br0", sizeof("br0"));
	look.state.owner = OWNER_US;
	assert_true(text_copy(fake_host_at(&f, TAP)->l.alias, LINK_ALIASSIZE,
			      RECORD));
	look.state.link = fake_host_at(&f, TAP)->l;
	assert_int_equal(record_parse(RECORD, &look.state.record), 0);
	return port ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	table_clear(&table);
	return fake_timer_count() ? -1 : 0;
}

/* A check with so many steps. */
static void check_port(unsigned int steps)
{
	look.steps = steps;
	contention_count(port, &f.host, &look, 1);
}

/* The first check of a wish is no correction. */
static void correct(unsigned int times)
{
	while (times-- > 0)
		check_port(1);
}

static bool is_held(void)
{
	return port->state == PORT_HELD;
}

/* The other program goes on until the port is held, @ms from now on average;
 * then that time passes. */
static void hold_for(int64_t ms)
{
	enum due due;

	correct(8);
	assert_true(is_held());
	assert_in_range(fake_timer_left(port->timer), ms - ms / 4, ms + ms / 4);
	fake_timer_pass((unsigned int)fake_timer_left(port->timer));
	assert_false(is_held());
	assert_ptr_equal(table_next(&table, false, &due), port);
}

static void the_eighth_correction_within_ten_seconds_holds(void **state)
{
	(void)state;
	correct(1);
	for (int i = 0; i < 7; i++) {
		check_port(1);
		assert_false(is_held());
		fake_timer_pass(1400);
	}
	check_port(1);
	assert_true(is_held());
}

/* It is left as the other program has it, and the record says why. */
static void a_port_that_is_held_stays_up(void **state)
{
	struct link *l = &fake_host_at(&f, TAP)->l;
	struct record r;

	(void)state;
	l->up = true;
	look.state.link = *l;
	correct(9);
	assert_true(is_held());
	assert_true(l->up);
	assert_int_equal(record_parse(l->alias, &r), 0);
	assert_true(r.hold == HOLD_FOR_A_WHILE);
}

static void eight_corrections_in_more_time_do_not(void **state)
{
	(void)state;
	correct(1);
	for (int i = 0; i < 100; i++) {
		check_port(1);
		assert_false(is_held());
		fake_timer_pass(1500);
	}
}

static void checks_that_change_nothing_are_not_counted(void **state)
{
	(void)state;
	correct(1);
	for (int i = 0; i < 100; i++)
		check_port(0);
	assert_false(is_held());
	/* nor those that do not end in order */
	look.verdict = FAILED;
	correct(100);
	assert_false(is_held());
}

static void a_new_wish_is_no_correction(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		look.wish.mtu = 1000 + i;
		check_port(1);
	}
	assert_false(is_held());
}

static void a_guest_that_changes_to_its_other_link_is_no_correction(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		look.wish.other_is_active = i % 2;
		check_port(1);
	}
	assert_false(is_held());
}

static void nor_does_it_hide_a_fight_about_the_mac(void **state)
{
	struct record r;

	(void)state;
	correct(1);
	look.mac_was_changed = true;
	for (int i = 0; i < 9; i++) {
		look.wish.other_is_active = i % 2;
		check_port(1);
	}
	assert_int_equal(record_parse(fake_host_at(&f, TAP)->l.alias, &r), 0);
	assert_int_equal(r.hold, HOLD_DOWN);
}

static void each_hold_is_twice_as_long_up_to_ten_minutes(void **state)
{
	static const int64_t seconds[] = { 10, 20, 40, 80, 160, 320, 600, 600,
					   600 };

	(void)state;
	correct(1);
	for (each(i, seconds))
		hold_for(seconds[i] * 1000);
}

static void after_a_quiet_while_holds_are_short_again(void **state)
{
	(void)state;
	correct(1);
	hold_for(10000);
	hold_for(20000);
	/* a few, and then none for some time */
	correct(3);
	fake_timer_pass(11000);
	hold_for(10000);
}

static void the_record_says_that_it_is_held(void **state)
{
	const char *alias = fake_host_at(&f, TAP)->l.alias;
	struct record r;

	(void)state;
	correct(9);
	assert_int_equal(record_parse(alias, &r), 0);
	assert_int_equal(r.hold, HOLD_FOR_A_WHILE);
}

static void a_record_that_has_changed_since_is_left_as_it_is(void **state)
{
	char *alias = fake_host_at(&f, TAP)->l.alias;

	(void)state;
	correct(1);
	assert_true(text_copy(alias, LINK_ALIASSIZE, "another's"));
	correct(8);
	assert_true(is_held());
	assert_string_equal(alias, "another's");
	assert_int_equal(f.acts, 0);
}

static void a_link_that_is_not_ours_gets_no_record(void **state)
{
	(void)state;
	look.state.owner = OWNER_NONE;
	correct(9);
	assert_true(is_held());
	assert_int_equal(f.acts, 0);
}

static void it_persists_while_only_the_state_changes(void **state)
{
	(void)state;
	correct(9);
	look.state.link.up = !look.state.link.up;
	look.state.link.master = 0;
	assert_true(contention_persists(port, &look, 1));
}

static void a_new_wish_or_another_link_ends_it(void **state)
{
	const struct look was = look;

	(void)state;
	correct(9);
	look.wish.mtu = 1400;
	assert_false(contention_persists(port, &look, 1));
	look = was;
	memcpy(look.wish.bridge, "br1", sizeof("br1"));
	assert_false(contention_persists(port, &look, 1));
	look = was;
	memcpy(look.wish.name, "web0", sizeof("web0"));
	assert_false(contention_persists(port, &look, 1));
	look = was;
	look.state.link.ifindex = 9;
	assert_false(contention_persists(port, &look, 1));
	look = was;
	assert_true(contention_persists(port, &look, 1));
}

static void the_death_of_the_nic_ends_it(void **state)
{
	(void)state;
	correct(9);
	look.goal = GOAL_LEAVE;
	assert_false(contention_persists(port, &look, 1));
	look.goal = GOAL_JOIN;
	assert_false(contention_persists(port, &look, 0));
	assert_false(contention_persists(port, &look, -ENODEV));
}

static void a_reload_ends_it(void **state)
{
	(void)state;
	correct(1);
	hold_for(10000);
	correct(8);
	assert_true(is_held());
	contention_reset(port);
	assert_false(is_held());
	/* and begins anew */
	hold_for(10000);
}

/* Its MAC is changed until the port is blocked. */
static void be_blocked(void)
{
	correct(1);
	look.mac_was_changed = true;
	correct(8);
	look.mac_was_changed = false;
	look.state.link = fake_host_at(&f, TAP)->l;
	assert_int_equal(record_parse(look.state.link.alias, &look.state.record), 0);
	assert_true(look.state.record.hold == HOLD_DOWN && !look.state.link.up);
	look.verdict = REFUSED;
}

/* Who fights about something else, too, gets no time in which the MAC is free. */
static void a_fight_about_more_than_the_mac_blocks_all_the_same(void **state)
{
	struct link *l = &fake_host_at(&f, TAP)->l;
	struct record r;

	(void)state;
	correct(1);
	for (int i = 0; i < 8; i++) {
		look.mac_was_changed = i == 1 || i == 5;
		correct(1);
	}
	assert_false(is_held());
	assert_false(l->up);
	assert_int_equal(record_parse(l->alias, &r), 0);
	assert_int_equal(r.hold, HOLD_DOWN);
}

/* The other link of the NIC has had no part in it. */
static void the_link_whose_mac_was_changed_is_blocked(void **state)
{
	struct look both[2];

	(void)state;
	look.state.link.up = fake_host_at(&f, TAP)->l.up = true;
	both[0] = both[1] = look;
	both[0].part = PART_EMU;
	both[0].state.link.ifindex = EMU;
	fake_host_put(&f, EMU, "tap8", "tun")->l.up = true;
	assert_true(text_copy(fake_host_at(&f, EMU)->l.alias, LINK_ALIASSIZE,
			      RECORD));
	both[1].part = PART_VIF;
	for (int i = 0; i < 9; i++) {
		both[1].mac_was_changed = i < 7;
		contention_count(port, &f.host, both, 2);
	}
	assert_false(fake_host_at(&f, TAP)->l.up);
	assert_true(fake_host_at(&f, EMU)->l.up);
}

static void one_change_of_the_mac_is_no_attack(void **state)
{
	(void)state;
	correct(1);
	look.mac_was_changed = true;
	correct(1);
	look.mac_was_changed = false;
	correct(7);
	assert_true(is_held());
}

static void blocked_it_stays_so_while_the_wish_is_the_same(void **state)
{
	(void)state;
	be_blocked();
	for (int i = 0; i < 3; i++) {
		check_port(0);
		assert_false(port->unblock);
	}
}

static void a_new_wish_unblocks_it_at_once(void **state)
{
	(void)state;
	be_blocked();
	look.wish.mtu = 1400;
	check_port(0);
	assert_true(port->unblock);
}

#define contention_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		contention_test(the_eighth_correction_within_ten_seconds_holds),
		contention_test(a_port_that_is_held_stays_up),
		contention_test(eight_corrections_in_more_time_do_not),
		contention_test(checks_that_change_nothing_are_not_counted),
		contention_test(a_new_wish_is_no_correction),
		contention_test(a_guest_that_changes_to_its_other_link_is_no_correction),
		contention_test(nor_does_it_hide_a_fight_about_the_mac),
		contention_test(each_hold_is_twice_as_long_up_to_ten_minutes),
		contention_test(after_a_quiet_while_holds_are_short_again),
		contention_test(the_record_says_that_it_is_held),
		contention_test(a_record_that_has_changed_since_is_left_as_it_is),
		contention_test(a_link_that_is_not_ours_gets_no_record),
		contention_test(it_persists_while_only_the_state_changes),
		contention_test(a_new_wish_or_another_link_ends_it),
		contention_test(the_death_of_the_nic_ends_it),
		contention_test(a_reload_ends_it),
		contention_test(a_fight_about_more_than_the_mac_blocks_all_the_same),
		contention_test(the_link_whose_mac_was_changed_is_blocked),
		contention_test(one_change_of_the_mac_is_no_attack),
		contention_test(blocked_it_stays_so_while_the_wish_is_the_same),
		contention_test(a_new_wish_unblocks_it_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
