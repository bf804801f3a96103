/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire.h - private to agent/xen: several questions to xenstored at once */
#ifndef VIFAGENT_WIRE_H
#define VIFAGENT_WIRE_H

#include "agent/xen/store.h"

/* A connection to xenstored's socket of which libxenstore knows nothing.
 * Returns the file descriptor, or -1. */
int wire_open(void);

/* store_ask() on such a connection: one message there, one back, as a rule.
 * Returns 0 or -ENOTCONN; then the connection is of no more use. */
int wire_ask(int fd, struct store_question *q, size_t n);

#endif
