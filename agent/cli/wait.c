/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait.c - wait until a port is in order, with a time limit */
#include "agent/cli/wait.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "agent/base/clock.h"

/* The kernel reports changes of links; xenstore's keys are polled this often. */
#define PAUSE_MS 200

static void on_link(const struct host_event *ev, void *arg)
{
	(void)ev;
	(void)arg;
}

/* Wait until a link changes or the pause is over. */
static void pause_a_bit(struct host_watch *w, int64_t ms)
{
	struct pollfd pfd = { .fd = w ? host_watch_fd(w) : -1,
			      .events = POLLIN };
	int pause = ms < PAUSE_MS ? (int)ms : PAUSE_MS;

	if (poll(&pfd, 1, pause) > 0)
		(void)host_watch_read(w, on_link, NULL);
}

static bool joins_by_hand(const struct request *q)
{
	return q->hand && !q->hand->leave;
}

static bool is_fine(const struct request *q, const struct look *look)
{
	if (look->verdict == IN_ORDER)
		return true;
	return look->verdict == NOT_OURS &&
	       !(joins_by_hand(q) &&
		 q->hand->ifindex == look->state.link.ifindex);
}

int look_or_fail(struct cmd *c, const struct request *q, const char *name)
{
	struct look looks[LOOKS];
	int n = door_look(&c->agent, q, NULL, looks);
	int code = CMD_OK;

	for (int i = 0; i < n; i++)
		if (!is_fine(q, &looks[i]))
			code = cmd_fail(CMD_FAILED, "%s: %s", looks[i].name,
					looks[i].reason);
	if (n >= 0 || (n == -ENODEV && !joins_by_hand(q)))
		return code;
	if (n == -ENODEV)
		return cmd_fail(CMD_FAILED, "%s: its link has disappeared", name);
	return cmd_fail(CMD_FAILED, "%s: check failed: %s", name, strerror(-n));
}

static int look_at_part(struct cmd *c, const struct port_id *id, enum part part,
			unsigned int flags, struct look *ret)
{
	const struct request q = { .id = *id, .flags = flags };
	struct look looks[LOOKS];
	int n = door_look(&c->agent, &q, NULL, looks);

	*ret = (struct look) { .id = *id, .part = part, .verdict = WAITING };
	for (int i = 0; i < n; i++)
		if (looks[i].part == part)
			*ret = looks[i];
	if (n < 0)
		return n;
	return 0;
}

/* How long to wait for another process of vifagent that is detaching the link.
 * It needs a hundredth of this; if it takes longer, it has died meanwhile. */
#define YIELD_MS 100

static bool may_still_change(const struct look *look)
{
	return look->verdict == WAITING || look->verdict == FAILED ||
	       look->verdict == NOT_OURS;
}

int wait_for_port(struct cmd *c, const struct port_id *id, enum part part,
		  unsigned int flags, unsigned int seconds, struct look *ret)
{
	int64_t end = clock_ms() + (int64_t)seconds * 1000;
	int64_t yield_until = clock_ms() + YIELD_MS;
	struct host_watch *w = NULL;
	int64_t left = 1;
	int r;

	for (;;) {
		unsigned int yield = 0;

		if (left > 0 && clock_ms() < yield_until)
			yield = LOOK_YIELD;
		r = look_at_part(c, id, part, flags | yield, ret);
		if (r < 0 || look_is_done(ret) || left <= 0 ||
		    !may_still_change(ret))
			break;
		/* Open the socket only when it is needed, and check again
		 * afterwards: the link may have changed before. */
		if (!w && host_watch_open(&w) == 0)
			continue;
		left = end - clock_ms();
		if (left > 0)
			pause_a_bit(w, left);
	}
	host_watch_close(w);
	return r;
}
