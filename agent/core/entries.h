/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entries.h - the MACs that a bridge is told to be behind a port */
#ifndef VIFAGENT_ENTRIES_H
#define VIFAGENT_ENTRIES_H

#include "agent/core/guard.h"

/*
 * Static entries of a bridge's forwarding database (bridge fdb of bridge(8)), in each VLAN
 * of the port.  They are sticky (NTF_STICKY, Linux 4.20): without that one frame from another
 * port would move them there (br_fdb_update(), net/bridge/br_fdb.c).  When the port leaves
 * the bridge, the kernel removes them.
 */
struct entries {
	uint8_t n;
	uint8_t mac[GUARD_MACS][6];
};

#endif
