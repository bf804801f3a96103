/* SPDX-License-Identifier: GPL-2.0-or-later */
/* subject.h - private to agent/engine: what is looked at, while it is */
#ifndef VIFAGENT_SUBJECT_H
#define VIFAGENT_SUBJECT_H

#include "agent/engine/look.h"
#include "agent/engine/request.h"

/* A NIC. */
struct nic_look {
	struct agent *agent;
	const struct request *request;
	struct vif_id id;
	enum goal goal;
	struct nic nic;
	bool known;		/* .nic is true */
	struct tell *tell;
};

/* One link: a NIC's, or one for itself. */
struct subject {
	struct agent *agent;
	const struct request *request;
	const struct nic_look *nic;	/* NULL: one for itself */
	enum part part;			/* of the NIC */
	bool knows_rules;		/* .by_rules has been asked for */
	struct wish by_rules;		/* what udev's rules wish for it */
};

#endif
