/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-news.c - what is logged about a port */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/daemon/news.h"

static struct port port;
static struct look look;
static struct keeper_ops ops;
static int told;

static char line[1024];
static int level, lines;

/* Instead of base/log.c. */
void log_msg(int l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	level = l;
	lines++;
}

static void tell(const struct look *l, void *arg)
{
	(void)arg;
	assert_string_equal(l->name, "web0");
	told++;
}

/* NIC 5.0 with vifname=web0, in order on br0. */
static int setup(void **state)
{
	(void)state;
	port = (struct port){ .id = { .is_nic = true, .nic = { 5, 0 } },
			      .verdict = { NOT_OURS, NOT_OURS } };
	look = (struct look){ .id = port.id, .name = "web0", .found = true,
			      .verdict = IN_ORDER,
			      .wish = { .by = BY_XENSTORE, .network = "br0",
					.bridge = "br0" } };
	ops = (struct keeper_ops){ .news = tell };
	told = 0;
	return 0;
}

static bool news(void)
{
	line[0] = '\0';
	lines = 0;
	return news_of(&ops, &port, &look);
}

static void says(int wanted, const char *text)
{
	(void)news();
	assert_string_equal(line, text);
	assert_int_equal(lines, text[0] != '\0');
	if (lines)
		assert_int_equal(level, wanted);
}

/* As digest.c does. */
static void remember(const char *bridge)
{
	memcpy(port.name, look.name, sizeof(port.name));
	(void)text_copy(port.place[PART_VIF].name, VIF_NAMESIZE, bridge);
	(void)text_copy(look.state.bridge.name, VIF_NAMESIZE, "br0");
	port.place[PART_VIF].ifindex = 2;
}

#define ATTACHED "web0 (vif5.0): attached to bridge br0 (network br0, requested by xenstore)"

static void a_port_that_is_in_order_is_said_once(void **state)
{
	(void)state;
	says(LOG_INFO, ATTACHED);
	says(LOG_INFO, "");
	assert_int_equal(told, 1);
	/* joined anew it is news */
	look.joined = true;
	says(LOG_INFO, ATTACHED);
	assert_int_equal(told, 1);
	(void)text_copy(look.unused, sizeof(look.unused), "ip");
	says(LOG_INFO, ATTACHED "; ignored keys: ip");
}

static void a_macvtap_has_a_device(void **state)
{
	(void)state;
	look.wish.kind = NETWORK_MACVTAP;
	(void)text_copy(look.wish.device, VIF_NAMESIZE, "eth0");
	says(LOG_INFO, "web0 (vif5.0): attached to device eth0 (network br0, requested by xenstore)");
}

static void a_correction_says_what_was_wrong(void **state)
{
	(void)state;
	(void)news();
	remember("br0");
	look.steps = 2;
	(void)text_copy(look.done, sizeof(look.done), "master br0; up");
	says(LOG_INFO, "web0 (vif5.0): corrected: master br0; up");
	/* a record alone is not worth a line */
	look.done[0] = '\0';
	says(LOG_INFO, "");
}

static void a_move_says_where_to(void **state)
{
	(void)state;
	(void)news();
	remember("br7");
	says(LOG_INFO, "");
	look.steps = 1;
	says(LOG_INFO, "web0 (vif5.0): moved to bridge br0 (network br0, requested by xenstore)");
}

static void what_is_left_says_why(void **state)
{
	(void)state;
	look.verdict = NOT_OURS;
	look.goal = GOAL_LEAVE;
	says(LOG_INFO, "");
	look.steps = 1;
	says(LOG_INFO, "web0 (vif5.0): detached");
	look.goal = GOAL_LEAVE_DEAD;
	says(LOG_INFO, "web0 (vif5.0): detached, because its NIC is gone");
	look.state.record.made = true;
	look.goal = GOAL_LEAVE;
	says(LOG_INFO, "web0 (vif5.0): deleted");
}

static void an_obstacle_is_said_once_and_then_only_to_who_debugs(void **state)
{
	static const struct {
		enum verdict verdict;
		int level;
	} table[] = {
		{ REFUSED, LOG_WARNING }, { FAILED, LOG_WARNING },
		{ WAITING, LOG_INFO },
	};

	(void)state;
	(void)text_copy(look.reason, sizeof(look.reason), "no bridge");
	for (each(i, table)) {
		look.verdict = table[i].verdict;
		says(table[i].level, "web0 (vif5.0): no bridge");
		says(LOG_DEBUG, "web0 (vif5.0): no bridge");
	}
	/* another reason is news */
	(void)text_copy(look.reason, sizeof(look.reason), "no name");
	says(LOG_INFO, "web0 (vif5.0): no name");
}

/* Nearly every NIC is without its link for a moment. */
static void a_missing_link_is_said_when_it_stays_away(void **state)
{
	(void)state;
	look.verdict = WAITING;
	look.found = false;
	(void)text_copy(look.name, VIF_NAMESIZE, "vif5.0");
	(void)text_copy(look.reason, sizeof(look.reason), "no link");
	ops.news = NULL;
	says(LOG_DEBUG, "vif5.0: no link");
	port.tries = 3;
	says(LOG_INFO, "vif5.0: no link");
	port.tries = 4;
	says(LOG_DEBUG, "vif5.0: no link");
}

static void a_program_that_only_watches_logs_nothing(void **state)
{
	(void)state;
	ops.passive = true;
	says(LOG_INFO, "");
	assert_int_equal(told, 1);
	remember("br0");
	lines = 0;
	news_gone(&ops, &port);
	assert_int_equal(lines, 0);
	assert_int_equal(told, 2);
}

static void the_end_of_a_port_is_said(void **state)
{
	(void)state;
	lines = 0;
	news_gone(&ops, &port);
	assert_int_equal(lines, 0);
	assert_int_equal(told, 0);
	remember("br0");
	news_gone(&ops, &port);
	assert_string_equal(line, "web0 (vif5.0): its link has been removed");
	assert_int_equal(told, 1);
}

static void a_failure_is_a_warning_the_first_time(void **state)
{
	(void)state;
	news_failed(&port, -ENOMEM);
	assert_string_equal(line, "vif5.0: check failed: Cannot allocate memory");
	assert_int_equal(level, LOG_WARNING);
	port.tries = 1;
	remember("br0");
	news_failed(&port, -ENOMEM);
	assert_string_equal(line, "web0 (vif5.0): check failed: Cannot allocate memory");
	assert_int_equal(level, LOG_DEBUG);
	port = (struct port){ .id.ifindex = 7 };
	news_failed(&port, -ENOMEM);
	assert_string_equal(line, "link 7: check failed: Cannot allocate memory");
}

#define NEWS_TEST(test) cmocka_unit_test_setup(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NEWS_TEST(a_port_that_is_in_order_is_said_once),
		NEWS_TEST(a_macvtap_has_a_device),
		NEWS_TEST(a_correction_says_what_was_wrong),
		NEWS_TEST(a_move_says_where_to),
		NEWS_TEST(what_is_left_says_why),
		NEWS_TEST(an_obstacle_is_said_once_and_then_only_to_who_debugs),
		NEWS_TEST(a_missing_link_is_said_when_it_stays_away),
		NEWS_TEST(a_program_that_only_watches_logs_nothing),
		NEWS_TEST(the_end_of_a_port_is_said),
		NEWS_TEST(a_failure_is_a_warning_the_first_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
