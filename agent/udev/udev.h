/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udev.h - wishes set by udev rules, and udev's events
 *
 * A rule sets a wish with properties of the link's device:
 *
 *	SUBSYSTEM=="net", KERNEL=="tap*", ENV{VIF_NETWORK}="br0"
 *
 * Events only say that a link should be checked; its wish is always read from
 * udev's database, which only udevd can write.
 */
#ifndef VIFAGENT_UDEV_H
#define VIFAGENT_UDEV_H

#include "agent/core/wish.h"
#include "naming/naming.h"

struct udev_room;

/* Returns 0 or -ENOMEM. */
int udev_room_open(struct udev_room **ret);

/* Returns NULL; @u may be NULL. */
struct udev_room *udev_room_close(struct udev_room *u);

/*
 * udev_wish() - the wish that rules set for a link
 * @name:	the link's current name; an entry of another link with this
 *		ifindex (for example of another namespace) is ignored
 * @ret:	an empty wish if there is none
 *
 * Returns 0; or -ENOMEM, -EMFILE or -ENFILE: not known.
 */
int udev_wish(struct udev_room *u, int ifindex, const char *name,
	      struct wish *ret);

/*
 * udev_wish_set() - take one property into a wish
 *
 * VIF_NETWORK, VIF_NAME, VIF_MTU, VIF_VLAN, VIF_MAC, VIF_IP; others are ignored.
 */
void udev_wish_set(struct wish *w, const char *property, const char *value);

/* ---- events ----------------------------------------------------------- */

enum udev_what {
	UDEV_LINK,		/* a link was added, renamed or changed */
	UDEV_NIC,		/* netback's device of a NIC came or went */
};

struct udev_event {
	enum udev_what what;
	int ifindex;		/* UDEV_LINK */
	struct vif_id nic;	/* UDEV_NIC */
};

/* Receive events of net devices (from udevd, after its rules have run) and of
 * xen-backend devices. */
int udev_watch(struct udev_room *u);

/* Poll it for reading. */
int udev_watch_fd(const struct udev_room *u);

/* Returns 0; -EAGAIN: no more of them now; -ENOBUFS: some were lost. */
int udev_next_event(struct udev_room *u, struct udev_event *ret);

#endif
