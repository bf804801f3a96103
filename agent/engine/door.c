/* SPDX-License-Identifier: GPL-2.0-or-later */
/* door.c - looks that wait for xenstored, but not for long */
#include "agent/engine/door.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/clock.h"

/* A NIC that changes faster than it can be looked at is left to a later look. */
#define TRIES 4

/* ---- asking without threads ------------------------------------------- */

static const char *last_words;

static void on_alarm(int sig)
{
	(void)sig;
	(void)!write(STDERR_FILENO, last_words, strlen(last_words));
	_exit(1);
}

void door_direct(struct agent *a, unsigned int ms, const char *words)
{
	const struct sigaction act = { .sa_handler = on_alarm };
	sigset_t alarms;

	last_words = words;
	a->direct_until = clock_ms() + ms;
	(void)sigaction(SIGALRM, &act, NULL);
	/* Our caller may have blocked it. */
	(void)sigemptyset(&alarms);
	(void)sigaddset(&alarms, SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &alarms, NULL);
	(void)store_prepare();
}

static void do_direct(struct agent *a, struct job *job)
{
	static const struct itimerval off;
	int64_t left = a->direct_until - clock_ms();
	struct itimerval on = { 0 };

	left = left > 0 ? left : 1;
	on.it_value.tv_sec = left / 1000;
	on.it_value.tv_usec = left % 1000 * 1000;
	(void)setitimer(ITIMER_REAL, &on, NULL);
	job_do(&a->session, job);
	(void)setitimer(ITIMER_REAL, &off, NULL);
}

/* ---- asking with threads ---------------------------------------------- */

/* A job that is done goes where its arg points. */
static void wait_for_jobs(struct workers *w)
{
	struct pollfd pfd = { .fd = workers_fd(w), .events = POLLIN };
	struct job *job;
	int r = 1;

	while (workers_load(w) > 0 && r != 0) {
		r = poll(&pfd, 1, STORE_SILENCE_MS);
		while ((job = workers_take(w)))
			*(struct job **)job->arg = job;
	}
}

static void give_up(struct agent *a, int error)
{
	a->store = STORE_GONE;
	a->store_error = error;
}

/* Each job that is not answered is NULL then, and no longer the caller's. */
static void do_jobs(struct agent *a, struct job **jobs, size_t n)
{
	int r = 0;

	if (!a->workers) {
		(void)store_prepare();
		r = workers_new(WORKERS, &a->workers);
	}
	for (size_t i = 0; i < n; i++) {
		struct job *job = jobs[i];

		if (!job)
			continue;
		job->self = a->self;
		job->arg = &jobs[i];
		if (r == 0)
			r = workers_give(a->workers, job);
		if (r < 0)
			job->result = r;
		else
			jobs[i] = NULL;
	}
	if (r < 0)
		give_up(a, r);
	if (a->workers)
		wait_for_jobs(a->workers);
	if (a->workers && workers_load(a->workers) > 0)
		give_up(a, -ETIMEDOUT);
}

/* ---- one question ----------------------------------------------------- */

/* Returns its result. */
static int give(struct agent *a, const struct job *what, struct job **ret)
{
	struct job *job = malloc(sizeof(*job));
	int r;

	if (!job)
		return -ENOMEM;
	*job = *what;
	job->self = a->self;
	if (a->direct_until)
		do_direct(a, job);
	else
		do_jobs(a, &job, 1);
	r = job ? job->result : -ETIMEDOUT;
	if (r >= 0)
		*ret = job;
	else
		job_free(job);
	return r;
}

/* Returns the job done, or NULL and an error. */
static struct job *ask(struct agent *a, const struct job *what, int *ret_error)
{
	struct job *job = NULL;
	int r = -EIO;

	/* A connection that is broken says nothing of xenstored. */
	for (int i = 0; i < TRIES && !job_is_answered(r) && r != -ETIMEDOUT; i++)
		r = give(a, what, &job);
	if (r == -ENOTCONN)
		give_up(a, r);
	*ret_error = r;
	return job;
}

bool door_store(struct agent *a)
{
	const struct job open = { .kind = JOB_OPEN };
	struct job *job;
	int r;

	if (a->store != STORE_UNKNOWN)
		return a->store == STORE_THERE;
	job = ask(a, &open, &r);
	if (job) {
		a->store = STORE_THERE;
		a->self = job->self;
	} else {
		give_up(a, r);
	}
	job_free(job);
	return a->store == STORE_THERE;
}

static struct job keys_job(const struct agent *a, struct vif_id id,
			   unsigned int flags)
{
	return (struct job) {
		.kind = JOB_KEYS, .id = id,
		.questions = agent_questions(a) |
			     (a->asks_names ? NIC_ASK_NAME : 0) |
			     (flags & LOOK_SCRIPT ? NIC_SCRIPT_IS_OURS : 0),
	};
}

int door_keys(struct agent *a, struct vif_id id, unsigned int flags,
	      struct nic *ret)
{
	struct job *job, keys;
	int r;

	if (!door_store(a))
		return a->store_error;
	keys = keys_job(a, id, flags);
	job = ask(a, &keys, &r);
	if (job)
		*ret = job->nic;
	job_free(job);
	return r;
}

int door_tell(struct agent *a, struct vif_id id, const struct nic *n,
	      const struct tell *t)
{
	const struct job tell = { .kind = JOB_TELL, .id = id, .nic = *n,
				  .tell = *t };
	int r;

	if (!door_store(a))
		return a->store_error;
	job_free(ask(a, &tell, &r));
	return r;
}

/* ---- many ------------------------------------------------------------- */

void door_all_keys(struct agent *a, const struct port_id *id, size_t n,
		   struct job **ret)
{
	memset(ret, 0, n * sizeof(struct job *));
	if (a->store != STORE_THERE)
		return;
	for (size_t i = 0; i < n; i++) {
		if (id[i].is_nic)
			ret[i] = malloc(sizeof(struct job));
		if (ret[i])
			*ret[i] = keys_job(a, id[i].nic, 0);
	}
	do_jobs(a, ret, n);
}

int door_each_port(struct agent *a, each_port_fn fn, void *arg)
{
	const struct job list = { .kind = JOB_LIST };
	struct job *job;
	int r = 0;

	if (door_store(a)) {
		job = ask(a, &list, &r);
		/* The links tell, too. */
		if (r == -ETIMEDOUT || r == -ENOTCONN)
			r = 0;
		for (size_t i = 0; job && i < job->n && r == 0; i++) {
			struct port_id id = { .is_nic = true,
					      .nic = job->ids[i] };

			r = fn(&id, NULL, arg);
		}
		job_free(job);
	}
	return r ? r : each_link_port(a, fn, arg);
}

struct port_id door_owner(struct agent *a, const struct link *l)
{
	struct port_id link = { .ifindex = l->ifindex };
	struct port_id nic = { .is_nic = true };
	enum link_owner owner = link_owner(a, l, NULL, &nic.nic);
	struct nic n;

	if (owner == LINK_OWNER_UNKNOWN && door_keys(a, nic.nic, 0, &n) == 0)
		owner = link_owner(a, l, &n, &nic.nic);
	return owner == LINK_IS_A_NICS ? nic : link;
}

/* ---- a look ----------------------------------------------------------- */

/* What the look has found is known when the keys are asked for again. */
static bool learn(const struct look *looks, int n, struct request *q)
{
	for (int i = 0; i < n; i++)
		q->status_is_stale |= looks[i].status_is_stale;
	return looks_learn(looks, n, q->hint);
}

/* With the keys that it takes.  @ret_nic becomes the NIC if the link is one's. */
static int look_with_keys(struct agent *a, const struct request *request,
			  struct nic *nic, bool *ret_known,
			  struct vif_id *ret_nic, struct look ret[LOOKS],
			  struct tell *tell)
{
	struct request q = *request;
	int r = -ENODATA;

	*ret_nic = q.id.nic;
	if (!q.id.is_nic)
		r = reconcile(a, &q, ret, tell);
	if (r != -ENODATA)
		return r;
	if (!q.id.is_nic)
		*ret_nic = ret->id.nic;
	/* To leave takes none, and does not wait for xenstored. */
	if (!*ret_known && !(q.flags & LOOK_LEAVE)) {
		r = door_keys(a, *ret_nic, q.flags, nic);
		*ret_known = r == 0;
		/* Is there a xenstored that says no? */
		if (r < 0 && (a->store == STORE_THERE || q.flags & LOOK_SCRIPT))
			return r;
	}
	q.nic = *ret_known ? nic : NULL;
	return reconcile(a, &q, ret, tell);
}

static int look_once(struct agent *a, struct request *q,
		     const struct job *keys, struct look ret[LOOKS])
{
	bool known = keys && keys->result == 0;
	struct vif_id id;
	struct tell tell;
	struct nic nic;
	int n, r;

	if (known)
		nic = keys->nic;
	n = look_with_keys(a, q, &nic, &known, &id, ret, &tell);
	if (learn(ret, n, q))
		return -EAGAIN;
	if (n < 0 || !known || !nic_needs(&nic, &tell))
		return n;
	r = door_tell(a, id, &nic, &tell);
	if (r < 0)
		return r == -ENOENT ? -EAGAIN : r;
	if (n > 0 && ret[n - 1].connected)
		ret[n - 1].status_is_stale = false;
	return n;
}

static int look_while_it_changes(struct agent *a, struct request *q,
				 const struct job *keys,
				 struct look ret[LOOKS])
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
		memset(ret, 0, LOOKS * sizeof(*ret));
		r = look_once(a, q, i == 0 ? keys : NULL, ret);
	}
	return r;
}

static bool is_early(const struct look *looks, int n)
{
	for (int i = 0; i < n; i++)
		if (looks[i].early)
			return true;
	return false;
}

int door_look(struct agent *a, const struct request *request,
	      const struct job *keys, struct look ret[LOOKS])
{
	struct request q = *request;
	int r = look_while_it_changes(a, &q, keys, ret);

	if (!is_early(ret, r))
		return r;
	(void)poll(NULL, 0, (int)a->config->toolstack_delay);
	q.delay_is_over = true;
	return look_while_it_changes(a, &q, NULL, ret);
}
