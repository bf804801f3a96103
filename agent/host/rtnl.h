/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnl.h - private to agent/host: rtnetlink, through libnl-route-3 */
#ifndef VIFAGENT_RTNL_H
#define VIFAGENT_RTNL_H

#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "agent/host/host.h"

/* Gets each answer that is not an acknowledgement; non-zero: no more of them. */
typedef int (*rtnl_fn)(struct nl_msg *msg, void *arg);

/* A socket and the exchange that is going on. */
struct rtnl {
	struct nl_sock *sk;	/* NULL after a failure, until the next use */
	bool peek;		/* ask for a message's size before reading it */
	char *words;		/* sizeof(host.error) bytes: the kernel's text
				 * about a failure, or "" */

	/* the current exchange */
	uint32_t first;		/* sequence numbers: from this one on, … */
	uint32_t n;		/* … so many */
	int open;		/* messages without an answer */
	int err;		/* the first negative errno value */
	rtnl_fn fn;
	void *arg;
	int stopped;		/* what @fn returned */
};

/*
 * rtnl_socket() - open a route socket, close-on-exec, member of no group
 * @peek:	as in struct rtnl
 *
 * Returns 0 or a negative errno value.
 */
int rtnl_socket(bool peek, struct nl_sock **ret);

/* Open the socket; rtnl_talk() opens it again after a failure.  Returns 0 or a
 * negative errno value. */
int rtnl_open(struct rtnl *t);

/*
 * rtnl_talk() - send messages, and wait until each is answered
 * @msgs:	one or two, sent in one sendmsg(): the kernel handles them one
 *		after the other before it returns; freed; NULL: no memory to
 *		build it
 * @fn:		may be NULL
 *
 * Returns what @fn returned; or a negative errno value: the kernel's first;
 * -EINTR: a dump may lack what changed meanwhile; -ENOMEM; -ECONNRESET: the
 * answer was lost, and the result is not known.  The socket is closed then, so
 * that a late answer is never taken for the answer to another request.
 */
int rtnl_talk(struct rtnl *t, struct nl_msg *msgs[], uint32_t n, rtnl_fn fn,
	      void *arg);

/*
 * rtnl_ask() - the same for one question, which is repeated if need be: a dump
 * during which something changed may lack a part, an answer may be lost, or there
 * is no memory
 * @build:	makes the message of @question
 * @begin:	called with @arg before each attempt, to forget what @fn has taken
 *		from the one before; NULL: @fn may take an answer twice
 *
 * If changes never stop the last answers count: a program that watches gets the
 * others as events.
 */
int rtnl_ask(struct rtnl *t, struct nl_msg *(*build)(const void *question),
	     const void *question, void (*begin)(void *arg), rtnl_fn fn,
	     void *arg);

/* A message with its fixed part, @head, and room for attributes.  Returns NULL for no
 * memory. */
struct nl_msg *rtnl_message(int type, int flags, void *head, size_t size);

/*
 * rtnl_parse() - the link that a message is about
 *
 * Returns 0; -EAGAIN if the message is about something else (a bridge port's
 * options, say); -EBADMSG if it makes no sense; -ENOMEM.
 */
int rtnl_parse(struct nl_msg *msg, struct link *ret);

/* The .ifindex and .options that a message about a bridge's port (AF_BRIDGE) has.
 * Returns 0, or -EAGAIN if it is about something else. */
int rtnl_parse_port(struct nl_msg *msg, struct link *ret);

/* IFLA_BRPORT_ISOLATED and so on. */
int rtnl_option_attr(enum port_option option);

#endif
