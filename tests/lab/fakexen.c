/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fakexen.so - the hypervisor as far as xenstored needs one
 *
 * An LD_PRELOAD shim that answers for libxenctrl, libxenevtchn and
 * libxengnttab, so that the real xenstored and oxenstored run without Xen:
 *
 *   FAKEXEN_DIR=/path/dir LD_PRELOAD=./fakexen.so xenstored -N
 *
 * $FAKEXEN_DIR/dom/DOMID   one file per existing domain.  Letters in it mean:
 *                          s = shut down, c = crashed, d = dying.
 *                          Domain 0 always exists.
 * $FAKEXEN_DIR/evtchn      FIFO; write a native-endian uint32 event channel
 *                          port to raise it.  Port 1 is VIRQ_DOM_EXC: xenstored
 *                          then looks again at all the domains it knows and
 *                          fires @releaseDomain for those which died.
 * $FAKEXEN_DIR/ring/DOMID  the xenstore ring page of a domain, by which a test
 *                          can play the guest itself.
 *
 * cc -shared -fPIC -o fakexen.so fakexen.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#define VIRQ_PORT 1
#define RING_SIZE 4096
#define UNUSED __attribute__((unused))

static char token; /* stands for every opaque handle */
static int evtchn_fd = -1;
static evtchn_port_t next_port = 16;

/* Below $FAKEXEN_DIR; the result is good until the next call. */
__attribute__((format(printf, 1, 2))) static const char *path(const char *fmt, ...)
{
	static char buf[PATH_MAX];
	const char *dir = getenv("FAKEXEN_DIR");
	va_list ap;
	int n = snprintf(buf, sizeof(buf), "%s/", dir ? dir : "/run/fakexen");

	va_start(ap, fmt);
	vsnprintf(buf + n, sizeof(buf) - n, fmt, ap);
	va_end(ap);
	return buf;
}

/* What there is to know of a domain */

struct domain {
	bool shutdown, crashed, dying;
};

static bool look_up(unsigned int domid, struct domain *ret)
{
	char flags[16] = "";
	int fd;

	if (domid) {
		fd = open(path("dom/%u", domid), O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return false;
		if (read(fd, flags, sizeof(flags) - 1) < 0)
			flags[0] = '\0';
		close(fd);
	}
	ret->shutdown = strchr(flags, 's');
	ret->crashed = strchr(flags, 'c');
	ret->dying = strchr(flags, 'd');
	return true;
}

/* libxenctrl */

xc_interface *xc_interface_open(xentoollog_logger *l UNUSED, xentoollog_logger *d UNUSED,
				unsigned int flags UNUSED)
{
	return (xc_interface *)&token;
}

int xc_interface_close(xc_interface *x UNUSED)
{
	return 0;
}

/* The C xenstored asks in this way before Xen 4.18, whose headers know it no more, ... */
#if XEN_DOMCTL_INTERFACE_VERSION < 0x16
int xc_domain_getinfo(xc_interface *x UNUSED, uint32_t first, unsigned int max, xc_dominfo_t *info)
{
	struct domain dom;

	if (max < 1 || !look_up(first, &dom))
		return 0;
	*info = (xc_dominfo_t){
		.domid = first,
		.dying = dom.dying,
		.shutdown = dom.shutdown,
		.crashed = dom.crashed,
	};
	return 1;
}
#endif

static bool dominfo(uint32_t domid, xc_domaininfo_t *info)
{
	struct domain dom;

	if (!look_up(domid, &dom))
		return false;
	*info = (xc_domaininfo_t){
		.domain = domid,
		.flags = (dom.dying ? XEN_DOMINF_dying : 0) |
			 (dom.shutdown || dom.crashed ? XEN_DOMINF_shutdown : 0) |
			 (dom.crashed ? SHUTDOWN_crash << XEN_DOMINF_shutdownshift : 0),
	};
	return true;
}

/* ... oxenstored in this one, ... */
int xc_domain_getinfolist(xc_interface *x UNUSED, uint32_t first, unsigned int max,
			  xc_domaininfo_t *info)
{
	return max >= 1 && dominfo(first, info);
}

/* ... and the C xenstored in this one since. */
int xc_domain_getinfo_single(xc_interface *x, uint32_t domid, xc_domaininfo_t *info);
int xc_domain_getinfo_single(xc_interface *x UNUSED, uint32_t domid, xc_domaininfo_t *info)
{
	if (dominfo(domid, info))
		return 0;
	errno = ESRCH;
	return -1;
}

/* libxengnttab */

xengnttab_handle *xengnttab_open(xentoollog_logger *l UNUSED, unsigned int flags UNUSED)
{
	return (xengnttab_handle *)&token;
}

int xengnttab_close(xengnttab_handle *x UNUSED)
{
	return 0;
}

int xengnttab_set_max_grants(xengnttab_handle *x UNUSED, uint32_t nr UNUSED)
{
	return 0;
}

static int open_ring(unsigned int domid)
{
	int fd = open(path("ring/%u", domid), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0 && ftruncate(fd, RING_SIZE) < 0)
		abort();
	return fd;
}

static void *map_ring(uint32_t domid)
{
	struct domain dom;
	void *ring;
	int fd;

	if (!look_up(domid, &dom)) {
		errno = EINVAL; /* what Xen says of an unknown domain */
		return NULL;
	}
	fd = open_ring(domid);
	if (fd < 0)
		return NULL;
	ring = mmap(NULL, RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return ring == MAP_FAILED ? NULL : ring;
}

void *xengnttab_map_grant_ref(xengnttab_handle *x UNUSED, uint32_t domid, uint32_t ref UNUSED,
			      int prot UNUSED)
{
	return map_ring(domid);
}

/* oxenstored maps the ring by frame, not by grant. */
void *xc_map_foreign_range(xc_interface *x UNUSED, uint32_t domid, int size UNUSED,
			   int prot UNUSED, unsigned long mfn UNUSED)
{
	return map_ring(domid);
}

int xengnttab_unmap(xengnttab_handle *x UNUSED, void *p, uint32_t n)
{
	return munmap(p, (size_t)RING_SIZE * n);
}

/* libxenevtchn */

xenevtchn_handle *xenevtchn_open(xentoollog_logger *l UNUSED, unsigned int flags)
{
	const char *fifo = path("evtchn");

	if (mkfifo(fifo, 0600) < 0 && errno != EEXIST)
		return NULL;
	/* For reading and writing: no hang-up when the last writer goes. */
	evtchn_fd = open(fifo, O_RDWR | (flags & XENEVTCHN_NO_CLOEXEC ? 0 : O_CLOEXEC));
	return evtchn_fd < 0 ? NULL : (xenevtchn_handle *)&token;
}

/* A live update hands the open event channel over to the new xenstored. */
xenevtchn_handle *xenevtchn_fdopen(xentoollog_logger *l UNUSED, int fd, unsigned int flags UNUSED)
{
	evtchn_fd = fd;
	return (xenevtchn_handle *)&token;
}

int xenevtchn_close(xenevtchn_handle *x UNUSED)
{
	return 0;
}

int xenevtchn_fd(xenevtchn_handle *x UNUSED)
{
	return evtchn_fd;
}

int xenevtchn_notify(xenevtchn_handle *x UNUSED, evtchn_port_t port UNUSED)
{
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *x UNUSED,
						     uint32_t domid UNUSED,
						     evtchn_port_t remote UNUSED)
{
	return next_port++;
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *x UNUSED, unsigned int virq UNUSED)
{
	return VIRQ_PORT;
}

int xenevtchn_unbind(xenevtchn_handle *x UNUSED, evtchn_port_t port UNUSED)
{
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *x UNUSED)
{
	uint32_t port;

	if (read(evtchn_fd, &port, sizeof(port)) != sizeof(port))
		return -1;
	return port;
}

int xenevtchn_unmask(xenevtchn_handle *x UNUSED, evtchn_port_t port UNUSED)
{
	return 0;
}

/* libc: /proc/xen, where dom0's own ring is announced, and the limits */

static int fake_xsd_port(void)
{
	int fd = memfd_create("xsd_port", MFD_CLOEXEC);

	if (fd >= 0 && (write(fd, "2", 1) != 1 || lseek(fd, 0, SEEK_SET) != 0))
		abort();
	return fd;
}

/* Returns false when the file is not one of ours; *ret_fd is as of open(). */
static bool open_fake(const char *name, int *ret_fd)
{
	if (!strcmp(name, "/proc/xen/xsd_port"))
		*ret_fd = fake_xsd_port();
	else if (!strcmp(name, "/proc/xen/xsd_kva"))
		*ret_fd = open_ring(0);
	else
		return false;
	return true;
}

#define WRAP_OPEN(name)                                               \
	int name(const char *file, int flags, ...)                    \
	{                                                             \
		static int (*real)(const char *, int, ...);           \
		mode_t mode = 0;                                      \
		va_list ap;                                           \
		int fd;                                               \
								      \
		if (open_fake(file, &fd))                             \
			return fd;                                    \
		if (!real)                                            \
			real = (typeof(real))dlsym(RTLD_NEXT, #name); \
		if (flags & (O_CREAT | O_TMPFILE)) {                  \
			va_start(ap, flags);                          \
			mode = va_arg(ap, mode_t);                    \
			va_end(ap);                                   \
		}                                                     \
		return real(file, flags, mode);                       \
	}
WRAP_OPEN(open)
WRAP_OPEN(open64)

/*
 * oxenstored insists on RLIMIT_NOFILE = fs.nr_open, which takes
 * CAP_SYS_RESOURCE; a container's root may lack it.
 */
int setrlimit(__rlimit_resource_t what, const struct rlimit *limit)
{
	static int (*real)(__rlimit_resource_t, const struct rlimit *);
	int rc;

	if (!real)
		real = (typeof(real))dlsym(RTLD_NEXT, "setrlimit");
	rc = real(what, limit);
	return what == RLIMIT_NOFILE ? 0 : rc;
}

__attribute__((constructor)) static void make_directories(void)
{
	mkdir(path("%s", ""), 0755);
	mkdir(path("dom"), 0755);
	mkdir(path("ring"), 0755);
}
