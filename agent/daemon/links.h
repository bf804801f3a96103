/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links.h - links that the kernel tells of, and the ports they concern */
#ifndef VIFAGENT_LINKS_H
#define VIFAGENT_LINKS_H

#include "agent/daemon/sources.h"

/* Does not listen yet.  Returns NULL for no memory. */
struct links;
struct links *links_new(const struct sources *sources);

/* Returns NULL; @l may be NULL. */
struct links *links_free(struct links *l);

/* Listen, if that is not so already.  What changed before is not heard of.
 * Returns 0 or a negative errno value. */
int links_listen(struct links *l);

#endif
