/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic.h - a NIC's keys in xenstore: reading and reporting
 *
 * The keys are libxl's (tools/libs/light/libxl_nic.c,
 * libxl__set_xenstore_nic) and netback's (drivers/net/xen-netback/xenbus.c).
 */
#ifndef VIFAGENT_NIC_H
#define VIFAGENT_NIC_H

#include "agent/core/wish.h"
#include "agent/xen/store.h"
#include "naming/naming.h"

/* The name of our script in a NIC's "script" key. */
#define NIC_SCRIPT "vif-agent"

/* The longest reported error: a link's name, ": " and a reason. */
#define NIC_ERROR_SIZE (REASON_SIZE + VIF_NAMESIZE + 2)

/* Whose script sets up the NIC, by its "script" key. */
enum nic_script {
	SCRIPT_NONE,		/* none, or one that does nothing (true) */
	SCRIPT_OURS,
	SCRIPT_MISSPELT,	/* like ours, but libxl cannot run it */
	SCRIPT_ANOTHERS,
	SCRIPT_NETWORK,		/* another's, and no bridge is meant: vif-route,
				 * vif-nat, vif-openvswitch, colo-proxy-setup */
};

/* Room for the script's name, without its directory. */
#define NIC_SCRIPT_SIZE 40

/* Of a domain's name. */
#define NIC_GUEST_SIZE 64

/* Room for the names of the keys that are ignored. */
#define NIC_UNUSED_SIZE 80

/* XenbusState, xen/include/public/io/xenbus.h */
enum {
	NIC_INIT_WAIT = 2,
	NIC_CONNECTED = 4,
	NIC_CLOSED = 6,
};

enum hotplug_status {
	HOTPLUG_ABSENT,
	HOTPLUG_EMPTY,		/* "": libxl has not run its script yet */
	HOTPLUG_CONNECTED,	/* netback may go on */
	HOTPLUG_OTHER,		/* "error", "busy", … */
};

struct nic {
	bool exists;		/* the backend directory exists */
	bool online;		/* the toolstack wants it to exist */
	int state;		/* XenbusState, 0 if none or nonsense */
	enum nic_script script;
	bool script_exists;	/* in our file system; asked in dom0 only, where
				 * libxl runs it */
	char script_name[NIC_SCRIPT_SIZE];	/* quoted if need be, perhaps cut */
	bool has_domain;	/* its domain exists, or that was not asked */
	bool unsure;		/* the store is new and not filled yet: a missing
				 * NIC means nothing */
	enum hotplug_status status;
	char error[NIC_ERROR_SIZE];	/* "hotplug-error", "" if none */
	struct wish wish;	/* bridge, vifname, mtu, vlan; mac and ip if
				 * asked for */
	char guest[NIC_GUEST_SIZE];	/* its domain's name, perhaps cut; "": not
					 * asked for, or not known */
	char unused[NIC_UNUSED_SIZE];	/* "ip, gatewaydev": keys that are
					 * ignored; "" for none */
};

/* The toolstack has removed the NIC.  A frontend that only reloads reaches
 * NIC_CLOSED, too, but stays online. */
static inline bool nic_is_dead(const struct nic *n)
{
	return !n->exists || (n->state == NIC_CLOSED && !n->online);
}

/* Options of nic_read(). */
enum nic_questions {
	NIC_ASK_DOMAIN = 1 << 0,	/* is its domain there?  Only dom0 may ask */
	NIC_ASK_ADDRESSES = 1 << 2,	/* mac and ip, for a guard */
	NIC_ASK_NAME = 1 << 3,		/* its domain's name */
	NIC_SCRIPT_IS_OURS = 1 << 1,	/* libxl has run it: do not read the key */
};

/*
 * nic_read() - read a NIC's keys
 * @backend:	our own domain
 * @questions:	see enum nic_questions
 *
 * An invalid value is reported in @ret->wish.error.
 * Returns 0, also if the NIC does not exist; or -ENOTCONN and the like.
 */
int nic_read(struct store *s, uint32_t backend, struct vif_id id,
	     unsigned int questions, struct nic *ret);

/* What to write to xenstore about a NIC. */
struct tell {
	bool remove;		/* its backend directory, if it is dead */
	uint32_t mtu;		/* to the guest; 0: nothing */
	bool mtu_is_new;	/* else it is written only with the status */
	const char *status;	/* "connected", "error"; NULL: unchanged */
	bool rewrite;		/* even if unchanged: netback's link is new */
	bool error_too;		/* hotplug-error, too: … */
	char error[NIC_ERROR_SIZE];	/* … "" for none */
};

/* Does anything of that differ? */
bool nic_needs(const struct nic *n, const struct tell *t);

/*
 * nic_tell() - write what differs
 * @n:		as nic_read() found it
 *
 * The guest's MTU is written to the frontend's node, which libxl creates for us
 * (owned by the backend's domain, since 4.15).  The status is written last, and
 * only if the NIC's state has not changed.
 * Returns 0, or -ENOENT: the NIC has changed or disappeared meanwhile.
 */
int nic_tell(struct store *s, uint32_t backend, struct vif_id id,
	     const struct nic *n, const struct tell *t);

/* Is hotplug-status "connected"?  Returns 1, 0 or a negative errno value. */
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
