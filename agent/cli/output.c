/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output.c - print looks, as text and as JSON */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/cmd.h"
#include "agent/cli/notes.h"
#include "agent/core/mac.h"
#include "agent/core/words.h"
#include "agent/host/presence.h"

void output_marks(const struct look *look, char *buf, size_t size)
{
	struct notes notes;
	size_t len = 0;

	buf[0] = '\0';
	notes_find(look, &notes);
	for (size_t i = 0; i < notes.n && len < size; i++)
		if (notes.note[i].mark)
			len += (size_t)snprintf(buf + len, size - len, "%s%s",
						len ? ", " : "", notes.note[i].mark);
}

void output_line(const struct look *look)
{
	const struct wish *w = &look->wish;
	char marks[128] = "";

	if (look->verdict == IN_ORDER)
		output_marks(look, marks, sizeof(marks));
	(void)printf("%-16s %-9s %-16s %-9s %s%s\n", look->name,
		     verdict_name(look->verdict),
		     w->network[0] ? w->network : "-", source_name(w->by),
		     look->reason, marks);
}

void output_count(struct cmd *c, const struct look *look)
{
	c->not_in_order |= look->verdict == TO_DO || look->verdict == WAITING;
	output_guard_count(c, look);
}

void output_guard_count(struct cmd *c, const struct look *look)
{
	c->guards_unknown |= look->found && !look->state.have_guard &&
			     look->verdict == IN_ORDER && wish_is_filtered(&look->wish);
}

void output_guard_note(const struct cmd *c)
{
	if (c->guards_unknown)
		(void)cmd_fail(CMD_OK, "note: only root can query nftables; run this as root to see whether guards and rates are in place");
}

void output_daemon_note(const struct cmd *c)
{
	output_guard_note(c);
	if (c->not_in_order && !presence_is_shown())
		(void)cmd_fail(CMD_OK, "note: vifagentd is not running, so nothing corrects these ports; run `systemctl start vifagentd`, or attach them by hand");
}

bool output_drops(const struct cmd *c, const struct look *look, uint64_t ret[GUARD_REASONS])
{
	struct host *h = c->agent.host;

	return look->found && look->state.have_guard && !guard_is_none(&look->state.guard) &&
	       h->ops->drops(h, &look->state.link, ret) == 0;
}

static struct json_object *notes_json(const struct look *look)
{
	struct json_object *a = json_object_new_array();
	struct notes notes;

	notes_find(look, &notes);
	for (size_t i = 0; i < notes.n; i++)
		json_object_array_add(a, json_object_new_string(notes.note[i].text));
	return a;
}

void output_store_note(const struct cmd *c)
{
	int r = c->agent.store_error;

	if (r == -ETIMEDOUT)
		(void)cmd_fail(CMD_OK, "note: xenstored does not answer; NICs that only xenstore knows are not shown");
	else if (r < 0 && r != -ENOENT && r != -ENOTCONN)
		(void)cmd_fail(CMD_OK, "note: xenstored cannot be reached at %s: %s; NICs that only xenstore knows are not shown",
			       store_socket_path(), strerror(-r));
}

static void add_string(struct json_object *o, const char *key, const char *s)
{
	struct json_object *value = NULL;

	if (s && s[0])
		value = json_object_new_string(s);
	json_object_object_add(o, key, value);
}

static struct json_object *mac_json(const uint8_t m[6])
{
	char text[MAC_TEXTSIZE];

	text_mac_print(text, m);
	return json_object_new_string(text);
}

/* {"isolated": true, …} */
static struct json_object *options_json(uint16_t which, uint16_t on)
{
	struct json_object *all = json_object_new_object();

	for (enum port_option o = 0; o < PORT_OPTIONS; o++)
		if (which & OPTION(o))
			json_object_object_add(all, port_option_name(o),
				json_object_new_boolean((on & OPTION(o)) != 0));
	return all;
}

static struct json_object *wish_json(const struct wish *w)
{
	struct json_object *o = json_object_new_object();
	struct json_object *mtu = NULL, *mac = NULL;
	char ips[GUARD_TEXTSIZE], rate[RATE_TEXTSIZE];

	if (w->mtu)
		mtu = json_object_new_int64(w->mtu);
	if (!mac_is_zero(w->mac))
		mac = mac_json(w->mac);
	guard_print_ips(&w->guard, ',', ips);
	rate_print(&w->guard.rate, rate);
	add_string(o, "by", source_name(w->by));
	add_string(o, "network", w->network);
	add_string(o, "bridge", w->bridge);
	add_string(o, "device", w->device);
	add_string(o, "mode", w->mode ? macvtap_mode_name(w->mode) : NULL);
	add_string(o, "name", w->name);
	add_string(o, "vlan", w->vlan);
	add_string(o, "guard", w->guard.kind ? guard_name(w->guard.kind) : NULL);
	add_string(o, "ip", ips);
	add_string(o, "rate", rate);
	json_object_object_add(o, "options",
			       options_json(w->options_named, w->options_on));
	json_object_object_add(o, "mtu", mtu);
	json_object_object_add(o, "mac", mac);
	json_object_object_add(o, "up", json_object_new_boolean(!w->stays_down));
	return o;
}

static struct json_object *link_json(const struct state *s)
{
	struct json_object *o = json_object_new_object();
	const struct link *l = &s->link;
	bool on_bridge = s->have_bridge && l->master == s->bridge.ifindex;

	add_string(o, "name", l->name);
	json_object_object_add(o, "ifindex", json_object_new_int(l->ifindex));
	add_string(o, "kind", l->kind);
	json_object_object_add(o, "address", mac_json(l->mac));
	json_object_object_add(o, "mtu", json_object_new_int64(l->mtu));
	add_string(o, "master", on_bridge ? s->bridge.name : s->master.name);
	json_object_object_add(o, "up", json_object_new_boolean(l->up));
	json_object_object_add(o, "carrier",
			       json_object_new_boolean(l->carrier));
	add_string(o, "alias", l->alias);
	return o;
}

static struct json_object *steps_json(const struct look *look)
{
	struct json_object *a = json_object_new_array();
	char text[512];

	for (size_t i = 0; i < look->plan.n; i++) {
		step_text(&look->plan.step[i], &look->state, text,
			  sizeof(text));
		json_object_array_add(a, json_object_new_string(text));
	}
	return a;
}

struct json_object *output_json(const struct look *look)
{
	struct json_object *o = json_object_new_object();
	struct json_object *link = NULL;
	char nic[24];

	add_string(o, "port", look->name);
	if (look->id.is_nic) {
		(void)snprintf(nic, sizeof(nic), "%" PRIu32 ".%" PRIu32,
			       look->id.nic.domid, look->id.nic.devid);
		add_string(o, "nic", nic);
		add_string(o, "part", look->part == PART_EMU ? "emu" : "vif");
	}
	add_string(o, "state", verdict_name(look->verdict));
	add_string(o, "reason", look->reason);
	add_string(o, "unused", look->unused);
	json_object_object_add(o, "notes", notes_json(look));
	json_object_object_add(o, "wish", wish_json(&look->wish));
	if (look->found)
		link = link_json(&look->state);
	json_object_object_add(o, "link", link);
	json_object_object_add(o, "steps", steps_json(look));
	return o;
}

void output_json_print(struct json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}
