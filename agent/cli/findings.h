/* SPDX-License-Identifier: GPL-2.0-or-later */
/* findings.h - what vifctl doctor finds */
#ifndef VIFAGENT_FINDINGS_H
#define VIFAGENT_FINDINGS_H

#include "agent/cli/overview.h"

enum severity {
	FINDING_NOTE,		/* good to know; often it is meant so */
	FINDING_WARNING,	/* a guest may lose frames, or problems would not be corrected */
	FINDING_ERROR,		/* some guest has no network */
};

struct finding {
	enum severity severity;
	char about[64];		/* a link, a file, "daemon" */
	char text[REASON_SIZE];
	char mend[200];		/* the command that fixes it, or "" */
};

struct findings {
	struct cmd *cmd;
	const struct overview *all;
	struct finding *list;
	size_t n;
	bool no_memory;
};

/* @about is cut if need be; @mend: "" for none. */
__attribute__((format(printf, 5, 6)))
void finding(struct findings *f, enum severity severity, const char *about,
	     const char *mend, const char *fmt, ...);

/* For commands with names in them. */
__attribute__((format(printf, 1, 2)))
const char *finding_command(const char *fmt, ...);

#endif
