/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * door.h - for programs that run once and end: looks that wait for xenstored, but
 * not for long
 *
 * xenstored is asked only when a NIC of Xen's is concerned.  Once it has been
 * silent for STORE_SILENCE_MS it is not asked again.
 */
#ifndef VIFAGENT_DOOR_H
#define VIFAGENT_DOOR_H

#include "agent/engine/reconcile.h"

/*
 * door_direct() - ask without threads
 * @ms:		from now on
 * @last_words:	a line, which must outlive all questions
 *
 * For a program that has a few questions and can do nothing without the answers:
 * starting a thread takes longer.  If an answer is missing when the time is
 * over the process writes @last_words to stderr and ends with 1.
 */
void door_direct(struct agent *a, unsigned int ms, const char *last_words);

/* Is there a xenstored?  Else agent.store_error says why not. */
bool door_store(struct agent *a);

/* A NIC's keys.  Returns 0; or -ENOTCONN, -ETIMEDOUT and the like. */
int door_keys(struct agent *a, struct vif_id id, unsigned int flags,
	      struct nic *ret);

/*
 * door_all_keys() - the keys of many NICs, as many at once as there are threads
 * @ret:	one for each; NULL where nothing was found out; for job_free()
 */
void door_all_keys(struct agent *a, const struct port_id *id, size_t n,
		   struct job **ret);

/* See nic_tell(). */
int door_tell(struct agent *a, struct vif_id id, const struct nic *n,
	      const struct tell *t);

/* Whose link is this?  A NIC's, or a port for itself. */
struct port_id door_owner(struct agent *a, const struct link *l);

/* Every port: in xenstore, and of links. */
int door_each_port(struct agent *a, each_port_fn fn, void *arg);

/*
 * door_look() - one look, with all that it needs
 * @q:		but for .nic, which is found out
 * @keys:	of door_all_keys(), if known; or NULL
 *
 * If it is too early for one part (struct look) it waits toolstack-delay and
 * looks again.  Returns what reconcile() does.
 */
int door_look(struct agent *a, const struct request *q, const struct job *keys,
	      struct look ret[LOOKS]);

#endif
