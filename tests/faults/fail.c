/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail.c - one call of one function fails, once (LD_PRELOAD)
 *
 *	FAIL_PROGRAM=NAME	only the program of this name is concerned
 *	FAIL_LOG=FILE		a line for each call that fails; without FAIL_KIND,
 *				for each call of all functions below
 *	FAIL_KIND=KIND		which functions: see kinds[]
 *	FAIL_ERRNO=NUMBER	how it fails
 *	FAIL_SITE=HEX		the call fails that comes from this site, …
 *	FAIL_AT=N		… the N-th of these
 *	FAIL_LOSE=1		recvmsg: the message is lost as well
 *
 * A line is "KIND FUNCTION N SITE FRAME...", FRAME is "MODULE+0xOFFSET:SYMBOL".
 * A call's site is where it comes from: its return addresses, relative to their
 * modules, up to the third in the program itself.
 *
 * Calls are counted from this library's constructor on, in all threads and from
 * all libraries.  Not seen are those that libc makes within itself: the open()
 * of fopen() (but fopen() itself fails), the read() of fgets() and fread(), the
 * write() of printf(), the socket() of if_nametoindex() and of getpwnam().  libc
 * does call malloc() here, so strdup(), asprintf(), getline() and the like fail
 * with it; memalign() and its kin never fail.  A program that is setuid or has
 * file capabilities ignores LD_PRELOAD.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>
#include <unwind.h>

enum kind {
	MALLOC, RECVMSG, SENDMSG, CONNECT, SOCKET, BIND, SETSOCKOPT, OPEN, READ,
	WRITE, IOCTL, POLL, EPOLL_CREATE, EPOLL_CTL, EPOLL_WAIT, EVENTFD,
	TIMERFD, PIPE, INOTIFY, INOTIFY_ADD, PIDFD_OPEN, PTHREAD_CREATE, KINDS
};

static const char *const kinds[KINDS] = {
	[MALLOC] = "malloc", [RECVMSG] = "recvmsg", [SENDMSG] = "sendmsg",
	[CONNECT] = "connect", [SOCKET] = "socket", [BIND] = "bind",
	[SETSOCKOPT] = "setsockopt", [OPEN] = "open", [READ] = "read",
	[WRITE] = "write", [IOCTL] = "ioctl", [POLL] = "poll",
	[EPOLL_CREATE] = "epoll_create", [EPOLL_CTL] = "epoll_ctl",
	[EPOLL_WAIT] = "epoll_wait", [EVENTFD] = "eventfd",
	[TIMERFD] = "timerfd", [PIPE] = "pipe", [INOTIFY] = "inotify",
	[INOTIFY_ADD] = "inotify_add", [PIDFD_OPEN] = "pidfd_open",
	[PTHREAD_CREATE] = "pthread_create",
};

/* ---- what is asked for; written by the constructor alone ---------------- */

static bool active, recording, lose;
static enum kind wanted;
static unsigned long wanted_at;
static uint64_t wanted_site;
static atomic_ulong from_site;
static int wanted_errno;
static char log_file[256];

static atomic_ulong counts[KINDS];
static atomic_bool done;

/* What a call does on its way to a line is not to be counted. */
static __thread bool inside __attribute__((tls_model("initial-exec")));

static unsigned long number(const char *name, int base)
{
	const char *s = getenv(name);

	return s ? strtoul(s, NULL, base) : 0;
}

__attribute__((constructor))
static void start(void)
{
	const char *program = getenv("FAIL_PROGRAM");
	const char *kind = getenv("FAIL_KIND");
	const char *log = getenv("FAIL_LOG");

	if (!program || strcmp(program, program_invocation_short_name) != 0 ||
	    !log || strlen(log) >= sizeof(log_file))
		return;
	strcpy(log_file, log);
	recording = !kind;
	while (kind && wanted < KINDS && strcmp(kind, kinds[wanted]) != 0)
		wanted++;
	wanted_errno = (int)number("FAIL_ERRNO", 10);
	wanted_at = number("FAIL_AT", 10);
	wanted_site = number("FAIL_SITE", 16);
	lose = number("FAIL_LOSE", 10);
	active = true;
}

/* ---- where a call comes from -------------------------------------------- */

#define FRAMES 32
#define PROGRAM_FRAMES 3

struct site {
	size_t n, n_program;
	uintptr_t pc[FRAMES];
	uint64_t hash;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The program has an empty name in the list of what is loaded. */
static const char *module_name(const struct link_map *m)
{
	return m->l_name[0] ? base_name(m->l_name) :
			      program_invocation_short_name;
}

static const struct link_map *module_of(uintptr_t pc)
{
	struct dl_find_object found;

	return _dl_find_object((void *)pc, &found) == 0 ? found.dlfo_link_map :
							  NULL;
}

/* FNV-1a */
static uint64_t mix(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		h = (h ^ *p++) * 1099511628211u;
	return h;
}

static _Unwind_Reason_Code take_frame(struct _Unwind_Context *c, void *arg)
{
	/* Of the instruction that calls. */
	uintptr_t pc = _Unwind_GetIP(c) - 1;
	const struct link_map *m = module_of(pc);
	struct site *s = arg;
	uintptr_t offset;
	const char *name;

	if (!m || m == module_of((uintptr_t)take_frame))
		return m ? _URC_NO_REASON : _URC_END_OF_STACK;
	offset = pc - m->l_addr;
	name = module_name(m);
	s->hash = mix(mix(s->hash, name, strlen(name)), &offset, sizeof(offset));
	s->pc[s->n++] = pc;
	s->n_program += !m->l_name[0];
	return s->n == FRAMES || s->n_program == PROGRAM_FRAMES ?
		_URC_END_OF_STACK : _URC_NO_REASON;
}

static void find_site(struct site *s)
{
	*s = (struct site) { .hash = 14695981039346656037u };
	(void)_Unwind_Backtrace(take_frame, s);
}

/* ---- the log ------------------------------------------------------------ */

struct line {
	char text[4096];
	size_t len;
};

__attribute__((format(printf, 2, 3)))
static void add(struct line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->text) - l->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void add_frame(struct line *l, uintptr_t pc)
{
	const struct link_map *m = module_of(pc);
	Dl_info info;

	add(l, " %s+%#lx:", module_name(m), (unsigned long)(pc - m->l_addr));
	if (dladdr((void *)pc, &info) && info.dli_sname)
		add(l, "%s", info.dli_sname);
}

/* The program may close all that it does not know: so it is opened each time,
 * past the functions below. */
static void note(enum kind k, const char *function, unsigned long n,
		 const struct site *s)
{
	struct line l = { 0 };
	long fd;

	add(&l, "%s %s %lu %016llx", kinds[k], function, n,
	    (unsigned long long)s->hash);
	for (size_t i = 0; i < s->n; i++)
		add_frame(&l, s->pc[i]);
	add(&l, "\n");
	fd = syscall(SYS_openat, AT_FDCWD, log_file,
		     O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	(void)syscall(SYS_write, fd, l.text, l.len);
	(void)syscall(SYS_close, fd);
}

/* ---- is it this one? ---------------------------------------------------- */

static bool is_it(enum kind k, const char *function)
{
	unsigned long n = atomic_fetch_add(&counts[k], 1) + 1;
	struct site s;

	if (!recording && (k != wanted || atomic_load(&done)))
		return false;
	find_site(&s);
	/* Threads come in any order, but each of their calls from its own site. */
	if (!recording && (s.hash != wanted_site ||
			   atomic_fetch_add(&from_site, 1) + 1 != wanted_at))
		return false;
	if (!recording && atomic_exchange(&done, true))
		return false;
	note(k, function, n, &s);
	return !recording;
}

static bool fails(enum kind k, const char *function)
{
	int saved = errno;
	bool r;

	if (!active || inside)
		return false;
	inside = true;
	r = is_it(k, function);
	inside = false;
	errno = r ? wanted_errno : saved;
	return r;
}

/* ---- memory ------------------------------------------------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

/* Those of the address sanitizer, where it is there. */
__attribute__((weak)) void *__interceptor_malloc(size_t size);
__attribute__((weak)) void *__interceptor_calloc(size_t n, size_t size);
__attribute__((weak)) void *__interceptor_realloc(void *p, size_t size);

void *malloc(size_t size)
{
	if (fails(MALLOC, "malloc"))
		return NULL;
	return __interceptor_malloc ? __interceptor_malloc(size) :
				      __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (fails(MALLOC, "calloc"))
		return NULL;
	return __interceptor_calloc ? __interceptor_calloc(n, size) :
				      __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	if (size && fails(MALLOC, "realloc"))
		return NULL;
	return __interceptor_realloc ? __interceptor_realloc(p, size) :
				       __libc_realloc(p, size);
}

/* ---- all others --------------------------------------------------------- */

#define WRAP(kind, type, name, params, args, failure) \
	type name params \
	{ \
		static type (*_Atomic next) params; \
		if (fails(kind, #name)) \
			return failure; \
		if (!next) \
			next = (type (*) params)dlsym(RTLD_NEXT, #name); \
		return next args; \
	}

/* The kernel could not tell what it did: no memory for the answer
 * (netlink_ack, net/netlink/af_netlink.c). */
static void lose_message(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);
	struct msghdr m = { 0 };

	if (lose && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	    domain == AF_NETLINK)
		(void)syscall(SYS_recvmsg, fd, &m, 0);
	errno = wanted_errno;
}

#define WRAP_RECEIVE(name, params, args) \
	ssize_t name params \
	{ \
		static ssize_t (*_Atomic next) params; \
		if (fails(RECVMSG, #name)) { \
			lose_message(fd); \
			return -1; \
		} \
		if (!next) \
			next = (ssize_t (*) params)dlsym(RTLD_NEXT, #name); \
		return next args; \
	}

WRAP_RECEIVE(recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags))
WRAP_RECEIVE(recv, (int fd, void *b, size_t n, int flags), (fd, b, n, flags))
WRAP_RECEIVE(recvfrom, (int fd, void *b, size_t n, int flags,
			__SOCKADDR_ARG a, socklen_t *len),
	     (fd, b, n, flags, a, len))

WRAP(SENDMSG, ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags),
     (fd, m, flags), -1)
WRAP(SENDMSG, ssize_t, send, (int fd, const void *b, size_t n, int flags),
     (fd, b, n, flags), -1)
WRAP(SENDMSG, ssize_t, sendto,
     (int fd, const void *b, size_t n, int flags, __CONST_SOCKADDR_ARG a,
      socklen_t len), (fd, b, n, flags, a, len), -1)

WRAP(CONNECT, int, connect, (int fd, __CONST_SOCKADDR_ARG a, socklen_t len),
     (fd, a, len), -1)
WRAP(BIND, int, bind, (int fd, __CONST_SOCKADDR_ARG a, socklen_t len),
     (fd, a, len), -1)
WRAP(SOCKET, int, socket, (int domain, int type, int protocol),
     (domain, type, protocol), -1)
WRAP(SOCKET, int, socketpair, (int domain, int type, int protocol, int fd[2]),
     (domain, type, protocol, fd), -1)
WRAP(SETSOCKOPT, int, setsockopt,
     (int fd, int level, int name, const void *value, socklen_t len),
     (fd, level, name, value, len), -1)

WRAP(READ, ssize_t, read, (int fd, void *b, size_t n), (fd, b, n), -1)
WRAP(READ, ssize_t, readv, (int fd, const struct iovec *v, int n),
     (fd, v, n), -1)
WRAP(READ, ssize_t, pread, (int fd, void *b, size_t n, off_t at),
     (fd, b, n, at), -1)
WRAP(WRITE, ssize_t, write, (int fd, const void *b, size_t n), (fd, b, n), -1)
WRAP(WRITE, ssize_t, writev, (int fd, const struct iovec *v, int n),
     (fd, v, n), -1)

WRAP(POLL, int, poll, (struct pollfd *p, nfds_t n, int ms), (p, n, ms), -1)
WRAP(POLL, int, ppoll,
     (struct pollfd *p, nfds_t n, const struct timespec *t, const sigset_t *s),
     (p, n, t, s), -1)
WRAP(EPOLL_CREATE, int, epoll_create, (int size), (size), -1)
WRAP(EPOLL_CREATE, int, epoll_create1, (int flags), (flags), -1)
WRAP(EPOLL_CTL, int, epoll_ctl,
     (int epfd, int op, int fd, struct epoll_event *e), (epfd, op, fd, e), -1)
WRAP(EPOLL_WAIT, int, epoll_wait,
     (int fd, struct epoll_event *e, int n, int ms), (fd, e, n, ms), -1)
WRAP(EPOLL_WAIT, int, epoll_pwait,
     (int fd, struct epoll_event *e, int n, int ms, const sigset_t *s),
     (fd, e, n, ms, s), -1)

WRAP(EVENTFD, int, eventfd, (unsigned int n, int flags), (n, flags), -1)
WRAP(TIMERFD, int, timerfd_create, (clockid_t c, int flags), (c, flags), -1)
WRAP(PIPE, int, pipe, (int fd[2]), (fd), -1)
WRAP(PIPE, int, pipe2, (int fd[2], int flags), (fd, flags), -1)
WRAP(INOTIFY, int, inotify_init1, (int flags), (flags), -1)
WRAP(INOTIFY_ADD, int, inotify_add_watch,
     (int fd, const char *path, uint32_t mask), (fd, path, mask), -1)
WRAP(PIDFD_OPEN, int, pidfd_open, (pid_t pid, unsigned int flags),
     (pid, flags), -1)
WRAP(PTHREAD_CREATE, int, pthread_create,
     (pthread_t *t, const pthread_attr_t *a, void *(*fn)(void *), void *arg),
     (t, a, fn, arg), errno)

/* The third argument, where there is one, fits a pointer. */
#define LAST_ARGUMENT(ret, last) \
	do { \
		va_list ap; \
		va_start(ap, last); \
		(ret) = va_arg(ap, void *); \
		va_end(ap); \
	} while (0)

int ioctl(int fd, unsigned long request, ...)
{
	static int (*_Atomic next)(int fd, unsigned long request, ...);
	void *arg;

	LAST_ARGUMENT(arg, request);
	if (fails(IOCTL, "ioctl"))
		return -1;
	if (!next)
		next = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT,
							       "ioctl");
	return next(fd, request, arg);
}

#define WRAP_OPEN(name) \
	int name(const char *path, int flags, ...) \
	{ \
		static int (*_Atomic next)(const char *, int, ...); \
		void *mode; \
		LAST_ARGUMENT(mode, flags); \
		if (fails(OPEN, #name)) \
			return -1; \
		if (!next) \
			next = (int (*)(const char *, int, ...)) \
				dlsym(RTLD_NEXT, #name); \
		return next(path, flags, (mode_t)(uintptr_t)mode); \
	}

#define WRAP_OPENAT(name) \
	int name(int dir, const char *path, int flags, ...) \
	{ \
		static int (*_Atomic next)(int, const char *, int, ...); \
		void *mode; \
		LAST_ARGUMENT(mode, flags); \
		if (fails(OPEN, #name)) \
			return -1; \
		if (!next) \
			next = (int (*)(int, const char *, int, ...)) \
				dlsym(RTLD_NEXT, #name); \
		return next(dir, path, flags, (mode_t)(uintptr_t)mode); \
	}

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)
/* What the fortified headers make of them. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);
WRAP(OPEN, int, __open_2, (const char *path, int flags), (path, flags), -1)
WRAP(OPEN, int, __open64_2, (const char *path, int flags), (path, flags), -1)
WRAP(OPEN, int, __openat_2, (int dir, const char *path, int flags),
     (dir, path, flags), -1)
WRAP(OPEN, int, __openat64_2, (int dir, const char *path, int flags),
     (dir, path, flags), -1)
WRAP(OPEN, FILE *, fopen, (const char *path, const char *mode), (path, mode),
     NULL)
WRAP(OPEN, FILE *, fopen64, (const char *path, const char *mode), (path, mode),
     NULL)
WRAP(OPEN, DIR *, opendir, (const char *path), (path), NULL)
WRAP(OPEN, int, scandir,
     (const char *path, struct dirent ***names,
      int (*filter)(const struct dirent *),
      int (*order)(const struct dirent **, const struct dirent **)),
     (path, names, filter, order), -1)
