/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sources.h - where events come from, and which ports they are about
 *
 * Netlink, udev and xenstore: every event only marks ports in the table as
 * worth a look.  Also keeps the connection to xenstored: when it dies, or was
 * never there, it is looked for until it is.
 */
#ifndef VIFAGENT_SOURCES_H
#define VIFAGENT_SOURCES_H

#include "agent/daemon/table.h"
#include "agent/engine/agent.h"

struct event_base;
struct sources;

/*
 * sources_new() - start listening
 *
 * Also marks every port that there is now.  @a and @t must outlive it.
 * Returns 0 or a negative errno value with the sentence in @error.
 */
int sources_new(struct event_base *base, struct agent *a, struct table *t,
		struct sources **ret, char error[REASON_SIZE]);

/* Returns NULL; @s may be NULL. */
struct sources *sources_free(struct sources *s);

/* Mark every port that there is, known or not. */
void sources_scan(struct sources *s);

/* A request to xenstored said that it is gone. */
void sources_store_lost(struct sources *s);

/* Give the workers a job; its done() is called from the event loop. */
int sources_give(struct sources *s, struct job *job);

/* Is there a xenstored?  False if that is just being found out. */
bool sources_know_store(const struct sources *s);

/* Are answers awaited, and not in vain? */
bool sources_busy(const struct sources *s);

/* xenstored does not answer: nobody knows until when. */
bool sources_mute(const struct sources *s);

/* Is what xenstored said perhaps said by one whose store is new?  Then that a NIC
 * is missing there says nothing. */
bool sources_is_stale(const struct sources *s);

/* This port deserves a look; its links were there, if @hint is given. */
void sources_mark(struct sources *s, const struct port_id *id,
		  const int hint[LOOKS]);

#endif
