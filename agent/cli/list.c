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
	struct json_object *json;	/* NULL: print lines */
};

static bool is_listed(const struct list *l, const struct look *look)
{
	return l->all || overview_counts(look);
}

/* ---- for programs ------------------------------------------------------- */

static void print_one(struct cmd *c, const struct look *look, void *arg)
{
	const struct list *l = arg;

	output_count(c, look);
	if (!is_listed(l, look))
		return;
	if (l->json)
		json_object_array_add(l->json, output_json(look));
	else
		output_line(look);
}

static int list_for_programs(struct list *l)
{
	struct cmd *c = l->cmd;
	int r;

	l->json = c->json ? json_object_new_array() : NULL;
	r = cmd_each_look(c, print_one, l);
	if (r == 0 && l->json)
		output_json_print(l->json);
	else
		json_object_put(l->json);
	return r;
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

/* The bridge on which a port is that is not (yet) where its wish has it; or NULL. */
static const struct link *former_place(const struct overview *o, const struct look *look)
{
	const struct link *l = &look->state.link, *place;

	if (!look->found || !l->master || look->verdict == IN_ORDER)
		return NULL;
	place = overview_index(o, l->master);
	return place && strcmp(place->name, wish_place(&look->wish)) != 0 ? place : NULL;
}

static void print_leaf(const struct overview *o, const struct look *look)
{
	const struct link *former = former_place(o, look);
	char guest[GUEST_SIZE], marks[128];
	enum color color;

	guests_name(&o->guests, look, guest);
	text_make_visible(guest);
	output_marks(look, marks, sizeof(marks));
	color = color_of(look, marks);
	(void)printf("|-- %s%s%s%s%s %s%s%s%s%s%s%s%s\n", screen_on(color), look->name,
		     screen_off(color), guest[0] ? ", guest " : "", guest,
		     verdict_name(look->verdict), look->wish.vlan[0] ? ", vlan " : "",
		     look->wish.vlan, former ? ", still on " : "", former ? former->name : "",
		     look->reason[0] || marks[0] ? ": " : "",
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

static int list_for_people(struct list *l)
{
	struct overview o;
	int r = overview_take(l->cmd, &o);

	for (size_t i = 0; r == 0 && i < o.n; i++)
		output_count(l->cmd, &o.look[i]);
	if (r == 0 && l->tree)
		print_tree(l, &o);
	else if (r == 0)
		print_grid(l, &o);
	overview_free(&o);
	return r;
}

int cmd_list(struct cmd *c)
{
	struct list l = { .cmd = c };
	int r = parse(&l);

	if (r)
		return r;
	if (c->json || !(l.tree || screen_is_terminal()))
		r = list_for_programs(&l);
	else
		r = list_for_people(&l);
	output_daemon_note(c);
	return r;
}
