/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udev-events.h - links and NICs that udev tells of */
#ifndef VIFAGENT_UDEV_EVENTS_H
#define VIFAGENT_UDEV_EVENTS_H

#include "agent/daemon/sources.h"

/* Listen.  @ret stays NULL where there is no udev.  Returns 0 or a negative
 * errno value. */
struct udev_events;
int udev_events_new(const struct sources *sources, struct udev_events **ret);

/* Returns NULL; @u may be NULL. */
struct udev_events *udev_events_free(struct udev_events *u);

#endif
