/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap.h - making taps
 *
 * A tap exists as long as a process has it open, or permanently once it is
 * persistent.  Every function returns 0 or a negative errno value; all file
 * descriptors are close-on-exec.
 */
#ifndef VIFAGENT_TAP_H
#define VIFAGENT_TAP_H

#include <linux/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "naming/naming.h"

/* MAX_TAP_QUEUES is 256 (drivers/net/tun.c); QEMU's virtio-net takes no more
 * than this one writes vectors for. */
#define TAP_QUEUES_MAX 64

struct tap {
	char name[VIF_NAMESIZE];
	int ifindex;
	bool is_macvtap;
	unsigned int queues;
	int fd[TAP_QUEUES_MAX];		/* one for each queue */
};

struct tap_options {
	unsigned int queues;	/* more than one: IFF_MULTI_QUEUE */
	bool vnet_hdr;		/* frames have a struct virtio_net_hdr */
};

/*
 * tap_create() - make a tap, and open all its queues
 *
 * It is down, on no bridge, and has a temporary name, which is changed together
 * with everything else, so that udev sees a link with our record.
 * -ENOENT: there is no /dev/net/tun; -EPERM: no CAP_NET_ADMIN.  After a
 * failure the tap does not exist.
 */
int tap_create(const struct tap_options *options, struct tap *ret);

/* Close the queues; a tap that is not persistent disappears. */
void tap_close(struct tap *t);

/*
 * tap_persist() - keep the tap when no process has it open
 * @owner, @group:	who may also open it, by its name; -1: none.  One of
 *		them is required: otherwise every user may (tun_not_capable()).
 */
int tap_persist(const struct tap *t, uid_t owner, gid_t group);

/* The opposite: it disappears when no process has it open. */
void tap_unpersist(const struct tap *t);

/*
 * tap_own_name() - the name if none was requested: vtapN, macvtapN
 *
 * N is its ifindex, which the kernel does not reuse for a long time.
 */
void tap_own_name(const struct tap *t, char ret[VIF_NAMESIZE]);

/* The flags of IFF_TAP for these options. */
short tap_flags(const struct tap_options *options);

/* Open one more queue of the tap in @ifr; returns its fd. */
int tap_open_queue(const char *path, struct ifreq *ifr);

/* /dev/vhost-net, for one queue; returns the fd. -ENOENT: there is none. */
int tap_open_vhost(void);

#endif
