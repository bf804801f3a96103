/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sources.h - what all sources of events share
 *
 * An event only marks ports in the table as due; whether something must be
 * done, a check finds out.
 */
#ifndef VIFAGENT_SOURCES_H
#define VIFAGENT_SOURCES_H

#include <event2/event.h>

#include "agent/daemon/table.h"
#include "agent/engine/agent.h"

/* Each source keeps a pointer to it. */
struct sources {
	struct event_base *base;
	struct agent *agent;
	struct table *table;
	bool passive;		/* change nothing (vifctl monitor) */
	/* Events were lost: mark all ports. */
	void (*rescan)(void *arg);
	/* The same in a moment; says why. */
	void (*rescan_later)(int error, void *arg);
	void *arg;
};

/* Call @fn whenever @fd is readable.  Returns NULL for no memory. */
struct event *sources_reader(const struct sources *s, int fd,
			    event_callback_fn fn, void *arg);

/* Stop that.  Returns NULL; @ev may be NULL. */
struct event *sources_stop(struct event *ev);

/* Mark a port, known or not. */
void sources_mark_nic(const struct sources *s, struct vif_id nic);
void sources_mark_link(const struct sources *s, int ifindex);

/* The same, found by its links, which were @hint; may be NULL.  Returns 0 or
 * -ENOMEM. */
int sources_mark_found(const struct sources *s, const struct port_id *id,
		      const int hint[LOOKS]);

#endif
