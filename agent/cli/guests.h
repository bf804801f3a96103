/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guests.h - whose tap is it? */
#ifndef VIFAGENT_GUESTS_H
#define VIFAGENT_GUESTS_H

#include "agent/engine/look.h"

#define GUEST_SIZE 64

/* A tap that a program with -name in its arguments (QEMU) has open. */
struct guest {
	char link[VIF_NAMESIZE];
	char name[GUEST_SIZE];
};

struct guests {
	struct guest *list;
	size_t n;
};

/* Look through all processes, as far as we may; only root sees others'.  What cannot be read
 * is left out.  The caller must call guests_free(). */
void guests_find(struct guests *ret);
void guests_free(struct guests *g);

/*
 * guests_name() - the name of a port's guest
 *
 * Of its domain (look->guest), or of QEMU's -name.  "": not known.  Hostile: it may contain
 * anything.
 */
void guests_name(const struct guests *g, const struct look *look, char buf[GUEST_SIZE]);

#endif
