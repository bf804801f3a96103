/* SPDX-License-Identifier: GPL-2.0-or-later */
/* addr.h - private to agent/host: the IP addresses of a link, by rtnetlink */
#ifndef VIFAGENT_ADDR_H
#define VIFAGENT_ADDR_H

#include "agent/core/state.h"
#include "agent/host/rtnl.h"

/* What addresses a link has.  Returns 0 or a negative errno value. */
int addr_read(struct rtnl *t, int ifindex, struct addresses *ret);

/*
 * addr_flush() - delete the addresses that the link gave itself
 *
 * The link may stay up.  Returns 0, also if there are none any more; or the
 * kernel's negative errno value.
 */
int addr_flush(struct rtnl *t, int ifindex);

#endif
