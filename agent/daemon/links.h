/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links.h - the kernel's events of links, and the ports they concern */
#ifndef VIFAGENT_LINKS_H
#define VIFAGENT_LINKS_H

#include "agent/daemon/sources.h"

/* Does not listen yet.  Returns NULL for no memory. */
struct links;
struct links *links_new(const struct sources *sources);

/* Returns NULL; @l may be NULL. */
struct links *links_free(struct links *l);

/* Start listening, unless it listens already.  Changes before that are missed.
 * Returns 0 or a negative errno value. */
int links_listen(struct links *l);

#endif
