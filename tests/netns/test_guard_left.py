# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing of a guard stays when it is to go, whatever comes in between."""

import pytest

from spoofed import IP4, MAC
from test_guard import elements

ADDRESSES = [f"mac={MAC}", f"ip={IP4}"]
CONF = """\
[network red]
bridge = br0
guard = ip
rate = 5mbit
[network plain]
bridge = br0
"""


@pytest.fixture
def host(bed):
    bed.bridge("br0")
    bed.conf.write_text(CONF)
    bed.tap("tap0")
    return bed


def left(bed):
    """What our table holds of any port."""
    found = elements(bed) or {}
    return {name: keys for name, keys in found.items() if keys and name != "dropped"}


def test_the_guard_of_a_former_network_does_not_come_back(host):
    """Of a port that has gone to a network without one."""
    host.daemon()
    host.vifctl("attach", "tap0", "red", *ADDRESSES, check=0)
    host.tap("tap1")
    host.vifctl("attach", "tap1", "red", "mac=02:00:00:00:00:07", "ip=10.0.0.7", check=0)
    host.until(lambda: len(elements(host)["ports"]) == 2)
    host.daemons[0].reload()  # it has read them
    host.vifctl("attach", "tap0", "plain", check=0)
    host.until(lambda: len(elements(host)["ports"]) == 1)
    host.until(lambda: host.listed("tap0")["state"] == "ok")
    for _ in range(3):
        host.run(["nft", "flush", "ruleset"])
        host.until(lambda: elements(host) and elements(host)["ports"])
        assert len(elements(host)["ports"]) == 1 and len(elements(host)["macs"]) == 1


@pytest.mark.parametrize("first, then", [("plain", "red"), ("red", "plain")])
def test_killed_at_any_message_nobody_forgets_the_guard(host, first, then):
    """The next one that looks at the port puts it, or removes it."""
    arguments = {"red": ADDRESSES, "plain": []}
    for when in range(1, 40):
        host.vifctl("attach", "tap0", first, *arguments[first], check=0)
        result = host.run(["strace", "-f", "-o", "/dev/null", "-e", "trace=sendto,sendmsg", "-e",
                           f"inject=sendto,sendmsg:signal=KILL:when={when}",
                           *host.vifctl_argv("attach", "tap0", then, *arguments[then])],
                          check=None, env={"ASAN_OPTIONS": "detect_leaks=0"})
        host.vifctl("apply", check=None)
        wish = host.listed("tap0")["wish"]["network"]
        assert bool(left(host)) == (wish == "red"), f"killed at message {when}: {left(host)}"
        if result.rc == 0:
            break
    assert result.rc == 0 and when > 5
    host.vifctl("detach", "tap0", check=0)
    assert not left(host)


@pytest.mark.parametrize("harm", [
    ["flush", "set", "bridge", "vifagent", "sent"],
    ["flush", "set", "bridge", "vifagent", "macs"],
    ["flush", "set", "bridge", "vifagent", "ip4s"],
])
def test_what_others_have_removed_of_it_hinders_nothing(host, harm):
    host.vifctl("attach", "tap0", "red", *ADDRESSES, check=0)
    whole = left(host)
    host.run(["nft", *harm])
    host.conf.write_text(CONF.replace("5mbit", "6mbit"))
    host.vifctl("attach", "tap0", "red", *ADDRESSES, check=0)
    assert set(left(host)) == set(whole) and host.link("tap0").up
    host.run(["nft", *harm])
    host.vifctl("detach", "tap0", check=0)
    assert not left(host)


def test_deleted_without_the_daemon_a_tap_leaves_nothing(host):
    """The next link may have its ifindex."""
    host.vifctl("create", "red", "web0", *ADDRESSES, check=0)
    assert left(host)
    host.vifctl("delete", "web0", check=0)
    assert not left(host)


@pytest.mark.parametrize("mtu", [1000, 1279, 1280])
def test_an_mtu_too_small_for_ipv6_is_one(host, mtu):
    host.ip("link set tap0 addrgenmode none")
    host.vifctl("attach", "tap0", "plain", f"mtu={mtu}", check=0)
    assert host.link("tap0").mtu == mtu and host.listed("tap0")["state"] == "ok"
    host.ip("link set tap0 mtu 1500")
    host.vifctl("apply", check=0)
    assert host.link("tap0").mtu == mtu and not host.link("tap0").addresses
    host.vifctl("detach", "tap0", check=0)
    assert host.link("tap0").mtu == 1500 and host.link("tap0").addrgen == "none"


def test_who_only_watches_changes_nothing(host):
    """vifctl monitor hears what the daemon hears, and leaves it."""
    host.vifctl("attach", "tap0", "red", *ADDRESSES, check=0)
    gone = host.tap("gone")
    host.vifctl("attach", "gone", "red", "mac=02:00:00:00:00:07", "ip=10.0.0.7", check=0)
    gone.close()
    host.until(lambda: host.link("gone") is None)
    before = left(host)
    monitor = host.background([*host.vifctl_argv(), "monitor"])
    host.until(lambda: "tap0" in monitor.output())
    assert left(host) == before
    host.run(["nft", "delete", "table", "bridge", "vifagent"])
    host.until(lambda: "to do" in monitor.output())
    assert elements(host) is None
