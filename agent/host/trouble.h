/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trouble.h - settings of the host that keep frames from bridges' ports */
#ifndef VIFAGENT_TROUBLE_H
#define VIFAGENT_TROUBLE_H

#include <stdbool.h>

/*
 * trouble_forward_drops() - does nftables drop what is forwarded, unless a rule accepts it?
 *
 * A chain of the family ip or inet with the hook forward and the policy drop: what
 * "iptables -P FORWARD DROP" makes, too, but for iptables-legacy.  False if it cannot be asked.
 */
bool trouble_forward_drops(void);

/*
 * trouble_has_lro() - does a NIC put received frames together (large receive offload)?
 *
 * A bridge cannot forward such frames.  The kernel turns it off when the NIC is put on one
 * (br_add_if, net/bridge/br_if.c), but somebody may have turned it on again.  False if it
 * cannot be asked.
 */
bool trouble_has_lro(const char *name);

struct trouble_stp {
	bool on;
	unsigned int delay;	/* 1/100 s: a port passes frames after twice that */
};

/* The spanning tree of a bridge; all zero if /sys has no such bridge. */
struct trouble_stp trouble_stp(const char *bridge);

#endif
