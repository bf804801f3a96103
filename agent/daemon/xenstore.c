/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenstore.c - the daemon's connection to xenstored, and its events */
#include "agent/daemon/xenstore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/daemon/store-finder.h"

/* Deaths come in bursts, one event each from the C xenstored. */
#define DEATHS_MS 20

struct xenstore {
	const struct sources *sources;
	struct agent *agent;
	struct table *table;
	struct store_finder *finder;
	struct event *workers;		/* a job is done */
	struct timer *silence;		/* runs while an answer is awaited */
	bool silent;			/* and none has come */
	struct watch *watch;
	struct event *watched;		/* it is readable */
	struct timer *deaths;
	bool told_self;			/* the watch of our domid has fired once */
	bool told_root;			/* the one of all NICs, too */
	bool in_dom0;
	bool said_error;		/* why there is no xenstored */
};

/* ---- jobs ------------------------------------------------------------- */

int xenstore_give(struct xenstore *x, struct job *job)
{
	int r = workers_give(x->agent->workers, job);

	if (r == 0 && !timer_is_running(x->silence) && !x->silent)
		(void)timer_start(x->silence, STORE_SILENCE_MS);
	return r;
}

/* A copy of @what.  Returns 0 or a negative errno value. */
static int give(struct xenstore *x, const struct job *what)
{
	struct job *job = malloc(sizeof(*job));
	int r = -ENOMEM;

	if (job) {
		*job = *what;
		job->arg = x;
		job->self = x->agent->self;
		r = xenstore_give(x, job);
	}
	if (r < 0)
		free(job);
	return r;
}

bool xenstore_is_busy(const struct xenstore *x)
{
	return workers_load(x->agent->workers) > 0 && !x->silent;
}

bool xenstore_is_known(const struct xenstore *x)
{
	return x->agent->store != STORE_UNKNOWN || x->silent;
}

bool xenstore_is_silent(const struct xenstore *x)
{
	return x->silent;
}

/* Whose links they are could not be asked for until it was known whether there is a
 * xenstored (scheduler.c). */
static void mark_links(struct xenstore *x)
{
	struct port *p;

	TAILQ_FOREACH(p, &x->table->all, all)
		if (!p->id.is_nic && p->state == PORT_RETRY)
			table_mark(p);
}

static void on_silence(void *arg)
{
	struct xenstore *x = arg;

	x->silent = true;
	mark_links(x);
	log_msg(LOG_WARNING, "xenstored does not answer; NICs stay unchanged until it does");
	x->table->wake(x->table->arg);
}

static void on_worker(evutil_socket_t fd, short what, void *arg)
{
	struct xenstore *x = arg;
	struct workers *w = x->agent->workers;
	struct job *job = workers_take(w);

	(void)fd;
	(void)what;
	if (!job)
		return;
	timer_stop(x->silence);
	if (x->silent)
		log_msg(LOG_INFO, "xenstored answers again");
	x->silent = false;
	do
		job->done(job);
	while ((job = workers_take(w)));
	if (workers_load(w) > 0)
		(void)timer_start(x->silence, STORE_SILENCE_MS);
	/* ops->idle must be called even if no port is due. */
	x->table->wake(x->table->arg);
}

/* ---- which NICs there are --------------------------------------------- */

static void rescan_later(const struct xenstore *x, int error)
{
	x->sources->rescan_later(error, x->sources->arg);
}

/* Those in the table were marked when the list was requested. */
static void add_nic(struct xenstore *x, struct vif_id nic)
{
	const struct port_id id = { .is_nic = true, .nic = nic };

	if (!table_find(x->table, &id))
		sources_mark_nic(x->sources, nic);
}

static void on_list(struct job *job)
{
	struct xenstore *x = job->arg;

	if (job->result == -ENOTCONN)
		xenstore_lost(x);
	else if (job->result < 0)
		rescan_later(x, job->result);
	for (size_t i = 0; i < job->n && job->result == 0; i++)
		add_nic(x, job->ids[i]);
	job_free(job);
}

void xenstore_list(struct xenstore *x)
{
	const struct job list = { .kind = JOB_LIST, .done = on_list };
	int r = 0;

	if (x->agent->store == STORE_THERE)
		r = give(x, &list);
	if (r < 0)
		rescan_later(x, r);
}

/* ---- deaths ----------------------------------------------------------- */

/* From now on each check asks for its domain. */
static void mark_doubtful(struct port *p)
{
	p->domain_lives = false;
	table_mark(p);
}

static void mark_dead(struct xenstore *x, struct vif_id nic)
{
	struct port_id id = { .is_nic = true, .nic = nic };
	struct port *p = table_find(x->table, &id);

	if (p)
		mark_doubtful(p);
}

/* Check all of them, and their domains. */
static void mark_nics(struct xenstore *x)
{
	struct port *p;

	TAILQ_FOREACH(p, &x->table->all, all)
		if (p->id.is_nic)
			mark_doubtful(p);
}

static void on_dead(struct job *job)
{
	struct xenstore *x = job->arg;

	for (size_t i = 0; i < job->n && job->result == 0; i++)
		mark_dead(x, job->ids[i]);
	if (job->result < 0)
		mark_nics(x);
	job_free(job);
}

/* A domain has died; xenstored knows which ones still exist. */
static void on_deaths(void *arg)
{
	struct xenstore *x = arg;
	struct job job = { .kind = JOB_DEAD, .done = on_dead };
	struct port *p;

	if (x->agent->store != STORE_THERE)
		return;
	job.ids = calloc(x->table->count + 1, sizeof(*job.ids));
	TAILQ_FOREACH(p, &x->table->all, all)
		if (p->id.is_nic && job.ids)
			job.ids[job.n++] = p->id.nic;
	if (job.ids && give(x, &job) == 0)
		return;
	free(job.ids);
	mark_nics(x);
}

/* ---- watches ---------------------------------------------------------- */

/* A directory that contains NICs: one domain's, or all domains'. */
static void mark_below(struct xenstore *x, const char *dir)
{
	size_t len = strlen(dir);
	char path[VIF_PATHSIZE];
	struct port *p;

	TAILQ_FOREACH(p, &x->table->all, all) {
		if (!p->id.is_nic)
			continue;
		vif_path_make(path, x->agent->self, p->id.nic);
		if (strncmp(path, dir, len) == 0 && path[len] == '/')
			table_mark(p);
	}
}

/* The store was empty when we connected, and now it is filled: connect again.
 * A watch fires once by itself. */
static void learn_self(struct xenstore *x)
{
	if (x->told_self)
		store_finder_start(x->finder);
	x->told_self = true;
}

/* The first event of the watch is xenstored's answer to setting it; at that
 * point all NICs are marked already. */
static bool is_first_of_root(struct xenstore *x, const char *path)
{
	char root[VIF_PATHSIZE];

	if (x->told_root)
		return false;
	nic_root(root, x->agent->self);
	x->told_root = strcmp(path, root) == 0;
	return x->told_root;
}

/* Our own report causes an event, too; one request is less than a check. */
static bool is_own_report(const struct xenstore *x, struct vif_id nic,
			  const char *key)
{
	const struct port_id id = { .is_nic = true, .nic = nic };
	struct port *p = table_find(x->table, &id);

	if (!p || !p->connected || !key || strcmp(key, "hotplug-status") != 0)
		return false;
	table_mark_status(p);
	return true;
}

static void on_store_path(struct xenstore *x, const char *path)
{
	const char *key;
	struct vif_id nic;

	if (path[0] == '@')
		(void)timer_start(x->deaths, DEATHS_MS);
	else if (strcmp(path, NIC_SELF) == 0)
		learn_self(x);
	else if (is_first_of_root(x, path))
		return;
	else if (vif_path_parse(path, &nic, NULL, &key) < 0)
		mark_below(x, path);
	else if (nic_key_matters(key) && !is_own_report(x, nic, key))
		sources_mark_nic(x->sources, nic);
}

static void stop_watching(struct xenstore *x)
{
	x->watched = sources_stop(x->watched);
	x->watch = watch_close(x->watch);
}

static void on_store(evutil_socket_t fd, short what, void *arg)
{
	struct xenstore *x = arg;
	char path[STORE_PATHSIZE];
	int r;

	(void)fd;
	(void)what;
	while ((r = watch_next(x->watch, path, sizeof(path))) == 0)
		on_store_path(x, path);
	if (r != -EAGAIN)
		xenstore_lost(x);
}

/* ---- the connection --------------------------------------------------- */

/* It may come back with an empty store, which does not mean that NICs died. */
static void keep_nics(struct xenstore *x)
{
	struct port *p;

	if (x->agent->store != STORE_GONE)
		mark_links(x);
	x->agent->store = STORE_GONE;
	x->agent->self = 0;
	TAILQ_FOREACH(p, &x->table->all, all)
		if (p->id.is_nic)
			p->keep = true;
}

/* It is normal that xenstored does not run, or not yet: no message then,
 * except in dom0. */
static void be_without_store(struct xenstore *x, int error)
{
	keep_nics(x);
	if (error != -ENOENT && error != -ECONNREFUSED && error != -ENOTCONN)
		log_once(&x->said_error, LOG_WARNING, "cannot connect to xenstored at %s: %s; trying again",
			 store_socket_path(), strerror(-error));
	else if (x->in_dom0)
		log_once(&x->said_error, LOG_INFO, "xenstored is not running yet (no %s); if it runs in a domain of its own, set XENSTORED_PATH=/dev/xen/xenbus",
			 store_socket_path());
	store_finder_failed(x->finder);
}

/* Returns 0, or -ENOMEM: then go on without xenstored. */
static int take_store(struct xenstore *x, struct job *job)
{
	bool same = x->agent->store == STORE_THERE &&
		    x->agent->self == job->self;

	stop_watching(x);
	x->watch = job->watch;
	job->watch = NULL;
	x->watched = sources_reader(x->sources, watch_fd(x->watch), on_store, x);
	if (!x->watched)
		return -ENOMEM;
	store_finder_end(x->finder);
	x->told_self = x->told_root = false;
	x->said_error = false;
	x->agent->self = job->self;
	x->agent->store = STORE_THERE;
	if (!same)
		log_msg(LOG_INFO, "connected to xenstored; this is domain %u",
			x->agent->self);
	mark_links(x);
	mark_nics(x);
	xenstore_list(x);
	/* Events that came with the answers wait in libxenstore, not in the socket. */
	event_active(x->watched, EV_READ, 0);
	return 0;
}

static void on_opened(struct job *job)
{
	struct xenstore *x = job->arg;
	int r = job->result < 0 ? job->result : take_store(x, job);

	if (r < 0) {
		xenstore_lost(x);
		stop_watching(x);
		be_without_store(x, r);
	}
	job_free(job);
}

/* Called by the finder: xenstored may be there. */
static void try_store(void *arg)
{
	static const struct job open = { .kind = JOB_OPEN, .done = on_opened,
					 .wants_watch = true };
	struct xenstore *x = arg;
	int r = give(x, &open);

	if (r < 0)
		be_without_store(x, r);
}

bool xenstore_is_stale(const struct xenstore *x)
{
	return !x->watch || watch_has_hung_up(x->watch);
}

void xenstore_lost(struct xenstore *x)
{
	if (x->agent->store != STORE_THERE)
		return;
	log_msg(LOG_WARNING, "lost connection to xenstored; ports stay unchanged until it returns");
	stop_watching(x);
	keep_nics(x);
	store_finder_start(x->finder);
}

/* ---- all -------------------------------------------------------------- */

void xenstore_start(struct xenstore *x)
{
	store_finder_start(x->finder);
}

/* Returns 0 or a negative errno value. */
static int prepare(struct xenstore *x)
{
	const struct sources *s = x->sources;
	int r;

	x->deaths = timer_new(s->base, on_deaths, x);
	x->silence = timer_new(s->base, on_silence, x);
	x->finder = store_finder_new(s->base, try_store, x);
	if (!x->deaths || !x->silence || !x->finder)
		return -ENOMEM;
	x->in_dom0 = store_prepare();
	r = workers_new(WORKERS, &x->agent->workers);
	if (r < 0)
		return r;
	x->workers = sources_reader(s, workers_fd(x->agent->workers), on_worker,
				   x);
	return x->workers ? 0 : -ENOMEM;
}

int xenstore_new(const struct sources *sources, struct xenstore **ret)
{
	struct xenstore *x = calloc(1, sizeof(*x));
	int r;

	if (!x)
		return -ENOMEM;
	*x = (struct xenstore) { .sources = sources, .agent = sources->agent,
				 .table = sources->table };
	r = prepare(x);
	if (r < 0) {
		xenstore_free(x);
		return r;
	}
	*ret = x;
	return 0;
}

struct xenstore *xenstore_free(struct xenstore *x)
{
	if (!x)
		return NULL;
	stop_watching(x);
	x->finder = store_finder_free(x->finder);
	x->workers = sources_stop(x->workers);
	x->silence = timer_free(x->silence);
	x->deaths = timer_free(x->deaths);
	free(x);
	return NULL;
}
