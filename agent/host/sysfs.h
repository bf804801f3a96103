/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysfs.h - facts that are only in /sys; most are behind host_ops */
#ifndef VIFAGENT_SYSFS_H
#define VIFAGENT_SYSFS_H

#include <sys/types.h>

#include "agent/host/host.h"

/* Read a small file of /sys or /proc, without the newline at its end. */
int sysfs_read(const char *path, char *buf, size_t size);

/* A number that is an attribute of a link ("mtu", "statistics/rx_bytes").  Returns 0,
 * -EINVAL (it is no number up to @max), or what open(2) and read(2) say. */
int sysfs_number(const char *link, const char *attr, unsigned long max,
		 unsigned long *ret);

int sysfs_bridge_facts(const struct link *bridge, struct bridge_facts *ret);
bool sysfs_has_netback(struct host *h);
int sysfs_netback_nic(struct host *h, const char *name, struct vif_id *ret_id);
int sysfs_netback_name(struct host *h, struct vif_id id,
		       char ret_name[VIF_NAMESIZE]);
bool sysfs_is_hardware(struct host *h, const char *name);
void sysfs_announce(struct host *h, const char *name);

/* Do frames of bridges go through iptables?  (br_netfilter) */
bool sysfs_bridges_are_filtered(void);

/* The number of a macvtap's character device. -ENXIO: /sys has no such link. */
int sysfs_macvtap_device(const char *name, int ifindex, dev_t *ret);

#endif
