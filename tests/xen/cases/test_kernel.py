# SPDX-License-Identifier: GPL-2.0-or-later
"""What Debian's kernel has, and that of a build machine may not have."""

import json
import os
import re

import pytest
from dom0 import BRIDGE, OUT, finish, ip, links, note, ping, ports, run, start, time, vifctl_list, wait_until


pytestmark = pytest.mark.once  # whatever xenstored there is


@pytest.mark.parametrize("module", ["8021q", "vhost_net", "openvswitch", "macvtap", "nf_tables"])
def test_the_bed_has_the_module(module):
    run("modprobe", module)


def test_vifctl_run_opens_vhost():
    run("modprobe", "vhost_net")
    out = run("vifctl", "run", "--nic", f"{BRIDGE},queues=2", "--", "sh", "-c",
              "ls -l /proc/self/fd; echo {fds} {vhostfds}").out
    taps, vhost = (word.split(":") for word in out.splitlines()[-1].split())
    assert len(set(taps + vhost)) == 4
    for device, fds in ("/dev/net/tun", taps), ("/dev/vhost-net", vhost):
        assert all(re.search(rf" {fd} -> {device}$", out, re.M) for fd in fds), out


def test_a_guest_with_vhost():
    """QEMU's, not Xen's: of a guest that vifctl run starts the kernel moves the frames."""
    run("modprobe", "vhost_net")
    before = links()
    qemu = start("vifctl", "run", "--nic", f"{BRIDGE},mac=52:54:00:00:00:02", "--", "qemu-system-x86_64",
                 "-machine", "pc", "-bios", "qboot.rom", "-accel", "tcg", "-m", "128", "-nodefaults",
                 "-display", "none", "-serial", f"file:{OUT}/vhost-guest", "-kernel", "/guest/vmlinux",
                 "-initrd", "/guest/initrd", "-append", "console=ttyS0 quiet panic=-1 mitigations=off"
                 " no_timer_check cryptomgr.notests bed_ip=10.9.0.77/24")
    try:
        ping("10.9.0.77", timeout=400)
        note(f"a QEMU guest with vhost-net answered after {time.monotonic() - qemu.begin:.0f} s")
        tap, = links() - before
        assert tap in ports(BRIDGE) and vifctl_list()[tap]["state"] == "ok"
        assert f"vhost-{qemu.pid}" in run("ps", "-eLo", "comm=").out.split(), "that is the kernel's task for it"
    finally:
        qemu.kill()
        done = finish(qemu)
    wait_until(lambda: links() == before, what=f"its tap is gone; {done}")


def test_netns_tests_that_skip_elsewhere():
    """Tests of tests/netns that need a bridge with VLAN filtering."""
    done = run("/usr/bin/python3", "-m", "pytest", "-q", "-k", "vlan", "/job/tests/netns",
               cwd="/job/tests/netns", timeout=300, check=False,
               env={**os.environ, "VIFAGENT_BUILD": "/usr/sbin", "VIFAGENT_TIMEOUT_FACTOR": "10",
                    "VIFAGENT_CACHE": "/tmp"})
    assert done.rc == 0 and re.search(r"\d+ passed", done.out) and "skipped" not in done.out, done


def vlans(name):
    found = json.loads(run("bridge", "-j", "vlan", "show", "dev", name).out)
    return {v["vlan"]: set(v.get("flags", [])) for link in found for v in link["vlans"]}


def test_a_bridge_that_filters_vlans(guest):
    """A port has the bridge's PVID; what the administrator gives it besides is left alone."""
    name = guest.vif()
    before = vlans(name)
    ip("link", "set", BRIDGE, "type", "bridge", "vlan_filtering", "1")
    try:
        ping(guest.ip)
        assert vlans(name) == {1: {"PVID", "Egress Untagged"}}
        run("bridge", "vlan", "add", "dev", name, "vid", "10")
        run("systemctl", "reload", "vifagentd")
        time.sleep(2)
        assert vlans(name) == {1: {"PVID", "Egress Untagged"}, 10: set()}
        assert vifctl_list()[name]["state"] == "ok" and name in ports(BRIDGE)
        run("bridge", "vlan", "del", "dev", name, "vid", "10")
    finally:
        ip("link", "set", BRIDGE, "type", "bridge", "vlan_filtering", "0")
    assert vlans(name) == before
