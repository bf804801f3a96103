/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entries.h - private to agent/host: the sticky entries of a bridge's port */
#ifndef VIFAGENT_HOST_ENTRIES_H
#define VIFAGENT_HOST_ENTRIES_H

#include "agent/core/entries.h"
#include "agent/host/rtnl.h"

/*
 * entries_differ() - has the port other sticky entries than these?
 *
 * Each MAC has one without VLAN and one in each VLAN of the port.  Returns 0; -ENODEV: it is
 * not a port; or another negative errno value.
 */
int entries_differ(struct rtnl *t, int ifindex, const struct entries *want,
		   bool *ret);

/* Make these the port's only sticky entries, in all its VLANs; an entry that another port
 * has moves here.  Returns 0 or a negative errno value. */
int entries_set(struct rtnl *t, int ifindex, const struct entries *want);

/* Before vlans_set(): remove the port's sticky entries in VLANs in which it will not be any
 * more.  Returns as vlans_set(). */
int entries_leave(struct rtnl *t, int ifindex, const char *vlan);

#endif
