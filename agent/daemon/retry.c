/* SPDX-License-Identifier: GPL-2.0-or-later */
/* retry.c - when a port is checked again though nothing has happened */
#include "agent/daemon/retry.h"

#include <stdlib.h>

/* Pauses between tries: they double. */
#define FIRST_MS 500
#define LAST_MS (5 * 60 * 1000)

unsigned int retry_doubled(unsigned int first, unsigned int times,
			   unsigned int last)
{
	while (times-- > 0 && first < last)
		first *= 2;
	return first < last ? first : last;
}

unsigned int retry_spread(struct table *t, unsigned int ms)
{
	unsigned int quarter = ms / 4;

	return ms - quarter +
	       (unsigned int)rand_r(&t->seed) % (2 * quarter + 1);
}

static void on_timer(void *arg)
{
	struct port *p = arg;

	p->state = port_state_next(p->state, PORT_TIME_IS_UP);
	p->tries++;
	table_mark(p);
}

static int start_timer(struct port *p, unsigned int ms)
{
	if (!p->timer)
		p->timer = timer_new(p->table->base, on_timer, p);
	return p->timer ? timer_start(p->timer, ms) : -1;
}

void retry_event(struct port *p, enum port_event event, unsigned int ms)
{
	enum port_state was = p->state;

	p->state = port_state_next(was, event);
	if (p->state == PORT_QUIET) {
		p->timer = timer_free(p->timer);
		return;
	}
	if (event == PORT_RELEASED ||
	    (was == PORT_HELD && event == PORT_CHECK_FAILED))
		return;
	if (start_timer(p, ms) == 0)
		return;
	/* Without memory for a timer it is checked at once. */
	p->state = port_state_next(p->state, PORT_TIME_IS_UP);
	table_mark(p);
}

void retry_end(struct port *p)
{
	p->tries = 0;
	retry_event(p, PORT_IS_WELL, 0);
}

void retry_soon(struct port *p, enum port_event event, bool new)
{
	if (new)
		p->tries = 0;
	retry_event(p, event,
		    retry_spread(p->table, retry_doubled(FIRST_MS, p->tries,
							 LAST_MS)));
}

void retry_count_delay(struct port *p, bool early)
{
	if (!early)
		p->early_since = 0;
	else if (!p->early_since)
		p->early_since = timer_now();
}

unsigned int retry_early_for(const struct port *p, unsigned int delay)
{
	int64_t left = delay - (timer_now() - p->early_since);

	return left > 0 ? (unsigned int)left : 0;
}
