/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route.h - private to agent/host: the routes over a link */
#ifndef VIFAGENT_ROUTE_H
#define VIFAGENT_ROUTE_H

#include "agent/host/rtnl.h"

/* The destination of the first route over the link that the kernel has not created
 * itself, as ip(8) writes it; @ret is untouched if no such route exists.  Returns 0
 * or a negative errno value. */
int route_find(struct rtnl *t, int ifindex, char ret[ROUTE_SIZE]);

#endif
