# SPDX-License-Identifier: GPL-2.0-or-later
"""A NIC's keys, its links and its bridge appear, in any order: it ends up on the bridge.

That `connected` never comes before the port stands is checked in every test (xenhost.py).
"""

import itertools

import pytest

from xenhost import everywhere, scenario, where_the_daemon_reports, with_both_stores


def orders(*things):
    return pytest.mark.parametrize("order", itertools.permutations(things), ids="-".join)


# PV

@orders("keys", "link", "bridge")
@with_both_stores
@scenario
def test_keys_link_and_bridge_in_any_order(xen, order):
    nics = []
    appear = {"keys": lambda: nics.append(xen.plug(5)),
              "link": lambda: xen.bed.vif("vif5.0"),
              "bridge": xen.bridge}
    for thing in order[:2]:
        appear[thing]()
        yield lambda: not nics or not xen.reported(nics[0])
    appear[order[2]]()
    yield lambda: xen.on("vif5.0") and xen.connected(nics[0])
    assert nics[0].error() is None


@everywhere
@scenario
def test_two_nics_on_two_bridges(xen):
    xen.bridge("br0")
    xen.bridge("br1")
    first, second = xen.plug(5, 0, bridge="br0"), xen.plug(5, 1, bridge="br1")
    yield lambda: not xen.reported(first)
    xen.bed.vif("vif5.1")
    xen.bed.vif("vif5.0")
    yield lambda: xen.connected(first) and xen.connected(second)
    assert xen.on("vif5.0", "br0") and xen.on("vif5.1", "br1")


def test_netbacks_link_may_come_before_state_2(xen):
    xen.bridge()
    nic = xen.keys(5)
    xen.bed.vif("vif5.0")
    xen.netback(nic)
    xen.bed.until(lambda: xen.on("vif5.0") and xen.connected(nic))


def test_a_link_that_is_up_with_an_ipv6_address_loses_it(xen):
    xen.bridge()
    xen.bed.vif("vif5.0", peer="guest0")
    xen.bed.up("vif5.0")
    xen.bed.until(lambda: xen.bed.link("vif5.0").addresses)
    nic = xen.plug(5)
    xen.bed.until(lambda: xen.connected(nic))
    assert xen.bed.link("vif5.0").addresses == []
    xen.bed.never(lambda: xen.bed.link("vif5.0").addresses, seconds=0.1)


def test_the_mtu_of_a_port_is_its_bridges(xen):
    xen.bridge(mtu=9000)
    nic = xen.plugged(5)
    xen.bed.until(lambda: xen.on("vif5.0", mtu=9000) and xen.connected(nic))
    assert nic.frontend_mtu() == "9000"


# HVM

@orders("keys", "vif", "tap")
@everywhere
@scenario
def test_an_hvm_guests_two_links_in_any_order(xen, order):
    xen.bridge()
    nics, links = [], []
    appear = {"keys": lambda: nics.append(xen.plug(5, type="vif_ioemu")),
              "vif": lambda: xen.bed.vif("vif5.0") or links.append("vif5.0"),
              "tap": lambda: xen.bed.tap("vif5.0-emu") and links.append("vif5.0-emu")}
    for thing in order:
        appear[thing]()
        in_place = xen.on if nics else xen.left
        yield xen.stays(lambda in_place=in_place: all(in_place(link) for link in links))
    yield lambda: xen.connected(nics[0])


@everywhere
@scenario
def test_the_bridge_appears_under_a_waiting_hvm_guest(xen):
    xen.bed.tap("vif5.0-emu")
    nic = xen.plugged(5, type="vif_ioemu")
    yield lambda: xen.says("vif5.0", "waiting", "bridge br0 does not exist") and \
        xen.says("vif5.0-emu", "waiting", "bridge br0 does not exist")
    xen.bridge()
    yield lambda: xen.on("vif5.0-emu") and xen.on("vif5.0") and xen.connected(nic)


def test_a_pv_driver_unplugs_the_emulated_nic(xen):
    """The tap goes alone; the NIC is in order without it."""
    xen.bridge()
    tap = xen.bed.tap("vif5.0-emu")
    nic = xen.plugged(5, type="vif_ioemu")
    xen.bed.until(lambda: xen.on("vif5.0-emu") and xen.connected(nic))
    nic.set("state", 4)
    tap.close()
    xen.daemon.reload()
    assert {name: port["state"] for name, port in xen.list().items()} == {"vif5.0": "ok"}
    assert xen.on("vif5.0") and nic.status() == "connected"


# Whose turn it is

def test_in_dom0_the_daemon_prepares_and_the_script_completes(xen):
    xen.bridge()
    nic = xen.keys(5)
    nic.netback_ready()
    xen.bed.vif("vif5.0")
    xen.bed.until(lambda: xen.on("vif5.0"))
    xen.daemon.reload()
    assert nic.status() == "", "libxl has not seen backend state 2 yet, perhaps"
    assert xen.bed.script("online", "vif", nic, check=0).out == ""
    assert nic.status() == "connected"


def test_in_dom0_the_first_error_is_the_scripts_too(xen):
    nic = xen.keys(5)
    nic.netback_ready()
    xen.bed.vif("vif5.0")
    xen.bed.until(lambda: xen.says("vif5.0", "waiting"))
    xen.daemon.reload()
    assert (nic.status(), nic.error()) == ("", None)


@where_the_daemon_reports
def test_nothing_is_reported_before_backend_state_2(xen):
    xen.bridge()
    nic = xen.keys(5)
    xen.bed.vif("vif5.0")
    xen.bed.until(lambda: xen.on("vif5.0"))
    xen.daemon.reload()
    assert nic.status() == ""
    nic.netback_ready()
    xen.bed.until(lambda: xen.connected(nic))


def test_a_toolstack_before_xen_4_15_writes_no_status(xen):
    """Only time can tell the daemon that libxl has looked."""
    xen.bridge()
    nic = xen.keys(5, hotplug_status=None)
    nic.netback_ready()
    xen.bed.vif("vif5.0")
    xen.bed.until(lambda: xen.connected(nic))
    xen.bed.script("online", "vif", nic, check=0)
    assert nic.status() == "connected" and xen.on("vif5.0")


@where_the_daemon_reports
def test_libxl_is_given_time_to_see_state_2(xen):
    """Nothing tells that it has looked: toolstack-delay."""
    config = xen.bed.conf.read_text()
    xen.bed.conf.write_text(config + "toolstack-delay = 10000\n")
    xen.daemon.reload()
    xen.bridge()
    nic = xen.plugged(5)
    xen.bed.until(lambda: xen.on("vif5.0"))
    xen.daemon.reload()
    nic.set("mtu", 1400)
    xen.bed.until(lambda: xen.on("vif5.0", mtu=1400))
    assert nic.status() == ""
    xen.bed.conf.write_text(config + "toolstack-delay = 0\n")
    xen.daemon.reload()
    xen.bed.until(lambda: xen.connected(nic))


def test_a_nic_with_another_script_is_left_alone(xen):
    xen.bridge()
    nic = xen.keys(5, script="/etc/xen/scripts/vif-bridge")
    nic.netback_ready()
    xen.bed.vif("vif5.0")
    before = xen.bed.link("vif5.0")
    xen.daemon.reload()
    assert xen.bed.link("vif5.0") == before
    assert nic.status() == "" and xen.list() == {}


def test_a_nic_whose_script_key_becomes_ours_is_served(xen):
    xen.bridge()
    nic = xen.keys(5, script="/bin/true", hotplug_status=None)
    nic.netback_ready()
    xen.bed.vif("vif5.0")
    xen.daemon.reload()
    assert xen.bed.link("vif5.0").master is None
    nic.set("script", "/etc/xen/scripts/vif-agent")
    xen.bed.until(lambda: xen.connected(nic))


# What is said meanwhile

def test_what_is_missing_is_said(xen):
    nic = xen.keys(5)
    nic.netback_ready()
    xen.bed.until(lambda: xen.says("vif5.0", "waiting", "link does not exist yet"))
    xen.bed.vif("vif5.0")
    xen.bed.until(lambda: xen.says("vif5.0", "waiting", "bridge br0 does not exist"))
    xen.bridge()
    xen.bed.until(lambda: xen.says("vif5.0", "ok"))


def test_keys_are_written_one_after_the_other(bed):
    """Each is an event, and the first ones do not make a NIC yet."""
    xs = bed.xenstored(domid=3)
    bed.bridge("br0")
    bed.daemon(config="[xen]\ntoolstack-delay = 0\n")
    paths = []
    for domid in range(10, 110):
        bed.tap(f"vif{domid}.0", hold=False, persistent=True)
        paths.append(f"/local/domain/3/backend/vif/{domid}/0")
    for path in paths:
        for key, value in {"script": "/etc/xen/scripts/vif-agent", "bridge": "br0", "online": "1",
                           "hotplug-status": "", "state": "1"}.items():
            xs.write(f"{path}/{key}", value)
        xs.write(f"{path}/state", "2")
    bed.until(lambda: all(xs.read(f"{path}/hotplug-status") == b"connected" for path in paths), timeout=20)
