/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macvtap-node.c - the character device by which a macvtap is opened */
#include "agent/host/macvtap-node.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/host/sysfs.h"

/* The node itself, without opening the device; returns an O_PATH fd. */
static int find_node(const struct tap *t, dev_t dev)
{
	struct stat st;
	char path[32];
	int fd, r = 0;

	(void)snprintf(path, sizeof(path), "/dev/tap%d", t->ifindex);
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISCHR(st.st_mode) || st.st_rdev != dev)
		r = -EEXIST;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* A node on a file system that is nowhere mounted, and goes with its last fd. */
static int make_node(dev_t dev)
{
	int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int root = -1, fd = -1, r = 0;

	if (fs < 0)
		return -errno;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		r = -errno;
	if (r == 0) {
		root = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOEXEC);
		r = root < 0 ? -errno : 0;
	}
	if (r == 0 && mknodat(root, "tap", S_IFCHR | 0600, dev) < 0)
		r = -errno;
	if (r == 0) {
		fd = openat(root, "tap", O_PATH | O_CLOEXEC);
		r = fd < 0 ? -errno : fd;
	}
	if (root >= 0)
		close(root);
	close(fs);
	return r;
}

/* What the node stands for, as one queue more. */
static int open_queue(int node, const struct tap_options *options)
{
	/* Its name is not asked for, and no flag besides these is taken
	 * (tap_ioctl, drivers/net/tap.c). */
	struct ifreq ifr = { 0 };
	char path[32];
	int fd, r;

	ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI |
				(options->vnet_hdr ? IFF_VNET_HDR : 0) |
				(options->queues > 1 ? IFF_MULTI_QUEUE : 0));
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, TUNSETIFF, &ifr) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

static int open_queues(int node, struct tap *t,
		       const struct tap_options *options)
{
	int r = 0;

	while (t->queues < options->queues && r >= 0) {
		r = open_queue(node, options);
		if (r >= 0)
			t->fd[t->queues++] = r;
	}
	if (r >= 0)
		return 0;
	tap_close(t);
	return r;
}

int macvtap_open(struct tap *t, const struct tap_options *options)
{
	struct tap open = *t;
	dev_t dev = 0;
	int r = sysfs_macvtap_device(t->name, t->ifindex, &dev);
	int node;

	if (options->queues < 1 || options->queues > TAP_QUEUES_MAX)
		return -EINVAL;
	if (r < 0)
		return r;
	open.queues = 0;
	node = find_node(t, dev);
	r = node < 0 ? node : open_queues(node, &open, options);
	if (node >= 0)
		close(node);
	/* Missing, another's, or on a file system without devices. */
	if (r < 0) {
		node = make_node(dev);
		r = node < 0 ? node : open_queues(node, &open, options);
		if (node >= 0)
			close(node);
	}
	if (r == 0)
		*t = open;
	return r;
}

int macvtap_node_check(const struct tap *t)
{
	dev_t dev = 0;
	int r = sysfs_macvtap_device(t->name, t->ifindex, &dev);
	int node = r < 0 ? r : find_node(t, dev);

	if (node < 0)
		return node;
	close(node);
	return 0;
}

int macvtap_node_give(const struct tap *t, uid_t owner, gid_t group)
{
	mode_t mode = group == (gid_t)-1 ? 0600 : 0660;
	dev_t dev = 0;
	int r = sysfs_macvtap_device(t->name, t->ifindex, &dev);
	int node = r < 0 ? r : find_node(t, dev);
	char path[32];

	if (node < 0)
		return node;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	if (fchownat(node, "", owner, group, AT_EMPTY_PATH) < 0 ||
	    chmod(path, mode) < 0)
		r = -errno;
	close(node);
	return r;
}
