/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verbs.h - the table of verbs of vifctl */
#ifndef VIFAGENT_VERBS_H
#define VIFAGENT_VERBS_H

#include "agent/cli/cmd.h"

struct verb {
	const char *name;
	int (*run)(struct cmd *c);
	const char *args;	/* "LINK NETWORK [KEY=VALUE...]"; complete.c reads it, too */
	const char *help;
	const char *keys;	/* lines about them, for vifctl help VERB; NULL: none */
	enum config_use config_use;
};

extern const struct verb verbs[];
extern const size_t verbs_n;

/* Returns NULL for an unknown verb. */
const struct verb *verb_find(const char *name);

#endif
