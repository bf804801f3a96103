/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-host.h - a host of a dozen links, with those of the kernel's rules that
 * matter to a port
 *
 * do_setlink() works a message off in this order: address, MTU, name, alias,
 * flags, master, and inet6's addr-gen mode last (net/core/rtnetlink.c); what
 * stands before the part that fails stays done.  A bridge's MAC is that of its
 * lowest port (br_stp_recalculate_bridge_id), its MTU the least of its ports'
 * (br_mtu_auto_adjust), until somebody sets them.
 */
#ifndef VIFAGENT_FAKE_HOST_H
#define VIFAGENT_FAKE_HOST_H

#include "agent/host/host.h"

#define FAKE_LINKS 12

struct fake_link {
	bool exists;
	struct link l;
	bool mac_set;		/* a bridge's: NET_ADDR_SET */
	bool mtu_set;		/* a bridge's: BROPT_MTU_SET_BY_USER */
	unsigned int followed;	/* a bridge: how often MAC or MTU changed
				 * because of a port, if only for a moment */
	bool hardware;
	char vlan[24];		/* a port's, as vlans_parse() reads it; "":
				 * none */
	struct entries entries;	/* a port's sticky ones */
	struct guard guard;
	bool has_link_local;	/* an IPv6 address of its own making */
	const char *address;	/* another one, or NULL */
	const char *route;	/* over it, or NULL */
	const char *altname;	/* or NULL */
	bool is_netback;
	struct vif_id nic;	/* if is_netback */
	unsigned int announced;	/* "change" events sent for udev */
};

/* What goes wrong at act number fail_at. */
enum fake_fault {
	FAULT_NOTHING_DONE,	/* refused before anything is changed */
	FAULT_AT_NAME,		/* address and MTU are changed */
	FAULT_AT_MASTER,	/* all that stands before master is */
	FAULT_ALL_DONE,		/* all is changed; only the answer is lost */
	FAULT_PORT_VANISHES,
	FAULT_BRIDGE_VANISHES,
	FAULTS
};

struct fake_host {
	struct host host;
	struct fake_link link[FAKE_LINKS];	/* ifindex - 1 */

	/* what kind of kernel this is */
	bool has_netback;
	bool live_changes;	/* names (6.2) and addresses while up */

	/* the fault to come: at act fail_at (1 is the first; 0: none) */
	unsigned int fail_at;
	int fail_errno;
	enum fake_fault fault;
	int fail_bridge;	/* FAULT_BRIDGE_VANISHES: ifindex */
	bool vanish_at_facts;	/* the next bridge whose facts are asked for */

	/* called once, when link_by_index() has been answered */
	void (*asked)(struct fake_host *f, int ifindex);

	/* guards: what questions and changes give; 0: as it should be */
	int guard_question, guard_step;

	int dead_pid;		/* all other processes live */

	int turn;		/* 1: taken */

	int mended;		/* what mend_guards() returns */
	unsigned int mends, sweeps;	/* of guards */

	unsigned int acts;	/* counted here, failed ones too */

	/* called after every act */
	void (*after)(struct fake_host *f, int ifindex,
		      const struct step *step);
	void *arg;
};

/* Empty but for lo. */
void fake_host_init(struct fake_host *f);

/* Add a link: down, MTU 1500, addr-gen eui64, an address of its own.
 * NULL @kind: "".  Returns its ifindex. */
int fake_host_add(struct fake_host *f, const char *name, const char *kind);

/* Add a link as @ifindex, where there is none. */
struct fake_link *fake_host_put(struct fake_host *f, int ifindex,
				const char *name, const char *kind);

/* Put a link on a bridge, as somebody else would. */
void fake_host_join(struct fake_host *f, int ifindex, int bridge);

/* Delete a link, as somebody else would. */
void fake_host_del(struct fake_host *f, int ifindex);

struct fake_link *fake_host_find(struct fake_host *f, const char *name);

static inline struct fake_link *fake_host_at(struct fake_host *f, int ifindex)
{
	return &f->link[ifindex - 1];
}

#endif
