/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysfs.c - facts that are only in /sys */
#include "agent/host/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "agent/base/text.h"
#include "agent/core/pin.h"
#include "agent/host/fd.h"

#define XEN_BACKEND "/sys/bus/xen-backend"
#define CLASS_NET "/sys/class/net"

/* include/uapi/linux/netdevice.h: the address was set by an administrator */
#define NET_ADDR_SET 3

int sysfs_read(const char *path, char *buf, size_t size)
{
	CLOSED int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		return -errno;
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return 0;
}

/* Read a link's attribute. */
static int read_attr(const char *link, const char *attr, char *buf, size_t size)
{
	char path[96];

	(void)snprintf(path, sizeof(path), CLASS_NET "/%.15s/%s", link, attr);
	return sysfs_read(path, buf, size);
}

int sysfs_number(const char *link, const char *attr, unsigned long max,
		 unsigned long *ret)
{
	char text[32];
	int r = read_attr(link, attr, text, sizeof(text));

	return r < 0 ? r : text_number(text, max, ret);
}

/* The first entry of a directory that is not hidden. */
static int first_entry(const char *path, char *name, size_t size)
{
	DIR *d = opendir(path);
	int r = -ENOENT;

	if (!d)
		return -errno;
	for (struct dirent *e; r == -ENOENT && (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		r = text_copy(name, size, e->d_name) ? 0 : -EBADMSG;
	}
	closedir(d);
	return r;
}

/* Was the bridge's MTU pinned for this port?  A port with our record was attached by
 * us, and then it was, if it mattered. */
static bool has_pinned(const char *port, const struct link *bridge)
{
	struct record r;
	char text[LINK_ALIASSIZE];
	unsigned long mtu;

	return read_attr(port, "ifalias", text, sizeof(text)) == 0 &&
	       record_parse(text, &r) == 0 &&
	       sysfs_number(port, "mtu", UINT32_MAX, &mtu) == 0 &&
	       pin_mtu_matters(bridge, (uint32_t)mtu);
}

/* The kernel fills all the space it is given, and a bridge may have a thousand
 * ports.  A port for which its MTU was pinned is usually among the first few;
 * otherwise it is pinned once more. */
#define PORTS_SIZE 512

static int look_at_ports(const struct link *bridge, struct bridge_facts *f)
{
	_Alignas(struct dirent64) char buf[PORTS_SIZE];
	CLOSED int fd = -1;
	char path[96];
	ssize_t n;

	(void)snprintf(path, sizeof(path), CLASS_NET "/%s/brif",
		       bridge->name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	n = fd < 0 ? -1 : getdents64(fd, buf, sizeof(buf));
	if (n < 0)
		return -errno;
	f->is_empty = true;
	for (ssize_t i = 0; i < n;) {
		const struct dirent64 *e = (const void *)(buf + i);

		i += e->d_reclen;
		if (e->d_name[0] == '.')
			continue;
		f->is_empty = false;
		f->mtu_is_pinned = f->mtu_is_pinned ||
				   has_pinned(e->d_name, bridge);
	}
	return 0;
}

int sysfs_bridge_facts(const struct link *bridge, struct bridge_facts *ret)
{
	struct bridge_facts f = { .mtu_is_pinned = ret->mtu_is_pinned };
	char text[16];
	unsigned long type;
	int r = read_attr(bridge->name, "addr_assign_type", text, sizeof(text));

	if (r < 0)
		return r;
	if (text_number(text, 255, &type) < 0)
		return -EBADMSG;
	f.mac_floats = type != NET_ADDR_SET;
	if (f.mac_floats || !f.mtu_is_pinned)
		r = look_at_ports(bridge, &f);
	if (r == 0)
		*ret = f;
	return r;
}

bool sysfs_has_netback(struct host *h)
{
	(void)h;
	return access(XEN_BACKEND, F_OK) == 0;
}

int sysfs_netback_nic(struct host *h, const char *name, struct vif_id *ret_id)
{
	char node[VIF_PATHSIZE];

	(void)h;
	if (read_attr(name, "device/nodename", node, sizeof(node)) < 0 ||
	    vif_path_parse(node, ret_id, NULL, NULL) < 0)
		return -ENODEV;
	return 0;
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

void sysfs_announce(struct host *h, const char *name)
{
	static const char change[] = "change";
	CLOSED int fd = -1;
	char path[96];

	(void)h;
	(void)snprintf(path, sizeof(path), CLASS_NET "/%.15s/uevent", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	(void)!write(fd, change, strlen(change));
}

/* "247:5" */
int sysfs_macvtap_device(const char *name, int ifindex, dev_t *ret)
{
	unsigned long major, minor;
	char attr[32], text[32];
	char *colon;
	int r;

	(void)snprintf(attr, sizeof(attr), "tap%d/dev", ifindex);
	r = read_attr(name, attr, text, sizeof(text));
	if (r < 0)
		return r == -ENOENT ? -ENXIO : r;
	colon = strchr(text, ':');
	if (!colon)
		return -EBADMSG;
	*colon = '\0';
	if (text_number(text, UINT32_MAX, &major) < 0 ||
	    text_number(colon + 1, UINT32_MAX, &minor) < 0)
		return -EBADMSG;
	*ret = makedev((unsigned int)major, (unsigned int)minor);
	return 0;
}

bool sysfs_bridges_are_filtered(void)
{
	char text[8];

	return sysfs_read("/proc/sys/net/bridge/bridge-nf-call-iptables", text,
			  sizeof(text)) == 0 && strcmp(text, "1") == 0;
}
