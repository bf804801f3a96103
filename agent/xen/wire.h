/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire.h - private to agent/xen: xenstored's protocol (docs/misc/xenstore.txt)
 *
 * In place of libxenstore, which waits for each answer before the next request,
 * starts a thread for watches, and does not notice when xenstored dies.
 * -ENOTCONN: the connection is of no more use.
 */
#ifndef VIFAGENT_WIRE_H
#define VIFAGENT_WIRE_H

#include <errno.h>		/* else xs_wire.h has no xsd_errors */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/io/xs_wire.h>

struct wire;

/* Connect to a socket, or open the kernel's device.
 * Returns 0 or a negative errno value. */
int wire_open(const char *path, bool is_device, struct wire **ret);

/* Returns NULL; @w may be NULL. */
struct wire *wire_close(struct wire *w);

/* Readable when xenstored says something, or is gone.  Events that came with the
 * answers of wire_talk() are already here: take all after that. */
int wire_fd(const struct wire *w);

/* A request, and its answer. */
struct wire_request {
	enum xsd_sockmsg_type type;
	uint32_t transaction;
	const char *text;	/* goes with its NUL */
	const void *more;	/* and this behind it */
	size_t more_len;

	char *answer;		/* NULL: does not matter */
	size_t size;		/* of that, with a NUL behind the answer */
	int len;		/* the answer's; or what xenstored says against
				 * the request; or -E2BIG */
};

#define WIRE_REQUESTS 12

/*
 * wire_talk() - several requests, answered in their order
 *
 * They go together: that takes one round trip, but through the kernel's device
 * one for each.  Events that come meanwhile are kept.  Returns 0 or -ENOTCONN.
 */
int wire_talk(struct wire *w, struct wire_request *r, size_t n);

/*
 * wire_send(), wire_receive() - wire_talk() in two halves
 *
 * What is sent in several calls is received in as many, in the same order.  Not
 * for the kernel's device.
 */
int wire_send(struct wire *w, const struct wire_request *r, size_t n);
int wire_receive(struct wire *w, struct wire_request *r, size_t n);

/*
 * wire_next_event() - take an event: the path
 *
 * Returns 0; -EAGAIN: there is none now; -ENOTCONN.
 */
int wire_next_event(struct wire *w, char *path, size_t size);

#endif
