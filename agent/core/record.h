/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.h - the ownership record: what a link's alias says of our doings
 *
 *   vifagent/1 by=hand net=red name=web0 mtu=9000 mac=… mode=vepa up=no
 *              nic=5.0 part=emu
 *              leave=1 held=1 made=1 process=1234.56789
 *              was.name=tap7 was.mac=… was.mtu=… was.up=1 was.gen=0
 *              was.master=br7 was.alias=…
 *
 * (one line).  It is the agent's only memory: by whose wish the link is ours,
 * the wish itself unless xenstore has it, which NIC it belongs to, and how it
 * was found, so that it can be left so; or that we made it, and for whom.
 */
#ifndef VIFAGENT_RECORD_H
#define VIFAGENT_RECORD_H

#include "agent/core/link.h"
#include "agent/core/wish.h"

/* The two links that a NIC can have. */
enum part {
	PART_VIF,
	PART_EMU,
};

/* Whose alias a link carries. */
enum owner {
	OWNER_NONE,		/* no alias */
	OWNER_US,		/* our record */
	OWNER_FOREIGN,		/* a text of somebody else's */
};

/* How a link was when it became ours. */
struct was {
	char name[VIF_NAMESIZE];
	char master[VIF_NAMESIZE];	/* "": none */
	char alias[LINK_ALIASSIZE];
	uint8_t mac[6];
	uint32_t mtu;
	int addrgen;			/* -1: no inet6 */
	bool up;
};

/* A process for which a link was made.  Pids are used again; together with the
 * time of its start it is this one. */
struct process {
	int pid;		/* 0: none */
	uint64_t start;		/* clock ticks after boot: field 22 of
				 * /proc/PID/stat, proc(5) */
};

struct record {
	enum source by;
	bool leaving;		/* being left; whoever sees it goes on */
	bool held;		/* somebody keeps changing the link; the daemon
				 * lets it be for a while */
	bool made;		/* by us: who leaves it deletes it */
	struct process process;	/* it goes with this one */
	bool has_nic;
	struct vif_id nic;	/* if has_nic */
	enum part part;		/* if has_nic */
	struct wish wish;	/* what was asked for, if by hand or udev */
	struct was was;		/* unless made */
};

/* The kernel takes an alias of 255 bytes (IFALIASZ), which libnl-route-3 cannot
 * send: it counts the NUL. Records of 255 bytes may be there all the same. */
#define RECORD_SIZE 255

/*
 * record_print() - the alias text of a record
 *
 * Returns its length, or -E2BIG: more than 254 bytes, since a link's former
 * alias may be long.
 */
int record_print(const struct record *r, char buf[LINK_ALIASSIZE]);

/*
 * record_parse() - read an alias
 *
 * Returns 0; -ENOENT if @alias is empty; -EINVAL if it is not a record, or a
 * damaged one: then it is somebody else's text, and not to be touched.
 */
int record_parse(const char *alias, struct record *ret);

/* The same, by whose it is; @ret is untouched unless it is ours. */
enum owner record_owner(const char *alias, struct record *ret);

#endif
