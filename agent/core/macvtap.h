/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macvtap.h - the modes of a macvtap */
#ifndef VIFAGENT_MACVTAP_H
#define VIFAGENT_MACVTAP_H

#include <linux/if_link.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A macvtap's mode says which frames it receives; each is one bit
 * (enum macvlan_mode, <linux/if_link.h>):
 * vepa		from the wire; frames to its neighbours go out to the wire, too
 * private	the same, but never a frame that a neighbour has sent
 * bridge	from the wire, and from its neighbours directly
 * passthru	all; it is the only one on its device and sets its address
 */
#define MACVTAP_MODES (MACVLAN_MODE_VEPA | MACVLAN_MODE_PRIVATE | \
		       MACVLAN_MODE_BRIDGE | MACVLAN_MODE_PASSTHRU)

/* The kernel's own default. */
#define MACVTAP_MODE_DEFAULT MACVLAN_MODE_VEPA

/* A mode by its name, or 0. */
uint32_t macvtap_mode(const char *name);

/* "vepa", "private", "bridge", "passthru"; or "unknown". */
const char *macvtap_mode_name(uint32_t mode);

#define MACVTAP_MODES_TEXTSIZE 32

/* Several: "vepa bridge". */
void macvtap_modes_print(char buf[MACVTAP_MODES_TEXTSIZE], uint32_t modes);

#endif
