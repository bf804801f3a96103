/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verbs.c - the table of verbs of vifctl */
#include "agent/cli/verbs.h"

#include <string.h>

#include "agent/cli/taps.h"

const struct verb verbs[] = {
	{ "attach", cmd_attach, "LINK NETWORK [KEY=VALUE...]",
	  "attach a link to a network and keep it there; keys: " ATTACH_KEYS,
	  CONFIG_NEEDED },
	{ "detach", cmd_detach, "LINK",
	  "undo attach and restore the link", CONFIG_USEFUL },
	{ "create", cmd_create, "NETWORK [NAME] [KEY=VALUE...]",
	  "create a persistent tap, for a program that opens it by name; keys: " TAPS_KEYS,
	  CONFIG_NEEDED },
	{ "delete", cmd_delete, "LINK [force]",
	  "delete a tap that create or run has created", CONFIG_USEFUL },
	{ "run", cmd_run, "[--nic NETWORK[,KEY=VALUE...]]... -- PROGRAM [ARGUMENT...]",
	  "create taps and start a program (e.g. QEMU) with them; keys: model, " TAPS_KEYS,
	  CONFIG_NEEDED },
	{ "status", cmd_status, "", "show the host on one screen: daemon, networks, ports, what is wrong",
	  CONFIG_USEFUL },
	{ "list", cmd_list, "[--all] [--tree]",
	  "list all ports, one per line; --all: also NICs of other scripts; --tree: under their bridges",
	  CONFIG_USEFUL },
	{ "networks", cmd_networks, "", "list the networks of the configuration", CONFIG_NEEDED },
	{ "show", cmd_show, "LINK|DOMID.DEVID|BRIDGE|NETWORK|DOMAIN",
	  "show a port, or all ports of a bridge, network or domain: wish, state, and what is wrong", CONFIG_USEFUL },
	{ "plan", cmd_plan, "[LINK|DOMID.DEVID|BRIDGE|NETWORK|DOMAIN]",
	  "show what vifagent would do now; changes nothing", CONFIG_USEFUL },
	{ "apply", cmd_apply, "[LINK]",
	  "do what plan shows, for all ports or one, once: for hosts without the daemon", CONFIG_NEEDED },
	{ "doctor", cmd_doctor, "",
	  "say what is wrong on this host, and the command that mends it; changes nothing; exits with 1 if something is",
	  CONFIG_USEFUL },
	{ "monitor", cmd_monitor, "", "print ports as they change", CONFIG_USEFUL },
	{ "check", cmd_check, "[FILE]",
	  "say whether the configuration, or FILE as one, is right",
	  CONFIG_REPORTED },
	{ "reload", cmd_reload, "", "make the daemon read its configuration, if it is right",
	  CONFIG_REPORTED },
	{ "graph", cmd_graph, "", "draw the host's network: vifctl graph | dot -Tsvg > network.svg",
	  CONFIG_USEFUL },
	{ "metrics", cmd_metrics, "[FILE]", "print all ports for Prometheus, or write FILE for node_exporter's textfile collector", CONFIG_USEFUL },
	{ "complete", cmd_complete, "WORD...",
	  "print what may follow these words of a command line: for the shells", CONFIG_USEFUL },
	{ "helper-check", cmd_helper_check, "USER BRIDGE [FILE]",
	  "check whether the bridge helper's ACL lets a user's QEMU use a bridge",
	  CONFIG_USEFUL },
	{ "xen-script", cmd_xen_script, "online|offline|add|remove [type_if=vif|tap]",
	  "the hotplug script that libxl runs for a vif, also called " NIC_SCRIPT,
	  CONFIG_REPORTED },
	{ "qemu-ifup", cmd_qemu_ifup, "LINK",
	  "attach a tap; QEMU runs this as script=, also called vif-ifup[.NETWORK]",
	  CONFIG_NEEDED },
	{ "qemu-ifdown", cmd_qemu_ifdown, "LINK",
	  "detach a tap; QEMU runs this as downscript=, also called vif-ifdown",
	  CONFIG_USEFUL },
	{ "udev", cmd_udev, "", "handle a udev event, on a host without the daemon",
	  CONFIG_NEEDED },
};

const size_t verbs_n = sizeof(verbs) / sizeof(verbs[0]);

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < verbs_n; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}
