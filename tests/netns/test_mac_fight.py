# SPDX-License-Identifier: GPL-2.0-or-later
"""Who has a tap open may change its MAC without any right: a fight about it is an attack."""

import itertools

import pytest

from bed import PORT_MAC

VICTIM = "52:54:00:00:00:77"


@pytest.fixture
def port(bed):
    bed.bridge("br0")
    bed.bridge("br1")
    bed.tap("tap0")
    bed.daemon()
    bed.vifctl("attach", "tap0", "br0", check=0)
    return bed


def fight(bed, name="tap0"):
    """Change the MAC until the daemon sets the port down."""
    macs = itertools.cycle([VICTIM, "52:54:00:00:00:78"])

    def is_down():
        if bed.link(name).up:
            bed.ip(f"link set {name} address {next(macs)}")
            bed.until(lambda: bed.link(name).mac == PORT_MAC or not bed.link(name).up)
        return not bed.link(name).up and "held=2" in bed.link(name).alias

    bed.until(is_down, timeout=10)


def is_blocked(bed):
    link = bed.link("tap0")
    return not link.up and link.mac == PORT_MAC


def test_it_is_set_down_and_stays_so(port):
    bridge_mac = port.link("br0").mac
    fight(port)
    port.until(lambda: is_blocked(port))
    reason = port.listed("tap0")["reason"]
    assert port.listed("tap0")["state"] == "refused" and "kept changing its MAC" in reason
    port.daemons[0].reload()
    port.never(lambda: not is_blocked(port))
    port.daemons[0].kill()
    port.daemons[0].start()
    port.never(lambda: not is_blocked(port))
    assert port.link("br0").mac == bridge_mac
    assert "tap0: corrected" in port.daemons[0].log()


def test_attached_by_hand_it_comes_back(port):
    fight(port)
    port.vifctl("attach", "tap0", "br0", check=0)
    port.never(lambda: not port.in_place("tap0"))
    assert port.listed("tap0")["state"] == "ok"


def test_detached_it_is_as_it_was(port):
    fight(port)
    port.vifctl("detach", "tap0", check=0)
    assert port.link("tap0").alias is None and port.link("tap0").master is None


def test_one_change_is_no_fight(port):
    for _ in range(2):
        port.ip(f"link set tap0 address {VICTIM}")
        port.until(lambda: port.in_place("tap0"))
    port.never(lambda: not port.in_place("tap0"))


def test_a_fight_about_something_else_is_none_about_the_mac(port):
    def is_held():
        port.ip("link set tap0 nomaster")
        return "held=1" in (port.link("tap0").alias or "")

    port.until(is_held, timeout=10)
    assert port.link("tap0").up


def test_a_new_wish_of_xenstore_ends_it(bed):
    nic = bed.nic(bed.xenstored(), 5, 0)
    nic.netback_ready()
    bed.bridge("br0")
    bed.bridge("br1")
    bed.vif("tap0")
    bed.ip("link set tap0 name vif5.0")
    bed.daemon()
    bed.script("online", "vif", nic, check=0)
    fight(bed, "vif5.0")
    nic.set("bridge", "br1")
    bed.until(lambda: bed.in_place("vif5.0", "br1"))
