/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * presence.h - does vifagentd run in this network namespace?
 *
 * The daemon listens on an abstract UNIX socket; to each caller it says one line, which
 * vifctl metrics reads, and closes the connection.  Names of such sockets belong to a network
 * namespace, as links do, and go with their process (unix(7)).
 */
#ifndef VIFAGENT_PRESENCE_H
#define VIFAGENT_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * presence_show() - say that a daemon runs, as long as this process lives
 *
 * Returns the socket, or a negative errno value: -EADDRINUSE: another program
 * does already.
 */
int presence_show(void);

/* Does root, or our own user, run a daemon?  Any user may ask. */
bool presence_is_shown(void);

/* Answer the caller that waits at @fd, without waiting for him. */
void presence_answer(int fd, unsigned long corrections);

/*
 * presence_corrections() - how often the daemon has corrected a port that another program changed
 *
 * Waits for its answer for a second at most.  Returns 0; -ENOENT: there is no daemon;
 * -ETIMEDOUT, or -EPROTO: it does not answer, or says something else.
 */
int presence_corrections(unsigned long *ret);

/* The pid of that daemon; 0: none, or not known. */
int presence_pid(void);

#endif
