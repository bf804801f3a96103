# SPDX-License-Identifier: GPL-2.0-or-later
"""PV, PVH and HVM guests, made as their administrator makes them."""

import re

import pytest
from dom0 import (BRIDGE, Daemon, Guest, alias, bridge, finish, json, link_up, links,
                  nothing_left, ping, ports, run, signal, start, store, vifctl_list,
                  wait_until, xl)


def agree(guest, nics):
    """xl, vifctl and bridge tell the same of a guest's NICs: {devid: bridge}."""
    listed = vifctl_list()
    seen = {port["ifname"]: port["master"] for port in json.loads(run("bridge", "-j", "link").out)}
    table = [line.split() for line in xl("network-list", guest.name).out.splitlines()[1:]]
    assert [int(row[0]) for row in table] == sorted(nics), table
    for devid, where in nics.items():
        name = guest.vif(devid)
        assert name in listed, listed
        port = listed[name]
        assert port["state"] == "ok" and not port["reason"], port
        assert port["nic"] == f"{guest.domid}.{devid}"
        assert port["link"]["master"] == where and port["wish"]["network"] == where
        assert seen[name] == where
        assert link_up(name) and alias(name).startswith("vifagent/1 ")
        # Idx BE Mac handle state evt-ch …: it is connected
        assert table[devid][4] == "4", table
        assert guest.key("hotplug-status", devid) == "connected"


def test_pv_with_one_nic(guest):
    guest.wait_connected()
    agree(guest, {0: BRIDGE})


@pytest.mark.long
def test_pv_with_three_nics_on_two_bridges():
    with bridge("xenbr1") as second, \
            Guest(vifs=(f"bridge={BRIDGE}", f"bridge={second}", f"bridge={BRIDGE}")) as g:
        ping(g.ip)
        for devid in range(3):
            g.wait_connected(devid)
        agree(g, {0: BRIDGE, 1: second, 2: BRIDGE})
        g.destroy()
        assert not nothing_left(g.domid)


@pytest.mark.long
def test_pvh():
    with Guest("pvh") as g:
        ping(g.ip, 120)
        agree(g, {0: BRIDGE})
        g.destroy()
        assert not nothing_left(g.domid)


def test_hvm_emulated_nic_is_joined_before_its_first_frame():
    """The firmware's DHCP is seen on the bridge: every frame that QEMU's tap has got."""
    mac = "00:16:3e:00:aa:01"
    dump = start("tcpdump", "-n", "-l", "-U", "-e", "-i", BRIDGE, "ether", "src", mac)
    g = Guest("hvm", vifs=(f"bridge={BRIDGE},model=e1000,mac={mac}",),
              kernel=None, ramdisk=None, cmdline=None, boot="n")
    try:
        with g:
            emu = g.vif(suffix="-emu")
            assert {emu, g.vif()} <= ports(BRIDGE)
            assert vifctl_list()[emu]["state"] == "ok"
            received = wait_until(lambda: int(open(f"/sys/class/net/{emu}/statistics/rx_packets").read()),
                                  120, "the firmware's first frame")
    finally:
        dump.send_signal(signal.SIGINT)
        seen = finish(dump).out
    frames = re.findall(rf"^\S+ {mac} > .*", seen, re.M)
    assert len(frames) >= received, seen
    assert any("BOOTP/DHCP, Request" in f for f in frames), seen


@pytest.mark.long
def test_hvm_takes_over_by_pv_drivers():
    """The emulated NIC goes, quietly; then the guest, and nothing is left."""
    daemon = Daemon()
    with Guest("hvm", vifs=(f"bridge={BRIDGE},model=e1000",)) as g:
        emu = g.vif(suffix="-emu")
        assert {emu, g.vif()} <= ports(BRIDGE)
        listed = vifctl_list()
        assert listed[emu]["part"] == "emu" and listed[g.vif()]["part"] == "vif"
        wait_until(lambda: emu not in links(), 240, "the PV drivers to unplug the emulated NIC", 1)
        ping(g.ip)
        g.wait_connected()
        assert emu not in vifctl_list()
        agree(g, {0: BRIDGE})
        assert not re.search(rf"{emu}.*(cannot|failed|refused|error)", daemon.log())
        g.destroy()
        assert not nothing_left(g.domid)
    assert store.read(f"/local/domain/0/backend/vif/{g.domid}") is None
