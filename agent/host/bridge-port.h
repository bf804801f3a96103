/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bridge-port.h - private to agent/host: what a bridge keeps for each port */
#ifndef VIFAGENT_BRIDGE_PORT_H
#define VIFAGENT_BRIDGE_PORT_H

#include "agent/core/port-options.h"
#include "agent/core/vlan.h"
#include "agent/host/rtnl.h"

/* Set the options in @which to their values in @on.  Returns 0 or a negative errno
 * value. */
int options_set(struct rtnl *t, int ifindex, uint16_t which, uint16_t on);

/* Make a bridge not learn from frames to 01:80:c2:00:00:0X, which no filter sees
 * (br_handle_local_finish(), net/bridge/br_input.c).  Returns as options_set(). */
int bridge_stop_linklocal_learning(struct rtnl *t, int ifindex);

/*
 * vlans_read() - which VLANs is a port in?
 *
 * Returns 0; -ENODEV: it is not a port, or does not exist; -EOPNOTSUPP: before
 * Linux 5.6, or a kernel without CONFIG_BRIDGE_VLAN_FILTERING; or another negative
 * errno value.
 */
int vlans_read(struct rtnl *t, int ifindex, struct vlans *ret);

/*
 * vlans_set() - put a port in these VLANs and no others
 * @vlan:	as vlans_parse() reads it, or ""
 *
 * What stays is not touched; what goes, goes first.  Returns as vlans_read().
 */
int vlans_set(struct rtnl *t, int ifindex, const char *vlan);

#endif
