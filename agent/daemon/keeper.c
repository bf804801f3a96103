/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper.c - checks the ports that are due, and keeps them in order */
#include "agent/daemon/keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/daemon/contention.h"
#include "agent/daemon/guards.h"
#include "agent/daemon/links.h"
#include "agent/daemon/scheduler.h"
#include "agent/daemon/udev-events.h"

/* After something was lost. */
#define RESCAN_MS 1000

struct keeper {
	struct sources sources;
	struct table table;
	struct links *links;
	struct guards *guards;
	struct udev_events *udev;
	struct xenstore *xenstore;
	struct scheduler *scheduler;
	struct timer *again;		/* to check everything */
	bool said_error;
};

static void wake(void *arg)
{
	const struct keeper *k = arg;

	if (k->scheduler)
		scheduler_wake(k->scheduler);
}

/* ---- everything ------------------------------------------------------- */

static void rescan_later(int error, void *arg)
{
	struct keeper *k = arg;

	if (timer_is_running(k->again))
		return;
	log_once(&k->said_error, LOG_WARNING, "%s; rescanning all ports each second until this is over",
		 strerror(-error));
	(void)timer_start(k->again, RESCAN_MS);
}

static int mark_found(const struct port_id *id, const int hint[LOOKS],
		      void *arg)
{
	return sources_mark_found(arg, id, hint);
}

/* Mark every port that there is, known or not. */
static void rescan(void *arg)
{
	struct keeper *k = arg;
	struct port *p;
	int r;

	guards_sweep(k->guards);
	TAILQ_FOREACH(p, &k->table.all, all)
		table_mark(p);
	r = each_link_port(k->sources.agent, mark_found, &k->sources);
	if (r < 0)
		rescan_later(r, k);
	xenstore_list(k->xenstore);
}

/* Changes while there was no socket were missed. */
static void on_again(void *arg)
{
	struct keeper *k = arg;
	int r = links_listen(k->links);

	if (r < 0) {
		rescan_later(r, k);
		return;
	}
	r = guards_listen(k->guards);
	if (r < 0)
		rescan_later(r, k);
	else
		k->said_error = false;
	rescan(k);
}

void keeper_scan(struct keeper *k)
{
	struct port *p;
	/* The configuration may be new. */
	int r = guards_listen(k->guards);

	if (r < 0)
		rescan_later(r, k);
	/* The administrator may have repaired what was wrong. */
	TAILQ_FOREACH(p, &k->table.all, all) {
		contention_reset(p);
		p->told_mtu = 0;
	}
	rescan(k);
	/* ops->idle must be called even if there are no ports. */
	wake(k);
}

void keeper_count(const struct keeper *k, unsigned int *ret_ports,
		  unsigned int *ret_waiting)
{
	const struct port *p;

	*ret_ports = k->table.count;
	*ret_waiting = 0;
	TAILQ_FOREACH(p, &k->table.all, all)
		*ret_waiting += port_state_is_waiting(p->state);
}

unsigned long keeper_corrections(const struct keeper *k)
{
	return k->table.corrections;
}

/* ---- from start to end ------------------------------------------------ */

/* Returns 0 or a negative errno value. */
static int prepare(struct keeper *k, const struct keeper_ops *ops)
{
	const struct sources *s = &k->sources;
	int r;

	k->again = timer_new(s->base, on_again, k);
	k->links = links_new(s);
	k->guards = guards_new(s);
	if (!k->again || !k->links || !k->guards)
		return -ENOMEM;
	r = xenstore_new(s, &k->xenstore);
	if (r < 0)
		return r;
	k->scheduler = scheduler_new(s, k->xenstore, ops);
	if (!k->scheduler)
		return -ENOMEM;
	r = links_listen(k->links);
	if (r == 0)
		r = guards_listen(k->guards);
	return r < 0 ? r : udev_events_new(s, &k->udev);
}

int keeper_new(struct event_base *base, struct agent *a,
	       const struct keeper_ops *ops, struct keeper **ret,
	       char error[REASON_SIZE])
{
	struct keeper *k = calloc(1, sizeof(*k));
	int r = -ENOMEM;

	if (k) {
		table_init(&k->table, base, wake, k);
		k->sources = (struct sources) {
			.base = base, .agent = a, .table = &k->table,
			.passive = ops->passive,
			.rescan = rescan, .rescan_later = rescan_later,
			.arg = k,
		};
		r = prepare(k, ops);
	}
	if (r < 0) {
		text_reason(error, "cannot listen to the kernel: %s",
			    strerror(-r));
		keeper_free(k);
		return r;
	}
	/* Listening comes first, so that changes during the scan are not missed. */
	xenstore_start(k->xenstore);
	rescan(k);
	wake(k);
	*ret = k;
	return 0;
}

struct keeper *keeper_free(struct keeper *k)
{
	if (!k)
		return NULL;
	k->xenstore = xenstore_free(k->xenstore);
	k->udev = udev_events_free(k->udev);
	k->links = links_free(k->links);
	k->guards = guards_free(k->guards);
	table_clear(&k->table);
	k->scheduler = scheduler_free(k->scheduler);
	k->again = timer_free(k->again);
	free(k);
	return NULL;
}
