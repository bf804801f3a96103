/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keeper.c - looks at the ports that deserve it, and keeps them in order */
#include "agent/daemon/keeper.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/engine/reconcile.h"

/* Looks between two turns of the event loop, and NICs whose keys are asked for
 * at once: what has been read long before the look is the more likely stale. */
#define BATCH 32

/* Links deleted at once, at most. */
#define DELETES 4096

/* Pauses between tries of what failed, or waits: they double. */
#define RETRY_FIRST_MS 500
#define RETRY_LAST_MS (5 * 60 * 1000)

/* Tries for which a bridge may seem to be being set up: some 3 s. */
#define PATIENCE 3

/* This often within this time may a port that was in order be put right;
 * then somebody is at work, and we let him for a while. */
#define CORRECTIONS_MAX 8
#define CORRECTIONS_MS 10000
#define HOLD_FIRST_MS 10000
#define HOLD_LAST_MS (10 * 60 * 1000)

struct keeper {
	struct event_base *base;
	struct agent *agent;
	const struct keeper_ops *ops;
	struct table table;
	struct sources *sources;
	struct event *work;
	unsigned int asked;		/* NICs whose keys are on their way */
	bool said_polling;
	unsigned int seed;
};

static void wake(void *arg)
{
	struct keeper *k = arg;

	event_active(k->work, 0, 0);
}

/* ---- time ------------------------------------------------------------- */

static int64_t ms_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - then->tv_sec) * 1000 +
	       (now.tv_nsec - then->tv_nsec) / 1000000;
}

static unsigned int doubled(unsigned int first, unsigned int times,
			    unsigned int last)
{
	while (times-- > 0 && first < last)
		first *= 2;
	return first < last ? first : last;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct port *p = arg;
	struct keeper *k = p->keeper;

	(void)fd;
	(void)what;
	p->held = false;
	p->tries++;
	table_mark(&k->table, p);
}

static void set_timer(struct keeper *k, struct port *p, unsigned int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
			      .tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	if (!p->timer)
		p->timer = evtimer_new(k->base, on_timer, p);
	/* Without memory for a timer it is looked at at once. */
	if (!p->timer || event_add(p->timer, &tv) < 0)
		table_mark(&k->table, p);
}

/* A quarter more or less, lest all come at once. */
static void look_again(struct keeper *k, struct port *p, unsigned int ms)
{
	unsigned int quarter = ms / 4;

	set_timer(k, p, ms - quarter +
		  (unsigned int)rand_r(&k->seed) % (2 * quarter + 1));
}

static void stop_timer(struct port *p)
{
	p->tries = 0;
	if (!p->timer)
		return;
	event_free(p->timer);
	p->timer = NULL;
}

/* ---- what has been said ----------------------------------------------- */

/* FNV-1a, to see whether a text is the one of last time. */
static uint32_t hash(uint32_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

#define HASH_START 2166136261u

/* What another try will not change is said, and said once. */
static void say(struct keeper *k, const struct look *look, bool *ret_news,
		struct port *p)
{
	uint32_t said = hash(HASH_START, look->reason);
	enum part part = look->part;
	bool news = p->verdict[part] != look->verdict || p->said[part] != said;
	int level = look->verdict == REFUSED || look->verdict == FAILED ?
		LOG_WARNING : LOG_INFO;

	*ret_news |= news;
	p->verdict[part] = look->verdict;
	p->said[part] = said;
	if (k->ops->news && news)
		k->ops->news(look, k->ops->arg);
	if (k->ops->passive)
		return;
	if (look->verdict == IN_ORDER && (news || look->joined))
		log_msg(LOG_INFO, "%s: on %s (%s, by %s)", look->name,
			wish_place(&look->wish), look->wish.network,
			source_name(look->wish.by));
	else if (look->verdict == NOT_OURS && look->steps)
		log_msg(LOG_INFO, "%s: %s", look->name,
			look->state.record.made ? "deleted" : "left");
	else if (look->verdict != NOT_OURS && look->reason[0])
		log_msg(news ? level : LOG_DEBUG, "%s: %s", look->name,
			look->reason);
}

/* ---- giving way ------------------------------------------------------- */

static uint32_t wish_hash(const struct look *looks, int n)
{
	uint32_t h = HASH_START;

	for (int i = 0; i < n; i++) {
		h = hash(h, wish_place(&looks[i].wish));
		h = hash(h, looks[i].wish.name);
		h = (h ^ looks[i].wish.mtu) * 16777619u;
		h = (h ^ (uint32_t)state_place(&looks[i].state)->ifindex) *
		    16777619u;
		h = (h ^ state_place(&looks[i].state)->mtu) * 16777619u;
		h = (h ^ looks[i].wish.mode) * 16777619u;
		h = (h ^ (uint32_t)looks[i].state.link.ifindex) * 16777619u;
	}
	return h;
}

/* The link's record tells everybody why it is not put right. */
static void tell_held(struct keeper *k, const struct look *look)
{
	struct step step = { .kind = STEP_CHANGE,
			     .change = { .fields = CHANGE_ALIAS } };
	struct host *h = k->agent->host;
	struct record r = look->state.record;
	struct link now;

	if (look->state.owner != OWNER_US)
		return;
	r.held = true;
	/* It may be another's by now. */
	if (h->ops->link_by_index(h, look->state.link.ifindex, &now) < 0 ||
	    strcmp(now.alias, look->state.link.alias) != 0)
		return;
	if (record_print(&r, step.change.alias) > 0)
		(void)h->ops->do_step(h, look->state.link.ifindex, &step);
}

static void hold(struct keeper *k, struct port *p, const struct look *looks,
		 int n)
{
	unsigned int ms = doubled(HOLD_FIRST_MS, p->holds, HOLD_LAST_MS);

	for (int i = 0; i < n; i++) {
		if (!looks[i].steps)
			continue;
		log_msg(p->holds ? LOG_DEBUG : LOG_WARNING,
			"%s: put right %u times in %lld ms: %s",
			looks[i].name, p->corrections,
			(long long)ms_since(&p->first_correction),
			HELD_REASON);
		tell_held(k, &looks[i]);
	}
	p->holds++;
	p->held = true;
	p->corrections = 0;
	look_again(k, p, ms);
}

/* Was it in order, is nothing else wished, and was it changed all the same?
 * Then somebody else did that. */
static void count_corrections(struct keeper *k, struct port *p,
			      const struct look *looks, int n)
{
	uint32_t h = wish_hash(looks, n);
	bool same = h == p->wish_hash;
	unsigned int steps = 0;

	for (int i = 0; i < n; i++)
		steps += looks[i].verdict == IN_ORDER ? looks[i].steps : 0;
	p->wish_hash = h;
	if (!same || !steps)
		return;
	if (!p->corrections || ms_since(&p->first_correction) >
	    CORRECTIONS_MS) {
		/* A quiet while: whoever it was has gone. */
		if (p->corrections && p->corrections < CORRECTIONS_MAX / 2)
			p->holds = 0;
		p->corrections = 0;
		clock_gettime(CLOCK_MONOTONIC, &p->first_correction);
	}
	if (++p->corrections >= CORRECTIONS_MAX)
		hold(k, p, looks, n);
}

/* ---- giving the toolstack time ---------------------------------------- */

/* How long it is still too early: ms. */
static unsigned int early_for(const struct keeper *k, const struct port *p)
{
	int64_t left = k->agent->config->toolstack_delay -
		       ms_since(&p->early_since);

	return left > 0 ? (unsigned int)left : 0;
}

/* The delay begins with the first look that was early. */
static void count_delay(struct port *p, bool early)
{
	if (early && !p->early)
		clock_gettime(CLOCK_MONOTONIC, &p->early_since);
	p->early = early;
}

/* ---- links that go with a process ------------------------------------- */

/* Deaths come in bursts, and links go the quicker the more go together. */
#define DEATHS_MS 20

/* How often it is looked for, where its end cannot be heard of. */
#define PROCESS_MS 10000

static void on_exit_of(evutil_socket_t fd, short what, void *arg)
{
	struct port *p = arg;

	(void)fd;
	(void)what;
	table_forget_exit(p);
	set_timer(p->keeper, p, DEATHS_MS);
}

/* So many are left for what cannot do without. */
#define DESCRIPTORS_KEPT 64

/* Returns the pidfd or a negative errno value. */
static int open_pidfd(int pid)
{
	struct rlimit limit;
	int fd = pidfd_open(pid, 0);

	if (fd < 0)
		return -errno;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    (rlim_t)fd + DESCRIPTORS_KEPT >= limit.rlim_cur) {
		close(fd);
		return -EMFILE;
	}
	return fd;
}

static void wait_for_exit(struct keeper *k, struct port *p,
			  const struct process *process)
{
	int fd;

	if (!process->pid || p->exit)
		return;
	fd = open_pidfd(process->pid);
	if (fd >= 0)
		p->exit = event_new(k->base, fd, EV_READ, on_exit_of, p);
	if (fd >= 0 && !p->exit)
		close(fd);
	if (p->exit)
		(void)event_add(p->exit, NULL);
	else if (fd != -ESRCH)
		log_once(&k->said_polling, LOG_WARNING, "cannot wait for the end of processes (%s): checking every 10 s",
			 strerror(fd < 0 ? -fd : ENOMEM));
	/* It may have ended, and its number be another's, just before. */
	if (!k->agent->host->ops->process_lives(k->agent->host, process))
		table_mark(&k->table, p);
}

/* ---- looking ---------------------------------------------------------- */

/* Where things were, so that the next event about them is recognized. */
static void remember(struct keeper *k, struct port *p, const struct look *look)
{
	const struct state *s = &look->state;
	struct place *place = &p->place[look->part];

	memcpy(p->name, look->name, sizeof(p->name));
	p->ifindex[look->part] = look->found ? s->link.ifindex : 0;
	p->link_hash[look->part] = look->verdict == IN_ORDER ?
		link_hash(&s->link) : 0;
	/* perhaps only in a moment; an event about it comes after that */
	p->connected = p->connected || look->connected;
	memcpy(place->name, wish_place(&look->wish), sizeof(place->name));
	place->ifindex = state_place(s)->ifindex;
	place->mtu = state_place(s)->mtu;
	table_set_holder(&k->table, p, look->part,
			 s->have_holder ? s->holder.ifindex : 0);
}

/* What is not in order is looked at again, the later the longer it lasts. */
static void look_on(struct keeper *k, struct port *p, bool unwell, bool news)
{
	if (!unwell) {
		stop_timer(p);
		return;
	}
	if (news)
		p->tries = 0;
	look_again(k, p, doubled(RETRY_FIRST_MS, p->tries, RETRY_LAST_MS));
}

/* An event that came while its keys were on their way may be the first one of
 * another life.  Returns NULL. */
static struct port *drop(struct keeper *k, struct port *p)
{
	const struct port old = *p;

	table_remove(&k->table, p);
	if (old.dirty)
		sources_mark(k->sources, &old.id, old.ifindex);
	return NULL;
}

/* Returns the port, or NULL if there is none any more. */
static struct port *digest(struct keeper *k, struct port *p,
			   const struct look *looks, int n)
{
	const struct process *process = &looks[0].state.record.process;
	bool alive = false, unwell = false, news = false, early = false;

	for (int i = 0; i < LOOKS; i++) {
		p->place[i] = (struct place) { 0 };
		table_set_holder(&k->table, p, i, 0);
		p->ifindex[i] = 0;
	}
	p->untold = p->connected = false;
	for (int i = 0; i < n; i++) {
		const struct look *look = &looks[i];

		if (look->nic_exists)
			p->keep = false;
		say(k, look, &news, p);
		remember(k, p, look);
		alive |= look->verdict != NOT_OURS || look->nic_exists;
		unwell |= look->verdict != NOT_OURS &&
			  look->verdict != IN_ORDER;
		early |= look->early;
		p->untold |= look->untold;
	}
	if (!alive)
		return drop(k, p);
	if (k->ops->passive) {
		look_on(k, p, unwell, news);
		return p;
	}
	count_corrections(k, p, looks, n);
	count_delay(p, early);
	wait_for_exit(k, p, process);
	if (p->held)
		return p;
	if (early) {
		set_timer(k, p, early_for(k, p));
		return p;
	}
	look_on(k, p, unwell, news);
	if (!unwell && process->pid && !p->exit)
		set_timer(k, p, PROCESS_MS);
	return p;
}

/* One that is held is left alone as long as only somebody changes it; not when
 * something else is wished, or its NIC is gone. */
static bool stays_held(struct keeper *k, struct port *p, const struct nic *nic,
		       unsigned int flags, const int hint[LOOKS])
{
	struct look looks[LOOKS];
	struct tell tell;
	int n = reconcile(k->agent, &p->id, nic, flags & ~(unsigned int)LOOK_ACT,
			  hint, looks, &tell);

	if (n == -ENODATA)
		return false;
	for (int i = 0; i < n; i++)
		if (looks[i].leaving)
			return false;
	return n > 0 && wish_hash(looks, n) == p->wish_hash;
}

static void failed(struct keeper *k, struct port *p, int r)
{
	log_msg(p->tries ? LOG_DEBUG : LOG_WARNING,
		"a look at a port failed: %s", strerror(-r));
	look_again(k, p, doubled(RETRY_FIRST_MS, p->tries, RETRY_LAST_MS));
}

/* Nothing of the port is left.  Returns NULL. */
static struct port *forget(struct keeper *k, struct port *p)
{
	struct look gone = { .id = p->id, .verdict = NOT_OURS };

	text_reason(gone.reason, "it is gone");
	memcpy(gone.name, p->name, sizeof(gone.name));
	if (k->ops->news && p->name[0])
		k->ops->news(&gone, k->ops->arg);
	return drop(k, p);
}

/* What is asked of xenstored for a port, or told. */
struct errand {
	struct job job;
	struct port_id port;
	int hint[LOOKS];	/* where its links were by then */
};

static void on_keys(struct job *job);
static void on_told(struct job *job);

static void run_errand(struct keeper *k, struct port *p, const struct job *what)
{
	struct errand *e = malloc(sizeof(*e));
	int r = -ENOMEM;

	if (e) {
		*e = (struct errand) { .job = *what, .port = p->id };
		memcpy(e->hint, p->ifindex, sizeof(e->hint));
		e->job.arg = k;
		e->job.self = k->agent->self;
		table_set_busy(&k->table, p, &e->job);
		r = sources_give(k->sources, &e->job);
	}
	if (r < 0) {
		table_set_busy(&k->table, p, NULL);
		free(e);
		failed(k, p, r);
		return;
	}
	k->asked += what->done == on_keys;
}

/* Once; xenstored tells when one dies (@releaseDomain), to dom0 only. */
static bool asks_domain(const struct keeper *k, const struct port *p)
{
	return k->agent->self == 0 && !p->domain_lives;
}

static void ask(struct keeper *k, struct port *p, struct vif_id nic)
{
	const struct job job = { .kind = p->status_only && p->connected ?
				 JOB_CONNECTED : JOB_KEYS,
				 .done = on_keys, .id = nic,
				 .questions = asks_domain(k, p) ?
					      NIC_ASK_DOMAIN : 0 };

	run_errand(k, p, &job);
}

/* The port that a job was for; NULL: it has been forgotten meanwhile. */
static struct port *port_of_job(const struct keeper *k, struct job *job)
{
	struct port *p = table_find(&k->table, &((struct errand *)job)->port);

	return p && p->busy == job ? p : NULL;
}

static bool learn_unsure(struct port *p, const struct look *looks, int n)
{
	bool unsure = false;

	for (int i = 0; i < n; i++) {
		if (looks[i].unsure)
			p->ifindex[looks[i].part] = looks[i].state.link.ifindex;
		unsure |= looks[i].unsure;
	}
	return unsure;
}

static void look_at(struct keeper *k, struct port *p, const struct nic *nic,
		    const int hint[LOOKS])
{
	unsigned int flags = (k->ops->passive ? LOOK_SEARCH : LOOK_ACT) |
			     (p->keep ? LOOK_KEEP : 0) |
			     (p->tries < PATIENCE ? LOOK_PATIENT : 0) |
			     (p->tries == 0 ? LOOK_YIELD : 0) |
			     (p->early && !early_for(k, p) ? LOOK_LATE : 0) |
			     (p->untold ? LOOK_REWRITE : 0);
	const struct port_id id = p->id;
	struct look looks[LOOKS];
	struct job tell = { .kind = JOB_TELL, .done = on_told };
	int n;

	p->keeper = k;
	if (p->held && stays_held(k, p, nic, flags, hint))
		return;
	n = reconcile(k->agent, &id, nic, flags, hint, looks, &tell.tell);
	if (n == -ENODATA) {
		ask(k, p, looks[0].id.nic);
		return;
	}
	p->held = false;
	if (n > 0 && learn_unsure(p, looks, n)) {
		table_mark(&k->table, p);
		return;
	}
	if (n > 0)
		p = digest(k, p, looks, n);
	else if (n < 0 && n != -ENODEV)
		failed(k, p, n);
	else if (!tell.tell.remove)
		p = forget(k, p);
	if (n == -ENODEV && !id.is_nic && looks[0].id.is_nic)
		sources_mark(k->sources, &looks[0].id, NULL);
	if (!p || n < 0 || !nic)
		return;
	tell.tell.mtu_is_new |= tell.tell.mtu != p->told_mtu;
	if (!nic_needs(nic, &tell.tell))
		return;
	tell.id = id.nic;
	tell.nic = *nic;
	run_errand(k, p, &tell);
}

/* As long as nobody knows whether there is a xenstored, NICs wait. */
static bool may_ask(const struct keeper *k)
{
	return k->asked < BATCH && sources_know_store(k->sources);
}

/* Ports, until enough has been done; those whose links only go into the
 * collection cost little, and the more there are the less each costs. */
static void look_at_some(struct keeper *k)
{
	const struct host *host = k->agent->host;
	unsigned int looks = 0;
	struct port *p;

	while (looks < BATCH && host->collected < DELETES &&
	       (p = table_next(&k->table, false))) {
		unsigned int before = host->collected;

		look_at(k, p, NULL, p->ifindex);
		looks += host->collected == before;
	}
	while (looks < BATCH && may_ask(k) &&
	       (p = table_next(&k->table, true))) {
		looks++;
		if (k->agent->store == STORE_THERE)
			ask(k, p, p->id.nic);
		else
			look_at(k, p, NULL, p->ifindex);
	}
}

static void delete_collected(struct keeper *k)
{
	struct host *host = k->agent->host;
	int r = host->ops->delete_collected(host);

	if (r < 0)
		log_msg(LOG_ERR, "links that are to go cannot be deleted: %s%s%s",
			strerror(-r), host->error[0] ? ": " : "", host->error);
}

/* Go on, or be done. */
static void go_on(struct keeper *k)
{
	static const struct timeval now = { 0, 0 };
	const struct table *t = &k->table;

	if (!TAILQ_EMPTY(&t->dirty[false]) ||
	    (!TAILQ_EMPTY(&t->dirty[true]) && may_ask(k)))
		(void)event_add(k->work, &now);
	else if (k->ops->idle && !sources_busy(k->sources) &&
		 (table_is_clean(t) || sources_mute(k->sources)))
		k->ops->idle(k->ops->arg);
}

/* A few ports, then the loop gets its turn: events wait for nobody. */
static void on_work(evutil_socket_t fd, short what, void *arg)
{
	struct keeper *k = arg;
	struct host *host = k->agent->host;

	(void)fd;
	(void)what;
	host->ops->collect_deletes(host);
	look_at_some(k);
	delete_collected(k);
	go_on(k);
}

/* ---- what xenstored says ---------------------------------------------- */

static void take_keys(struct keeper *k, struct port *p, const struct job *job)
{
	/* It may have died since it was asked for; then the port is dirty. */
	if (job->questions & NIC_ASK_DOMAIN)
		p->domain_lives = job->nic.exists && job->nic.has_domain &&
				  !p->dirty;
	if (!job->nic.exists && sources_is_stale(k->sources))
		sources_store_lost(k->sources);
	else
		look_at(k, p, &job->nic, ((const struct errand *)job)->hint);
}

static void on_keys(struct job *job)
{
	struct keeper *k = job->arg;
	struct port *p = port_of_job(k, job);

	k->asked--;
	if (p) {
		table_set_busy(&k->table, p, NULL);
		if (job->result == -ENOTCONN)
			/* Marked again when it is back. */
			sources_store_lost(k->sources);
		else if (job->result < 0)
			failed(k, p, job->result);
		else if (job->kind == JOB_KEYS)
			take_keys(k, p, job);
		else if (!job->result)
			table_mark(&k->table, p);
	}
	job_free(job);
}

static void take_told(struct keeper *k, struct port *p, const struct job *job)
{
	if (job->result == 0) {
		p->untold = p->untold && !p->connected;
		if (job->tell.mtu)
			p->told_mtu = job->tell.mtu;
		return;
	}
	p->connected = false;
	if (job->result == -ENOTCONN)
		sources_store_lost(k->sources);
	else if (job->result == -ENOENT)
		/* Its state is another by now: what was decided no longer
		 * holds. */
		table_mark(&k->table, p);
	else
		failed(k, p, job->result);
}

static void on_told(struct job *job)
{
	struct keeper *k = job->arg;
	struct port *p = port_of_job(k, job);

	if (p) {
		table_set_busy(&k->table, p, NULL);
		take_told(k, p, job);
	}
	job_free(job);
}

void keeper_scan(struct keeper *k)
{
	struct port *p;

	/* Whoever asks for this may have mended what was wrong. */
	TAILQ_FOREACH(p, &k->table.all, all) {
		p->held = false;
		p->holds = p->corrections = 0;
		p->told_mtu = 0;
	}
	sources_scan(k->sources);
	/* Also with no port at all there is an "idle" to come. */
	wake(k);
}

void keeper_count(const struct keeper *k, unsigned int *ret_ports,
		  unsigned int *ret_waiting)
{
	const struct port *p;

	*ret_ports = k->table.count;
	*ret_waiting = 0;
	TAILQ_FOREACH(p, &k->table.all, all)
		*ret_waiting += p->timer && !p->early;
}

int keeper_new(struct event_base *base, struct agent *a,
	       const struct keeper_ops *ops, struct keeper **ret,
	       char error[REASON_SIZE])
{
	struct keeper *k = calloc(1, sizeof(*k));
	struct timespec now;
	int r = -ENOMEM;

	text_reason(error, "out of memory");
	if (!k)
		return -ENOMEM;
	clock_gettime(CLOCK_MONOTONIC, &now);
	k->base = base;
	k->agent = a;
	k->ops = ops;
	k->seed = (unsigned int)now.tv_nsec;
	table_init(&k->table, wake, k);
	k->work = evtimer_new(base, on_work, k);
	if (k->work)
		r = sources_new(base, a, &k->table, &k->sources, error);
	if (r < 0) {
		keeper_free(k);
		return r;
	}
	wake(k);
	*ret = k;
	return 0;
}

struct keeper *keeper_free(struct keeper *k)
{
	if (!k)
		return NULL;
	sources_free(k->sources);
	table_clear(&k->table);
	if (k->work)
		event_free(k->work);
	free(k);
	return NULL;
}
