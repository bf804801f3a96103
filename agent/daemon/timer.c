/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timer.c - the time, and being called later, with libevent */
#include "agent/daemon/timer.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

#include "agent/base/clock.h"

struct timer {
	struct event event;
	void (*fn)(void *arg);
	void *arg;
};

int64_t timer_now(void)
{
	return clock_ms();
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	const struct timer *t = arg;

	(void)fd;
	(void)what;
	t->fn(t->arg);
}

struct timer *timer_new(struct event_base *base, void (*fn)(void *arg),
			void *arg)
{
	struct timer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->fn = fn;
	t->arg = arg;
	if (evtimer_assign(&t->event, base, on_time, t) == 0)
		return t;
	free(t);
	return NULL;
}

struct timer *timer_free(struct timer *t)
{
	if (!t)
		return NULL;
	(void)event_del(&t->event);
	free(t);
	return NULL;
}

int timer_start(struct timer *t, unsigned int ms)
{
	const struct timeval tv = {
		.tv_sec = ms / 1000,
		.tv_usec = (suseconds_t)(ms % 1000) * 1000,
	};

	return event_add(&t->event, &tv) < 0 ? -ENOMEM : 0;
}

void timer_stop(struct timer *t)
{
	(void)event_del(&t->event);
}

bool timer_is_running(const struct timer *t)
{
	return evtimer_pending(&t->event, NULL);
}
