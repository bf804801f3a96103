/* SPDX-License-Identifier: GPL-2.0-or-later */
/* find.h - which link is a NIC's */
#ifndef VIFAGENT_FIND_H
#define VIFAGENT_FIND_H

#include "agent/engine/subject.h"

/*
 * find_part() - the link of this part of a NIC
 *
 * The one that is named by hand, if it is this part's; netback's by its device; a
 * tap, or where there is no netback (as in a namespace on a host without Xen) also
 * the vif, by its names, then by the hint, then with LOOK_SEARCH among all links.
 * Returns 0; -ENODEV: there is none; or what the kernel says.  Then *@ret_taken
 * says whether another link may have its name.
 */
int find_part(const struct nic_look *n, enum part part, struct link *ret,
	      bool *ret_taken);

/* Which of a NIC's links is this, which is known to be one? */
enum part part_of_link(const struct link *l);

/* Is there a link of this name, although nothing of the NIC was found? */
bool find_stranger(const struct nic_look *n, const char *name,
		   struct link *ret);

#endif
