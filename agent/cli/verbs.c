/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verbs.c - the table of verbs of vifctl */
#include "agent/cli/verbs.h"

#include <string.h>

#include "agent/cli/taps.h"

/* Of attach, create and run. */
#define KEYS \
	"  mac=MAC[,MAC...]   the guest's MAC, and others from which it may send\n" \
	"  ip=IP[,IP...]      from which it may send, if its network has guard = ip\n" \
	"  mtu=BYTES          if it is not to be the bridge's\n" \
	"  vlan=VLANS         for example 10, or 10p/20 (untagged 10, tagged 20)\n" \
	"  mode=MODE          of a macvtap: vepa, private, bridge or passthru\n" \
	"  up=no              leave the link down\n"

#define ATTACH_LINES \
	"  name=NAME          rename the link\n" KEYS \
	"  force=yes          even if the host itself uses the link\n" \
	"  alias=replace      even if another program has set the link's alias\n" \
	"For example: vifctl attach tap0 br0 name=web0 mac=52:54:00:12:34:56\n" \
	"Guard, rate and options of ports are settings of networks: vifagent.conf(5).\n"

#define TAP_LINES \
	KEYS \
	"  queues=N           for a multi-queue NIC\n" \
	"  owner=USER         who may open it besides root\n" \
	"  group=GROUP        likewise\n" \
	"  vnet-hdr=off       for a program that expects frames without virtio headers\n"

#define CREATE_LINES \
	"  name=NAME          the same as NAME\n" TAP_LINES \
	"For example: vifctl create br0 web0 owner=libvirt-qemu mac=52:54:00:12:34:56\n"

#define RUN_LINES \
	"  model=MODEL        QEMU's device, virtio-net-pci if none is given\n" \
	"  name=NAME          of the tap\n" TAP_LINES \
	"For example: vifctl run --nic br0,mac=52:54:00:12:34:56 -- qemu-system-x86_64 -m 1G disk.img\n"

const struct verb verbs[] = {
	{ "attach", cmd_attach, "LINK NETWORK [KEY=VALUE...]",
	  "attach a link to a network and keep it there; keys: " ATTACH_KEYS,
	  ATTACH_LINES, CONFIG_NEEDED },
	{ "detach", cmd_detach, "LINK",
	  "undo attach and restore the link", NULL, CONFIG_USEFUL },
	{ "create", cmd_create, "NETWORK [NAME] [KEY=VALUE...]",
	  "create a persistent tap, for a program that opens it by name; keys: " TAPS_KEYS,
	  CREATE_LINES, CONFIG_NEEDED },
	{ "delete", cmd_delete, "LINK [force]",
	  "delete a tap that create or run has created", NULL, CONFIG_USEFUL },
	{ "run", cmd_run, "[--nic NETWORK[,KEY=VALUE...]]... -- PROGRAM [ARGUMENT...]",
	  "create taps and start a program (e.g. QEMU) with them; keys: model, " TAPS_KEYS,
	  RUN_LINES, CONFIG_NEEDED },
	{ "status", cmd_status, "", "show the host on one screen: daemon, networks, ports, what is wrong",
	  NULL, CONFIG_USEFUL },
	{ "list", cmd_list, "[--all] [--tree]",
	  "list all ports, one per line; --all: also NICs of other scripts; --tree: under their bridges",
	  NULL, CONFIG_USEFUL },
	{ "networks", cmd_networks, "", "list the networks of the configuration", NULL, CONFIG_NEEDED },
	{ "show", cmd_show, "LINK|DOMID.DEVID|BRIDGE|NETWORK|DOMAIN",
	  "show a port, or all ports of a bridge, network or guest: wish, state, and what is wrong", NULL, CONFIG_USEFUL },
	{ "plan", cmd_plan, "[LINK|DOMID.DEVID|BRIDGE|NETWORK|DOMAIN]",
	  "show what vifagent would do now; changes nothing", NULL, CONFIG_USEFUL },
	{ "apply", cmd_apply, "[LINK]",
	  "do what plan shows, for all ports or one, once: for hosts without the daemon", NULL, CONFIG_NEEDED },
	{ "doctor", cmd_doctor, "",
	  "say what is wrong on this host, and the command that fixes it; changes nothing; exits with 1 if something is",
	  NULL, CONFIG_USEFUL },
	{ "monitor", cmd_monitor, "", "print ports as they change", NULL, CONFIG_USEFUL },
	{ "check", cmd_check, "[FILE]",
	  "check the configuration, or FILE as a configuration",
	  NULL, CONFIG_REPORTED },
	{ "reload", cmd_reload, "", "make the daemon read its configuration, if it is valid",
	  NULL, CONFIG_REPORTED },
	{ "graph", cmd_graph, "", "draw the host's network: vifctl graph | dot -Tsvg > network.svg",
	  NULL, CONFIG_USEFUL },
	{ "metrics", cmd_metrics, "[FILE]", "print all ports for Prometheus, or write FILE for node_exporter's textfile collector", NULL, CONFIG_USEFUL },
	{ "complete", cmd_complete, "WORD...",
	  "print what may follow these words of a command line: for the shells", NULL, CONFIG_USEFUL },
	{ "helper-check", cmd_helper_check, "USER BRIDGE [FILE]",
	  "check whether the bridge helper's ACL lets a user's QEMU use a bridge",
	  NULL, CONFIG_REPORTED },
	{ "xen-script", cmd_xen_script, "online|offline|add|remove [type_if=vif|tap]",
	  "the hotplug script that libxl runs for a vif, also called " NIC_SCRIPT,
	  NULL, CONFIG_REPORTED },
	{ "qemu-ifup", cmd_qemu_ifup, "LINK",
	  "attach a tap; QEMU runs this as script=, also called vif-ifup[.NETWORK]",
	  NULL, CONFIG_NEEDED },
	{ "qemu-ifdown", cmd_qemu_ifdown, "LINK",
	  "detach a tap; QEMU runs this as downscript=, also called vif-ifdown",
	  NULL, CONFIG_USEFUL },
	{ "udev", cmd_udev, "", "handle a udev event, on a host without the daemon",
	  NULL, CONFIG_NEEDED },
};

const size_t verbs_n = sizeof(verbs) / sizeof(verbs[0]);

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < verbs_n; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}
