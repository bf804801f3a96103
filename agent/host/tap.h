/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap.h - making taps
 *
 * A tap lives as long as somebody has it open, or for good once it is
 * persistent.  Every function returns 0 or a negative errno value; all file
 * descriptors are close-on-exec.
 */
#ifndef VIFAGENT_TAP_H
#define VIFAGENT_TAP_H

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
 * It is down, on no bridge, and has a name of no meaning: who gives it another
 * does that together with all else, so that udev finds a link of ours.
 * -ENOENT: there is no /dev/net/tun; -EPERM: no CAP_NET_ADMIN.  On failure
 * nothing is left of it.
 */
int tap_create(const struct tap_options *options, struct tap *ret);

/* Close the queues; what is not persistent is gone then. */
void tap_close(struct tap *t);

/*
 * tap_persist() - let the tap outlive who has it open
 * @owner, @group:	who else may open it, by its name; -1: none.  One of
 *		them must be given: else anybody may (tun_not_capable()).
 */
int tap_persist(const struct tap *t, uid_t owner, gid_t group);

/* Take that back: it goes with who has it open. */
void tap_unpersist(const struct tap *t);

/*
 * tap_own_name() - what one is called that nobody named: vtapN, macvtapN
 *
 * N is its ifindex, which the kernel does not use again for long.
 */
void tap_own_name(const struct tap *t, char ret[VIF_NAMESIZE]);

/* /dev/vhost-net, for one queue; returns the fd. -ENOENT: there is none. */
int tap_open_vhost(void);

#endif
