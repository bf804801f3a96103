/* SPDX-License-Identifier: GPL-2.0-or-later */
/* all.c - looking at every port, without changing anything */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cmd/cmd.h"

struct ids {
	struct port_id *id;
	size_t n, room;
};

static int collect(const struct port_id *id, const int hint[LOOKS], void *arg)
{
	struct ids *ids = arg;

	(void)hint;		/* LOOK_SEARCH does as well */
	if (ids->n == ids->room) {
		size_t room = ids->room ? 2 * ids->room : 64;
		struct port_id *p = reallocarray(ids->id, room, sizeof(*p));

		if (!p)
			return -ENOMEM;
		ids->id = p;
		ids->room = room;
	}
	ids->id[ids->n++] = *id;
	return 0;
}

static int order(const void *a, const void *b)
{
	const struct port_id *x = a, *y = b;

	if (x->is_nic != y->is_nic)
		return x->is_nic ? -1 : 1;
	if (!x->is_nic)
		return x->ifindex - y->ifindex;
	if (x->nic.domid != y->nic.domid)
		return x->nic.domid < y->nic.domid ? -1 : 1;
	return x->nic.devid < y->nic.devid ? -1 :
	       x->nic.devid > y->nic.devid;
}

int cmd_each_look(struct cmd *c, cmd_look_fn fn, void *arg)
{
	struct look looks[LOOKS];
	struct ids ids = { 0 };
	int r = each_port(&c->agent, collect, &ids);

	if (ids.n)
		qsort(ids.id, ids.n, sizeof(*ids.id), order);
	for (size_t i = 0; i < ids.n && r >= 0; i++) {
		if (i && port_id_equal(&ids.id[i], &ids.id[i - 1]))
			continue;
		r = reconcile(&c->agent, &ids.id[i], LOOK_SEARCH, NULL, looks);
		/* It may have gone meanwhile. */
		if (r == -ENODEV)
			r = 0;
		for (int j = 0; j < r; j++)
			fn(c, &looks[j], arg);
	}
	free(ids.id);
	if (r == -ENOTCONN)
		return cmd_fail(CMD_FAILED, "xenstored is gone");
	if (r < 0)
		return cmd_fail(CMD_FAILED, "looking at the ports: %s",
				strerror(-r));
	return 0;
}
