/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macvtap-node.c - the character device by which a macvtap is opened */
#include "agent/host/macvtap-node.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "agent/host/fd.h"
#include "agent/host/sysfs.h"

/* The node itself, without opening the device; returns an O_PATH fd. */
static int find_node(const struct tap *t, dev_t dev)
{
	struct stat st;
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/dev/tap%d", t->ifindex);
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == dev)
		return fd;
	close(fd);
	return -EEXIST;
}

/* A node on a file system that is not mounted anywhere and disappears with its
 * last fd. */
static int make_node(dev_t dev)
{
	CLOSED int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	CLOSED int root = -1;
	int fd;

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	root = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOEXEC);
	if (root < 0 || mknodat(root, "tap", S_IFCHR | 0600, dev) < 0)
		return -errno;
	fd = openat(root, "tap", O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Closes @fd, which may also be a negative errno value. */
static int open_queues(int fd, struct tap *t,
		       const struct tap_options *options)
{
	CLOSED int node = fd;
	char path[32];
	int r = node;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	while (t->queues < options->queues && r >= 0) {
		/* The kernel ignores the name, and takes no other flags
		 * (tap_ioctl, drivers/net/tap.c). */
		struct ifreq ifr = { .ifr_flags = tap_flags(options) };

		r = tap_open_queue(path, &ifr);
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

	if (options->queues < 1 || options->queues > TAP_QUEUES_MAX)
		return -EINVAL;
	if (r < 0)
		return r;
	open.queues = 0;
	r = open_queues(find_node(t, dev), &open, options);
	/* Missing, another's, or on a file system without devices. */
	if (r < 0)
		r = open_queues(make_node(dev), &open, options);
	if (r == 0)
		*t = open;
	return r;
}

/* The same as find_node(), by the link's name. */
static int find_node_of(const struct tap *t)
{
	dev_t dev = 0;
	int r = sysfs_macvtap_device(t->name, t->ifindex, &dev);

	return r < 0 ? r : find_node(t, dev);
}

int macvtap_node_check(const struct tap *t)
{
	CLOSED int node = find_node_of(t);

	return node < 0 ? node : 0;
}

int macvtap_node_give(const struct tap *t, uid_t owner, gid_t group)
{
	mode_t mode = group == (gid_t)-1 ? 0600 : 0660;
	CLOSED int node = find_node_of(t);
	char path[32];

	if (node < 0)
		return node;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	if (fchownat(node, "", owner, group, AT_EMPTY_PATH) < 0 ||
	    chmod(path, mode) < 0)
		return -errno;
	return 0;
}
