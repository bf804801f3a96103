/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macvtap.c - the modes of a macvtap */
#include "agent/core/macvtap.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	uint32_t mode;
} modes[] = {
	{ "vepa", MACVLAN_MODE_VEPA },
	{ "private", MACVLAN_MODE_PRIVATE },
	{ "bridge", MACVLAN_MODE_BRIDGE },
	{ "passthru", MACVLAN_MODE_PASSTHRU },
};

#define N_MODES (sizeof(modes) / sizeof(modes[0]))

uint32_t macvtap_mode(const char *name)
{
	for (size_t i = 0; i < N_MODES; i++)
		if (strcmp(modes[i].name, name) == 0)
			return modes[i].mode;
	return 0;
}

const char *macvtap_mode_name(uint32_t mode)
{
	for (size_t i = 0; i < N_MODES; i++)
		if (modes[i].mode == mode)
			return modes[i].name;
	return "unknown";
}

void macvtap_modes_print(char buf[MACVTAP_MODES_TEXTSIZE], uint32_t mask)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < N_MODES; i++)
		if (mask & modes[i].mode)
			len += (size_t)snprintf(buf + len,
						MACVTAP_MODES_TEXTSIZE - len,
						"%s%s", len ? " " : "",
						modes[i].name);
}
