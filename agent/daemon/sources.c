/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources.c - what all sources of events share */
#include "agent/daemon/sources.h"

#include <errno.h>

struct event *sources_reader(const struct sources *s, int fd,
			    event_callback_fn fn, void *arg)
{
	struct event *ev = event_new(s->base, fd, EV_READ | EV_PERSIST, fn,
				     arg);

	if (ev && event_add(ev, NULL) < 0)
		ev = sources_stop(ev);
	return ev;
}

struct event *sources_stop(struct event *ev)
{
	if (ev)
		event_free(ev);
	return NULL;
}

static void mark_id(const struct sources *s, const struct port_id *id)
{
	struct port *p = table_add(s->table, id);

	if (p)
		table_mark(p);
	else
		s->rescan_later(-ENOMEM, s->arg);
}

void sources_mark_nic(const struct sources *s, struct vif_id nic)
{
	const struct port_id id = { .is_nic = true, .nic = nic };

	mark_id(s, &id);
}

/* If the link belongs to a NIC, the check marks that NIC instead. */
void sources_mark_link(const struct sources *s, int ifindex)
{
	const struct port_id id = { .ifindex = ifindex };

	mark_id(s, &id);
}

int sources_mark_found(const struct sources *s, const struct port_id *id,
		      const int hint[LOOKS])
{
	struct port *p = table_add(s->table, id);

	if (!p)
		return -ENOMEM;
	for (int i = 0; i < LOOKS; i++)
		if (hint && hint[i])
			p->ifindex[i] = hint[i];
	/* Its record was found while xenstored does not run. */
	if (s->agent->store == STORE_GONE)
		p->keep = true;
	table_mark(p);
	return 0;
}
