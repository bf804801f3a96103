# SPDX-License-Identifier: GPL-2.0-or-later
"""A running port whose IPv6 address generation mode another program changes.

What the kernel does (Linux 6.18; net/ipv6/addrconf.c):
- Set by netlink while the link is up, the mode alone changes: no address appears, not even when
  the carrier goes and comes.  One appears when the link is set down and up.  RTNLGRP_LINK tells.
- Set by the sysctl, a link-local address appears at once.  RTNLGRP_LINK does not tell;
  RTNLGRP_IPV6_IFADDR does, when the address has been found to be unique (a second or two).
- Setting the mode to none leaves an address that is there.  It goes when the link is set down, or
  when it is deleted (RTM_DELADDR), for which the link may stay up.
"""

import itertools
from pathlib import Path

import pytest

from bed import FACTOR



@pytest.fixture
def port(bed):
    """A running port with carrier, on a bridge with STP, as a guest uses it; kept by the daemon."""
    bed.ip("link add br0 type bridge stp_state 1 forward_delay 200")
    bed.up("br0")
    bed.vif("web0", peer="guest0")
    bed.daemon()
    bed.vifctl("attach", "web0", "br0", check=0)
    bed.until(lambda: is_forwarding(bed), timeout=20)
    return bed


def is_forwarding(bed):
    return bed.in_place("web0") and bed.link("web0").port["state"] == 3


def set_mode(bed, mode):
    bed.ip(f"link set web0 addrgenmode {mode}")


def set_sysctl(mode):
    Path("/proc/sys/net/ipv6/conf/web0/addr_gen_mode").write_text(f"{mode}\n")


class Downs:
    """Counts how often the link was told of as down."""

    def __init__(self, bed):
        self._monitor = bed.background(["ip", "-o", "monitor", "link", "dev", "web0"])
        lengths = itertools.cycle([998, 999])
        bed.until(lambda: bed.ip(f"link set web0 txqueuelen {next(lengths)}") or "web0" in self._monitor.output(),
                  what="ip monitor listens")

    def count(self):
        lines = [line for line in self._monitor.output().splitlines() if "web0" in line and "<" in line]
        return sum("UP" not in line.split("<")[1].split(">")[0].split(",") for line in lines)


@pytest.mark.parametrize("mode", ["eui64", "random"])
def test_another_mode_is_put_right_while_the_port_runs(port, mode):
    downs = Downs(port)
    set_mode(port, mode)
    port.until(lambda: port.link("web0").addrgen == "none")
    port.never(lambda: not is_forwarding(port), what="the guest is cut off")
    assert downs.count() == 0 and port.link("web0").addresses == []


def test_back_and_forth_cuts_nobody_off(port):
    """As NetworkManager does when it ends."""
    downs = Downs(port)
    for _ in range(5):
        set_mode(port, "eui64")
        set_mode(port, "none")
    port.never(lambda: not is_forwarding(port), what="the guest is cut off")
    assert downs.count() == 0


def test_a_daemon_that_comes_later_does_not_set_it_down(port):
    port.daemons[0].term()
    set_mode(port, "eui64")
    downs = Downs(port)
    port.daemons[0].start()
    port.until(lambda: port.link("web0").addrgen == "none")
    port.never(lambda: not is_forwarding(port), what="the guest is cut off")
    assert downs.count() == 0


def test_an_address_that_is_there_goes(port):
    """It is deleted; the link may stay up."""
    port.daemons[0].term()
    set_sysctl(0)
    port.until(lambda: port.link("web0").addresses)
    port.daemons[0].start()
    port.until(lambda: is_forwarding(port) and port.link("web0").addresses == [], timeout=20)


def test_an_address_by_a_sysctl_goes(port):
    """As systemd-networkd sets it."""
    set_sysctl(0)
    port.until(lambda: is_forwarding(port) and port.link("web0").addresses == [], timeout=8)


def test_an_address_that_outlived_the_mode_goes(port):
    """The mode is none again, so it is the address alone that is wrong."""
    set_sysctl(0)
    port.until(lambda: port.link("web0").addresses)
    set_sysctl(1)
    port.until(lambda: is_forwarding(port) and port.link("web0").addresses == [], timeout=8)


def test_a_new_port_that_has_an_address_loses_it(bed):
    """Here the mode is not none and an address is there: it is gone after the join."""
    bed.bridge("br0")
    bed.vif("web0", peer="guest0")
    bed.up("web0")
    bed.until(lambda: bed.link("web0").addresses, timeout=5 * FACTOR)
    bed.vifctl("attach", "web0", "br0", check=0)
    assert bed.in_place("web0") and bed.link("web0").addresses == []
