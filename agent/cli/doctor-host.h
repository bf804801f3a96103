/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor-host.h - what is wrong with programs and files of the host; reads, and never changes anything */
#ifndef VIFAGENT_DOCTOR_HOST_H
#define VIFAGENT_DOCTOR_HOST_H

#include "agent/cli/findings.h"

void doctor_programs(struct findings *f);
void doctor_files(struct findings *f);
void doctor_xen(struct findings *f);
void doctor_helper(struct findings *f);

#endif
