/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.h - the ownership record in a link's alias
 *
 *   vifagent/1 by=hand net=red name=web0 mtu=9000 mac=… mode=vepa up=no vlan=10p/20
 *              nic=5.0 part=emu
 *              set=isolated kept=hairpin
 *              leave=1 held=1 (held=2: blocked) made=1 process=1234.56789.4026531836
 *              was.name=tap7 was.mac=… was.mtu=… was.up=1 was.gen=0
 *              was.master=br7 was.vlan=1p was.port=isolated
 *              was.alias=…
 *
 * (one line).  It is the agent's only memory: who requested that the link is a
 * port, the wish itself unless xenstore has it, which NIC the link belongs to, and
 * its former state, which a detach restores; or that we made it, and for which
 * process.
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
	OWNER_FOREIGN,		/* another program's text */
};

/* It was in no VLAN. */
#define WAS_NO_VLAN "none"

/* How a link was when it became ours. */
struct was {
	char name[VIF_NAMESIZE];
	char master[VIF_NAMESIZE];	/* "": none */
	char vlan[VLAN_TEXTSIZE];	/* on that master, or WAS_NO_VLAN; "": we
					 * have not changed them */
	char alias[LINK_ALIASSIZE];
	uint16_t options;		/* on that master; as in struct record */
	uint8_t mac[6];
	uint32_t mtu;
	int addrgen;			/* -1: no inet6 */
	bool up;
};

/* A process for which a link was made.  Pids are used again; the start time
 * tells the process from a later one. */
struct process {
	int pid;		/* 0: none */
	uint64_t start;		/* clock ticks after boot: field 22 of
				 * /proc/PID/stat, proc(5) */
	uint64_t ns;		/* its pid namespace: the inode of
				 * /proc/PID/ns/pid; 0: not known */
};

/* Another program keeps changing the link, so the daemon … */
enum hold {
	HOLD_NONE,
	HOLD_FOR_A_WHILE,	/* … does not correct it for a while */
	HOLD_DOWN,		/* … has set it down, because its MAC was fought
				 * over, until it is requested again */
};

struct record {
	enum source by;
	bool leaving;		/* being detached; any process that sees this
				 * continues */
	enum hold hold;
	bool made;		/* by us: a detach deletes it */
	bool guarded;		/* we have given it a guard */
	struct process process;	/* the link is deleted when this one ends */
	bool has_nic;
	struct vif_id nic;	/* if has_nic */
	enum part part;		/* if has_nic */
	struct wish wish;	/* if requested by hand or udev */
	/* Options of the port that are not OPTIONS_DEFAULT: */
	uint16_t set;		/* set by us */
	uint16_t kept;		/* set by another program: set again when the
				 * port is attached to its bridge again */
	struct was was;		/* unless made */
};

/* Is the link its NIC's?  Attached by hand it is for itself. */
static inline bool record_is_nics(const struct record *r)
{
	return r->has_nic && r->by != BY_HAND;
}

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
 * damaged one: then it is another program's text and must not be changed.
 */
int record_parse(const char *alias, struct record *ret);

/* The same, as an owner; @ret is untouched unless that is us. */
enum owner record_owner(const char *alias, struct record *ret);

#endif
