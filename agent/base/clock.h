/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - the time that only goes on */
#ifndef VIFAGENT_CLOCK_H
#define VIFAGENT_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Since some moment in the past: ms. */
static inline int64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
