/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notes.c - what is wrong with a port that is in order */
#include "agent/cli/notes.h"

#include <linux/if_bridge.h>
#include <stdarg.h>
#include <stdio.h>

#include "agent/host/sysfs.h"
#include "agent/host/trouble.h"

__attribute__((format(printf, 3, 4)))
static void add(struct notes *n, const char *mark, const char *fmt, ...)
{
	struct note *note = &n->note[n->n];
	va_list ap;

	if (n->n == NOTES_MAX)
		return;
	n->n++;
	note->mark = mark;
	va_start(ap, fmt);
	(void)vsnprintf(note->text, sizeof(note->text), fmt, ap);
	va_end(ap);
}

/* ---- a bridge --------------------------------------------------------- */

/* A port that is disabled has no carrier, or its bridge is down: that is said
 * otherwise. */
static const char *held_up(const struct link *port)
{
	switch (port->master ? port->stp_state : BR_STATE_FORWARDING) {
	case BR_STATE_LISTENING:
		return "listening";
	case BR_STATE_LEARNING:
		return "learning";
	case BR_STATE_BLOCKING:
		return "blocking";
	default:
		return NULL;
	}
}

static void note_stp(const struct state *s, struct notes *n)
{
	const char *state = held_up(&s->link);

	if (state)
		add(n, state, "the bridge's spanning tree has the port in state %s, so no frames pass yet; for guests set forward_delay of %s to 0 or stp_state to 0, unless it has a loop",
		    state, s->bridge.name);
}

/* net/bridge/br_netfilter_hooks.c; Docker and firewalls set the FORWARD chain to
 * drop. */
static void note_netfilter(struct notes *n)
{
	/* Of the host, not of the port: asked once. */
	static int drops = -1;

	if (!sysfs_bridges_are_filtered())
		return;
	if (drops < 0)
		drops = trouble_forward_drops();
	if (drops)
		add(n, "forward drops", "br_netfilter passes frames of bridges through iptables, whose FORWARD chain has the policy drop: without a rule that accepts them guests have no network; see vifctl doctor");
	else
		add(n, NULL, "br_netfilter passes frames of bridges through iptables; if its FORWARD chain drops them guests have no network: look at `iptables -S FORWARD`, or run `sysctl net.bridge.bridge-nf-call-iptables=0`");
}

/* Xen's key ip does nothing by itself. */
static void note_ips(const struct wish *w, struct notes *n)
{
	char ips[GUARD_TEXTSIZE];

	if (w->guard.kind == GUARD_IP || !guard_has_ips(&w->guard))
		return;
	guard_print_ips(&w->guard, ',', ips);
	add(n, NULL, "ip=%.100s is ignored: network %s does not check IP addresses (guard = ip in vifagent.conf(5))",
	    ips, w->network);
}

static void note_guard(const struct look *look, struct notes *n)
{
	const struct state *s = &look->state;

	if (s->have_guard && s->guard.kind == GUARD_NONE &&
	    look->wish.guard.kind != GUARD_NONE)
		add(n, "no guard", "nothing checks what it sends, although its network has guard = %s",
		    guard_name(look->wish.guard.kind));
	if (!s->have_guard || s->guard.kind != GUARD_IP)
		note_ips(&look->wish, n);
	if (s->have_guard && !rate_is_limited(&s->guard.rate) &&
	    rate_is_limited(&look->wish.guard.rate))
		add(n, "no rate", "nothing limits it, although its network has a rate");
}

static void note_bridge(const struct state *s, struct notes *n)
{
	if (!s->have_bridge)
		return;
	if (!s->bridge.up)
		add(n, "bridge down", "bridge %s is down, so no frames pass; run `ip link set %s up`",
		    s->bridge.name, s->bridge.name);
	note_stp(s, n);
	note_netfilter(n);
}

/* ---- a macvtap -------------------------------------------------------- */

/* Every user of macvtap asks why the host cannot reach the guest. */
static void note_host_access(const struct state *s, struct notes *n)
{
	const char *device = s->device.name;
	const char *unless = "";

	if (s->link.mode == MACVLAN_MODE_PASSTHRU) {
		add(n, NULL, "this host cannot use %s itself while the guest has it; give the host another NIC",
		    device);
		return;
	}
	if (s->link.mode == MACVLAN_MODE_VEPA)
		unless = ", unless the switch sends frames back";
	add(n, NULL, "this host and the guest cannot communicate over %s%s: the host's frames leave on the wire; create a macvlan for the host (ip link add link %s name host0 type macvlan mode bridge) and request mode=bridge for the guest, or use a bridge",
	    device, unless, device);
}

static void note_device(const struct state *s, struct notes *n)
{
	if (!s->have_device)
		return;
	if (!s->device.up)
		add(n, "device down", "device %s is down, so no frames pass; run `ip link set %s up`",
		    s->device.name, s->device.name);
	note_host_access(s, n);
}

/* ---- the guest -------------------------------------------------------- */

static void note_carrier(const struct look *look, struct notes *n)
{
	const struct link *l = &look->state.link;

	if (!l->up || l->carrier || look->state.have_device)
		return;
	if (link_is(l, LINK_TUN))
		add(n, "no carrier", "no program has the tap open, so no frames pass; is the guest running?");
	else
		add(n, "no carrier", "the guest has not connected its NIC yet, or has taken it down");
}

void notes_find(const struct look *look, struct notes *ret)
{
	ret->n = 0;
	if (!look->found)
		return;
	note_bridge(&look->state, ret);
	note_device(&look->state, ret);
	note_guard(look, ret);
	note_carrier(look, ret);
}
