/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show.c - vifctl show and vifctl plan: one port in detail */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/cmd.h"
#include "agent/cli/guests.h"
#include "agent/cli/notes.h"
#include "agent/core/mac.h"
#include "agent/core/words.h"

static void print_steps(const struct look *look)
{
	char text[512];

	for (size_t i = 0; i < look->plan.n; i++) {
		step_text(&look->plan.step[i], &look->state, text,
			  sizeof(text));
		(void)printf("    %zu. %s\n", i + 1, text);
	}
}

static void print_macvtap(const struct state *s)
{
	const char *device = s->device.name;

	(void)printf("    device  %s, mode %s%s\n", device,
		     macvtap_mode_name(s->link.mode),
		     s->link.allmulticast ? "" : ", no allmulticast");
}

/* The options that differ from the default. */
static void print_options(const struct state *s)
{
	uint16_t others = s->link.options ^ OPTIONS_DEFAULT;
	char text[OPTIONS_TEXTSIZE];

	if (!s->have_bridge || s->link.master != s->bridge.ifindex || !others)
		return;
	port_options_say(text, others, s->link.options);
	(void)printf("    port    %s\n", text);
}

static void print_vlans(const struct state *s)
{
	char text[VLAN_TEXTSIZE];

	(void)vlans_print(&s->vlans, text);
	(void)printf("    vlan    %s\n", text[0] ? text : "none");
}

static void print_guard(const struct state *s)
{
	const struct guard *g = &s->guard;
	char macs[GUARD_TEXTSIZE], ips[GUARD_TEXTSIZE], rate[RATE_TEXTSIZE];

	guard_print_macs(g, ',', macs);
	guard_print_ips(g, ',', ips);
	(void)printf("    guard   %s%s%s%s%s%s\n", guard_name(g->kind),
		     macs[0] ? ", mac " : "", macs, ips[0] ? ", ip " : "", ips,
		     g->tags ? ", in tagged VLANs, too" : "");
	if (rate_is_limited(&g->rate)) {
		rate_print(&g->rate, rate);
		(void)printf("    rate    %s\n", rate);
	}
}

/* Frames that guard or rate have dropped, by reason. */
static void print_drops(struct cmd *c, const struct look *look)
{
	uint64_t n[GUARD_REASONS];
	const char *comma = " ";

	if (!output_drops(c, look, n))
		return;
	(void)printf("    dropped");
	for (enum guard_reason why = 0; why < GUARD_REASONS; why++) {
		if (!n[why])
			continue;
		(void)printf("%s%" PRIu64 " for %s", comma, n[why],
			     guard_reason_name(why));
		comma = ", ";
	}
	puts(comma[0] == ' ' ? " nothing" : "");
}

static void print_link(const struct state *s)
{
	const struct link *l = &s->link;
	char mac[MAC_TEXTSIZE];

	text_mac_print(mac, l->mac);
	(void)printf("    link    ifindex %d, %s, mtu %u, %s%s%s%s\n",
		     l->ifindex, mac, l->mtu,
		     l->up ? "up" : "down", l->carrier ? "" : ", no carrier",
		     l->kind[0] ? ", " : "", l->kind);
	if (l->master && s->have_bridge && l->master == s->bridge.ifindex)
		(void)printf("    master  %s\n", s->bridge.name);
	else if (l->master)
		(void)printf("    master  %s\n", s->master.name);
	print_options(s);
	if (s->have_vlans)
		print_vlans(s);
	if (s->have_guard)
		print_guard(s);
	if (s->have_device)
		print_macvtap(s);
	if (l->alias[0])
		(void)printf("    alias   %s\n", text_quote_str(l->alias).text);
}

static void print_wish(const struct wish *w)
{
	const char *kind = w->kind == NETWORK_MACVTAP ? "device" : "bridge";
	const char *place = wish_place(w);
	char options[OPTIONS_TEXTSIZE], rate[RATE_TEXTSIZE];
	char mac[MAC_TEXTSIZE];

	(void)printf("    wish    network %s, %s %s, by %s",
		     w->network[0] ? w->network : "-", kind,
		     place[0] ? place : "-", source_name(w->by));
	if (w->mode)
		(void)printf(", mode %s", macvtap_mode_name(w->mode));
	if (w->name[0])
		(void)printf(", name %s", w->name);
	if (w->mtu)
		(void)printf(", mtu %u", w->mtu);
	if (!mac_is_zero(w->mac)) {
		text_mac_print(mac, w->mac);
		(void)printf(", mac %s", mac);
	}
	if (w->vlan[0])
		(void)printf(", vlan %s by %s", w->vlan, wish_vlan_source(w));
	if (w->guard.kind != GUARD_NONE)
		(void)printf(", guard %s", guard_name(w->guard.kind));
	if (rate_is_limited(&w->guard.rate)) {
		rate_print(&w->guard.rate, rate);
		(void)printf(", rate %s", rate);
	}
	port_options_say(options, w->options_named, w->options_on);
	if (options[0])
		(void)printf(", %s", options);
	puts(w->stays_down ? ", up no" : "");
}

static void print_notes(const struct look *look)
{
	struct notes notes;

	notes_find(look, &notes);
	for (size_t i = 0; i < notes.n; i++)
		(void)printf("    note    %s\n", notes.note[i].text);
}

static void print(struct cmd *c, const struct look *look)
{
	const struct wish *w = &look->wish;

	(void)printf("%s: %s\n", look->name, verdict_name(look->verdict));
	if (look->reason[0] && look->verdict != TO_DO)
		(void)printf("    reason  %s\n", look->reason);
	else if (look->verdict == NOT_OURS && w->by == BY_NOBODY)
		(void)printf("    reason  no network requested; run `vifctl attach %s NETWORK` or set VIF_NETWORK in a udev rule\n",
			     look->name);
	print_wish(w);
	if (look->unused[0])
		(void)printf("    note    ignored keys: %s; see vif-agent(8)\n",
			     look->unused);
	if (look->found)
		print_link(&look->state);
	print_drops(c, look);
	print_notes(look);
	if (look->plan.n)
		puts("    steps");
	print_steps(look);
}

static bool nic_exists(struct cmd *c, struct vif_id id)
{
	struct nic nic;

	return door_keys(&c->agent, id, 0, &nic) == 0 && nic.exists;
}

/* "5.0" */
static bool is_nic_number(const char *arg, struct vif_id *ret)
{
	char name[VIF_NAMESIZE + 4];
	enum vif_kind kind;

	(void)snprintf(name, sizeof(name), "vif%.16s", arg);
	return strlen(arg) < VIF_NAMESIZE && vif_name_parse(name, ret, &kind) == 0 &&
	       kind == VIF_NETBACK;
}

/* @arg is "5.0" or the name of a link.  Returns 0 or an exit code. */
static int find_port(struct cmd *c, const char *arg, struct port_id *ret)
{
	enum vif_kind kind;
	struct link l;
	int r;

	*ret = (struct port_id) { .is_nic = true };
	if (is_nic_number(arg, &ret->nic))
		return 0;
	/* The link may be missing, or the NIC may use another hotplug script. */
	if (vif_name_parse(arg, &ret->nic, &kind) == 0 && nic_exists(c, ret->nic))
		return 0;
	r = cmd_find_link(c, arg, &l);
	if (r == 0)
		*ret = door_owner(&c->agent, &l);
	return r;
}

static int each_of(struct cmd *c, const char *arg, cmd_look_fn fn, void *data)
{
	struct request q = { .flags = LOOK_SEARCH };
	struct look looks[LOOKS];
	int r = find_port(c, arg, &q.id);

	if (r)
		return r;
	r = door_look(&c->agent, &q, NULL, looks);
	output_store_note(c);
	if (r == 0 || r == -ENODEV)
		return cmd_fail(CMD_FAILED, "port %s does not exist",
				text_quote_str(arg).text);
	if (r < 0)
		return cmd_fail(CMD_FAILED, "cannot check port %s: %s",
				text_quote_str(arg).text, strerror(-r));
	for (int i = 0; i < r; i++)
		fn(c, &looks[i], data);
	return 0;
}

/* ---- of a bridge, a network or a guest ---------------------------------- */

/* Names but "5.0", a NIC's, and those of links other than bridges. */
static bool is_group(struct cmd *c, const char *arg)
{
	struct host *h = c->agent.host;
	struct vif_id id;
	enum vif_kind kind;
	struct link l;

	if (is_nic_number(arg, &id) || vif_name_parse(arg, &id, &kind) == 0)
		return false;
	return h->ops->link_by_any_name(h, arg, &l) < 0 || link_is(&l, LINK_BRIDGE);
}

struct group {
	const char *name;
	struct guests guests;	/* QEMU's */
	cmd_look_fn fn;
	void *arg;
	size_t n;
};

static bool belongs(const struct group *g, const struct look *look)
{
	char domid[12], guest[GUEST_SIZE];

	(void)snprintf(domid, sizeof(domid), "%" PRIu32, look->id.nic.domid);
	if (look->id.is_nic && strcmp(g->name, domid) == 0)
		return true;
	guests_name(&g->guests, look, guest);
	return (guest[0] && strcmp(g->name, guest) == 0) ||
	       strcmp(g->name, wish_place(&look->wish)) == 0 ||
	       strcmp(g->name, look->wish.network) == 0;
}

static void one_of_group(struct cmd *c, const struct look *look, void *arg)
{
	struct group *g = arg;

	if (look->verdict == NOT_OURS || !belongs(g, look))
		return;
	g->n++;
	g->fn(c, look, g->arg);
}

static int each_of_group(struct cmd *c, const char *name, cmd_look_fn fn, void *data)
{
	struct group g = { .name = name, .fn = fn, .arg = data };
	struct host *h = c->agent.host;
	struct link l;
	int r;

	c->agent.asks_names = true;
	guests_find(&g.guests);
	r = cmd_each_look(c, one_of_group, &g);
	guests_free(&g.guests);
	if (r || g.n)
		return r;
	if (config_find(c->agent.config, name) || h->ops->link_by_any_name(h, name, &l) == 0)
		return cmd_fail(CMD_OK, "note: %s has no ports", text_quote_str(name).text);
	return cmd_missing_link(c, name, ", and no network or guest has this name; see vifctl list");
}

/* ---- the verbs ----------------------------------------------------------- */

/* {"mac": 3, …}; NULL: it has neither guard nor rate. */
static struct json_object *drops_json(struct cmd *c, const struct look *look)
{
	struct json_object *o;
	uint64_t n[GUARD_REASONS];

	if (!output_drops(c, look, n))
		return NULL;
	o = json_object_new_object();
	for (enum guard_reason why = 0; why < GUARD_REASONS; why++)
		json_object_object_add(o, guard_reason_key(why), json_object_new_uint64(n[why]));
	return o;
}

static void show_json(struct cmd *c, const struct look *look, struct json_object *all)
{
	struct json_object *o = output_json(look);

	json_object_object_add(o, "dropped", drops_json(c, look));
	json_object_array_add(all, o);
}

static void show_one(struct cmd *c, const struct look *look, void *arg)
{
	output_count(c, look);
	if (c->json)
		show_json(c, look, arg);
	else
		print(c, look);
}

static void plan_one(struct cmd *c, const struct look *look, void *arg)
{
	output_guard_count(c, look);
	if (look->verdict == NOT_OURS && look->plan.n == 0)
		return;
	if (c->json) {
		json_object_array_add(arg, output_json(look));
		return;
	}
	if (look->plan.n) {
		(void)printf("%s:\n", look->name);
		print_steps(look);
	} else if (look->reason[0]) {
		(void)printf("%s: %s: %s\n", look->name,
			     verdict_name(look->verdict), look->reason);
	} else {
		(void)printf("%s: nothing to do\n", look->name);
	}
}

static int run(struct cmd *c, cmd_look_fn fn)
{
	struct json_object *all = c->json ? json_object_new_array() : NULL;
	int r;

	if (c->argc == 1 && is_group(c, c->argv[0]))
		r = each_of_group(c, c->argv[0], fn, all);
	else if (c->argc == 1)
		r = each_of(c, c->argv[0], fn, all);
	else
		r = cmd_each_look(c, fn, all);
	if (r == 0 && c->json)
		output_json_print(all);
	else
		json_object_put(all);
	output_daemon_note(c);
	return r;
}

int cmd_show(struct cmd *c)
{
	if (c->argc != 1)
		return cmd_fail(CMD_USAGE, "show takes one LINK, DOMID.DEVID, BRIDGE, NETWORK or DOMAIN; see vifctl help show");
	return run(c, show_one);
}

int cmd_plan(struct cmd *c)
{
	if (c->argc > 1)
		return cmd_fail(CMD_USAGE, "plan takes at most one LINK, DOMID.DEVID, BRIDGE, NETWORK or DOMAIN; see vifctl help plan");
	return run(c, plan_one);
}
