/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-timer.h - a clock that stands still until a test moves it
 *
 * All of timer.h is defined here, so a test that links this file has no real
 * timers.
 */
#ifndef VIFAGENT_FAKE_TIMER_H
#define VIFAGENT_FAKE_TIMER_H

#include "agent/daemon/timer.h"

/* Begin a test.  All timers must have been freed. */
void fake_timer_reset(void);

/* Timers that exist. */
unsigned int fake_timer_count(void);

/* In how many ms it runs off; -1: it is not running. */
int64_t fake_timer_left(const struct timer *t);

/* Let so much time pass; timers run off in their order. */
void fake_timer_pass(unsigned int ms);

/* The next timer_new() and timer_start() calls fail, until told otherwise. */
void fake_timer_fail(bool fail);

#endif
