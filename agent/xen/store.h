/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store.h - one connection to xenstored, through libxenstore
 *
 * Each function waits for xenstored without a limit.  All return negative errno
 * values; after -ENOTCONN (the connection is lost) only store_close() is useful.
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
struct xs_handle;

/*
 * store_prepare() - in dom0 do not let libxenstore use the kernel's device
 *
 * libxenstore tries the device if there is no socket, and a request through the
 * device blocks until xenstored runs.  Call it once, before any thread starts.
 * Returns whether this is dom0.
 */
bool store_prepare(void);

/*
 * store_open() - connect
 *
 * To the socket of xenstored ($XENSTORED_PATH and $XENSTORED_RUNDIR, as
 * libxenstore has it); outside dom0 also through the kernel's device.
 * Returns 0, or -ENOENT: the socket does not exist; -ECONNREFUSED: xenstored does
 * not listen; -EACCES: not permitted; or another error of connect().
 */
int store_open(struct store **ret);

/* The same for watches; close it with xs_close(). */
int store_handle(struct xs_handle **ret);

/* -errno; or -EIO, since libxenstore sometimes fails without an errno. */
int store_errno(void);

/* Returns NULL; @s may be NULL. */
struct store *store_close(struct store *s);

/*
 * store_self() - our own domain
 * @ret_known:	false if it is not in the store: xenstored is new and not yet
 *		filled (by xen-init-dom0); then @ret_domid is 0
 */
int store_self(struct store *s, uint32_t *ret_domid, bool *ret_known);

/*
 * store_read() - the value of a node
 * @buf:	@size bytes; a NUL is added
 *
 * Returns its length; -ENOENT; -E2BIG if it does not fit.
 */
int store_read(struct store *s, const char *path, char *buf, size_t size);

/* Does the domain exist?  Returns 0 or 1.  Only dom0 may ask. */
int store_introduced(struct store *s, uint32_t domid);

/* Call @fn for each name in a directory; an absent one has none. */
int store_each(struct store *s, const char *path,
	       int (*fn)(const char *name, void *arg), void *arg);

/* What to write; @value NULL removes the node. */
struct store_change {
	const char *path;
	const char *value;
};

/*
 * store_write_if() - write only if a node still exists
 * @guard:	a node that must exist
 * @expected:	the value that it must have, or NULL: any
 *
 * One transaction: a directory that is removed meanwhile is not created again by
 * our write.  Returns 0, or -ENOENT: the guard is missing or has another value.
 */
int store_write_if(struct store *s, const char *guard, const char *expected,
		   const struct store_change *change, size_t n);

/*
 * store_rm_empty() - remove a directory if it is empty
 *
 * Returns 0, also if it is not empty or does not exist; or -EACCES.
 */
int store_rm_empty(struct store *s, const char *path);

/* Where xenstored's socket is, or will be; each thread has its own copy. */
const char *store_socket_path(void);

#endif
