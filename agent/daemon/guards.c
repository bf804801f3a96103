/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guards.c - what others do to the guards of ports */
#include "agent/daemon/guards.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/host/guard-watch.h"

struct guards {
	const struct sources *sources;
	struct guard_watch *watch;	/* NULL: not listening */
	struct event *readable;
};

static void on_port(int ifindex, void *arg)
{
	const struct guards *g = arg;
	struct port *p;

	TAILQ_FOREACH(p, &g->sources->table->all, all)
		if (port_has_link(p, ifindex))
			table_mark(p);
}

/* All guards at once, by what is known of them. */
static void mend(struct host *h)
{
	int r = h->ops->mend_guards(h);

	if (r < 0)
		log_msg(LOG_ERR, "cannot put the guards of ports back at once: %s; trying one by one",
			strerror(-r));
	else if (r > 0)
		log_msg(LOG_WARNING, "another program removed the guards of ports (nft flush ruleset?); all %d have been restored",
			r);
}

static void on_nftables(evutil_socket_t fd, short what, void *arg)
{
	struct guards *g = arg;

	(void)fd;
	(void)what;
	if (!guard_watch_read(g->watch, on_port, g))
		return;
	if (!g->sources->passive)
		mend(g->sources->agent->host);
	g->sources->rescan(g->sources->arg);
}

static bool is_lack(int error)
{
	return error == -ENOMEM || error == -EMFILE || error == -ENFILE ||
	       error == -ENOBUFS;
}

int guards_listen(struct guards *g)
{
	int r;

	if (g->watch || !config_filters(g->sources->agent->config))
		return 0;
	r = guard_watch_open(&g->watch);
	if (r < 0)
		return is_lack(r) ? r : 0;
	g->readable = sources_reader(g->sources, guard_watch_fd(g->watch),
				     on_nftables, g);
	if (g->readable)
		return 0;
	g->watch = guard_watch_close(g->watch);
	return -ENOMEM;
}

void guards_sweep(const struct guards *g)
{
	struct host *h = g->sources->agent->host;

	if (g->watch && !g->sources->passive)
		h->ops->sweep_guards(h);
}

struct guards *guards_new(const struct sources *sources)
{
	struct guards *g = calloc(1, sizeof(*g));

	if (g)
		g->sources = sources;
	return g;
}

struct guards *guards_free(struct guards *g)
{
	if (!g)
		return NULL;
	g->readable = sources_stop(g->readable);
	g->watch = guard_watch_close(g->watch);
	free(g);
	return NULL;
}
