/* SPDX-License-Identifier: GPL-2.0-or-later */
/* retry.h - when a port is checked again though nothing has happened */
#ifndef VIFAGENT_RETRY_H
#define VIFAGENT_RETRY_H

#include "agent/daemon/table.h"

/* @first, doubled so many times, and never more than @last. */
unsigned int retry_doubled(unsigned int first, unsigned int times,
			   unsigned int last);

/* @ms, a quarter more or less, so that not all ports are due at once. */
unsigned int retry_spread(struct table *t, unsigned int ms);

/* Something happened to the port: change its state, and if that has a timer,
 * start it.  Whether the port is due already makes no difference. */
void retry_event(struct port *p, enum port_event event, unsigned int ms);

/* It is in order. */
void retry_end(struct port *p);

/* It is not, or a check failed: try again, after a pause that doubles with each
 * try.  Something @new starts with the first pause again. */
void retry_soon(struct port *p, enum port_event event, bool new);

/* The delay starts with the first check that found the port @early; how much of
 * @delay is left: ms. */
void retry_count_delay(struct port *p, bool early);
unsigned int retry_early_for(const struct port *p, unsigned int delay);

#endif
