/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udev-events.c - events of links and NICs from udev */
#include "agent/daemon/udev-events.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/base/log.h"

struct udev_events {
	const struct sources *sources;
	struct event *readable;
};

static void on_udev(evutil_socket_t fd, short what, void *arg)
{
	const struct udev_events *u = arg;
	const struct sources *s = u->sources;
	struct udev_event ev;
	int r;

	(void)fd;
	(void)what;
	while ((r = udev_next_event(s->agent->udev, &ev)) == 0) {
		if (ev.what == UDEV_NIC)
			sources_mark_nic(s, ev.nic);
		else
			sources_mark_link(s, ev.ifindex);
	}
	if (r == -ENOBUFS) {
		log_msg(LOG_WARNING, "udev event buffer overflowed; rescanning all ports");
		s->rescan(s->arg);
	}
}

int udev_events_new(const struct sources *sources, struct udev_events **ret)
{
	struct udev_room *room = sources->agent->udev;
	struct udev_events *u;
	int r;

	if (!room)
		return 0;
	r = udev_watch(room);
	if (r < 0)
		return r;
	u = calloc(1, sizeof(*u));
	if (!u)
		return -ENOMEM;
	u->sources = sources;
	u->readable = sources_reader(sources, udev_watch_fd(room), on_udev, u);
	if (!u->readable) {
		udev_events_free(u);
		return -ENOMEM;
	}
	*ret = u;
	return 0;
}

struct udev_events *udev_events_free(struct udev_events *u)
{
	if (!u)
		return NULL;
	u->readable = sources_stop(u->readable);
	free(u);
	return NULL;
}
