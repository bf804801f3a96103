/* SPDX-License-Identifier: GPL-2.0-or-later */
/* retry.h - when a port is checked again though nothing has happened */
#ifndef VIFAGENT_RETRY_H
#define VIFAGENT_RETRY_H

#include "agent/daemon/table.h"

/* @first, doubled so many times, and never more than @last. */
unsigned int retry_doubled(unsigned int first, unsigned int times,
			   unsigned int last);

/* @ms, or up to a quarter more or less, lest all ports come at once. */
unsigned int retry_spread(struct table *t, unsigned int ms);

/* Something has happened to the port; if it now waits, then for @ms.  Does not
 * concern what is marked as due. */
void retry_event(struct port *p, enum port_event event, unsigned int ms);

/* It is in order. */
void retry_end(struct port *p);

/* It is not, or a check failed: try again, the later the more often that has
 * been tried.  Something @new begins with short pauses. */
void retry_soon(struct port *p, enum port_event event, bool new);

/* How long, of @delay, it is still too early to report: ms.  The delay begins
 * with the first check that found it @early. */
void retry_count_delay(struct port *p, bool early);
unsigned int retry_early_for(const struct port *p, unsigned int delay);

#endif
