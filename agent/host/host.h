/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host.h - queries and changes of the host's network
 *
 * One table with two implementations: the kernel (link.c, sysfs.c, procfs.c) and the
 * tests' fake.  What can fail returns 0 or a negative errno value; what ret_ points to
 * means nothing then.
 */
#ifndef VIFAGENT_HOST_H
#define VIFAGENT_HOST_H

#include "agent/core/link.h"
#include "agent/core/plan.h"

struct host;

/* Links of which something is known for good: an ifindex is not reused for a long
 * time.  The latest ones, when there are too many. */
struct ifindices {
	int of[32];
	unsigned int n;
};

static inline bool ifindices_have(const struct ifindices *s, int ifindex)
{
	for (size_t i = 0; i < sizeof(s->of) / sizeof(s->of[0]); i++)
		if (s->of[i] == ifindex)
			return true;
	return false;
}

static inline void ifindices_add(struct ifindices *s, int ifindex)
{
	s->of[s->n++ % (sizeof(s->of) / sizeof(s->of[0]))] = ifindex;
}

typedef int (*host_link_fn)(const struct link *link, void *arg);

struct host_ops {
	/* Query one link.  -ENODEV: it does not exist; alternative names do
	 * not count. */
	int (*link_by_name)(struct host *h, const char *name,
			    struct link *ret_link);
	int (*link_by_index)(struct host *h, int ifindex,
			     struct link *ret_link);

	/* A link as people name it, like ip(8): by its own name or an
	 * alternative one (ip link property add dev LINK altname NAME). */
	int (*link_by_any_name)(struct host *h, const char *name,
				struct link *ret_link);

	/* Call @fn for every link, when all are known; stops at the first
	 * non-zero value that it returns, and returns that.  Returns 0, or a
	 * negative errno value. */
	int (*links)(struct host *h, host_link_fn fn, void *arg);

	/* Which IP addresses does the link have? */
	int (*addresses)(struct host *h, int ifindex,
			 struct addresses *ret);

	/* The first route over the link that the kernel has not made itself; see
	 * host/route.h. */
	int (*route)(struct host *h, int ifindex, char ret[ROUTE_SIZE]);

	/* Which VLANs of its bridge is the port in?  -ENODEV: it is not a
	 * port; -EOPNOTSUPP: before Linux 5.6, or without VLANs. */
	int (*vlans)(struct host *h, int ifindex, struct vlans *ret);

	/* Has its bridge other sticky entries for the port than these, in its
	 * VLANs?  -ENODEV: it is not a port. */
	int (*entries_differ)(struct host *h, int ifindex,
			      const struct entries *want, bool *ret);

	/* The current guard of a port; guard_is_none(): it has none.
	 * -EPERM: only root may ask. */
	int (*guard)(struct host *h, const struct link *l, struct guard *ret);

	/* How many frames of the port its guard has dropped since there was a day without any,
	 * by reason; with names from guard_reason_name(). */
	int (*drops)(struct host *h, const struct link *l,
		     uint64_t ret[GUARD_REASONS]);

	/* Put back all guards that this process knows of, at once, unless the
	 * rules stand.  Returns their number, or a negative errno value. */
	int (*mend_guards)(struct host *h);

	/* The link is gone: remove what is left of its guard, if this process
	 * knows of one. */
	void (*remove_guard)(struct host *h, int ifindex);

	/* The link is no longer a port: if its guard was removed when it was
	 * detached, do not put that back. */
	void (*forget_guard)(struct host *h, int ifindex);

	/* Learn of all guards that stand, and remove those of links that are
	 * gone. */
	void (*sweep_guards)(struct host *h);

	/* Between the two no other program of ours acts on links, unless it
	 * has waited for too long; see turn.h. */
	void (*take_turn)(struct host *h);
	void (*end_turn)(struct host *h);

	/* Carry out one step on the port @ifindex.  After a failure
	 * h->error holds the kernel's text about it, or "".
	 * -ECONNRESET: the answer was lost; the step may be done. */
	int (*do_step)(struct host *h, int ifindex, const struct step *step);

	/*
	 * Create a macvtap, down, with a temporary name and its alias: even
	 * if this process dies, it is not left without one.  -EBUSY: the
	 * device is on a bridge or the like, or has one in passthru; -EINVAL:
	 * passthru, but the device has others; -EEXIST: the ifindex is used.
	 */
	int (*create_macvtap)(struct host *h, const struct macvtap_new *m,
			      struct link *ret_link);

	/* After collect_deletes() STEP_DELETE only collects the link, and
	 * delete_collected() deletes all of them at once. */
	void (*collect_deletes)(struct host *h);
	int (*delete_collected)(struct host *h);

	/* sysfs: addr_assign_type (Documentation/ABI/testing/
	 * sysfs-class-net), brif/ and its ports' ifalias.  The ports
	 * are not read if @ret says already that the MTU is pinned. */
	int (*bridge_facts)(struct host *h, const struct link *bridge,
			    struct bridge_facts *ret);

	/* Is this a kernel with Xen backends (/sys/bus/xen-backend)? */
	bool (*has_netback)(struct host *h);

	/* The NIC of a link of netback's (device/nodename), whatever its
	 * name is now.  -ENODEV: it is not netback's. */
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

	/* Does this process, not a later one with its pid, still exist? */
	bool (*process_lives)(struct host *h, const struct process *p);
};

struct host {
	const struct host_ops *ops;
	char error[128];	/* the kernel's text about a failure */
	bool renames_live;	/* links that are up, too (Linux 6.2) */
	struct ifindices has_pinning_mtu; /* bridges whose own MTU is
					   * LINK_MTU_PINNING: do not wait */
	unsigned int collected;	/* number of links to be deleted */
};

/* Was it made for a process that has ended? */
static inline bool host_is_orphan(struct host *h, const struct record *r)
{
	return r->process.pid && !h->ops->process_lives(h, &r->process);
}

/* Has a program it open?  Only a tap tells, as long as it is up: then it has a
 * carrier (tun_attach() and tun_detach(), drivers/net/tun.c). */
static inline bool host_is_open(const struct link *l)
{
	return link_is(l, LINK_TUN) && l->up && l->carrier;
}

/* The kernel of this network namespace.  Returns 0 or the error of the netlink
 * socket. */
int host_open(struct host **ret);

/* Returns NULL; @h may be NULL. */
struct host *host_close(struct host *h);

/* ---- watching --------------------------------------------------------- */

struct host_watch;

/* One notification. */
struct host_event {
	enum {
		HOST_LINK,		/* a link is new or has changed */
		HOST_LINK_GONE,
		HOST_DETAILS,		/* it has a new address, or other VLANs;
					 * of .link only .ifindex is told */
		HOST_OPTIONS,		/* what a bridge says of its port: of .link
					 * only .ifindex and .options */
	} what;
	struct link link;
};

/* Notifications were lost: read everything again. */
#define HOST_OVERFLOW (-ENOBUFS)

/* A socket that receives every change of a link (RTNLGRP_LINK), every new address
 * (RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR), and every change of a port's VLANs
 * (RTNLGRP_BRVLAN, Linux 5.6). */
int host_watch_open(struct host_watch **ret);
struct host_watch *host_watch_close(struct host_watch *w);

/* To be polled for reading. */
int host_watch_fd(const struct host_watch *w);

/*
 * host_watch_read() - receive all notifications
 *
 * Calls @fn for each notification and never blocks.  Returns 0; -ENOBUFS: some
 * were lost (the queue is empty then); -EIO: the socket is broken.
 */
int host_watch_read(struct host_watch *w,
		    void (*fn)(const struct host_event *ev, void *arg),
		    void *arg);

#endif
