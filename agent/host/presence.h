/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * presence.h - does vifagentd run in this network namespace?
 *
 * The daemon listens on an abstract UNIX socket, and closes each connection at once.  Names of
 * such sockets belong to a network namespace, as links do, and go with their
 * process (unix(7)).
 */
#ifndef VIFAGENT_PRESENCE_H
#define VIFAGENT_PRESENCE_H

#include <stdbool.h>

/*
 * presence_show() - say that a daemon runs, as long as this process lives
 *
 * Returns the socket, or a negative errno value: -EADDRINUSE: another program
 * does already.
 */
int presence_show(void);

/* Does root, or our own user, run a daemon?  Any user may ask. */
bool presence_is_shown(void);

/* The pid of that daemon; 0: none, or not known. */
int presence_pid(void);

#endif
