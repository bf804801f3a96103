# SPDX-License-Identifier: GPL-2.0-or-later
"""Options of a bridge's port: those that its network names, and those that others set."""

import pytest

from bed import WRAPPER
from frames import frame, received, send
from wires import Flood, Wire

# Our name, the kernel's (IFLA_BRPORT_…), iproute2's, the value that is not the default
OPTIONS = [
    ("isolated", "isolated", "isolated", 1),
    ("hairpin", "mode", "hairpin", 1),
    ("flood", "unicast_flood", "flood", 0),
    ("mcast-flood", "mcast_flood", "mcast_flood", 0),
    ("bcast-flood", "bcast_flood", "bcast_flood", 0),
    ("bpdu-guard", "guard", "guard", 1),
    ("root-block", "protect", "root_block", 1),
    ("fast-leave", "fast_leave", "fastleave", 1),
    ("neigh-suppress", "neigh_suppress", "neigh_suppress", 1),
]
YES_NO, ON_OFF = ["no", "yes"], ["off", "on"]
each = pytest.mark.parametrize("ours, kernels, ip, value", OPTIONS, ids=[o[0] for o in OPTIONS])


def network(bed, **options):
    lines = [f"{key.replace('_', '-')} = {value}\n" for key, value in options.items()]
    bed.conf.write_text("[network red]\nbridge = br0\n" + "".join(lines))


@pytest.fixture
def host(bed):
    bed.bridge("br0")
    bed.bridge("br1")
    return bed


@pytest.fixture
def kept(host):
    network(host, isolated="yes")
    host.daemon()
    host.tap("tap0")
    host.vifctl("attach", "tap0", "red", check=0)
    return host


@each
def test_a_network_names_it(host, ours, kernels, ip, value):
    del ip
    network(host, **{ours: YES_NO[value]})
    host.tap("tap0")
    host.vifctl("attach", "tap0", "red", check=0)
    assert host.link("tap0").port[kernels] == value and host.in_place("tap0")
    assert host.listed("tap0")["wish"]["options"] == {ours: bool(value)}
    shown = host.vifctl("show", "tap0", check=0).out
    assert f", {ours} {YES_NO[value]}\n" in shown and f"    port    {ours} {YES_NO[value]}\n" in shown
    host.vifctl("detach", "tap0", check=0)
    host.ip("link set tap0 master br0")
    assert host.link("tap0").port[kernels] != value


@each
def test_it_is_kept_so(host, ours, kernels, ip, value):
    network(host, **{ours: YES_NO[value]})
    daemon = host.daemon()
    host.tap("tap0")
    host.vifctl("attach", "tap0", "red", check=0)
    for _ in range(2):
        host.ip(f"link set tap0 type bridge_slave {ip} {ON_OFF[1 - value]}")
        host.until(lambda: host.link("tap0").port[kernels] == value)
    host.ip("link set tap0 nomaster")
    host.until(lambda: host.in_place("tap0") and host.link("tap0").port[kernels] == value)
    assert f"{ours} {YES_NO[value]}" in daemon.log()


@each
def test_what_others_set_is_put_back_with_the_port(host, ours, kernels, ip, value):
    """The kernel forgets it when the port leaves its bridge."""
    daemon = host.daemon()
    host.tap("tap0")
    host.vifctl("attach", "tap0", "br0", check=0)
    host.ip(f"link set tap0 type bridge_slave {ip} {ON_OFF[value]}")
    host.until(lambda: f"kept={ours}" in host.link("tap0").alias)
    host.ip("link set tap0 nomaster")
    host.until(lambda: host.in_place("tap0") and host.link("tap0").port.get(kernels) == value)
    host.ip(f"link set tap0 type bridge_slave {ip} {ON_OFF[1 - value]}")
    host.until(lambda: "kept=" not in host.link("tap0").alias)
    daemon.reload()
    host.never(lambda: host.link("tap0").port[kernels] == value)


def test_sysfs_is_heard_too(kept):
    with open("/sys/class/net/tap0/brport/isolated", "w", encoding="ascii") as file:
        file.write("0")
    kept.until(lambda: kept.link("tap0").port["isolated"] == 1)


def test_what_the_network_names_no_longer_is_as_by_default(kept):
    """It was our doing."""
    assert kept.link("tap0").port["isolated"] == 1
    network(kept, hairpin="yes")
    kept.daemons[0].reload()
    kept.until(lambda: kept.link("tap0").port["mode"] == 1)
    assert kept.link("tap0").port["isolated"] == 0 and kept.in_place("tap0")


@pytest.mark.parametrize("bridge", ["br0", "br1"])
def test_detached_it_has_the_options_that_it_had(host, bridge):
    """Also if it was moved to another bridge."""
    network(host, isolated="yes", flood="no")
    host.tap("tap0")
    host.ip(f"link set tap0 master {bridge} up")
    host.ip("link set tap0 type bridge_slave hairpin on mcast_flood off")
    before = host.link("tap0").port
    host.vifctl("attach", "tap0", "red", check=0)
    assert host.link("tap0").port["isolated"] == 1
    host.vifctl("detach", "tap0", check=0)
    after = host.link("tap0")
    assert after.master == bridge
    assert all(after.port[key] == before[key] for _, key, _, _ in OPTIONS)


def test_isolated_guests_do_not_hear_each_other(host):
    network(host, isolated="yes")
    isolated, other, plain = (host.tap(name) for name in ("tap0", "tap1", "tap2"))
    for tap, net in (isolated, "red"), (other, "red"), (plain, "br0"):
        host.vifctl("attach", tap.name, net, check=0)
        received(tap)
    send(isolated, b"hello")
    assert received(plain, 0.3) == [(None, b"hello")] and received(other, 0.1) == []


@pytest.mark.skipif(bool(WRAPPER), reason="under valgrind a turn takes longer than the 100 ms that another program waits for it (host/turn.h)")
def test_isolated_guests_do_not_hear_each_other_while_one_moves(host):
    """A running port goes from one bridge to another, and comes back to it when it was taken off."""
    network(host, isolated="yes")
    with host.conf.open("a") as file:
        file.write("[network blue]\nbridge = br1\nisolated = yes\n")
    host.daemon()
    tap, *others = (host.tap(name) for name in ("tap0", "tap1", "tap2"))
    for other, net in zip(others, ("red", "blue")):
        host.vifctl("attach", other.name, net, check=0)
    victims = [Wire(other.fd) for other in others]
    with Flood(Wire(tap.fd), [frame(b"hello")], victims) as flood:
        for i in range(50):
            before = flood.sent
            host.vifctl("attach", "tap0", ("red", "blue")[i % 2], check=0)
            host.until(lambda: flood.sent > before + 20)
            if i % 5 == 0:
                host.ip("link set tap0 nomaster")
                host.until(lambda: host.in_place("tap0", f"br{i % 2}"))
    assert flood.heard == [set(), set()]


def test_both_links_of_a_nic_have_them(host):
    network(host, isolated="yes")
    nic = host.nic(host.xenstored(), 5, 0, bridge="red", type="vif_ioemu")
    nic.netback_ready()
    host.vif("vif5.0")
    host.tap("vif5.0-emu")
    host.script("online", "vif", nic, check=0)
    host.script("add", "tap", nic, check=0)
    assert [host.link(name).port["isolated"] for name in ("vif5.0", "vif5.0-emu")] == [1, 1]


def test_a_macvtap_has_none(bed):
    bed.conf.write_text("[network direct]\nkind = macvtap\ndevice = eth0\nisolated = yes\n")
    result = bed.vifctl("list", check=None)
    assert "isolated is for kind = bridge, but [network direct] is of kind macvtap" in result.out + result.err
