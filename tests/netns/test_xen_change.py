# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys that change while the guest runs: moved and set, never unplugged."""

import os
import random
import signal

import pytest

from xenhost import everywhere, scenario


def plugged(xen, **keys):
    xen.bridge("br0")
    xen.bridge("br1")
    return xen.plugged(5, **keys)


# bridge

@everywhere
def test_the_keys_of_many_change_while_others_are_looked_at(xen):
    """What is asked of several NICs at once is the older the later its NIC's turn comes."""
    xen.bridge("br0")
    xen.bridge("br1")
    nics = {f"vif{domid}.0": xen.plugged(domid) for domid in range(5, 45)}
    on = dict.fromkeys(nics, "br0")
    xen.bed.until(lambda: all(xen.on(name) for name in nics), timeout=20)
    chance = random.Random(5)
    for i in range(400):
        name = chance.choice(list(nics))
        on[name] = chance.choice(["br0", "br1"])
        nics[name].set("bridge", on[name])
        if i % 40 == 0:
            os.kill(xen.daemon.pid, signal.SIGHUP)  # all are looked at
    for name in nics:  # each for itself
        on[name] = "br0" if on[name] == "br1" else "br1"
        nics[name].set("bridge", on[name])
    xen.bed.until(lambda: all(xen.on(name, bridge) for name, bridge in on.items()), timeout=20)
    xen.watch.clear()  # by the time of an event it may have been on its way to the next bridge


@everywhere
@scenario
def test_the_bridge_key_changes(xen):
    nic = plugged(xen)
    yield lambda: xen.on("vif5.0", "br0") and xen.connected(nic)
    history = xen.history()
    nic.set("bridge", "br1")
    yield lambda: xen.on("vif5.0", "br1") and xen.connected(nic)
    history.finish()
    assert history.of("vif5.0", "up") == {True}
    assert nic.error() is None


@everywhere
@scenario
def test_both_links_of_an_hvm_guest_move(xen):
    tap = xen.bed.tap("vif5.0-emu")
    nic = plugged(xen, type="vif_ioemu")
    yield lambda: xen.on("vif5.0", "br0") and xen.on("vif5.0-emu", "br0") and xen.connected(nic)
    history = xen.history()
    nic.set("bridge", "br1")
    yield lambda: xen.on("vif5.0", "br1") and xen.on("vif5.0-emu", "br1")
    history.finish()
    assert history.of("vif5.0", "up") == history.of(tap.name, "up") == {True}


@everywhere
@scenario
def test_the_bridge_key_changes_to_one_that_comes_later(xen):
    nic = plugged(xen)
    yield lambda: xen.on("vif5.0", "br0") and xen.connected(nic)
    nic.set("bridge", "br2")
    yield lambda: xen.says("vif5.0", "waiting", "bridge br2 does not exist")
    xen.bridge("br2")
    yield lambda: xen.on("vif5.0", "br2") and nic.status() == "connected"
    assert nic.error() is None


@scenario
def test_the_bridge_key_changes_there_and_back(xen):
    nic = plugged(xen)
    yield lambda: xen.on("vif5.0", "br0") and xen.connected(nic)
    for bridge in "br1", "br0", "br1", "br0":
        nic.set("bridge", bridge)
    yield xen.stays(lambda: xen.on("vif5.0", "br0") and nic.status() == "connected")
    xen.watch.clear()  # by the time of an event it may have been on its way to the next bridge


# mtu

@everywhere
@scenario
def test_the_mtu_key_changes(xen):
    nic = plugged(xen)
    yield lambda: xen.on("vif5.0") and xen.connected(nic)
    history = xen.history()
    nic.set("mtu", 1400)
    yield lambda: xen.on("vif5.0", mtu=1400) and nic.frontend_mtu() == "1400"
    nic.set("mtu", 9000)
    yield lambda: xen.on("vif5.0", mtu=9000) and nic.frontend_mtu() == "9000"
    nic.unset("mtu")
    yield lambda: xen.on("vif5.0", mtu=1500) and nic.frontend_mtu() == "1500"
    history.finish()
    assert history.of("vif5.0", "up") == {True}
    assert xen.connected(nic)


@scenario
def test_bridge_and_mtu_change_at_once(xen):
    nic = plugged(xen)
    yield lambda: xen.on("vif5.0", "br0") and xen.connected(nic)
    with xen.xs.txn() as tree:
        tree.write(f"{nic.path}/bridge", "br1")
        tree.write(f"{nic.path}/mtu", 1400)
    yield lambda: xen.on("vif5.0", "br1", mtu=1400) and nic.frontend_mtu() == "1400"


@scenario
def test_a_port_without_an_mtu_key_follows_its_bridge(xen):
    nic = plugged(xen)
    yield lambda: xen.on("vif5.0") and xen.connected(nic)
    xen.bed.ip("link set br0 mtu 2000")
    yield lambda: xen.on("vif5.0", mtu=2000) and nic.frontend_mtu() == "2000"
    xen.remember("br0")


@pytest.mark.parametrize("mtu", ["", "0", "67", "65536", "1e3", " 1400", "-1"])
@scenario
def test_an_mtu_that_is_none(xen, mtu):
    nic = plugged(xen)
    yield lambda: xen.on("vif5.0") and xen.connected(nic)
    nic.set("mtu", mtu)
    yield lambda: xen.says("vif5.0", "refused", "mtu")
    assert xen.on("vif5.0", mtu=1500) and nic.frontend_mtu() == "1500"
    nic.set("mtu", "1400")
    yield lambda: xen.on("vif5.0", mtu=1400) and nic.status() == "connected"
    assert nic.error() is None


@everywhere
@scenario
def test_the_guest_is_told_its_mtu_in_its_own_node_with_a_vifname_too(xen):
    """Xen's own script derives the node from the link's name: /local/domain/web0/..."""
    nic = plugged(xen, vifname="web0", mtu=1400)
    domains = xen.xs.ls("/local/domain")
    yield lambda: xen.on("web0", mtu=1400) and xen.connected(nic)
    nic.set("mtu", 1300)
    yield lambda: xen.on("web0", mtu=1300) and nic.frontend_mtu() == "1300"
    assert xen.xs.ls("/local/domain") == domains
    assert xen.xs.get_perms(f"{nic.frontend}/mtu") == [f"n{xen.backend}", "r5"]
    assert xen.xs.ls("/local/domain/5/device/vif") == ["0"]


@everywhere
@scenario
def test_a_guest_without_an_mtu_node_gets_none(xen):
    """libxl before 4.15 makes none; the guest owns the directory."""
    xen.bridge()
    nic = xen.keys(5)
    xen.xs.rm(f"{nic.frontend}/mtu")
    xen.netback(nic)
    xen.bed.vif("vif5.0")
    yield lambda: xen.on("vif5.0") and xen.connected(nic)
    nic.set("mtu", 1400)
    yield lambda: xen.on("vif5.0", mtu=1400)
    assert nic.frontend_mtu() is None


# vifname

@everywhere
@scenario
def test_the_vifname_key_changes(xen):
    nic = plugged(xen, vifname="web0")
    yield lambda: xen.on("web0") and xen.connected(nic)
    xen.rename(nic, "db0")
    yield lambda: xen.on("db0") and xen.connected(nic)
    assert xen.bed.link("web0") is None


# Other keys

@scenario
def test_keys_of_no_concern_cause_nothing(xen):
    nic = plugged(xen)
    yield lambda: xen.on("vif5.0") and xen.connected(nic)
    with xen.bed.count_netlink_changes() as changes:
        for key in "feature-sg", "rate", "feature-ctrl-ring", "colo_mode":
            nic.set(key, 1)
        nic.set("state", 4)
        yield xen.stays(lambda: xen.on("vif5.0"))
    assert changes == []
    assert nic.status() == "connected"


@everywhere
def test_another_door_just_leaves_it(xen):
    """Between `vifctl detach` and the daemon: done in a moment, and no error of the NIC's."""
    nic = plugged(xen)
    xen.bed.until(lambda: xen.on("vif5.0", "br0") and xen.connected(nic))
    alias = xen.bed.link("vif5.0").alias
    xen.bed.ip(f"link set vif5.0 alias '{alias} leave=1'")
    xen.daemon.reload()
    xen.bed.until(lambda: xen.bed.link("vif5.0").alias == alias and xen.on("vif5.0", "br0"))
    xen.watch.catch_up()
    assert b"error" not in [event.value for event in xen.watch.events]
    assert nic.status() == "connected"
