/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard-known.h - private to agent/host: the guards that this process has put or found */
#ifndef VIFAGENT_GUARD_KNOWN_H
#define VIFAGENT_GUARD_KNOWN_H

#include "agent/core/link.h"
#include "agent/host/nft.h"

struct guard_port {
	int ifindex;
	int family;		/* NFPROTO_BRIDGE, or NFPROTO_NETDEV: a macvtap */
	char name[VIF_NAMESIZE];	/* the macvtap's */
};

/* This is its guard; guard_is_none(): it has none any more.  Without memory for it the
 * port's guard is put back later than the others'. */
void guard_note(struct nft *t, const struct guard_port *p, const struct guard *g);

/* The port with that ifindex, or NULL; valid until the next guard_note(). */
const struct guard_port *guard_known_port(const struct nft *t, int ifindex);

/* Calls @fn for each guard that this process knows of. */
typedef void (*guard_fn)(const struct guard_port *p, const struct guard *g,
			 void *arg);
void guard_each(const struct nft *t, guard_fn fn, void *arg);

#endif
