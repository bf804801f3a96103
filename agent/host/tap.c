/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap.c - making taps */
#include "agent/host/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/host/fd.h"

/* The kernel replaces %d by a free number.  udev-rules/72-vifagent.rules matches
 * this name, because systemd would change the tap's address. */
#define TEMPLATE "vifnew%d"

short tap_flags(const struct tap_options *options)
{
	int flags = IFF_TAP | IFF_NO_PI;

	if (options->vnet_hdr)
		flags |= IFF_VNET_HDR;
	if (options->queues > 1)
		flags |= IFF_MULTI_QUEUE;
	return (short)flags;
}

int tap_open_queue(const char *path, struct ifreq *ifr)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, TUNSETIFF, ifr) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

static int find_ifindex(const char *name, int *ret)
{
	CLOSED int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { 0 };

	memcpy(ifr.ifr_name, name, VIF_NAMESIZE);
	if (fd < 0 || ioctl(fd, SIOCGIFINDEX, &ifr) < 0)
		return -errno;
	*ret = ifr.ifr_ifindex;
	return 0;
}

/* If the first queue's tap was renamed meanwhile, the others are another tap's. */
static int check_queues(const struct tap *t)
{
	for (unsigned int i = 0; i < t->queues; i++) {
		struct ifreq ifr = { 0 };

		if (ioctl(t->fd[i], TUNGETIFF, &ifr) < 0)
			return -errno;
		if (strcmp(ifr.ifr_name, t->name) != 0)
			return -EAGAIN;
	}
	return 0;
}

int tap_create(const struct tap_options *options, struct tap *ret)
{
	struct tap t = { 0 };
	struct ifreq ifr = { .ifr_name = TEMPLATE };
	int r = 0;

	if (options->queues < 1 || options->queues > TAP_QUEUES_MAX)
		return -EINVAL;
	ifr.ifr_flags = (short)(tap_flags(options) | IFF_TUN_EXCL);
	while (t.queues < options->queues && r >= 0) {
		r = tap_open_queue("/dev/net/tun", &ifr);
		if (r >= 0)
			t.fd[t.queues++] = r;
		/* The kernel has written the name; the next ones open it. */
		ifr.ifr_flags &= (short)~IFF_TUN_EXCL;
	}
	if (r >= 0) {
		memcpy(t.name, ifr.ifr_name, sizeof(t.name));
		r = find_ifindex(t.name, &t.ifindex);
	}
	if (r == 0)
		r = check_queues(&t);
	if (r < 0) {
		tap_close(&t);
		return r;
	}
	*ret = t;
	return 0;
}

void tap_close(struct tap *t)
{
	for (unsigned int i = 0; i < t->queues; i++)
		close(t->fd[i]);
	t->queues = 0;
}

int tap_persist(const struct tap *t, uid_t owner, gid_t group)
{
	int fd = t->fd[0];

	if (owner == (uid_t)-1 && group == (gid_t)-1)
		return -EINVAL;
	if (owner != (uid_t)-1 && ioctl(fd, TUNSETOWNER, owner) < 0)
		return -errno;
	if (group != (gid_t)-1 && ioctl(fd, TUNSETGROUP, group) < 0)
		return -errno;
	return ioctl(fd, TUNSETPERSIST, 1) < 0 ? -errno : 0;
}

void tap_unpersist(const struct tap *t)
{
	(void)ioctl(t->fd[0], TUNSETPERSIST, 0);
}

void tap_own_name(const struct tap *t, char ret[VIF_NAMESIZE])
{
	(void)snprintf(ret, VIF_NAMESIZE, "%s%d",
		       t->is_macvtap ? "macvtap" : "vtap", t->ifindex);
}

int tap_open_vhost(void)
{
	int fd = open("/dev/vhost-net", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}
