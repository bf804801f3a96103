/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - the ports that the daemon knows, and which of them are due
 *
 * What is here may be outdated: it says what to check and when, and what has
 * been logged already; the truth is in the kernel and xenstore.
 */
#ifndef VIFAGENT_TABLE_H
#define VIFAGENT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "agent/daemon/port-state.h"
#include "agent/daemon/timer.h"
#include "agent/engine/look.h"

struct event;
struct event_base;
struct table;

/* What has to be checked, the least first. */
enum due {
	DUE_NOTHING,
	DUE_STATUS,		/* whether its hotplug-status is still ours */
	DUE_ALL,
};

/* The bridge or device that a link belongs on. */
struct place {
	int ifindex;			/* 0: it does not exist */
	uint32_t mtu;
	enum vlan_filtering filtering;
	bool must_not_learn;		/* from frames that no guard sees */
	char name[VIF_NAMESIZE];
};

struct port {
	struct port_id id;
	struct table *table;
	TAILQ_ENTRY(port) all;
	TAILQ_ENTRY(port) queue;	/* if due, and no job is out for it */
	enum due due;
	struct job *job;		/* xenstore is read or written for it */

	/* What the next check must know; any state may have these. */
	bool keep;			/* known since before xenstored died */
	bool status_is_stale;		/* see struct look */
	bool domain_lives;		/* else the next check asks for it */
	bool connected;			/* netback had been told to go on */
	uint32_t told_mtu;		/* to the guest */

	/* where the last check found things: hints, each verified again */
	int ifindex[LOOKS];
	uint16_t options[LOOKS];	/* of bridge ports */
	bool carrier[LOOKS];
	bool carrier_matters;		/* it decides which of its links is the
					 * active one */
	uint32_t link_hash[LOOKS];	/* of links in order, else 0 */
	struct place place[LOOKS];
	int holder[LOOKS];		/* of the wished name: ifindex */

	/* what was logged last (news.c) */
	char name[VIF_NAMESIZE];
	enum verdict verdict[LOOKS];
	uint32_t said[LOOKS];		/* hash of the reason */

	/* checking again (retry.c) */
	enum port_state state;
	struct timer *timer;
	unsigned int tries;
	int64_t early_since;		/* toolstack-delay; 0: not early */

	/* of the process that it was made for (processes.c); its fd is a
	 * pidfd of ours */
	struct event *exit;

	/* corrections (contention.c) */
	uint32_t wish_hash;
	unsigned int active_links;	/* bits: which of its links are */
	unsigned int holds;
	unsigned int corrections;
	unsigned int mac_corrections;	/* of them */
	unsigned int mac_links;		/* bits: which of its links had that */
	uint32_t blocked_wish;		/* hash of the wish that it was blocked
					 * with; 0: not blocked */
	bool unblock;			/* at the next check: its wish is new */
	int64_t first_correction;
};

TAILQ_HEAD(port_list, port);

struct table {
	struct event_base *base;
	void *tree;			/* tsearch(3), by id */
	struct port_list all;
	struct port_list due[2];	/* links, and NICs: these need xenstored */
	unsigned int count;
	unsigned int holders;		/* that ports wait for */
	unsigned long corrections;	/* of all ports, since the beginning */
	unsigned int seed;		/* of pauses */
	void (*wake)(void *arg);	/* called when a port becomes due */
	void *arg;
};

void table_init(struct table *t, struct event_base *base,
		void (*wake)(void *arg), void *arg);
void table_clear(struct table *t);

/* Find a port; NULL: unknown. */
struct port *table_find(const struct table *t, const struct port_id *id);

/* Is it a link of that port? */
bool port_has_link(const struct port *p, int ifindex);

/* Find or add a port.  Returns NULL for no memory. */
struct port *table_add(struct table *t, const struct port_id *id);

void table_remove(struct table *t, struct port *p);

/* Which link (0: none) has the name that this part's link should have. */
void table_set_holder(struct port *p, int part, int ifindex);

/* Stop waiting for the end of a process. */
void table_forget_exit(struct port *p);

/* The port is due. */
void table_mark(struct port *p);

/* It is due if its hotplug-status is no longer the one that we wrote. */
void table_mark_status(struct port *p);

/* Until its job is done the port does not come from table_next(); NULL: it is
 * done. */
void table_set_job(struct port *p, struct job *job);

/* Take the next port that is due, and what for; NULL: none. */
struct port *table_next(struct table *t, bool is_nic, enum due *ret_due);

/* No port is due, but for those with a job. */
bool table_is_clean(const struct table *t);

#endif
