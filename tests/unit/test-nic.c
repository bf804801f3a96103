/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-nic.c - what xenstore says of a NIC, and what we tell it */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/xen/nic.h"

#include "agent/core/mac.h"
#include "tests/unit/fake-store.h"

#define BACKEND 3
#define ROOT "/local/domain/3/backend/vif"
#define DOMAIN_DIR ROOT "/5"
#define DIR DOMAIN_DIR "/0"
#define KEY(name) DIR "/" name
#define READ(name) "read " KEY(name)
#define FRONTEND_MTU "/local/domain/5/device/vif/0/mtu"

static const struct vif_id id = { 5, 0 };
static struct store *s;
static struct nic nic;

/* A NIC as libxl makes it, with netback's state. */
static void put_nic(void)
{
	fake_store_put(KEY("hotplug-status"), "");
	fake_store_put(KEY("state"), "2");
	fake_store_put(KEY("online"), "1");
	fake_store_put(KEY("script"), "/etc/xen/scripts/vif-agent");
	fake_store_put(KEY("bridge"), "br0");
	fake_store_put(KEY("mtu"), "1400");
	fake_store_put(KEY("type"), "vif");
	fake_store_put(FRONTEND_MTU, "1500");
}

static int setup(void **state)
{
	(void)state;
	fake_store_start();
	put_nic();
	memset(&nic, 0, sizeof(nic));
	return store_open(&s);
}

static int teardown(void **state)
{
	(void)state;
	s = store_close(s);
	return fake_store_connections() ? -1 : 0;
}

static int read_nic(unsigned int questions)
{
	fake_store_forget();
	return nic_read(s, BACKEND, id, questions, &nic);
}

/* Just these questions were asked, in this order. */
static void check_questions(const char *const *questions, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(strcmp(fake_store_question((unsigned int)i),
			     questions[i]) == 0, "question %zu: %s, not %s", i,
		      fake_store_question((unsigned int)i), questions[i]);
	assert_int_equal(fake_store_asked(NULL), n);
}

/* ---- which keys ----------------------------------------------------------- */

static void the_keys_that_are_there_are_read_in_this_order(void **state)
{
	static const char *const questions[] = {
		"list " DIR, READ("hotplug-status"), READ("state"),
		READ("online"), READ("script"), READ("bridge"), READ("mtu"),
	};

	(void)state;
	assert_int_equal(read_nic(0), 0);
	check_questions(questions, ROWS(questions));
}

static void with_a_vifname_the_type_is_read_too(void **state)
{
	static const char *const questions[] = {
		"list " DIR, READ("hotplug-status"), READ("state"),
		READ("online"), READ("script"), READ("bridge"),
		READ("vifname"), READ("mtu"), READ("type"),
	};

	(void)state;
	fake_store_put(KEY("vifname"), "web0");
	assert_int_equal(read_nic(0), 0);
	check_questions(questions, ROWS(questions));
}

static void a_script_that_is_known_to_be_ours_is_not_read(void **state)
{
	static const char *const questions[] = {
		"list " DIR, READ("hotplug-status"), READ("state"),
		READ("online"), READ("bridge"), READ("mtu"),
	};

	(void)state;
	fake_store_put(KEY("script"), "vif-bridge");
	assert_int_equal(read_nic(NIC_SCRIPT_IS_OURS), 0);
	check_questions(questions, ROWS(questions));
	assert_true(nic.script == SCRIPT_OURS);
}

static void the_domain_is_asked_for_last(void **state)
{
	(void)state;
	assert_int_equal(read_nic(NIC_ASK_DOMAIN), 0);
	assert_int_equal(fake_store_asked(NULL), 8);
	assert_string_equal(fake_store_question(7), "introduced 5");
	assert_false(nic.has_domain);
	fake_store_introduce(5);
	assert_int_equal(read_nic(NIC_ASK_DOMAIN), 0);
	assert_true(nic.has_domain);
}

static void a_domain_that_was_not_asked_for_is_there(void **state)
{
	(void)state;
	assert_int_equal(read_nic(0), 0);
	assert_true(nic.has_domain);
}

static void a_nic_without_a_state_does_not_exist(void **state)
{
	static const char *const questions[] = {
		"list " DIR, READ("hotplug-status"),
	};
	static const struct nic none;

	(void)state;
	fake_store_rm(KEY("state"));
	fake_store_put(KEY("hotplug-status"), "error");
	fake_store_put(KEY("vifname"), "web0");
	memset(&nic, 0x5a, sizeof(nic));
	assert_int_equal(read_nic(NIC_ASK_DOMAIN | NIC_SCRIPT_IS_OURS), 0);
	check_questions(questions, ROWS(questions));
	assert_memory_equal(&nic, &none, sizeof(nic));
	assert_true(nic_is_dead(&nic));
}

/* After unbind and bind one of its last life may be beside any status. */
static void an_error_is_read_if_there_is_one(void **state)
{
	static const char *const statuses[] = { "", "connected", "error" };

	(void)state;
	assert_int_equal(read_nic(0), 0);
	assert_int_equal(fake_store_asked(READ("hotplug-error")), 0);
	assert_string_equal(nic.error, "");
	fake_store_put(KEY("hotplug-error"), "vif5.0: no bridge");
	for (each(i, statuses)) {
		fake_store_put(KEY("hotplug-status"), statuses[i]);
		assert_int_equal(read_nic(0), 0);
		check(strcmp(nic.error, "vif5.0: no bridge") == 0, "row %zu", i);
	}
}

static void a_vifname_that_says_another_nic_is_refused(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} table[] = {
		{ "vif5.0", true }, { "web0", true }, { "vif", true },
		{ "vif5.1", false }, { "vif6.0", false },
		{ "vif5.0-emu", false }, { "tap5.0", false },
	};

	(void)state;
	for (each(i, table)) {
		fake_store_put(KEY("vifname"), table[i].name);
		assert_int_equal(read_nic(0), 0);
		check(!nic.wish.error[0] == table[i].ok, "%s: %s", table[i].name,
		      nic.wish.error);
	}
}

static void a_list_of_vlans_is_refused_as_one(void **state)
{
	(void)state;
	fake_store_put(KEY("bridge"), "br0:10:20");
	assert_int_equal(read_nic(0), 0);
	assert_non_null(strstr(nic.wish.error, "Open vSwitch"));
}

/* ---- what they mean ------------------------------------------------------- */

static void put_or_rm(const char *path, const char *value)
{
	if (value)
		fake_store_put(path, value);
	else
		fake_store_rm(path);
}

static void the_status_is_one_of_four(void **state)
{
	static const struct {
		const char *value;
		enum hotplug_status status;
	} table[] = {
		{ NULL, HOTPLUG_ABSENT }, { "", HOTPLUG_EMPTY },
		{ "connected", HOTPLUG_CONNECTED }, { "error", HOTPLUG_OTHER },
		{ "connected ", HOTPLUG_OTHER }, { "connecte", HOTPLUG_OTHER },
	};

	(void)state;
	for (each(i, table)) {
		put_or_rm(KEY("hotplug-status"), table[i].value);
		assert_int_equal(read_nic(0), 0);
		check(nic.status == table[i].status, "row %zu", i);
	}
	fake_store_put_bytes(KEY("hotplug-status"), "connected\0x", 11);
	assert_int_equal(read_nic(0), 0);
	assert_int_equal(nic.status, HOTPLUG_OTHER);
}

static void the_state_is_one_digit_or_nonsense(void **state)
{
	static const struct {
		const char *value;
		int state;
	} table[] = {
		{ "0", 0 }, { "1", 1 }, { "4", 4 }, { "6", 6 }, { "8", 8 },
		{ "9", 0 }, { "", 0 }, { "04", 0 }, { "44", 0 }, { "-4", 0 },
		{ " 4", 0 }, { "/", 0 }, { ":", 0 }, { "\xff", 0 },
	};

	(void)state;
	for (each(i, table)) {
		fake_store_put(KEY("state"), table[i].value);
		assert_int_equal(read_nic(0), 0);
		check(nic.state == table[i].state, "row %zu: %d", i, nic.state);
		assert_true(nic.exists);
	}
}

static void a_nic_is_dead_when_it_is_closed_and_not_online(void **state)
{
	static const struct {
		const char *state, *online;
		bool dead;
	} table[] = {
		{ "6", "0", true }, { "6", NULL, true }, { "6", "yes", true },
		{ "6", "1", false }, { "5", "0", false }, { "4", "0", false },
		{ "0", "0", false },
	};

	(void)state;
	for (each(i, table)) {
		fake_store_put(KEY("state"), table[i].state);
		put_or_rm(KEY("online"), table[i].online);
		assert_int_equal(read_nic(0), 0);
		check(nic_is_dead(&nic) == table[i].dead, "row %zu", i);
	}
}

#define SCRIPTS "/etc/xen/scripts/"

static void whose_script_it_is_the_last_word_of_its_path_says(void **state)
{
	static const struct {
		const char *value;
		enum nic_script script;
		const char *name;
	} table[] = {
		{ "vif-agent", SCRIPT_OURS, "" },
		{ "/vif-agent", SCRIPT_OURS, "" },
		{ SCRIPTS "vif-agent", SCRIPT_OURS, "" },
		{ NULL, SCRIPT_NONE, "" }, { "", SCRIPT_NONE, "" },
		{ "/", SCRIPT_NONE, "" }, { "vif-agent/", SCRIPT_NONE, "" },
		{ "/bin/true", SCRIPT_NONE, "" }, { "true", SCRIPT_NONE, "" },
		{ SCRIPTS "vif-agent2", SCRIPT_ANOTHERS, "\"vif-agent2\"" },
		{ SCRIPTS "my-vif-agent", SCRIPT_ANOTHERS, "\"my-vif-agent\"" },
		{ SCRIPTS "vif-bridge", SCRIPT_ANOTHERS, "\"vif-bridge\"" },
		{ SCRIPTS "vif-routes", SCRIPT_ANOTHERS, "\"vif-routes\"" },
		{ "vif-agent ", SCRIPT_MISSPELT, "\"vif-agent \"" },
		{ SCRIPTS "vif-agent bridge=a/b", SCRIPT_MISSPELT,
		  "\"vif-agent bridge=a/b\"" },
		{ SCRIPTS "vif-route", SCRIPT_NETWORK, "\"vif-route\"" },
		{ SCRIPTS "vif-route-qubes", SCRIPT_NETWORK, "\"vif-route-qubes\"" },
		{ SCRIPTS "vif-nat", SCRIPT_NETWORK, "\"vif-nat\"" },
		{ SCRIPTS "vif-openvswitch", SCRIPT_NETWORK, "\"vif-openvswitch\"" },
		{ SCRIPTS "colo-proxy-setup", SCRIPT_NETWORK,
		  "\"colo-proxy-setup\"" },
	};

	(void)state;
	for (each(i, table)) {
		put_or_rm(KEY("script"), table[i].value);
		assert_int_equal(read_nic(0), 0);
		check(nic.script == table[i].script, "row %zu", i);
		check(strcmp(nic.script_name, table[i].name) == 0, "row %zu: %s", i,
		      nic.script_name);
		assert_false(nic.script_exists);
	}
	fake_store_put_bytes(KEY("script"), "vif-agent\0", 10);
	assert_int_equal(read_nic(0), 0);
	assert_int_not_equal(nic.script, SCRIPT_OURS);
}

static void keys_that_are_not_carried_out_are_named(void **state)
{
	(void)state;
	assert_int_equal(read_nic(0), 0);
	assert_string_equal(nic.unused, "");
	fake_store_put(KEY("ip"), "192.0.2.1");
	fake_store_put(KEY("gatewaydev"), "eth0");
	fake_store_put(KEY("forwarddev"), "eth1");
	fake_store_put(KEY("rate"), "1,2");
	assert_int_equal(read_nic(0), 0);
	assert_non_null(strstr(nic.unused, "ip"));
	assert_non_null(strstr(nic.unused, "gatewaydev"));
	assert_non_null(strstr(nic.unused, "forwarddev"));
	assert_null(strstr(nic.unused, "rate"));
	assert_string_equal(nic.wish.error, "");
}

static void addresses_are_read_if_some_network_has_a_guard(void **state)
{
	char text[GUARD_TEXTSIZE];

	(void)state;
	fake_store_put(KEY("mac"), "00:16:3e:00:00:01");
	fake_store_put(KEY("ip"), "192.0.2.1 2001:db8::1");
	assert_int_equal(read_nic(0), 0);
	assert_int_equal(nic.wish.guard.n_macs, 0);
	assert_string_equal(nic.unused, "ip");
	assert_int_equal(read_nic(NIC_ASK_ADDRESSES), 0);
	guard_print_macs(&nic.wish.guard, ',', text);
	assert_string_equal(text, "00:16:3e:00:00:01");
	guard_print_ips(&nic.wish.guard, ',', text);
	assert_string_equal(text, "192.0.2.1,2001:db8::1");
	assert_true(mac_is_zero(nic.wish.mac));
	assert_string_equal(nic.unused, "");
	fake_store_put(KEY("ip"), "192.0.2.0/24");
	assert_int_equal(read_nic(NIC_ASK_ADDRESSES), 0);
	assert_string_equal(nic.wish.error, "ip=\"192.0.2.0/24\" has a prefix: of IPv4 only single addresses can be given");
}

static void vlan_is_part_of_the_wish(void **state)
{
	(void)state;
	fake_store_put(KEY("vlan"), "10p/20");
	assert_int_equal(read_nic(0), 0);
	assert_string_equal(nic.wish.vlan, "10p/20");
	assert_string_equal(nic.wish.error, "");
	fake_store_put(KEY("vlan"), "10/20");
	assert_int_equal(read_nic(0), 0);
	assert_string_equal(nic.wish.vlan, "");
	assert_non_null(strstr(nic.wish.error, "vlan=\"10/20\": none is marked"));
}

static void bridge_vifname_and_mtu_are_the_wish(void **state)
{
	(void)state;
	fake_store_put(KEY("vifname"), "web0");
	assert_int_equal(read_nic(0), 0);
	assert_int_equal(nic.wish.by, BY_XENSTORE);
	assert_string_equal(nic.wish.network, "br0");
	assert_string_equal(nic.wish.name, "web0");
	assert_int_equal(nic.wish.mtu, 1400);
	assert_string_equal(nic.wish.error, "");
}

static void what_is_absent_is_not_wished(void **state)
{
	(void)state;
	fake_store_rm(KEY("bridge"));
	fake_store_rm(KEY("mtu"));
	assert_int_equal(read_nic(0), 0);
	assert_string_equal(nic.wish.network, "");
	assert_string_equal(nic.wish.name, "");
	assert_int_equal(nic.wish.mtu, 0);
	assert_string_equal(nic.wish.error, "");
}

static void a_hostile_value_is_an_error_of_the_wish(void **state)
{
	static char longest[STORE_VALUESIZE + 1];
	static const struct {
		const char *key, *value;
		size_t len;
	} table[] = {
		{ "bridge", "br0\0", 4 },
		{ "bridge", "br0\n", 4 },
		{ "bridge", "br0;reboot /", 12 },
		{ "bridge", "../br0", 6 },
		{ "bridge", longest, STORE_VALUESIZE },
		{ "vifname", "a/b", 3 },
		{ "vifname", "..", 2 },
		{ "vifname", "vif%d", 5 },
		{ "vifname", "sixteen-letters!", 16 },
		{ "vifname", "web0\0", 5 },
		{ "vifname", longest, STORE_VALUESIZE },
		{ "mtu", "-1", 2 },
		{ "mtu", "67", 2 },
		{ "mtu", "65536", 5 },
		{ "mtu", "1500\0", 5 },
		{ "mtu", longest, STORE_VALUESIZE },
	};
	char path[STORE_PATHSIZE];

	memset(longest, 'a', STORE_VALUESIZE);
	for (each(i, table)) {
		s = store_close(s);
		assert_int_equal(setup(state), 0);
		(void)snprintf(path, sizeof(path), DIR "/%s", table[i].key);
		fake_store_put_bytes(path, table[i].value, table[i].len);
		assert_int_equal(read_nic(0), 0);
		check(nic.wish.error[0], "row %zu", i);
		/* the message says which key */
		check(strstr(nic.wish.error, table[i].key), "row %zu: %s", i,
		      nic.wish.error);
	}
}

static void a_vifname_needs_room_for_emu_only_beside_a_tap(void **state)
{
	static const struct {
		const char *vifname, *type;
		bool refused;
	} table[] = {
		{ "twelve-chars", "vif_ioemu", true },
		{ "twelve-chars", "vif", false },
		{ "twelve-chars", NULL, false },
		{ "twelve-chars", "vif_ioemu2", false },
		{ "eleven-char", "vif_ioemu", false },
	};

	(void)state;
	for (each(i, table)) {
		fake_store_put(KEY("vifname"), table[i].vifname);
		put_or_rm(KEY("type"), table[i].type);
		assert_int_equal(read_nic(0), 0);
		check((nic.wish.error[0] != '\0') == table[i].refused,
		      "row %zu: %s", i, nic.wish.error);
	}
}

static void a_long_error_is_cut(void **state)
{
	static char error[STORE_VALUESIZE];

	(void)state;
	memset(error, 'e', sizeof(error));
	fake_store_put(KEY("hotplug-status"), "error");
	fake_store_put_bytes(KEY("hotplug-error"), error, sizeof(error));
	assert_int_equal(read_nic(0), 0);
	assert_int_equal(strlen(nic.error), sizeof(nic.error) - 1);
}

/* ---- failures ------------------------------------------------------------- */

static void a_failing_question_is_the_error_and_changes_nothing(void **state)
{
	static const int errors[] = { -ENOTCONN, -EACCES, -EIO, -E2BIG };
	struct nic untouched;
	unsigned int n;

	(void)state;
	fake_store_put(KEY("hotplug-status"), "error");
	fake_store_put(KEY("hotplug-error"), "no bridge");
	fake_store_put(KEY("vifname"), "web0");
	assert_int_equal(read_nic(NIC_ASK_DOMAIN), 0);
	n = fake_store_asked(NULL);
	assert_int_equal(n, 11);
	memset(&untouched, 0x5a, sizeof(untouched));
	for (each(e, errors))
		for (unsigned int i = 1; i <= n; i++) {
			nic = untouched;
			fake_store_fail_nth(i, errors[e]);
			check(read_nic(NIC_ASK_DOMAIN) == errors[e],
			      "question %u", i);
			check(fake_store_asked(NULL) == i, "question %u", i);
			check(memcmp(&nic, &untouched, sizeof(nic)) == 0,
			      "question %u", i);
		}
}

static void a_value_that_is_longer_than_xenstored_allows_is_an_error(void **state)
{
	static char value[STORE_VALUESIZE + 1];

	(void)state;
	memset(value, '1', sizeof(value));
	fake_store_put_bytes(KEY("mtu"), value, sizeof(value));
	assert_int_equal(read_nic(0), -E2BIG);
}

/* ---- is it connected? ----------------------------------------------------- */

static void connected_is_asked_for_by_one_question(void **state)
{
	static const struct {
		const char *status;
		int r;
	} table[] = {
		{ NULL, 0 }, { "", 0 }, { "error", 0 }, { "connected", 1 },
		{ "connected2", 0 },
	};

	(void)state;
	for (each(i, table)) {
		put_or_rm(KEY("hotplug-status"), table[i].status);
		fake_store_forget();
		check(nic_is_connected(s, BACKEND, id) == table[i].r,
		      "row %zu", i);
		assert_int_equal(fake_store_asked(NULL), 1);
	}
	fake_store_fail_nth(1, -ENOTCONN);
	assert_int_equal(nic_is_connected(s, BACKEND, id), -ENOTCONN);
}

/* ---- what needs to be told ------------------------------------------------ */

static void only_what_differs_needs_to_be_told(void **state)
{
	static const struct {
		enum hotplug_status status;
		const char *error;
		struct tell tell;
		bool needed;
	} table[] = {
		{ HOTPLUG_EMPTY, "", { 0 }, false },
		{ HOTPLUG_EMPTY, "", { .remove = true }, true },
		{ HOTPLUG_CONNECTED, "", { .status = "connected" }, false },
		{ HOTPLUG_CONNECTED, "", { .status = "connected",
					   .rewrite = true }, true },
		{ HOTPLUG_CONNECTED, "", { .rewrite = true }, false },
		{ HOTPLUG_EMPTY, "", { .status = "connected" }, true },
		{ HOTPLUG_ABSENT, "", { .status = "connected" }, true },
		{ HOTPLUG_OTHER, "", { .status = "connected" }, true },
		{ HOTPLUG_CONNECTED, "", { .status = "error" }, true },
		{ HOTPLUG_OTHER, "", { .status = "error" }, false },
		{ HOTPLUG_CONNECTED, "", { .mtu = 1500 }, false },
		{ HOTPLUG_CONNECTED, "", { .mtu = 1500, .mtu_is_new = true },
		  true },
		{ HOTPLUG_CONNECTED, "", { .mtu_is_new = true }, false },
		{ HOTPLUG_OTHER, "a", { .error = "b" }, false },
		{ HOTPLUG_OTHER, "a", { .error_too = true, .error = "a" },
		  false },
		{ HOTPLUG_OTHER, "a", { .error_too = true, .error = "b" },
		  true },
		{ HOTPLUG_OTHER, "a", { .error_too = true }, true },
		{ HOTPLUG_OTHER, "", { .error_too = true }, false },
	};

	(void)state;
	for (each(i, table)) {
		struct nic n = { .exists = true, .status = table[i].status };

		(void)snprintf(n.error, sizeof(n.error), "%s", table[i].error);
		check(nic_needs(&n, &table[i].tell) == table[i].needed,
		      "row %zu", i);
	}
}

/* ---- telling -------------------------------------------------------------- */

/* As a look does it: it is read, and then it is told. */
static int tell(const struct tell *t)
{
	assert_int_equal(read_nic(0), 0);
	fake_store_forget();
	return nic_tell(s, BACKEND, id, &nic, t);
}

static const struct tell connected = { .status = "connected", .mtu = 1400,
				       .error_too = true };

static void the_mtu_goes_first_and_the_status_last(void **state)
{
	static const char *const questions[] = {
		"read " FRONTEND_MTU, "write " FRONTEND_MTU,
		"write " KEY("state"),
	};

	(void)state;
	assert_int_equal(tell(&connected), 0);
	check_questions(questions, ROWS(questions));
	assert_string_equal(fake_store_change(0), FRONTEND_MTU "=1400");
	assert_string_equal(fake_store_change(1),
			    KEY("hotplug-status") "=connected");
	assert_string_equal(fake_store_change(2), "");
}

static void an_mtu_that_the_guest_knows_is_not_written(void **state)
{
	(void)state;
	fake_store_put(FRONTEND_MTU, "1400");
	assert_int_equal(tell(&connected), 0);
	assert_int_equal(fake_store_asked("read " FRONTEND_MTU), 1);
	assert_int_equal(fake_store_asked("write " FRONTEND_MTU), 0);
	/* but what only looks like it is */
	fake_store_put_bytes(FRONTEND_MTU, "1400\0", 5);
	assert_int_equal(tell(&connected), 0);
	assert_true(fake_store_is(FRONTEND_MTU, "1400"));
}

static void without_an_mtu_the_frontend_is_not_asked(void **state)
{
	const struct tell t = { .status = "connected" };

	(void)state;
	assert_int_equal(tell(&t), 0);
	assert_int_equal(fake_store_asked(NULL), 1);
}

static void a_frontend_without_an_mtu_node_gets_none(void **state)
{
	(void)state;
	fake_store_rm("/local/domain/5");
	assert_int_equal(tell(&connected), 0);
	assert_true(fake_store_is(FRONTEND_MTU, NULL));
	assert_true(fake_store_is(KEY("hotplug-status"), "connected"));
}

static void a_guest_that_keeps_us_from_its_mtu_is_connected_all_the_same(void **state)
{
	static const int errors[] = { -EACCES, -EIO, -E2BIG };

	(void)state;
	for (each(e, errors))
		for (unsigned int i = 1; i <= 2; i++) {
			fake_store_put(KEY("hotplug-status"), "");
			assert_int_equal(read_nic(0), 0);
			fake_store_fail_nth(i, errors[e]);
			assert_int_equal(nic_tell(s, BACKEND, id, &nic,
						  &connected), 0);
			assert_true(fake_store_is(KEY("hotplug-status"),
						  "connected"));
		}
}

static void when_xenstored_goes_no_more_is_told(void **state)
{
	(void)state;
	assert_int_equal(read_nic(0), 0);
	for (unsigned int i = 1; i <= 3; i++) {
		fake_store_forget();
		fake_store_put(FRONTEND_MTU, "1500");
		fake_store_fail_nth(i, -ENOTCONN);
		assert_int_equal(nic_tell(s, BACKEND, id, &nic, &connected),
				 -ENOTCONN);
		assert_int_equal(fake_store_asked(NULL), i);
		assert_true(fake_store_is(KEY("hotplug-status"), ""));
	}
}

static void the_error_is_written_before_the_status(void **state)
{
	const struct tell t = { .status = "error", .error_too = true,
				.error = "vif5.0: no bridge" };

	(void)state;
	assert_int_equal(tell(&t), 0);
	assert_string_equal(fake_store_change(0),
			    KEY("hotplug-error") "=vif5.0: no bridge");
	assert_string_equal(fake_store_change(1),
			    KEY("hotplug-status") "=error");
	/* both by one request */
	assert_int_equal(fake_store_asked(NULL), 1);
	/* and that is enough */
	assert_int_equal(read_nic(0), 0);
	assert_false(nic_needs(&nic, &t));
	assert_int_equal(tell(&t), 0);
	assert_int_equal(fake_store_asked(NULL), 0);
}

static void an_error_that_is_over_is_removed(void **state)
{
	(void)state;
	fake_store_put(KEY("hotplug-status"), "error");
	fake_store_put(KEY("hotplug-error"), "vif5.0: no bridge");
	fake_store_put(FRONTEND_MTU, "1400");
	assert_int_equal(tell(&connected), 0);
	assert_string_equal(fake_store_change(0), "rm " KEY("hotplug-error"));
	assert_string_equal(fake_store_change(1),
			    KEY("hotplug-status") "=connected");
}

static void the_longest_error_is_told_once(void **state)
{
	struct tell t = { .status = "error", .error_too = true };

	(void)state;
	memset(t.error, 'e', sizeof(t.error) - 1);
	assert_int_equal(tell(&t), 0);
	assert_true(fake_store_is(KEY("hotplug-error"), t.error));
	assert_int_equal(read_nic(0), 0);
	assert_false(nic_needs(&nic, &t));
}

static void a_status_that_is_there_is_written_again_only_to_a_new_link(void **state)
{
	struct tell t = { .status = "connected" };

	(void)state;
	fake_store_put(KEY("hotplug-status"), "connected");
	assert_int_equal(tell(&t), 0);
	assert_int_equal(fake_store_asked(NULL), 0);
	t.rewrite = true;
	assert_int_equal(tell(&t), 0);
	assert_string_equal(fake_store_change(0),
			    KEY("hotplug-status") "=connected");
}

static void nothing_is_written_once_the_state_is_another(void **state)
{
	static const char *const states[] = { "1", "3", "5", "22", "", NULL };

	(void)state;
	for (each(i, states)) {
		fake_store_put(KEY("state"), "2");
		assert_int_equal(read_nic(0), 0);
		put_or_rm(KEY("state"), states[i]);
		fake_store_forget();
		fake_store_put(FRONTEND_MTU, "1400");
		check(nic_tell(s, BACKEND, id, &nic, &connected) == -ENOENT,
		      "row %zu", i);
		check(fake_store_change(0)[0] == '\0', "row %zu", i);
	}
}

static void a_directory_that_is_gone_does_not_come_back(void **state)
{
	(void)state;
	assert_int_equal(read_nic(0), 0);
	fake_store_rm(DOMAIN_DIR);
	assert_int_equal(nic_tell(s, BACKEND, id, &nic, &connected), -ENOENT);
	assert_true(fake_store_is(DOMAIN_DIR, NULL));
}

/* ---- removing ------------------------------------------------------------- */

static const struct tell removed = { .remove = true, .mtu = 1400,
				     .status = "connected" };

static void a_dead_nic_goes_and_the_domain_s_directory_with_the_last(void **state)
{
	(void)state;
	fake_store_put(KEY("state"), "6");
	fake_store_put(DOMAIN_DIR "/1/state", "4");
	assert_int_equal(tell(&removed), 0);
	assert_true(fake_store_is(DIR, NULL));
	assert_true(fake_store_is(DOMAIN_DIR "/1/state", "4"));
	/* and nothing else is told */
	assert_string_equal(fake_store_change(0), "rm " DIR);
	assert_string_equal(fake_store_change(1), "");
	fake_store_put(KEY("state"), "6");
	fake_store_rm(DOMAIN_DIR "/1");
	assert_int_equal(tell(&removed), 0);
	assert_true(fake_store_is(DOMAIN_DIR, NULL));
	assert_true(fake_store_is(ROOT, ""));
}

static void one_that_is_alive_again_stays(void **state)
{
	static const char *const states[] = { "1", "4", "66", "" };

	(void)state;
	for (each(i, states)) {
		fake_store_put(KEY("state"), states[i]);
		assert_int_equal(tell(&removed), 0);
		check(fake_store_is(KEY("state"), states[i]), "row %zu", i);
		check(fake_store_change(0)[0] == '\0', "row %zu", i);
	}
}

static void one_that_is_gone_already_is_no_failure(void **state)
{
	(void)state;
	assert_int_equal(read_nic(0), 0);
	fake_store_rm(DIR);
	assert_int_equal(nic_tell(s, BACKEND, id, &nic, &removed), 0);
}

static void a_domain_s_directory_that_we_may_not_remove_stays(void **state)
{
	(void)state;
	fake_store_put(KEY("state"), "6");
	fake_store_fail("rm-empty " DOMAIN_DIR, -EACCES);
	assert_int_equal(tell(&removed), 0);
	assert_true(fake_store_is(DIR, NULL));
	fake_store_put(KEY("state"), "6");
	fake_store_fail("rm-empty " DOMAIN_DIR, -ENOTCONN);
	assert_int_equal(tell(&removed), -ENOTCONN);
	fake_store_put(KEY("state"), "6");
	fake_store_fail("write " KEY("state"), -EACCES);
	assert_int_equal(tell(&removed), -EACCES);
}

/* ---- all of them ---------------------------------------------------------- */

struct found {
	struct vif_id id[8];
	size_t n;
	int r;
};

static int note_id(struct vif_id found_id, void *arg)
{
	struct found *found = arg;

	assert_true(found->n < ROWS(found->id));
	found->id[found->n++] = found_id;
	return found->r;
}

static void every_nic_of_our_domain_is_found(void **state)
{
	struct found found = { .n = 0 };

	(void)state;
	fake_store_put(DOMAIN_DIR "/1/state", "1");
	fake_store_put(ROOT "/32751/2147483647/state", "1");
	fake_store_put("/local/domain/4/backend/vif/9/0/state", "1");
	assert_int_equal(nic_each(s, BACKEND, note_id, &found), 0);
	assert_int_equal(found.n, 3);
	assert_true(vif_id_equal(found.id[0], id));
	assert_true(vif_id_equal(found.id[1], (struct vif_id){ 5, 1 }));
	assert_true(vif_id_equal(found.id[2],
				 (struct vif_id){ 32751, 2147483647 }));
}

static void odd_names_are_no_nics(void **state)
{
	static const char *const names[] = {
		"x", "05", "-1", "32752", "5x", " 5", "4294967301",
		"99999999999999999999", "5/x", "5/00", "5/01", "5/-1",
		"5/2147483648", "5/0x", "5/ 0", "5/4294967296",
	};
	struct found found = { .n = 0 };
	char path[STORE_PATHSIZE];

	(void)state;
	for (each(i, names)) {
		(void)snprintf(path, sizeof(path), ROOT "/%s", names[i]);
		fake_store_put(path, "");
		(void)snprintf(path, sizeof(path), ROOT "/%s/0", names[i]);
		fake_store_put(path, "");
	}
	assert_int_equal(nic_each(s, BACKEND, note_id, &found), 0);
	assert_int_equal(found.n, 1);
	assert_true(vif_id_equal(found.id[0], id));
}

static void without_any_there_is_none(void **state)
{
	struct found found = { .n = 0 };

	(void)state;
	assert_int_equal(nic_each(s, 4, note_id, &found), 0);
	assert_int_equal(found.n, 0);
}

static void who_has_seen_enough_stops(void **state)
{
	struct found found = { .r = 7 };

	(void)state;
	fake_store_put(DOMAIN_DIR "/1/state", "1");
	fake_store_put(ROOT "/6/0/state", "1");
	assert_int_equal(nic_each(s, BACKEND, note_id, &found), 7);
	assert_int_equal(found.n, 1);
}

static void a_directory_that_cannot_be_listed_is_an_error(void **state)
{
	struct found found = { .n = 0 };

	(void)state;
	fake_store_put(ROOT "/6/0/state", "1");
	for (unsigned int i = 1; i <= 3; i++) {
		fake_store_fail_nth(i, -ENOTCONN);
		assert_int_equal(nic_each(s, BACKEND, note_id, &found),
				 -ENOTCONN);
	}
}

static void the_root_is_our_own_domain_s(void **state)
{
	char root[VIF_PATHSIZE];

	(void)state;
	nic_root(root, 0);
	assert_string_equal(root, "/local/domain/0/backend/vif");
	nic_root(root, VIF_DOMID_END - 1);
	assert_string_equal(root, "/local/domain/32751/backend/vif");
}

static void a_change_matters_if_the_key_is_read(void **state)
{
	static const char *const matter[] = {
		"hotplug-status", "state", "online", "script", "bridge",
		"vifname", "mtu", "type", "vlan", "mac", "ip",
	};
	static const char *const others[] = {
		"", "hotplug-error", "handle", "frontend", "State",
		"state ", "stat", "state/x", "feature-rx-copy",
		"multi-queue-max-queues",
	};

	(void)state;
	assert_true(nic_key_matters(NULL));
	for (each(i, matter))
		check(nic_key_matters(matter[i]), "%s", matter[i]);
	for (each(i, others))
		check(!nic_key_matters(others[i]), "%s", others[i]);
}

#define NIC_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NIC_TEST(the_keys_that_are_there_are_read_in_this_order),
		NIC_TEST(with_a_vifname_the_type_is_read_too),
		NIC_TEST(a_script_that_is_known_to_be_ours_is_not_read),
		NIC_TEST(the_domain_is_asked_for_last),
		NIC_TEST(a_domain_that_was_not_asked_for_is_there),
		NIC_TEST(a_nic_without_a_state_does_not_exist),
		NIC_TEST(an_error_is_read_if_there_is_one),
		NIC_TEST(a_vifname_that_says_another_nic_is_refused),
		NIC_TEST(a_list_of_vlans_is_refused_as_one),
		NIC_TEST(the_status_is_one_of_four),
		NIC_TEST(the_state_is_one_digit_or_nonsense),
		NIC_TEST(a_nic_is_dead_when_it_is_closed_and_not_online),
		NIC_TEST(whose_script_it_is_the_last_word_of_its_path_says),
		NIC_TEST(keys_that_are_not_carried_out_are_named),
		NIC_TEST(addresses_are_read_if_some_network_has_a_guard),
		NIC_TEST(vlan_is_part_of_the_wish),
		NIC_TEST(bridge_vifname_and_mtu_are_the_wish),
		NIC_TEST(what_is_absent_is_not_wished),
		NIC_TEST(a_hostile_value_is_an_error_of_the_wish),
		NIC_TEST(a_vifname_needs_room_for_emu_only_beside_a_tap),
		NIC_TEST(a_long_error_is_cut),
		NIC_TEST(a_failing_question_is_the_error_and_changes_nothing),
		NIC_TEST(a_value_that_is_longer_than_xenstored_allows_is_an_error),
		NIC_TEST(connected_is_asked_for_by_one_question),
		NIC_TEST(only_what_differs_needs_to_be_told),
		NIC_TEST(the_mtu_goes_first_and_the_status_last),
		NIC_TEST(an_mtu_that_the_guest_knows_is_not_written),
		NIC_TEST(without_an_mtu_the_frontend_is_not_asked),
		NIC_TEST(a_frontend_without_an_mtu_node_gets_none),
		NIC_TEST(a_guest_that_keeps_us_from_its_mtu_is_connected_all_the_same),
		NIC_TEST(when_xenstored_goes_no_more_is_told),
		NIC_TEST(the_error_is_written_before_the_status),
		NIC_TEST(an_error_that_is_over_is_removed),
		NIC_TEST(the_longest_error_is_told_once),
		NIC_TEST(a_status_that_is_there_is_written_again_only_to_a_new_link),
		NIC_TEST(nothing_is_written_once_the_state_is_another),
		NIC_TEST(a_directory_that_is_gone_does_not_come_back),
		NIC_TEST(a_dead_nic_goes_and_the_domain_s_directory_with_the_last),
		NIC_TEST(one_that_is_alive_again_stays),
		NIC_TEST(one_that_is_gone_already_is_no_failure),
		NIC_TEST(a_domain_s_directory_that_we_may_not_remove_stays),
		NIC_TEST(every_nic_of_our_domain_is_found),
		NIC_TEST(odd_names_are_no_nics),
		NIC_TEST(without_any_there_is_none),
		NIC_TEST(who_has_seen_enough_stops),
		NIC_TEST(a_directory_that_cannot_be_listed_is_an_error),
		NIC_TEST(the_root_is_our_own_domain_s),
		NIC_TEST(a_change_matters_if_the_key_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
