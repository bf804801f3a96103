# SPDX-License-Identifier: GPL-2.0-or-later
"""udev: wishes stated by rules, the rules and .link file that are shipped, and spoofed events.

The real systemd-udevd.  What the shipped rules say of netback's own devices cannot be seen here:
there is no xen-backend bus without Xen.
"""

import socket
import struct

import pytest

from bed import PORT_MAC, TOP
from isolation import wait_until

RULES = TOP / "udev-rules"
MARKS = [RULES / "72-vifagent.rules", RULES / "98-vifagent-late.rules"]
LINK_FILE = RULES / "71-vifagent.link"

# The one line of the documentation
TAPS = 'SUBSYSTEM=="net", KERNEL=="tap*", ENV{VIF_NETWORK}="br0"\n'


def wish(**properties):
    """A rule that states a wish for every tap."""
    return 'SUBSYSTEM=="net", KERNEL=="tap*|web*"' + "".join(
        f', ENV{{{name}}}="{value}"' for name, value in properties.items()) + "\n"


def new_rules(bed, udevd, text):
    """Other rules, and old links are looked at again."""
    with open("/run/udev/rules.d/70-local.rules", "w", encoding="ascii") as rules:
        rules.write(text)
    bed.run(["udevadm", "control", "--reload"])
    bed.run(["udevadm", "trigger", "--action=change", "--subsystem-match=net"])
    udevd.settle()


def properties(bed, name):
    text = bed.run(["udevadm", "info", "--query=property", f"/sys/class/net/{name}"]).out
    return dict(line.split("=", 1) for line in text.splitlines())


# Wishes

def test_the_one_rule_alone_gets_every_tap_onto_the_bridge(bed):
    bed.bridge("br0")
    bed.udevd(rules={"70-local.rules": TAPS}, default_link=True)
    bed.daemon()
    names = [f"tap{i}" for i in range(20)]
    taps = [bed.tap(name) for name in names]
    bed.until(lambda: all(map(bed.in_place, names)))
    assert bed.ports("br0") == sorted(names)
    listed = bed.listed()
    assert {listed[name]["wish"]["by"] for name in names} == {"udev"}
    assert {listed[name]["state"] for name in names} == {"ok"}
    for tap in taps:
        tap.close()
    assert bed.ports("br0") == []


def test_taps_that_were_there_before_the_daemon(bed):
    bed.bridge("br0")
    udevd = bed.udevd(rules={"70-local.rules": TAPS})
    bed.tap("tap0")
    udevd.settle()
    bed.daemon()
    assert bed.in_place("tap0")


def test_taps_that_were_there_before_the_rule(bed):
    bed.bridge("br0")
    udevd = bed.udevd(rules={"70-local.rules": ""})
    bed.tap("tap0")
    bed.daemon()
    bed.never(lambda: bed.link("tap0").master, seconds=0.1)
    new_rules(bed, udevd, TAPS)
    bed.until(lambda: bed.in_place("tap0"))


def test_a_link_that_no_rule_names_is_left_alone(bed):
    bed.bridge("br0")
    udevd = bed.udevd(rules={"70-local.rules": TAPS})
    bed.daemon()
    bed.tap("vnet0")
    before = bed.snapshot()
    bed.tap("tap0")
    udevd.settle()
    bed.until(lambda: bed.in_place("tap0"))
    assert bed.snapshot()["vnet0"] == before["vnet0"]
    assert "vnet0" not in bed.listed()


def test_name_and_mtu_may_be_wished_for(bed):
    bed.bridge("br0")
    bed.udevd(rules={"70-local.rules": wish(VIF_NETWORK="br0", VIF_NAME="web0", VIF_MTU="1400")})
    bed.daemon()
    bed.tap("tap0")
    bed.until(lambda: bed.in_place("web0"))
    assert bed.link("web0").mtu == 1400 and bed.link("br0").mtu == 1500


def test_a_rule_that_matches_the_old_name_only(bed):
    """With the shipped rules a wish outlives the name that it was given for."""
    bed.bridge("br0")
    rule = TAPS.replace("\n", ', ENV{VIF_NAME}="web0", ENV{VIF_MTU}="1400"\n')
    udevd = bed.udevd(rules={p.name: p.read_text() for p in MARKS} | {"70-local.rules": rule})
    bed.daemon()
    bed.tap("tap0")
    bed.until(lambda: bed.in_place("web0"))
    udevd.settle()
    with bed.count_netlink_changes() as changes:
        new_rules(bed, udevd, rule)
        bed.never(lambda: not bed.in_place("web0"))
    assert changes == [] and bed.link("web0").mtu == 1400


def test_so_do_its_guard_s_addresses(bed):
    bed.bridge("br0")
    bed.conf.write_text("[network red]\nbridge = br0\nguard = ip\n")
    addresses = {"VIF_MAC": "52:54:00:12:34:56", "VIF_IP": "192.0.2.1"}
    rule = TAPS.replace("\n", "".join(f', ENV{{{name}}}="{value}"' for name, value in
                                      ({"VIF_NETWORK": "red", "VIF_NAME": "web0"} | addresses).items()) + "\n")
    udevd = bed.udevd(rules={p.name: p.read_text() for p in MARKS} | {"70-local.rules": rule})
    daemon = bed.daemon()
    bed.tap("tap0")
    bed.until(lambda: bed.in_place("web0"))
    udevd.settle()
    new_rules(bed, udevd, rule)
    assert addresses.items() <= properties(bed, "web0").items()
    daemon.kill()
    bed.daemon()
    bed.never(lambda: not bed.in_place("web0"))
    assert "guard   ip, mac 52:54:00:12:34:56, ip 192.0.2.1" in bed.vifctl("show", "web0", check=0).out


def test_without_the_shipped_rules_it_does_not_flap(bed):
    """The rule matches tap0, and not web0: either may be the end of it, but an end there must be."""
    bed.bridge("br0")
    udevd = bed.udevd(rules={"70-local.rules": TAPS.replace("\n", ', ENV{VIF_NAME}="web0"\n')})
    bed.daemon()
    bed.tap("tap0")
    udevd.settle()

    def at_rest():
        before = bed.snapshot()
        return not wait_until(lambda: bed.snapshot() != before, 0.3)

    bed.until(at_rest, what="it comes to rest")


def test_a_network_of_the_configuration(bed):
    bed.bridge("br200", mtu=9000)
    bed.udevd(rules={"70-local.rules": wish(VIF_NETWORK="red")})
    bed.daemon(config="[network red]\nbridge = br200\n")
    bed.tap("tap0")
    bed.until(lambda: bed.in_place("tap0", "br200"))
    assert bed.link("tap0").mtu == 9000


def test_the_bridge_comes_later(bed):
    udevd = bed.udevd(rules={"70-local.rules": TAPS})
    bed.daemon()
    bed.tap("tap0")
    udevd.settle()
    reason = bed.until(lambda: (p := bed.listed("tap0")) and p["reason"])
    assert "(requested by udev): bridge br0 does not exist" in reason
    bed.bridge("br0")
    bed.until(lambda: bed.in_place("tap0"))


@pytest.mark.parametrize("withdrawn", ["", wish(VIF_NETWORK="br0") + wish(VIF_NETWORK="")])
def test_a_wish_that_is_withdrawn(bed, withdrawn):
    bed.bridge("br0")
    udevd = bed.udevd(rules={"70-local.rules": TAPS})
    bed.tap("tap0")
    before = bed.link("tap0")
    bed.daemon()
    bed.until(lambda: bed.in_place("tap0"))
    new_rules(bed, udevd, withdrawn)
    bed.until(lambda: bed.link("tap0").alias is None)
    now = bed.link("tap0")
    assert (now.master, now.mac, now.up, now.addrgen) == (None, before.mac, False, before.addrgen)
    assert bed.listed() == {}


def test_a_wish_that_changes(bed):
    bed.bridge("br0")
    bed.bridge("br1")
    udevd = bed.udevd(rules={"70-local.rules": TAPS})
    bed.daemon()
    bed.tap("tap0")
    bed.until(lambda: bed.in_place("tap0"))
    new_rules(bed, udevd, wish(VIF_NETWORK="br1", VIF_MTU="1400"))
    bed.until(lambda: bed.in_place("tap0", "br1") and bed.link("tap0").mtu == 1400)


def test_by_hand_and_by_xenstore_go_before_udev(bed):
    xs = bed.xenstored()
    for bridge in "br0", "br1", "br2":
        bed.bridge(bridge)
    udevd = bed.udevd(rules={"70-local.rules": TAPS.replace("tap*", "vif*|tap*")})
    bed.daemon()
    bed.nic(xs, 5, 0, bridge="br1", type="vif_ioemu").netback_ready()
    bed.tap("vif5.0-emu")
    bed.tap("tap0")
    bed.until(lambda: bed.in_place("vif5.0-emu", "br1") and bed.in_place("tap0", "br0"))
    bed.vifctl("attach", "tap0", "br2", check=0)
    udevd.settle()
    bed.never(lambda: not bed.in_place("tap0", "br2"), seconds=0.1)
    bed.vifctl("detach", "tap0", check=0)
    bed.until(lambda: bed.in_place("tap0", "br0"))


def test_the_daemon_is_there_before_udevd(bed):
    bed.bridge("br0")
    bed.daemon()
    bed.udevd(rules={"70-local.rules": TAPS})
    bed.tap("tap0")
    bed.until(lambda: bed.in_place("tap0"))


# The shipped rules

MARKED = {"VIFAGENT_MANAGED", "NM_UNMANAGED", "VIFAGENT_KEEP"}


def marks(bed, udevd, name):
    udevd.settle()
    return {key for key, value in properties(bed, name).items() if key in MARKED and value == "1"}


@pytest.mark.parametrize("name, expected", [
    ("vif5.0", MARKED), ("vif5.0-emu", MARKED), ("tap5.0", MARKED), ("vif32751.99-emu", MARKED),
    ("vifnew0", MARKED),
    ("tap0", MARKED - {"VIFAGENT_MANAGED"}), ("eth0", set()), ("vnet0", set()), ("vift0", set()), ("vif", set()),
])
def test_links_are_marked_by_name(bed, name, expected):
    udevd = bed.udevd(rules=MARKS)
    bed.tap(name)
    assert marks(bed, udevd, name) == expected


def test_links_are_marked_by_our_record(bed):
    bed.bridge("br0")
    udevd = bed.udevd(rules=MARKS)
    bed.tap("vnet0")
    bed.vifctl("attach", "vnet0", "br0", "name=web0", check=0)
    assert marks(bed, udevd, "web0") == MARKED
    bed.tap("vnet1")
    bed.ip("link set vnet1 alias 'vifagents are great' name web1")
    assert marks(bed, udevd, "web1") == set()


@pytest.mark.parametrize("place, expected", [
    ("70-local.rules", MARKED), ("90-local.rules", MARKED - {"VIFAGENT_KEEP"}),
])
def test_links_are_marked_by_a_wish(bed, place, expected):
    udevd = bed.udevd(rules={p.name: p.read_text() for p in MARKS} | {
        place: TAPS.replace("tap*", "vnet*")})
    bed.tap("vnet0")
    assert marks(bed, udevd, "vnet0") == expected


# The shipped .link file

@pytest.mark.parametrize("name", ["vif5.0", "vif5.0-emu", "tap5.0", "tap0", "vifnew0"])
def test_systemd_keeps_its_hands_off_our_links(bed, name):
    rename = "[Match]\nOriginalName=*\n[Link]\nName=renamed0\nMTUBytes=1234\n"
    udevd = bed.udevd(rules=MARKS, links={"80-rename.link": rename, LINK_FILE.name: LINK_FILE.read_text()},
                      default_link=True)
    with bed.count_netlink_changes() as changes:
        bed.tap(name)
        udevd.settle()
    assert changes == [("new", name)]
    assert properties(bed, name)["ID_NET_LINK_FILE"].endswith("/71-vifagent.link")


@pytest.mark.parametrize("name", ["eth0", "vnet0"])
def test_systemd_does_as_ever_to_other_links(bed, name):
    udevd = bed.udevd(rules=MARKS, links=[LINK_FILE], default_link=True)
    with bed.count_netlink_changes() as changes:
        bed.tap(name)
        udevd.settle()
    assert len(changes) > 1, "99-default.link gives it a persistent address"
    assert properties(bed, name)["ID_NET_LINK_FILE"].endswith("/99-default.link")


def test_a_renamed_link_of_ours_is_left_alone_as_well(bed):
    bed.bridge("br0")
    udevd = bed.udevd(rules=MARKS, links=[LINK_FILE], default_link=True)
    bed.tap("tap0")
    bed.vifctl("attach", "tap0", "br0", "name=web0", check=0)
    udevd.settle()
    assert bed.in_place("web0")
    assert properties(bed, "web0")["ID_NET_LINK_FILE"].endswith("/71-vifagent.link")


def test_a_link_that_we_make_keeps_its_address(bed):
    """By no name of its own, and before it has a record, systemd would give it another."""
    bed.bridge("br0")
    udevd = bed.udevd(rules=MARKS, links=[LINK_FILE], default_link=True)
    names = [f"web{i}" for i in range(8)]
    for name in names:
        bed.vifctl("create", "br0", name, check=0)
    udevd.settle()
    assert all(map(bed.in_place, names))
    for name in names:
        assert properties(bed, name)["NM_UNMANAGED"] == "1"
        assert properties(bed, name)["ID_NET_LINK_FILE"].endswith("/71-vifagent.link")


def test_all_together_on_a_real_host(bed):
    """The system's own rules, Debian's default .link, ours, and the daemon."""
    bed.bridge("br0")
    udevd = bed.udevd(rules={p.name: p.read_text() for p in MARKS} | {"70-local.rules": TAPS},
                      links=[LINK_FILE], system_rules=True, default_link=True)
    bed.daemon()
    bed.tap("tap0")
    udevd.settle()
    bed.until(lambda: bed.in_place("tap0"))
    assert bed.link("tap0").mac == PORT_MAC
    assert properties(bed, "tap0")["NM_UNMANAGED"] == "1"


# Who is not udevd

NETLINK_KOBJECT_UEVENT = 15
FROM_KERNEL, FROM_UDEVD = 1, 2


def murmur2(data):
    """libudev's hash of a subsystem, for which it filters (MurmurHash2, seed 0)."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = len(data)
    while len(data) >= 4:
        k = struct.unpack_from("<I", data)[0] * m & mask
        h = (h * m ^ (k ^ k >> 24) * m) & mask
        data = data[4:]
    if data:
        h = (h ^ int.from_bytes(data, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def forge(group, **event):
    """An event as the kernel, or as udevd, would send it."""
    text = "".join(f"{k}={v}\0" for k, v in event.items()).encode()
    if group == FROM_KERNEL:
        message = f"{event['ACTION']}@{event['DEVPATH']}\0".encode() + text
    else:
        head = struct.pack(">I", 0xFEEDCAFE) + struct.pack("=3I", 40, 40, len(text))
        filters = struct.pack(">4I", murmur2(event["SUBSYSTEM"].encode()), 0, 0, 0)
        message = b"libudev\0" + head + filters + text
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_KOBJECT_UEVENT) as sock:
        sock.sendto(message, (0, group))


@pytest.mark.parametrize("group", [FROM_KERNEL, FROM_UDEVD])
def test_a_forged_event_has_no_effect(bed, group):
    bed.bridge("br0")
    udevd = bed.udevd(rules={"70-local.rules": ""})
    bed.tap("tap0")
    udevd.settle()
    bed.daemon()
    before = bed.snapshot()
    monitor = bed.background(["udevadm", "monitor", "--property", "--udev"])
    bed.until(lambda: "UDEV" in monitor.output())
    forge(group, ACTION="add", DEVPATH="/devices/virtual/net/tap0", SUBSYSTEM="net", SEQNUM="99999",
          INTERFACE="tap0", IFINDEX=bed.link("tap0").ifindex, VIF_NETWORK="br0", TAGS=":systemd:",
          CURRENT_TAGS=":systemd:", USEC_INITIALIZED="1")
    if group == FROM_UDEVD:
        bed.until(lambda: "VIF_NETWORK=br0" in monitor.output(), what="who listens hears it")
    bed.never(lambda: bed.snapshot() != before, seconds=0.2)
    monitor.process.kill()
    monitor.wait()


def test_a_forged_end_of_a_nic_has_no_effect(bed):
    bed.xenstored()
    bed.bridge("br0")
    bed.udevd()
    bed.daemon()
    bed.nic(bed.xs, 5, 0).netback_ready()
    bed.vif("vif5.0")
    bed.until(lambda: bed.in_place("vif5.0"))
    for action in "offline", "remove":
        forge(FROM_UDEVD, ACTION=action, DEVPATH="/devices/vif-5-0", SUBSYSTEM="xen-backend",
              SEQNUM="99999", XENBUS_TYPE="vif", XENBUS_PATH="backend/vif/5/0", vif="vif5.0")
    bed.never(lambda: not bed.in_place("vif5.0"), seconds=0.2)
