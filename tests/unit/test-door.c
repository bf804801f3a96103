/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-door.c - looks that wait for xenstored, but not for long
 *
 * Built with a STORE_SILENCE_MS of its own.
 */
#include "tests/unit/check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/engine/door.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/fake-store.h"

enum { BR0 = 2, VIF = 3, TAP = 4, OTHER = 5 };

#define ROOT "/local/domain/3/backend/vif"
#define DIR ROOT "/5/0"
#define NICS 100

/* What does not wait takes less than this, also on a busy machine: ms. */
#define AT_ONCE (STORE_SILENCE_MS - 100)

#define WAS "was.name=tap7 was.mac=52:54:00:00:00:03 was.mtu=1400 was.up=0 was.gen=0"

static const struct vif_id nic_id = { 5, 0 };
static const struct port_id port = { .is_nic = true, .nic = { 5, 0 } };
static struct fake_host f;
static struct agent a;
static struct look looks[LOOKS];

static void put_nic(uint32_t devid)
{
	char path[STORE_PATHSIZE];

	(void)snprintf(path, sizeof(path), ROOT "/5/%u/state", devid);
	fake_store_put(path, "2");
	(void)snprintf(path, sizeof(path), ROOT "/5/%u/online", devid);
	fake_store_put(path, "1");
	(void)snprintf(path, sizeof(path), ROOT "/5/%u/script", devid);
	fake_store_put(path, "vif-agent");
	(void)snprintf(path, sizeof(path), ROOT "/5/%u/bridge", devid);
	fake_store_put(path, "br0");
}

static int setup(void **state)
{
	(void)state;
	fake_store_start();
	fake_store_put("domid", "3");
	put_nic(0);
	fake_host_init(&f);
	fake_host_put(&f, BR0, "br0", "bridge")->mac_set = true;
	fake_host_put(&f, VIF, "vif5.0", NULL);
	a = (struct agent){ .host = &f.host, .config = config_new() };
	if (!a.config)
		return -1;
	a.config->toolstack_delay = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_store_hook(NULL);
	fake_store_release();
	a.workers = workers_free(a.workers);
	session_close(&a.session);
	a.config = config_free(a.config);
	return fake_store_wait_for_end() ? 0 : -1;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

static void alias(int ifindex, const char *text)
{
	assert_true(text_copy(fake_host_at(&f, ifindex)->l.alias,
			      LINK_ALIASSIZE, text));
}

/* ---- is there a xenstored? ------------------------------------------------ */

static void xenstored_is_looked_for_once(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_true(door_store(&a));
		assert_int_equal(a.self, 3);
		assert_int_equal(a.store, STORE_THERE);
	}
	assert_int_equal(fake_store_asked("open"), 1);
	assert_int_equal(fake_store_asked("self"), 1);
	assert_int_equal(fake_store_asked(NULL), 2);
}

static void one_that_is_not_there_too(void **state)
{
	struct nic nic;

	(void)state;
	fake_store_die();
	for (int i = 0; i < 3; i++) {
		assert_false(door_store(&a));
		assert_int_equal(a.store_error, -ECONNREFUSED);
		assert_int_equal(door_keys(&a, nic_id, 0, &nic), -ECONNREFUSED);
	}
	assert_int_equal(fake_store_asked(NULL), 1);
}

static void one_that_goes_is_not_asked_again(void **state)
{
	struct nic nic;

	(void)state;
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), 0);
	fake_store_die();
	fake_store_forget();
	/* it may have been the connection only, so it is connected to anew */
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), -ENOTCONN);
	assert_true(fake_store_asked("open") > 0);
	fake_store_forget();
	fake_store_restart(true);
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), -ENOTCONN);
	assert_int_equal(fake_store_asked(NULL), 0);
}

/* ---- one NIC -------------------------------------------------------------- */

static void the_keys_are_the_nic_s(void **state)
{
	struct nic nic;

	(void)state;
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), 0);
	assert_true(nic.exists && nic.online && nic.script == SCRIPT_OURS);
	assert_string_equal(nic.wish.network, "br0");
	/* only dom0 asks for the domain */
	assert_int_equal(fake_store_asked("introduced 5"), 0);
	/* who is the script knows that it is */
	assert_int_equal(door_keys(&a, nic_id, LOOK_SCRIPT, &nic), 0);
	assert_int_equal(fake_store_asked("read " DIR "/script"), 1);
	/* one that is missing is no failure */
	assert_int_equal(door_keys(&a, (struct vif_id){ 5, 9 }, 0, &nic), 0);
	assert_false(nic.exists);
}

static void dom0_asks_for_the_domain(void **state)
{
	struct nic nic;

	(void)state;
	fake_store_put("domid", "0");
	fake_store_put("/local/domain/0/backend/vif/5/0/state", "2");
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), 0);
	assert_int_equal(fake_store_asked("introduced 5"), 1);
	assert_false(nic.has_domain);
}

static void a_failing_question_is_the_error(void **state)
{
	struct nic nic, untouched;

	(void)state;
	memset(&untouched, 0x5a, sizeof(untouched));
	nic = untouched;
	fake_store_fail("read " DIR "/state", -EIO);
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), -EIO);
	assert_memory_equal(&nic, &untouched, sizeof(nic));
	/* it is there all the same, and may be asked about others */
	assert_true(door_store(&a));
	assert_int_equal(door_keys(&a, (struct vif_id){ 5, 1 }, 0, &nic), 0);
}

/* ---- silence -------------------------------------------------------------- */

static void one_that_says_nothing_is_waited_for_once(void **state)
{
	const struct tell tell = { .status = "connected" };
	struct nic nic = { .exists = true, .state = 2 };
	int64_t begin = now_ms();

	(void)state;
	fake_store_hang("*");
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), -ETIMEDOUT);
	assert_true(now_ms() - begin >= STORE_SILENCE_MS);
	assert_true(now_ms() - begin < STORE_SILENCE_MS + AT_ONCE);
	assert_int_equal(fake_store_asked(NULL), 1);
	begin = now_ms();
	assert_false(door_store(&a));
	assert_int_equal(a.store_error, -ETIMEDOUT);
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), -ETIMEDOUT);
	assert_int_equal(door_tell(&a, nic_id, &nic, &tell), -ETIMEDOUT);
	assert_true(now_ms() - begin < AT_ONCE);
	assert_int_equal(fake_store_asked(NULL), 1);
}

static void one_that_falls_silent_too(void **state)
{
	const struct tell tell = { .status = "connected" };
	struct job *keys[1];
	struct nic nic;
	int64_t begin;

	(void)state;
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), 0);
	fake_store_hang("*");
	fake_store_forget();
	assert_int_equal(door_tell(&a, nic_id, &nic, &tell), -ETIMEDOUT);
	begin = now_ms();
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), -ETIMEDOUT);
	door_all_keys(&a, &port, 1, keys);
	assert_null(keys[0]);
	assert_true(now_ms() - begin < AT_ONCE);
	assert_int_equal(fake_store_asked(NULL), 1);
	/* what it says in the end is of no use to anybody, and does no harm */
	fake_store_release();
	sleep_ms(20);
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), -ETIMEDOUT);
}

/* ---- many NICs ------------------------------------------------------------ */

static struct port_id ports[NICS + 1];
static struct job *answers[NICS + 1];

static void free_answers(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		job_free(answers[i]);
		answers[i] = NULL;
	}
}

static void put_nics(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		put_nic(i);
		ports[i] = (struct port_id){ .is_nic = true, .nic = { 5, i } };
	}
}

static void many_nics_are_asked_about_at_once(void **state)
{
	enum { FAILS = 7, MISSING = 9 };

	(void)state;
	put_nics(NICS);
	ports[NICS] = (struct port_id){ .ifindex = VIF };
	fake_store_rm(ROOT "/5/9");
	fake_store_fail("read " ROOT "/5/7/state", -EIO);
	assert_true(door_store(&a));
	door_all_keys(&a, ports, NICS + 1, answers);
	for (uint32_t i = 0; i < NICS; i++) {
		check(answers[i], "NIC %u", i);
		check(answers[i]->id.devid == i, "NIC %u", i);
		check(answers[i]->result == (i == FAILS ? -EIO : 0), "NIC %u",
		      i);
		check(i == FAILS || answers[i]->nic.exists == (i != MISSING),
		      "NIC %u", i);
	}
	/* what is no NIC is not asked about */
	assert_null(answers[NICS]);
	free_answers(NICS + 1);
	/* one for each thread, and one after the failure */
	assert_true(fake_store_asked("open") <= 5);
	assert_true(door_store(&a));
}

static void before_xenstored_is_known_nothing_is_asked(void **state)
{
	(void)state;
	put_nics(2);
	answers[0] = answers[1] = (struct job *)&a;
	door_all_keys(&a, ports, 2, answers);
	assert_null(answers[0]);
	assert_null(answers[1]);
	assert_int_equal(fake_store_asked(NULL), 0);
}

static atomic_uint asking, asking_most;

static void be_slow(const char *question)
{
	unsigned int n, most;

	if (!strstr(question, "/state"))
		return;
	n = atomic_fetch_add(&asking, 1) + 1;
	most = atomic_load(&asking_most);
	while (n > most &&
	       !atomic_compare_exchange_weak(&asking_most, &most, n))
		;
	sleep_ms(STORE_SILENCE_MS / 3);
	(void)atomic_fetch_sub(&asking, 1);
}

static void slow_answers_are_no_silence(void **state)
{
	int64_t begin = now_ms();

	(void)state;
	put_nics(20);
	assert_true(door_store(&a));
	fake_store_hook(be_slow);
	door_all_keys(&a, ports, 20, answers);
	for (int i = 0; i < 20; i++)
		check(answers[i] && answers[i]->result == 0, "NIC %d", i);
	free_answers(20);
	assert_true(door_store(&a));
	/* five for each thread, of a third of the silence each */
	assert_true(now_ms() - begin > STORE_SILENCE_MS);
	assert_int_equal(asking_most, 4);
}

static void what_was_not_answered_is_missing(void **state)
{
	(void)state;
	put_nics(NICS);
	assert_true(door_store(&a));
	fake_store_hang("read " ROOT "/5/7/state");
	door_all_keys(&a, ports, NICS, answers);
	for (uint32_t i = 0; i < NICS; i++)
		check((answers[i] != NULL) == (i != 7), "NIC %u", i);
	free_answers(NICS);
	assert_false(door_store(&a));
	assert_int_equal(a.store_error, -ETIMEDOUT);
	/* the answer that comes now goes nowhere */
	fake_store_release();
	sleep_ms(20);
	assert_null(answers[7]);
}

/* ---- every port ----------------------------------------------------------- */

struct found {
	struct port_id id[8];
	size_t n;
	int r;
};

static int note(const struct port_id *id, const int hint[LOOKS], void *arg)
{
	struct found *found = arg;

	(void)hint;
	assert_true(found->n < ROWS(found->id));
	found->id[found->n++] = *id;
	return found->r;
}

static bool has(const struct found *found, const struct port_id *id)
{
	for (size_t i = 0; i < found->n; i++)
		if (port_id_equal(&found->id[i], id))
			return true;
	return false;
}

/* NIC 5.0 is xenstore's alone, 6.0 and a tap by hand are told of by links. */
static const struct port_id of_record = { .is_nic = true, .nic = { 6, 0 } };
static const struct port_id by_hand = { .ifindex = TAP };

static void put_links(void)
{
	fake_host_put(&f, TAP, "tap7", "tun");
	alias(TAP, "vifagent/1 by=hand net=br0 " WAS);
	fake_host_put(&f, OTHER, "web0", NULL);
	alias(OTHER, "vifagent/1 by=xenstore nic=6.0 part=vif " WAS);
}

static void ports_are_those_of_xenstore_and_of_links(void **state)
{
	struct found found = { .n = 0 };

	(void)state;
	put_links();
	assert_int_equal(door_each_port(&a, note, &found), 0);
	assert_int_equal(found.n, 3);
	assert_true(has(&found, &port));
	assert_true(has(&found, &of_record));
	assert_true(has(&found, &by_hand));
}

static void without_xenstored_links_tell(void **state)
{
	struct found found = { .n = 0 };

	(void)state;
	put_links();
	fake_store_die();
	assert_int_equal(door_each_port(&a, note, &found), 0);
	assert_int_equal(found.n, 2);
	assert_true(has(&found, &of_record));
	assert_true(has(&found, &by_hand));
}

static void where_xenstored_falls_silent_too(void **state)
{
	struct found found = { .n = 0 };

	(void)state;
	put_links();
	assert_true(door_store(&a));
	fake_store_hang("list " ROOT);
	assert_int_equal(door_each_port(&a, note, &found), 0);
	assert_int_equal(found.n, 2);
	assert_true(has(&found, &of_record));
	assert_true(has(&found, &by_hand));
}

static void who_has_seen_enough_stops(void **state)
{
	struct found found = { .r = 7 };

	(void)state;
	put_links();
	assert_int_equal(door_each_port(&a, note, &found), 7);
	assert_int_equal(found.n, 1);
}

/* ---- whose link is it? ---------------------------------------------------- */

static struct port_id owner(int ifindex)
{
	fake_store_forget();
	return door_owner(&a, &fake_host_at(&f, ifindex)->l);
}

static void a_link_is_a_nic_s_if_xenstore_says_so(void **state)
{
	const struct port_id link = { .ifindex = VIF };
	struct port_id id = owner(VIF);

	(void)state;
	assert_true(port_id_equal(&id, &port));
	/* served by somebody else */
	fake_store_put(DIR "/script", "vif-bridge");
	id = owner(VIF);
	assert_true(port_id_equal(&id, &link));
	/* missing */
	fake_store_rm(DIR);
	id = owner(VIF);
	assert_true(port_id_equal(&id, &link));
}

static void without_xenstored_it_is_nobody_s(void **state)
{
	const struct port_id link = { .ifindex = VIF };
	struct port_id id;

	(void)state;
	fake_store_die();
	id = owner(VIF);
	assert_true(port_id_equal(&id, &link));
}

static void what_a_record_says_needs_no_question(void **state)
{
	const struct port_id tap = { .ifindex = TAP };
	struct port_id id;

	(void)state;
	put_links();
	id = owner(OTHER);
	assert_true(port_id_equal(&id, &of_record));
	/* nor a link that has nothing of a NIC's */
	id = owner(TAP);
	assert_true(port_id_equal(&id, &tap));
	assert_int_equal(fake_store_asked(NULL), 0);
}

/* ---- looks ---------------------------------------------------------------- */

static int look(unsigned int flags)
{
	const struct request q = { .id = port, .flags = flags };

	fake_store_forget();
	return door_look(&a, &q, NULL, looks);
}

static void a_look_reads_joins_and_tells(void **state)
{
	(void)state;
	assert_int_equal(look(LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_int_equal(fake_host_at(&f, VIF)->l.master, BR0);
	assert_true(fake_store_is(DIR "/hotplug-status", "connected"));
	assert_false(looks[0].status_is_stale);
	/* and once more there is nothing to tell */
	assert_int_equal(look(LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_int_equal(fake_store_asked("write " DIR "/state"), 0);
}

static void only_looking_tells_nothing(void **state)
{
	(void)state;
	assert_int_equal(look(0), 1);
	assert_int_equal(looks[0].verdict, TO_DO);
	assert_int_equal(f.acts, 0);
	assert_int_equal(fake_store_asked("write " DIR "/state"), 0);
}

static void go_on_to_4(const char *question)
{
	if (strcmp(question, "write " DIR "/state") == 0)
		fake_store_put(DIR "/state", "4");
}

static void when_the_state_changes_meanwhile_it_looks_again(void **state)
{
	(void)state;
	fake_store_hook(go_on_to_4);
	assert_int_equal(look(LOOK_ACT), 1);
	assert_int_equal(fake_store_asked("write " DIR "/state"), 2);
	assert_int_equal(fake_store_asked("read " DIR "/state"), 2);
	assert_true(fake_store_is(DIR "/hotplug-status", "connected"));
}

static void go_on(const char *question)
{
	static char next_state[] = "2";

	if (strcmp(question, "write " DIR "/state"))
		return;
	next_state[0] = next_state[0] == '4' ? '3' : '4';
	fake_store_put(DIR "/state", next_state);
}

static void one_that_never_keeps_still_is_left_to_a_later_look(void **state)
{
	(void)state;
	fake_store_hook(go_on);
	assert_int_equal(look(LOOK_ACT), -EAGAIN);
	assert_int_equal(fake_store_asked("write " DIR "/state"), 4);
	assert_true(fake_store_is(DIR "/hotplug-status", NULL));
}

static void keys_that_were_read_are_not_read_again(void **state)
{
	const struct request q = { .id = port, .flags = LOOK_ACT };

	(void)state;
	assert_true(door_store(&a));
	door_all_keys(&a, &port, 1, answers);
	assert_non_null(answers[0]);
	fake_store_forget();
	assert_int_equal(door_look(&a, &q, answers[0], looks), 1);
	assert_int_equal(fake_store_asked("read " DIR "/state"), 0);
	assert_true(fake_store_is(DIR "/hotplug-status", "connected"));
	free_answers(1);
}

static void keys_that_failed_are_read_again(void **state)
{
	const struct request q = { .id = port, .flags = LOOK_ACT };

	(void)state;
	assert_true(door_store(&a));
	fake_store_fail("read " DIR "/state", -EIO);
	door_all_keys(&a, &port, 1, answers);
	assert_non_null(answers[0]);
	assert_int_equal(answers[0]->result, -EIO);
	assert_int_equal(door_look(&a, &q, answers[0], looks), -EIO);
	fake_store_fail("", 0);
	assert_int_equal(door_look(&a, &q, answers[0], looks), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	free_answers(1);
}

/* It is of netback's last link; whether this one has been told is what counts. */
static void connected_is_told_anew_for_a_new_link(void **state)
{
	(void)state;
	fake_store_put(DIR "/hotplug-status", "connected");
	assert_int_equal(look(LOOK_ACT), 1);
	assert_true(looks[0].joined);
	assert_int_equal(fake_store_asked("write " DIR "/state"), 1);
	assert_false(looks[0].status_is_stale);
	assert_int_equal(look(LOOK_ACT), 1);
	assert_int_equal(fake_store_asked("write " DIR "/state"), 0);
}

static void what_is_too_early_is_done_after_toolstack_delay(void **state)
{
	(void)state;
	a.config->toolstack_delay = 1;
	assert_int_equal(look(0), 1);
	assert_int_equal(fake_store_asked("read " DIR "/state"), 1);
	assert_int_equal(look(LOOK_ACT), 1);
	assert_int_equal(fake_store_asked("read " DIR "/state"), 2);
	assert_false(looks[0].early);
	assert_true(fake_store_is(DIR "/hotplug-status", "connected"));
}

/* The first look cannot know whether the link is older than the keys. */
static void a_link_of_a_dead_nic_is_left_at_the_second_look(void **state)
{
	(void)state;
	alias(VIF, "vifagent/1 by=xenstore nic=5.0 part=vif " WAS);
	fake_host_join(&f, VIF, BR0);
	fake_store_put(DIR "/state", "6");
	fake_store_put(DIR "/online", "0");
	assert_int_equal(look(LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_int_equal(fake_host_at(&f, VIF)->l.master, 0);
	assert_int_equal(fake_store_asked("read " DIR "/state"), 2);
}

static void to_leave_asks_nothing(void **state)
{
	(void)state;
	alias(VIF, "vifagent/1 by=xenstore nic=5.0 part=vif " WAS);
	fake_host_join(&f, VIF, BR0);
	fake_store_hang("*");
	assert_int_equal(look(LOOK_ACT | LOOK_LEAVE), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_int_equal(fake_host_at(&f, VIF)->l.master, 0);
	assert_int_equal(fake_store_asked(NULL), 0);
}

static void where_xenstored_is_silent_the_port_stays(void **state)
{
	(void)state;
	alias(VIF, "vifagent/1 by=xenstore nic=5.0 part=vif " WAS);
	fake_host_join(&f, VIF, BR0);
	fake_store_hang("*");
	assert_int_equal(look(LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, WAITING);
	assert_non_null(strstr(looks[0].reason, "xenstored"));
	assert_int_equal(fake_host_at(&f, VIF)->l.master, BR0);
	assert_int_equal(f.acts, 0);
	/* but the script has nothing to go by */
	assert_int_equal(look(LOOK_ACT | LOOK_SCRIPT), -ETIMEDOUT);
}

static void a_link_that_may_be_a_nic_s_is_looked_at_as_that(void **state)
{
	const struct port_id link = { .ifindex = VIF };
	const struct request q = { .id = link, .flags = LOOK_ACT };
	int r;

	(void)state;
	r = door_look(&a, &q, NULL, looks);
	assert_int_equal(r, -ENODEV);
	assert_true(port_id_equal(&looks[0].id, &port));
	/* and for itself, if xenstore does not have that NIC */
	fake_store_rm(DIR);
	r = door_look(&a, &q, NULL, looks);
	assert_int_equal(r, 1);
	assert_true(port_id_equal(&looks[0].id, &link));
}

/* ---- without threads ------------------------------------------------------ */

#define WORDS "xenstored does not answer\n"

/* What the child is to do; it ends with 77 unless it is ended before. */
static int in_child(void (*act)(void), char *errors, size_t size)
{
	struct pollfd pfd = { .events = POLLIN };
	int fds[2], status = 0;
	ssize_t len;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		act();
		_exit(77);
	}
	close(fds[1]);
	pfd.fd = fds[0];
	if (poll(&pfd, 1, 10000) != 1)
		(void)kill(pid, SIGKILL);
	len = read(fds[0], errors, size - 1);
	errors[len > 0 ? len : 0] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void ask_one_that_hangs(void)
{
	struct nic nic;

	door_direct(&a, 100, WORDS);
	fake_store_hang("*");
	(void)door_keys(&a, nic_id, 0, &nic);
}

static void a_silent_xenstored_ends_the_process_with_words(void **state)
{
	char errors[256];
	int status = in_child(ask_one_that_hangs, errors, sizeof(errors));

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_string_equal(errors, WORDS);
}

static void take_some_time(const char *question)
{
	(void)question;
	sleep_ms(40);
}

static void ask_a_slow_one(void)
{
	sigset_t alarms;
	struct nic nic;

	/* as whoever called us may have it */
	(void)sigemptyset(&alarms);
	(void)sigaddset(&alarms, SIGALRM);
	(void)sigprocmask(SIG_BLOCK, &alarms, NULL);
	door_direct(&a, 200, WORDS);
	fake_store_hook(take_some_time);
	for (int i = 0; i < 20; i++)
		(void)door_keys(&a, (struct vif_id){ 9, 9 }, 0, &nic);
}

static void the_time_is_for_all_questions_together(void **state)
{
	char errors[256];
	int status = in_child(ask_a_slow_one, errors, sizeof(errors));

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_string_equal(errors, WORDS);
}

static void without_threads_all_is_the_same(void **state)
{
	const struct tell tell = { .status = "connected" };
	struct found found = { .n = 0 };
	struct itimerval timer;
	struct nic nic;

	(void)state;
	door_direct(&a, 10000, WORDS);
	assert_true(door_store(&a));
	assert_int_equal(a.self, 3);
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), 0);
	assert_string_equal(nic.wish.network, "br0");
	assert_int_equal(door_tell(&a, nic_id, &nic, &tell), 0);
	assert_true(fake_store_is(DIR "/hotplug-status", "connected"));
	assert_int_equal(door_each_port(&a, note, &found), 0);
	assert_int_equal(found.n, 1);
	assert_null(a.workers);
	assert_int_equal(fake_store_asked("open"), 1);
	/* and between the questions no alarm is set */
	assert_int_equal(getitimer(ITIMER_REAL, &timer), 0);
	assert_false(timerisset(&timer.it_value));
	fake_store_die();
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), -ENOTCONN);
	fake_store_restart(true);
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), -ENOTCONN);
}

static void a_connection_that_broke_is_opened_anew(void **state)
{
	struct nic nic;

	(void)state;
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), 0);
	fake_store_die();
	fake_store_restart(true);
	assert_int_equal(door_keys(&a, nic_id, 0, &nic), 0);
	assert_int_equal(a.store, STORE_THERE);
}

#define DOOR_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOOR_TEST(xenstored_is_looked_for_once),
		DOOR_TEST(one_that_is_not_there_too),
		DOOR_TEST(one_that_goes_is_not_asked_again),
		DOOR_TEST(the_keys_are_the_nic_s),
		DOOR_TEST(dom0_asks_for_the_domain),
		DOOR_TEST(a_failing_question_is_the_error),
		DOOR_TEST(one_that_says_nothing_is_waited_for_once),
		DOOR_TEST(one_that_falls_silent_too),
		DOOR_TEST(many_nics_are_asked_about_at_once),
		DOOR_TEST(before_xenstored_is_known_nothing_is_asked),
		DOOR_TEST(slow_answers_are_no_silence),
		DOOR_TEST(what_was_not_answered_is_missing),
		DOOR_TEST(ports_are_those_of_xenstore_and_of_links),
		DOOR_TEST(without_xenstored_links_tell),
		DOOR_TEST(where_xenstored_falls_silent_too),
		DOOR_TEST(who_has_seen_enough_stops),
		DOOR_TEST(a_link_is_a_nic_s_if_xenstore_says_so),
		DOOR_TEST(without_xenstored_it_is_nobody_s),
		DOOR_TEST(what_a_record_says_needs_no_question),
		DOOR_TEST(a_look_reads_joins_and_tells),
		DOOR_TEST(only_looking_tells_nothing),
		DOOR_TEST(when_the_state_changes_meanwhile_it_looks_again),
		DOOR_TEST(one_that_never_keeps_still_is_left_to_a_later_look),
		DOOR_TEST(keys_that_were_read_are_not_read_again),
		DOOR_TEST(keys_that_failed_are_read_again),
		DOOR_TEST(to_leave_asks_nothing),
		DOOR_TEST(what_is_too_early_is_done_after_toolstack_delay),
		DOOR_TEST(a_link_of_a_dead_nic_is_left_at_the_second_look),
		DOOR_TEST(connected_is_told_anew_for_a_new_link),
		DOOR_TEST(where_xenstored_is_silent_the_port_stays),
		DOOR_TEST(a_link_that_may_be_a_nic_s_is_looked_at_as_that),
		DOOR_TEST(a_silent_xenstored_ends_the_process_with_words),
		DOOR_TEST(the_time_is_for_all_questions_together),
		DOOR_TEST(without_threads_all_is_the_same),
		DOOR_TEST(a_connection_that_broke_is_opened_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
