# SPDX-License-Identifier: GPL-2.0-or-later
"""What holds at all times, whatever happens to a NIC."""

import pytest

from xenhost import scenario, where_the_daemon_reports


# A bridge keeps its MAC and its MTU

BRIDGES = {
    "empty": {},
    "with-a-mac": {"mac": "02:00:00:00:00:01"},
    "with-the-highest-mac": {"mac": "fe:ff:ff:ff:ff:ff"},
    "jumbo": {"mtu": 9000},
    "small": {"mtu": 1400},
}
LINKS = {"no-uplink": None, "uplink": 1500, "jumbo-uplink": 9000}


@pytest.mark.parametrize("uplink", LINKS.values(), ids=LINKS)
@pytest.mark.parametrize("mtu", [None, 1400, 9000])
@pytest.mark.parametrize("bridge", BRIDGES.values(), ids=BRIDGES)
def test_a_bridge_is_not_changed_by_its_ports(xen, bridge, mtu, uplink):
    bed = xen.bed
    xen.bridge("br0", **bridge)
    if uplink:
        bed.vif("eth0", peer="wire0")
        bed.ip(f"link set eth0 mtu {uplink} master br0 up")
    before = bed.link("br0")
    xen.remember("br0")
    history = xen.history()
    first, second = xen.plugged(5, mtu=mtu), xen.plugged(6)
    bed.until(lambda: xen.connected(first) and xen.connected(second))
    assert xen.on("vif5.0", mtu=mtu or before.mtu)
    nothing_changed(bed, before)
    second.set("mtu", 1300)
    bed.until(lambda: xen.on("vif6.0", mtu=1300))
    nothing_changed(bed, before)
    bed.delete("vif6.0")
    nothing_changed(bed, before)
    first.remove()
    bed.until(lambda: xen.left("vif5.0"))
    nothing_changed(bed, before)
    history.finish()
    assert history.of("br0", "mac") == {before.mac}
    # How it is made to stay: up to the largest and back again, within one call.
    assert history.of("br0", "mtu") <= {before.mtu, 65535}
    assert history.of("br0", "up") == {True}


def nothing_changed(bed, before):
    after = bed.link("br0")
    assert (after.mac, after.mtu) == (before.mac, before.mtu)


@pytest.mark.parametrize("bridge", BRIDGES.values(), ids=BRIDGES)
@scenario
def test_nor_by_an_hvm_guest_and_its_death(xen, bridge):
    xen.bridge("br0", **bridge)
    before = xen.bed.link("br0")
    tap = xen.bed.tap("vif5.0-emu")
    nic = xen.plugged(5, type="vif_ioemu", mtu=1300)
    yield lambda: xen.on("vif5.0", mtu=1300) and xen.on("vif5.0-emu", mtu=1300)
    yield lambda: xen.connected(nic)
    nothing_changed(xen.bed, before)
    tap.close()
    nothing_changed(xen.bed, before)
    nic.remove()
    yield lambda: xen.left("vif5.0")
    nothing_changed(xen.bed, before)


def test_nor_is_the_bridge_that_somebody_had_put_the_link_on(xen):
    """It has the MAC and the MTU of its only port, which is moved to where it belongs."""
    xen.bridge("br0")
    xen.bridge("br1")
    xen.bed.vif("vif5.0")
    xen.bed.ip("link set vif5.0 mtu 1400 master br1")
    before = xen.bed.link("br1")
    assert (before.mac, before.mtu) == (xen.bed.link("vif5.0").mac, 1400)
    xen.remember("br1")
    nic = xen.plug(5, bridge="br0")
    xen.bed.until(lambda: xen.on("vif5.0", "br0") and xen.connected(nic))
    assert xen.bed.ports("br1") == []


# What is in order is let alone

def twenty(xen):
    """All kinds of NICs, in order; their guests have connected."""
    for name in "br0", "br1":
        xen.bridge(name)
    nics = []
    for domid in range(5, 25):
        if domid % 4 == 0:
            xen.bed.tap(f"vif{domid}.0-emu")
        nic = xen.plugged(domid, bridge=f"br{domid % 2}", mtu=1400 if domid % 5 == 0 else None,
                          vifname=f"web{domid}" if domid % 3 == 0 else None,
                          type="vif_ioemu" if domid % 4 == 0 else "vif")
        nics.append(nic)
    xen.bed.until(lambda: all(xen.connected(nic) for nic in nics))
    for nic in nics:
        nic.set("state", 4)
    xen.bed.until(lambda: {port["state"] for port in xen.list().values()} == {"ok"})
    xen.daemon.reload()
    return nics


@pytest.mark.parametrize("xen", ["dom0", "no-script", "driver-domain", "dom0/oxenstored"],
                         indirect=True)
def test_a_second_look_sends_nothing_and_writes_nothing(xen):
    nics = twenty(xen)
    everything = xen.xs.watch("/local", "/libxl")
    with xen.bed.count_netlink_changes() as changes:
        xen.daemon.reload()
        xen.daemon.kill()
        xen.daemon.start()
        xen.daemon.restart()
        if xen.runs_scripts:
            xen.bed.script("online", "vif", nics[0], check=0)
        xen.list()
        xen.bed.vifctl("plan", check=0)
    assert changes == []
    everything.catch_up()
    assert everything.paths == []
    assert not any(port["steps"] for port in xen.list().values())
    assert len(xen.list()) == 25


def test_sigterm_leaves_every_port_as_it_is(xen):
    twenty(xen)
    with xen.bed.count_netlink_changes() as changes:
        assert xen.daemon.term() == 0
    assert changes == []


# Refusals

@pytest.mark.parametrize("keys, words", [
    ({"vifname": "sixteen-letters!"}, ["vifname=", "sixteen-letters!", "too long", "by 1 ", "15"]),
    ({"vifname": "web/0"}, ["vifname=", "web/0", "is not valid as"]),
    ({"bridge": "../br0"}, ["bridge=", "../br0", "is not valid as"]),
    ({"bridge": ""}, ["bridge="]),
    ({"bridge": None}, ["no network requested"]),
    ({"bridge": "a-network-not-configured"}, ["a-network-not-configured", "too long"]),
    ({"bridge": "eth0"}, ["eth0 is not a bridge", "veth"]),
    ({"mtu": "huge"}, ["mtu=", "huge"]),
], ids=lambda value: "-".join(value) if isinstance(value, dict) else "")
@where_the_daemon_reports
def test_a_refusal_is_one_sentence_everywhere(xen, keys, words):
    xen.bridge()
    xen.bed.vif("eth0", peer="wire0")
    nic = xen.plugged(5, **keys)
    xen.bed.until(lambda: nic.status() == "error")
    port, = xen.list().values()
    reason = port["reason"]
    assert port["port"] == "vif5.0" and all(word in reason for word in words)
    assert "\n" not in reason
    assert nic.error() == f"vif5.0: {reason}"
    assert f"reason  {reason}\n" in xen.bed.vifctl("show", "vif5.0", check=0).out
    for _ in range(3):
        xen.daemon.reload()
    assert xen.daemon.log().count(reason) == 1
    link = xen.bed.link("vif5.0")
    assert (link.master, link.up, link.alias) == (None, False, None)


@where_the_daemon_reports
@scenario
def test_a_refusal_is_taken_back(xen):
    xen.bridge()
    nic = xen.plugged(5, bridge="no/name")
    yield lambda: nic.status() == "error" and nic.error()
    nic.set("bridge", "br0")
    yield lambda: xen.on("vif5.0") and xen.connected(nic)
    assert nic.error() is None


def test_in_dom0_the_script_refuses_and_the_daemon_repairs(xen):
    """After the script has said "error" libxl is done, and nobody else would report."""
    xen.bridge()
    nic = xen.keys(5, bridge="no/name")
    nic.netback_ready()
    xen.bed.vif("vif5.0")
    result = xen.bed.script("online", "vif", nic, check=1)
    assert nic.status() == "error" and nic.error() in result.out
    assert nic.error() == f"vif5.0: {xen.list()['vif5.0']['reason']}"
    nic.set("bridge", "br0")
    xen.bed.until(lambda: xen.on("vif5.0") and xen.connected(nic))
    assert nic.error() is None


@where_the_daemon_reports
def test_what_is_waited_for_is_told_as_well(xen):
    nic = xen.plugged(5)
    xen.bed.until(lambda: nic.status() == "error")
    assert "bridge br0 does not exist" in nic.error()
    for _ in range(3):
        xen.daemon.reload()
    assert xen.daemon.log().count(nic.error()) == 1
    xen.bridge()
    xen.bed.until(lambda: xen.on("vif5.0") and xen.connected(nic))
    assert nic.error() is None
    xen.bed.until(lambda: xen.daemon.log().count("vif5.0: attached to bridge br0") == 1)


# The status line

def test_the_daemons_status_counts_ports(xen):
    xen.bridge()
    first = xen.plugged(5)
    second = xen.keys(6, bridge="br9")
    second.netback_ready()
    xen.bed.vif("vif6.0")
    xen.bed.until(lambda: xen.connected(first))
    xen.bed.until(lambda: xen.daemon.status_text == "2 ports, 1 of them not in order")
    xen.bridge("br9")
    xen.bed.until(lambda: xen.daemon.status_text == "2 ports, 0 of them not in order")
