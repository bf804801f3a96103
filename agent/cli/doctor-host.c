/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor-host.c - what is wrong with programs and files of the host */
#include "agent/cli/doctor-host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/cli/acl-file.h"
#include "agent/cli/daemon-config.h"
#include "agent/host/presence.h"
#include "agent/host/procfs.h"
#include "agent/host/sysfs.h"

#define HELPER LIBEXECDIR "/vif-bridge-helper"

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* ---- programs ----------------------------------------------------------- */

void doctor_programs(struct findings *f)
{
	struct presence daemon;
	int pid, r = presence_ask(&daemon, &pid);
	bool serves = f->all->n || f->cmd->agent.config->n_networks;

	if (f->cmd->broken)
		finding(f, FINDING_ERROR, "configuration", "vifctl check", "%s",
			f->cmd->broken);
	if (serves && r == -ENOENT)
		finding(f, FINDING_WARNING, "vifagentd", "systemctl enable --now vifagentd",
			"the daemon is not running, so nothing corrects ports that others change");
	/* It may be busy for a second. */
	if (r < 0 && r != -ENOENT)
		r = presence_ask(&daemon, &pid);
	if (r < 0 && r != -ENOENT)
		finding(f, FINDING_WARNING, "vifagentd", "systemctl restart vifagentd",
			"the daemon does not answer; look at its log (journalctl -u vifagentd), and restart it");
	if (r == 0 && daemon_config_differs(pid, daemon.config, f->cmd->config_path))
		finding(f, FINDING_WARNING, "configuration", "",
			"vifagentd reads a different configuration, so findings about networks may be wrong; use vifctl -c %s doctor",
			daemon.config);
	if (geteuid() != 0)
		finding(f, FINDING_NOTE, "vifctl", "sudo vifctl doctor",
			"only root can query xenstored and nftables; some of what is wrong may be missing here");
}

struct search {
	const char *program, *argument;
	int pid;		/* 0: not found yet */
};

static bool compare(int pid, void *arg)
{
	struct search *s = arg;
	char args[512];
	ssize_t n = procfs_arguments(pid, args, sizeof(args));
	const char *slash = n > 0 ? strrchr(args, '/') : NULL;
	const char *base = slash ? slash + 1 : args;

	if (n > 0 && strcmp(base, s->program) == 0 && strlen(args) + 1 < (size_t)n &&
	    strcmp(args + strlen(args) + 1, s->argument) == 0)
		s->pid = pid;
	return !s->pid;
}

/* The process whose arguments begin so; 0: there is none. */
static int find_process(const char *program, const char *argument)
{
	struct search s = { program, argument, 0 };

	procfs_each(compare, &s);
	return s.pid;
}

/* ---- files of udev and networkd ------------------------------------------- */

static bool is_installed(const char *const dirs[], const char *name)
{
	char path[200];

	for (size_t i = 0; dirs[i]; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dirs[i], name);
		if (exists(path))
			return true;
	}
	return false;
}

static const char *const udev_dirs[] = {
	"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d",
	"/usr/lib/udev/rules.d", "/lib/udev/rules.d", NULL,
};

static const char *const networkd_dirs[] = {
	"/etc/systemd/network", "/run/systemd/network", "/usr/local/lib/systemd/network",
	"/usr/lib/systemd/network", "/lib/systemd/network", NULL,
};

void doctor_files(struct findings *f)
{
	if (exists("/run/udev/control") && !is_installed(udev_dirs, "72-vifagent.rules"))
		finding(f, FINDING_WARNING, "72-vifagent.rules", "",
			"these rules of udev are not installed, so other programs (NetworkManager, networkd) may take ports away; install the package, or copy udev-rules/ of the source");
	if (exists("/run/systemd/netif") && !is_installed(networkd_dirs, "05-vifagent.network"))
		finding(f, FINDING_WARNING, "05-vifagent.network", "",
			"systemd-networkd runs, but this file is not installed, so a .network file of yours that matches every link would take ports off their bridges");
}

/* ---- Xen ---------------------------------------------------------------- */

/* A line like vif.default.script="vif-agent" that is not commented out. */
static bool names_our_script(const char *text)
{
	static const char key[] = "vif.default.script";
	const char *line = text;

	while (line) {
		const char *end = strchr(line, '\n');
		size_t len;

		line += strspn(line, " \t");
		len = end ? (size_t)(end - line) : strlen(line);
		if (strncmp(line, key, strlen(key)) == 0 &&
		    memmem(line, len, NIC_SCRIPT, strlen(NIC_SCRIPT)))
			return true;
		line = end ? end + 1 : NULL;
	}
	return false;
}

static void default_script(struct findings *f)
{
	static const char file[] = "/etc/xen/xl.conf";
	char text[16384] = "";

	if (f->cmd->agent.config->serve_all || !exists(file) ||
	    sysfs_read(file, text, sizeof(text)) < 0 || names_our_script(text))
		return;
	finding(f, FINDING_NOTE, file, "echo 'vif.default.script=\"" NIC_SCRIPT "\"' >> /etc/xen/xl.conf",
		"vif.default.script is not " NIC_SCRIPT ", so only NICs with script=" NIC_SCRIPT " are served");
}

void doctor_xen(struct findings *f)
{
	const struct agent *a = &f->cmd->agent;
	int pid;

	if (a->store != STORE_THERE)
		return;
	if (a->self == 0)
		default_script(f);
	pid = find_process("xl", "devd");
	if (pid && presence_is_shown())
		finding(f, FINDING_NOTE, "xl devd", "",
			"xl devd (pid %d) also runs; that is right if it serves disks and vif.default.script (or script=) of the guests is " NIC_SCRIPT "; otherwise stop it (systemctl disable --now xendriverdomain)",
			pid);
}

/* ---- the bridge helper ---------------------------------------------------- */

/* Only a host whose users run QEMU with it has an ACL. */
void doctor_helper(struct findings *f)
{
	struct stat acl, helper;

	if (stat(ACL_FILE, &acl) < 0)
		return;
	if (acl.st_uid != 0 || acl.st_mode & (S_IWGRP | S_IWOTH))
		finding(f, FINDING_ERROR, ACL_FILE, "chown root:root " ACL_FILE "; chmod go-w " ACL_FILE,
			"users other than root can write this file, and so give themselves access to any bridge");
	if (stat(HELPER, &helper) == 0 && !(helper.st_mode & S_ISUID))
		finding(f, FINDING_WARNING, HELPER, "chmod u+s " HELPER,
			"it is not setuid root, so it cannot make taps for users (helper-check says more)");
}
