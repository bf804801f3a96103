/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guests.c - whose tap is it? */
#include "agent/cli/guests.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/host/procfs.h"
#include "agent/host/sysfs.h"

/* ---- QEMU's arguments --------------------------------------------------- */

/* "web0", or "guest=web0,debug-threads=on" */
static void take_name(const char *value, char buf[GUEST_SIZE])
{
	if (strncmp(value, "guest=", 6) == 0)
		value += 6;
	(void)snprintf(buf, GUEST_SIZE, "%.*s", (int)strcspn(value, ","), value);
}

/* "-name web0", "--name web0" or "-name=web0"; "" if it has no such argument. */
static void read_name(int pid, char buf[GUEST_SIZE])
{
	char args[8192];
	ssize_t len = procfs_arguments(pid, args, sizeof(args));

	buf[0] = '\0';
	for (const char *a = args; a < args + len; a += strlen(a) + 1) {
		const char *next = a + strlen(a) + 1;
		const char *word = a + strspn(a, "-");

		if (word == a || strncmp(word, "name", 4) != 0)
			continue;
		if (word[4] == '=')
			take_name(word + 5, buf);
		else if (!word[4] && next < args + len)
			take_name(next, buf);
	}
}

/* ---- who has which tap open ---------------------------------------------- */

static void add(struct guests *g, const char *link, const char *name)
{
	struct guest *grown = reallocarray(g->list, g->n + 1, sizeof(*g->list));

	if (!grown)
		return;
	g->list = grown;
	(void)snprintf(grown[g->n].link, sizeof(grown->link), "%s", link);
	(void)snprintf(grown[g->n].name, sizeof(grown->name), "%s", name);
	g->n++;
}

/* A tap's descriptor says "iff:	web0" (tun_chr_show_fdinfo, drivers/net/tun.c). */
static void read_descriptor(struct guests *g, const char *path, const char *name)
{
	char text[512], link[VIF_NAMESIZE];
	const char *iff;

	if (sysfs_read(path, text, sizeof(text)) < 0)
		return;
	iff = strstr(text, "\niff:\t");
	if (iff && sscanf(iff, "\niff:\t%15s", link) == 1)
		add(g, link, name);
}

static bool read_process(int pid, void *arg)
{
	struct guests *g = arg;
	char path[300], name[GUEST_SIZE];
	const struct dirent *e;
	DIR *dir;

	read_name(pid, name);
	if (!name[0] || !procfs_shares_network(pid))
		return true;
	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, e->d_name);
		if (e->d_name[0] != '.')
			read_descriptor(g, path, name);
	}
	if (dir)
		(void)closedir(dir);
	return true;
}

void guests_find(struct guests *ret)
{
	*ret = (struct guests) { 0 };
	procfs_each(read_process, ret);
}

void guests_free(struct guests *g)
{
	free(g->list);
}

/* A macvtap's descriptor does not tell; its record does. */
static int recorded_process(const struct look *look)
{
	const struct record *r = &look->state.record;

	if (!look->found || look->state.owner != OWNER_US || !r->process.pid ||
	    !procfs_is_near(&r->process) || !procfs_process_lives(NULL, &r->process))
		return 0;
	return r->process.pid;
}

void guests_name(const struct guests *g, const struct look *look, char buf[GUEST_SIZE])
{
	int pid;

	(void)snprintf(buf, GUEST_SIZE, "%s", look->guest);
	for (size_t i = 0; i < g->n && !buf[0]; i++)
		if (look->found && strcmp(g->list[i].link, look->state.link.name) == 0)
			(void)snprintf(buf, GUEST_SIZE, "%s", g->list[i].name);
	pid = buf[0] ? 0 : recorded_process(look);
	if (pid)
		read_name(pid, buf);
}
