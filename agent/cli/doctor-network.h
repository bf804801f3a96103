/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor-network.h - what is wrong with ports, bridges, uplinks and filters; reads, and never changes anything */
#ifndef VIFAGENT_DOCTOR_NETWORK_H
#define VIFAGENT_DOCTOR_NETWORK_H

#include "agent/cli/findings.h"

void doctor_ports(struct findings *f);
void doctor_places(struct findings *f);
void doctor_filters(struct findings *f);

#endif
