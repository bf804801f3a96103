/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.c - vifctl status: the host on one screen */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/daemon-config.h"
#include "agent/cli/overview.h"
#include "agent/cli/screen.h"
#include "agent/core/words.h"
#include "agent/host/presence.h"

#define TROUBLES_MAX 10

struct status {
	struct cmd *cmd;
	struct overview all;
	struct place place[PLACES_MAX];
	size_t n_places;
	size_t ports[FAILED + 1];	/* by verdict */
};

static void line(const char *what, enum color color, const char *text)
{
	(void)printf("%-14s%s%s%s\n", what, screen_on(color), text, screen_off(color));
}

static void print_daemon(const struct cmd *c)
{
	struct presence p;
	char text[64];
	int pid, r = presence_ask(&p, &pid);
	const char *state = r < 0 ? "does not answer" : "running";

	if (r == -ENOENT) {
		line("daemon", YELLOW, "vifagentd is not running");
		return;
	}
	(void)snprintf(text, sizeof(text), "%s, pid %d", state, pid);
	line("daemon", r < 0 ? RED : GREEN, pid ? text : state);
	if (r == 0 && daemon_config_differs(pid, p.config, c->config_path))
		(void)cmd_fail(CMD_OK, "note: vifagentd reads a different configuration: %s; use vifctl -c with it",
			       p.config);
}

/* The words for people; NULL: this is no Xen host. */
static const char *store_text(const struct agent *a, char buf[64])
{
	if (a->store == STORE_THERE) {
		(void)snprintf(buf, 64, "answers, this is domain %u", a->self);
		return buf;
	}
	if (a->store_error == -ENOENT && !a->host->ops->has_netback(a->host))
		return NULL;
	(void)snprintf(buf, 64, "not reached: %s", strerror(-a->store_error));
	return buf;
}

static void print_store(const struct agent *a)
{
	char buf[64];
	const char *text = store_text(a, buf);

	if (text)
		line("xenstored", a->store == STORE_THERE ? GREEN : RED, text);
}

static void print_config(const struct cmd *c)
{
	char text[64];

	if (c->broken) {
		line("configuration", RED, c->broken);
		return;
	}
	(void)snprintf(text, sizeof(text), "valid, %zu network%s", c->agent.config->n_networks,
		       c->agent.config->n_networks == 1 ? "" : "s");
	line("configuration", GREEN, text);
}

static void print_uplink(const struct link *l, void *arg)
{
	const char **comma = arg;

	(void)printf("%s%s%s%s%s", *comma, screen_on(l->up && l->carrier ? PLAIN : YELLOW),
		     l->name, l->up ? (l->carrier ? "" : " (no carrier)") : " (down)",
		     screen_off(l->up && l->carrier ? PLAIN : YELLOW));
	*comma = ", ";
}

static void print_place(const struct status *s, const struct place *p)
{
	const char *comma = "uplink ";

	(void)printf("  %-15s ", p->name);
	if (!p->link) {
		(void)printf("%smissing%s", screen_on(RED), screen_off(RED));
	} else if (!p->link->up) {
		(void)printf("%sdown%s, ", screen_on(RED), screen_off(RED));
	}
	if (p->link) {
		(void)printf("mtu %u, %zu port%s", p->link->mtu, p->ports,
			     p->ports == 1 ? "" : "s");
		if (p->others)
			(void)printf(", %s%zu not in order%s", screen_on(YELLOW), p->others,
				     screen_off(YELLOW));
	}
	if (p->link && p->kind == NETWORK_BRIDGE) {
		(void)fputs(", ", stdout);
		overview_uplinks(&s->all, p->link, print_uplink, &comma);
		if (comma[0] == 'u')
			(void)fputs("no uplink", stdout);
	}
	puts("");
}

static void print_places(const struct status *s)
{
	if (s->n_places)
		(void)puts("networks");
	for (size_t i = 0; i < s->n_places; i++)
		print_place(s, &s->place[i]);
}

static void print_counts(const struct status *s)
{
	static const struct {
		enum verdict verdict;
		enum color color;
	} order[] = { { IN_ORDER, GREEN }, { TO_DO, YELLOW }, { WAITING, YELLOW },
		      { REFUSED, RED }, { FAILED, RED } };
	const char *comma = "";

	(void)printf("%-14s", "ports");
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		size_t n = s->ports[order[i].verdict];

		if (!n)
			continue;
		(void)printf("%s%s%zu %s%s", comma, screen_on(order[i].color), n,
			     verdict_name(order[i].verdict), screen_off(order[i].color));
		comma = ", ";
	}
	puts(comma[0] ? "" : "none");
}

static bool is_trouble(const struct look *l)
{
	return overview_counts(l) && l->verdict != IN_ORDER;
}

/* What is wrong; the rest is in vifctl list. */
static void print_troubles(const struct status *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->all.n; i++) {
		const struct look *l = &s->all.look[i];

		if (!is_trouble(l) || n++ >= TROUBLES_MAX)
			continue;
		(void)printf("  %-15s %s: %s\n", l->name, verdict_name(l->verdict), l->reason);
	}
	if (n > TROUBLES_MAX)
		(void)printf("  and %zu more; see vifctl list\n", n - TROUBLES_MAX);
}

static void print(const struct status *s)
{
	print_daemon(s->cmd);
	print_store(&s->cmd->agent);
	print_config(s->cmd);
	print_counts(s);
	print_troubles(s);
	print_places(s);
}

/* ---- JSON --------------------------------------------------------------- */

static void add_name(const struct link *l, void *arg)
{
	json_object_array_add(arg, json_object_new_string(l->name));
}

static struct json_object *place_json(const struct status *s, const struct place *p)
{
	struct json_object *o = json_object_new_object();
	struct json_object *uplinks = json_object_new_array();

	json_object_object_add(o, "name", json_object_new_string(p->name));
	json_object_object_add(o, "kind", json_object_new_string(
		p->kind == NETWORK_MACVTAP ? "device" : "bridge"));
	json_object_object_add(o, "exists", json_object_new_boolean(p->link != NULL));
	json_object_object_add(o, "up", json_object_new_boolean(p->link && p->link->up));
	json_object_object_add(o, "ports", json_object_new_uint64(p->ports));
	json_object_object_add(o, "not_in_order", json_object_new_uint64(p->others));
	if (p->link && p->kind == NETWORK_BRIDGE)
		overview_uplinks(&s->all, p->link, add_name, uplinks);
	json_object_object_add(o, "uplinks", uplinks);
	return o;
}

static void print_json(const struct status *s)
{
	const struct agent *a = &s->cmd->agent;
	struct json_object *o = json_object_new_object();
	struct json_object *ports = json_object_new_object();
	struct json_object *places = json_object_new_array();
	const char *broken = s->cmd->broken;

	json_object_object_add(o, "daemon", json_object_new_boolean(presence_is_shown()));
	json_object_object_add(o, "xenstored", json_object_new_boolean(a->store == STORE_THERE));
	json_object_object_add(o, "configuration_error",
			       broken ? json_object_new_string(broken) : NULL);
	for (enum verdict v = IN_ORDER; v <= FAILED; v++)
		if (v != NOT_OURS)
			json_object_object_add(ports, verdict_name(v),
					       json_object_new_uint64(s->ports[v]));
	json_object_object_add(o, "ports", ports);
	for (size_t i = 0; i < s->n_places; i++)
		json_object_array_add(places, place_json(s, &s->place[i]));
	json_object_object_add(o, "networks", places);
	output_json_print(o);
}

int cmd_status(struct cmd *c)
{
	struct status s = { .cmd = c };
	int r;

	if (c->argc)
		return cmd_fail(CMD_USAGE, "status takes no arguments; see vifctl help status");
	r = overview_take(c, &s.all);
	if (r == 0) {
		s.n_places = overview_places(c, &s.all, s.place);
		for (size_t i = 0; i < s.all.n; i++) {
			s.ports[s.all.look[i].verdict]++;
			output_guard_count(c, &s.all.look[i]);
		}
		if (c->json)
			print_json(&s);
		else
			print(&s);
	}
	output_guard_note(c);
	overview_free(&s.all);
	return r;
}
