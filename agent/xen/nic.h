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
	bool is_pv;		/* "type" is vif: QEMU makes it no tap */
	bool has_domain;	/* xenstored knows its domain; only dom0 may
				 * ask, elsewhere it is taken for granted */
	bool tells_mtu;		/* there is a node for telling the guest … */
	char told_mtu[8];	/* … and what it says; "" for nonsense */
	enum hotplug_status status;
	char error[REASON_SIZE];	/* "hotplug-error", "" if none */
	struct wish wish;	/* bridge, vifname and mtu */
};

/* The closing half of a NIC: the toolstack has taken it away. A frontend that
 * only reloads reaches NIC_CLOSED, too, but stays online. */
static inline bool nic_is_dead(const struct nic *n)
{
	return !n->exists || (n->state == NIC_CLOSED && !n->online);
}

/*
 * nic_read() - read a NIC's keys
 * @backend:	our own domain
 *
 * A value that is no good ends up in @ret->wish.error.
 * Returns 0, also if the NIC does not exist; or -ENOTCONN and the like.
 */
int nic_read(struct store *s, uint32_t backend, struct vif_id id,
	     struct nic *ret);

/* Ask for the keys of a NIC that nic_read() will read in a moment; see
 * store_ask_ahead(). */
void nic_ask_ahead(struct store *s, uint32_t backend, struct vif_id id);

/*
 * nic_report() - write hotplug-status and hotplug-error, where they differ
 * @n:		as nic_read() found them
 * @status:	"connected", "error", or NULL: leave it as it is
 * @rewrite:	write the status even if it is there: netback's link is new
 * @error:	a sentence, or NULL: none
 *
 * The status goes last, and only if the NIC's state is still what it was.
 * Returns 0, or -ENOENT: the NIC is gone, or on its way, meanwhile.
 */
int nic_report(struct store *s, uint32_t backend, struct vif_id id,
	       const struct nic *n, const char *status, bool rewrite,
	       const char *error);

/*
 * nic_tell_mtu() - tell the guest its MTU
 * @n:		as nic_read() found what it was told
 *
 * In the frontend's node "mtu", which libxl makes for us (owned by the
 * backend's domain, since 4.15); where there is none nobody wants to know.
 */
int nic_tell_mtu(struct store *s, struct vif_id id, const struct nic *n,
		 uint32_t mtu);

/*
 * nic_remove() - remove the backend directory of a NIC that is dead
 *
 * In a driver domain that is for us to do: libxl waits for it
 * (libxl__device_destroy and device_destroy_be_watch_cb, libxl_device.c). Also
 * the domain's directory goes with its last NIC, where we may remove that
 * (since Xen 4.15).  Returns 0, also if it is alive again.
 */
int nic_remove(struct store *s, uint32_t backend, struct vif_id id);

/* Is hotplug-status "connected"?  For who wonders whether it has changed. */
bool nic_is_connected(struct store *s, uint32_t backend, struct vif_id id);

/* Call @fn for each NIC that has a backend directory in our domain. */
int nic_each(struct store *s, uint32_t backend,
	     int (*fn)(struct vif_id id, void *arg), void *arg);

/* The root of all our NICs' backend directories, for a watch. */
void nic_root(char buf[VIF_PATHSIZE], uint32_t backend);

/* May a change of this key matter?  netback and the guest write many others;
 * NULL is the directory itself. */
bool nic_key_matters(const char *key);

#endif
