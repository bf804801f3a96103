/* SPDX-License-Identifier: GPL-2.0-or-later */
/* taps.h - taps and macvtaps that we make: vifctl create, delete and run */
#ifndef VIFAGENT_TAPS_H
#define VIFAGENT_TAPS_H

#include "agent/cli/cmd.h"
#include "agent/host/tap.h"

/* What a tap is to be. */
struct tap_spec {
	struct wish wish;
	struct tap_options options;
	uid_t owner;		/* who else may open it; -1: none */
	gid_t group;
};

/* One queue, with virtio headers, for nobody yet. */
void taps_spec_init(struct tap_spec *s);

/*
 * taps_set() - take one key into it: those of cmd_set_wish(), and owner, group,
 * queues, vnet-hdr
 *
 * Returns 0, -ENOENT if it is none of them, or an exit code when it has said
 * what is wrong.
 */
int taps_set(struct tap_spec *s, const char *arg);

/*
 * taps_draw_mac() - give a wish without one a MAC, from QEMU's range
 * @resolved:	the same wish, resolved
 *
 * One that no link has, and no guest that a record knows: two of one MAC lose each
 * other's frames.  In passthru the guest has its device's.
 */
void taps_draw_mac(struct cmd *c, struct wish *w, const struct wish *resolved);

/* The keys, for messages. */
#define TAPS_KEYS "name, mac, mtu, mode, up, queues, owner, group and vnet-hdr"

/*
 * taps_make() - make a tap, or what its network wants, and put it there
 * @process:	the one it goes with; or NULL
 * @by_name:	it will be opened by its name; a macvtap is then not open
 * @look:	how it is then
 *
 * A tap goes away with tap_close() until taps_give(), a macvtap with
 * taps_drop(). Without a name in the wish it has its own (tap_own_name()).
 * Returns 0, or an exit code when it has said what is wrong; then nothing is
 * left of it.
 */
int taps_make(struct cmd *c, const struct tap_spec *s,
	      const struct process *process, bool by_name, struct tap *ret,
	      struct look *look);

/* Let who is named, else the caller, open it by its name; a tap stays from then
 * on. Returns 0, or an exit code when it has said what is wrong. */
int taps_give(const struct tap_spec *s, struct tap *t);

/* Nothing is left of it then. */
void taps_drop(struct cmd *c, struct tap *t);

#endif
