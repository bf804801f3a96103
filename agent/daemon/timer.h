/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timer.h - the time, and being called later
 *
 * All that the daemon knows of time comes from here, so that tests can replace
 * it (tests/unit/fake-timer.c).
 */
#ifndef VIFAGENT_TIMER_H
#define VIFAGENT_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct timer;

/* Monotonic: ms. */
int64_t timer_now(void);

/* Calls @fn once for each timer_start().  Returns NULL for no memory. */
struct timer *timer_new(struct event_base *base, void (*fn)(void *arg),
			void *arg);

/* Returns NULL; @t may be NULL. */
struct timer *timer_free(struct timer *t);

/* In @ms, instead of whatever was to come.  Returns 0 or -ENOMEM. */
int timer_start(struct timer *t, unsigned int ms);
void timer_stop(struct timer *t);
bool timer_is_running(const struct timer *t);

#endif
