/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host.h - the acts on the host's network
 *
 * One small table with two implementations: the kernel (link.c, sysfs.c), and
 * the tests' fake.  Every function returns 0 or a negative errno value;
 * ret_ arguments are untouched on failure.
 */
#ifndef VIFAGENT_HOST_H
#define VIFAGENT_HOST_H

#include "agent/core/link.h"
#include "agent/core/plan.h"

struct host;

typedef int (*host_link_fn)(const struct link *link, void *arg);

struct host_ops {
	/* Query one link.  -ENODEV: there is none; the name is looked for
	 * literally, alternative names do not count. */
	int (*link_by_name)(struct host *h, const char *name,
			    struct link *ret_link);
	int (*link_by_index)(struct host *h, int ifindex,
			     struct link *ret_link);

	/* Call @fn for every link, for some perhaps more than once; stops at
	 * the first non-zero value it returns, and returns that. */
	int (*links)(struct host *h, host_link_fn fn, void *arg);

	/* Carry out one step on the port @ifindex.  After a failure
	 * h->error holds what the kernel says beyond the errno, or "".
	 * -ECONNRESET: the answer was lost; it may have been done. */
	int (*do_step)(struct host *h, int ifindex, const struct step *step);

	/*
	 * Make a macvtap, down, under a name of no meaning, with its alias:
	 * whoever dies meanwhile leaves none without.  -EBUSY: the device is
	 * on a bridge or the like, or one in passthru is on it; -EINVAL:
	 * passthru, but others are on it; -EEXIST: the ifindex is taken.
	 */
	int (*create_macvtap)(struct host *h, const struct macvtap_new *m,
			      struct link *ret_link);

	/* From collect_deletes() on STEP_DELETE only notes the link, until
	 * delete_collected() deletes all of them at once. */
	void (*collect_deletes)(struct host *h);
	int (*delete_collected)(struct host *h);

	/* sysfs: addr_assign_type (Documentation/ABI/testing/
	 * sysfs-class-net), brif/ and its ports' ifalias.  These are not
	 * looked at if @ret says already that the MTU is pinned. */
	int (*bridge_facts)(struct host *h, const struct link *bridge,
			    struct bridge_facts *ret);

	/* Is this a kernel with Xen backends (/sys/bus/xen-backend)? */
	bool (*has_netback)(struct host *h);

	/* The NIC that a link is netback's of (device/nodename), whatever
	 * it is called now.  -ENODEV: it is not one. */
	int (*netback_nic)(struct host *h, const char *name,
			   struct vif_id *ret_id);

	/* The present name of netback's link of a NIC.  -ENODEV: none. */
	int (*netback_name)(struct host *h, struct vif_id id,
			    char ret_name[VIF_NAMESIZE]);

	/* Is this the link of a piece of hardware? */
	bool (*is_hardware)(struct host *h, const char *name);

	/* Make the kernel send udev a "change" event of this link
	 * (/sys/class/net/X/uevent).  Only a hint: failures are ignored. */
	void (*announce)(struct host *h, const char *name);

	/* Is this process, and no other of its number, still there? */
	bool (*process_lives)(struct host *h, const struct process *p);
};

struct host {
	const struct host_ops *ops;
	char error[128];	/* the kernel's own words about a failure */
	unsigned long changes;	/* steps that were sent, for who counts */
	int really_pinning_mtu;		/* a bridge that has LINK_MTU_PINNING for
					 * good: ifindex; it is not waited for */
	unsigned int collected;	/* links in the collection to be deleted */
};

/* The kernel of this network namespace.  Returns 0 or what opening the
 * netlink socket gave. */
int host_open(struct host **ret);

/* Returns NULL; @h may be NULL. */
struct host *host_close(struct host *h);

/* ---- watching --------------------------------------------------------- */

struct host_watch;

/* One notification: of a new or changed link, or of a vanished one. */
struct host_event {
	bool gone;
	struct link link;
};

/* What happened on the way: look at everything again. */
#define HOST_OVERFLOW (-ENOBUFS)

/* A socket that hears of every change of a link (RTNLGRP_LINK). */
int host_watch_open(struct host_watch **ret);
struct host_watch *host_watch_close(struct host_watch *w);

/* To be polled for reading. */
int host_watch_fd(const struct host_watch *w);

/*
 * host_watch_read() - take what has come
 *
 * Calls @fn for each notification and never blocks.  Returns 0; -ENOBUFS: some
 * were lost (the queue is empty then); -EIO: the socket is of no more use.
 */
int host_watch_read(struct host_watch *w,
		    void (*fn)(const struct host_event *ev, void *arg),
		    void *arg);

#endif
