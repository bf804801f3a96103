/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message.h - private to agent/host: rtnetlink messages that change links
 *
 * Each function returns a message for rtnl_talk(), or NULL for no memory.
 */
#ifndef VIFAGENT_MESSAGE_H
#define VIFAGENT_MESSAGE_H

#include <netlink/msg.h>

#include "agent/core/link.h"

/* @ifindex 0: the link of the name in @c. */
struct nl_msg *message_change(int ifindex, const struct link_change *c);

/* Create a macvtap. */
struct nl_msg *message_macvtap(const struct macvtap_new *m, const char *name);

struct nl_msg *message_delete(int ifindex);

/* Delete all links of a group. */
struct nl_msg *message_delete_group(uint32_t group);

#endif
