/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udev-events.h - events of links and NICs from udev */
#ifndef VIFAGENT_UDEV_EVENTS_H
#define VIFAGENT_UDEV_EVENTS_H

#include "agent/daemon/sources.h"

/* Start listening.  Without udev @ret stays NULL.  Returns 0 or a negative
 * errno value. */
struct udev_events;
int udev_events_new(const struct sources *sources, struct udev_events **ret);

/* Returns NULL; @u may be NULL. */
struct udev_events *udev_events_free(struct udev_events *u);

#endif
