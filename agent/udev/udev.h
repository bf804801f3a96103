/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udev.h - wishes stated by udev rules, and udev's events
 *
 * A rule states a wish by properties of the link's device:
 *
 *	SUBSYSTEM=="net", KERNEL=="tap*", ENV{VIF_NETWORK}="br0"
 *
 * Events only say that something deserves a look; what is wished is always
 * read from udev's database, which only udevd can write.
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
 * udev_wish() - what rules wish for a link
 * @name:	the link's present name; what the database has of another link
 *		with this ifindex (another namespace's, say) does not count
 * @ret:	an empty wish if there is none
 *
 * Returns 0; or -ENOMEM or -EMFILE: nobody can say.
 */
int udev_wish(struct udev_room *u, int ifindex, const char *name,
	      struct wish *ret);

/*
 * udev_wish_set() - take one property into a wish
 *
 * VIF_NETWORK, VIF_NAME, VIF_MTU; others are passed over.
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

/* Hear of net devices (from udevd, whose rules have run then) and of
 * xen-backend devices. */
int udev_watch(struct udev_room *u);

/* To be polled for reading. */
int udev_watch_fd(const struct udev_room *u);

/* Returns 0; -EAGAIN: no more of them now; -ENOBUFS: some were lost. */
int udev_next_event(struct udev_room *u, struct udev_event *ret);

#endif
