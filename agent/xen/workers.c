/* SPDX-License-Identifier: GPL-2.0-or-later */
/* workers.c - the threads that talk to xenstored */
#include "agent/xen/workers.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 8

/* For a NIC's values, libxenstore and the C library. */
#define STACK_SIZE ((size_t)256 * 1024)

/* More than threads that do not hang need to end. */
#define JOIN_MS 200

/* ---- jobs ------------------------------------------------------------- */

void session_close(struct session *s)
{
	s->store = store_close(s->store);
}

static int session_open(struct session *s, unsigned int opened)
{
	session_close(s);
	s->filled = false;
	s->opened = opened;
	return store_open(&s->store);
}

static int open_watch(const struct session *s, struct job *job)
{
	const char *paths[4] = { NULL };
	char root[VIF_PATHSIZE];
	size_t n = 0;

	job->watch = watch_close(job->watch);
	nic_root(root, job->self);
	if (!s->filled)
		paths[n++] = NIC_SELF;
	paths[n++] = root;
	/* Only dom0 may (XSA-115). */
	if (job->self == 0)
		paths[n++] = "@releaseDomain";
	return watch_open(paths, &job->watch);
}

static int do_open(struct session *s, struct job *job)
{
	int r = session_open(s, job->opened);

	if (r == 0)
		r = store_self(s->store, &job->self, &s->filled);
	if (r == 0 && job->wants_watch)
		r = open_watch(s, job);
	/* If the store was filled since store_self(), the watch reports only its
	 * first event, which has no meaning. */
	if (r == 0 && job->wants_watch && !s->filled) {
		r = store_self(s->store, &job->self, &s->filled);
		if (r == 0 && s->filled)
			r = open_watch(s, job);
	}
	job->filled = s->filled;
	return r;
}

static int do_keys(struct session *s, struct job *job)
{
	uint32_t self = 0;
	bool known = false;
	int r = nic_read(s->store, job->self, job->id, job->questions,
			 &job->nic);

	/* Our domid is the first thing written to a new store.  If it is not
	 * the job's, the job has read another domain's directory. */
	if (r == 0 && !job->nic.exists && !s->filled) {
		r = store_self(s->store, &self, &known);
		s->filled = known && self == job->self;
	}
	job->nic.unsure = !job->nic.exists && !s->filled;
	return r;
}

static int add_id(struct vif_id id, void *arg)
{
	struct job *job = arg;
	struct vif_id *ids = job->ids;

	/* Full if a power of two. */
	if ((job->n & (job->n - 1)) == 0)
		ids = reallocarray(ids, job->n ? 2 * job->n : 1, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	job->ids = ids;
	ids[job->n++] = id;
	return 0;
}

static int do_dead(struct session *s, struct job *job)
{
	size_t dead = 0;
	int lives = 1;

	for (size_t i = 0; i < job->n; i++) {
		if (i == 0 || job->ids[i].domid != job->ids[i - 1].domid)
			lives = store_introduced(s->store, job->ids[i].domid);
		if (lives < 0)
			return lives;
		if (!lives)
			job->ids[dead++] = job->ids[i];
	}
	job->n = dead;
	return 0;
}

static int do_kind(struct session *s, struct job *job)
{
	switch (job->kind) {
	case JOB_OPEN:
		return do_open(s, job);
	case JOB_KEYS:
		return do_keys(s, job);
	case JOB_CONNECTED:
		return nic_is_connected(s->store, job->self, job->id);
	case JOB_LIST:
		return nic_each(s->store, job->self, add_id, job);
	case JOB_DEAD:
		return do_dead(s, job);
	case JOB_TELL:
		return nic_tell(s->store, job->self, job->id, &job->nic,
				&job->tell);
	}
	return -EINVAL;
}

bool job_is_answered(int result)
{
	return result >= 0 || result == -ENOENT || result == -EACCES ||
	       result == -EAGAIN || result == -ECONNREFUSED;
}

void job_do(struct session *s, struct job *job)
{
	int r = 0;

	if (job->kind != JOB_OPEN && (!s->store || s->opened != job->opened))
		r = session_open(s, job->opened);
	/* xenstored ran when the job was given. */
	if (r == 0)
		r = do_kind(s, job);
	else if (r != -ENOMEM && r != -EMFILE && r != -ENFILE)
		r = -ENOTCONN;
	if (!job_is_answered(r))
		session_close(s);
	job->result = r;
}

void job_free(struct job *job)
{
	if (!job)
		return;
	free(job->ids);
	watch_close(job->watch);
	free(job);
}

/* ---- threads ---------------------------------------------------------- */

STAILQ_HEAD(job_list, job);

struct workers {
	/* used only by the thread that gives the jobs */
	pthread_t thread[THREADS_MAX];
	unsigned int threads, running;
	unsigned int load;
	unsigned int opened;	/* number of JOB_OPENs: each makes new connections */
	struct job_list taken;
	int fd;			/* eventfd */

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	struct job_list todo, done;
	bool ending;
};

/* Returns NULL when the thread must end. */
static struct job *next(struct workers *w)
{
	struct job *job;

	pthread_mutex_lock(&w->lock);
	while (!w->ending && STAILQ_EMPTY(&w->todo))
		pthread_cond_wait(&w->wanted, &w->lock);
	job = w->ending ? NULL : STAILQ_FIRST(&w->todo);
	if (job)
		STAILQ_REMOVE_HEAD(&w->todo, next);
	pthread_mutex_unlock(&w->lock);
	return job;
}

static void finish(struct workers *w, struct job *job)
{
	bool first;

	pthread_mutex_lock(&w->lock);
	first = STAILQ_EMPTY(&w->done);
	STAILQ_INSERT_TAIL(&w->done, job, next);
	pthread_mutex_unlock(&w->lock);
	if (first)
		(void)eventfd_write(w->fd, 1);
}

static void *work(void *arg)
{
	struct session s = { 0 };
	struct workers *w = arg;
	struct job *job;

	while ((job = next(w))) {
		job_do(&s, job);
		finish(w, job);
	}
	session_close(&s);
	return NULL;
}

int workers_new(unsigned int threads, struct workers **ret)
{
	struct workers *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0) {
		r = -errno;
		free(w);
		return r;
	}
	w->threads = threads < THREADS_MAX ? threads : THREADS_MAX;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wanted, NULL);
	STAILQ_INIT(&w->todo);
	STAILQ_INIT(&w->done);
	STAILQ_INIT(&w->taken);
	*ret = w;
	return 0;
}

/* The thread with the event loop handles signals; here a signal would only
 * interrupt connect(). */
static int start_thread(struct workers *w)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int r;

	/* These threads need too little memory for a heap of their own. */
	(void)mallopt(M_ARENA_MAX, 1);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	r = pthread_create(&w->thread[w->running], &attr, work, w);
	w->running += r == 0;
	(void)pthread_attr_destroy(&attr);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	/* Fewer threads are enough. */
	if (w->running)
		return 0;
	return -r;
}

int workers_give(struct workers *w, struct job *job)
{
	int r = 0;

	/* One job at a time needs only one thread and one connection. */
	if (w->running < w->threads && w->running <= w->load)
		r = start_thread(w);
	if (r < 0)
		return r;
	w->load++;
	w->opened += job->kind == JOB_OPEN;
	job->opened = w->opened;
	pthread_mutex_lock(&w->lock);
	STAILQ_INSERT_TAIL(&w->todo, job, next);
	pthread_mutex_unlock(&w->lock);
	pthread_cond_signal(&w->wanted);
	return 0;
}

unsigned int workers_load(const struct workers *w)
{
	return w->load;
}

int workers_fd(const struct workers *w)
{
	return w->fd;
}

struct job *workers_take(struct workers *w)
{
	struct job *job;
	eventfd_t n;

	if (STAILQ_EMPTY(&w->taken)) {
		/* first, so that jobs done after this are signalled again */
		(void)eventfd_read(w->fd, &n);
		pthread_mutex_lock(&w->lock);
		STAILQ_CONCAT(&w->taken, &w->done);
		pthread_mutex_unlock(&w->lock);
	}
	job = STAILQ_FIRST(&w->taken);
	if (!job)
		return NULL;
	STAILQ_REMOVE_HEAD(&w->taken, next);
	w->load--;
	return job;
}

static void free_all(struct job_list *list)
{
	struct job *job;

	while ((job = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, next);
		job_free(job);
	}
}

/* Returns whether all have ended. */
static bool end_threads(struct workers *w)
{
	struct timespec end;
	unsigned int ended = 0;

	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_broadcast(&w->wanted);
	pthread_mutex_unlock(&w->lock);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += JOIN_MS * 1000000L;
	end.tv_sec += end.tv_nsec / 1000000000L;
	end.tv_nsec %= 1000000000L;
	for (unsigned int i = 0; i < w->running; i++)
		if (pthread_timedjoin_np(w->thread[i], NULL, &end) == 0)
			ended++;
		else
			(void)pthread_detach(w->thread[i]);
	return ended == w->running;
}

struct workers *workers_free(struct workers *w)
{
	if (!w || !end_threads(w))
		return NULL;
	free_all(&w->todo);
	free_all(&w->done);
	free_all(&w->taken);
	close(w->fd);
	pthread_cond_destroy(&w->wanted);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}
