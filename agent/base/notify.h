/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notify.h - send the state to systemd by NOTIFY_SOCKET (sd_notify(3)) */
#ifndef VIFAGENT_NOTIFY_H
#define VIFAGENT_NOTIFY_H

#include <stdbool.h>

/* Send e.g. "READY=1".  Returns false if systemd must be told again later, true if
 * the message was sent or NOTIFY_SOCKET is not set. */
bool notify(const char *state);

/* Returns the µs in which "WATCHDOG=1" must be sent; 0: never
 * (sd_watchdog_enabled(3)). */
unsigned long notify_watchdog(void);

#endif
