/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notify.h - a word to systemd, or to whoever set NOTIFY_SOCKET (sd_notify(3)) */
#ifndef VIFAGENT_NOTIFY_H
#define VIFAGENT_NOTIFY_H

#include <stdbool.h>

/* Say e.g. "READY=1".  Returns whether it was heard, or nobody listens. */
bool notify(const char *state);

/* How often "WATCHDOG=1" must be said: µs; 0: never (sd_watchdog_enabled(3)). */
unsigned long notify_watchdog(void);

#endif
