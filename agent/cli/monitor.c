/* SPDX-License-Identifier: GPL-2.0-or-later */
/* monitor.c - vifctl monitor: print ports as they change */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "agent/cli/cmd.h"
#include "agent/cli/screen.h"
#include "agent/daemon/keeper.h"

struct monitor {
	struct cmd *cmd;
	struct event_base *base;
};

#define TIME_SIZE 40

static struct tm now(void)
{
	const time_t t = time(NULL);
	struct tm tm = { 0 };

	(void)localtime_r(&t, &tm);
	return tm;
}

static void on_news(const struct look *look, void *arg)
{
	struct monitor *m = arg;
	const struct tm tm = now();
	char text[TIME_SIZE] = "";

	if (m->cmd->json) {
		struct json_object *o = output_json(look);

		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S%z", &tm);
		json_object_object_add(o, "time", json_object_new_string(text));
		puts(json_object_to_json_string_ext(
			o, JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(o);
	} else {
		if (screen_is_terminal())
			(void)strftime(text, sizeof(text), "%H:%M:%S ", &tm);
		(void)fputs(text, stdout);
		output_line(look);
	}
	if (fflush(stdout) != 0)
		event_base_loopbreak(m->base);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct monitor *m = arg;

	(void)sig;
	(void)what;
	event_base_loopbreak(m->base);
}

int cmd_monitor(struct cmd *c)
{
	struct monitor m = { .cmd = c, .base = event_base_new() };
	struct keeper_ops ops = { .passive = true, .news = on_news,
				  .arg = &m };
	struct event *end[2] = { 0 };
	struct keeper *k = NULL;
	char error[REASON_SIZE];
	int r = CMD_FAILED;

	if (c->argc > 0) {
		if (m.base)
			event_base_free(m.base);
		return cmd_fail(CMD_USAGE, "monitor takes no arguments, but got %s",
				text_quote_str(c->argv[0]).text);
	}
	if (!m.base)
		return cmd_fail(CMD_FAILED, "cannot create an event loop");
	end[0] = evsignal_new(m.base, SIGINT, on_signal, &m);
	end[1] = evsignal_new(m.base, SIGTERM, on_signal, &m);
	if (!end[0] || !end[1] || event_add(end[0], NULL) < 0 ||
	    event_add(end[1], NULL) < 0)
		(void)cmd_fail(CMD_FAILED, "cannot create an event loop");
	else if (keeper_new(m.base, &c->agent, &ops, &k, error) < 0)
		(void)cmd_fail(CMD_FAILED, "%s", error);
	else if (event_base_dispatch(m.base) >= 0)
		r = CMD_OK;
	keeper_free(k);
	for (int i = 0; i < 2; i++)
		if (end[i])
			event_free(end[i]);
	event_base_free(m.base);
	return r;
}
