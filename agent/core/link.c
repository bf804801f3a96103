/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link.c - a link's kind, and how to see that it has changed */
#include "agent/core/link.h"

#include <stddef.h>
#include <string.h>

#include "agent/base/text.h"

enum link_kind link_kind(const struct link *l)
{
	static const struct {
		const char *name;
		enum link_kind kind;
	} kinds[] = {
		{ "bridge", LINK_BRIDGE },
		{ "macvlan", LINK_MACVLAN },
		{ "macvtap", LINK_MACVTAP },
		{ "tun", LINK_TUN },
		{ "vrf", LINK_VRF },
		{ "veth", LINK_VETH },
		{ "vlan", LINK_VLAN },
		{ "bond", LINK_BOND },
		{ "team", LINK_TEAM },
		{ "vxlan", LINK_TUNNEL },
		{ "geneve", LINK_TUNNEL },
		{ "gretap", LINK_TUNNEL },
		{ "ip6gretap", LINK_TUNNEL },
		{ "erspan", LINK_TUNNEL },
		{ "macsec", LINK_TUNNEL },
		{ "l2tpeth", LINK_TUNNEL },
		{ "batadv", LINK_TUNNEL },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(l->kind, kinds[i].name) == 0)
			return kinds[i].kind;
	return LINK_OTHER;
}

uint32_t link_hash(const struct link *l)
{
	const uint32_t numbers[] = { (uint32_t)l->ifindex, l->mtu,
				     (uint32_t)l->master, (uint32_t)l->addrgen,
				     l->mode, l->allmulticast, l->up,
				     (uint32_t)l->filtering, l->options,
				     l->learns_linklocal };
	uint32_t h = TEXT_HASH_START;

	h = text_hash(h, l->name, strlen(l->name) + 1);
	h = text_hash(h, l->alias, strlen(l->alias) + 1);
	h = text_hash(h, l->mac, sizeof(l->mac));
	return text_hash(h, numbers, sizeof(numbers));
}
