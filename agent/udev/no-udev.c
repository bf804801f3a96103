/* SPDX-License-Identifier: GPL-2.0-or-later */
/* no-udev.c - for programs that do not read udev's database */
#include <errno.h>

#include "agent/udev/udev.h"

int udev_room_open(struct udev_room **ret)
{
	(void)ret;
	return -ENOSYS;
}

struct udev_room *udev_room_close(struct udev_room *u)
{
	(void)u;
	return NULL;
}

int udev_wish(struct udev_room *u, int ifindex, const char *name,
	      struct wish *ret)
{
	(void)u;
	(void)ifindex;
	(void)name;
	*ret = (struct wish) { 0 };
	return 0;
}
