/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overview.h - all ports and links of the host at once */
#ifndef VIFAGENT_OVERVIEW_H
#define VIFAGENT_OVERVIEW_H

#include "agent/cli/cmd.h"
#include "agent/cli/guests.h"

struct overview {
	struct look *look;	/* of every port, in the order of vifctl list */
	size_t n;
	struct link *link;	/* all links, by ifindex */
	size_t n_links;
	struct guests guests;
	bool no_memory;
};

/* Returns 0, or an exit code after an error message; overview_free() is owed in both
 * cases. */
int overview_take(struct cmd *c, struct overview *ret);
void overview_free(struct overview *o);

/* These return NULL if the link does not exist. */
const struct link *overview_link(const struct overview *o, const char *name);
const struct link *overview_index(const struct overview *o, int ifindex);

/* The look at this link, if it is one of our ports. */
const struct look *overview_port(const struct overview *o, int ifindex);

/* Is it a port of ours, or will it be one? */
static inline bool overview_counts(const struct look *look)
{
	return look->verdict != NOT_OURS;
}

/* The bridges and devices of our ports and of configured networks, by name, each once. */
struct place {
	char name[VIF_NAMESIZE];
	enum network_kind kind;
	const struct link *link;	/* NULL: it does not exist */
	size_t ports;			/* of ours in order, … */
	size_t others;			/* … and of ours that are not */
};

#define PLACES_MAX 256

/* Returns their number, PLACES_MAX at most. */
size_t overview_places(const struct cmd *c, const struct overview *o,
		       struct place ret[PLACES_MAX]);

/* The bridge's ports that are not ours: its uplinks, and what others have put there.
 * Calls @fn for each. */
void overview_uplinks(const struct overview *o, const struct link *bridge,
		      void (*fn)(const struct link *uplink, void *arg), void *arg);

#endif
