/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hash.h - FNV-1a, to see whether something is as it was last time */
#ifndef VIFAGENT_HASH_H
#define VIFAGENT_HASH_H

#include <stdint.h>

#define HASH_START 2166136261u

static inline uint32_t hash_number(uint32_t h, uint32_t number)
{
	return (h ^ number) * 16777619u;
}

static inline uint32_t hash_text(uint32_t h, const char *text)
{
	for (; *text; text++)
		h = hash_number(h, (unsigned char)*text);
	return h;
}

#endif
