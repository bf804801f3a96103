/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent.h - what every door has open */
#ifndef VIFAGENT_AGENT_H
#define VIFAGENT_AGENT_H

#include "agent/core/config.h"
#include "agent/host/host.h"
#include "agent/udev/udev.h"
#include "agent/xen/workers.h"

/* xenstored, as far as we know. */
enum store_state {
	STORE_UNKNOWN,		/* it has not been asked yet */
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
	bool asks_names;		/* of domains, too: for people */
	int64_t direct_until;		/* … until then (monotonic, ms); or 0 */
};

/* The file that is read if no other one is named. */
#define CONFIG_DEFAULT SYSCONFDIR "/vifagent/vifagent.conf"

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

/*
 * agent_helper_refuses() - does the configuration keep the bridge helper off this bridge?
 *
 * Reads the file (NULL: the default one) with the rights of the process.  Returns true
 * with the sentence in @reason, also if the file cannot be read or contains an error.
 */
bool agent_helper_refuses(const char *config_path, const char *bridge,
			  char reason[REASON_SIZE]);

/* What of a NIC is asked for: enum nic_questions. */
unsigned int agent_questions(const struct agent *a);

/* Read a configuration file; see agent_open(). */
int agent_load_config(const char *path, struct config **ret,
		      char error[REASON_SIZE]);

#endif
