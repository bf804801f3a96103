# SPDX-License-Identifier: GPL-2.0-or-later
"""The guard and the rate of macvtaps: what the bridge family never sees."""

import os
import re
import socket

import pytest

import spoofed
from macvtaps import host_nic, macvtaps, node
from spoofed import IP4, IP6, LINK_LOCAL, MAC, NET
from test_guard import ADDRESSES, BAD, BAD_MAC, GOOD, RESERVED, victim  # pylint: disable=unused-import
from test_rate import is_limited
from wires import Wire, passed, without_br_netfilter

VNET_HEADER = bytes(10)
TAGGED = {"tagged with VID 0"}  # good ones, which a macvtap drops: it sees their tag
PLAIN = {name: f for name, f in GOOD.items() if name not in TAGGED}


class Macvtap(Wire):
    """Its character device, which has a virtio header before each frame."""

    def __init__(self, bed, name):
        super().__init__(os.open(node(bed, name), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))

    def send(self, data):
        os.write(self.fd, VNET_HEADER + data)


def network(bed, guard="ip", mode="bridge", more=""):
    bed.conf.write_text(f"[network direct]\nkind = macvtap\ndevice = eth0\nmode = {mode}\nguard = {guard}\n{more}")


@pytest.fixture
def host(bed):
    """Its NIC's other end is on a bridge, on which test_guard's victim is, too."""
    without_br_netfilter()
    host_nic(bed)
    bed.bridge("br0")
    bed.ip("link set br0 type bridge mcast_snooping 0")
    bed.ip("link set switch0 master br0 up")
    network(bed)
    return bed


def guest(bed, *keys, name="web0"):
    bed.vifctl("create", "direct", name, *(keys or ADDRESSES), check=0)
    return Macvtap(bed, name)


def sets(bed):
    """Elements of our table of the family netdev, by set."""
    names = bed.run(["nft", "-j", "list", "ruleset", "netdev"]).json()["nftables"]
    return {x["set"]["name"]: x["set"].get("elem", []) for x in names if "set" in x}


def hooks(bed):
    """{"sends-7": "web0"}: chains and their devices."""
    return dict(re.findall(r'chain (\w+-\d+) {\s+type filter hook \w+ devices? =? ?{? ?"?(\w+)',
                           bed.run(["nft", "list", "ruleset", "netdev"]).out))


def test_good_frames_pass_and_bad_ones_do_not(host, victim):
    tap = guest(host)
    assert passed(tap, victim, PLAIN) == set(PLAIN)
    assert passed(tap, victim, BAD | {name: GOOD[name] for name in TAGGED}) == set()


def test_of_frames_that_no_bridge_forwards_none_leaves_the_host(host):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.bind(("switch0", 0))
    assert passed(guest(host), Wire(wire.fileno()), RESERVED) == set()


@pytest.mark.here
def test_without_a_guard_the_bad_ones_pass(host, victim):
    network(host, "none")
    tap = guest(host, f"mac={MAC}")
    frames = {name: f for name, f in (BAD | GOOD).items() if name != "MAC: MAC of the peer"}
    assert passed(tap, victim, frames) == set(frames)


@pytest.mark.here
def test_guard_mac_checks_the_mac_alone(host, victim):
    network(host, "mac")
    tap = guest(host, f"mac={MAC}")
    others = {name: f for name, f in BAD.items() if not name.startswith("MAC: ")}
    assert passed(tap, victim, GOOD | others) == set(GOOD | others)
    assert passed(tap, victim, BAD_MAC) == set()


@pytest.mark.here
@pytest.mark.parametrize("mode", ["vepa", "private", "passthru"])
def test_in_every_mode(host, victim, mode):
    network(host, mode=mode)
    tap = guest(host)
    assert passed(tap, victim, PLAIN | BAD) == set(PLAIN)


@pytest.mark.here
def test_drops_are_shown(host, victim):
    tap = guest(host)
    assert passed(tap, victim, BAD_MAC) == set()
    shown = host.vifctl("show", "web0", check=0).out
    assert f"    guard   ip, mac {MAC}, ip {IP4},{IP6},{LINK_LOCAL},{NET}\n" in shown
    assert f"    dropped {len(BAD_MAC)} for its MAC\n" in shown


@pytest.mark.here
def test_two_macvtaps_have_addresses_of_their_own(host, victim):
    tap = guest(host)
    other = guest(host, "mac=52:54:00:00:00:77", "ip=10.0.0.77", name="web1")
    assert passed(other, victim, PLAIN) == set()
    assert passed(tap, victim, PLAIN) == set(PLAIN)


@pytest.mark.here
@pytest.mark.parametrize("keys, why", [
    ([f"mac={MAC}"], "the IP addresses of this NIC are not known; request them with ip="),
    ([f"mac={MAC}", "ip=10.0.0.0/8"], "of IPv4 only single addresses can be given"),
])
def test_without_its_addresses_none_is_made(host, keys, why):
    result = host.vifctl("create", "direct", "web0", *keys)
    assert result.rc == 1 and why in result.err and macvtaps(host) == []


def test_it_is_limited_in_both_directions(host, victim):
    network(host, "none", more="rate = 1mbit\n")
    tap = guest(host, f"mac={MAC}")
    is_limited(tap, victim, 1)
    dropped = host.vifctl("show", "web0", check=0).out
    assert "rate    1mbit" in dropped and "for the rate it sent at" in dropped
    frame = bytes.fromhex((MAC + spoofed.PEER).replace(":", "") + "88b5") + bytes(1486)
    for _ in range(400):
        victim.send(frame)
    host.until(lambda: "for the rate it received at" in host.vifctl("show", "web0", check=0).out)


def test_what_is_left_of_one_goes_with_it(host):
    daemon = host.daemon()
    network(host, more="rate = 1mbit\n")
    daemon.reload()
    guest(host)
    number = host.link("web0").ifindex
    assert hooks(host) == {f"sends-{number}": "web0", f"receives-{number}": "web0"}
    host.vifctl("delete", "web0", "force", check=0)
    host.until(lambda: not hooks(host) and not any(sets(host).values()))


@pytest.mark.here
def test_a_guard_comes_and_goes_with_a_reload(host, victim):
    network(host, "none")
    daemon = host.daemon()
    tap = guest(host, f"mac={MAC}")
    assert not sets(host) and not hooks(host)
    network(host, "mac")
    daemon.reload()
    host.until(lambda: hooks(host))
    assert passed(tap, victim, BAD_MAC | PLAIN) == set(PLAIN)
    network(host, "none")
    daemon.reload()
    host.until(lambda: not hooks(host))
    assert passed(tap, victim, BAD_MAC) & set(BAD_MAC)


@pytest.mark.parametrize("harm", [
    ["flush", "ruleset"], ["delete", "table", "netdev", "vifagent"], ["flush", "table", "netdev", "vifagent"],
    ["flush", "chain", "netdev", "vifagent", "port"], ["flush", "chain", "netdev", "vifagent", "sends-{}"],
    ["delete", "chain", "netdev", "vifagent", "sends-{}"], ["flush", "set", "netdev", "vifagent", "ports"],
])
def test_what_others_remove_comes_back(host, victim, harm):
    host.daemon()
    tap = guest(host)
    before = host.run(["nft", "list", "table", "netdev", "vifagent"]).out
    number = host.link("web0").ifindex
    if "sends-{}" in harm and harm[0] == "delete":
        host.run(["nft", "flush", "chain", "netdev", "vifagent", f"sends-{number}"], check=0)
    host.run(["nft", *(word.format(number) for word in harm)], check=0)
    # while there is no table nft fails
    listed = ["nft", "list", "table", "netdev", "vifagent"]
    host.until(lambda: sorted(host.run(listed, check=None).out.split()) == sorted(before.split()))
    assert passed(tap, victim, PLAIN | BAD) == set(PLAIN)


def test_a_new_name_that_others_give_it_keeps_its_guard(host, victim):
    """Since Linux 6.16 the kernel's hook stays with the old name; before, it follows."""
    host.daemon()
    tap = guest(host)
    number = host.link("web0").ifindex
    rename = "link set dev web0 down\nlink set dev web0 name other0\n"  # before 6.2 not while up
    (host.dir / "rename").write_text(rename)
    # The daemon may set it up between the two.
    host.until(lambda: host.run(["ip", "-batch", str(host.dir / "rename")], check=None).rc == 0)
    host.until(lambda: host.link("web0") and host.link("web0").up)  # the daemon gives it its own name back
    host.until(lambda: list(hooks(host).values()) == [socket.if_indextoname(number)])
    assert passed(tap, victim, PLAIN | BAD) == set(PLAIN)
