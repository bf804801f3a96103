/* SPDX-License-Identifier: GPL-2.0-or-later */
/* graph.c - vifctl graph: the host's network in Graphviz's language (dot(1)) */
#include <stdio.h>
#include <string.h>

#include "agent/cli/overview.h"
#include "agent/core/words.h"

/* As a quoted string of dot: what is not visible ASCII, a quote or a backslash is "?"; names of
 * guests are hostile. */
static void quoted(const char *s)
{
	(void)putchar('"');
	for (; *s; s++)
		(void)putchar(*s < ' ' || *s > '~' || *s == '"' || *s == '\\' ? '?' : *s);
	(void)putchar('"');
}

static void node(const char *prefix, const char *name, const char *shape, const char *color)
{
	char id[GUEST_SIZE + 16];

	(void)snprintf(id, sizeof(id), "%s%s", prefix, name);
	(void)fputs("  ", stdout);
	quoted(id);
	(void)fputs(" [label=", stdout);
	quoted(name);
	(void)printf(", shape=%s, fillcolor=\"%s\"];\n", shape, color);
}

static void edge(const char *from_prefix, const char *from, const char *to_prefix,
		 const char *to, const char *label, const char *style)
{
	char id[GUEST_SIZE + 16];

	(void)snprintf(id, sizeof(id), "%s%s", from_prefix, from);
	(void)fputs("  ", stdout);
	quoted(id);
	(void)fputs(" -- ", stdout);
	(void)snprintf(id, sizeof(id), "%s%s", to_prefix, to);
	quoted(id);
	(void)fputs(" [label=", stdout);
	quoted(label);
	(void)printf(", style=%s];\n", style);
}

static const char *color_of(const struct look *look)
{
	switch (look->verdict) {
	case IN_ORDER:
		return "#d7f0d7";
	case TO_DO:
	case WAITING:
		return "#fbeec2";
	case REFUSED:
	case FAILED:
		return "#f6cccc";
	case NOT_OURS:
		break;
	}
	return "white";
}

/* On the way to its bridge or device: its VLANs, or why it is not there. */
static void port(const struct overview *o, const struct look *look)
{
	const char *place = wish_place(&look->wish);
	char guest[GUEST_SIZE], label[96] = "";

	node("port:", look->name, "box", color_of(look));
	guests_name(&o->guests, look, guest);
	if (guest[0]) {
		node("guest:", guest, "ellipse", "white");
		edge("guest:", guest, "port:", look->name, "", "solid");
	}
	if (!place[0])
		return;
	if (look->verdict != IN_ORDER)
		(void)snprintf(label, sizeof(label), "%s: %.*s", verdict_name(look->verdict),
			       (int)strcspn(look->reason, ";"), look->reason);
	else if (look->wish.vlan[0])
		(void)snprintf(label, sizeof(label), "vlan %.80s", look->wish.vlan);
	edge("port:", look->name, "link:", place, label,
	     look->verdict == IN_ORDER ? "solid" : "dashed");
}

static void uplink(const struct link *l, void *arg)
{
	const struct place *p = arg;

	node("link:", l->name, "cds", l->up && l->carrier ? "#d6e6f7" : "#f6cccc");
	edge("link:", p->name, "link:", l->name, "", "bold");
}

static void place(const struct overview *o, struct place *p)
{
	const char *color = p->link && p->link->up ? "#d6e6f7" : "#f6cccc";

	node("link:", p->name, p->kind == NETWORK_BRIDGE ? "box3d" : "cds", color);
	if (p->link && p->kind == NETWORK_BRIDGE)
		overview_uplinks(o, p->link, uplink, p);
}

int cmd_graph(struct cmd *c)
{
	struct place places[PLACES_MAX];
	struct overview o;
	size_t n;
	int r;

	if (c->argc)
		return cmd_fail(CMD_USAGE, "graph takes no arguments; see vifctl help graph");
	r = overview_take(c, &o);
	if (r == 0) {
		n = overview_places(c, &o, places);
		puts("graph vifagent {\n"
		     "  graph [rankdir=LR, nodesep=0.2];\n"
		     "  node [style=filled, fontname=\"sans-serif\", fontsize=11];\n"
		     "  edge [fontname=\"sans-serif\", fontsize=9];");
		for (size_t i = 0; i < o.n; i++)
			if (overview_counts(&o.look[i]))
				port(&o, &o.look[i]);
		for (size_t i = 0; i < n; i++)
			place(&o, &places[i]);
		puts("}");
	}
	overview_free(&o);
	return r;
}
