/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mac.h - Ethernet addresses, each six bytes */
#ifndef VIFAGENT_MAC_H
#define VIFAGENT_MAC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MAC_SIZE 6

static inline bool mac_equal(const uint8_t a[MAC_SIZE],
			     const uint8_t b[MAC_SIZE])
{
	return memcmp(a, b, MAC_SIZE) == 0;
}

/* All zero stands for an address that is not known. */
static inline bool mac_is_zero(const uint8_t mac[MAC_SIZE])
{
	static const uint8_t zero[MAC_SIZE];

	return mac_equal(mac, zero);
}

/* Also true of the broadcast address. */
static inline bool mac_is_multicast(const uint8_t mac[MAC_SIZE])
{
	return mac[0] & 1;
}

/* Does @a come before @b where a bridge looks for its lowest port? */
static inline bool mac_is_lower(const uint8_t a[MAC_SIZE],
				const uint8_t b[MAC_SIZE])
{
	return memcmp(a, b, MAC_SIZE) < 0;
}

#endif
