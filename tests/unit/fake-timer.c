/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake-timer.c - a clock that stands still until a test moves it */
#include "tests/unit/fake-timer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

struct timer {
	LIST_ENTRY(timer) all;
	bool running;
	unsigned int pass;	/* in which it was started; 0: outside of one */
	int64_t at;
	void (*fn)(void *arg);
	void *arg;
};

/* Not 0, which stands for "never" in the ports. */
#define START 1000000

static LIST_HEAD(, timer) timers = LIST_HEAD_INITIALIZER(timers);
static int64_t now = START;
static bool failing;
static unsigned int passes, pass;	/* so far, and the one that runs now */

void fake_timer_reset(void)
{
	now = START;
	failing = false;
}

void fake_timer_fail(bool fail)
{
	failing = fail;
}

unsigned int fake_timer_count(void)
{
	const struct timer *t;
	unsigned int n = 0;

	LIST_FOREACH(t, &timers, all)
		n++;
	return n;
}

int64_t fake_timer_left(const struct timer *t)
{
	return t && t->running ? t->at - now : -1;
}

/* As with libevent, what is started for at once is not run in the same turn. */
static struct timer *first_until(int64_t end)
{
	struct timer *t, *first = NULL;

	LIST_FOREACH(t, &timers, all)
		if (t->running && t->at <= end &&
		    (t->at > now || t->pass != pass) &&
		    (!first || t->at < first->at))
			first = t;
	return first;
}

void fake_timer_pass(unsigned int ms)
{
	int64_t end = now + ms;
	struct timer *t;

	pass = ++passes;
	while ((t = first_until(end))) {
		now = t->at > now ? t->at : now;
		t->running = false;
		t->fn(t->arg);
	}
	now = end;
	pass = 0;
}

/* ---- timer.h ------------------------------------------------------------ */

int64_t timer_now(void)
{
	return now;
}

struct timer *timer_new(struct event_base *base, void (*fn)(void *arg),
			void *arg)
{
	struct timer *t = failing ? NULL : calloc(1, sizeof(*t));

	(void)base;
	if (!t)
		return NULL;
	t->fn = fn;
	t->arg = arg;
	LIST_INSERT_HEAD(&timers, t, all);
	return t;
}

struct timer *timer_free(struct timer *t)
{
	if (!t)
		return NULL;
	LIST_REMOVE(t, all);
	free(t);
	return NULL;
}

int timer_start(struct timer *t, unsigned int ms)
{
	if (failing)
		return -ENOMEM;
	t->running = true;
	t->at = now + ms;
	t->pass = pass;
	return 0;
}

void timer_stop(struct timer *t)
{
	t->running = false;
}

bool timer_is_running(const struct timer *t)
{
	return t->running;
}
