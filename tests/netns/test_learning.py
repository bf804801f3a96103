# SPDX-License-Identifier: GPL-2.0-or-later
"""learning = no and locked = yes: a bridge that is told which MACs are behind a port."""

import json

import pytest

import frames
from bed import BUILD
from frames import received
from wires import HEARD, Flood, Wire, learned

MAC, OTHER, PEER = "52:54:00:00:00:07", "52:54:00:00:00:08", "52:54:00:00:00:99"
PORT = "fe" + MAC[2:]
BOTH = pytest.mark.parametrize("option", ["learning = no", "locked = yes"])


def network(bed, *options):
    bed.conf.write_text("[network red]\nbridge = br0\n" + "".join(f"{option}\n" for option in options))


def entries(bed):
    return json.loads(bed.run(["bridge", "-j", "fdb", "show", "br", "br0"]).out)


def sticky(bed, link):
    """The MACs of its sticky entries, with their VLANs; 0: without."""
    return {(e["mac"], e.get("vlan", 0)) for e in entries(bed)
            if e["ifname"] == link and "sticky" in e["flags"] and e["state"] == "static"}


def macs(bed, link):
    return {mac for mac, _ in sticky(bed, link)}


def setting(bed, link, key):
    port, = json.loads(bed.run(["bridge", "-j", "-d", "link", "show", "dev", link]).out)
    return port[key]


def send(tap, source, target, payload):
    source, target = (bytes.fromhex(mac.replace(":", "")) for mac in (source, target))
    frames.send(tap, payload, src=source, dst=target)


@pytest.fixture
def host(bed):
    bed.bridge("br0")
    return bed


def attach(bed, name, *more, mac=MAC):
    tap = bed.tap(name)
    bed.vifctl("attach", name, "red", f"mac={mac}", *more, check=0)
    return tap


def listener(bed, name):
    tap = bed.tap(name)
    bed.vifctl("attach", name, "br0", check=0)
    return tap


@BOTH
def test_without_the_mac_it_is_refused(host, option):
    network(host, option)
    host.tap("tap0")
    result = host.vifctl("attach", "tap0", "red")
    assert result.rc != 0 and "the MAC of this NIC is not known; request it with mac=" in result.out + result.err
    assert not host.link("tap0").master


@BOTH
def test_no_link_is_made_without_the_mac(host, option):
    """vifctl run chooses one itself."""
    network(host, option)
    result = host.vifctl("create", "red", "tap9")
    assert result.rc != 0 and "the MAC of this NIC is not known" in result.out + result.err
    assert not host.link("tap9")


@BOTH
def test_the_helper_learns_no_mac(host, option):
    network(host, option)
    acl = host.conf.parent / "bridge.conf"
    acl.write_text("allow all\n")
    out = host.vifctl("helper-check", "root", "br0", acl)
    assert "does not let bridge br0 learn addresses" in out.out + out.err
    result = host.run([BUILD / "vif-bridge-helper", "--br=br0", "--fd=9"], check=None)
    assert result.rc != 0 and not [link for link in host.ip("-br link").splitlines() if link.startswith("tap")]


@BOTH
def test_its_bridge_is_told_its_macs(host, option):
    network(host, option)
    attach(host, "tap0", mac=f"{MAC}+{OTHER}")
    key, value = option.split(" = ")
    assert setting(host, "tap0", key) == (value == "yes") and host.in_place("tap0", mac=PORT)
    assert macs(host, "tap0") == {MAC, OTHER}
    assert f"{key} {value}" in host.vifctl("show", "tap0", check=0).out


def test_no_frame_of_another_port_takes_its_address(host):
    """And the bridge sends it what is for it, and floods none of that."""
    network(host, "learning = no")
    guest, thief, third = attach(host, "tap0"), listener(host, "tap1"), listener(host, "tap2")
    send(thief, MAC, PEER, b"mine")
    assert (None, b"mine") in received(guest, HEARD)
    received(third, HEARD)
    send(thief, PEER, MAC, b"for the guest")
    assert received(guest, HEARD) == [(None, b"for the guest")] and received(third, HEARD) == []
    assert macs(host, "tap0") == {MAC}


@pytest.mark.parametrize("learns", [True, False])
def test_nothing_is_learned_of_it(host, learns):
    network(host, *([] if learns else ["learning = no"]))
    guest, third = attach(host, "tap0"), listener(host, "tap1")
    send(guest, OTHER, PEER, b"x")
    assert received(third, HEARD) == [(None, b"x")]
    assert any(e["mac"] == OTHER for e in entries(host)) == learns


@pytest.mark.parametrize("locked", [True, False])
def test_locked_it_sends_from_its_own_addresses_only(host, locked):
    network(host, *(["locked = yes"] if locked else []))
    guest, third = attach(host, "tap0"), listener(host, "tap1")
    send(guest, OTHER, PEER, b"another's")
    send(guest, MAC, PEER, b"its own")
    assert received(third, HEARD) == ([] if locked else [(None, b"another's")]) + [(None, b"its own")]


def test_they_are_put_back(host):
    network(host, "learning = no")
    attach(host, "tap0")
    host.run(["bridge", "fdb", "del", MAC, "dev", "tap0", "master"])
    host.run(["bridge", "fdb", "add", OTHER, "dev", "tap0", "master", "static", "sticky"])
    assert f"fdb {MAC}" in host.vifctl("plan", "tap0").out
    host.vifctl("apply", "tap0", check=0)
    assert macs(host, "tap0") == {MAC} and host.in_place("tap0", mac=PORT)


def test_attached_again_it_has_them(host):
    network(host, "locked = yes")
    host.daemon()
    attach(host, "tap0")
    host.ip("link set tap0 nomaster")
    host.until(lambda: host.link("tap0").master == "br0" and macs(host, "tap0") == {MAC})


def test_entries_of_others_that_are_not_sticky_are_left_alone(host):
    network(host, "learning = no")
    attach(host, "tap0")
    host.run(["bridge", "fdb", "add", OTHER, "dev", "tap0", "master", "static"])
    host.vifctl("apply", "tap0", check=0)
    assert any(e["mac"] == OTHER and e["ifname"] == "tap0" for e in entries(host))


def test_what_the_network_says_no_longer_is_undone(host):
    network(host, "learning = no")
    daemon = host.daemon()
    attach(host, "tap0")
    network(host, "isolated = yes")
    daemon.reload()
    host.until(lambda: host.link("tap0").port["isolated"] == 1)
    assert sticky(host, "tap0") == set() and setting(host, "tap0", "learning")


def test_detached_on_the_bridge_that_it_was_on_it_has_none(host):
    network(host, "learning = no", "locked = yes")
    host.tap("tap0")
    host.ip("link set tap0 master br0 up")
    host.vifctl("attach", "tap0", "red", f"mac={MAC}", check=0)
    assert macs(host, "tap0") == {MAC}
    host.vifctl("detach", "tap0", check=0)
    after = host.link("tap0")
    assert after.master == "br0" and sticky(host, "tap0") == set()
    assert setting(host, "tap0", "learning") and not setting(host, "tap0", "locked")


def test_of_a_nics_links_the_active_one_has_them(host):
    """The vif has a carrier as soon as the guest's own driver is connected."""
    network(host, "learning = no")
    nic = host.nic(host.xenstored(), 5, 0, bridge="red", type="vif_ioemu", mac=MAC)
    nic.netback_ready()
    host.vif("vif5.0", peer="guest0")
    host.down("guest0")
    host.tap("vif5.0-emu")
    host.script("online", "vif", nic, check=0)
    host.script("add", "tap", nic, check=0)
    host.daemon()
    host.until(lambda: macs(host, "vif5.0-emu") == {MAC})
    assert sticky(host, "vif5.0") == set()
    host.up("guest0")
    host.until(lambda: macs(host, "vif5.0") == {MAC} and sticky(host, "vif5.0-emu") == set())
    host.down("guest0")
    host.until(lambda: macs(host, "vif5.0-emu") == {MAC} and sticky(host, "vif5.0") == set())


def test_on_a_kernel_with_vlans_they_are_in_each_of_its_own(bed):
    bed.bridge("br0", vlan_filtering=True)
    network(bed, "locked = yes")
    bed.daemon()
    attach(bed, "tap0", "vlan=10p/20")
    assert sticky(bed, "tap0") == {(MAC, 0), (MAC, 10), (MAC, 20)}
    bed.vifctl("attach", "tap0", "red", f"mac={MAC}", "vlan=10p/30", check=0)
    assert sticky(bed, "tap0") == {(MAC, 0), (MAC, 10), (MAC, 30)}
    bed.run(["bridge", "vlan", "del", "dev", "tap0", "vid", "30"])
    bed.until(lambda: sticky(bed, "tap0") == {(MAC, 0), (MAC, 10), (MAC, 30)})
    assert bed.in_place("tap0", mac=PORT)


def test_nothing_of_another_mac_passes_while_a_locked_port_moves(host):
    """A running port goes from one bridge to another."""
    host.bridge("br1")
    host.conf.write_text("".join(f"[network {name}]\nbridge = {bridge}\nlocked = yes\nlearning = no\n"
                                 for name, bridge in (("red", "br0"), ("blue", "br1"))))
    guest, victims = host.tap("tap0"), []
    for name, bridge in (("tap1", "br0"), ("tap2", "br1")):
        victims.append(Wire(host.tap(name).fd))
        host.vifctl("attach", name, bridge, check=0)
    bad = frames.frame(b"x", src=bytes.fromhex(OTHER.replace(":", "")))
    with Flood(Wire(guest.fd), [bad], victims) as flood:
        for i in range(50):
            before = flood.sent
            host.vifctl("attach", "tap0", ("red", "blue")[i % 2], f"mac={MAC}", check=0)
            host.until(lambda: flood.sent > before + 20)
    assert flood.heard == [set(), set()] and OTHER not in learned(host)


def test_nothing_of_another_mac_passes_while_a_guard_takes_over(host):
    """What protects it goes when the other thing stands, both ways."""
    host.conf.write_text("[network locked]\nbridge = br0\nlocked = yes\nlearning = no\n"
                         "[network guarded]\nbridge = br0\nguard = mac\n")
    guest, victim = host.tap("tap0"), Wire(host.tap("tap1").fd)
    host.vifctl("attach", "tap1", "br0", check=0)
    bad = frames.frame(b"x", src=bytes.fromhex(OTHER.replace(":", "")))
    with Flood(Wire(guest.fd), [bad], [victim]) as flood:
        for i in range(50):
            before = flood.sent
            host.vifctl("attach", "tap0", ("locked", "guarded")[i % 2], f"mac={MAC}", check=0)
            host.until(lambda: flood.sent > before + 20)
    assert flood.heard == [set()] and OTHER not in learned(host)
