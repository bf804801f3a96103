/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vlan.h - the VLANs of a bridge's port, and how they are written
 *
 * As xl-network-configuration(5) has it since Xen 4.19 (key vlan=): entries,
 * separated by slashes, are
 *   10		VLAN 10: tagged, or the PVID if it is the only one
 *   10p	the PVID: untagged frames are of this VLAN, both ways
 *   10u	untagged on its way out
 *   1-10	several; also 1-10u
 *   100+10x4	100 and four more: 110, 120, 130, 140; also 100+10x4u
 * One must be the PVID.  Ours alone is the suffix t: tagged, and no PVID is
 * needed; 10pt: the PVID, tagged on its way out.
 */
#ifndef VIFAGENT_VLAN_H
#define VIFAGENT_VLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/text.h"

/* IEEE 802.1Q: 0 is no VLAN, 4095 reserved. */
#define VLAN_MIN 1
#define VLAN_MAX 4094

/* Room for the text, with its NUL. */
#define VLAN_TEXTSIZE 128

struct vlans {
	uint16_t pvid;			/* 0: none */
	uint32_t member[128];		/* a bit for each VLAN */
	uint32_t untagged[128];		/* of those; on their way out */
};

/* VLANs that follow each other and are treated alike.  The PVID is one of its own.
 * Its fields are those of struct bridge_vlan_info. */
struct vlan_range {
	uint16_t first, last;
	bool is_pvid, is_untagged;
};

static inline bool vlans_have(const struct vlans *v, unsigned int vid)
{
	return v->member[vid / 32] >> vid % 32 & 1;
}

static inline bool vlans_have_untagged(const struct vlans *v, unsigned int vid)
{
	return v->untagged[vid / 32] >> vid % 32 & 1;
}

/* Add a range, or change how its VLANs are treated. */
void vlans_put(struct vlans *v, const struct vlan_range *r);

bool vlans_equal(const struct vlans *a, const struct vlans *b);

/*
 * vlans_next() - the first range at or after a VLAN
 * @from:	1 at first, then the last range's .last + 1
 *
 * Returns false if no VLAN follows.
 */
bool vlans_next(const struct vlans *v, unsigned int from,
		struct vlan_range *ret);

/*
 * vlans_parse() - read the text
 * @error:	on failure what is wrong with it, to follow "vlan=…: "
 *
 * Returns 0, or -EINVAL.
 */
int vlans_parse(const char *text, struct vlans *ret, char error[REASON_SIZE]);

/*
 * vlans_print() - write the text: the shortest, which vlans_parse() reads as the
 * same
 *
 * Returns its length; or -E2BIG, with the text cut and "..." at its end.
 */
int vlans_print(const struct vlans *v, char buf[VLAN_TEXTSIZE]);

#endif
