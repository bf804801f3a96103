/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconcile.h - one look at one port: where all the rooms meet
 *
 * Gather the wish and the state, plan, act, report.  Every door calls this in
 * its own process; it is safe to call at any moment, any number of times, by
 * any number of processes at once.
 */
#ifndef VIFAGENT_RECONCILE_H
#define VIFAGENT_RECONCILE_H

#include "agent/core/config.h"
#include "agent/core/plan.h"
#include "agent/host/host.h"
#include "agent/xen/workers.h"
#include "agent/udev/udev.h"

/* xenstored, as far as we know. */
enum store_state {
	STORE_UNKNOWN,		/* nobody has asked yet */
	STORE_THERE,
	STORE_GONE,		/* or silent: see store_error */
};

/* What every door has open. */
struct agent {
	struct host *host;
	struct config *config;
	struct udev_room *udev;		/* NULL: no wishes by rules */
	enum store_state store;
	int store_error;		/* why it is gone: a negative errno */
	uint32_t self;			/* our domid, if it is there */
	struct workers *workers;	/* NULL: xenstored is not asked yet, … */
	struct session session;		/* without threads: door_direct(), … */
	int64_t direct_until;		/* … until then (monotonic, ms); or 0 */
};

/* Which port, or which two: the links of a NIC have one wish. */
struct port_id {
	bool is_nic;
	struct vif_id nic;	/* if is_nic */
	int ifindex;		/* else */
};

enum look_flags {
	/* Carry out the plan; else only say it. */
	LOOK_ACT = 1 << 0,
	/* We are the hotplug script: it is our turn to report, whatever
	 * xenstore says, and who calls does the reporting of failures. */
	LOOK_SCRIPT = 1 << 1,
	/* If its links are not where their names say, search all links. */
	LOOK_SEARCH = 1 << 2,
	/* The NIC's keys may have been lost with an old xenstored: that they
	 * are missing does not mean that the NIC is dead. */
	LOOK_KEEP = 1 << 3,
	/* Whatever xenstore says, the NIC is to be left. */
	LOOK_LEAVE = 1 << 4,
	/* A bridge that is just being set up is not joined yet. */
	LOOK_PATIENT = 1 << 5,
	/* Who began to leave a link is still at it, and finishes alone. */
	LOOK_YIELD = 1 << 8,
	/* Only this one of a NIC's links. */
	LOOK_VIF_ONLY = 1 << 6,
	LOOK_EMU_ONLY = 1 << 7,
	/* The last look was early, and since then toolstack-delay is over. */
	LOOK_LATE = 1 << 9,
	/* The last look was untold. */
	LOOK_REWRITE = 1 << 10,
};

/* What a look at one link found and did. */
struct look {
	struct port_id id;
	enum part part;			/* if is_nic */
	char name[VIF_NAMESIZE];	/* of the link, or what it would be */
	bool found;			/* state.link is there */
	bool nic_exists;		/* xenstore has the NIC */
	struct wish wish;
	struct record record;		/* what the link's record has to say */
	struct state state;
	struct plan plan;		/* the last one */
	enum verdict verdict;
	char reason[REASON_SIZE];	/* without the name; "" if in order */
	unsigned int steps;		/* sent */
	bool joined;			/* new to us, and put on its bridge */
	bool untold;			/* it was joined, but it was not yet the
					 * time to tell netback: look again with
					 * LOOK_REWRITE. A "connected" of its
					 * last life may be there */
	bool leaving;			/* the goal was to leave it */
	bool outdated;			/* its record is no longer the one that
					 * the wish was made from */
	bool connected;			/* netback has been told to go on */
	bool device_was_down;		/* and it has been set up for a macvtap */
	bool unsure;			/* it would be left, but it may have come
					 * after the NIC's keys were read: ask
					 * again, and give it as a hint */
	bool early;			/* there is more to do in xenstore, but
					 * not yet: look again with LOOK_LATE in
					 * toolstack-delay */
};

/* What is said of a port that another program keeps changing. */
#define HELD_REASON "another program keeps changing it, so it is left alone for a while; make that program leave it (NetworkManager: unmanaged-devices=interface-name:vif*)"

/* A NIC's two links. */
#define LOOKS 2

/*
 * reconcile() - look at a port
 * @nic:	the NIC's keys; NULL: nobody can say
 * @hint:	ifindices that its links had (or 0), by part, when the keys were
 *		asked for; may be NULL
 * @ret:	one look for each link of it that is there or ought to be
 * @tell:	what xenstore is to be told now
 *
 * Does not speak to xenstored.  Returns how many looks, at most LOOKS; or a
 * negative errno value: -ENODEV (no such link, or one that belongs to the NIC
 * @ret->id), -ENODATA (the link may be the NIC's @ret->id: look again with its
 * keys), or that nothing could be found out at all.
 */
int reconcile(struct agent *a, const struct port_id *id, const struct nic *nic,
	      unsigned int flags, const int hint[LOOKS], struct look ret[LOOKS],
	      struct tell *tell);

/*
 * settle() - bring one link to its wish: gather, plan, act, and again
 * @look:	.id, .name, .wish, .record and .state.link.ifindex are filled in,
 *		and if .found all of .state.link and .owner
 * @leave:	the goal is to leave it; @dead as in plan_leave()
 *
 * The part of reconcile() that knows neither xenstore nor udev.
 */
void settle(struct agent *a, struct look *look, bool leave, bool dead,
	    unsigned int flags);

/*
 * settle_find_device() - what a macvtap on its network would be on
 * @w:		resolved
 *
 * Fills in what plan_macvtap() needs.  Returns 0 or a negative errno value.
 */
int settle_find_device(struct host *h, const struct wish *w,
		       struct state *ret);

/* Does a link say by its record, its device or its name that it is a NIC's? */
enum nic_claim {
	CLAIM_NONE,
	CLAIM_IF_SERVED,	/* it is, if xenstore has the NIC */
	CLAIM_SURE,
};
enum nic_claim link_claim(struct agent *a, const struct link *link,
		      struct vif_id *ret);

/* Does xenstore have this NIC, and is it ours to serve? */
bool nic_is_served(const struct agent *a, const struct nic *nic);

/*
 * each_link_port() - find every port that links tell of: by records, by rules
 * @fn:		@hint is as for reconcile(), or NULL
 *
 * The same port may come more than once.  Returns 0 or the first non-zero
 * value of @fn, or a negative errno value.
 */
typedef int (*each_port_fn)(const struct port_id *id, const int hint[LOOKS],
			    void *arg);
int each_link_port(struct agent *a, each_port_fn fn, void *arg);

bool port_id_equal(const struct port_id *a, const struct port_id *b);

/* Is the link there, in order, and netback told to go on? For who waits for
 * that. */
bool look_is_done(const struct look *look);

/* ---- opening and closing the doors' common part ------------------------ */

/*
 * agent_open() - host, configuration, udev; not yet xenstore
 * @config_path: NULL: the default one, which may be missing
 *
 * Returns 0, or a negative errno value with the sentence in @error; then
 * agent_close() is still owed, and all but the configuration may be open.
 */
int agent_open(struct agent *a, const char *config_path,
	       char error[REASON_SIZE]);
void agent_close(struct agent *a);

/* Read a configuration file; see agent_open(). */
int agent_load_config(const char *path, struct config **ret,
		      char error[REASON_SIZE]);

#endif
