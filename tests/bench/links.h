/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links.h - the floor's messages about links: links-wire.c or links-library.c */
#pragma once

#include "tests/bench/rtnl.h"

/* A failure ends the program, where nothing else is said; others return 0 or -1:
 * there is no such link, or none any more. */
void links_open(void);
int links_query(const char *name, struct rtnl_facts *ret);
/* Returns the number of links. */
int links_dump(void);

/* The three changes of a join; each waits for the kernel's answer. */
int links_set_record(int ifindex, const char *text);
int links_put_on_bridge(int ifindex, int bridge, const unsigned char mac[6]);
int links_set_up(int ifindex);

/* Returns a file descriptor to poll; links_read_events() calls fn for each link
 * that is new or has changed. */
int links_watch(void);
void links_read_events(void (*fn)(const struct rtnl_facts *link, void *arg),
		       void *arg);
