/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port.h - which ports there are, and whose a link claims to be */
#ifndef VIFAGENT_PORT_H
#define VIFAGENT_PORT_H

#include "agent/engine/agent.h"

/* Which port, or which two: the links of a NIC have one wish. */
struct port_id {
	bool is_nic;
	struct vif_id nic;	/* if is_nic */
	int ifindex;		/* else */
};

bool port_id_equal(const struct port_id *a, const struct port_id *b);

/* Room for two names. */
#define PORT_LABEL_SIZE (2 * VIF_NAMESIZE + 4)

/* What the log calls a link: its name, and whose it is if that does not say it:
 * "web0 (vif5.0)". */
void port_label(char ret[PORT_LABEL_SIZE], const struct port_id *id,
		enum part part, const char *name);

/* A NIC has two links, by enum part. */
#define LOOKS 2

enum link_owner {
	LINK_IS_A_NICS,
	LINK_IS_ITS_OWN,
	LINK_OWNER_UNKNOWN,	/* ask xenstore about the NIC that it may be of */
};

/*
 * link_owner() - is a link a NIC's, or a port for itself?
 * @nic:	the keys of that NIC, if they have been asked for; else NULL
 * @ret:	the NIC that it is, or may be, of
 *
 * A link says by its record, its device or its name that it is a NIC's.
 */
enum link_owner link_owner(struct agent *a, const struct link *l,
			   const struct nic *nic, struct vif_id *ret);

/* Does xenstore have this NIC, and is it ours to serve? */
bool nic_is_served(const struct agent *a, const struct nic *nic);

/*
 * each_link_port() - find every port that links tell of: by records, by rules
 * @fn:		@hint is as in struct request, or NULL
 *
 * The same port may come more than once.  Returns 0 or the first non-zero
 * value of @fn, or a negative errno value.
 */
typedef int (*each_port_fn)(const struct port_id *id, const int hint[LOOKS],
			    void *arg);
int each_link_port(struct agent *a, each_port_fn fn, void *arg);

#endif
