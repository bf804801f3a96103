/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.c - what netback and libxl are told, and whose turn that is */
#include "agent/engine/report.h"

#include <stdio.h>

#include "agent/engine/decide.h"

/*
 * Whose turn is it to report to netback?  libxl writes an empty status when it
 * makes the NIC, waits to see backend state 2, and only then runs its script
 * (libxl__wait_device_connection, libxl_device.c). So while the status is empty
 * and the script is ours, it is the script's turn; in a driver domain, or with
 * another script, no other program will ever report.
 */
static bool our_turn(const struct nic_look *n)
{
	const struct nic *nic = &n->nic;

	if (n->request->flags & LOOK_SCRIPT)
		return true;
	if (n->agent->self == 0 && nic->script == SCRIPT_OURS &&
	    nic->status == HOTPLUG_EMPTY)
		return false;
	return nic->online && nic->state >= NIC_INIT_WAIT &&
	       nic->state <= NIC_CONNECTED;
}

/*
 * Some steps in xenstore must not come before the toolstack has seen what was
 * there, and nothing that it does tells us that it has. So it is given time.
 */
static bool is_early(const struct nic_look *n)
{
	return !n->request->delay_is_over &&
	       n->agent->config->toolstack_delay > 0;
}

/*
 * Has libxl seen backend state 2? Were "connected" there before, netback could
 * run past 2 unseen, and the attach would fail after 10 s. dom0's script knows:
 * it runs after that.
 */
static bool is_early_to_connect(const struct nic_look *n)
{
	return is_early(n) && n->nic.status != HOTPLUG_CONNECTED &&
	       !(n->request->flags & LOOK_SCRIPT && n->agent->self == 0);
}

void report_vif(const struct nic_look *n, struct look *vif)
{
	struct tell *t = n->tell;
	bool turn = our_turn(n);

	if (!(n->request->flags & LOOK_ACT) || n->goal != GOAL_JOIN || !vif->found)
		return;
	if (vif->verdict == IN_ORDER) {
		t->mtu = vif->state.link.mtu;
		t->mtu_is_new = vif->steps > 0;
		vif->early = turn && is_early_to_connect(n);
		if (!turn || vif->early)
			return;
		t->status = "connected";
		t->rewrite = vif->status_is_stale;
		t->error_too = true;
		vif->connected = true;
	} else if (turn && !(n->request->flags & LOOK_SCRIPT) && !look_yields(vif, n->request->flags)) {
		t->status = "error";
		t->error_too = true;
		(void)snprintf(t->error, sizeof(t->error), "%s: %s", vif->name,
			       vif->reason);
	}
}

/*
 * Of a NIC that is dead a driver domain removes the backend directory; libxl
 * waits for that. But `xl devd` may be there as well, and must see state 6
 * first, or it will take the next NIC of this number for the one it knows.
 * Returns how many looks there are.
 */
int report_removal(const struct nic_look *n, struct look ret[LOOKS],
		      int count)
{
	struct look *vif = &ret[count > 0 ? count - 1 : 0];

	if (n->goal != GOAL_LEAVE_DEAD || !n->nic.exists || n->agent->self == 0 ||
	    !(n->request->flags & LOOK_ACT) || n->request->flags & LOOK_LEAVE)
		return count;
	for (int i = 0; i < count; i++)
		if (ret[i].verdict != NOT_OURS || ret[i].unsure)
			return count;	/* not done with it */
	if (!is_early(n)) {
		n->tell->remove = true;
		return count;
	}
	if (count == 0) {
		*vif = (struct look) { .id = { .is_nic = true, .nic = n->id },
				       .nic_exists = true,
				       .verdict = NOT_OURS };
		(void)vif_name_make(vif->name, n->id, VIF_NETBACK);
		count = 1;
	}
	vif->early = true;
	return count;
}
