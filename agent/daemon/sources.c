/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources.c - where events come from, and which ports they are about */
#include "agent/daemon/sources.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "agent/daemon/store-finder.h"
#include "agent/log.h"

/* Deaths come in bursts, one event each from the C xenstored. */
static const struct timeval death_delay = { 0, 20000 };

/* A join is some ten notifications about the same few links. */
#define SAME_LINK_WITHIN 8
#define BATCH 64

/* Our own domid, where the store has it: a relative path. */
#define SELF "domid"

struct sources {
	struct event_base *base;
	struct agent *agent;
	struct table *table;
	struct host_watch *watch;
	struct store_finder *finder;
	struct event *netlink;
	struct event *udev;
	struct event *store;
	struct event *deaths;
	bool trying_store;
	bool is_another;		/* the store says now who we are */
	struct host_event batch[BATCH];	/* of one reading */
	size_t n_batch;
};

static void mark_id(struct sources *s, const struct port_id *id)
{
	struct port *p = table_add(s->table, id);

	if (p)
		table_mark(s->table, p);
	else
		log_msg(LOG_ERR, "out of memory: a port is not looked at");
}

static void mark_nic(struct sources *s, struct vif_id nic)
{
	struct port_id id = { .is_nic = true, .nic = nic };

	mark_id(s, &id);
}

/* Where a link of the port was seen, whatever it is called. */
static void give_hint(struct port *p, const int hint[LOOKS])
{
	for (int i = 0; i < LOOKS; i++)
		if (hint && hint[i])
			p->ifindex[i] = hint[i];
}

static int mark_each(const struct port_id *id, const int hint[LOOKS],
		     void *arg)
{
	struct sources *s = arg;
	struct port *p = table_add(s->table, id);

	if (!p)
		return -ENOMEM;
	give_hint(p, hint);
	/* Found by its record while there is no xenstored to ask. */
	if (!s->agent->store)
		p->keep = true;
	table_mark(s->table, p);
	return 0;
}

void sources_scan(struct sources *s)
{
	struct port *p;
	int r;

	TAILQ_FOREACH(p, &s->table->all, all)
		table_mark(s->table, p);
	r = each_port(s->agent, mark_each, s);
	if (r == -ENOTCONN)
		sources_store_lost(s);
	else if (r < 0)
		log_msg(LOG_ERR, "looking for all ports: %s", strerror(-r));
}

/* ---- netlink ---------------------------------------------------------- */

/* The port that a link itself belongs to, as far as the event tells. */
static void mark_owner(struct sources *s, const struct link *l)
{
	struct port_id link = { .ifindex = l->ifindex };
	struct host *h = s->agent->host;
	enum vif_kind kind;
	struct record r;
	struct vif_id nic;

	if (record_parse(l->alias, &r) == 0) {
		struct port_id id = { .is_nic = true, .nic = r.nic };
		int hint[LOOKS] = { 0 };

		hint[r.part] = l->ifindex;
		if (r.has_nic && s->agent->store)
			(void)mark_each(&id, hint, s);
		if (!r.has_nic || r.by == BY_HAND)
			mark_id(s, &link);
		return;
	}
	if (!s->agent->store)
		return;
	if ((h->ops->has_netback(h) &&
	     h->ops->netback_nic(h, l->name, &nic) == 0) ||
	    vif_name_parse(l->name, &nic, &kind) == 0)
		mark_nic(s, nic);
}

/* Most events are echoes of our own doing: the link is as the last look at
 * its port left it. */
static bool is_echo(const struct sources *s, const struct host_event *ev)
{
	uint32_t h = link_hash(&ev->link);
	struct port_id id = { 0 };
	const struct port *p;
	struct record r;

	if (ev->gone || record_parse(ev->link.alias, &r) < 0)
		return false;
	id.is_nic = r.has_nic && r.by != BY_HAND;
	if (id.is_nic)
		id.nic = r.nic;
	else
		id.ifindex = ev->link.ifindex;
	p = table_find(s->table, &id);
	return p && p->link_hash[r.has_nic ? r.part : PART_VIF] == h;
}

/* Is it the bridge or device of one of the port's links, and is there news? */
static bool concerns_place(const struct port *p, const struct place *place,
			   const struct host_event *ev)
{
	const struct link *l = &ev->link;

	if (place->ifindex == l->ifindex)
		return ev->gone || place->mtu != l->mtu || p->timer ||
		       strcmp(place->name, l->name) != 0;
	return !place->ifindex && place->name[0] &&
	       strcmp(place->name, l->name) == 0;
}

/* Ports for which this link is something: their own, their place, the one
 * that has their name. */
static bool concerns(const struct port *p, const struct host_event *ev)
{
	int ifindex = ev->link.ifindex;

	if (!p->id.is_nic && p->id.ifindex == ifindex)
		return true;
	for (int i = 0; i < LOOKS; i++)
		if (p->ifindex[i] == ifindex || p->holder[i] == ifindex ||
		    concerns_place(p, &p->place[i], ev))
			return true;
	return false;
}

/* We may have renamed it ourselves: then there are some who wait for that. */
static void mark_waiting(struct sources *s, int holder)
{
	struct port *p;

	if (!s->table->holders)
		return;
	TAILQ_FOREACH(p, &s->table->all, all)
		for (int i = 0; i < LOOKS; i++)
			if (p->holder[i] == holder)
				table_mark(s->table, p);
}

static void handle_link(struct sources *s, const struct host_event *ev)
{
	struct port *p;

	if (is_echo(s, ev)) {
		mark_waiting(s, ev->link.ifindex);
		return;
	}
	if (!ev->gone)
		mark_owner(s, &ev->link);
	TAILQ_FOREACH(p, &s->table->all, all)
		if (concerns(p, ev))
			table_mark(s->table, p);
}

static void handle_batch(struct sources *s)
{
	for (size_t i = 0; i < s->n_batch; i++)
		handle_link(s, &s->batch[i]);
	s->n_batch = 0;
}

/* Of several events about a link the last one counts; a link that went and
 * came again has another ifindex. */
static void on_link(const struct host_event *ev, void *arg)
{
	struct sources *s = arg;

	for (size_t i = 1; i <= s->n_batch && i <= SAME_LINK_WITHIN; i++) {
		struct host_event *old = &s->batch[s->n_batch - i];

		if (old->link.ifindex == ev->link.ifindex) {
			*old = *ev;
			return;
		}
	}
	if (s->n_batch == BATCH)
		handle_batch(s);
	s->batch[s->n_batch++] = *ev;
}

static void on_netlink(evutil_socket_t fd, short what, void *arg)
{
	struct sources *s = arg;
	int r = host_watch_read(s->watch, on_link, s);

	(void)fd;
	(void)what;
	handle_batch(s);
	if (r == HOST_OVERFLOW) {
		log_msg(LOG_WARNING, "the kernel had more to tell than fits; looking at everything again");
		sources_scan(s);
	} else if (r < 0) {
		log_msg(LOG_ERR, "netlink: %s; ending", strerror(-r));
		event_base_loopexit(s->base, NULL);
	}
}

/* ---- udev ------------------------------------------------------------- */

static void mark_link(struct sources *s, int ifindex)
{
	struct host *h = s->agent->host;
	struct port_id id;
	struct link l;

	if (h->ops->link_by_index(h, ifindex, &l) < 0)
		return;
	id = port_of_link(s->agent, &l);
	mark_id(s, &id);
}

static void on_udev(evutil_socket_t fd, short what, void *arg)
{
	struct sources *s = arg;
	struct udev_event ev;
	int r;

	(void)fd;
	(void)what;
	while ((r = udev_next_event(s->agent->udev, &ev)) == 0) {
		if (ev.what == UDEV_NIC)
			mark_nic(s, ev.nic);
		else
			mark_link(s, ev.ifindex);
	}
	if (r == -ENOBUFS) {
		log_msg(LOG_WARNING, "udev had more to tell than fits; looking at everything again");
		sources_scan(s);
	}
}

/* ---- xenstore --------------------------------------------------------- */

/* Somebody died; the store knows who is still there. */
static void on_deaths(evutil_socket_t fd, short what, void *arg)
{
	struct sources *s = arg;
	uint32_t domid = VIF_DOMID_END;
	struct port *p;
	int alive = 1;

	(void)fd;
	(void)what;
	TAILQ_FOREACH(p, &s->table->all, all) {
		if (!p->id.is_nic || !s->agent->store)
			continue;
		if (p->id.nic.domid != domid) {
			domid = p->id.nic.domid;
			alive = store_introduced(s->agent->store, domid);
		}
		if (alive <= 0)
			table_mark(s->table, p);
	}
}

/* A directory in which there are NICs: their domain's, or all domains'. */
static void mark_below(struct sources *s, const char *dir)
{
	size_t len = strlen(dir);
	char path[VIF_PATHSIZE];
	struct port *p;

	TAILQ_FOREACH(p, &s->table->all, all) {
		if (!p->id.is_nic)
			continue;
		vif_path_make(path, s->agent->self, p->id.nic);
		if (strncmp(path, dir, len) == 0 && path[len] == '/')
			table_mark(s->table, p);
	}
}

/* Xenstored was new when we connected; now somebody has filled it. */
static void learn_self(struct sources *s)
{
	uint32_t self;
	bool known;

	if (store_self(s->agent->store, &self, &known) < 0 || !known)
		return;
	s->agent->store_is_filled = true;
	s->is_another = self != s->agent->self;
}

/* An event tells of our own report, too; one question is less than a look. */
static bool is_own_report(const struct sources *s, struct vif_id nic,
			  const char *key)
{
	const struct port_id id = { .is_nic = true, .nic = nic };
	const struct port *p = table_find(s->table, &id);

	return p && !p->dirty && p->connected && key &&
	       strcmp(key, "hotplug-status") == 0 &&
	       nic_is_connected(s->agent->store, s->agent->self, nic);
}

static void on_store_path(struct sources *s, const char *path)
{
	const char *key;
	struct vif_id nic;

	if (path[0] == '@')
		event_add(s->deaths, &death_delay);
	else if (strcmp(path, SELF) == 0)
		learn_self(s);
	else if (vif_path_parse(path, &nic, NULL, &key) < 0)
		mark_below(s, path);
	else if (nic_key_matters(key) && !is_own_report(s, nic, key))
		mark_nic(s, nic);
}

static void drop_store(struct sources *s)
{
	if (s->store)
		event_free(s->store);
	s->store = NULL;
	agent_close_store(s->agent);
}

static void on_store(evutil_socket_t fd, short what, void *arg)
{
	struct sources *s = arg;
	char path[STORE_PATHSIZE];
	int r;

	(void)fd;
	(void)what;
	while ((r = store_next_event(s->agent->store, path,
				     sizeof(path))) == 0)
		on_store_path(s, path);
	if (r != -EAGAIN) {
		sources_store_lost(s);
	} else if (s->is_another) {
		/* We are not who we took us for: begin anew. */
		drop_store(s);
		store_finder_start(s->finder);
	}
}

static int listen_to_store(struct sources *s)
{
	struct store *store = s->agent->store;
	char root[VIF_PATHSIZE];
	int r = 0;

	s->is_another = false;
	nic_root(root, s->agent->self);
	if (!s->agent->store_is_filled)
		r = store_watch(store, SELF);
	if (r == 0)
		r = store_watch(store, root);
	/* Only dom0 may (XSA-115). */
	if (r == 0 && s->agent->self == 0)
		r = store_watch(store, "@releaseDomain");
	if (r < 0)
		return r;
	s->store = event_new(s->base, store_watch_fd(store),
			     EV_READ | EV_PERSIST, on_store, s);
	if (!s->store || event_add(s->store, NULL) < 0)
		return -ENOMEM;
	/* What came with the answers is waiting here, not in the socket. */
	event_active(s->store, EV_READ, 0);
	return 0;
}

/* Called by the finder: xenstored may be there.  True if it is. */
static bool try_store(void *arg)
{
	struct sources *s = arg;

	if (agent_open_store(s->agent) < 0)
		return false;
	if (listen_to_store(s) < 0) {
		drop_store(s);
		return false;
	}
	log_msg(LOG_INFO, "xenstored is there; this is domain %u",
		s->agent->self);
	/* It may be lost again meanwhile; the search goes on then. */
	s->trying_store = true;
	sources_scan(s);
	s->trying_store = false;
	return s->agent->store;
}

void sources_store_lost(struct sources *s)
{
	struct port *p;

	if (!s->agent->store)
		return;
	log_msg(LOG_WARNING, "xenstored is gone; ports stay as they are until it is back");
	drop_store(s);
	/* It may come back empty: nobody has died of that. */
	TAILQ_FOREACH(p, &s->table->all, all)
		if (p->id.is_nic)
			p->keep = true;
	if (!s->trying_store)
		store_finder_start(s->finder);
}

/* ---- all -------------------------------------------------------------- */

static struct event *reader(struct sources *s, int fd, event_callback_fn fn)
{
	struct event *ev = event_new(s->base, fd, EV_READ | EV_PERSIST, fn, s);

	if (ev && event_add(ev, NULL) < 0) {
		event_free(ev);
		ev = NULL;
	}
	return ev;
}

static int listen_to_udev(struct sources *s)
{
	int r;

	if (!s->agent->udev)
		return 0;
	r = udev_watch(s->agent->udev);
	if (r < 0)
		return r;
	s->udev = reader(s, udev_watch_fd(s->agent->udev), on_udev);
	return s->udev ? 0 : -ENOMEM;
}

int sources_new(struct event_base *base, struct agent *a, struct table *t,
		struct sources **ret, char error[REASON_SIZE])
{
	struct sources *s = calloc(1, sizeof(*s));
	int r = -ENOMEM;

	if (!s)
		goto fail;
	*s = (struct sources) { .base = base, .agent = a, .table = t };
	s->deaths = evtimer_new(base, on_deaths, s);
	s->finder = store_finder_new(base, try_store, s);
	if (!s->deaths || !s->finder)
		goto fail;
	r = host_watch_open(&s->watch);
	if (r < 0)
		goto fail;
	s->netlink = reader(s, host_watch_fd(s->watch), on_netlink);
	r = s->netlink ? listen_to_udev(s) : -ENOMEM;
	if (r < 0)
		goto fail;
	/* Listening first: what comes while we look is not missed. */
	agent_close_store(a);
	store_finder_start(s->finder);
	if (!s->agent->store)
		sources_scan(s);
	*ret = s;
	return 0;
fail:
	text_reason(error, "cannot listen to the kernel: %s", strerror(-r));
	sources_free(s);
	return r;
}

struct sources *sources_free(struct sources *s)
{
	if (!s)
		return NULL;
	drop_store(s);
	s->finder = store_finder_free(s->finder);
	if (s->deaths)
		event_free(s->deaths);
	if (s->udev)
		event_free(s->udev);
	if (s->netlink)
		event_free(s->netlink);
	host_watch_close(s->watch);
	free(s);
	return NULL;
}
