/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources.c - where events come from, and which ports they are about */
#include "agent/daemon/sources.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "agent/daemon/store-finder.h"
#include "agent/base/log.h"

/* Deaths come in bursts, one event each from the C xenstored. */
static const struct timeval death_delay = { 0, 20000 };

/* A join is some ten notifications about the same few links. */
#define SAME_LINK_WITHIN 8
#define BATCH 64

/* Half of what there is for many NICs' questions is the way there and back. */
#define WORKERS 4

/* So long an answer may take. */
static const struct timeval patience = { 5, 0 };

struct sources {
	struct event_base *base;
	struct agent *agent;
	struct table *table;
	struct host_watch *watch;
	struct store_finder *finder;
	struct event *netlink;
	struct event *again;		/* to look at everything */
	struct event *udev;
	struct event *workers;
	struct event *silence;		/* runs while an answer is awaited */
	bool mute;			/* and none has come */
	struct watch *watch_xen;
	struct event *store;
	struct event *deaths;
	bool told_self;			/* the watch of our domid has fired once */
	bool told_root;			/* the one of all NICs, too */
	bool in_dom0;
	bool said_error;		/* why there is no xenstored */
	struct host_event batch[BATCH];	/* of one reading */
	size_t n_batch;
};

/* Something was missed: look at everything again. */
static void scan_later(struct sources *s, int error)
{
	static const struct timeval pause = { 1, 0 };

	if (evtimer_pending(s->again, NULL))
		return;
	log_msg(LOG_WARNING, "%s; rescanning all ports in 1 s", strerror(-error));
	(void)event_add(s->again, &pause);
}

static void mark_id(struct sources *s, const struct port_id *id)
{
	struct port *p = table_add(s->table, id);

	if (p)
		table_mark(s->table, p);
	else
		scan_later(s, -ENOMEM);
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
	if (s->agent->store == STORE_GONE)
		p->keep = true;
	table_mark(s->table, p);
	return 0;
}

void sources_mark(struct sources *s, const struct port_id *id,
		  const int hint[LOOKS])
{
	int r = mark_each(id, hint, s);

	if (r < 0)
		scan_later(s, r);
}

/* Those in the table were marked when the list was requested. */
static void add_nic(struct sources *s, struct vif_id nic)
{
	const struct port_id id = { .is_nic = true, .nic = nic };

	if (!table_find(s->table, &id))
		mark_id(s, &id);
}

static void on_list(struct job *job)
{
	struct sources *s = job->arg;

	if (job->result == -ENOTCONN)
		sources_store_lost(s);
	else if (job->result < 0)
		scan_later(s, job->result);
	for (size_t i = 0; i < job->n && job->result == 0; i++)
		add_nic(s, job->ids[i]);
	job_free(job);
}

/* Returns 0 or a negative errno value. */
static int give(struct sources *s, const struct job *what)
{
	struct job *job = malloc(sizeof(*job));
	int r = -ENOMEM;

	if (job) {
		*job = *what;
		job->arg = s;
		job->self = s->agent->self;
		r = sources_give(s, job);
	}
	if (r < 0)
		free(job);
	return r;
}

static void list_nics(struct sources *s)
{
	const struct job list = { .kind = JOB_LIST, .done = on_list };

	int r = 0;

	if (s->agent->store == STORE_THERE)
		r = give(s, &list);
	if (r < 0)
		scan_later(s, r);
}

void sources_scan(struct sources *s)
{
	struct port *p;
	int r;

	TAILQ_FOREACH(p, &s->table->all, all)
		table_mark(s->table, p);
	r = each_link_port(s->agent, mark_each, s);
	if (r < 0)
		scan_later(s, r);
	list_nics(s);
}

static struct event *reader(struct sources *s, int fd, event_callback_fn fn)
{
	struct event *ev = event_new(s->base, fd, EV_READ | EV_PERSIST, fn, s);

	if (ev && event_add(ev, NULL) < 0) {
		event_free(ev);
		ev = NULL;
	}
	return ev;
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
		if (r.has_nic)
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

static void stop_listening_to_links(struct sources *s);

static void on_netlink(evutil_socket_t fd, short what, void *arg)
{
	struct sources *s = arg;
	int r = host_watch_read(s->watch, on_link, s);

	(void)fd;
	(void)what;
	handle_batch(s);
	if (r == HOST_OVERFLOW) {
		log_msg(LOG_WARNING, "netlink receive buffer overflowed; rescanning all ports");
		sources_scan(s);
	} else if (r < 0) {
		log_msg(LOG_WARNING, "netlink socket failed; opening another one");
		stop_listening_to_links(s);
		scan_later(s, r);
	}
}

static int listen_to_links(struct sources *s)
{
	int r = host_watch_open(&s->watch);

	if (r < 0)
		return r;
	s->netlink = reader(s, host_watch_fd(s->watch), on_netlink);
	return s->netlink ? 0 : -ENOMEM;
}

static void stop_listening_to_links(struct sources *s)
{
	if (s->netlink)
		event_free(s->netlink);
	s->netlink = NULL;
	s->watch = host_watch_close(s->watch);
}

/* What changes while there is no socket is told to nobody. */
static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct sources *s = arg;
	int r = s->watch ? 0 : listen_to_links(s);

	(void)fd;
	(void)what;
	if (r == 0) {
		sources_scan(s);
		return;
	}
	stop_listening_to_links(s);
	scan_later(s, r);
}

/* ---- udev ------------------------------------------------------------- */

/* If it turns out to be a NIC's, that is looked at instead. */
static void mark_link(struct sources *s, int ifindex)
{
	struct port_id id = { .ifindex = ifindex };

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

/* From now on each look asks for its domain. */
static void mark_dead(struct sources *s, struct vif_id nic)
{
	struct port_id id = { .is_nic = true, .nic = nic };
	struct port *p = table_find(s->table, &id);

	if (!p)
		return;
	p->domain_lives = false;
	table_mark(s->table, p);
}

/* Whatever may have happened to them. */
static void mark_nics(struct sources *s)
{
	struct port *p;

	TAILQ_FOREACH(p, &s->table->all, all) {
		if (!p->id.is_nic)
			continue;
		p->domain_lives = false;
		table_mark(s->table, p);
	}
}

static void on_dead(struct job *job)
{
	struct sources *s = job->arg;

	for (size_t i = 0; i < job->n && job->result == 0; i++)
		mark_dead(s, job->ids[i]);
	if (job->result < 0)
		mark_nics(s);
	job_free(job);
}

/* Somebody died; the store knows who is still there. */
static void on_deaths(evutil_socket_t fd, short what, void *arg)
{
	struct sources *s = arg;
	struct job job = { .kind = JOB_DEAD, .done = on_dead };
	struct port *p;

	(void)fd;
	(void)what;
	if (s->agent->store != STORE_THERE)
		return;
	job.ids = calloc(s->table->count + 1, sizeof(*job.ids));
	TAILQ_FOREACH(p, &s->table->all, all)
		if (p->id.is_nic && job.ids)
			job.ids[job.n++] = p->id.nic;
	if (job.ids && give(s, &job) == 0)
		return;
	free(job.ids);
	mark_nics(s);
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

/* Xenstored was new when we connected, and now somebody has filled it: begin
 * anew.  A watch fires once by itself. */
static void learn_self(struct sources *s)
{
	if (s->told_self)
		store_finder_start(s->finder);
	s->told_self = true;
}

/* The first event of the watch is xenstored's answer to setting it; at that
 * point all NICs are marked already. */
static bool is_first_of_root(struct sources *s, const char *path)
{
	char root[VIF_PATHSIZE];

	if (s->told_root)
		return false;
	nic_root(root, s->agent->self);
	s->told_root = strcmp(path, root) == 0;
	return s->told_root;
}

/* An event tells of our own report, too; one question is less than a look. */
static bool is_own_report(const struct sources *s, struct vif_id nic,
			  const char *key)
{
	const struct port_id id = { .is_nic = true, .nic = nic };
	struct port *p = table_find(s->table, &id);

	if (!p || !p->connected || !key || strcmp(key, "hotplug-status") != 0)
		return false;
	table_mark_status(s->table, p);
	return true;
}

static void on_store_path(struct sources *s, const char *path)
{
	const char *key;
	struct vif_id nic;

	if (path[0] == '@')
		event_add(s->deaths, &death_delay);
	else if (strcmp(path, NIC_SELF) == 0)
		learn_self(s);
	else if (is_first_of_root(s, path))
		return;
	else if (vif_path_parse(path, &nic, NULL, &key) < 0)
		mark_below(s, path);
	else if (nic_key_matters(key) && !is_own_report(s, nic, key))
		mark_nic(s, nic);
}

static void stop_watching(struct sources *s)
{
	if (s->store)
		event_free(s->store);
	s->store = NULL;
	s->watch_xen = watch_close(s->watch_xen);
}

static void on_store(evutil_socket_t fd, short what, void *arg)
{
	struct sources *s = arg;
	char path[STORE_PATHSIZE];
	int r;

	(void)fd;
	(void)what;
	while ((r = watch_next(s->watch_xen, path, sizeof(path))) == 0)
		on_store_path(s, path);
	if (r != -EAGAIN)
		sources_store_lost(s);
}

/* It may come back empty: nobody has died of that. */
static void keep_nics(struct sources *s)
{
	struct port *p;

	s->agent->store = STORE_GONE;
	s->agent->self = 0;
	TAILQ_FOREACH(p, &s->table->all, all)
		if (p->id.is_nic)
			p->keep = true;
}

/* What is usual is not worth a line: there is none, or not yet. */
static void be_without_store(struct sources *s, int error)
{
	keep_nics(s);
	if (error != -ENOENT && error != -ECONNREFUSED && error != -ENOTCONN)
		log_once(&s->said_error, LOG_WARNING, "cannot connect to xenstored at %s: %s; trying again",
			 store_socket_path(), strerror(-error));
	else if (s->in_dom0)
		log_once(&s->said_error, LOG_INFO, "xenstored is not running yet (no %s); if it runs in a domain of its own, set XENSTORED_PATH=/dev/xen/xenbus",
			 store_socket_path());
	store_finder_failed(s->finder);
}

/* Returns 0 or -ENOMEM: then it is as if there were none. */
static int take_store(struct sources *s, struct job *job)
{
	bool same = s->agent->store == STORE_THERE &&
		    s->agent->self == job->self;

	stop_watching(s);
	s->watch_xen = job->watch;
	job->watch = NULL;
	s->store = reader(s, watch_fd(s->watch_xen), on_store);
	if (!s->store)
		return -ENOMEM;
	store_finder_end(s->finder);
	s->told_self = s->told_root = false;
	s->said_error = false;
	s->agent->self = job->self;
	s->agent->store = STORE_THERE;
	if (!same)
		log_msg(LOG_INFO, "connected to xenstored; this is domain %u",
			s->agent->self);
	mark_nics(s);
	list_nics(s);
	/* What came with the answers is waiting here, not in the socket. */
	event_active(s->store, EV_READ, 0);
	return 0;
}

static void on_opened(struct job *job)
{
	struct sources *s = job->arg;
	int r = job->result < 0 ? job->result : take_store(s, job);

	if (r < 0) {
		sources_store_lost(s);
		stop_watching(s);
		be_without_store(s, r);
	}
	job_free(job);
}

/* Called by the finder: xenstored may be there. */
static void try_store(void *arg)
{
	static const struct job open = { .kind = JOB_OPEN, .done = on_opened,
					 .wants_watch = true };
	struct sources *s = arg;
	int r = give(s, &open);

	if (r < 0)
		be_without_store(s, r);
}

bool sources_is_stale(const struct sources *s)
{
	return !s->watch_xen || watch_has_hung_up(s->watch_xen);
}

void sources_store_lost(struct sources *s)
{
	if (s->agent->store != STORE_THERE)
		return;
	log_msg(LOG_WARNING, "lost connection to xenstored; ports stay unchanged until it returns");
	stop_watching(s);
	keep_nics(s);
	store_finder_start(s->finder);
}

/* ---- the worker ------------------------------------------------------- */

int sources_give(struct sources *s, struct job *job)
{
	int r = workers_give(s->agent->workers, job);

	if (r == 0 && !evtimer_pending(s->silence, NULL) && !s->mute)
		(void)event_add(s->silence, &patience);
	return r;
}

bool sources_busy(const struct sources *s)
{
	return workers_load(s->agent->workers) > 0 && !s->mute;
}

bool sources_know_store(const struct sources *s)
{
	return s->agent->store != STORE_UNKNOWN || s->mute;
}

bool sources_mute(const struct sources *s)
{
	return s->mute;
}

static void on_silence(evutil_socket_t fd, short what, void *arg)
{
	struct sources *s = arg;

	(void)fd;
	(void)what;
	s->mute = true;
	log_msg(LOG_WARNING, "xenstored does not answer; NICs stay unchanged until it does");
	s->table->wake(s->table->arg);
}

static void on_worker(evutil_socket_t fd, short what, void *arg)
{
	struct sources *s = arg;
	struct workers *w = s->agent->workers;
	struct job *job = workers_take(w);

	(void)fd;
	(void)what;
	if (!job)
		return;
	(void)event_del(s->silence);
	if (s->mute)
		log_msg(LOG_INFO, "xenstored answers again");
	s->mute = false;
	do
		job->done(job);
	while ((job = workers_take(w)));
	if (workers_load(w) > 0)
		(void)event_add(s->silence, &patience);
	/* Also with nothing to look at there is an "idle" to come. */
	s->table->wake(s->table->arg);
}

/* ---- all -------------------------------------------------------------- */

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
	s->silence = evtimer_new(base, on_silence, s);
	s->again = evtimer_new(base, on_again, s);
	s->finder = store_finder_new(base, try_store, s);
	if (!s->deaths || !s->finder || !s->silence || !s->again)
		goto fail;
	s->in_dom0 = store_prepare();
	r = workers_new(WORKERS, &a->workers);
	if (r < 0)
		goto fail;
	s->workers = reader(s, workers_fd(a->workers), on_worker);
	r = s->workers ? listen_to_links(s) : -ENOMEM;
	if (r == 0)
		r = listen_to_udev(s);
	if (r < 0)
		goto fail;
	/* Listening first: what comes while we look is not missed. */
	store_finder_start(s->finder);
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
	stop_watching(s);
	s->finder = store_finder_free(s->finder);
	if (s->workers)
		event_free(s->workers);
	if (s->silence)
		event_free(s->silence);
	if (s->deaths)
		event_free(s->deaths);
	if (s->udev)
		event_free(s->udev);
	if (s->again)
		event_free(s->again);
	stop_listening_to_links(s);
	free(s);
	return NULL;
}
