/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait.c - looking at a port until it is in order, for a bounded time */
#include "agent/cli/wait.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

/* Links tell when they change; xenstore's keys are asked this often. */
#define PAUSE_MS 200

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_link(const struct host_event *ev, void *arg)
{
	(void)ev;
	(void)arg;
}

/* Until a link changes or the pause is over. */
static void pause_a_bit(struct host_watch *w, int64_t ms)
{
	struct pollfd pfd = { .fd = w ? host_watch_fd(w) : -1,
			      .events = POLLIN };

	if (poll(&pfd, 1, (int)(ms < PAUSE_MS ? ms : PAUSE_MS)) > 0)
		(void)host_watch_read(w, on_link, NULL);
}

int look_twice(struct cmd *c, const struct port_id *id, unsigned int flags,
	       struct look ret[LOOKS])
{
	int n = door_look(&c->agent, id, flags, NULL, NULL, ret);
	bool early = false;

	for (int i = 0; i < n; i++) {
		early |= ret[i].early;
		flags |= ret[i].untold ? LOOK_REWRITE : 0;
	}
	if (!early)
		return n;
	(void)poll(NULL, 0, (int)c->agent.config->toolstack_delay);
	return door_look(&c->agent, id, flags | LOOK_LATE, NULL, NULL, ret);
}

static int look_at_part(struct cmd *c, const struct port_id *id, enum part part,
			unsigned int flags, struct look *ret)
{
	struct look looks[LOOKS];
	int n = look_twice(c, id, flags, looks);

	*ret = (struct look) { .id = *id, .part = part, .verdict = WAITING };
	for (int i = 0; i < n; i++)
		if (looks[i].part == part)
			*ret = looks[i];
	return n < 0 ? n : 0;
}

/* So long may another door take to leave the link; it needs a hundredth of it.
 * Whoever is still at it then has died on the way. */
#define YIELD_MS 100

int wait_for_port(struct cmd *c, const struct port_id *id, enum part part,
		  unsigned int flags, unsigned int seconds, struct look *ret)
{
	int64_t end = now_ms() + (int64_t)seconds * 1000;
	int64_t yield_until = now_ms() + YIELD_MS;
	struct host_watch *w = NULL;
	int64_t left = 1;
	int r;

	for (;;) {
		r = look_at_part(c, id, part, left > 0 && now_ms() < yield_until ?
				 flags | LOOK_YIELD : flags, ret);
		if (r < 0 || look_is_done(ret) || left <= 0 ||
		    (ret->verdict != WAITING && ret->verdict != FAILED &&
		     ret->verdict != NOT_OURS))
			break;
		/* Only who has to wait needs to listen; and once more after
		 * beginning to. */
		if (!w && host_watch_open(&w) == 0)
			continue;
		left = end - now_ms();
		if (left > 0)
			pause_a_bit(w, left);
	}
	host_watch_close(w);
	return r;
}
