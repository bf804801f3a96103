/* SPDX-License-Identifier: GPL-2.0-or-later */
/* words.c - steps and verdicts for people */
#include "agent/core/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[IN_ORDER] = "ok",	  [NOT_OURS] = "not ours",
		[TO_DO] = "to do",	  [WAITING] = "waiting",
		[REFUSED] = "refused",	  [FAILED] = "failed",
	};

	return names[v];
}

__attribute__((format(printf, 4, 5)))
static void say(char *buf, size_t size, size_t *len, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf + *len, size - *len, fmt, ap);
	va_end(ap);
	if (n > 0)
		*len += (size_t)n;
	if (*len >= size)
		*len = size - 1;
}

/* "" for none */
static const char *master_name(const struct link_change *c,
			       const struct state *s)
{
	if (!c->master)
		return "";
	if (c->master == s->bridge.ifindex)
		return s->bridge.name;
	return s->record.was.master;
}

static const char *pinned_name(const struct step *step, const struct state *s)
{
	if (step->bridge == s->master.ifindex)
		return s->master.name;
	if (step->bridge == s->former.ifindex)
		return s->former.name;
	return s->bridge.name;
}

static void change_text(const struct link_change *c, const struct state *s,
			char *buf, size_t size)
{
	const uint8_t *m = c->mac;
	size_t n = 0;

	if (c->fields & CHANGE_NAME)
		say(buf, size, &n, ", name %s", c->name);
	if (c->fields & CHANGE_MAC)
		say(buf, size, &n, ", address %02x:%02x:%02x:%02x:%02x:%02x",
		    m[0], m[1], m[2], m[3], m[4], m[5]);
	if (c->fields & CHANGE_MTU)
		say(buf, size, &n, ", mtu %u", c->mtu);
	if (c->fields & CHANGE_ALIAS)
		say(buf, size, &n, ", record");
	if (c->fields & CHANGE_ADDRGEN)
		say(buf, size, &n, ", addrgenmode %s",
		    c->addrgen == LINK_ADDRGEN_NONE ? "none" : "as before");
	if (c->fields & CHANGE_MASTER)
		say(buf, size, &n, ", %s%s", c->master ? "master " : "nomaster",
		    master_name(c, s));
	if (c->fields & CHANGE_MODE)
		say(buf, size, &n, ", mode %s", macvtap_mode_name(c->mode));
	if (c->fields & CHANGE_ALLMULTICAST)
		say(buf, size, &n, ", allmulticast %s",
		    c->allmulticast ? "on" : "off");
	if (c->fields & CHANGE_UP)
		say(buf, size, &n, ", %s", c->up ? "up" : "down");
}

static void guard_text(const struct guard *g, char *buf, size_t size)
{
	char macs[GUARD_TEXTSIZE], ips[GUARD_TEXTSIZE], rate[RATE_TEXTSIZE];

	guard_print_macs(g, ',', macs);
	guard_print_ips(g, ',', ips);
	rate_print(&g->rate, rate);
	(void)snprintf(buf, size, "guard %s%s%s%s%s%s%s", guard_name(g->kind),
		       macs[0] ? ", mac=" : "", macs, ips[0] ? ", ip=" : "",
		       ips, rate[0] ? ", rate " : "", rate);
}

static void entries_text(const struct entries *e, char *buf, size_t size)
{
	struct guard macs = { .n_macs = e->n };
	char text[GUARD_TEXTSIZE];

	memcpy(macs.mac, e->mac, sizeof(e->mac));
	guard_print_macs(&macs, ',', text);
	(void)snprintf(buf, size, "fdb %s", e->n ? text : "none");
}

void step_text(const struct step *step, const struct state *state, char *buf,
	       size_t size)
{
	const char *bridge = pinned_name(step, state);
	char options[OPTIONS_TEXTSIZE];
	char text[512] = "";

	switch (step->kind) {
	case STEP_PIN_MAC:
		(void)snprintf(buf, size, "keep the MAC of bridge %s", bridge);
		break;
	case STEP_PIN_MTU:
		(void)snprintf(buf, size, "keep the MTU %u of bridge %s",
			       step->mtu, bridge);
		break;
	case STEP_OPTIONS:
		port_options_say(options, step->options, step->options_on);
		(void)snprintf(buf, size, "%s", options);
		break;
	case STEP_VLANS:
		(void)snprintf(buf, size, "vlan %s",
			       step->vlan[0] ? step->vlan : WAS_NO_VLAN);
		break;
	case STEP_PIN_LEARNING:
		(void)snprintf(buf, size, "make bridge %s learn only what filters let through",
			       bridge);
		break;
	case STEP_GUARD:
		guard_text(&step->guard, buf, size);
		break;
	case STEP_ENTRIES:
		entries_text(&step->entries, buf, size);
		break;
	case STEP_FLUSH:
		(void)snprintf(buf, size, "remove its link-local address");
		break;
	case STEP_DEVICE_UP:
		(void)snprintf(buf, size, "set %s up", state->device.name);
		break;
	case STEP_DELETE:
		(void)snprintf(buf, size, "delete it");
		break;
	case STEP_CHANGE:
		change_text(&step->change, state, text, sizeof(text));
		/* without the first comma */
		(void)snprintf(buf, size, "%s", text + strspn(text, ", "));
		break;
	}
}
