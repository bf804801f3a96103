/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turn.h - private to agent/host: programs of ours act on links one at a time
 *
 * Nothing that a program has planned for changes until it has acted.  Without this
 * the daemon might set a port up, by an old wish, while vifctl is moving it to
 * another VLAN.
 */
#ifndef VIFAGENT_TURN_H
#define VIFAGENT_TURN_H

/* The lock file, which belongs to root.  If root's program is stopped while it holds
 * the lock, each other program waits TURN_WAIT_MS at most. */
#define TURN_DIRECTORY "/run/vifagent"
#define TURN_FILE TURN_DIRECTORY "/lock"
#define TURN_WAIT_MS 100

/*
 * turn_take() - wait for the lock
 * @fd:		the file, -1 until it is open; kept by the caller
 *
 * Without the file, or after TURN_WAIT_MS, the program continues without the lock.
 */
void turn_take(int *fd);

void turn_end(int fd);

#endif
