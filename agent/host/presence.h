/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * presence.h - does vifagentd run in this network namespace?
 *
 * The daemon listens on an abstract UNIX socket.  It sends two lines (struct presence) to each
 * caller and closes the connection; vifctl status, doctor, reload and metrics read them.
 * Names of such sockets belong to a network namespace, as links do, and go with their
 * process (unix(7)).
 */
#ifndef VIFAGENT_PRESENCE_H
#define VIFAGENT_PRESENCE_H

#include <limits.h>
#include <stdbool.h>

/* What a daemon says of itself. */
struct presence {
	unsigned long corrections;	/* of ports that other programs had changed */
	char config[PATH_MAX];		/* its configuration file, from its root */
};

/*
 * presence_show() - say that a daemon runs, as long as this process lives
 *
 * Returns the socket, or a negative errno value: -EADDRINUSE: another program
 * does already.
 */
int presence_show(void);

/* Does root, or our own user, run a daemon?  Any user may ask. */
bool presence_is_shown(void);

/* Answer the caller that waits at @fd, without blocking.  Returns 0, or a negative
 * errno value: the caller still waits (-EMFILE: no descriptor is left for it). */
int presence_answer(int fd, const struct presence *p);

/*
 * presence_ask() - what the daemon says of itself
 * @ret_pid:	its pid, also if it does not answer; 0: not known
 *
 * Waits at most one second.  Returns 0; -ENOENT if no daemon runs; -ETIMEDOUT or -EPROTO if it
 * does not answer, or says something else.
 */
int presence_ask(struct presence *ret, int *ret_pid);

#endif
