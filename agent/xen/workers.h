/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * workers.h - the threads that talk to xenstored
 *
 * libxenstore waits for each answer, and xenstored may hang.  So a few threads,
 * each with a connection of its own, take jobs from one queue; the caller polls a
 * descriptor with any timeout.  A job in progress belongs to its thread, even if
 * the caller no longer waits for it.  A thread that hangs is never replaced: it
 * continues when xenstored does, or fails when xenstored ends.
 *
 * A program without threads calls job_do().
 */
#ifndef VIFAGENT_WORKERS_H
#define VIFAGENT_WORKERS_H

#include <sys/queue.h>

#include "agent/xen/nic.h"
#include "agent/xen/watch.h"

struct workers;

/* Most of the time that a request takes is the way to xenstored and back. */
#define WORKERS 4

/* After this time without any answer xenstored counts as silent; a test has less. */
#ifndef STORE_SILENCE_MS
#define STORE_SILENCE_MS 5000
#endif

enum job_kind {
	JOB_OPEN,	/* connect: -> self, filled, and a watch if wanted */
	JOB_KEYS,	/* id -> nic */
	JOB_CONNECTED,	/* id -> result 1: its status is "connected"; or 0 */
	JOB_LIST,	/* -> ids: every NIC that has a backend directory */
	JOB_DEAD,	/* ids -> ids: those whose domain is gone */
	JOB_TELL,	/* id, nic as it was read, tell */
};

/* From malloc(), or the first member of something that is. */
struct job {
	STAILQ_ENTRY(job) next;
	enum job_kind kind;
	uint32_t self;		/* our own domain: what JOB_OPEN said */
	bool wants_watch;	/* JOB_OPEN */
	unsigned int questions;	/* JOB_KEYS: of enum nic_questions */

	/* for the caller */
	void (*done)(struct job *job);
	void *arg;

	/* the request and the result */
	int result;		/* a negative errno value, or as above */
	struct vif_id id;
	struct nic nic;
	struct tell tell;
	struct vif_id *ids;	/* from malloc() */
	size_t n;
	struct watch *watch;
	bool filled;		/* our domain is in the store */

	unsigned int opened;	/* the workers' own */
};

/* Frees what is in it, too; @job may be NULL. */
void job_free(struct job *job);

/* A connection, opened when a job needs it. */
struct session {
	struct store *store;
	bool filled;		/* our domain is in it */
	unsigned int opened;	/* by which JOB_OPEN: the workers' own */
};

/* Do a job, and wait for xenstored without a limit. */
void job_do(struct session *s, struct job *job);
void session_close(struct session *s);

/* Is this result xenstored's answer?  If not, the connection may be broken; it is
 * opened again for the next job, which may be the same one. */
bool job_is_answered(int result);

/* ---- threads ---------------------------------------------------------- */

/* @threads at most; they are started when jobs need them.  Returns 0 or a
 * negative errno value. */
int workers_new(unsigned int threads, struct workers **ret);

/* Returns NULL; @w may be NULL.  Threads that hang continue until exit(). */
struct workers *workers_free(struct workers *w);

/* Returns 0, or the error of starting the first thread; then the job is still the
 * caller's. */
int workers_give(struct workers *w, struct job *job);

/* Jobs given and not yet taken back. */
unsigned int workers_load(const struct workers *w);

/* Poll it for reading: a job is done. */
int workers_fd(const struct workers *w);

/* The next job that is done, or NULL; call it until it returns NULL. */
struct job *workers_take(struct workers *w);

#endif
