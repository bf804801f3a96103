/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-workers.c - jobs, and the threads that do them */
#include "tests/unit/check.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "agent/xen/workers.h"
#include "tests/unit/fake-store.h"

#define SELF 3
#define ROOT "/local/domain/3/backend/vif"
#define STATUS(nic) "read " ROOT "/" nic "/hotplug-status"

/* What comes at all comes within this time: ms. */
#define SOON 10000

/* What does not wait takes less than this, also on a busy machine: ms. */
#define AT_ONCE 500

static struct workers *w;
static struct session session;

/* Where threads hang workers_free() lets them have it; so do we. */
static struct workers *abandoned[8];
static size_t n_abandoned;

static int setup(void **state)
{
	(void)state;
	fake_store_start();
	fake_store_put("domid", "3");
	fake_store_put(ROOT "/5/0/state", "4");
	session = (struct session){ 0 };
	w = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_store_hook(NULL);
	fake_store_release();
	w = workers_free(w);
	session_close(&session);
	if (!fake_store_wait_for_end())
		return -1;
	return fake_store_watches() ? -1 : 0;
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

static void start(unsigned int threads)
{
	assert_int_equal(workers_new(threads, &w), 0);
}

static struct job *new_job(const struct job *what)
{
	struct job *job = malloc(sizeof(*job));

	assert_non_null(job);
	*job = *what;
	job->self = SELF;
	return job;
}

static void give(const struct job *what)
{
	assert_int_equal(workers_give(w, new_job(what)), 0);
}

/* Jobs about NIC 5.@devid. */
static void give_nic(enum job_kind kind, uint32_t devid)
{
	give(&(const struct job){ .kind = kind, .id = { 5, devid } });
}

/* NULL: none is done within a time. */
static struct job *take(int ms)
{
	int64_t end = now_ms() + ms;
	struct pollfd pfd = { .fd = workers_fd(w), .events = POLLIN };
	struct job *job = workers_take(w);

	while (!job && now_ms() < end) {
		(void)poll(&pfd, 1, (int)(end - now_ms()) + 1);
		job = workers_take(w);
	}
	return job;
}

/* Take the next one that is done, and forget it. */
static int take_result(void)
{
	struct job *job = take(SOON);
	int r;

	assert_non_null(job);
	r = job->result;
	job_free(job);
	return r;
}

static uint32_t take_devid(void)
{
	struct job *job = take(SOON);
	uint32_t devid;

	assert_non_null(job);
	devid = job->id.devid;
	job_free(job);
	return devid;
}

/* Without threads. */
static int do_nic(enum job_kind kind, struct nic *ret)
{
	struct job job = { .kind = kind, .self = SELF, .id = { 5, 0 } };

	job_do(&session, &job);
	if (ret)
		*ret = job.nic;
	return job.result;
}

/* ---- the queue ------------------------------------------------------------ */

static void one_thread_does_jobs_in_order(void **state)
{
	(void)state;
	start(1);
	for (uint32_t i = 0; i < 20; i++)
		give_nic(JOB_CONNECTED, i);
	assert_int_equal(workers_load(w), 20);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(take_devid(), i);
	assert_int_equal(workers_load(w), 0);
	assert_null(workers_take(w));
	assert_string_equal(fake_store_question(0), "open");
	assert_string_equal(fake_store_question(1), STATUS("5/0"));
	assert_string_equal(fake_store_question(20), STATUS("5/19"));
	assert_int_equal(fake_store_asked(NULL), 21);
}

static void without_jobs_there_is_no_thread_and_no_connection(void **state)
{
	(void)state;
	start(4);
	assert_null(take(50));
	assert_int_equal(workers_load(w), 0);
	assert_int_equal(fake_store_asked(NULL), 0);
	assert_null(workers_free(NULL));
}

static void a_job_that_hangs_does_not_hold_up_the_others(void **state)
{
	(void)state;
	start(4);
	fake_store_hang(STATUS("5/0"));
	for (uint32_t i = 0; i <= 20; i++)
		give_nic(JOB_CONNECTED, i);
	for (int i = 0; i < 20; i++)
		assert_int_not_equal(take_devid(), 0);
	assert_int_equal(workers_load(w), 1);
	assert_null(take(50));
	fake_store_release();
	assert_int_equal(take_devid(), 0);
}

static void four_threads_are_four_questions_at_once_and_no_more(void **state)
{
	(void)state;
	start(4);
	fake_store_hang("*");
	for (uint32_t i = 0; i < 8; i++)
		give_nic(JOB_CONNECTED, i);
	assert_true(fake_store_wait_for_hung(4));
	sleep_ms(50);
	assert_int_equal(fake_store_asked(NULL), 4);
	fake_store_release();
	for (int i = 0; i < 8; i++)
		assert_int_equal(take_result(), 0);
	/* each has a connection of its own, and keeps it */
	assert_int_equal(fake_store_asked("open"), 4);
	assert_int_equal(fake_store_connections(), 4);
}

static void giving_and_taking_never_wait(void **state)
{
	int64_t begin;

	(void)state;
	start(4);
	fake_store_hang("*");
	give_nic(JOB_CONNECTED, 0);
	begin = now_ms();
	for (uint32_t i = 1; i < 200; i++) {
		give_nic(JOB_CONNECTED, i);
		assert_null(workers_take(w));
	}
	assert_int_equal(workers_load(w), 200);
	assert_true(now_ms() - begin < AT_ONCE);
	fake_store_release();
	for (int i = 0; i < 200; i++)
		assert_int_equal(take_result(), 0);
}

static void jobs_done_together_wake_once(void **state)
{
	eventfd_t wakes;

	(void)state;
	start(1);
	/* when this one hangs all before it are done */
	fake_store_hang(STATUS("5/5"));
	for (uint32_t i = 0; i <= 5; i++)
		give_nic(JOB_CONNECTED, i);
	assert_true(fake_store_wait_for_hung(1));
	assert_int_equal(eventfd_read(workers_fd(w), &wakes), 0);
	assert_int_equal(wakes, 1);
	for (uint32_t i = 0; i < 5; i++) {
		struct job *job = workers_take(w);

		assert_non_null(job);
		assert_int_equal(job->id.devid, i);
		job_free(job);
	}
	assert_null(workers_take(w));
	/* and the next one wakes again */
	fake_store_release();
	assert_int_equal(take_devid(), 5);
	assert_int_equal(eventfd_read(workers_fd(w), &wakes), -1);
}

/* Whoever polls between any two steps of a thread misses no job. */
static void no_wake_is_lost(void **state)
{
	unsigned int given = 0, taken = 0;
	struct job *job;

	(void)state;
	start(4);
	while (taken < 2000) {
		struct pollfd pfd = { .fd = workers_fd(w), .events = POLLIN };

		while (given < 2000 && given - taken < 7) {
			give_nic(JOB_CONNECTED, given);
			given++;
		}
		assert_int_equal(poll(&pfd, 1, SOON), 1);
		while ((job = workers_take(w))) {
			taken++;
			job_free(job);
		}
	}
	assert_int_equal(workers_load(w), 0);
}

/* ---- connecting ----------------------------------------------------------- */

static struct job *open_store(bool wants_watch)
{
	give(&(const struct job){ .kind = JOB_OPEN,
				  .wants_watch = wants_watch });
	return take(SOON);
}

static void connecting_tells_our_domain(void **state)
{
	struct job *job;

	(void)state;
	start(1);
	job = open_store(false);
	assert_int_equal(job->result, 0);
	assert_int_equal(job->self, 3);
	assert_true(job->filled);
	assert_null(job->watch);
	job_free(job);
	assert_int_equal(fake_store_asked("self"), 1);
	assert_int_equal(fake_store_asked("watch"), 0);
}

static void a_store_that_does_not_say_is_not_filled(void **state)
{
	struct job *job;

	(void)state;
	start(1);
	fake_store_rm("domid");
	job = open_store(false);
	assert_int_equal(job->result, 0);
	assert_int_equal(job->self, 0);
	assert_false(job->filled);
	job_free(job);
	/* and that our domain is nonsense is a failure */
	fake_store_put("domid", "three");
	job = open_store(true);
	assert_int_equal(job->result, -EBADMSG);
	assert_null(job->watch);
	job_free(job);
}

static void a_driver_domain_watches_its_nics(void **state)
{
	struct job *job;

	(void)state;
	start(1);
	job = open_store(true);
	assert_int_equal(job->result, 0);
	assert_non_null(job->watch);
	assert_true(fake_store_is_watched(ROOT));
	assert_false(fake_store_is_watched("domid"));
	assert_false(fake_store_is_watched("@releaseDomain"));
	assert_int_equal(fake_store_asked("self"), 1);
	job_free(job);
	assert_int_equal(fake_store_watches(), 0);
}

static void dom0_watches_domains_too(void **state)
{
	struct job *job;

	(void)state;
	start(1);
	fake_store_put("domid", "0");
	job = open_store(true);
	assert_true(job->filled);
	assert_true(fake_store_is_watched("/local/domain/0/backend/vif"));
	assert_true(fake_store_is_watched("@releaseDomain"));
	assert_false(fake_store_is_watched("domid"));
	job_free(job);
}

static void a_store_that_is_not_filled_is_watched_for_our_domain(void **state)
{
	struct job *job;

	(void)state;
	start(1);
	fake_store_rm("domid");
	job = open_store(true);
	assert_false(job->filled);
	assert_true(fake_store_is_watched("domid"));
	/* asked for once more, when it is watched */
	assert_int_equal(fake_store_asked("self"), 2);
	assert_int_equal(fake_store_watches(), 1);
	job_free(job);
}

static void fill_at_watch(const char *question)
{
	if (strcmp(question, "watch") == 0)
		fake_store_put("domid", "3");
}

static void our_domain_may_appear_while_we_begin_to_watch(void **state)
{
	struct job *job;

	(void)state;
	start(1);
	fake_store_rm("domid");
	fake_store_hook(fill_at_watch);
	job = open_store(true);
	assert_int_equal(job->result, 0);
	assert_int_equal(job->self, 3);
	assert_true(job->filled);
	/* the watch is of that domain's NICs, and the first one is closed */
	assert_true(fake_store_is_watched(ROOT));
	assert_false(fake_store_is_watched("domid"));
	assert_int_equal(fake_store_watches(), 1);
	job_free(job);
}

static void what_is_missing_for_connecting_is_told(void **state)
{
	static const struct {
		const char *question;
		int error;
	} table[] = {
		{ "open", -ENOENT }, { "open", -ECONNREFUSED },
		{ "open", -EMFILE }, { "self", -ENOTCONN }, { "self", -EIO },
		{ "watch", -EMFILE }, { "watch", -ENOENT },
	};

	(void)state;
	start(1);
	for (each(i, table)) {
		struct job *job;

		fake_store_fail(table[i].question, table[i].error);
		job = open_store(true);
		check(job->result == table[i].error, "row %zu: %d", i,
		      job->result);
		assert_null(job->watch);
		job_free(job);
	}
	fake_store_fail("", 0);
	job_free(open_store(true));
}

/* Four jobs, one for each thread, whatever it asks first. */
static void occupy_four(void)
{
	fake_store_hang("*");
	for (uint32_t i = 0; i < 4; i++)
		give_nic(JOB_CONNECTED, i);
	assert_true(fake_store_wait_for_hung(4));
	fake_store_release();
	for (int i = 0; i < 4; i++)
		assert_int_equal(take_result(), 0);
}

static void after_connecting_each_thread_connects_anew(void **state)
{
	(void)state;
	start(4);
	job_free(open_store(false));
	occupy_four();
	assert_int_equal(fake_store_asked("open"), 4);
	occupy_four();
	assert_int_equal(fake_store_asked("open"), 4);
	job_free(open_store(false));
	assert_int_equal(fake_store_asked("open"), 5);
	occupy_four();
	assert_int_equal(fake_store_asked("open"), 8);
	assert_int_equal(fake_store_connections(), 4);
}

/* ---- failures ------------------------------------------------------------- */

static void when_xenstored_is_gone_jobs_fail_until_it_returns(void **state)
{
	(void)state;
	start(1);
	job_free(open_store(false));
	give_nic(JOB_CONNECTED, 0);
	assert_int_equal(take_result(), 0);
	fake_store_die();
	for (int i = 0; i < 3; i++) {
		give_nic(JOB_CONNECTED, 0);
		assert_int_equal(take_result(), -ENOTCONN);
	}
	fake_store_restart(true);
	give_nic(JOB_CONNECTED, 0);
	assert_int_equal(take_result(), 0);
	assert_int_equal(fake_store_connections(), 1);
}

static void those_that_hang_fail_when_xenstored_dies(void **state)
{
	(void)state;
	start(4);
	job_free(open_store(false));
	occupy_four();
	fake_store_hang("*");
	for (uint32_t i = 0; i < 4; i++)
		give_nic(JOB_KEYS, i);
	assert_true(fake_store_wait_for_hung(4));
	fake_store_die();
	for (int i = 0; i < 4; i++)
		assert_int_equal(take_result(), -ENOTCONN);
}

static void after_another_failure_the_next_job_has_a_new_connection(void **state)
{
	static const struct {
		int error;
		bool anew;
	} table[] = {
		{ -ENOTCONN, true }, { -EIO, true }, { -E2BIG, true },
		{ -EINVAL, true }, { -ENOMEM, true },
		{ -ENOENT, false }, { -EACCES, false }, { -EAGAIN, false },
	};

	(void)state;
	for (each(i, table)) {
		assert_true(do_nic(JOB_KEYS, NULL) == 0);
		fake_store_forget();
		fake_store_fail(STATUS("5/0"), table[i].error);
		/* what is absent is no failure */
		check(do_nic(JOB_CONNECTED, NULL) ==
		      (table[i].error == -ENOENT ? 0 : table[i].error),
		      "row %zu", i);
		check(fake_store_connections() == !table[i].anew, "row %zu", i);
		fake_store_fail("", 0);
		assert_int_equal(do_nic(JOB_CONNECTED, NULL), 0);
		check(fake_store_asked("open") == table[i].anew, "row %zu", i);
		assert_int_equal(fake_store_connections(), 1);
	}
}

static void where_nothing_can_be_opened_the_cause_is_told_if_it_is_ours(void **state)
{
	static const struct {
		int error, told;
	} table[] = {
		{ -ENOENT, -ENOTCONN }, { -ECONNREFUSED, -ENOTCONN },
		{ -EACCES, -ENOTCONN }, { -EMFILE, -EMFILE },
		{ -ENFILE, -ENFILE }, { -ENOMEM, -ENOMEM },
	};

	(void)state;
	for (each(i, table)) {
		fake_store_fail("open", table[i].error);
		check(do_nic(JOB_KEYS, NULL) == table[i].told, "row %zu", i);
	}
}

/* ---- jobs ----------------------------------------------------------------- */

static void a_missing_nic_is_unsure_while_the_store_is_not_filled(void **state)
{
	struct nic nic;

	(void)state;
	fake_store_rm("domid");
	assert_int_equal(do_nic(JOB_KEYS, &nic), 0);
	assert_true(nic.exists);
	assert_false(nic.unsure);
	assert_int_equal(fake_store_asked("self"), 0);
	fake_store_rm(ROOT "/5/0");
	assert_int_equal(do_nic(JOB_KEYS, &nic), 0);
	assert_false(nic.exists);
	assert_true(nic.unsure);
	/* once it is filled that is remembered */
	fake_store_put("domid", "3");
	fake_store_forget();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(do_nic(JOB_KEYS, &nic), 0);
		assert_false(nic.exists);
		assert_false(nic.unsure);
	}
	assert_int_equal(fake_store_asked("self"), 1);
}

static void a_missing_nic_is_unsure_if_it_was_looked_for_as_another_domain_s(void **state)
{
	struct job job = { .kind = JOB_KEYS, .self = 0, .id = { 5, 0 } };

	/* The store did not say which domain we are, and now it does. */
	(void)state;
	for (int i = 0; i < 2; i++) {
		job_do(&session, &job);
		assert_int_equal(job.result, 0);
		assert_false(job.nic.exists);
		assert_true(job.nic.unsure);
	}
}

static void a_new_xenstored_is_not_filled_because_the_old_one_was(void **state)
{
	struct nic nic;

	(void)state;
	fake_store_rm(ROOT "/5/0");
	assert_int_equal(do_nic(JOB_KEYS, &nic), 0);
	assert_false(nic.unsure);
	fake_store_die();
	fake_store_restart(false);
	assert_int_equal(do_nic(JOB_KEYS, &nic), -ENOTCONN);
	assert_int_equal(do_nic(JOB_KEYS, &nic), 0);
	assert_false(nic.exists);
	assert_true(nic.unsure);
}

static void the_keys_are_those_that_were_asked_for(void **state)
{
	struct job job = { .kind = JOB_KEYS, .self = SELF, .id = { 5, 0 },
			   .questions = NIC_ASK_DOMAIN | NIC_SCRIPT_IS_OURS };

	(void)state;
	job_do(&session, &job);
	assert_int_equal(job.result, 0);
	assert_true(job.nic.exists && job.nic.script == SCRIPT_OURS);
	assert_false(job.nic.has_domain);
	assert_int_equal(fake_store_asked("introduced 5"), 1);
}

static void whether_it_is_connected_is_the_result(void **state)
{
	(void)state;
	assert_int_equal(do_nic(JOB_CONNECTED, NULL), 0);
	fake_store_put(ROOT "/5/0/hotplug-status", "connected");
	assert_int_equal(do_nic(JOB_CONNECTED, NULL), 1);
}

static void what_is_told_is_written(void **state)
{
	struct job job = { .kind = JOB_TELL, .self = SELF, .id = { 5, 0 },
			   .nic = { .exists = true, .state = 4 },
			   .tell = { .status = "connected" } };

	(void)state;
	job_do(&session, &job);
	assert_int_equal(job.result, 0);
	assert_true(fake_store_is(ROOT "/5/0/hotplug-status", "connected"));
	job.nic.state = 2;
	job_do(&session, &job);
	assert_int_equal(job.result, -ENOENT);
}

static void the_list_has_every_nic(void **state)
{
	struct job *job;

	(void)state;
	start(1);
	fake_store_put(ROOT "/5/1/state", "4");
	fake_store_put(ROOT "/6/0/state", "4");
	fake_store_put(ROOT "/6/1/state", "4");
	fake_store_put(ROOT "/7/x/state", "4");
	fake_store_put(ROOT "/8/0/state", "4");
	give(&(const struct job){ .kind = JOB_LIST });
	job = take(SOON);
	assert_int_equal(job->result, 0);
	assert_int_equal(job->n, 5);
	assert_true(vif_id_equal(job->ids[0], (struct vif_id){ 5, 0 }));
	assert_true(vif_id_equal(job->ids[1], (struct vif_id){ 5, 1 }));
	assert_true(vif_id_equal(job->ids[4], (struct vif_id){ 8, 0 }));
	job_free(job);
	fake_store_rm(ROOT);
	give(&(const struct job){ .kind = JOB_LIST });
	job = take(SOON);
	assert_int_equal(job->result, 0);
	assert_int_equal(job->n, 0);
	job_free(job);
	fake_store_fail("list " ROOT, -ENOTCONN);
	give(&(const struct job){ .kind = JOB_LIST });
	assert_int_equal(take_result(), -ENOTCONN);
}

static void the_dead_are_those_whose_domain_is_gone(void **state)
{
	static const struct vif_id ids[] = {
		{ 5, 0 }, { 5, 1 }, { 6, 0 }, { 7, 0 }, { 7, 1 }, { 5, 2 },
	};
	struct job job = { .kind = JOB_DEAD, .self = SELF, .n = ROWS(ids) };

	(void)state;
	job.ids = malloc(sizeof(ids));
	assert_non_null(job.ids);
	memcpy(job.ids, ids, sizeof(ids));
	fake_store_introduce(5);
	fake_store_introduce(6);
	job_do(&session, &job);
	assert_int_equal(job.result, 0);
	assert_int_equal(job.n, 2);
	assert_true(vif_id_equal(job.ids[0], ids[3]));
	assert_true(vif_id_equal(job.ids[1], ids[4]));
	/* of several NICs of a domain only the first one asks */
	assert_int_equal(fake_store_asked("introduced 7"), 1);
	assert_int_equal(fake_store_asked("introduced 5"), 2);
	fake_store_destroy(7);
	fake_store_fail("introduced 7", -ENOTCONN);
	job_do(&session, &job);
	assert_int_equal(job.result, -ENOTCONN);
	assert_int_equal(job.n, 2);
	free(job.ids);
}

/* ---- the end -------------------------------------------------------------- */

/* A job whose end can be seen: its watch is closed with it. */
static void give_with_watch(uint32_t devid)
{
	static const char *const paths[] = { "x", NULL };
	struct job job = { .kind = JOB_CONNECTED, .id = { 5, devid } };

	assert_int_equal(watch_open(paths, &job.watch), 0);
	give(&job);
}

static void jobs_that_were_not_done_or_not_taken_go_with_the_workers(void **state)
{
	(void)state;
	start(1);
	give_with_watch(0);
	/* the second one is at work, and nine were not begun */
	fake_store_hang(STATUS("5/1"));
	for (uint32_t i = 1; i <= 10; i++)
		give_with_watch(i);
	assert_true(fake_store_wait_for_hung(1));
	job_free(workers_take(w));
	assert_int_equal(fake_store_watches(), 10);
	fake_store_release();
	w = workers_free(w);
	assert_null(w);
	assert_int_equal(fake_store_watches(), 0);
	assert_int_equal(fake_store_connections(), 0);
}

static void be_slow(const char *question)
{
	if (strcmp(question, STATUS("5/1")) == 0)
		sleep_ms(60);
}

static void a_thread_ends_after_the_job_at_hand(void **state)
{
	(void)state;
	start(1);
	fake_store_hook(be_slow);
	for (uint32_t i = 1; i <= 10; i++)
		give_with_watch(i);
	w = workers_free(w);
	assert_int_equal(fake_store_watches(), 0);
	assert_int_equal(fake_store_asked(STATUS("5/10")), 0);
}

static void threads_that_hang_do_not_keep_us(void **state)
{
	int64_t begin;

	(void)state;
	start(4);
	job_free(open_store(false));
	occupy_four();
	fake_store_hang("*");
	for (uint32_t i = 0; i < 8; i++)
		give_nic(JOB_CONNECTED, i);
	assert_true(fake_store_wait_for_hung(4));
	abandoned[n_abandoned++] = w;
	begin = now_ms();
	w = workers_free(w);
	assert_null(w);
	assert_true(now_ms() - begin < 1000);
	assert_int_equal(fake_store_connections(), 4);
	fake_store_forget();
	/* if xenstored wakes up before the process ends they end, too, and
	 * begin nothing more */
	fake_store_release();
	assert_true(fake_store_wait_for_end());
	assert_int_equal(fake_store_asked(NULL), 0);
}

static void one_that_hangs_lets_the_others_end(void **state)
{
	(void)state;
	start(4);
	job_free(open_store(false));
	occupy_four();
	fake_store_hang(STATUS("5/0"));
	give_nic(JOB_CONNECTED, 0);
	assert_true(fake_store_wait_for_hung(1));
	abandoned[n_abandoned++] = w;
	w = workers_free(w);
	assert_null(w);
	assert_int_equal(fake_store_connections(), 1);
}

#define WORKERS_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKERS_TEST(one_thread_does_jobs_in_order),
		WORKERS_TEST(without_jobs_there_is_no_thread_and_no_connection),
		WORKERS_TEST(a_job_that_hangs_does_not_hold_up_the_others),
		WORKERS_TEST(four_threads_are_four_questions_at_once_and_no_more),
		WORKERS_TEST(giving_and_taking_never_wait),
		WORKERS_TEST(jobs_done_together_wake_once),
		WORKERS_TEST(no_wake_is_lost),
		WORKERS_TEST(connecting_tells_our_domain),
		WORKERS_TEST(a_store_that_does_not_say_is_not_filled),
		WORKERS_TEST(a_driver_domain_watches_its_nics),
		WORKERS_TEST(dom0_watches_domains_too),
		WORKERS_TEST(a_store_that_is_not_filled_is_watched_for_our_domain),
		WORKERS_TEST(our_domain_may_appear_while_we_begin_to_watch),
		WORKERS_TEST(what_is_missing_for_connecting_is_told),
		WORKERS_TEST(after_connecting_each_thread_connects_anew),
		WORKERS_TEST(when_xenstored_is_gone_jobs_fail_until_it_returns),
		WORKERS_TEST(those_that_hang_fail_when_xenstored_dies),
		WORKERS_TEST(after_another_failure_the_next_job_has_a_new_connection),
		WORKERS_TEST(where_nothing_can_be_opened_the_cause_is_told_if_it_is_ours),
		WORKERS_TEST(a_missing_nic_is_unsure_while_the_store_is_not_filled),
		WORKERS_TEST(a_missing_nic_is_unsure_if_it_was_looked_for_as_another_domain_s),
		WORKERS_TEST(a_new_xenstored_is_not_filled_because_the_old_one_was),
		WORKERS_TEST(the_keys_are_those_that_were_asked_for),
		WORKERS_TEST(whether_it_is_connected_is_the_result),
		WORKERS_TEST(what_is_told_is_written),
		WORKERS_TEST(the_list_has_every_nic),
		WORKERS_TEST(the_dead_are_those_whose_domain_is_gone),
		WORKERS_TEST(jobs_that_were_not_done_or_not_taken_go_with_the_workers),
		WORKERS_TEST(a_thread_ends_after_the_job_at_hand),
		WORKERS_TEST(threads_that_hang_do_not_keep_us),
		WORKERS_TEST(one_that_hangs_lets_the_others_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
