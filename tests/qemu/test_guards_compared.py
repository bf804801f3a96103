# SPDX-License-Identifier: GPL-2.0-or-later
"""The same frames past other programs' guards: the table in doc/security.md is what is seen here.

libvirt's filter clean-traffic, and Xen's vif-bridge with the key `ip`.
"""

import os
import shutil
from pathlib import Path

import pytest

import spoofed
from bed import TOP
from libvirtd import System
from spoofed import IP4, IP6, MAC, NET, OTHER
from test_guard import BAD, GOOD, RESERVED, guest, network
from wires import Wire, learned, passed, without_br_netfilter
from xenstore import CACHE

FILTERS = Path("/usr/share/libvirt/nwfilter")
BINDING = f"""\
<filterbinding>
  <owner><name>guest</name><uuid>57ee0a2f-9a4d-4c1c-8f0b-3a0c8ad15e11</uuid></owner>
  <portdev name='tap0'/>
  <mac address='{MAC}'/>
  <filterref filter='clean-traffic'><parameter name='IP' value='{IP4}'/></filterref>
</filterbinding>
"""
XEN_SCRIPTS = CACHE / "xen/etc/xen/scripts"
DISABLED = "  # This function is disabled in Debian packaging. See Debian bug #894013.\n  return 0\n"


def without(bed):
    without_br_netfilter()
    tap = bed.tap("tap0")
    bed.ip("link set tap0 master br0 up")
    return tap


def by_vifagent(bed):
    without_br_netfilter()
    network(bed)
    return guest(bed, f"mac={MAC}", f"ip={IP4},{IP6},{NET}")


def by_libvirt(bed):
    """As libvirt does it for a NIC with this filter and this address."""
    kept = bed.dir / "etc"
    kept.mkdir()
    shutil.copytree("/etc/alternatives", kept / "alternatives", symlinks=True)
    shutil.copy("/etc/ethertypes", kept)
    libvirt = System(bed)  # has an /etc of its own
    shutil.copytree(kept, "/etc", symlinks=True, dirs_exist_ok=True)
    tap = without(bed)
    filters = [f"nwfilter-define {file}" for file in sorted(FILTERS.glob("*.xml"))]
    binding = bed.dir / "binding.xml"
    binding.write_text(BINDING)
    bed.run(libvirt.virsh(*filters, f"nwfilter-binding-create {binding}"))
    return tap


def by_xen(bed):
    """With the rules that Debian's script leaves out, on a host that lets iptables see what a bridge carries."""
    scripts = bed.dir / "scripts"
    shutil.copytree(XEN_SCRIPTS, scripts)
    common = scripts / "vif-common.sh"
    assert DISABLED in common.read_text()
    common.write_text(common.read_text().replace(DISABLED, ""))
    bed.mounts.mount("tmpfs", "/var/log")
    os.mkdir("/var/log/xen")
    xs = bed.xenstored()
    tap = bed.tap("vif1.0")
    nic = bed.nic(xs, 1, 0, mac=MAC, ip=IP4)
    for name in ("iptables", "ip6tables", "arptables"):
        Path(f"/proc/sys/net/bridge/bridge-nf-call-{name}").write_text("1")
    bed.run(["iptables", "-P", "FORWARD", "DROP"])
    bed.run([scripts / "vif-bridge", "online", "type_if=vif"], env=bed.script_env(nic))
    return tap


COLUMNS = {"no guard": without, "`guard = ip`": by_vifagent, "`clean-traffic`": by_libvirt, "vif-bridge": by_xen}


def documented():
    """The table of doc/security.md: {column: {row: cell}}."""
    lines = (TOP / "doc/security.md").read_text().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("| frames that pass |"))
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in lines[first:lines.index("", first)] if not line.startswith("|--")]
    return {column: {row[0]: row[i] for row in rows[1:]} for i, column in enumerate(rows[0]) if i}


def seen(bed, tap, victim):
    """A column as it should be."""
    wire = Wire(tap.fd)
    good = passed(wire, victim, GOOD)
    frames = dict(BAD)
    peers = {"MAC: MAC of the peer": frames.pop("MAC: MAC of the peer")}  # it draws the peer's frames away
    bad = passed(wire, victim, frames) | passed(wire, victim, peers)
    column = {"good ones": f"{len(good)} of {len(GOOD)}"}
    for reason, its in {"MAC": spoofed.BAD_MAC, **spoofed.BAD}.items():
        count = sum(f"{reason}: {name}" in bad for name in its)
        column[f"bad {reason}"] = f"{count} of {len(its)}"
    column["bad ones"] = f"{len(bad)} of {len(BAD)}"
    bed.ip("link set br0 type bridge ageing_time 0")  # forgets
    bed.ip("link set br0 type bridge ageing_time 30000")
    passed(wire, victim, RESERVED)
    column["learned from a frame to 01:80:c2:00:00:0X"] = "yes" if OTHER in learned(bed) else "no"
    return column


@pytest.mark.parametrize("column", COLUMNS)
def test_what_passes_is_documented(bed, column):
    bed.bridge("br0")
    bed.ip("link set br0 type bridge mcast_snooping 0")  # it drops what looks wrong to it
    victim = bed.tap("victim")
    bed.ip("link set victim master br0 up")
    tap = COLUMNS[column](bed)
    assert seen(bed, tap, Wire(victim.fd)) == documented()[column]
