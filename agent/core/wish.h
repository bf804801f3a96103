/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wish.h - what a port shall be, and who requested it */
#ifndef VIFAGENT_WISH_H
#define VIFAGENT_WISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/core/entries.h"
#include "agent/core/guard.h"
#include "agent/core/macvtap.h"
#include "agent/core/vlan.h"
#include "agent/base/text.h"
#include "naming/naming.h"

/* A network's name: one from the configuration, or a bridge's. */
#define NETWORK_NAMESIZE 32

/* IPv4's least (RFC 791) and the kernel's largest MTU for a tap or bridge
 * (ETH_MAX_MTU), in bytes. */
#define WISH_MTU_MIN 68
#define WISH_MTU_MAX 65535

/* Where a wish comes from; the larger wins. */
enum source {
	BY_NOBODY,
	BY_UDEV,		/* properties set by udev rules */
	BY_XENSTORE,		/* keys of the vif backend */
	BY_HAND,		/* vifctl attach, kept in the link's record */
};

enum wish_key {
	WISH_NETWORK,
	WISH_NAME,
	WISH_MTU,
	WISH_MAC,
	WISH_MODE,
	WISH_UP,
	WISH_VLAN,
	WISH_SENDER,	/* MACs that it may send from; WISH_MAC sets them, too */
	WISH_IP,	/* IP addresses that it may send from */
};

#define WISH_KEYS (WISH_IP + 1)

/* [network] kind=: what the network's ports are attached to. */
enum network_kind {
	NETWORK_BRIDGE,
	NETWORK_MACVTAP,
};

struct wish {
	enum source by;			/* whose network it is */
	char network[NETWORK_NAMESIZE];	/* "": none requested */
	char name[VIF_NAMESIZE];	/* "": as it is */
	uint32_t mtu;			/* bytes; 0: the bridge's or device's */
	uint8_t mac[6];			/* the guest's; all 0: not known */
	uint32_t mode;			/* one of MACVTAP_MODES; 0: the
					 * network's first one */
	char vlan[VLAN_TEXTSIZE];	/* for vlans_parse(); "": as they are */
	enum source vlan_by;		/* whose request that is; BY_NOBODY: the
					 * network's */
	bool vlan_is_wrong;		/* the requested VLANs are invalid */
	struct guard guard;		/* what it may send from; .kind and
					 * .rate are the network's */
	enum source ip_by;		/* who requests its IP addresses */
	bool stays_down;		/* up=no: another program sets it up */
	bool force;			/* by hand: even if the host uses it */
	bool replace_alias;		/* by hand: overwrite a foreign alias */
	/* set by config_resolve() */
	bool is_configured;		/* else the network is a bridge's name */
	enum network_kind kind;
	char bridge[VIF_NAMESIZE];
	char device[VIF_NAMESIZE];	/* a macvtap's, else "" */
	bool allmulticast;
	uint16_t options_named;		/* of the port: those that the network
					 * names, … */
	uint16_t options_on;		/* … and of those the ones that are on */

	bool other_is_active;		/* the NIC's other link sends and receives
					 * in its place; set by decide.c */

	char error[REASON_SIZE];	/* "": none; else why it is refused */
};

/* The name of the port's bridge or device; "": unknown. */
const char *wish_place(const struct wish *w);

/* "hand", "xenstore", "udev" or "nobody". */
const char *source_name(enum source by);

/* Who requests the VLANs: the same, or "its network". */
const char *wish_vlan_source(const struct wish *w);

/*
 * wish_set() - take one value into a wish
 * @label:	the name of the value at its source, for the message
 * @value:	any bytes
 *
 * Returns 0, or -EINVAL with @w->error saying what is wrong with the value;
 * the first of several errors is kept.
 */
int wish_set(struct wish *w, enum wish_key key, const char *label,
	     const void *value, size_t len);

/*
 * wish_guard() - the guard that the port shall have
 *
 * With the link-local addresses that follow from its MACs.
 */
void wish_guard(const struct wish *w, struct guard *ret);

/* Its guard has addresses to check, or a rate: the kernel is told of it. */
bool wish_is_filtered(const struct wish *w);

/* Its bridge must be told its MACs, since it learns none from the port (learning = no) or
 * takes frames from those only (locked = yes). */
bool wish_has_entries(const struct wish *w);

/* The static entries that its bridge shall have for the port; none if the NIC's other link
 * is the active one: a bridge knows a MAC on one port. */
void wish_entries(const struct wish *w, struct entries *ret);

/* Does its network need addresses that are not known? */
bool wish_lacks_mac(const struct wish *w);
bool wish_lacks_ips(const struct wish *w);

/*
 * wish_port_mac() - the address of a port while it is one
 *
 * High, so that no bridge takes it for its own, and never the guest's.  If the
 * guest's is not known: fe:ff:ff:ff:ff:ff, as netback's links have it
 * (xenvif_alloc, drivers/net/xen-netback/interface.c).  Otherwise the guest's with
 * the first byte fe, or fa if it is fe already, as libvirt does.
 */
void wish_port_mac(const struct wish *w, uint8_t ret[6]);

/*
 * wish_merge() - fill what @w leaves open from a wish of lower rank
 *
 * An error of @lower is an error of the whole wish, unless @w names the network
 * itself.  Exception: invalid VLANs in @lower, unless @w has VLANs.  Without VLANs
 * the port would be in the wrong network.
 */
void wish_merge(struct wish *w, const struct wish *lower);

#endif
