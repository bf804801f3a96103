/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-scheduler.c - which port is checked when, and what is asked for it
 *
 * With the real threads and the real engine, on a fake host and a fake store,
 * and a clock that stands still.
 */
#include "tests/unit/check.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/daemon/retry.h"
#include "agent/daemon/scheduler.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/fake-store.h"
#include "tests/unit/fake-timer.h"

enum { BR0 = 2, VIF = 3, TAP = 4 };

#define DIR "/local/domain/0/backend/vif/5/0"
#define STATUS DIR "/hotplug-status"
#define RECORD "vifagent/1 by=xenstore nic=5.0 part=vif net=br0 was.name=vif5.0 was.mac=52:54:00:00:00:03 was.mtu=1500 was.up=0 was.gen=0"

static const struct port_id id = { .is_nic = true, .nic = { 5, 0 } };
static struct event_base *base;
static struct table table;
static struct fake_host f;
static struct agent a;
static struct sources sources;
static struct xenstore *xenstore;
static struct scheduler *scheduler;
static struct keeper_ops ops;
static int idle, rescans, gone;

static void on_idle(void *arg)
{
	(void)arg;
	idle++;
}

static void on_news(const struct look *look, void *arg)
{
	(void)arg;
	gone += look->verdict == NOT_OURS;
}

static void wake(void *arg)
{
	(void)arg;
	scheduler_wake(scheduler);
}

static void rescan(void *arg)
{
	(void)arg;
	rescans++;
}

static void rescan_later(int error, void *arg)
{
	(void)error;
	rescan(arg);
}

/* ---- one test ------------------------------------------------------------- */

static void put_key(uint32_t devid, const char *key, const char *value)
{
	char path[STORE_PATHSIZE];

	(void)snprintf(path, sizeof(path), "/local/domain/0/backend/vif/5/%u/%s",
		       devid, key);
	fake_store_put(path, value);
}

/* A NIC that libxl's script has reported: any later one is our turn. */
static void put_nic(uint32_t devid)
{
	put_key(devid, "state", "4");
	put_key(devid, "online", "1");
	put_key(devid, "script", "vif-agent");
	put_key(devid, "bridge", "br0");
	put_key(devid, "hotplug-status", "connected");
}

static int setup(void **state)
{
	(void)state;
	fake_timer_reset();
	fake_store_start();
	fake_store_put("domid", "0");
	fake_store_introduce(5);
	put_nic(0);
	fake_host_init(&f);
	fake_host_put(&f, BR0, "br0", "bridge")->mac_set = true;
	fake_host_put(&f, VIF, "vif5.0", NULL);
	a = (struct agent){ .host = &f.host, .config = config_new() };
	base = event_base_new();
	table_init(&table, base, wake, NULL);
	sources = (struct sources){ .base = base, .agent = &a,
				    .table = &table, .rescan = rescan,
				    .rescan_later = rescan_later };
	ops = (struct keeper_ops){ .idle = on_idle, .news = on_news };
	idle = rescans = gone = 0;
	assert_non_null(a.config);
	assert_int_equal(xenstore_new(&sources, &xenstore), 0);
	scheduler = scheduler_new(&sources, xenstore, &ops);
	return scheduler ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	fake_store_hook(NULL);
	fake_store_release();
	a.workers = workers_free(a.workers);
	xenstore = xenstore_free(xenstore);
	table_clear(&table);
	scheduler = scheduler_free(scheduler);
	a.config = config_free(a.config);
	event_base_free(base);
	return fake_timer_count() || !fake_store_wait_for_end() ? -1 : 0;
}

static void sleep_1_ms(void)
{
	static const struct timespec ms = { 0, 1000000 };

	(void)nanosleep(&ms, NULL);
}

/* One turn of the event loop; no time passes. */
static void turn(void)
{
	(void)event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
	fake_timer_pass(0);
	if (workers_load(a.workers))
		sleep_1_ms();
}

static bool is_quiet(void)
{
	return !workers_load(a.workers) && table_is_clean(&table) && idle;
}

/* Turn until nothing is left to do. */
static void settle_down(void)
{
	idle = 0;
	scheduler_wake(scheduler);
	for (int i = 0; i < 10000 && !is_quiet(); i++)
		turn();
	assert_true(is_quiet());
}

static void start(void)
{
	xenstore_start(xenstore);
	settle_down();
	assert_int_equal(rescans, 0);
}

/* Turn until so many of xenstored's calls hang. */
static void until_hung(unsigned int n)
{
	turn();
	turn();
	assert_true(fake_store_wait_for_hung(n));
}

static struct port *port(void)
{
	struct port *p = table_find(&table, &id);

	assert_non_null(p);
	return p;
}

/* Take answers until the port is due, and do not check it yet. */
static void until_due(void)
{
	for (int i = 0; i < 10000 && !port()->due; i++) {
		(void)event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
		sleep_1_ms();
	}
	assert_int_equal(port()->due, DUE_ALL);
}

static void mark(void)
{
	assert_int_equal(sources_mark_found(&sources, &id, NULL), 0);
}

static const struct link *vif(void)
{
	return &fake_host_at(&f, VIF)->l;
}

static unsigned int keys_read(void)
{
	return fake_store_asked("list " DIR);
}

/* ---- checks --------------------------------------------------------------- */

static void a_nic_is_found_and_joined(void **state)
{
	(void)state;
	start();
	assert_int_equal(vif()->master, BR0);
	assert_int_equal(port()->verdict[PART_VIF], IN_ORDER);
	assert_int_equal(port()->state, PORT_QUIET);
	assert_int_equal(rescans, 0);
	/* and then there is no more to do */
	fake_store_forget();
	fake_timer_pass(1000000);
	settle_down();
	assert_int_equal(fake_store_asked(NULL), 0);
}

static void without_xenstored_links_are_checked(void **state)
{
	const struct port_id tap = { .ifindex = TAP };

	(void)state;
	fake_host_put(&f, TAP, "tap7", "tun");
	assert_true(text_copy(fake_host_at(&f, TAP)->l.alias, LINK_ALIASSIZE,
			      "vifagent/1 by=hand net=br0 was.name=tap7 was.mac=52:54:00:00:00:04 was.mtu=1500 was.up=0 was.gen=0"));
	fake_store_hang("*");
	xenstore_start(xenstore);
	assert_int_equal(sources_mark_found(&sources, &tap, NULL), 0);
	mark();
	until_hung(1);
	assert_int_equal(fake_host_at(&f, TAP)->l.master, BR0);
	assert_int_equal(vif()->master, 0);
	/* the NIC waits, and after some silence that is not waited for */
	assert_int_equal(idle, 0);
	assert_true(xenstore_is_busy(xenstore));
	fake_timer_pass(5000);
	turn();
	assert_true(idle > 0);
	assert_true(xenstore_is_silent(xenstore));
	fake_store_release();
	settle_down();
	assert_false(xenstore_is_silent(xenstore));
	assert_int_equal(vif()->master, BR0);
}

static void what_waits_is_tried_again(void **state)
{
	(void)state;
	fake_host_del(&f, BR0);
	start();
	assert_int_equal(port()->state, PORT_RETRY);
	assert_in_range(fake_timer_left(port()->timer), 375, 625);
	fake_host_put(&f, BR0, "br0", "bridge")->mac_set = true;
	fake_timer_pass(625);
	settle_down();
	assert_int_equal(vif()->master, BR0);
	/* its status was "error" meanwhile */
	assert_int_equal(port()->state, PORT_EARLY);
	fake_timer_pass(a.config->toolstack_delay);
	settle_down();
	assert_true(fake_store_is(STATUS, "connected"));
	assert_int_equal(port()->state, PORT_QUIET);
}

static void what_xenstore_refuses_is_tried_again(void **state)
{
	(void)state;
	fake_store_fail("read " STATUS, -EIO);
	start();
	assert_int_equal(port()->state, PORT_RETRY);
	assert_int_equal(vif()->master, 0);
	fake_store_fail("read " STATUS, 0);
	fake_timer_pass(625);
	settle_down();
	assert_int_equal(vif()->master, BR0);
	assert_int_equal(port()->state, PORT_QUIET);
}

static void the_toolstack_gets_time(void **state)
{
	(void)state;
	put_key(0, "hotplug-status", "");
	put_key(0, "script", "another");
	a.config->serve_all = true;
	start();
	assert_int_equal(vif()->master, BR0);
	assert_int_equal(port()->state, PORT_EARLY);
	assert_int_equal(fake_timer_left(port()->timer),
			 a.config->toolstack_delay);
	assert_true(fake_store_is(STATUS, ""));
	fake_timer_pass(a.config->toolstack_delay);
	settle_down();
	assert_true(fake_store_is(STATUS, "connected"));
	assert_int_equal(port()->state, PORT_QUIET);
}

static void an_opponent_gets_its_way_for_a_while(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 8; i++) {
		assert_int_equal(vif()->master, BR0);
		fake_host_join(&f, VIF, 0);
		mark();
		settle_down();
	}
	assert_int_equal(port()->state, PORT_HELD);
	fake_host_join(&f, VIF, 0);
	mark();
	settle_down();
	assert_int_equal(vif()->master, 0);
	assert_int_equal(port()->state, PORT_HELD);
	/* another wish ends it at once */
	put_key(0, "mtu", "1400");
	mark();
	settle_down();
	assert_int_equal(vif()->master, BR0);
	assert_int_equal(port()->state, PORT_QUIET);
}

static void the_time_that_it_is_left_alone_ends(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 8; i++) {
		fake_host_join(&f, VIF, 0);
		mark();
		settle_down();
	}
	fake_host_join(&f, VIF, 0);
	fake_timer_pass(12500);
	settle_down();
	assert_int_equal(vif()->master, BR0);
}

/* As contention.c leaves it after a fight about its MAC. */
static void block(void)
{
	struct link *l = &fake_host_at(&f, VIF)->l;

	(void)strcat(l->alias, " held=2");
	l->up = false;
	mark();
	settle_down();
}

static void a_blocked_port_is_set_up_again_by_a_new_wish(void **state)
{
	(void)state;
	start();
	block();
	assert_false(vif()->up);
	put_key(0, "mtu", "1400");
	mark();
	settle_down();
	assert_true(vif()->up);
}

static void a_port_that_is_gone_is_news_once(void **state)
{
	(void)state;
	start();
	assert_int_equal(gone, 0);
	fake_host_del(&f, VIF);
	fake_store_rm(DIR);
	mark();
	settle_down();
	assert_null(table_find(&table, &id));
	assert_int_equal(gone, 1);
}

/* ---- jobs ----------------------------------------------------------------- */

static void a_port_has_one_job_at_a_time(void **state)
{
	(void)state;
	start();
	fake_store_forget();
	fake_store_hang("*");
	mark();
	until_hung(1);
	assert_non_null(port()->job);
	for (int i = 0; i < 5; i++) {
		mark();
		turn();
	}
	assert_int_equal(workers_load(a.workers), 1);
	assert_int_equal(keys_read(), 1);
	fake_store_release();
	settle_down();
	/* what happened meanwhile made it due, once */
	assert_int_equal(keys_read(), 2);
	assert_null(port()->job);
}

static void not_all_keys_are_read_at_once(void **state)
{
	(void)state;
	start();
	fake_store_hang("*");
	for (uint32_t i = 1; i <= 100; i++) {
		put_nic(i);
		sources_mark_nic(&sources, (struct vif_id){ 5, i });
	}
	until_hung(4);
	for (int i = 0; i < 5; i++)
		turn();
	assert_int_equal(workers_load(a.workers), 32);
	fake_store_release();
	settle_down();
	assert_int_equal(table.count, 101);
}

static void our_own_report_costs_one_question(void **state)
{
	(void)state;
	start();
	port()->connected = true;
	fake_store_forget();
	table_mark_status(port());
	settle_down();
	assert_int_equal(fake_store_asked(NULL), 1);
	assert_int_equal(fake_store_asked("read " STATUS), 1);
	/* another status is a reason to check everything, and to report */
	put_key(0, "hotplug-status", "other");
	table_mark_status(port());
	settle_down();
	fake_timer_pass(a.config->toolstack_delay);
	settle_down();
	assert_true(fake_store_is(STATUS, "connected"));
}

/* netback waits to be told, and xenstored cannot be written to. */
static void report_fails_with(int error)
{
	start();
	put_key(0, "hotplug-status", "other");
	fake_store_fail("write " DIR "/state", error);
	mark();
	settle_down();
	fake_timer_pass(a.config->toolstack_delay);
	for (int i = 0; i < 100; i++)
		turn();
	assert_false(port()->connected);
}

static void a_report_that_breaks_the_connection_is_made_on_the_next(void **state)
{
	(void)state;
	report_fails_with(-ENOTCONN);
	assert_true(fake_store_asked("watch") > 1);
	fake_store_fail("", 0);
	fake_timer_pass(60000);
	settle_down();
	assert_int_equal(a.store, STORE_THERE);
	fake_timer_pass(a.config->toolstack_delay);
	settle_down();
	assert_true(fake_store_is(STATUS, "connected"));
}

static void a_report_that_is_refused_is_tried_again_later(void **state)
{
	(void)state;
	report_fails_with(-EACCES);
	assert_int_equal(port()->state, PORT_RETRY);
	assert_int_equal(a.store, STORE_THERE);
	fake_store_fail("", 0);
	fake_timer_pass(60000);
	settle_down();
	fake_timer_pass(a.config->toolstack_delay);
	settle_down();
	assert_true(fake_store_is(STATUS, "connected"));
}

/* ifup makes a bridge, gives it its uplink, and sets it up. */
static void a_bridge_that_is_being_set_up_is_waited_for(void **state)
{
	struct fake_link *b = fake_host_at(&f, BR0);

	(void)state;
	b->mac_set = false;
	memset(b->l.mac, 0, 6);
	start();
	assert_int_equal(vif()->master, 0);
	assert_int_equal(port()->state, PORT_RETRY);
	/* but not for ever */
	for (int i = 0; i < 4; i++) {
		fake_timer_pass(10000);
		settle_down();
	}
	assert_int_equal(vif()->master, BR0);
}

static void an_event_while_its_keys_are_read_may_be_another_nics(void **state)
{
	(void)state;
	start();
	fake_host_del(&f, VIF);
	fake_store_rm(DIR);
	fake_store_hang("*");
	mark();
	until_hung(1);
	mark();
	fake_store_release();
	fake_store_forget();
	settle_down();
	assert_int_equal(rescans, 0);
	/* the port was forgotten, and the new one is looked for */
	assert_true(fake_store_asked(NULL) >= 1);
	assert_null(table_find(&table, &id));
}

static void only_a_link_known_before_the_keys_were_read_is_left(void **state)
{
	unsigned int acts;

	(void)state;
	fake_host_del(&f, VIF);
	fake_store_rm(DIR);
	start();
	fake_store_hang("*");
	mark();
	until_hung(1);
	/* it is made while the keys are read, and so is its NIC */
	fake_host_put(&f, VIF, "vif5.0", NULL);
	assert_true(text_copy(fake_host_at(&f, VIF)->l.alias, LINK_ALIASSIZE,
			      RECORD));
	fake_host_join(&f, VIF, BR0);
	acts = f.acts;
	fake_store_release();
	until_due();
	assert_int_equal(f.acts, acts);
	assert_int_equal(port()->ifindex[PART_VIF], VIF);
	put_nic(0);
	settle_down();
	assert_int_equal(vif()->master, BR0);
	/* known before, it is left */
	fake_store_rm(DIR);
	mark();
	settle_down();
	assert_int_equal(vif()->master, 0);
}

/* Whether vif6.0 is a NIC's only xenstore knows; if not, it is no port. */
static void a_link_whose_question_was_lost_is_looked_at_again(void **state)
{
	const struct port_id link = { .ifindex = TAP };

	(void)state;
	fake_host_put(&f, TAP, "vif6.0", NULL);
	start();
	fake_store_hang("*");
	sources_mark_link(&sources, TAP);
	until_hung(1);
	fake_store_die();
	fake_store_restart(true);
	fake_store_release();
	settle_down();
	for (int i = 0; i < 3; i++) {
		fake_timer_pass(2000);
		settle_down();
	}
	assert_null(table_find(&table, &link));
}

static void a_link_waits_until_it_is_known_whether_there_is_a_xenstored(void **state)
{
	const struct port_id link = { .ifindex = TAP };

	(void)state;
	fake_host_put(&f, TAP, "vif6.0", NULL);
	fake_store_hang("*");
	sources_mark_link(&sources, TAP);
	turn();
	turn();
	assert_int_equal(workers_load(a.workers), 0);
	assert_non_null(table_find(&table, &link));
	fake_store_release();
	/* and no longer: it is settled before the daemon says that it is ready */
	start();
	assert_null(table_find(&table, &link));
}

static void a_missing_nic_is_not_believed_from_another_xenstored(void **state)
{
	(void)state;
	start();
	/* an error closes the connection, so the next job opens another */
	fake_store_fail("read " STATUS, -EIO);
	mark();
	settle_down();
	fake_store_fail("read " STATUS, 0);
	fake_store_die();
	fake_store_restart(false);
	fake_store_put("domid", "0");
	assert_true(xenstore_is_stale(xenstore));
	assert_int_equal(a.store, STORE_THERE);
	fake_timer_pass(625);
	settle_down();
	assert_int_equal(vif()->master, BR0);
	assert_true(port()->keep);
	assert_int_equal(a.store, STORE_THERE);
	assert_false(xenstore_is_stale(xenstore));
}

static void the_guests_mtu_is_told_once(void **state)
{
	static const char question[] = "read /local/domain/5/device/vif/0/mtu";

	(void)state;
	fake_store_put("/local/domain/5/device/vif/0/mtu", "");
	start();
	assert_int_equal(port()->told_mtu, 1500);
	assert_int_equal(fake_store_asked(question), 1);
	mark();
	settle_down();
	assert_int_equal(fake_store_asked(question), 1);
	/* a reload forgets it */
	port()->told_mtu = 0;
	mark();
	settle_down();
	assert_int_equal(fake_store_asked(question), 2);
	assert_int_equal(port()->told_mtu, 1500);
}

static void a_domain_is_asked_for_until_it_is_known_to_live(void **state)
{
	(void)state;
	start();
	assert_true(port()->domain_lives);
	fake_store_forget();
	mark();
	settle_down();
	assert_int_equal(fake_store_asked("introduced 5"), 0);
	/* a domain dies, and perhaps it is this one */
	port()->domain_lives = false;
	mark();
	settle_down();
	assert_int_equal(fake_store_asked("introduced 5"), 1);
	assert_true(port()->domain_lives);
}

static void a_death_while_the_keys_are_read_is_not_missed(void **state)
{
	(void)state;
	start();
	fake_store_forget();
	port()->domain_lives = false;
	fake_store_hang("introduced 5");
	mark();
	until_hung(1);
	/* what is on its way may say that it lives */
	port()->domain_lives = false;
	mark();
	fake_store_release();
	settle_down();
	assert_int_equal(fake_store_asked("introduced 5"), 2);
	assert_true(port()->domain_lives);
	fake_store_destroy(5);
	port()->domain_lives = false;
	mark();
	settle_down();
	assert_int_equal(vif()->master, 0);
}

#define scheduler_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		scheduler_test(a_nic_is_found_and_joined),
		scheduler_test(without_xenstored_links_are_checked),
		scheduler_test(what_waits_is_tried_again),
		scheduler_test(what_xenstore_refuses_is_tried_again),
		scheduler_test(the_toolstack_gets_time),
		scheduler_test(an_opponent_gets_its_way_for_a_while),
		scheduler_test(the_time_that_it_is_left_alone_ends),
		scheduler_test(a_blocked_port_is_set_up_again_by_a_new_wish),
		scheduler_test(a_port_that_is_gone_is_news_once),
		scheduler_test(a_port_has_one_job_at_a_time),
		scheduler_test(not_all_keys_are_read_at_once),
		scheduler_test(our_own_report_costs_one_question),
		scheduler_test(a_report_that_breaks_the_connection_is_made_on_the_next),
		scheduler_test(a_report_that_is_refused_is_tried_again_later),
		scheduler_test(a_bridge_that_is_being_set_up_is_waited_for),
		scheduler_test(an_event_while_its_keys_are_read_may_be_another_nics),
		scheduler_test(only_a_link_known_before_the_keys_were_read_is_left),
		scheduler_test(a_link_whose_question_was_lost_is_looked_at_again),
		scheduler_test(a_link_waits_until_it_is_known_whether_there_is_a_xenstored),
		scheduler_test(a_missing_nic_is_not_believed_from_another_xenstored),
		scheduler_test(the_guests_mtu_is_told_once),
		scheduler_test(a_domain_is_asked_for_until_it_is_known_to_live),
		scheduler_test(a_death_while_the_keys_are_read_is_not_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
