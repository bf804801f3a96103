/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config-network.h - private to agent/core: reading the sections [network NAME] */
#ifndef VIFAGENT_CONFIG_NETWORK_H
#define VIFAGENT_CONFIG_NETWORK_H

#include "agent/core/config.h"

/* inih's INI_MAX_LINE; inih silently takes the rest for a new line. */
#define LINE_MAX_LEN 198

/* The file on its way through inih, which reads it line by line. */
struct parser {
	struct config *config;
	const char *next;		/* the line to be read next */
	const char *end;
	int line;			/* number of the last one read */
	int error_line;
	char error[REASON_SIZE];	/* of the first bad line */
};

/* Report what is wrong with the line.  Returns 0, as inih's handlers do for an error. */
__attribute__((format(printf, 2, 3)))
int parser_wrong(struct parser *p, const char *fmt, ...);

/* The network that a section is about, made when it is new.  Returns NULL, and has
 * reported why. */
struct network *parser_section(struct parser *p, const char *name);

/* A key of a section.  Returns 1, or 0 for an error. */
int parser_network_key(struct parser *p, const char *name, const char *key,
		const char *value);

/* All sections have been read: do their keys belong together?  The same. */
int parser_check_networks(struct parser *p);

#endif
