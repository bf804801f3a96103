/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decide.h - private to agent/engine: whether a link joins, leaves or stays as it
 * is, and its wish */
#ifndef VIFAGENT_DECIDE_H
#define VIFAGENT_DECIDE_H

#include "agent/engine/settle.h"
#include "agent/engine/subject.h"

/* Does a NIC join, leave or stay, according to xenstore and the request? */
enum goal decide_nic(const struct nic_look *n);

/*
 * decide_link() - a decide_fn
 * @arg:	struct subject
 */
int decide_link(struct look *look, struct aim *ret, void *arg);

/* What an administrator asks of this very link; or NULL. */
const struct by_hand *by_hand_of(const struct request *q,
				 const struct link *l);

/* Is another process leaving it, and will be done in a moment? */
bool look_yields(const struct look *look, unsigned int flags);

#endif
