/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port-options.c - what a bridge does with the frames of a port: yes or no */
#include "agent/core/port-options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/text.h"

const char *port_option_name(enum port_option option)
{
	static const char *const names[PORT_OPTIONS] = {
		[OPTION_ISOLATED] = "isolated",
		[OPTION_HAIRPIN] = "hairpin",
		[OPTION_FLOOD] = "flood",
		[OPTION_MCAST_FLOOD] = "mcast-flood",
		[OPTION_BCAST_FLOOD] = "bcast-flood",
		[OPTION_BPDU_GUARD] = "bpdu-guard",
		[OPTION_ROOT_BLOCK] = "root-block",
		[OPTION_FAST_LEAVE] = "fast-leave",
		[OPTION_NEIGH_SUPPRESS] = "neigh-suppress",
		[OPTION_LEARNING] = "learning",
		[OPTION_LOCKED] = "locked",
	};

	return names[option];
}

enum port_option port_option_find(const char *name)
{
	enum port_option o = 0;

	while (o < PORT_OPTIONS && strcmp(name, port_option_name(o)) != 0)
		o++;
	return o;
}

bool port_options_need_entries(uint16_t named, uint16_t on)
{
	return named & (on ^ OPTIONS_DEFAULT) & OPTIONS_OF_ENTRIES;
}

/* @on: NULL: the names alone */
static void print(char buf[OPTIONS_TEXTSIZE], uint16_t which,
		  const uint16_t *on, const char *comma)
{
	size_t n = 0;

	buf[0] = '\0';
	for (enum port_option o = 0; o < PORT_OPTIONS; o++) {
		const char *value = "";

		if (!(which & OPTION(o)))
			continue;
		if (on)
			value = *on & OPTION(o) ? " yes" : " no";
		n += (size_t)snprintf(buf + n, OPTIONS_TEXTSIZE - n, "%s%s%s",
				      n ? comma : "", port_option_name(o),
				      value);
	}
}

void port_options_say(char buf[OPTIONS_TEXTSIZE], uint16_t which, uint16_t on)
{
	print(buf, which, &on, ", ");
}

void port_options_print(char buf[OPTIONS_TEXTSIZE], uint16_t which)
{
	print(buf, which, NULL, "+");
}

int port_options_parse(const char *text, uint16_t *ret)
{
	char copy[OPTIONS_TEXTSIZE];
	char *left = copy, *word;
	uint16_t found = 0;

	if (!text_copy(copy, sizeof(copy), text))
		return -EINVAL;
	while ((word = strsep(&left, "+"))) {
		enum port_option o = port_option_find(word);

		if (o == PORT_OPTIONS)
			return -EINVAL;
		found |= OPTION(o);
	}
	*ret = found;
	return 0;
}
