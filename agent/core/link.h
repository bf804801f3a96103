/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link.h - a link as the kernel shows it, and changes to it */
#ifndef VIFAGENT_LINK_H
#define VIFAGENT_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/core/port-options.h"
#include "naming/naming.h"

/* IFALIASZ of <linux/if.h>: 255 bytes and the NUL. */
#define LINK_ALIASSIZE 256

/* IFLA_INFO_KIND (<linux/if_link.h>) is a short word. */
#define LINK_KINDSIZE 16

/* IN6_ADDR_GEN_MODE_EUI64 and _NONE, <linux/if_link.h>. */
enum { LINK_ADDRGEN_EUI64 = 0, LINK_ADDRGEN_NONE = 1 };

/* Does a bridge keep VLANs apart (vlan_filtering of ip-link(8))? */
enum vlan_filtering {
	VLAN_FILTERING_MISSING,		/* not a bridge; or a kernel that cannot */
	VLAN_FILTERING_OFF,
	VLAN_FILTERING_ON,
};

/* One network interface of the host. */
struct link {
	int ifindex;
	char name[VIF_NAMESIZE];
	char kind[LINK_KINDSIZE];	/* "bridge", "tun", …; "" if none */
	char alias[LINK_ALIASSIZE];	/* "" if none */
	uint8_t mac[6];
	bool ethernet;			/* ARPHRD_ETHER with a 6 byte address */
	bool loopback;
	bool up;			/* IFF_UP: set by the administrator */
	bool carrier;			/* IFF_LOWER_UP */
	uint32_t mtu;			/* bytes */
	int master;			/* ifindex of the bridge, 0 if none */
	int addrgen;			/* inet6 addr-gen mode, -1: no inet6 */
	int lower;			/* the link that it is on, as a macvlan or
					 * a VLAN is: ifindex, 0 if none */
	uint32_t mode;			/* a macvtap's, of MACVTAP_MODES */
	bool allmulticast;		/* IFF_ALLMULTI is set */
	enum vlan_filtering filtering;	/* a bridge's */
	bool learns_linklocal;		/* a bridge's: no_linklocal_learn is 0 */
	uint16_t options;		/* of a bridge's port: those that are
					 * on */
	int stp_state;			/* BR_STATE_FORWARDING and so on, of a
					 * bridge's port */
};

/* The kinds that make a difference to us. */
enum link_kind {
	LINK_OTHER,
	LINK_BRIDGE,
	LINK_MACVLAN,
	LINK_MACVTAP,
	LINK_TUN,		/* a tun or a tap */
	LINK_VETH,
	LINK_VLAN,
	LINK_BOND,
	LINK_TEAM,
	LINK_VRF,
	LINK_TUNNEL,		/* a VPN, or another way out for Ethernet */
};

enum link_kind link_kind(const struct link *l);

static inline bool link_is(const struct link *l, enum link_kind kind)
{
	return link_kind(l) == kind;
}

/* A macvlan, or a macvtap, which is one with a character device. */
static inline bool link_is_macvlan(const struct link *l)
{
	return link_is(l, LINK_MACVLAN) || link_is(l, LINK_MACVTAP);
}

/* A number that changes with everything about a link that we set. */
uint32_t link_hash(const struct link *l);

/* An MTU that a bridge has only while its MTU is being pinned (host/link.c);
 * read it again later. */
#define LINK_MTU_PINNING 65535

/* With less a link has no IPv6 (RFC 8200, 5). */
#define LINK_MTU_MIN_IPV6 1280

/* Which members of a struct link_change count. */
enum {
	CHANGE_NAME = 1 << 0,
	CHANGE_MAC = 1 << 1,
	CHANGE_MTU = 1 << 2,
	CHANGE_ALIAS = 1 << 3,
	CHANGE_ADDRGEN = 1 << 4,
	CHANGE_MASTER = 1 << 5,
	CHANGE_UP = 1 << 6,
	CHANGE_MODE = 1 << 7,
	CHANGE_ALLMULTICAST = 1 << 8,
	CHANGE_GROUP = 1 << 9,
};

/* One RTM_NEWLINK message about an existing link. */
struct link_change {
	unsigned int fields;
	char name[VIF_NAMESIZE];
	char alias[LINK_ALIASSIZE];
	uint8_t mac[6];
	uint32_t mtu;
	int master;
	int addrgen;
	uint32_t mode;
	uint32_t group;
	bool allmulticast;
	bool up;
};

/* A macvtap to create. */
struct macvtap_new {
	int device;			/* ifindex */
	int ifindex;			/* its own; 0: the kernel chooses */
	uint32_t mode;
	uint32_t mtu;			/* 0: the device's */
	uint8_t mac[6];			/* all 0: a random one, or, in passthru,
					 * the device's */
	char alias[LINK_ALIASSIZE];
};

#endif
