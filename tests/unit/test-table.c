/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-table.c - the ports that the daemon knows, and which are due */
#include "tests/unit/check.h"

#include <event2/event.h>
#include <stdlib.h>

#include "agent/daemon/table.h"

static struct table table;
static enum due due;		/* what the last port was due for */

/* NICs first, as these tests have it. */
static struct port *next_of(struct table *t)
{
	struct port *p = table_next(t, true, &due);

	return p ? p : table_next(t, false, &due);
}
static int woken;

static void wake(void *arg)
{
	assert_ptr_equal(arg, &table);
	woken++;
}

static int setup(void **state)
{
	(void)state;
	woken = 0;
	table_init(&table, NULL, wake, &table);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	table_clear(&table);
	return 0;
}

static struct port_id nic(uint32_t domid, uint32_t devid)
{
	return (struct port_id){ .is_nic = true, .nic = { domid, devid } };
}

static struct port_id link_id(int ifindex)
{
	return (struct port_id){ .ifindex = ifindex };
}

static struct port *add(struct port_id id)
{
	struct port *p = table_add(&table, &id);

	assert_non_null(p);
	return p;
}

static struct port *find(struct port_id id)
{
	return table_find(&table, &id);
}

static void a_new_table_is_empty(void **state)
{
	(void)state;
	assert_int_equal(table.count, 0);
	assert_null(next_of(&table));
	assert_null(find(nic(5, 0)));
	assert_null(find(link_id(7)));
	table_clear(&table);
	assert_int_equal(woken, 0);
}

static void a_new_port_has_nothing_said_of_it(void **state)
{
	struct port *p = add(nic(5, 0));

	(void)state;
	assert_true(p->id.is_nic);
	assert_int_equal(p->id.nic.domid, 5);
	assert_int_equal(p->due, DUE_NOTHING);
	assert_int_equal(p->state, PORT_QUIET);
	assert_null(p->timer);
	for (int i = 0; i < LOOKS; i++) {
		assert_int_equal(p->verdict[i], NOT_OURS);
		assert_int_equal(p->ifindex[i], 0);
	}
	assert_null(next_of(&table));
}

static void adding_twice_finds_the_first(void **state)
{
	struct port *p = add(nic(5, 0));

	(void)state;
	assert_ptr_equal(add(nic(5, 0)), p);
	assert_int_equal(table.count, 1);
	p = add(link_id(7));
	assert_ptr_equal(add(link_id(7)), p);
	assert_int_equal(table.count, 2);
}

static void ports_are_told_apart_by_their_ids(void **state)
{
	static const struct port_id ids[] = {
		{ .is_nic = true, .nic = { 0, 0 } },
		{ .is_nic = true, .nic = { 0, 1 } },
		{ .is_nic = true, .nic = { 1, 0 } },
		{ .is_nic = true, .nic = { 5, 7 } },
		{ .is_nic = true, .nic = { 7, 5 } },
		{ .is_nic = true, .nic = { 32751, 2147483647 } },
		{ .is_nic = false, .ifindex = 0 },
		{ .is_nic = false, .ifindex = 1 },
		{ .is_nic = false, .ifindex = 5 },
		{ .is_nic = false, .ifindex = 2147483647 },
	};
	struct port *p[ROWS(ids)];

	(void)state;
	for (each(i, ids))
		p[i] = add(ids[i]);
	assert_int_equal(table.count, ROWS(ids));
	for (each(i, ids)) {
		assert_ptr_equal(find(ids[i]), p[i]);
		for (each(j, ids))
			assert_int_equal(port_id_equal(&ids[i], &ids[j]),
					 i == j);
	}
	/* A link's id says nothing of a NIC, and the other way round. */
	assert_ptr_equal(find((struct port_id){ .is_nic = true, .nic = { 5, 7 },
						.ifindex = 5 }), p[3]);
	assert_ptr_equal(find((struct port_id){ .nic = { 5, 7 },
						.ifindex = 5 }), p[8]);
}

static void a_due_port_comes_once(void **state)
{
	struct port *p = add(nic(5, 0));

	(void)state;
	table_mark(p);
	table_mark(p);
	assert_int_equal(p->due, DUE_ALL);
	assert_int_equal(woken, 1);
	assert_ptr_equal(next_of(&table), p);
	assert_int_equal(p->due, DUE_NOTHING);
	assert_null(next_of(&table));
	/* and again when it is marked again, also while being looked at */
	table_mark(p);
	assert_int_equal(woken, 2);
	assert_ptr_equal(next_of(&table), p);
	assert_null(next_of(&table));
}

static void first_marked_first_served(void **state)
{
	struct port *a = add(nic(1, 0)), *b = add(nic(2, 0)), *c = add(nic(3, 0));

	(void)state;
	table_mark(c);
	table_mark(a);
	table_mark(b);
	table_mark(c);
	assert_ptr_equal(table_next(&table, true, &due), c);
	assert_ptr_equal(table_next(&table, true, &due), a);
	table_mark(c);
	assert_ptr_equal(table_next(&table, true, &due), b);
	assert_ptr_equal(table_next(&table, true, &due), c);
	assert_null(table_next(&table, true, &due));
}

/* These wait for xenstored. */
static void links_do_not_queue_behind_nics(void **state)
{
	struct port *a = add(nic(1, 0)), *b = add(link_id(2));

	(void)state;
	table_mark(a);
	table_mark(b);
	assert_ptr_equal(table_next(&table, false, &due), b);
	assert_null(table_next(&table, false, &due));
	assert_false(table_is_clean(&table));
	assert_ptr_equal(table_next(&table, true, &due), a);
	assert_true(table_is_clean(&table));
}

static void a_busy_port_comes_when_its_job_is_done(void **state)
{
	struct port *p = add(nic(5, 0));
	struct job job;

	(void)state;
	table_mark(p);
	table_set_job(p, &job);
	assert_null(table_next(&table, true, &due));
	assert_true(table_is_clean(&table));
	/* what happens meanwhile is not forgotten */
	table_mark(p);
	assert_null(table_next(&table, true, &due));
	table_set_job(p, NULL);
	assert_ptr_equal(table_next(&table, true, &due), p);
	/* and nothing comes where nothing has happened */
	table_set_job(p, &job);
	table_set_job(p, NULL);
	assert_null(table_next(&table, true, &due));
	/* it may be forgotten while it is busy */
	table_set_job(p, &job);
	table_mark(p);
	table_remove(&table, p);
	assert_true(table_is_clean(&table));
}

static void that_only_the_status_may_differ_holds_until_more_is_known(void **state)
{
	struct port *p = add(nic(5, 0));

	(void)state;
	table_mark_status(p);
	assert_ptr_equal(table_next(&table, true, &due), p);
	assert_int_equal(due, DUE_STATUS);
	table_mark_status(p);
	table_mark(p);
	table_mark_status(p);
	assert_int_equal(woken, 2);
	assert_ptr_equal(table_next(&table, true, &due), p);
	assert_int_equal(due, DUE_ALL);
}

/* Whether it is checked is the scheduler's business. */
static void a_held_port_is_marked_like_any_other(void **state)
{
	struct port *p = add(nic(5, 0));

	(void)state;
	p->state = PORT_HELD;
	table_mark(p);
	assert_int_equal(woken, 1);
	assert_ptr_equal(next_of(&table), p);
	assert_int_equal(p->state, PORT_HELD);
}

static void a_removed_port_is_gone_from_everywhere(void **state)
{
	struct port *a = add(nic(1, 0)), *b = add(nic(2, 0));

	(void)state;
	table_mark(a);
	table_mark(b);
	table_remove(&table, a);
	assert_int_equal(table.count, 1);
	assert_null(find(nic(1, 0)));
	assert_ptr_equal(find(nic(2, 0)), b);
	assert_ptr_equal(next_of(&table), b);
	assert_null(next_of(&table));
	/* one that is not due */
	table_remove(&table, b);
	assert_int_equal(table.count, 0);
	assert_true(TAILQ_EMPTY(&table.all));
}

static void nothing(void *arg)
{
	(void)arg;
}

static void a_removed_port_takes_its_timer_along(void **state)
{
	struct event_base *base = event_base_new();
	struct port *p = add(nic(5, 0));

	(void)state;
	p->timer = timer_new(base, nothing, p);
	assert_int_equal(timer_start(p->timer, 1000000), 0);
	assert_int_equal(event_base_get_num_events(base,
						   EVENT_BASE_COUNT_ADDED), 1);
	table_remove(&table, p);
	assert_int_equal(event_base_get_num_events(base,
						   EVENT_BASE_COUNT_ADDED), 0);
	event_base_free(base);
}

static void thousands_are_found_and_cleared(void **state)
{
	size_t n = 0;
	struct port *p;

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		/* neither in order nor in reverse */
		table_mark(add(nic(i * 7919 % 5000, 0)));
		add(link_id((int)(i * 104729 % 5000) + 1));
	}
	assert_int_equal(table.count, 10000);
	for (uint32_t i = 0; i < 5000; i++) {
		assert_non_null(find(nic(i, 0)));
		assert_non_null(find(link_id((int)i + 1)));
	}
	assert_null(find(nic(5000, 0)));
	TAILQ_FOREACH(p, &table.all, all)
		n++;
	assert_int_equal(n, 10000);
	for (uint32_t i = 0; i < 5000; i += 2)
		table_remove(&table, find(nic(i, 0)));
	for (n = 0; (p = next_of(&table)); n++)
		assert_int_equal(p->id.nic.domid % 2, 1);
	assert_int_equal(n, 2500);
	table_clear(&table);
	assert_int_equal(table.count, 0);
	assert_null(table.tree);
	assert_null(find(nic(1, 0)));
}

#define table_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		table_test(a_new_table_is_empty),
		table_test(a_new_port_has_nothing_said_of_it),
		table_test(adding_twice_finds_the_first),
		table_test(ports_are_told_apart_by_their_ids),
		table_test(a_due_port_comes_once),
		table_test(first_marked_first_served),
		table_test(links_do_not_queue_behind_nics),
		table_test(a_busy_port_comes_when_its_job_is_done),
		table_test(that_only_the_status_may_differ_holds_until_more_is_known),
		table_test(a_held_port_is_marked_like_any_other),
		table_test(a_removed_port_is_gone_from_everywhere),
		table_test(a_removed_port_takes_its_timer_along),
		table_test(thousands_are_found_and_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
