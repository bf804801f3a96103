/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * turn.h - private to agent/host: programs of ours act on links one at a time
 *
 * What one of them found and planned is true until it has acted: without this
 * the daemon might set a port up, as it was wished for a moment ago, that vifctl
 * is just moving to another VLAN.
 */
#ifndef VIFAGENT_TURN_H
#define VIFAGENT_TURN_H

/* A file of root's in /run; a stopped program of root's holds the others up for
 * TURN_WAIT_MS each time, and no longer. */
#define TURN_DIRECTORY "/run/vifagent"
#define TURN_FILE TURN_DIRECTORY "/lock"
#define TURN_WAIT_MS 100

/*
 * turn_take() - wait until it is ours
 * @fd:		the file, -1 until it is open; kept by the caller
 *
 * Without the file, or when the time is over, it is taken all the same.
 */
void turn_take(int *fd);

void turn_end(int fd);

#endif
