/* SPDX-License-Identifier: GPL-2.0-or-later */
/* networks.c - vifctl networks: what a NIC may request, as configured */
#include <stdio.h>
#include <string.h>

#include "agent/cli/grid.h"
#include "agent/cli/overview.h"

static const char *kind_name(const struct network *n)
{
	return n->kind == NETWORK_MACVTAP ? "macvtap" : "bridge";
}

/* "up", "down", "missing" */
static const char *place_state(const struct overview *o, const struct network *n)
{
	const struct link *l = overview_link(o, network_place(n));

	if (!l)
		return "missing";
	return l->up ? "up" : "down";
}

static size_t count_ports(const struct overview *o, const struct network *n)
{
	size_t count = 0;

	for (size_t i = 0; i < o->n; i++)
		count += overview_counts(&o->look[i]) &&
			 strcmp(o->look[i].wish.network, n->name) == 0;
	return count;
}

/* What the network asks of its ports: "vlan 10, guard ip, rate 20mbit, isolated yes" */
static void settings_text(const struct network *n, char *buf, size_t size)
{
	char options[OPTIONS_TEXTSIZE], rate[RATE_TEXTSIZE], modes[MACVTAP_MODES_TEXTSIZE] = "";
	char mtu[24] = "";

	port_options_say(options, n->options_named, n->options_on);
	rate_print(&n->rate, rate);
	if (n->kind == NETWORK_MACVTAP)
		macvtap_modes_print(modes, n->modes);
	if (n->mtu)
		(void)snprintf(mtu, sizeof(mtu), ", mtu %u", n->mtu);
	(void)snprintf(buf, size, "%s%s%s%s%s%s%s%s%s%s%s", mtu,
		       modes[0] ? ", mode " : "", modes, n->vlan[0] ? ", vlan " : "",
		       n->vlan, n->guard ? ", guard " : "",
		       n->guard ? guard_name(n->guard) : "", rate[0] ? ", rate " : "", rate,
		       options[0] ? ", " : "", options);
	if (buf[0])
		memmove(buf, buf + 2, strlen(buf + 2) + 1);
}

static void print(const struct config *config, const struct overview *o)
{
	static const char *const head[GRID_COLUMNS] = {
		"NETWORK", "KIND", "ON", "STATE", "PORTS", "SETTINGS",
	};
	struct grid *g = grid_new(head);
	char settings[400];

	for (size_t i = 0; i < config->n_networks; i++) {
		const struct network *n = &config->networks[i];
		const char *state = place_state(o, n);

		settings_text(n, settings, sizeof(settings));
		grid_row(g);
		grid_cell(g, BOLD, "%s", n->name);
		grid_cell(g, PLAIN, "%s", kind_name(n));
		grid_cell(g, PLAIN, "%s", network_place(n));
		grid_cell(g, strcmp(state, "up") == 0 ? GREEN : RED, "%s", state);
		grid_cell(g, PLAIN, "%zu", count_ports(o, n));
		grid_cell(g, PLAIN, "%s", settings[0] ? settings : "-");
	}
	grid_print(g);
	if (config->n_networks == 0)
		puts("no networks are configured; the name of any bridge is a network, too (vifagent.conf(5))");
}

static void print_json(const struct config *config, const struct overview *o)
{
	struct json_object *all = json_object_new_array();
	char settings[400];

	for (size_t i = 0; i < config->n_networks; i++) {
		const struct network *n = &config->networks[i];
		struct json_object *j = json_object_new_object();

		settings_text(n, settings, sizeof(settings));
		json_object_object_add(j, "name", json_object_new_string(n->name));
		json_object_object_add(j, "kind", json_object_new_string(kind_name(n)));
		json_object_object_add(j, "on", json_object_new_string(network_place(n)));
		json_object_object_add(j, "state", json_object_new_string(place_state(o, n)));
		json_object_object_add(j, "ports", json_object_new_uint64(count_ports(o, n)));
		json_object_object_add(j, "settings", json_object_new_string(settings));
		json_object_array_add(all, j);
	}
	output_json_print(all);
}

int cmd_networks(struct cmd *c)
{
	struct overview o;
	int r;

	if (c->argc)
		return cmd_fail(CMD_USAGE, "networks takes no arguments; see vifctl help networks");
	r = overview_take(c, &o);
	if (r == 0 && c->json)
		print_json(c->agent.config, &o);
	else if (r == 0)
		print(c->agent.config, &o);
	overview_free(&o);
	return r;
}
