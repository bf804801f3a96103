/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor.c - vifctl doctor: what is wrong on this host, and the command that fixes it */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/cli/doctor-host.h"
#include "agent/cli/doctor-network.h"
#include "agent/cli/screen.h"

void finding(struct findings *f, enum severity severity, const char *about,
	     const char *mend, const char *fmt, ...)
{
	struct finding *grown = reallocarray(f->list, f->n + 1, sizeof(*f->list));
	struct finding *new;
	va_list ap;

	if (!grown) {
		f->no_memory = true;
		return;
	}
	f->list = grown;
	new = &f->list[f->n++];
	new->severity = severity;
	(void)snprintf(new->about, sizeof(new->about), "%s", about);
	(void)snprintf(new->mend, sizeof(new->mend), "%s", mend);
	va_start(ap, fmt);
	(void)vsnprintf(new->text, sizeof(new->text), fmt, ap);
	va_end(ap);
}

const char *finding_command(const char *fmt, ...)
{
	static char buf[200];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return buf;
}

static const char *severity_name(enum severity s)
{
	static const char *const names[] = {
		[FINDING_NOTE] = "note", [FINDING_WARNING] = "warning",
		[FINDING_ERROR] = "error",
	};

	return names[s];
}

static enum color severity_color(enum severity s)
{
	static const enum color colors[] = {
		[FINDING_NOTE] = PLAIN, [FINDING_WARNING] = YELLOW, [FINDING_ERROR] = RED,
	};

	return colors[s];
}

static void print_one(const struct finding *d)
{
	enum color color = severity_color(d->severity);

	(void)printf("%s%s%s: %s: %s\n", screen_on(color), severity_name(d->severity),
		     screen_off(color), d->about, d->text);
	if (d->mend[0])
		(void)printf("    %s%s%s\n", screen_on(BOLD), d->mend, screen_off(BOLD));
}

/* The worst first. */
static void print(const struct findings *f)
{
	for (int s = FINDING_ERROR; s >= FINDING_NOTE; s--)
		for (size_t i = 0; i < f->n; i++)
			if (f->list[i].severity == (enum severity)s)
				print_one(&f->list[i]);
	if (f->n == 0)
		(void)printf("%snothing is wrong%s\n", screen_on(GREEN), screen_off(GREEN));
}

static void print_json(const struct findings *f)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < f->n; i++) {
		const struct finding *d = &f->list[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "severity",
				       json_object_new_string(severity_name(d->severity)));
		json_object_object_add(o, "about", json_object_new_string(d->about));
		json_object_object_add(o, "text", json_object_new_string(d->text));
		json_object_object_add(o, "command",
				       d->mend[0] ? json_object_new_string(d->mend) : NULL);
		json_object_array_add(all, o);
	}
	output_json_print(all);
}

/* For monitoring: notes are nothing wrong. */
static int exit_code(const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].severity > FINDING_NOTE)
			return CMD_FAILED;
	return CMD_OK;
}

static void look_around(struct findings *f)
{
	doctor_programs(f);
	doctor_ports(f);
	doctor_places(f);
	doctor_filters(f);
	doctor_files(f);
	doctor_xen(f);
	doctor_helper(f);
}

int cmd_doctor(struct cmd *c)
{
	struct overview all;
	struct findings f = { .cmd = c, .all = &all };
	int r;

	if (c->argc)
		return cmd_fail(CMD_USAGE, "doctor takes no arguments; see vifctl help doctor");
	r = overview_take(c, &all);
	if (r == 0) {
		look_around(&f);
		if (c->json)
			print_json(&f);
		else
			print(&f);
		r = exit_code(&f);
		if (f.no_memory)
			r = cmd_fail(CMD_FAILED, "out of memory: some of what is wrong is missing here");
	}
	free(f.list);
	overview_free(&all);
	return r;
}
