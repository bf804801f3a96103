/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic.h - what xenstore says of a NIC, and what we tell it
 *
 * The keys are libxl's (tools/libs/light/libxl_nic.c,
 * libxl__set_xenstore_nic) and netback's (drivers/net/xen-netback/xenbus.c).
 */
#ifndef VIFAGENT_NIC_H
#define VIFAGENT_NIC_H

#include "agent/core/wish.h"
#include "agent/xen/store.h"
#include "naming/naming.h"

/* The name by which a NIC's "script" key asks for us. */
#define NIC_SCRIPT "vif-agent"

/* The longest error that we report: a link's name, ": " and a reason. */
#define NIC_ERROR_SIZE (REASON_SIZE + VIF_NAMESIZE + 2)

/* XenbusState, xen/include/public/io/xenbus.h */
enum {
	NIC_INIT_WAIT = 2,
	NIC_CONNECTED = 4,
	NIC_CLOSED = 6,
};

enum hotplug_status {
	HOTPLUG_ABSENT,
	HOTPLUG_EMPTY,		/* "": libxl has its script still to run */
	HOTPLUG_CONNECTED,	/* netback may go on */
	HOTPLUG_OTHER,		/* "error", "busy", … */
};

struct nic {
	bool exists;		/* there is a backend directory */
	bool online;		/* the toolstack wants it to live */
	int state;		/* XenbusState, 0 if none or nonsense */
	bool script_is_ours;	/* "script" names NIC_SCRIPT */
	bool has_domain;	/* xenstored knows its domain, or was not asked */
	bool unsure;		/* the store is new, and nobody has filled it: that
				 * a NIC is missing says nothing */
	enum hotplug_status status;
	char error[NIC_ERROR_SIZE];	/* "hotplug-error", "" if none */
	struct wish wish;	/* bridge, vifname and mtu */
};

/* The closing half of a NIC: the toolstack has taken it away. A frontend that
 * only reloads reaches NIC_CLOSED, too, but stays online. */
static inline bool nic_is_dead(const struct nic *n)
{
	return !n->exists || (n->state == NIC_CLOSED && !n->online);
}

/* Of the questions about a NIC: */
enum nic_questions {
	NIC_ASK_DOMAIN = 1 << 0,	/* is its domain there?  Only dom0 may ask */
	NIC_SCRIPT_IS_OURS = 1 << 1,	/* libxl has run it: that is known */
};

/*
 * nic_read() - read a NIC's keys
 * @backend:	our own domain
 * @questions:	see enum nic_questions
 *
 * A value that is no good ends up in @ret->wish.error.
 * Returns 0, also if the NIC does not exist; or -ENOTCONN and the like.
 */
int nic_read(struct store *s, uint32_t backend, struct vif_id id,
	     unsigned int questions, struct nic *ret);

/* What xenstore is to be told of a NIC. */
struct tell {
	bool remove;		/* its backend directory, if it is dead */
	uint32_t mtu;		/* to the guest; 0: nothing */
	bool mtu_is_new;	/* else it is told with the status only */
	const char *status;	/* "connected", "error"; NULL: leave it as it is */
	bool rewrite;		/* even if it is there: netback's link is new */
	bool error_too;		/* hotplug-error, too: … */
	char error[NIC_ERROR_SIZE];	/* … "" for none */
};

/* Is any of that not so yet? */
bool nic_needs(const struct nic *n, const struct tell *t);

/*
 * nic_tell() - tell it, where it differs
 * @n:		as nic_read() found it
 *
 * The guest's MTU goes to the frontend's node, which libxl makes for us (owned
 * by the backend's domain, since 4.15). The status goes last, and only if the
 * NIC's state is still what it was.
 * Returns 0, or -ENOENT: the NIC is gone, or on its way, meanwhile.
 */
int nic_tell(struct store *s, uint32_t backend, struct vif_id id,
	     const struct nic *n, const struct tell *t);

/* Is hotplug-status "connected"?  For who wonders whether it has changed.
 * Returns 1, 0 or -ENOTCONN. */
int nic_is_connected(struct store *s, uint32_t backend, struct vif_id id);

/* Call @fn for each NIC that has a backend directory in our domain. */
int nic_each(struct store *s, uint32_t backend,
	     int (*fn)(struct vif_id id, void *arg), void *arg);

/* Our own domid, where the store has it: a relative path. */
#define NIC_SELF "domid"

/* The root of all our NICs' backend directories, for a watch. */
void nic_root(char buf[VIF_PATHSIZE], uint32_t backend);

/* May a change of this key matter?  netback and the guest write many others;
 * NULL is the directory itself. */
bool nic_key_matters(const char *key);

#endif
