/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notes.h - what is wrong with a port that is in order */
#ifndef VIFAGENT_NOTES_H
#define VIFAGENT_NOTES_H

#include "agent/engine/look.h"

#define NOTES_MAX 6

struct note {
	const char *mark;		/* some words, for vifctl list */
	char text[REASON_SIZE];		/* a sentence, for vifctl show */
};

struct notes {
	size_t n;
	struct note note[NOTES_MAX];
};

/* Why no frames pass, although nothing is left to do for us.  Reads /sys and /proc;
 * what cannot be read is left out. */
void notes_find(const struct look *look, struct notes *ret);

#endif
