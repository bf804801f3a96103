/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink.h - private to agent/host: reading links out of messages */
#ifndef VIFAGENT_NETLINK_H
#define VIFAGENT_NETLINK_H

#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "agent/core/link.h"

/* A route socket, not connected to any group, close-on-exec.
 * Returns NULL with *@ret_err a negative errno value. */
struct nl_sock *netlink_open(int *ret_err);

/*
 * netlink_link() - the link that a message is about
 *
 * Returns 0; -EAGAIN if the message is about something else (a bridge port's
 * options, say); -EBADMSG if it makes no sense.
 */
int netlink_link(struct nl_msg *msg, struct link *ret);

/* libnl's error as a negative errno value. */
int netlink_errno(int nlerr);

#endif
