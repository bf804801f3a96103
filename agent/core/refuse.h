/* SPDX-License-Identifier: GPL-2.0-or-later */
/* refuse.h - what stands in the way of a wish */
#ifndef VIFAGENT_REFUSE_H
#define VIFAGENT_REFUSE_H

#include "agent/core/state.h"

/* Set a plan's verdict and reason.  Returns true, for the functions below. */
__attribute__((format(printf, 3, 4)))
bool refuse(struct plan *p, enum verdict v, const char *fmt, ...);

/* Its wished name is still that of another NIC's link. */
void say_renamed_later(const struct wish *w, const struct state *s,
		       struct plan *p);

/*
 * refuse_join() - is there a reason not to make a port what the wish says?
 *
 * Returns true, with @ret WAITING or REFUSED; or false, with @ret untouched.
 */
bool refuse_join(const struct wish *w, const struct state *s, struct plan *ret);

/* The same for a macvtap that does not exist yet; see plan_macvtap(). */
bool refuse_macvtap(const struct wish *w, const struct state *s,
		    struct plan *ret);

#endif
