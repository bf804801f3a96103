/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-links.c - which ports an event of a link concerns */
#include "tests/unit/check.h"

#include <errno.h>
#include <string.h>

#include "agent/daemon/links.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/fake-timer.h"
#include "tests/unit/fake-watch.h"

enum { BR0 = 2, VIF = 3, TAP = 4 };

#define BY_XENSTORE "vifagent/1 by=xenstore nic=5.0 part=vif net=br0 was.name=x was.mac=52:54:00:00:00:03 was.mtu=1500 was.up=0 was.gen=0"
#define BY_HAND "vifagent/1 by=hand net=br0 was.name=x was.mac=52:54:00:00:00:03 was.mtu=1500 was.up=0 was.gen=0"

static struct event_base *base;
static struct table table;
static struct fake_host f;
static struct agent a;
static struct sources sources;
static struct links *links;
static int rescans, later;

/* ---- one test ------------------------------------------------------------- */

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
	assert_true(error < 0);
	later++;
}

static int setup(void **state)
{
	(void)state;
	fake_timer_reset();
	fake_watch_reset();
	fake_host_init(&f);
	fake_host_put(&f, BR0, "br0", "bridge");
	fake_host_put(&f, VIF, "vif5.0", NULL);
	fake_host_put(&f, TAP, "tap7", "tun");
	a = (struct agent){ .host = &f.host, .store = STORE_THERE };
	base = event_base_new();
	table_init(&table, base, wake, NULL);
	sources = (struct sources){ .base = base, .agent = &a,
				    .table = &table, .rescan = rescan,
				    .rescan_later = rescan_later };
	rescans = later = 0;
	links = links_new(&sources);
	return links && links_listen(links) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	links = links_free(links);
	table_clear(&table);
	event_base_free(base);
	return 0;
}

static struct link *link_at(int ifindex)
{
	return &fake_host_at(&f, ifindex)->l;
}

static void alias(int ifindex, const char *text)
{
	assert_true(text_copy(link_at(ifindex)->alias, LINK_ALIASSIZE, text));
}

/* The kernel tells of a link as it is now … */
static void tell(int ifindex, bool gone)
{
	const struct host_event ev = { .what = gone ? HOST_LINK_GONE : HOST_LINK,
				       .link = *link_at(ifindex) };

	fake_watch_tell(&ev);
}

/* … and the socket is read. */
static void read_socket(void)
{
	fake_watch_wake();
	(void)event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

static void changed(int ifindex)
{
	tell(ifindex, false);
	read_socket();
}

static struct port_id nic(void)
{
	return (struct port_id){ .is_nic = true, .nic = { 5, 0 } };
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

/* Is just this port due?  Then it no longer is. */
static bool only_due(struct port_id id)
{
	struct port *p = table_find(&table, &id);
	enum due due;

	return p && table_next(&table, id.is_nic, &due) == p &&
	       table_is_clean(&table);
}

/* ---- whose link it is ----------------------------------------------------- */

static void a_link_named_as_a_nics_makes_that_due(void **state)
{
	(void)state;
	changed(VIF);
	assert_true(only_due(nic()));
	/* not before it is known whether there is a xenstored */
	table_clear(&table);
	a.store = STORE_UNKNOWN;
	changed(VIF);
	assert_int_equal(table.count, 0);
}

static void a_link_of_nobody_makes_nothing_due(void **state)
{
	(void)state;
	changed(TAP);
	changed(BR0);
	assert_int_equal(table.count, 0);
}

static void a_record_tells_whose_a_link_is_whatever_its_name(void **state)
{
	(void)state;
	alias(TAP, BY_XENSTORE);
	changed(TAP);
	assert_int_equal(add(nic())->ifindex[PART_VIF], TAP);
	assert_true(only_due(nic()));
	/* without xenstored it is known since before */
	a.store = STORE_GONE;
	changed(TAP);
	assert_true(add(nic())->keep);
	assert_int_equal(later, 0);
}

static void a_link_attached_by_hand_is_a_port_itself(void **state)
{
	(void)state;
	alias(TAP, BY_HAND);
	changed(TAP);
	assert_true(only_due(link_id(TAP)));
}

/* ---- echoes --------------------------------------------------------------- */

static void what_the_last_check_left_is_no_news(void **state)
{
	struct port *p;

	(void)state;
	alias(VIF, BY_XENSTORE);
	p = add(nic());
	p->link_hash[PART_VIF] = link_hash(link_at(VIF));
	p->ifindex[PART_VIF] = VIF;
	changed(VIF);
	assert_true(table_is_clean(&table));
	/* any other state is */
	link_at(VIF)->up = !link_at(VIF)->up;
	changed(VIF);
	assert_true(only_due(nic()));
	/* and so is its end */
	link_at(VIF)->up = !link_at(VIF)->up;
	tell(VIF, true);
	read_socket();
	assert_true(only_due(nic()));
}

static void an_echo_may_free_a_name_for_another_port(void **state)
{
	struct port *p;

	(void)state;
	alias(VIF, BY_XENSTORE);
	p = add(nic());
	p->link_hash[PART_VIF] = link_hash(link_at(VIF));
	table_set_holder(add(link_id(TAP)), PART_VIF, VIF);
	changed(VIF);
	assert_true(only_due(link_id(TAP)));
}

/* ---- its bridge ----------------------------------------------------------- */

static void a_bridge_that_changes_makes_its_ports_due(void **state)
{
	struct port *p = add(nic());

	(void)state;
	p->place[PART_VIF] = (struct place){ .ifindex = BR0, .mtu = 1500,
					     .name = "br0" };
	changed(BR0);
	assert_true(table_is_clean(&table));
	link_at(BR0)->mtu = 9000;
	changed(BR0);
	assert_true(only_due(nic()));
	link_at(BR0)->mtu = 1500;
	link_at(BR0)->filtering = VLAN_FILTERING_ON;
	changed(BR0);
	assert_true(only_due(nic()));
	link_at(BR0)->filtering = VLAN_FILTERING_MISSING;
	/* a port that waits may wait for any change of it */
	p->state = PORT_RETRY;
	changed(BR0);
	assert_true(only_due(nic()));
	p->state = PORT_QUIET;
	memcpy(link_at(BR0)->name, "br1", sizeof("br1"));
	changed(BR0);
	assert_true(only_due(nic()));
	memcpy(link_at(BR0)->name, "br0", sizeof("br0"));
	tell(BR0, true);
	read_socket();
	assert_true(only_due(nic()));
}

static void a_bridge_that_appears_makes_those_due_that_wait_for_it(void **state)
{
	(void)state;
	add(nic())->place[PART_VIF] = (struct place){ .name = "br0" };
	add(link_id(TAP))->place[PART_VIF] = (struct place){ .name = "br1" };
	add(link_id(9));	/* waits for none */
	changed(BR0);
	assert_true(only_due(nic()));
}

static void of_a_bridge_s_events_about_its_ports_only_new_options_count(void **state)
{
	struct host_event ev = { .what = HOST_OPTIONS };
	struct port *p = add(link_id(TAP));

	(void)state;
	p->ifindex[PART_VIF] = TAP;
	p->options[PART_VIF] = 5;
	ev.link = (struct link){ .ifindex = VIF, .options = 4 };
	fake_watch_tell(&ev);
	read_socket();
	assert_true(table_is_clean(&table));
	ev.link = (struct link){ .ifindex = TAP, .options = 5 };
	fake_watch_tell(&ev);
	read_socket();
	assert_true(table_is_clean(&table));
	ev.link.options = 4;
	fake_watch_tell(&ev);
	read_socket();
	assert_true(only_due(link_id(TAP)));
}

static void a_link_that_is_gone_takes_its_guard_along(void **state)
{
	(void)state;
	fake_host_at(&f, TAP)->guard.kind = GUARD_MAC;
	changed(TAP);
	sources.passive = true;
	tell(TAP, true);
	read_socket();
	assert_int_equal(fake_host_at(&f, TAP)->guard.kind, GUARD_MAC);
	sources.passive = false;
	tell(TAP, true);
	read_socket();
	assert_int_equal(fake_host_at(&f, TAP)->guard.kind, GUARD_NONE);
}

/* ---- many events, and lost ones ------------------------------------------- */

static void of_several_events_about_a_link_the_last_one_counts(void **state)
{
	struct port *p;

	(void)state;
	alias(VIF, BY_XENSTORE);
	p = add(nic());
	link_at(VIF)->up = true;
	p->link_hash[PART_VIF] = link_hash(link_at(VIF));
	link_at(VIF)->up = false;
	tell(VIF, false);
	link_at(VIF)->up = true;
	changed(VIF);
	assert_true(table_is_clean(&table));
}

static void also_with_another_link_s_in_between(void **state)
{
	(void)state;
	tell(VIF, false);
	tell(TAP, false);
	memcpy(link_at(VIF)->name, "vif6.0", sizeof("vif6.0"));
	changed(VIF);
	assert_int_equal(table.count, 1);
	assert_null(table_find(&table, &(struct port_id){ .is_nic = true, .nic = { 5, 0 } }));
	/* and nothing was lost on the way */
	assert_int_equal(later, 0);
}

static void more_events_than_a_batch_are_all_handled(void **state)
{
	(void)state;
	for (int i = 0; i < 150; i++) {
		alias(TAP, BY_HAND);
		link_at(TAP)->ifindex = 100 + i;
		tell(TAP, false);
	}
	read_socket();
	assert_int_equal(table.count, 150);
}

static void lost_events_are_made_up_for_by_a_rescan(void **state)
{
	(void)state;
	fake_watch.read_result = HOST_OVERFLOW;
	read_socket();
	assert_int_equal(rescans, 1);
	assert_int_equal(later, 0);
	assert_int_equal(fake_watch.opened, 1);
}

static void a_socket_that_fails_is_opened_anew(void **state)
{
	(void)state;
	assert_int_equal(links_listen(links), 0);
	assert_int_equal(fake_watch.opened, 1);
	fake_watch.read_result = -EIO;
	read_socket();
	assert_int_equal(rescans, 0);
	assert_int_equal(later, 1);
	fake_watch.open_result = -EMFILE;
	assert_int_equal(links_listen(links), -EMFILE);
	fake_watch.open_result = fake_watch.read_result = 0;
	assert_int_equal(links_listen(links), 0);
	assert_int_equal(fake_watch.opened, 2);
	changed(VIF);
	assert_true(only_due(nic()));
}

#define links_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		links_test(a_link_named_as_a_nics_makes_that_due),
		links_test(a_link_of_nobody_makes_nothing_due),
		links_test(a_record_tells_whose_a_link_is_whatever_its_name),
		links_test(a_link_attached_by_hand_is_a_port_itself),
		links_test(what_the_last_check_left_is_no_news),
		links_test(an_echo_may_free_a_name_for_another_port),
		links_test(a_bridge_that_changes_makes_its_ports_due),
		links_test(a_bridge_that_appears_makes_those_due_that_wait_for_it),
		links_test(of_a_bridge_s_events_about_its_ports_only_new_options_count),
		links_test(a_link_that_is_gone_takes_its_guard_along),
		links_test(of_several_events_about_a_link_the_last_one_counts),
		links_test(also_with_another_link_s_in_between),
		links_test(more_events_than_a_batch_are_all_handled),
		links_test(lost_events_are_made_up_for_by_a_rescan),
		links_test(a_socket_that_fails_is_opened_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
