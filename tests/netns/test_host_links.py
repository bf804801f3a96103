# SPDX-License-Identifier: GPL-2.0-or-later
"""Links that the host itself uses, and the addresses that links give themselves."""

import pytest

from bed import FACTOR

RULE = """SUBSYSTEM=="net", ACTION!="remove", KERNEL=="web0", ENV{VIF_NETWORK}="br0"
"""


def macvlan_on(bed):
    bed.ip("link add link web0 name mv0 type macvlan")


USES = {
    "an address": (lambda bed: bed.ip("address add 192.0.2.1/24 dev web0"), "address 192.0.2.1/24"),
    "an IPv6 address": (lambda bed: bed.ip("address add 2001:db8::1/64 dev web0 nodad"), "address 2001:db8::1/64"),
    "an address and a default route": (
        lambda bed: bed.ip("address add 192.0.2.1/24 dev web0") + bed.ip("route add default via 192.0.2.2"),
        "address 192.0.2.1/24"),
    "a peer address": (lambda bed: bed.ip("address add 192.0.2.1 peer 192.0.2.2 dev web0"), "address 192.0.2.1/32"),
    "a route": (lambda bed: bed.ip("route add 198.51.100.0/24 dev web0 scope link"), "route to 198.51.100.0/24"),
    "an IPv6 route": (lambda bed: bed.ip("route add 2001:db8::/32 dev web0"), "route to 2001:db8::/32"),
    "a default route": (lambda bed: bed.ip("route add default dev web0"), "route to default"),
    "a macvlan": (macvlan_on, "link mv0 is on top of web0"),
}


def addresses(bed):
    """But for an address of the link's own making, which the kernel is still looking at."""
    return [line for line in bed.ip("-o address show dev web0").splitlines() if "tentative" not in line and "fe80" not in line]


@pytest.fixture
def host(bed):
    bed.bridge("br0")
    bed.vif("web0", peer="guest0")
    bed.up("web0")
    return bed


@pytest.mark.parametrize("use", USES)
def test_a_link_that_the_host_uses_is_not_attached(host, use):
    make, words = USES[use]
    make(host)
    before = host.snapshot(), host.ip("route"), addresses(host)
    result = host.vifctl("attach", "web0", "br0", check=1)
    assert words in result.err and "force=yes" in result.err and result.err.count("\n") == 1
    assert (host.snapshot(), host.ip("route"), addresses(host)) == before


# The kernel itself has no macvlan on a port.
@pytest.mark.parametrize("use", [use for use in USES if use != "a macvlan"])
def test_with_force_it_is(host, use):
    USES[use][0](host)
    host.vifctl("attach", "web0", "br0", "force=yes", check=0)
    assert host.in_place("web0")
    host.vifctl("attach", "web0", "br0", check=0)


def test_a_tunnel_is_the_host_s_way_out(host):
    host.ip("link add vx0 type vxlan id 7 remote 192.0.2.9 dstport 4789")
    before = host.snapshot()
    assert "is a vxlan of the host" in host.vifctl("attach", "vx0", "br0", check=1).err
    assert host.snapshot() == before
    host.vifctl("attach", "vx0", "br0", "force=yes", check=0)
    assert host.in_place("vx0")


def test_a_rule_does_not_take_a_link_that_the_host_uses(bed):
    bed.bridge("br0")
    bed.udevd({"50-test.rules": RULE})
    bed.vif("new0")
    bed.ip("address add 192.0.2.1/24 dev new0")
    daemon = bed.daemon()
    bed.ip("link set new0 name web0")
    bed.until(lambda: "has the address 192.0.2.1/24" in daemon.log())
    assert bed.link("web0").master is None
    bed.ip("address del 192.0.2.1/24 dev web0")
    daemon.reload()
    bed.until(lambda: bed.in_place("web0"))


@pytest.mark.parametrize("kind", ["tap", "veth"])
@pytest.mark.parametrize("address", ["169.254.7.1/16", "fe80::7/64"])
def test_an_address_that_the_link_gave_itself_goes_with_the_join(bed, kind, address):
    """As vif-bridge flushes them."""
    bed.bridge("br0")
    if kind == "tap":
        bed.tap("web0")
    else:
        bed.vif("web0", peer="guest0")
    bed.up("web0")
    bed.ip(f"address add {address} dev web0" + (" nodad" if ":" in address else ""))
    bed.vifctl("attach", "web0", "br0", check=0)
    assert bed.in_place("web0") and bed.link("web0").addresses == []
    assert "169.254" not in bed.ip("route show table all")


@pytest.mark.parametrize("address", ["169.254.7.1/16", "fe80::7/64"])
def test_one_that_a_port_gets_later_goes_too(bed, address):
    bed.bridge("br0")
    bed.vif("web0", peer="guest0")
    bed.daemon()
    bed.vifctl("attach", "web0", "br0", check=0)
    bed.ip(f"address add {address} dev web0" + (" nodad" if ":" in address else ""))
    bed.until(lambda: bed.link("web0").addresses == [], timeout=5 * FACTOR)
    assert bed.in_place("web0")


def test_an_address_that_a_port_gets_later_cuts_no_guest_off(bed):
    bed.bridge("br0")
    bed.vif("web0", peer="guest0")
    daemon = bed.daemon()
    bed.vifctl("attach", "web0", "br0", check=0)
    bed.ip("address add 192.0.2.1/24 dev web0")
    daemon.reload()
    bed.never(lambda: not bed.in_place("web0"))
    bed.vifctl("attach", "web0", "br0", check=0)


@pytest.mark.parametrize("with_daemon", [False, True])
def test_without_the_namespaces_sysfs_a_bridge_is_one(bed, with_daemon):
    """In a container /sys may be missing, or be that of the host."""
    bed.bridge("br0", mtu=1400)
    bed.tap("tap0")
    bed.mounts.mount("tmpfs", "/sys")
    if with_daemon:
        bed.daemon()
    before = bed.link("br0")
    bed.vifctl("attach", "tap0", "br0", check=0)
    assert bed.in_place("tap0") and bed.link("tap0").mtu == 1400
    bed.vifctl("create", "br0", "web0", check=0)
    assert (bed.link("br0").mac, bed.link("br0").mtu) == (before.mac, before.mtu)
