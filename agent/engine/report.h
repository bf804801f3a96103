/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.h - what netback and libxl are told, and whose turn that is */
#ifndef VIFAGENT_REPORT_H
#define VIFAGENT_REPORT_H

#include "agent/engine/subject.h"

/* What is to be told of a NIC whose vif was looked at: fills in n->tell, and
 * .early and .connected of the look. */
void report_vif(const struct nic_look *n, struct look *vif);

/*
 * report_removal() - is the backend directory of a dead NIC to be removed?
 * @count:	looks in @ret
 *
 * Fills in n->tell.  If it is too early for that, the last look says so, which
 * is added if there is none.  Returns how many looks there are.
 */
int report_removal(const struct nic_look *n, struct look ret[LOOKS],
		   int count);

#endif
