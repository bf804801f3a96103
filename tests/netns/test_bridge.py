# SPDX-License-Identifier: GPL-2.0-or-later
"""A port is on its bridge: when the bridge comes late, goes, comes again, and whoever interferes."""

import threading
import time

import pytest
from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from bed import PORT_MAC
from xenstore import FACTOR


@pytest.fixture
def nic(bed):
    """A NIC, its link and the daemon, but no bridge."""
    xs = bed.xenstored()
    bed.daemon()
    nic = bed.nic(xs, 5, 0)
    bed.vif("vif5.0")
    nic.netback_ready()
    return nic


@pytest.fixture
def port(bed, nic):
    """The same, with bridge br0, and joined."""
    bed.bridge("br0")
    bed.until(lambda: bed.in_place("vif5.0"))
    return bed.link("vif5.0")


def waits(bed, name="vif5.0", state="waiting"):
    """The reason, once the port is in this state."""
    return bed.until(lambda: (p := bed.listed(name)) and p["state"] == state and p["reason"],
                     what=f"{name} is {state}")


# The bridge is not there

def test_a_port_waits_for_its_bridge(bed, nic):
    before = bed.snapshot()
    assert "bridge br0 does not exist" in waits(bed)
    bed.never(lambda: bed.snapshot() != before, what="it was touched")
    bed.bridge("br0")
    bed.until(lambda: bed.in_place("vif5.0"))
    listed = bed.listed("vif5.0")
    assert (listed["state"], listed["reason"], listed["steps"]) == ("ok", None, [])


def test_the_reason_says_who_asks_for_what_and_what_helps(bed, nic):
    reason = waits(bed)
    assert "network br0 (requested by xenstore)" in reason
    assert "ip link add br0 type bridge" in reason
    assert reason in bed.vifctl("list", check=0).out
    assert reason in bed.vifctl("show", "vif5.0", check=0).out
    bed.until(lambda: f"vif5.0: {reason}" in bed.daemons[0].log())


def test_a_bridge_appears_by_a_rename(bed, nic):
    waits(bed)
    bed.bridge("tmp0")
    bed.never(lambda: bed.link("vif5.0").master, seconds=0.1)
    bed.ip("link set tmp0 down name br0")
    bed.up("br0")
    bed.until(lambda: bed.in_place("vif5.0"))


def test_a_bridge_that_is_down_is_good_enough(bed, nic):
    bed.ip("link add br0 type bridge")
    bed.until(lambda: bed.in_place("vif5.0"))
    assert not bed.link("br0").up


def test_what_has_the_name_is_no_bridge(bed, nic):
    bed.vif("br0")
    before = bed.snapshot()
    reason = waits(bed, state="refused")
    assert "br0 is not a bridge" in reason and "veth" in reason
    bed.never(lambda: bed.snapshot() != before)
    bed.delete("br0")
    waits(bed)
    bed.bridge("br0")
    bed.until(lambda: bed.in_place("vif5.0"))


def test_a_tap_with_a_bridges_name_is_not_taken_for_it(bed, nic):
    bed.tap("br0")
    before = bed.snapshot()
    assert "is not a bridge" in waits(bed, state="refused")
    assert bed.snapshot() == before


# The bridge goes

def test_the_bridge_is_deleted_and_made_again(bed, port):
    for _ in range(3):
        bed.delete("br0")
        assert "bridge br0 does not exist" in waits(bed)
        bed.bridge("br0")
        bed.until(lambda: bed.in_place("vif5.0"))
    assert bed.link("vif5.0").ifindex == port.ifindex


def test_the_bridge_is_deleted_and_made_again_at_once(bed, port):
    """Faster than anybody can look: the name is the same, the bridge is not."""
    bed.ip("link set br0 down")
    with IPRoute() as ipr:
        ipr.link("del", ifname="br0")
        ipr.link("add", ifname="br0", kind="bridge", state="up")
    bed.until(lambda: bed.in_place("vif5.0"))


def test_the_bridge_is_renamed_and_another_takes_its_name(bed, port):
    bed.ip("link set br0 down name old0")
    assert "bridge br0 does not exist" in waits(bed)
    bed.bridge("br0")
    bed.until(lambda: bed.in_place("vif5.0"))
    assert bed.ports("old0") == []


def test_all_ports_of_a_bridge_follow(bed, nic):
    names = [f"vif5.{devid}" for devid in range(10)]
    for devid in range(1, 10):
        bed.nic(bed.xs, 5, devid)
        bed.vif(f"vif5.{devid}")
    for _ in range(2):
        bed.bridge("br0")
        bed.until(lambda: bed.ports("br0") == names)
        bed.until(lambda: all(map(bed.in_place, names)))
        bed.delete("br0")


# Somebody changes the port

@pytest.mark.parametrize("change", [
    "nomaster", "down", "master other0", "addrgenmode eui64", "name web7",
    "address 02:00:00:00:00:77", "alias ''", "nomaster down address 02:00:00:00:00:77",
])
def test_what_somebody_changes_is_put_right(bed, port, change):
    bed.bridge("other0")
    bed.ip(f"link set vif5.0 {change}")
    # The kernel does not tell of an alias, or of addrgenmode, by itself.
    if change.startswith(("alias", "addrgen")):
        bed.ip("link set vif5.0 txqueuelen 999")
    bed.until(lambda: bed.in_place("vif5.0") and bed.link("vif5.0").mtu == 1500)
    assert bed.listed("vif5.0")["state"] == "ok"
    assert bed.link("vif5.0").ifindex == port.ifindex
    assert bed.link("web7") is None


def test_a_foreign_alias_is_reported_and_left(bed, port):
    bed.ip("link set vif5.0 alias 'somebody was here'")
    assert "somebody was here" in waits(bed, state="refused")
    assert bed.link("vif5.0").alias == "somebody was here"
    bed.ip("link set vif5.0 alias ''")
    bed.ip("link set vif5.0 nomaster")
    bed.until(lambda: bed.in_place("vif5.0"))


def test_a_second_look_changes_nothing(bed, port):
    with bed.count_netlink_changes() as changes:
        bed.daemons[0].reload()
        bed.daemons[0].restart()
        bed.listed()
    assert changes == []


# The bridge itself

@pytest.mark.parametrize("mtu", [None, 1400, 9000])
@pytest.mark.parametrize("mac", [None, "fe:ff:ff:ff:ff:fe", "02:00:00:00:00:01"])
def test_the_bridges_own_mac_and_mtu_stay(bed, nic, mtu, mac):
    bed.bridge("br0", mtu=mtu, mac=mac)
    before = bed.link("br0")

    def unchanged():
        now = bed.link("br0")
        return (now.mac, now.mtu) == (before.mac, before.mtu)

    bed.until(lambda: bed.in_place("vif5.0"))
    assert bed.link("vif5.0").mtu == before.mtu
    assert unchanged()
    nic.set("mtu", 1280)
    bed.until(lambda: bed.link("vif5.0").mtu == 1280)
    assert unchanged()
    bed.delete("vif5.0")
    bed.until(lambda: bed.ports("br0") == [])
    assert unchanged()


def test_a_bridge_with_an_uplink_keeps_the_uplinks_mac(bed, nic):
    bed.vif("eth0", peer="switch0")
    bed.ip("link add tmp0 type bridge")
    bed.ip("link set eth0 mtu 9000 master tmp0 up")
    bed.ip("link set tmp0 name br0 up")
    mac = bed.link("eth0").mac
    assert bed.link("br0").mac == mac
    bed.until(lambda: bed.in_place("vif5.0"))
    nic.set("mtu", 1400)
    bed.until(lambda: bed.link("vif5.0").mtu == 1400)
    bed.delete("vif5.0")
    bridge = bed.link("br0")
    assert (bridge.mac, bridge.mtu) == (mac, 9000)
    assert bed.link("eth0").master == "br0"


# Somebody does not stop

class Opponent:
    """As NetworkManager can be: takes a link off its bridge, 50 times a second."""

    def __init__(self, name):
        self.wins = 0  # how often there was something to undo
        self._name = name
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        with IPRoute() as ipr:
            while not self._end.wait(0.02):
                try:
                    link, = ipr.link("get", ifname=self._name)
                    if link.get_attr("IFLA_MASTER"):
                        self.wins += 1
                        ipr.link("set", index=link["index"], master=0)
                except NetlinkError:
                    pass

    def stop(self):
        self._end.set()
        self._thread.join()


def test_an_opponent_is_given_way_for_a_while(bed, port):
    daemon = bed.daemons[0]
    opponent = Opponent("vif5.0")
    try:
        reason = bed.until(lambda: "another program" in ((p := bed.listed("vif5.0"))["reason"] or "")
                           and p["reason"])
        held = time.monotonic()
        wins = opponent.wins
        assert 4 <= wins <= 12, "it tries, but not without end"
        assert "NetworkManager" in reason, "it says what helps"
        bed.nic(bed.xs, 6, 0)
        bed.vif("vif6.0")
        bed.until(lambda: bed.in_place("vif6.0"), what="others are served meanwhile")
        bed.never(lambda: opponent.wins > wins + 1, seconds=1.5, what="it went on")
        assert bed.listed("vif5.0")["state"] == "waiting"
        warnings = [line for line in daemon.log().splitlines() if "another program" in line]
        assert len(warnings) == 1 and warnings[0].startswith("vif5.0: corrected")
        assert bed.listed("vif6.0")["state"] == "ok"
    finally:
        opponent.stop()
    assert bed.link("vif5.0").master is None
    bed.until(lambda: bed.in_place("vif5.0"), timeout=14)
    assert time.monotonic() - held > 5, "it was left alone for a while"
    bed.until(lambda: bed.listed("vif5.0")["state"] == "ok")
    assert bed.listed("vif5.0")["reason"] is None


def test_a_few_changes_are_no_opponent(bed, port):
    for _ in range(4):
        bed.ip("link set vif5.0 nomaster")
        bed.until(lambda: bed.in_place("vif5.0"), timeout=2)
    assert "another program" not in bed.daemons[0].log()


def test_an_opponent_does_not_make_the_daemon_busy(bed, port):
    """Whatever it does, the daemon's own work is bounded."""
    opponent = Opponent("vif5.0")
    try:
        bed.until(lambda: "another program" in bed.daemons[0].log())

        def cpu():
            with open(f"/proc/{bed.daemons[0].pid}/stat", encoding="ascii") as stat:
                return sum(map(int, stat.read().split(")")[1].split()[11:13]))

        before = cpu()
        bed.never(lambda: cpu() - before > 5, seconds=0.5 * FACTOR, what="more than 5 ticks of 10 ms")
        assert PORT_MAC == bed.link("vif5.0").mac, "it does not give up the rest of the port"
    finally:
        opponent.stop()


@pytest.fixture
def held(bed, nic):
    """A port that was given way for; its opponent has gone."""
    bed.bridge("br0")
    bed.until(lambda: bed.in_place("vif5.0"))
    opponent = Opponent("vif5.0")
    try:
        bed.until(lambda: "another program" in bed.daemons[0].log())
        bed.until(lambda: bed.link("vif5.0").master is None)
    finally:
        opponent.stop()
    return nic


def test_another_wish_ends_the_pause(bed, held):
    bed.bridge("br1")
    held.set("bridge", "br1")
    bed.until(lambda: bed.in_place("vif5.0", "br1"), timeout=2)
    assert bed.listed("vif5.0")["state"] == "ok"


def test_a_reload_ends_the_pause(bed, held):
    """Who has mended the other program says so."""
    bed.daemons[0].reload()
    bed.until(lambda: bed.in_place("vif5.0"), timeout=2)


def test_a_nic_that_dies_in_the_pause_is_left(bed, held):
    held.unplug()
    held.closed()
    bed.until(lambda: bed.link("vif5.0").alias is None, timeout=2)


def test_a_bridge_of_the_largest_mtu_holds_nobody_up(bed):
    """For a moment a bridge has that MTU while it is made the bridge's own."""
    bed.bridge("br0", mtu=65535)
    for i in range(10):
        bed.vif(f"link{i}")
        bed.vifctl("attach", f"link{i}", "br0", check=0)
    trace = bed.dir / "trace"
    bed.run(["strace", "-f", "-e", "trace=clock_nanosleep", "-o", trace, *bed.vifctl_argv("list")],
            env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert trace.read_text().count("clock_nanosleep(") <= 200, "of 1 ms, once"
    assert bed.link("br0").mtu == 65535
