/* SPDX-License-Identifier: GPL-2.0-or-later */
/* helper.c - bridges on which the bridge helper puts no tap, whatever its ACL says */
#include "agent/core/helper.h"

#define INSTEAD "and QEMU tells the helper no MAC; use vifctl run, or vifctl create with mac="

bool helper_refuses(const struct config *c, const char *bridge, char reason[REASON_SIZE])
{
	const struct network *n = config_network_that_protects(c, bridge);

	if (!n)
		return false;
	if (port_options_need_entries(n->options_named, n->options_on))
		text_reason(reason, "network %s does not let bridge %s learn addresses (learning = no or locked = yes), " INSTEAD,
			    n->name, bridge);
	else if (n->guard != GUARD_NONE)
		text_reason(reason, "network %s checks what ports of bridge %s send (guard = %s), " INSTEAD,
			    n->name, bridge, guard_name(n->guard));
	else if (network_isolates(n))
		text_reason(reason, "network %s isolates ports of bridge %s from one another (isolated = yes), and the helper's tap would not be; use vifctl run or vifctl create",
			    n->name, bridge);
	else
		text_reason(reason, "network %s limits the rate of ports of bridge %s, and the helper cannot set a rate; use vifctl run or vifctl create",
			    n->name, bridge);
	return true;
}
