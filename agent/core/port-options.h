/* SPDX-License-Identifier: GPL-2.0-or-later */
/* port-options.h - what a bridge does with the frames of a port: yes or no */
#ifndef VIFAGENT_PORT_OPTIONS_H
#define VIFAGENT_PORT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* By number; a set of them is a uint16_t, with a bit for each. */
enum port_option {
	OPTION_ISOLATED,	/* no frames to or from other isolated ports */
	OPTION_HAIRPIN,		/* frames may go back to where they came from */
	OPTION_FLOOD,		/* gets unicast frames for unknown addresses */
	OPTION_MCAST_FLOOD,
	OPTION_BCAST_FLOOD,
	OPTION_BPDU_GUARD,	/* a BPDU disables the port */
	OPTION_ROOT_BLOCK,	/* never the way to the root bridge */
	OPTION_FAST_LEAVE,
	OPTION_NEIGH_SUPPRESS,
	OPTION_LEARNING,	/* the bridge learns what the port sends from */
	OPTION_LOCKED,		/* only from addresses that it knows there */
	PORT_OPTIONS
};

#define OPTION(number) ((uint16_t)(1U << (number)))

/* What the kernel gives a new port (new_nbp(), net/bridge/br_if.c). */
#define OPTIONS_DEFAULT ((uint16_t)(OPTION(OPTION_FLOOD) | \
				    OPTION(OPTION_MCAST_FLOOD) | \
				    OPTION(OPTION_BCAST_FLOOD) | \
				    OPTION(OPTION_LEARNING)))

/* With learning off, or locked on, the bridge finds the port by static entries only. */
#define OPTIONS_OF_ENTRIES ((uint16_t)(OPTION(OPTION_LEARNING) | \
				       OPTION(OPTION_LOCKED)))

/* The names are those of bridge(8), with - for _ as in vifagent.conf(5). */
const char *port_option_name(enum port_option option);

/* Returns PORT_OPTIONS if no option has this name. */
enum port_option port_option_find(const char *name);

/* Does the bridge find such a port by static entries only?  @named, @on: as in struct
 * wish */
bool port_options_need_entries(uint16_t named, uint16_t on);

/* Room for all names and their values. */
#define OPTIONS_TEXTSIZE 192

/* "isolated yes, flood no": the options in @which, with their values in @on. */
void port_options_say(char buf[OPTIONS_TEXTSIZE], uint16_t which, uint16_t on);

/* "isolated+flood": their names alone, for one word. */
void port_options_print(char buf[OPTIONS_TEXTSIZE], uint16_t which);

/* The inverse.  Returns 0, or -EINVAL with @ret untouched. */
int port_options_parse(const char *text, uint16_t *ret);

#endif
