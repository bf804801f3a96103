# SPDX-License-Identifier: GPL-2.0-or-later
"""What Debian's kernel has, and that of a build machine may not have."""

import re

import pytest
from dom0 import BRIDGE, ip, never, ping, ports, run, vifctl_list, vlans


pytestmark = pytest.mark.once


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
        with_vlan = {1: {"PVID", "Egress Untagged"}, 10: set()}
        never(lambda: vlans(name) != with_vlan, 2, "the daemon changed its VLANs")
        assert vifctl_list()[name]["state"] == "ok" and name in ports(BRIDGE)
        run("bridge", "vlan", "del", "dev", name, "vid", "10")
    finally:
        ip("link", "set", BRIDGE, "type", "bridge", "vlan_filtering", "0")
    assert vlans(name) == before
