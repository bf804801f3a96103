/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-processes.c - links that go with the process they were made for */
#include "tests/unit/check.h"

#include <event2/event.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/daemon/processes.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/fake-timer.h"

#define NO_PID 2147483646	/* more than the kernel has */

static struct event_base *base;
static struct table table;
static struct port *port;
static struct fake_host f;
static struct processes processes;
static struct process child;

static void wake(void *arg)
{
	(void)arg;
}

static int setup(void **state)
{
	static const struct port_id id = { .ifindex = 3 };

	(void)state;
	fake_timer_reset();
	fake_host_init(&f);
	f.dead_pid = NO_PID;
	processes = (struct processes){ .host = &f.host };
	base = event_base_new();
	table_init(&table, base, wake, NULL);
	port = table_add(&table, &id);
	child.pid = fork();
	if (child.pid == 0) {
		(void)pause();
		_exit(0);
	}
	return base && port && child.pid > 0 ? 0 : -1;
}

static void end_child(void)
{
	if (child.pid <= 0)
		return;
	(void)kill(child.pid, SIGKILL);
	(void)waitpid(child.pid, NULL, 0);
	child.pid = 0;
}

static int teardown(void **state)
{
	(void)state;
	table_clear(&table);
	event_base_free(base);
	end_child();
	return fake_timer_count() ? -1 : 0;
}

static void wait_for(int pid)
{
	const struct process p = { .pid = pid };

	processes_wait(&processes, port, &p);
}

static bool take(void)
{
	enum due due;

	return table_next(&table, false, &due) == port;
}

static void without_a_process_there_is_nothing_to_wait_for(void **state)
{
	(void)state;
	wait_for(0);
	processes_poll(port, &(const struct process){ 0 });
	assert_null(port->exit);
	assert_int_equal(port->state, PORT_QUIET);
	assert_false(take());
}

static void the_end_of_a_process_makes_its_port_due(void **state)
{
	(void)state;
	wait_for(child.pid);
	assert_non_null(port->exit);
	processes_poll(port, &child);
	assert_int_equal(port->state, PORT_QUIET);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_non_null(port->exit);
	end_child();
	event_base_loop(base, EVLOOP_ONCE);
	assert_null(port->exit);
	assert_int_equal(port->state, PORT_DYING);
	/* a moment later, together with others */
	assert_false(take());
	fake_timer_pass(20);
	assert_true(take());
}

static void it_is_waited_for_once(void **state)
{
	struct event *first;

	(void)state;
	wait_for(child.pid);
	first = port->exit;
	wait_for(child.pid);
	assert_ptr_equal(port->exit, first);
}

static void one_that_has_ended_before_makes_it_due_at_once(void **state)
{
	(void)state;
	f.dead_pid = NO_PID;
	wait_for(NO_PID);	/* ESRCH */
	assert_null(port->exit);
	assert_true(take());
	/* that is usual, and not logged */
	assert_false(processes.said_error);
}

static void a_pid_that_is_another_process_by_now_makes_it_due(void **state)
{
	(void)state;
	f.dead_pid = child.pid;
	wait_for(child.pid);
	assert_true(take());
}

static void without_descriptors_it_is_looked_for(void **state)
{
	struct rlimit old, few;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	few.rlim_cur = 64;	/* all are kept for what cannot do without */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	wait_for(child.pid);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_null(port->exit);
	assert_true(processes.said_error);
	assert_false(take());
	processes_poll(port, &child);
	assert_int_equal(port->state, PORT_POLLING);
	assert_int_equal(fake_timer_left(port->timer), 10000);
	fake_timer_pass(10000);
	assert_true(take());
	/* which is no reason to say that it is not in order */
	assert_false(port_state_is_waiting(port->state));
	/* with descriptors there is a pidfd again */
	wait_for(child.pid);
	assert_non_null(port->exit);
}

static void a_port_that_is_removed_leaves_no_descriptor(void **state)
{
	int fd;

	(void)state;
	wait_for(child.pid);
	fd = event_get_fd(port->exit);
	table_remove(&table, port);
	assert_int_equal(close(fd), -1);
}

#define process_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		process_test(without_a_process_there_is_nothing_to_wait_for),
		process_test(the_end_of_a_process_makes_its_port_due),
		process_test(it_is_waited_for_once),
		process_test(one_that_has_ended_before_makes_it_due_at_once),
		process_test(a_pid_that_is_another_process_by_now_makes_it_due),
		process_test(without_descriptors_it_is_looked_for),
		process_test(a_port_that_is_removed_leaves_no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
