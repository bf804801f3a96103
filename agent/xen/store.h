/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store.h - one connection to xenstored
 *
 * All functions return negative errno values; -ENOTCONN means that xenstored
 * is gone: then only store_close() is of use.
 */
#ifndef VIFAGENT_STORE_H
#define VIFAGENT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* XENSTORE_ABS_PATH_MAX is 3072; ours are short. */
#define STORE_PATHSIZE 128

/* XENSTORE_PAYLOAD_MAX, xen/include/public/io/xs_wire.h */
#define STORE_VALUESIZE 4096

struct store;

/*
 * store_open() - connect
 *
 * To the socket of xenstored ($XENSTORED_PATH and $XENSTORED_RUNDIR, as
 * libxenstore has it); outside dom0 also through the kernel's device.
 * Returns 0, or -ENOENT: there is no socket; -ECONNREFUSED: nobody listens at
 * it; -EACCES: we may not; or what else connect() says.
 */
int store_open(struct store **ret);

/* Returns NULL; @s may be NULL. */
struct store *store_close(struct store *s);

/*
 * store_self() - our own domain
 * @ret_known:	false if the store does not say: xenstored is new and nobody
 *		has filled it (xen-init-dom0); then @ret_domid is 0
 */
int store_self(struct store *s, uint32_t *ret_domid, bool *ret_known);

/* A question, and its answer. */
struct store_question {
	const char *path;	/* for the value of this node; or NULL: … */
	uint32_t domid;		/* … does this domain exist? "T…" or "F…" */
	int len;		/* the answer's; or -ENOENT and the like */
	char value[STORE_VALUESIZE + 1];	/* with a NUL behind it */
};

/* So many at once. */
#define STORE_QUESTIONS 12

/*
 * store_ask() - several questions, answered in their order
 *
 * All of them take one round trip.  Only dom0 may ask for domains.
 * Returns 0, or -ENOTCONN.
 */
int store_ask(struct store *s, struct store_question *q, size_t n);

/* Calls of store_ask_ahead() that may be open at once. */
#define STORE_AHEAD 16

/*
 * store_ask_ahead() - send questions that store_ask() will ask in a moment
 *
 * Then the answers are under way already, and xenstored works on those of
 * others while one is dealt with.  store_ask() takes them if it asks the same, and
 * in the same order; what it has not taken is to be forgotten before anything
 * is heard of that has changed since.  Where this cannot be done it is not.
 */
void store_ask_ahead(struct store *s, const struct store_question *q, size_t n);
void store_forget_ahead(struct store *s);

/* What to write; @value NULL removes the node. */
struct store_change {
	const char *path;
	const char *value;
};

/* So many at once. */
#define STORE_CHANGES 4

/*
 * store_write_if() - write only where there still is something to write to
 * @guard:	a node that must exist
 * @expected:	the value that it must have, or NULL: any
 *
 * One transaction: a directory that somebody removes meanwhile does not come
 * back by our writing into it.  Returns 0, or -ENOENT: the guard is gone, or another.
 */
int store_write_if(struct store *s, const char *guard, const char *expected,
		   const struct store_change *change, size_t n);

/*
 * store_rm_empty() - remove a directory if there is nothing in it
 *
 * Returns 0, also if something is, or if it is not there; or -EACCES.
 */
int store_rm_empty(struct store *s, const char *path);

/* Call @fn for each name in a directory; an absent one has none. */
int store_each(struct store *s, const char *path,
	       int (*fn)(const char *name, void *arg), void *arg);

/* Does the domain exist?  Returns 0 or 1.  Only dom0 may ask. */
int store_introduced(struct store *s, uint32_t domid);

/* ---- events ----------------------------------------------------------- */

/* Watch a tree; it fires once at once, also if nothing is there. */
int store_watch(struct store *s, const char *path);

/* To be polled for reading once there is a watch; also readable when xenstored
 * is gone.  After store_watch() there may be events already. */
int store_watch_fd(struct store *s);

/*
 * store_next_event() - the path of the next event
 *
 * Returns 0; -EAGAIN: no more of them now.
 */
int store_next_event(struct store *s, char *path, size_t size);

/* Where xenstored's socket is, or will be. */
const char *store_socket_path(void);

#endif
