/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysfs.c - what only /sys says */
#include "agent/host/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/core/text.h"

#define XEN_BACKEND "/sys/bus/xen-backend"
#define CLASS_NET "/sys/class/net"

/* include/uapi/linux/netdevice.h: somebody set the address on purpose */
#define NET_ADDR_SET 3

/* Read a small attribute, without the newline at its end. */
static int read_attr(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0) {
		n = -errno;
		close(fd);
		return (int)n;
	}
	close(fd);
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return 0;
}

/* The first entry of a directory that is not hidden; NULL @name: just ask. */
static int first_entry(const char *path, char *name, size_t size)
{
	DIR *d = opendir(path);
	int r = -ENOENT;

	if (!d)
		return -errno;
	for (struct dirent *e; r == -ENOENT && (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		r = !name || text_copy(name, size, e->d_name) ? 0 : -EBADMSG;
	}
	closedir(d);
	return r;
}

int sysfs_bridge_facts(struct host *h, const char *bridge,
		       bool *ret_mac_floats, bool *ret_is_empty)
{
	char path[96], text[16];
	unsigned long type;
	int r;

	(void)h;
	(void)snprintf(path, sizeof(path), CLASS_NET "/%s/addr_assign_type",
		       bridge);
	r = read_attr(path, text, sizeof(text));
	if (r < 0)
		return r;
	if (text_number(text, 255, &type) < 0)
		return -EBADMSG;
	*ret_mac_floats = type != NET_ADDR_SET;
	*ret_is_empty = false;
	if (type == NET_ADDR_SET)
		return 0;
	(void)snprintf(path, sizeof(path), CLASS_NET "/%s/brif", bridge);
	r = first_entry(path, NULL, 0);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret_is_empty = r == -ENOENT;
	return 0;
}

bool sysfs_has_netback(struct host *h)
{
	(void)h;
	return access(XEN_BACKEND, F_OK) == 0;
}

int sysfs_netback_nic(struct host *h, const char *name, struct vif_id *ret_id)
{
	char path[96], node[VIF_PATHSIZE];
	int r;

	(void)h;
	(void)snprintf(path, sizeof(path), CLASS_NET "/%s/device/nodename",
		       name);
	r = read_attr(path, node, sizeof(node));
	if (r < 0)
		return -ENODEV;
	return vif_path_parse(node, ret_id, NULL, NULL) < 0 ? -ENODEV : 0;
}

/* xenbus names its devices TYPE-DOMID-DEVID (backend_bus_id). */
int sysfs_netback_name(struct host *h, struct vif_id id,
		       char ret_name[VIF_NAMESIZE])
{
	char path[96];

	(void)h;
	(void)snprintf(path, sizeof(path),
		       XEN_BACKEND "/devices/vif-%" PRIu32 "-%" PRIu32 "/net",
		       id.domid, id.devid);
	return first_entry(path, ret_name, VIF_NAMESIZE) < 0 ? -ENODEV : 0;
}

bool sysfs_is_hardware(struct host *h, const char *name)
{
	struct vif_id id;
	char path[96];

	(void)snprintf(path, sizeof(path), CLASS_NET "/%s/device", name);
	return access(path, F_OK) == 0 && sysfs_netback_nic(h, name, &id) < 0;
}
