/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - the ports that the daemon knows of, and which deserve a look
 *
 * Nothing here is true of the world: it says where to look, and when, and
 * what has been said already.
 */
#ifndef VIFAGENT_TABLE_H
#define VIFAGENT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <time.h>

#include "agent/engine/look.h"

struct event;
struct keeper;

/* The bridge or device that a link is to be on. */
struct place {
	int ifindex;			/* 0: it is not there */
	uint32_t mtu;
	char name[VIF_NAMESIZE];
};

struct port {
	struct port_id id;
	TAILQ_ENTRY(port) all;
	TAILQ_ENTRY(port) queue;	/* if dirty, and not busy */
	bool dirty;			/* deserves a look */
	bool status_only;		/* only its hotplug-status may be another */
	struct job *busy;		/* xenstored is asked for it, or told */
	bool keep;			/* known since before xenstored died */
	bool domain_lives;		/* or else it is asked for */
	uint32_t told_mtu;		/* to the guest */

	/* where the last look found things: hints, each verified again */
	int ifindex[LOOKS];
	uint32_t link_hash[LOOKS];	/* of links in order, else 0 */
	struct place place[LOOKS];
	int holder[LOOKS];		/* of the wished name: ifindex */
	bool connected;			/* netback had been told to go on */

	/* what has been said, and of whom */
	char name[VIF_NAMESIZE];
	enum verdict verdict[LOOKS];
	uint32_t said[LOOKS];		/* hash of the reason */

	/* looking again (keeper.c) */
	struct keeper *keeper;
	struct event *timer;
	struct event *exit;		/* of the process it was made for; its
					 * fd is a pidfd of ours */
	unsigned int tries;
	bool untold;			/* see struct look */
	bool early;			/* since then: toolstack-delay runs */
	struct timespec early_since;
	uint32_t wish_hash;
	bool held;
	unsigned int holds;
	unsigned int corrections;
	struct timespec first_correction;
};

TAILQ_HEAD(port_list, port);

struct table {
	void *tree;			/* tsearch(3), by id */
	struct port_list all;
	struct port_list dirty[2];	/* links, and NICs: these need xenstored */
	unsigned int count;
	unsigned int holders;		/* that ports wait for */
	void (*wake)(void *arg);	/* called when a port becomes dirty */
	void *arg;
};

void table_init(struct table *t, void (*wake)(void *arg), void *arg);
void table_clear(struct table *t);

/* Find a port; NULL: unknown. */
struct port *table_find(const struct table *t, const struct port_id *id);

/* Find or add a port.  Returns NULL for no memory. */
struct port *table_add(struct table *t, const struct port_id *id);

void table_remove(struct table *t, struct port *p);

/* Which link (0: none) has the name that this part's link is to have. */
void table_set_holder(struct table *t, struct port *p, int part, int ifindex);

/* No longer wait for the end of a process. */
void table_forget_exit(struct port *p);

/* This port deserves a look. */
void table_mark(struct table *t, struct port *p);

/* It does if its hotplug-status is no longer what we made it. */
void table_mark_status(struct table *t, struct port *p);

/* Nothing is done with the port until its job is; NULL: it is. */
void table_set_busy(struct table *t, struct port *p, struct job *job);

/* Take the next port that deserves a look; NULL: none. */
struct port *table_next(struct table *t, bool is_nic);

/* None does, but for those that are busy. */
bool table_is_clean(const struct table *t);

#endif
