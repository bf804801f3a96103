/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macvtap-node.h - the character device by which a macvtap is opened
 *
 * /dev/tapN, N the ifindex.  devtmpfs makes it together with the link, but does
 * not know network namespaces: of two links with the same ifindex the first one
 * has the name (devtmpfs.c: handle_create; the error is ignored).  So only the
 * device number counts, which sysfs has.
 */
#ifndef VIFAGENT_MACVTAP_NODE_H
#define VIFAGENT_MACVTAP_NODE_H

#include "agent/host/tap.h"

/*
 * macvtap_open() - open a macvtap's queues
 * @t:		.name and .ifindex are filled in; .fd and .queues on success
 *
 * By /dev/tapN if that is its node, else by a node that only this process sees.
 * Do not call it as a test: each open() is a queue and receives frames.
 * -ENXIO: sysfs does not know its device number (/sys is another namespace's).
 */
int macvtap_open(struct tap *t, const struct tap_options *options);

/*
 * macvtap_node_check() - is /dev/tapN this macvtap's?
 *
 * Returns 0; -ENOENT: there is none; -EEXIST: it is another's; -ENXIO as above.
 */
int macvtap_node_check(const struct tap *t);

/*
 * macvtap_node_give() - let others open it by name
 * @owner, @group:	-1: none
 *
 * Returns 0, or as macvtap_node_check(), or what changing the node gave.
 */
int macvtap_node_give(const struct tap *t, uid_t owner, gid_t group);

#endif
