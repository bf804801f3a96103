/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics.c - vifctl metrics: all ports for monitoring
 *
 * Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/), the one
 * that node_exporter's textfile collector reads: it knows no type "info" or "stateset". Bytes
 * and frames are named as the guest sees them.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/cli/overview.h"
#include "agent/core/mac.h"
#include "agent/core/words.h"
#include "agent/host/presence.h"
#include "agent/host/sysfs.h"

/* name="value", with what the format wants escaped; guests' names are hostile. */
static void label(const char *name, const char *value, const char *before)
{
	(void)printf("%s%s=\"", before, name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			(void)printf("\\%c", *value);
		else
			(void)putchar(*value < ' ' || *value > '~' ? '?' : *value);
	}
	(void)putchar('"');
}

static void family(const char *name, const char *type, const char *help)
{
	(void)printf("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void infos(const struct overview *o)
{
	family("vif_info", "gauge", "What each port is.");
	for (size_t i = 0; i < o->n; i++) {
		const struct look *look = &o->look[i];
		char guest[GUEST_SIZE], mac[MAC_TEXTSIZE] = "";

		if (!overview_counts(look))
			continue;
		guests_name(&o->guests, look, guest);
		if (!mac_is_zero(look->wish.mac))
			text_mac_print(mac, look->wish.mac);
		label("device", look->name, "vif_info{");
		label("domain", guest, ",");
		label("network", look->wish.network, ",");
		label("mac", mac, ",");
		label("vlan", look->wish.vlan, ",");
		puts("} 1");
	}
}

static void states(const struct overview *o)
{
	family("vif_state", "gauge", "1 for the state that it is in.");
	for (size_t i = 0; i < o->n; i++) {
		if (!overview_counts(&o->look[i]))
			continue;
		for (enum verdict v = IN_ORDER; v <= FAILED; v++) {
			if (v == NOT_OURS)
				continue;
			label("device", o->look[i].name, "vif_state{");
			label("state", verdict_name(v), ",");
			(void)printf("} %d\n", o->look[i].verdict == v);
		}
	}
}

/* Of the link; -1: not known. */
static int64_t counter(const struct link *l, const char *direction, const char *unit)
{
	char path[96], text[24];
	unsigned long n;

	(void)snprintf(path, sizeof(path), "/sys/class/net/%.15s/statistics/%s_%s", l->name,
		       direction, unit);
	if (sysfs_read(path, text, sizeof(text)) < 0 || text_number(text, LONG_MAX, &n) < 0)
		return -1;
	return (int64_t)n;
}

/* A host link receives what its guest sends; a macvtap is the exception: it transmits what its
 * guest sends (tap_get_user, drivers/net/tap.c). */
static const char *side(const struct link *l, bool guest_sends)
{
	return guest_sends == link_is(l, LINK_MACVTAP) ? "tx" : "rx";
}

static void traffic(const struct overview *o, const char *name, const char *help,
		    bool guest_sends, const char *unit)
{
	family(name, "counter", help);
	for (size_t i = 0; i < o->n; i++) {
		const struct look *look = &o->look[i];
		int64_t n;

		if (!overview_counts(look) || !look->found)
			continue;
		n = counter(&look->state.link, side(&look->state.link, guest_sends), unit);
		if (n < 0)
			continue;
		(void)fputs(name, stdout);
		label("device", look->name, "{");
		(void)printf("} %" PRId64 "\n", n);
	}
}

static void drops_of(const struct cmd *c, const struct look *look)
{
	uint64_t n[GUARD_REASONS];

	if (!output_drops(c, look, n))
		return;
	for (enum guard_reason why = 0; why < GUARD_REASONS; why++) {
		label("device", look->name, "vif_dropped_frames{");
		label("reason", guard_reason_key(why), ",");
		(void)printf("} %" PRIu64 "\n", n[why]);
	}
}

/* A gauge: the kernel forgets a count a day after the last frame. */
static void drops(struct cmd *c, const struct overview *o)
{
	family("vif_dropped_frames", "gauge", "Frames that guard or rate have dropped; 0 again after a day without any.");
	for (size_t i = 0; i < o->n; i++)
		if (overview_counts(&o->look[i]))
			drops_of(c, &o->look[i]);
}

static void daemon_itself(void)
{
	struct presence p;
	int pid, r = presence_ask(&p, &pid);

	family("vifagent_daemon", "gauge", "1 if vifagentd is running.");
	(void)printf("vifagent_daemon %d\n", r != -ENOENT);
	if (r < 0)
		return;
	family("vifagent_corrections_total", "counter",
	       "How often the daemon has put a port back in order without a new request for it.");
	(void)printf("vifagent_corrections_total %lu\n", p.corrections);
}

static void print(struct cmd *c, const struct overview *o)
{
	daemon_itself();
	infos(o);
	states(o);
	traffic(o, "vif_received_bytes_total", "Bytes that the guest has received.", false, "bytes");
	traffic(o, "vif_sent_bytes_total", "Bytes that the guest has sent.", true, "bytes");
	traffic(o, "vif_received_frames_total", "Frames that the guest has received.", false, "packets");
	traffic(o, "vif_sent_frames_total", "Frames that the guest has sent.", true, "packets");
	drops(c, o);
}

/* ---- to a file ---------------------------------------------------------- */

/* A reader must never see half of it. */
static int begin_file(const char *name, char new[PATH_MAX])
{
	int fd, r;

	if ((size_t)snprintf(new, PATH_MAX, "%s.new", name) >= PATH_MAX)
		return -ENAMETOOLONG;
	(void)unlink(new);
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	r = dup2(fd, STDOUT_FILENO) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static int end_file(const char *name, const char *new)
{
	/* An error before, of which errno says nothing any more. */
	if (ferror(stdout))
		return -EIO;
	if (fflush(stdout) == 0 && rename(new, name) == 0)
		return 0;
	return -errno;
}

static int print_to(struct cmd *c, const struct overview *o, const char *name)
{
	char new[PATH_MAX];
	int r = begin_file(name, new);

	if (r == 0) {
		print(c, o);
		r = end_file(name, new);
	}
	if (r == 0)
		return CMD_OK;
	(void)unlink(new);
	return cmd_fail(CMD_FAILED, "cannot write %s: %s", text_quote_str(name).text,
			strerror(-r));
}

int cmd_metrics(struct cmd *c)
{
	struct overview o;
	int r;

	if (c->argc > 1)
		return cmd_fail(CMD_USAGE, "metrics takes one FILE at most; see vifctl help metrics");
	r = overview_take(c, &o);
	if (r == 0 && c->argc == 1)
		r = print_to(c, &o, c->argv[0]);
	else if (r == 0)
		print(c, &o);
	overview_free(&o);
	return r;
}
