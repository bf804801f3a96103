/* SPDX-License-Identifier: GPL-2.0-or-later */
/* taps.h - create taps and macvtaps: vifctl create, delete and run */
#ifndef VIFAGENT_TAPS_H
#define VIFAGENT_TAPS_H

#include "agent/cli/cmd.h"
#include "agent/host/tap.h"

/* The properties of a tap. */
struct tap_spec {
	struct wish wish;
	struct tap_options options;
	uid_t owner;		/* who may open it besides root; -1: not given */
	gid_t group;
};

/* One queue, with virtio headers, no owner. */
void taps_spec_init(struct tap_spec *s);

/*
 * taps_set() - set one key: those of cmd_set_wish(), and owner, group, queues,
 * vnet-hdr
 *
 * Returns 0, -ENOENT if it is another key, or an exit code after an error
 * message.
 */
int taps_set(struct tap_spec *s, const char *arg);

/*
 * taps_draw_mac() - give a wish without a MAC a random one, from QEMU's range
 * @resolved:	the same wish, resolved
 *
 * Avoids the MACs of all links, and of all guests in records: two guests with the
 * same MAC lose each other's frames.  In mode passthru the guest has the device's
 * MAC.
 */
void taps_draw_mac(struct cmd *c, struct wish *w, const struct wish *resolved);

/* The keys, for messages. */
#define TAPS_KEYS "name, mac, ip, mtu, vlan, mode, up, queues, owner, group and vnet-hdr"

/*
 * taps_make() - create a tap or macvtap and attach it to its network
 * @process:	the process that it is deleted with; or NULL
 * @by_name:	a program will open it by its name; then a macvtap is not opened
 * @look:	its state afterwards
 *
 * Until taps_give(), tap_close() removes a tap; taps_drop() removes a macvtap.
 * If the wish has no name, it gets the default one (tap_own_name()).
 * Returns 0, or an exit code after an error message; then nothing is left of
 * it.
 */
int taps_make(struct cmd *c, const struct tap_spec *s,
	      const struct process *process, bool by_name, struct tap *ret,
	      struct look *look);

/* Let the owner and group, or else the caller, open it by its name; a tap is
 * persistent from then on.  Returns 0, or an exit code after an error message. */
int taps_give(const struct tap_spec *s, struct tap *t);

/* Close and delete it. */
void taps_drop(struct cmd *c, struct tap *t);

#endif
