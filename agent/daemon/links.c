/* SPDX-License-Identifier: GPL-2.0-or-later */
/* links.c - the kernel's events of links, and the ports they concern */
#include "agent/daemon/links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"

/* A join is some ten notifications about the same few links. */
#define SAME_LINK_WITHIN 8
#define BATCH 64

struct links {
	const struct sources *sources;
	struct host_watch *watch;	/* NULL: not listening */
	struct event *readable;
	struct host_event batch[BATCH];	/* of one reading */
	size_t n_batch;
};

/* The port that the link's record names. */
static void mark_recorded(const struct sources *s, const struct link *l,
			  const struct record *r)
{
	struct port_id id = { .is_nic = true, .nic = r->nic };
	int hint[LOOKS] = { 0 };

	hint[r->part] = l->ifindex;
	if (r->has_nic && sources_mark_found(s, &id, hint) < 0)
		s->rescan_later(-ENOMEM, s->arg);
	if (!record_is_nics(r))
		sources_mark_link(s, l->ifindex);
}

/* The port that a link itself belongs to, as far as the event tells. */
static void mark_owner(const struct sources *s, const struct link *l)
{
	struct host *h = s->agent->host;
	enum vif_kind kind;
	struct record r;
	struct vif_id nic;

	if (record_parse(l->alias, &r) == 0) {
		mark_recorded(s, l, &r);
		return;
	}
	if (s->agent->store != STORE_THERE)
		return;
	if ((h->ops->has_netback(h) &&
	     h->ops->netback_nic(h, l->name, &nic) == 0) ||
	    vif_name_parse(l->name, &nic, &kind) == 0)
		sources_mark_nic(s, nic);
}

/* Most events are echoes of our own changes: the link is as the last check of
 * its port left it. */
static bool is_echo(const struct table *t, const struct host_event *ev)
{
	uint32_t h = link_hash(&ev->link);
	struct port_id id = { 0 };
	const struct port *p;
	struct record r;
	enum part part;

	if (ev->what != HOST_LINK || record_parse(ev->link.alias, &r) < 0)
		return false;
	id.is_nic = record_is_nics(&r);
	if (id.is_nic)
		id.nic = r.nic;
	else
		id.ifindex = ev->link.ifindex;
	p = table_find(t, &id);
	part = r.has_nic ? r.part : PART_VIF;
	if (p && p->carrier_matters && p->carrier[part] != ev->link.carrier)
		return false;
	return p && p->link_hash[part] == h;
}

/* Is it the bridge or device of one of the port's links, and has it changed? */
static bool concerns_place(const struct port *p, const struct place *place,
			   const struct host_event *ev)
{
	const struct link *l = &ev->link;

	if (place->ifindex == l->ifindex)
		return ev->what == HOST_LINK_GONE || place->mtu != l->mtu ||
		       place->filtering != l->filtering ||
		       (place->must_not_learn && l->learns_linklocal) ||
		       p->state != PORT_QUIET ||
		       strcmp(place->name, l->name) != 0;
	return !place->ifindex && place->name[0] &&
	       strcmp(place->name, l->name) == 0;
}

/* Most of what a bridge says of its ports is about their state. */
static bool has_new_options(const struct port *p, const struct link *l)
{
	for (int i = 0; i < LOOKS; i++)
		if (p->ifindex[i] == l->ifindex)
			return p->options[i] != l->options;
	return false;
}

/* Is it the port's own link, its bridge or device, or the link that uses its
 * name?  Addresses and VLANs concern only the link that has them. */
static bool concerns(const struct port *p, const struct host_event *ev)
{
	int ifindex = ev->link.ifindex;

	if (ev->what == HOST_OPTIONS)
		return has_new_options(p, &ev->link);
	if (port_has_link(p, ifindex))
		return true;
	if (ev->what == HOST_DETAILS)
		return false;
	for (int i = 0; i < LOOKS; i++)
		if (p->holder[i] == ifindex ||
		    concerns_place(p, &p->place[i], ev))
			return true;
	return false;
}

/* We may have renamed it ourselves: then ports may wait for its old name. */
static void mark_waiting(const struct table *t, int holder)
{
	struct port *p;

	if (!t->holders)
		return;
	TAILQ_FOREACH(p, &t->all, all)
		for (int i = 0; i < LOOKS; i++)
			if (p->holder[i] == holder)
				table_mark(p);
}

static void handle_link(const struct sources *s, const struct host_event *ev)
{
	struct port *p;

	if (ev->what == HOST_LINK_GONE && !s->passive)
		s->agent->host->ops->remove_guard(s->agent->host,
						  ev->link.ifindex);
	if (is_echo(s->table, ev)) {
		mark_waiting(s->table, ev->link.ifindex);
		return;
	}
	if (ev->what == HOST_LINK)
		mark_owner(s, &ev->link);
	TAILQ_FOREACH(p, &s->table->all, all)
		if (concerns(p, ev))
			table_mark(p);
}

static void handle_batch(struct links *l)
{
	for (size_t i = 0; i < l->n_batch; i++)
		handle_link(l->sources, &l->batch[i]);
	l->n_batch = 0;
}

static bool tells_of_link(const struct host_event *ev)
{
	return ev->what == HOST_LINK || ev->what == HOST_LINK_GONE;
}

static bool is_of_one_kind(const struct host_event *a, const struct host_event *b)
{
	bool both = tells_of_link(a) && tells_of_link(b);

	return both || a->what == b->what;
}

/* Of several events about a link the last one counts; a link that went and
 * came again has another ifindex. */
static void on_link(const struct host_event *ev, void *arg)
{
	struct links *l = arg;

	for (size_t i = 1; i <= l->n_batch && i <= SAME_LINK_WITHIN; i++) {
		struct host_event *old = &l->batch[l->n_batch - i];

		if (old->link.ifindex == ev->link.ifindex &&
		    is_of_one_kind(old, ev)) {
			*old = *ev;
			return;
		}
	}
	if (l->n_batch == BATCH)
		handle_batch(l);
	l->batch[l->n_batch++] = *ev;
}

static void stop_listening(struct links *l)
{
	l->readable = sources_stop(l->readable);
	l->watch = host_watch_close(l->watch);
}

static void on_netlink(evutil_socket_t fd, short what, void *arg)
{
	struct links *l = arg;
	const struct sources *s = l->sources;
	int r = host_watch_read(l->watch, on_link, l);

	(void)fd;
	(void)what;
	handle_batch(l);
	if (r == HOST_OVERFLOW) {
		log_msg(LOG_WARNING, "netlink receive buffer overflowed; rescanning all ports");
		s->rescan(s->arg);
	} else if (r < 0) {
		log_msg(LOG_WARNING, "netlink socket failed; opening a new one");
		stop_listening(l);
		s->rescan_later(r, s->arg);
	}
}

int links_listen(struct links *l)
{
	int r = 0;

	if (l->watch)
		return 0;
	r = host_watch_open(&l->watch);
	if (r < 0)
		return r;
	l->readable = sources_reader(l->sources, host_watch_fd(l->watch),
				    on_netlink, l);
	if (l->readable)
		return 0;
	stop_listening(l);
	return -ENOMEM;
}

struct links *links_new(const struct sources *sources)
{
	struct links *l = calloc(1, sizeof(*l));

	if (l)
		l->sources = sources;
	return l;
}

struct links *links_free(struct links *l)
{
	if (!l)
		return NULL;
	stop_listening(l);
	free(l);
	return NULL;
}
