/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nic-look.h - private to agent/engine: a look at a NIC, while it is made */
#ifndef VIFAGENT_NIC_LOOK_H
#define VIFAGENT_NIC_LOOK_H

#include "agent/engine/look.h"

/* One look at a NIC. */
struct nic_look {
	struct agent *agent;
	struct vif_id id;
	unsigned int flags;
	enum goal goal;
	struct nic nic;
	bool known;		/* .nic is true */
	int hint;		/* of the part at hand, or 0 */
	bool untold;		/* the vif was joined, and nothing was said yet */
	struct tell *tell;
};

#endif
