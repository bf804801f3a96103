# SPDX-License-Identifier: GPL-2.0-or-later
"""-netdev tap,ifname=tap10,script=no,downscript=no: QEMU makes the tap, and nobody tells the agent.

It joins by a rule of udev's, or by hand while QEMU holds it.
"""

import contextlib
import re

import pytest

from bed import TOP
from frames import Frames
from guest import Guest, pings, tap, wait_up

HOST = "10.0.0.1"
SHIPPED = [TOP / "udev-rules/72-vifagent.rules", TOP / "udev-rules/98-vifagent-late.rules"]
# The one line of the documentation
TAPS = 'SUBSYSTEM=="net", KERNEL=="tap*", ENV{VIF_NETWORK}="br0"\n'


@pytest.fixture
def host(bed):
    """A bridge with an address; when all is over it must be as it was, and alone."""
    bed.bridge("br0")
    bed.ip(f"address add {HOST}/24 dev br0")
    return bed


@contextlib.contextmanager
def no_ipv6_on(bed, name):
    """Nobody gives a link of this name (a regular expression) an IPv6 address."""
    monitor = bed.background(["ip", "-o", "monitor", "address"])
    bed.vif("seen0", peer="seen1")
    bed.up("seen0")
    bed.until(lambda: "seen0 " in monitor.output(), what="the monitor sees addresses")
    bed.delete("seen0")
    yield
    monitor.process.kill()
    assert not re.search(rf"\b({name}) ", monitor.wait().out)


def rules(text=TAPS):
    return {path.name: path.read_text() for path in SHIPPED} | {"70-local.rules": text}


def bridges_as_now(bed):
    """A condition: nothing is there but the bridges, which are as they were."""
    bridges = bed.snapshot()
    return lambda: bed.snapshot() == bridges and bed.listed() == {}


# By a rule

@pytest.mark.parametrize("model, end", [("virtio-net-pci", Guest.poweroff), ("e1000", Guest.kill)])
def test_a_rule_gets_it_onto_the_bridge_before_its_first_frame(host, model, end):
    host.udevd(rules=rules(), default_link=True)
    host.daemon()
    gone = bridges_as_now(host)
    bridge = host.link("br0")
    with Frames("br0") as frames, no_ipv6_on(host, "tap10"):
        guest = Guest(host, tap("tap10", model=model), ip="10.0.0.2/24", ping=HOST)
        host.until(lambda: host.in_place("tap10"), 20)
        assert host.listed("tap10")["wish"]["by"] == "udev"
        guest.wait_up()
        assert guest.first_ping, "the first of all"
        assert guest.ping(HOST, 5) == 5
        seen = host.until(lambda: (all_ := frames.of(guest.macs[0])) and
                          len(all_) == guest.sent() and all_, what="every frame got to the bridge")
        assert seen[0][:6] == b"\xff" * 6
        assert (host.link("br0").mac, host.link("br0").mtu) == (bridge.mac, bridge.mtu)
        end(guest)
        host.until(gone, what="nothing is left")


# By hand

@pytest.mark.parametrize("daemon, end", [(False, Guest.poweroff), (True, Guest.kill)])
def test_by_hand_while_qemu_holds_it(host, daemon, end):
    if daemon:
        host.daemon()
    gone = bridges_as_now(host)
    bridge = host.link("br0")
    with no_ipv6_on(host, "tap10"):
        guest = Guest(host, tap("tap10"), ip="10.0.0.2/24").wait_up()
        assert guest.ping(HOST, 2) == 0 and host.link("tap10").master is None
        host.vifctl("attach", "tap10", "br0", check=0)
        assert host.in_place("tap10")
        assert guest.ping(HOST, 5) == 5
        assert (host.link("br0").mac, host.link("br0").mtu) == (bridge.mac, bridge.mtu)
        host.vifctl("detach", "tap10", check=0)
        assert guest.ping(HOST, 2) == 0
        host.vifctl("attach", "tap10", "br0", check=0)
        assert guest.ping(HOST, 5) == 5
        end(guest)
        host.until(gone, what="nothing is left")


# Two guests

# One such test at a time: no more than three guests on two processors.
with_two_guests = pytest.mark.xdist_group("two guests")


def two(bed):
    """Two guests, up, at tap10 and tap11."""
    guests = [Guest(bed, tap(f"tap1{i}", mac=f"52:54:00:00:00:1{i}"), ip=f"10.0.0.{2 + i}/24")
              for i in range(2)]
    wait_up(*guests)
    return guests


@with_two_guests
def test_guests_on_one_bridge_reach_each_other(host):
    host.udevd(rules=rules())
    host.daemon()
    gone = bridges_as_now(host)
    a, b = two(host)
    assert host.ports("br0") == ["tap10", "tap11"]
    assert a.ping("10.0.0.3", 5) == 5 and b.ping("10.0.0.2", 5) == 5
    assert a.ping(HOST, 5) == 5 and b.ping(HOST, 5) == 5
    a.kill()
    assert b.ping(HOST, 5) == 5
    b.poweroff()
    host.until(gone, what="nothing is left")


@with_two_guests
def test_guests_on_two_bridges_do_not_reach_each_other(host):
    host.bridge("br1")
    host.ip("address add 10.0.0.9/32 dev br1")
    host.ip("route add 10.0.0.3/32 dev br1")
    host.udevd(rules=rules(TAPS + TAPS.replace("tap*", "tap11").replace("br0", "br1")))
    host.daemon()
    gone = bridges_as_now(host)
    a, b = two(host)
    assert (host.ports("br0"), host.ports("br1")) == (["tap10"], ["tap11"])
    assert a.ping(HOST, 5) == 5 and b.ping("10.0.0.9", 5) == 5, "each its own bridge"
    with Frames("br0") as br0, Frames("br1") as br1:
        assert a.ping("10.0.0.3", 3) == 0 and b.ping("10.0.0.2", 3) == 0
        assert br0.of(a.macs[0]) and br1.of(b.macs[0]), "they did ask"
        assert not br0.of(b.macs[0]) and not br1.of(a.macs[0])
    b.kill()
    a.poweroff()
    host.until(gone, what="nothing is left")


def churn(bed, times):
    """Taps come, are attached, maybe detached, and go."""
    for i in range(times):
        other = bed.tap(f"tap{100 + i}")
        bed.vifctl("attach", other.name, "br0", check=0)
        assert bed.in_place(other.name)
        if i % 2:
            bed.vifctl("detach", other.name, check=0)
            assert bed.link(other.name).master is None
        other.close()


@with_two_guests
def test_a_running_ping_does_not_notice_a_hundred_other_taps(host):
    host.daemon()
    gone = bridges_as_now(host)
    a, b = two(host)
    for name in "tap10", "tap11":
        host.vifctl("attach", name, "br0", check=0)
    assert a.ping("10.0.0.3") == 3
    a.run("ping -i 0.02 10.0.0.3 >/ping & pinger=$!")
    churn(host, 100)
    _, output = a.run("sleep 1; kill -INT $pinger; wait $pinger; cat /ping")
    sent, answers = pings(output), [int(n) for n in re.findall(r"seq=(\d+)", output)]
    assert answers == list(range(len(answers))), "none is lost, or comes twice"
    assert sent > 50 and sent - len(answers) < 25, "but for those under way in the end"
    a.poweroff()
    b.poweroff()
    host.until(gone, what="nothing is left")
