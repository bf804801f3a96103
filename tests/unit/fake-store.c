/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake-store.c - a xenstored in memory, behind store.h and watch.h */
#include "tests/unit/fake-store.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "naming/naming.h"

#define LOG_MAX 4096
#define CHILDREN_MAX 512
#define LINE (STORE_PATHSIZE + 512)

/* What is waited for comes at once, or never. */
#define WAIT_S 10

struct node {
	TAILQ_ENTRY(node) next;
	char *path;
	char *value;
	size_t len;
};

TAILQ_HEAD(tree, node);

struct log {
	char *line[LOG_MAX];
	unsigned int n;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct tree tree;
	struct log questions, changes;
	unsigned int life;	/* this xenstored's number */
	bool alive;
	unsigned int test;	/* counted by fake_store_start() */
	unsigned int connections;	/* of this test */
	struct watch *watch[64];

	char hanging[LINE];	/* "": nothing, "*": all */
	unsigned int hung;
	char failing[LINE];
	int failure;
	unsigned int nth;	/* counted down; 0: none */
	int nth_failure;
	void (*hook)(const char *question);
} f = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
	.tree = TAILQ_HEAD_INITIALIZER(f.tree),
};

/* Events of one watch in one test. */
#define EVENTS_MAX 16

struct store {
	unsigned int life;
	unsigned int test;
};

struct watch {
	unsigned int life;
	int fd;
	char path[4][STORE_PATHSIZE];
	size_t n;
	char event[EVENTS_MAX][STORE_PATHSIZE];
	size_t first, last;		/* events not taken yet */
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static void lock(void)
{
	pthread_mutex_lock(&f.lock);
}

static void unlock(void)
{
	pthread_mutex_unlock(&f.lock);
}

static void unlock_changed(void)
{
	pthread_cond_broadcast(&f.changed);
	unlock();
}

/* ---- the tree, under the lock ------------------------------------------- */

static struct node *find(const char *path)
{
	struct node *n;

	TAILQ_FOREACH(n, &f.tree, next)
		if (strcmp(n->path, path) == 0)
			return n;
	return NULL;
}

static void set_one(const char *path, const void *value, size_t len)
{
	struct node *n = find(path);

	if (!n) {
		n = must(calloc(1, sizeof(*n)));
		n->path = must(strdup(path));
		TAILQ_INSERT_TAIL(&f.tree, n, next);
	}
	free(n->value);
	n->value = must(malloc(len + 1));
	memcpy(n->value, value, len);
	n->value[len] = '\0';
	n->len = len;
}

static void set(const char *path, const void *value, size_t len)
{
	char parent[LINE];

	(void)snprintf(parent, sizeof(parent), "%s", path);
	for (char *p = strchr(parent + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (!find(parent))
			set_one(parent, "", 0);
		*p = '/';
	}
	set_one(path, value, len);
}

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

/* NULL: all that there is. */
static void rm(const char *path)
{
	struct node *n = TAILQ_FIRST(&f.tree), *next;

	for (; n; n = next) {
		next = TAILQ_NEXT(n, next);
		if (path && strcmp(n->path, path) != 0 &&
		    !is_below(n->path, path))
			continue;
		TAILQ_REMOVE(&f.tree, n, next);
		free(n->path);
		free(n->value);
		free(n);
	}
}

/* The name of a directory's child number @i, for free(); NULL: there are
 * fewer. */
static char *child(const char *dir, unsigned int i)
{
	struct node *n;

	TAILQ_FOREACH(n, &f.tree, next) {
		const char *name = n->path + strlen(dir) + 1;

		if (is_below(n->path, dir) && !strchr(name, '/') && i-- == 0)
			return must(strdup(name));
	}
	return NULL;
}

/* ---- the log, under the lock -------------------------------------------- */

static void note(struct log *l, const char *line)
{
	if (l->n < LOG_MAX)
		l->line[l->n] = must(strdup(line));
	l->n++;
}

static void clear(struct log *l)
{
	for (unsigned int i = 0; i < l->n && i < LOG_MAX; i++)
		free(l->line[i]);
	l->n = 0;
}

static const char *line_at(const struct log *l, unsigned int i)
{
	const char *line;

	lock();
	line = i < l->n && i < LOG_MAX ? l->line[i] : "";
	unlock();
	return line;
}

/* ---- questions ---------------------------------------------------------- */

static bool hangs(const char *question)
{
	return strcmp(f.hanging, "*") == 0 ||
	       (f.hanging[0] && strcmp(f.hanging, question) == 0);
}

static void hang(const char *question, unsigned int life)
{
	if (!hangs(question))
		return;
	f.hung++;
	pthread_cond_broadcast(&f.changed);
	while (hangs(question) && f.alive && f.life == life)
		pthread_cond_wait(&f.changed, &f.lock);
	f.hung--;
}

/* Returns 0 or what this question fails with. */
static int fail(const char *question)
{
	if (f.nth && --f.nth == 0)
		return f.nth_failure;
	return f.failure && strcmp(f.failing, question) == 0 ? f.failure : 0;
}

/* Returns 0 with the lock held, or what the question fails with.  @life: of
 * the connection, or 0: there is none yet. */
__attribute__((format(printf, 2, 3)))
static int ask(unsigned int life, const char *fmt, ...)
{
	void (*hook)(const char *question);
	char question[LINE];
	va_list ap;
	int r;

	va_start(ap, fmt);
	(void)vsnprintf(question, sizeof(question), fmt, ap);
	va_end(ap);
	lock();
	note(&f.questions, question);
	hook = f.hook;
	unlock();
	if (hook)
		hook(question);
	lock();
	hang(question, life ? life : f.life);
	if (life && (!f.alive || life != f.life))
		r = -ENOTCONN;
	else if (!f.alive)
		r = -ECONNREFUSED;
	else
		r = fail(question);
	if (r < 0)
		unlock();
	return r;
}

/* ---- store.h ------------------------------------------------------------ */

bool store_prepare(void)
{
	return false;
}

const char *store_socket_path(void)
{
	return "/nonexistent/xenstored/socket";
}

int store_open(struct store **ret)
{
	int r = ask(0, "open");

	if (r < 0)
		return r;
	*ret = must(calloc(1, sizeof(**ret)));
	(*ret)->life = f.life;
	(*ret)->test = f.test;
	f.connections++;
	unlock();
	return 0;
}

struct store *store_close(struct store *s)
{
	if (!s)
		return NULL;
	lock();
	f.connections -= s->test == f.test;
	unlock_changed();
	free(s);
	return NULL;
}

int store_self(struct store *s, uint32_t *ret_domid, bool *ret_known)
{
	const struct node *n;
	const char *end = "";
	uint32_t domid = 0;
	int r = ask(s->life, "self");

	if (r < 0)
		return r;
	n = find("domid");
	if (n)
		end = vif_number_parse(n->value, VIF_DOMID_END, &domid);
	unlock();
	if (!end || *end)
		return -EBADMSG;
	*ret_domid = domid;
	*ret_known = n;
	return 0;
}

int store_read(struct store *s, const char *path, char *buf, size_t size)
{
	const struct node *n;
	int r = ask(s->life, "read %s", path);

	if (r < 0)
		return r;
	n = find(path);
	r = n ? (int)n->len : -ENOENT;
	if (n && n->len >= size)
		r = -E2BIG;
	if (r >= 0)
		memcpy(buf, n->value, n->len + 1);
	unlock();
	return r;
}

static void introduced_path(char buf[32], uint32_t domid)
{
	(void)snprintf(buf, 32, "@introduced/%" PRIu32, domid);
}

int store_introduced(struct store *s, uint32_t domid)
{
	char path[32];
	int r = ask(s->life, "introduced %" PRIu32, domid);

	if (r < 0)
		return r;
	introduced_path(path, domid);
	r = find(path) != NULL;
	unlock();
	return r;
}

/* The names are those of one moment; @fn may ask further questions. */
int store_each(struct store *s, const char *path,
	       int (*fn)(const char *name, void *arg), void *arg)
{
	char *names[CHILDREN_MAX + 1] = { NULL };
	unsigned int n = 0;
	int r = ask(s->life, "list %s", path);

	if (r < 0)
		return r;
	while (n < CHILDREN_MAX && (names[n] = child(path, n)))
		n++;
	unlock();
	for (unsigned int i = 0; i < n; i++) {
		if (r == 0)
			r = fn(names[i], arg);
		free(names[i]);
	}
	return r;
}

static void change(const struct store_change *c)
{
	char line[LINE];

	if (c->value) {
		(void)snprintf(line, sizeof(line), "%s=%s", c->path, c->value);
		set(c->path, c->value, strlen(c->value));
	} else {
		(void)snprintf(line, sizeof(line), "rm %s", c->path);
		rm(c->path);
	}
	note(&f.changes, line);
}

int store_write_if(struct store *s, const char *guard, const char *expected,
		   const struct store_change *changes, size_t n)
{
	const struct node *g;
	int r = ask(s->life, "write %s", guard);

	if (r < 0)
		return r;
	g = find(guard);
	if (!g || (expected && (g->len != strlen(expected) ||
				strcmp(g->value, expected) != 0)))
		r = -ENOENT;
	for (size_t i = 0; i < n && r == 0; i++)
		change(&changes[i]);
	unlock();
	return r;
}

int store_rm_empty(struct store *s, const char *path)
{
	const struct store_change c = { .path = path };
	char *name;
	int r = ask(s->life, "rm-empty %s", path);

	if (r < 0)
		return r;
	name = child(path, 0);
	if (!name && find(path))
		change(&c);
	unlock();
	free(name);
	return 0;
}

/* ---- watch.h ------------------------------------------------------------ */

int watch_open(const char *const *paths, struct watch **ret)
{
	struct watch *w;
	size_t i = 0;
	int r = ask(0, "watch");

	if (r < 0)
		return r;
	w = must(calloc(1, sizeof(*w)));
	w->life = f.life;
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (; paths[w->n]; w->n++)
		(void)snprintf(w->path[w->n], STORE_PATHSIZE, "%s",
			       paths[w->n]);
	while (f.watch[i])
		i++;
	f.watch[i] = w;
	unlock();
	*ret = w;
	return 0;
}

struct watch *watch_close(struct watch *w)
{
	if (!w)
		return NULL;
	lock();
	for (size_t i = 0; i < sizeof(f.watch) / sizeof(f.watch[0]); i++)
		if (f.watch[i] == w)
			f.watch[i] = NULL;
	unlock();
	close(w->fd);
	free(w);
	return NULL;
}

int watch_fd(const struct watch *w)
{
	return w->fd;
}

bool watch_has_hung_up(const struct watch *w)
{
	bool r;

	lock();
	r = !f.alive || w->life != f.life;
	unlock();
	return r;
}

int watch_next(struct watch *w, char *path, size_t size)
{
	uint64_t count;
	int r = -EAGAIN;

	*path = '\0';
	if (watch_has_hung_up(w))
		return -ENOTCONN;
	lock();
	if (w->first < w->last) {
		(void)snprintf(path, size, "%s", w->event[w->first++]);
		r = 0;
	} else {
		(void)!read(w->fd, &count, sizeof(count));
	}
	unlock();
	return r;
}

void fake_store_fire(const char *path)
{
	static const uint64_t one = 1;

	lock();
	for (size_t i = 0; i < sizeof(f.watch) / sizeof(f.watch[0]); i++) {
		struct watch *w = f.watch[i];

		if (!w || w->last == EVENTS_MAX)
			continue;
		(void)snprintf(w->event[w->last++], STORE_PATHSIZE, "%s", path);
		(void)!write(w->fd, &one, sizeof(one));
	}
	unlock();
}

/* ---- for the tests ------------------------------------------------------ */

void fake_store_start(void)
{
	lock();
	rm(NULL);
	clear(&f.questions);
	clear(&f.changes);
	f.life++;
	f.test++;
	/* What a failed test left open is not this one's. */
	f.connections = 0;
	memset(f.watch, 0, sizeof(f.watch));
	f.alive = true;
	f.hanging[0] = '\0';
	f.failure = 0;
	f.nth = 0;
	f.hook = NULL;
	unlock_changed();
}

void fake_store_put_bytes(const char *path, const void *value, size_t len)
{
	lock();
	set(path, value, len);
	unlock();
}

void fake_store_put(const char *path, const char *value)
{
	fake_store_put_bytes(path, value, strlen(value));
}

void fake_store_rm(const char *path)
{
	lock();
	rm(path);
	unlock();
}

bool fake_store_is(const char *path, const char *value)
{
	const struct node *n;
	bool r;

	lock();
	n = find(path);
	r = n && value ? n->len == strlen(value) &&
			 strcmp(n->value, value) == 0 : !n && !value;
	unlock();
	return r;
}

void fake_store_introduce(uint32_t domid)
{
	char path[32];

	introduced_path(path, domid);
	fake_store_put(path, "");
}

void fake_store_destroy(uint32_t domid)
{
	char path[32];

	introduced_path(path, domid);
	fake_store_rm(path);
}

unsigned int fake_store_asked(const char *question)
{
	unsigned int n = 0;

	lock();
	for (unsigned int i = 0; i < f.questions.n && i < LOG_MAX; i++)
		n += !question || strcmp(f.questions.line[i], question) == 0;
	unlock();
	return n;
}

const char *fake_store_question(unsigned int i)
{
	return line_at(&f.questions, i);
}

const char *fake_store_change(unsigned int i)
{
	return line_at(&f.changes, i);
}

void fake_store_forget(void)
{
	lock();
	clear(&f.questions);
	clear(&f.changes);
	unlock();
}

unsigned int fake_store_connections(void)
{
	unsigned int n;

	lock();
	n = f.connections;
	unlock();
	return n;
}

unsigned int fake_store_watches(void)
{
	unsigned int n = 0;

	lock();
	for (size_t i = 0; i < sizeof(f.watch) / sizeof(f.watch[0]); i++)
		n += f.watch[i] != NULL;
	unlock();
	return n;
}

bool fake_store_is_watched(const char *path)
{
	bool r = false;

	lock();
	for (size_t i = 0; i < sizeof(f.watch) / sizeof(f.watch[0]); i++)
		for (size_t j = 0; f.watch[i] && j < f.watch[i]->n; j++)
			r |= strcmp(f.watch[i]->path[j], path) == 0;
	unlock();
	return r;
}

/* Waits, under the lock, until a number is what it should be. */
static bool wait_for(const unsigned int *number, unsigned int n)
{
	struct timespec end;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += WAIT_S;
	lock();
	while (*number != n && r == 0)
		r = pthread_cond_timedwait(&f.changed, &f.lock, &end);
	unlock();
	return r == 0;
}

bool fake_store_wait_for_end(void)
{
	return wait_for(&f.connections, 0);
}

bool fake_store_wait_for_hung(unsigned int n)
{
	return wait_for(&f.hung, n);
}

void fake_store_hang(const char *question)
{
	lock();
	(void)snprintf(f.hanging, sizeof(f.hanging), "%s", question);
	unlock_changed();
}

void fake_store_release(void)
{
	fake_store_hang("");
}

void fake_store_fail_nth(unsigned int n, int error)
{
	lock();
	f.nth = n;
	f.nth_failure = error;
	unlock();
}

void fake_store_fail(const char *question, int error)
{
	lock();
	(void)snprintf(f.failing, sizeof(f.failing), "%s", question);
	f.failure = error;
	unlock();
}

void fake_store_die(void)
{
	lock();
	f.alive = false;
	f.life++;
	unlock_changed();
}

void fake_store_restart(bool keep_tree)
{
	lock();
	if (!keep_tree)
		rm(NULL);
	f.alive = true;
	unlock_changed();
}

void fake_store_hook(void (*fn)(const char *question))
{
	lock();
	f.hook = fn;
	unlock();
}
