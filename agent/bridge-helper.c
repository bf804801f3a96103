/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bridge-helper.c - vif-bridge-helper, a drop-in for QEMU's setuid helper
 *
 *	vif-bridge-helper [--use-vnet] --br=BRIDGE --fd=SOCKET
 *
 * QEMU (net_bridge_run_helper(), net/tap.c) or libvirt runs it, with a UNIX
 * stream socket, for a user who may not create taps.  If the ACL allows this
 * user the bridge, it creates a tap, attaches it to the bridge, and sends it:
 * one byte 0 with one file descriptor.  When it exits, no other process may have
 * the socket open, and the exit code must not be 0 if it has sent nothing.
 */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/cli/acl-file.h"
#include "agent/engine/reconcile.h"
#include "agent/host/tap.h"

static const char usage[] =
	"usage: vif-bridge-helper [--use-vnet] --br=BRIDGE --fd=SOCKET\n"
	"Create a tap on a bridge for QEMU, if " ACL_FILE " allows it.\n"
	"QEMU runs this as the helper= of -netdev bridge; see vif-bridge-helper(8).\n";

struct arguments {
	bool vnet_hdr;
	const char *bridge;
	int fd;
};

/* libvirt hears in a thread of its own what we say, and ends that as soon as our socket is
 * closed (virCommandAbort(), src/qemu/qemu_interface.c); then the reason would be lost. */
static void let_it_be_read(void)
{
	static const struct timespec moment = { 0, 5000000 };
	struct stat st;
	int left;

	if (fstat(STDERR_FILENO, &st) < 0 || !S_ISFIFO(st.st_mode))
		return;
	for (int i = 0; i < 20 && ioctl(STDERR_FILENO, FIONREAD, &left) == 0 && left > 0; i++)
		(void)nanosleep(&moment, NULL);
}

__attribute__((format(printf, 1, 2), noreturn))
static void die(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("vif-bridge-helper: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	let_it_be_read();
	exit(EXIT_FAILURE);
}

/* ---- the request ------------------------------------------------------ */

static const char *value_of(const char *arg, const char *option)
{
	size_t len = strlen(option);

	return strncmp(arg, option, len) == 0 ? arg + len : NULL;
}

static int parse_fd(const char *s)
{
	unsigned long n;

	if (text_number(s, INT32_MAX, &n) < 0)
		die("--fd=%s is not a file descriptor", text_quote_str(s).text);
	return (int)n;
}

/* If an option is repeated the last one counts, as in QEMU's helper. */
static struct arguments parse(int argc, char **argv)
{
	struct arguments r = { .fd = -1 };

	for (int i = 1; i < argc; i++) {
		const char *bridge = value_of(argv[i], "--br=");
		const char *fd = value_of(argv[i], "--fd=");

		if (bridge)
			r.bridge = bridge;
		else if (fd)
			r.fd = parse_fd(fd);
		else if (strcmp(argv[i], "--use-vnet") == 0)
			r.vnet_hdr = true;
		else
			die("unknown option %s; usage: vif-bridge-helper [--use-vnet] --br=BRIDGE --fd=SOCKET",
			    text_quote_str(argv[i]).text);
	}
	if (!r.bridge)
		die("--br=BRIDGE is missing; see vif-bridge-helper --help");
	if (r.fd < 0)
		die("--fd=SOCKET is missing; see vif-bridge-helper --help");
	if (vif_name_check(r.bridge) < 0)
		die("--br=%s is not a valid bridge name",
		    text_quote_str(r.bridge).text);
	return r;
}

/* Alone only: QEMU takes exit code 0 for a tap that was sent. */
static bool answer(int argc, char **argv)
{
	if (argc != 2)
		return false;
	if (strcmp(argv[1], "--help") == 0)
		(void)fputs(usage, stdout);
	else if (strcmp(argv[1], "--version") == 0)
		(void)puts("vif-bridge-helper " PACKAGE_VERSION);
	else
		return false;
	return true;
}

static void check_socket(int fd)
{
	int domain = 0, type = 0;
	socklen_t len = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		die("--fd=%d is not a socket: %s", fd, strerror(errno));
	if (domain != AF_UNIX || type != SOCK_STREAM)
		die("--fd=%d is not a UNIX stream socket", fd);
}

/* ---- file descriptors and privileges ---------------------------------- */

/* The caller may have closed fds 0 to 2, and may have left others open. */
static void tidy_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		die("/dev/null: %s", strerror(errno));
	close(fd);
}

static void close_others(int fd)
{
	unsigned int above = 3;

	if (fd > 3)
		(void)close_range(3, (unsigned int)fd - 1, 0);
	if (fd >= 3)
		above = (unsigned int)fd + 1;
	(void)close_range(above, ~0U, 0);
}

/*
 * When installed setuid root, continue as the real user, with CAP_NET_ADMIN
 * only.  This comes before the ACL is read: an included file counts only if the
 * user may read it.
 */
static void drop_privileges(void)
{
	if (geteuid() != 0 || getuid() == 0)
		return;
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			 CAP_NET_ADMIN) < 0 ||
	    capng_change_id((int)getuid(), (int)getgid(),
			    CAPNG_CLEAR_BOUNDING) < 0)
		die("cannot drop root privileges");
}

static void check_acl(const char *bridge)
{
	char reason[REASON_SIZE];
	struct acl acl;

	(void)acl_read(ACL_FILE, bridge, &acl);
	if (acl_allows(&acl))
		return;
	acl_reason(&acl, reason);
	die("uid %u may not use bridge %s: %s", getuid(), bridge, reason);
}

static void check_network(const char *bridge)
{
	char reason[REASON_SIZE];

	if (agent_helper_refuses(NULL, bridge, reason))
		die("%s", reason);
}

static void check_bridge(const char *bridge)
{
	check_acl(bridge);
	check_network(bridge);
}

/* Otherwise an alternative name would be a way around the ACL. */
static void check_real_name(struct host *h, const char *bridge)
{
	struct link l;

	if (h->ops->link_by_any_name(h, bridge, &l) == 0 &&
	    strcmp(l.name, bridge) != 0)
		check_bridge(l.name);
}

/* ---- the tap ---------------------------------------------------------- */

static void join(const struct tap *tap, const char *bridge)
{
	struct by_hand hand = {
		.ifindex = tap->ifindex,
		.record = { .by = BY_HAND, .wish.by = BY_HAND, .made = true },
	};
	const struct request q = { .id.ifindex = tap->ifindex,
				   .flags = LOOK_ACT, .hand = &hand };
	struct agent a = { .config = config_new(), .store = STORE_GONE };
	struct wish *w = &hand.record.wish;
	struct look looks[LOOKS];
	struct tell nothing;
	int r = host_open(&a.host);

	if (r < 0)
		die("cannot open a netlink socket: %s", strerror(-r));
	if (!a.config)
		die("out of memory");
	check_real_name(a.host, bridge);
	/* Without a configuration a network is the bridge of its name. */
	(void)wish_set(w, WISH_NETWORK, "br", bridge, strlen(bridge));
	tap_own_name(tap, w->name);
	r = reconcile(&a, &q, looks, &nothing);
	if (r < 0)
		die("%s: %s", w->name, strerror(-r));
	if (looks[0].verdict != IN_ORDER)
		die("%s", looks[0].reason);
	host_close(a.host);
	config_free(a.config);
}

static void send_fd(int to, int fd)
{
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(to, &msg, MSG_NOSIGNAL) != 1)
		die("cannot send the tap: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	struct tap_options options = { .queues = 1 };
	struct arguments arguments;
	struct tap tap;
	int r;

	tidy_fds();
	if (answer(argc, argv))
		return EXIT_SUCCESS;
	arguments = parse(argc, argv);
	(void)clearenv();
	close_others(arguments.fd);
	check_socket(arguments.fd);
	drop_privileges();
	check_bridge(arguments.bridge);
	options.vnet_hdr = arguments.vnet_hdr;
	r = tap_create(&options, &tap);
	if (r == -EPERM)
		die("creating a tap needs CAP_NET_ADMIN; install this program setuid root (chmod u+s) or with that capability (setcap cap_net_admin=ep)");
	if (r < 0)
		die("cannot create a tap: %s", strerror(-r));
	join(&tap, arguments.bridge);
	send_fd(arguments.fd, tap.fd[0]);
	return EXIT_SUCCESS;
}
