# SPDX-License-Identifier: GPL-2.0-or-later
"""Other programs that manage links leave our ports alone.

The real systemd-networkd, with a file that says it shall configure every link; the real
NetworkManager; and udev with the system's own rules.  For every way in which a port comes to be.
"""

import pytest

from bed import BUILD, PORT_MAC, TOP, WRAPPER
from others import NetworkManager, Networkd
from test_udev import LINK_FILE, MARKED, MARKS, marks

NETWORK_FILES = sorted((TOP / "udev-rules").glob("*.network"))

# Files that people have who want "DHCP on whatever there is"
CATCH_ALL = {
    "every Ethernet": "[Match]\nType=ether\n\n[Network]\nDHCP=yes\n",
    "every name": "[Match]\nName=*\n\n[Network]\nDHCP=yes\nIPv6AcceptRA=yes\nLinkLocalAddressing=yes\n",
    "by kind": "[Match]\nKind=tun veth macvtap\n\n[Network]\nDHCP=yes\n",
}

CONFIG = "[network direct]\nkind = macvtap\ndevice = eth0\n"

ONESHOT = TOP / "udev-rules/99-vifagent-oneshot.rules.in"


@pytest.fixture
def host(bed):
    """A bridge, a NIC for macvtaps, xenstored."""
    bed.xenstored()
    bed.bridge("br0")
    bed.vif("eth0", peer="switch0")
    bed.up("eth0")
    bed.conf.write_text(CONFIG)
    return bed


def start_udevd(bed, rules=(), oneshot=False):
    """udevd with the system's rules, ours, and those of another package."""
    rules = {path.name: path.read_text() for path in [*MARKS, *rules]}
    rules["70-local.rules"] = 'SUBSYSTEM=="net", KERNEL=="rule*", ENV{VIF_NETWORK}="br0"\n'
    if oneshot:
        vifctl = " ".join(map(str, [*WRAPPER, BUILD / "vifctl", "-c", bed.conf]))
        rules["99-vifagent-oneshot.rules"] = ONESHOT.read_text().replace("@sbindir@/vifctl", vifctl)
    udevd = bed.udevd(rules=rules, links=[LINK_FILE, *NETWORK_FILES], system_rules=True, default_link=True)
    # networkd waits for udev's word about a link.
    bed.run(["udevadm", "trigger", "--action=add", "--subsystem-match=net"])
    udevd.settle()
    return udevd


RUN_MAC = "52:54:00:12:34:56"
RUN_PORT_MAC = "fe:54:00:12:34:56"


# Each gives the name of a port, which is in its place as soon as udev and the daemon have come so far.

def by_attach(bed):
    bed.tap("tap10")
    bed.vifctl("attach", "tap10", "br0", check=0)
    return "tap10"


def by_create(bed):
    return bed.vifctl("create", "br0", "web0", "owner=nobody", check=0).out.strip()


def by_run(bed):
    bed.background([*bed.vifctl_argv("run", "--nic", f"br0,name=run0,mac={RUN_MAC}", "--"), "/bin/sleep", "600"])
    bed.until(lambda: bed.link("run0"))
    return "run0"


def by_script(bed):
    bed.tap("tap11")
    bed.vifctl("qemu-ifup", "tap11", env={"VIF_NETWORK": "br0"}, check=0)
    return "tap11"


def by_rule(bed):
    bed.tap("rule0")
    return "rule0"


def by_xen(bed):
    nic = bed.nic(bed.xs, 5, 0)
    bed.vif("vif5.0")
    nic.netback_ready()
    bed.script("online", "vif", nic, check=0)
    return "vif5.0"


def by_create_macvtap(bed):
    return bed.vifctl("create", "direct", "mv0", "owner=nobody", check=0).out.strip()


def by_run_macvtap(bed):
    bed.background([*bed.vifctl_argv("run", "--nic", "direct,name=mv1", "--"), "/bin/sleep", "600"])
    bed.until(lambda: bed.link("mv1"))
    return "mv1"


ON_A_BRIDGE = [by_attach, by_create, by_run, by_script, by_rule, by_xen]
MACVTAPS = [by_create_macvtap, by_run_macvtap]


def come_to_be(bed, udevd):
    """Ports of every kind: their names."""
    on_bridge = [way(bed) for way in ON_A_BRIDGE]
    macvtaps = [way(bed) for way in MACVTAPS]
    udevd.settle()
    return on_bridge, macvtaps


def wrong(bed, ports, addrgen="none"):
    """Ports that are not as we left them: by name, what the kernel shows of each."""
    on_bridge, macvtaps = ports
    links = {name: bed.link(name) for name in on_bridge + macvtaps}
    return {name: link for name, link in links.items()
            if not link or not link.up or link.addresses or addrgen not in ("any", link.addrgen)
            or name in on_bridge and (
                link.master != "br0" or link.mac != (RUN_PORT_MAC if name == "run0" else PORT_MAC))}


def stays(bed, ports, addrgen="none", seconds=0.5):
    """All of them are in their places, and are not touched for a while."""
    def is_well():
        return not wrong(bed, ports, addrgen)
    bed.until(is_well, what=f"all are in place: {wrong(bed, ports, addrgen)}")
    with bed.count_netlink_changes() as changes:
        bed.never(lambda: not is_well(), seconds)
    assert is_well(), wrong(bed, ports, addrgen)
    assert {name for _, name in changes} & {*ports[0], *ports[1]} == set()


@pytest.mark.parametrize("who", ["oneshot", "daemon"])
@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("catch_all", CATCH_ALL)
def test_networkd(host, catch_all, order, who):
    udevd = start_udevd(host, oneshot=who == "oneshot")
    if who == "daemon":
        host.daemon()
    if order == "before":
        networkd = Networkd(host, CATCH_ALL[catch_all])
    ports = come_to_be(host, udevd)
    if order == "after":
        host.until(lambda: not wrong(host, ports))
        networkd = Networkd(host, CATCH_ALL[catch_all])
    networkd.settle()
    assert {name: networkd.state(name) for name in (*ports[0], *ports[1])} == \
        dict.fromkeys((*ports[0], *ports[1]), "unmanaged")
    stays(host, ports)


@pytest.mark.parametrize("who", ["oneshot", "daemon"])
@pytest.mark.parametrize("order", ["before", "after"])
def test_networkmanager(host, order, who):
    udevd = start_udevd(host, rules=NetworkManager.RULES, oneshot=who == "oneshot")
    if who == "daemon":
        host.daemon()
    if order == "before":
        manager = NetworkManager(host)
    ports = come_to_be(host, udevd)
    host.until(lambda: not wrong(host, ports), what="all are in place")
    if order == "after":
        manager = NetworkManager(host)
    names = {*ports[0], *ports[1]}
    addrgen = "none"
    for _ in range(2):
        host.until(lambda: names <= set(manager.states()))
        stays(host, ports, addrgen)
        assert {name: state for name, state in manager.states().items() if name in names} == \
            dict.fromkeys(names, "unmanaged")
        # When it ends it sets every link's addrgenmode, also where it is told to ignore the link.
        manager.stop()
        addrgen = "none" if who == "daemon" else "any"
        stays(host, ports, addrgen)
        manager.start()


# Links that are neither called tap… nor ours by their name: known by our record.

def attach_lan0(bed, udevd):
    bed.vif("lan0", peer="wire0")
    udevd.settle()  # else 99-default.link may give it another address afterwards
    bed.vifctl("attach", "lan0", "br0", check=0)
    return ["lan0"], []


def test_udev_hears_of_a_record(host):
    udevd = start_udevd(host)
    ports = attach_lan0(host, udevd)
    udevd.settle()
    assert marks(host, udevd, "lan0") == MARKED
    stays(host, ports)
    host.vifctl("detach", "lan0", check=0)
    assert marks(host, udevd, "lan0") == set()


def test_networkd_starts_later(host):
    udevd = start_udevd(host)
    ports = attach_lan0(host, udevd)
    udevd.settle()
    networkd = Networkd(host, CATCH_ALL["every name"])
    stays(host, ports)
    assert networkd.state("lan0") == "unmanaged"


def test_networkmanager_starts_later(host):
    udevd = start_udevd(host, rules=NetworkManager.RULES[:1])
    ports = attach_lan0(host, udevd)
    udevd.settle()
    manager = NetworkManager(host)
    host.until(lambda: "lan0" in manager.states())
    stays(host, ports)
    assert manager.states()["lan0"] == "unmanaged"


def test_networkd_lets_go_of_a_link_that_is_attached(host):
    """It looks at the properties again when the carrier comes back."""
    udevd = start_udevd(host)
    networkd = Networkd(host, CATCH_ALL["every name"])
    host.vif("lan0", peer="wire0")
    udevd.settle()
    networkd.settle()
    assert networkd.state("lan0") != "unmanaged"
    host.vifctl("attach", "lan0", "br0", check=0)
    host.until(lambda: networkd.state("lan0") == "unmanaged")
    stays(host, (["lan0"], []))


def test_networkmanager_is_told_to_let_go_of_a_link(host):
    """It does not look at the properties again: the documentation says what helps."""
    udevd = start_udevd(host, rules=NetworkManager.RULES[:1])
    manager = NetworkManager(host)
    host.vif("lan0", peer="wire0")
    udevd.settle()
    host.until(lambda: manager.states().get("lan0", "unmanaged") != "unmanaged")
    manager.nmcli("device", "set", "lan0", "managed", "no")
    host.until(lambda: manager.states()["lan0"] == "unmanaged")
    host.vifctl("attach", "lan0", "br0", check=0)
    stays(host, (["lan0"], []))
