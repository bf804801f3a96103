/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route.h - private to agent/host: the routes over a link */
#ifndef VIFAGENT_ROUTE_H
#define VIFAGENT_ROUTE_H

#include "agent/host/rtnl.h"

/* The first route over the link that is not of the kernel's making, as ip(8)
 * writes its destination; @ret is untouched if there is none.  Returns 0 or a
 * negative errno value. */
int route_find(struct rtnl *t, int ifindex, char ret[ROUTE_SIZE]);

#endif
