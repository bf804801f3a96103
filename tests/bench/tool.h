/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tool.h - what the bench's programs share */
#ifndef VIFAGENT_BENCH_TOOL_H
#define VIFAGENT_BENCH_TOOL_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Microseconds of a clock that only goes on. */
static inline double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Says what failed, and why, and ends. */
static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

#endif
