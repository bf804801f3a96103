/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scheduler.c - which port is checked when */
#include "agent/daemon/scheduler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/daemon/contention.h"
#include "agent/daemon/digest.h"
#include "agent/daemon/news.h"
#include "agent/daemon/retry.h"
#include "agent/engine/reconcile.h"

/* Checks between two turns of the event loop, and NICs whose keys are read at
 * once: keys that wait long for their check may be outdated. */
#define BATCH 32

/* Links deleted at once, at most. */
#define DELETES 4096

/* For this many tries a bridge may look as if it is being set up: some 3 s. */
#define PATIENCE 3

struct scheduler {
	const struct sources *sources;
	struct agent *agent;
	struct table *table;
	struct xenstore *xenstore;
	const struct keeper_ops *ops;
	struct digest digest;
	struct timer *work;
	unsigned int asked;		/* NICs whose keys are being read */
};

/* ---- ports that fail, or are gone ------------------------------------- */

static void failed(struct port *p, int error)
{
	news_failed(p, error);
	retry_soon(p, PORT_CHECK_FAILED, false);
}

static void mark_found(struct scheduler *s, const struct port_id *id,
		       const int hint[LOOKS])
{
	int r = sources_mark_found(s->sources, id, hint);

	if (r < 0)
		s->sources->rescan_later(r, s->sources->arg);
}

/* An event that came while its keys were read may be about a new NIC with the
 * same number. */
static void drop(struct scheduler *s, struct port *p)
{
	const struct port old = *p;

	table_remove(s->table, p);
	if (old.due)
		mark_found(s, &old.id, old.ifindex);
}

/* ---- jobs ------------------------------------------------------------- */

/* What is read from xenstore for a port, or written. */
struct errand {
	struct job job;
	struct port_id port;
	int hint[LOOKS];	/* where its links were by then */
};

static void on_keys(struct job *job);
static void on_told(struct job *job);

static void run_errand(struct scheduler *s, struct port *p,
		       const struct job *what)
{
	struct errand *e = malloc(sizeof(*e));
	int r = -ENOMEM;

	if (e) {
		*e = (struct errand) { .job = *what, .port = p->id };
		memcpy(e->hint, p->ifindex, sizeof(e->hint));
		e->job.arg = s;
		e->job.self = s->agent->self;
		table_set_job(p, &e->job);
		r = xenstore_give(s->xenstore, &e->job);
	}
	if (r < 0) {
		table_set_job(p, NULL);
		free(e);
		failed(p, r);
		return;
	}
	s->asked += what->done == on_keys;
}

/* Read the NIC's keys. */
static void ask(struct scheduler *s, struct port *p, struct vif_id nic,
		enum due due)
{
	struct job job = { .kind = JOB_KEYS, .done = on_keys, .id = nic };

	if (due == DUE_STATUS && p->connected)
		job.kind = JOB_CONNECTED;
	job.questions = agent_questions(s->agent);
	/* Once; xenstored tells when it dies (@releaseDomain). */
	if (p->domain_lives)
		job.questions &= ~(unsigned int)NIC_ASK_DOMAIN;
	run_errand(s, p, &job);
}

/* Write what a check decided, unless xenstore has it already. */
static void tell(struct scheduler *s, struct port *p, const struct nic *nic,
		 struct tell *what)
{
	struct job job = { .kind = JOB_TELL, .done = on_told,
			   .id = p->id.nic, .nic = *nic };

	what->mtu_is_new |= what->mtu != p->told_mtu;
	if (!nic_needs(nic, what))
		return;
	job.tell = *what;
	run_errand(s, p, &job);
}

/* The port that a job was for; NULL: it has been forgotten meanwhile, and perhaps
 * added anew. */
static struct port *port_of_job(const struct scheduler *s, struct job *job)
{
	const struct errand *e = (const struct errand *)job;
	struct port *p = table_find(s->table, &e->port);

	return p && p->job == job ? p : NULL;
}

/* ---- a check ---------------------------------------------------------- */

static unsigned int look_flags(const struct scheduler *s, const struct port *p)
{
	unsigned int flags = s->ops->passive ? LOOK_SEARCH : LOOK_ACT;

	if (p->keep)
		flags |= LOOK_KEEP;
	if (p->tries < PATIENCE)
		flags |= LOOK_PATIENT;
	if (p->tries == 0)
		flags |= LOOK_YIELD;
	if (p->unblock)
		flags |= LOOK_UNBLOCK;
	return flags;
}

/* @hint: its links' ifindices when its keys were requested */
static struct request make_request(const struct scheduler *s,
				   const struct port *p, const struct nic *nic,
				   const int hint[LOOKS])
{
	unsigned int delay = s->agent->config->toolstack_delay;
	struct request q = { .id = p->id, .flags = look_flags(s, p),
			     .nic = nic,
			     .status_is_stale = p->status_is_stale };

	memcpy(q.hint, hint, sizeof(q.hint));
	q.delay_is_over = p->early_since && !retry_early_for(p, delay);
	return q;
}

/* A port that is held stays so as long as only its state is changed. */
static bool stays_held(struct scheduler *s, struct port *p,
		       const struct request *request)
{
	struct request q = *request;
	struct look looks[LOOKS];
	struct tell unused;
	int n;

	if (p->state != PORT_HELD)
		return false;
	q.flags &= ~(unsigned int)LOOK_ACT;
	n = reconcile(s->agent, &q, looks, &unused);
	return n != -ENODATA && contention_persists(p, looks, n);
}

/* Its guard is not to come back with those of the others. */
static void forget_guards(const struct scheduler *s, const struct look *looks, int n)
{
	struct host *h = s->agent->host;

	for (int i = 0; i < n; i++)
		if (looks[i].found && (looks[i].state.owner != OWNER_US ||
				       !looks[i].state.record.guarded))
			h->ops->forget_guard(h, looks[i].state.link.ifindex);
}

/* Returns the port, or NULL if there is none any more. */
static struct port *take_looks(struct scheduler *s, struct port *p,
			       const struct look *looks, int n,
			       const struct tell *what)
{
	forget_guards(s, looks, n);
	if (n > 0 && digest_looks(&s->digest, p, looks, n))
		return p;
	if (n < 0 && n != -ENODEV) {
		failed(p, n);
		return p;
	}
	if (n <= 0 && what->remove)
		return p;
	if (n <= 0)
		news_gone(s->ops, p);
	drop(s, p);
	return NULL;
}

/* Whether a link is a NIC's xenstore knows.  Until that can be asked the port is not in
 * order; daemon/xenstore.c marks it then. */
static void ask_for_link(struct scheduler *s, struct port *p, struct vif_id nic)
{
	if (xenstore_is_known(s->xenstore))
		ask(s, p, nic, DUE_ALL);
	else
		retry_soon(p, PORT_CHECK_FAILED, false);
}

static void without_answer(struct scheduler *s, struct port *p)
{
	xenstore_lost(s->xenstore);
	if (!p->id.is_nic)
		retry_soon(p, PORT_CHECK_FAILED, false);
}

static void look_at(struct scheduler *s, struct port *p, const struct nic *nic,
		    const int hint[LOOKS])
{
	const struct request q = make_request(s, p, nic, hint);
	struct look looks[LOOKS];
	struct tell what;
	int n;

	if (stays_held(s, p, &q))
		return;
	n = reconcile(s->agent, &q, looks, &what);
	if (n == -ENODATA) {
		ask_for_link(s, p, looks[0].id.nic);
		return;
	}
	retry_event(p, PORT_RELEASED, 0);
	if (n > 0 && looks_learn(looks, n, p->ifindex)) {
		table_mark(p);
		return;
	}
	p = take_looks(s, p, looks, n, &what);
	/* It is this NIC's. */
	if (n == -ENODEV && !q.id.is_nic && looks[0].id.is_nic)
		mark_found(s, &looks[0].id, NULL);
	if (p && n >= 0 && nic)
		tell(s, p, nic, &what);
}

/* ---- what xenstored answers ------------------------------------------- */

static void take_keys(struct scheduler *s, struct port *p,
		      const struct job *job)
{
	/* The domain may have died since the request; then the port is due. */
	if (job->questions & NIC_ASK_DOMAIN)
		p->domain_lives = job->nic.exists && job->nic.has_domain &&
				  !p->due;
	if (!job->nic.exists && xenstore_is_stale(s->xenstore))
		without_answer(s, p);
	else
		look_at(s, p, &job->nic, ((const struct errand *)job)->hint);
}

static void on_keys(struct job *job)
{
	struct scheduler *s = job->arg;
	struct port *p = port_of_job(s, job);

	s->asked--;
	if (p) {
		table_set_job(p, NULL);
		if (job->result == -ENOTCONN)
			without_answer(s, p);
		else if (job->result < 0)
			failed(p, job->result);
		else if (job->kind == JOB_KEYS)
			take_keys(s, p, job);
		else if (!job->result)
			table_mark(p);
	}
	job_free(job);
}

static void take_told(struct scheduler *s, struct port *p,
		      const struct job *job)
{
	if (job->result == 0) {
		p->status_is_stale = p->status_is_stale && !p->connected;
		if (job->tell.mtu)
			p->told_mtu = job->tell.mtu;
		return;
	}
	p->connected = false;
	if (job->result == -ENOTCONN)
		xenstore_lost(s->xenstore);
	else if (job->result == -ENOENT)
		/* Its state has changed: what was decided no longer holds. */
		table_mark(p);
	else
		failed(p, job->result);
}

static void on_told(struct job *job)
{
	struct scheduler *s = job->arg;
	struct port *p = port_of_job(s, job);

	if (p) {
		table_set_job(p, NULL);
		take_told(s, p, job);
	}
	job_free(job);
}

/* ---- a turn ----------------------------------------------------------- */

/* Until it is known whether there is a xenstored, NICs wait. */
static bool may_ask(const struct scheduler *s)
{
	return s->asked < BATCH && xenstore_is_known(s->xenstore);
}

/* Those whose links only go into the collection to be deleted cost little, and
 * the more there are the less each costs. */
static unsigned int check_links(struct scheduler *s)
{
	const struct host *host = s->agent->host;
	unsigned int checks = 0;
	struct port *p;
	enum due due;

	while (checks < BATCH && host->collected < DELETES &&
	       (p = table_next(s->table, false, &due))) {
		unsigned int before = host->collected;

		look_at(s, p, NULL, p->ifindex);
		checks += host->collected == before;
	}
	return checks;
}

static void check_nics(struct scheduler *s, unsigned int checks)
{
	struct port *p;
	enum due due;

	while (checks < BATCH && may_ask(s) &&
	       (p = table_next(s->table, true, &due))) {
		checks++;
		if (s->agent->store == STORE_THERE)
			ask(s, p, p->id.nic, due);
		else
			look_at(s, p, NULL, p->ifindex);
	}
}

static void delete_collected(struct scheduler *s)
{
	struct host *host = s->agent->host;
	int r = host->ops->delete_collected(host);

	if (r < 0)
		log_msg(LOG_ERR, "cannot delete links: %s%s%s",
			strerror(-r), host->error[0] ? ": " : "", host->error);
}

/* Go on, or be done. */
static void go_on(struct scheduler *s)
{
	const struct xenstore *x = s->xenstore;
	struct table *t = s->table;

	if (!TAILQ_EMPTY(&t->due[false]) ||
	    (!TAILQ_EMPTY(&t->due[true]) && may_ask(s)))
		scheduler_wake(s);
	else if (s->ops->idle && !xenstore_is_busy(x) &&
		 (table_is_clean(t) || xenstore_is_silent(x)))
		s->ops->idle(s->ops->arg);
}

/* Only a few ports in one turn, so that events do not wait long. */
static void on_work(void *arg)
{
	struct scheduler *s = arg;
	struct host *host = s->agent->host;

	host->ops->collect_deletes(host);
	check_nics(s, check_links(s));
	delete_collected(s);
	go_on(s);
}

void scheduler_wake(struct scheduler *s)
{
	if (!timer_is_running(s->work))
		(void)timer_start(s->work, 0);
}

struct scheduler *scheduler_new(const struct sources *sources,
				struct xenstore *xenstore,
				const struct keeper_ops *ops)
{
	struct scheduler *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct scheduler) {
		.sources = sources,
		.agent = sources->agent,
		.table = sources->table,
		.xenstore = xenstore,
		.ops = ops,
		.digest = { .agent = sources->agent, .ops = ops,
			    .processes.host = sources->agent->host },
		.work = timer_new(sources->base, on_work, s),
	};
	return s->work ? s : scheduler_free(s);
}

struct scheduler *scheduler_free(struct scheduler *s)
{
	if (!s)
		return NULL;
	s->work = timer_free(s->work);
	free(s);
	return NULL;
}
