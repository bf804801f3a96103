/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udev.c - wishes set by udev rules, and udev's events */
#include "agent/udev/udev.h"

#include <errno.h>
#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/text.h"

/* As large as netlink's own: a thousand taps may come at once. */
#define RECEIVE_BUFFER (16 << 20)

struct udev_room {
	struct udev *udev;
	struct udev_monitor *monitor;
};

int udev_room_open(struct udev_room **ret)
{
	struct udev_room *u = calloc(1, sizeof(*u));

	if (u)
		u->udev = udev_new();
	if (!u || !u->udev) {
		free(u);
		return -ENOMEM;
	}
	*ret = u;
	return 0;
}

struct udev_room *udev_room_close(struct udev_room *u)
{
	if (!u)
		return NULL;
	udev_monitor_unref(u->monitor);
	udev_unref(u->udev);
	free(u);
	return NULL;
}

void udev_wish_set(struct wish *w, const char *property, const char *value)
{
	static const struct {
		const char *property;
		enum wish_key key;
	} known[] = {
		{ "VIF_NETWORK", WISH_NETWORK },
		{ "VIF_NAME", WISH_NAME },
		{ "VIF_MTU", WISH_MTU },
		{ "VIF_VLAN", WISH_VLAN },
		{ "VIF_MAC", WISH_SENDER },
		{ "VIF_IP", WISH_IP },
	};

	/* A later rule removes a property with ENV{X}="". */
	if (!value || !value[0])
		return;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(property, known[i].property) == 0)
			(void)wish_set(w, known[i].key, property, value,
				       strlen(value));
}

/* A property for which libudev has no memory is missing. */
static int take_wish(struct udev_device *d, const char *name, struct wish *ret)
{
	const char *sysname = udev_device_get_sysname(d);
	struct udev_list_entry *e;

	if (!sysname)
		return -ENOMEM;
	if (strcmp(sysname, name) != 0 || !udev_device_get_is_initialized(d))
		return 0;
	udev_list_entry_foreach(e, udev_device_get_properties_list_entry(d))
		udev_wish_set(ret, udev_list_entry_get_name(e),
			      udev_list_entry_get_value(e));
	return 0;
}

int udev_wish(struct udev_room *u, int ifindex, const char *name,
	      struct wish *ret)
{
	struct udev_device *d;
	char id[16];
	int r;

	*ret = (struct wish) { 0 };
	if (!u)
		return 0;
	/* "n" and the ifindex: how udev's database names a link */
	(void)snprintf(id, sizeof(id), "n%d", ifindex);
	errno = 0;
	d = udev_device_new_from_device_id(u->udev, id);
	if (!d && (errno == ENOMEM || errno == EMFILE || errno == ENFILE))
		return -errno;
	if (!d)
		return 0;
	r = take_wish(d, name, ret);
	udev_device_unref(d);
	if (ret->network[0] || ret->error[0])
		ret->by = ret->vlan_by = ret->ip_by = BY_UDEV;
	else
		*ret = (struct wish) { 0 };
	return r;
}

/* libudev ignores messages that are not from the kernel or root
 * (udev_monitor_receive_device: sender's port and credentials). */
int udev_watch(struct udev_room *u)
{
	struct udev_monitor *m = udev_monitor_new_from_netlink(u->udev, "udev");
	int r;

	if (!m)
		return -errno;
	r = udev_monitor_filter_add_match_subsystem_devtype(m, "net", NULL);
	if (r >= 0)
		r = udev_monitor_filter_add_match_subsystem_devtype(
			m, "xen-backend", NULL);
	/* Without CAP_NET_ADMIN the buffer is smaller. */
	if (r >= 0)
		(void)udev_monitor_set_receive_buffer_size(m, RECEIVE_BUFFER);
	if (r >= 0)
		r = udev_monitor_enable_receiving(m);
	if (r < 0) {
		udev_monitor_unref(m);
		return r;
	}
	u->monitor = m;
	return 0;
}

int udev_watch_fd(const struct udev_room *u)
{
	return udev_monitor_get_fd(u->monitor);
}

/* Returns 0, or -ENOENT if the event does not concern us. */
static int read_event(struct udev_device *d, struct udev_event *ret)
{
	const char *subsystem = udev_device_get_subsystem(d);
	const char *text;
	int32_t backend;
	unsigned long n;

	if (!subsystem)
		return -ENOENT;
	if (strcmp(subsystem, "net") == 0) {
		text = udev_device_get_property_value(d, "IFINDEX");
		if (!text || text_number(text, INT32_MAX, &n) < 0)
			return -ENOENT;
		ret->what = UDEV_LINK;
		ret->ifindex = (int)n;
		return 0;
	}
	text = udev_device_get_property_value(d, "XENBUS_PATH");
	if (!text || vif_path_parse(text, &ret->nic, &backend, NULL) < 0 ||
	    backend >= 0)
		return -ENOENT;
	ret->what = UDEV_NIC;
	return 0;
}

int udev_next_event(struct udev_room *u, struct udev_event *ret)
{
	int r = -ENOENT;

	while (r == -ENOENT) {
		struct udev_device *d;

		errno = 0;
		d = udev_monitor_receive_device(u->monitor);
		if (!d)
			return errno == ENOBUFS ? -ENOBUFS : -EAGAIN;
		r = read_event(d, ret);
		udev_device_unref(d);
	}
	return r;
}
