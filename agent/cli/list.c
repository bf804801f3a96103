/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list.c - vifctl list: all ports, one per line */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/grid.h"
#include "agent/cli/notes.h"
#include "agent/cli/overview.h"
#include "agent/core/words.h"

struct list {
	struct cmd *cmd;
	bool all;			/* also what is not ours */
	bool tree;			/* under their bridges */
};

static bool is_listed(const struct list *l, const struct look *look)
{
	return l->all || overview_counts(look);
}

static void print_lines(const struct list *l, const struct overview *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (is_listed(l, &o->look[i]))
			output_line(&o->look[i]);
}

static void print_json(const struct list *l, const struct overview *o)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < o->n; i++)
		if (is_listed(l, &o->look[i]))
			json_object_array_add(all, output_json(&o->look[i]));
	output_json_print(all);
}

/* ---- at a terminal ------------------------------------------------------ */

static enum color color_of(const struct look *look, const char *marks)
{
	switch (look->verdict) {
	case IN_ORDER:
		return marks[0] ? YELLOW : GREEN;
	case TO_DO:
	case WAITING:
		return YELLOW;
	case REFUSED:
	case FAILED:
		return RED;
	case NOT_OURS:
		break;
	}
	return PLAIN;
}

/* "mac", "ip, 20mbit" */
static void guard_text(const struct wish *w, char *buf, size_t size)
{
	char rate[RATE_TEXTSIZE];

	rate_print(&w->guard.rate, rate);
	(void)snprintf(buf, size, "%s%s%s",
		       w->guard.kind == GUARD_NONE ? "" : guard_name(w->guard.kind),
		       w->guard.kind != GUARD_NONE && rate[0] ? ", " : "", rate);
}

/* An empty cell is easier to see with a dash. */
static const char *or_dash(const char *s)
{
	return s[0] ? s : "-";
}

static void add_row(struct grid *g, const struct overview *o, const struct look *look)
{
	const struct wish *w = &look->wish;
	char guest[GUEST_SIZE], marks[128], guard[64];
	enum color color;

	guests_name(&o->guests, look, guest);
	output_marks(look, marks, sizeof(marks));
	guard_text(w, guard, sizeof(guard));
	color = color_of(look, marks);
	grid_row(g);
	grid_cell(g, BOLD, "%s", look->name);
	grid_cell(g, color, "%s", verdict_name(look->verdict));
	grid_cell(g, PLAIN, "%s", or_dash(w->network));
	grid_cell(g, PLAIN, "%s", or_dash(guest));
	grid_cell(g, PLAIN, "%s", or_dash(w->vlan));
	grid_cell(g, PLAIN, "%s", or_dash(guard));
	grid_cell(g, PLAIN, "%s", source_name(w->by));
	grid_cell(g, color, "%s%s", look->reason, look->verdict == IN_ORDER ? marks : "");
}

static void print_grid(const struct list *l, const struct overview *o)
{
	static const char *const head[GRID_COLUMNS] = {
		"PORT", "STATE", "NETWORK", "GUEST", "VLAN", "GUARD", "BY", "WHY",
	};
	struct grid *g = grid_new(head);
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++) {
		if (!is_listed(l, &o->look[i]))
			continue;
		add_row(g, o, &o->look[i]);
		n++;
	}
	grid_print(g);
	if (n == 0)
		puts("no ports");
}

/* ---- as a tree ---------------------------------------------------------- */

static void print_uplink(const struct link *l, void *arg)
{
	(void)arg;
	(void)printf("|-- %s%s\n", l->name, l->up ? "" : " (down)");
}

static void print_leaf(const struct overview *o, const struct look *look)
{
	char guest[GUEST_SIZE], marks[128];
	enum color color;

	guests_name(&o->guests, look, guest);
	text_make_visible(guest);
	output_marks(look, marks, sizeof(marks));
	color = color_of(look, marks);
	(void)printf("|-- %s%s%s%s%s %s%s%s%s%s%s\n", screen_on(color), look->name,
		     screen_off(color), guest[0] ? ", guest " : "", guest,
		     verdict_name(look->verdict), look->wish.vlan[0] ? ", vlan " : "",
		     look->wish.vlan, look->reason[0] || marks[0] ? ": " : "",
		     look->reason, look->verdict == IN_ORDER ? marks : "");
}

static void print_tree(const struct list *l, const struct overview *o)
{
	struct place place[PLACES_MAX];
	size_t n = overview_places(l->cmd, o, place);

	for (size_t i = 0; i < n; i++) {
		(void)printf("%s%s%s%s\n", screen_on(BOLD), place[i].name, screen_off(BOLD),
			     place[i].link ? "" : " (missing)");
		if (place[i].link && place[i].kind == NETWORK_BRIDGE)
			overview_uplinks(o, place[i].link, print_uplink, NULL);
		for (size_t j = 0; j < o->n; j++)
			if (overview_counts(&o->look[j]) &&
			    strcmp(wish_place(&o->look[j].wish), place[i].name) == 0)
				print_leaf(o, &o->look[j]);
	}
}

/* ---- the verb ------------------------------------------------------------ */

static int parse(struct list *l)
{
	for (int i = 0; i < l->cmd->argc; i++) {
		const char *arg = l->cmd->argv[i];

		if (strcmp(arg, "--all") == 0 || strcmp(arg, "-a") == 0)
			l->all = true;
		else if (strcmp(arg, "--tree") == 0 || strcmp(arg, "-t") == 0)
			l->tree = true;
		else
			return cmd_fail(CMD_USAGE, "list: unknown argument %s; it takes --all and --tree",
					text_quote_str(arg).text);
	}
	return 0;
}

static void print(const struct list *l, const struct overview *o)
{
	if (l->cmd->json)
		print_json(l, o);
	else if (l->tree)
		print_tree(l, o);
	else if (screen_is_terminal())
		print_grid(l, o);
	else
		print_lines(l, o);
}

int cmd_list(struct cmd *c)
{
	struct list l = { .cmd = c };
	struct overview o = { 0 };
	int r = parse(&l);

	if (r)
		return r;
	r = overview_take(c, &o);
	for (size_t i = 0; r == 0 && i < o.n; i++)
		output_count(c, &o.look[i]);
	if (r == 0)
		print(&l, &o);
	overview_free(&o);
	output_daemon_note(c);
	return r;
}
