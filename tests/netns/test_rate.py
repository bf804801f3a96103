# SPDX-License-Identifier: GPL-2.0-or-later
"""The rate of a network: how fast its ports may send and receive, each on its own."""

import os
import select
import threading
import time

import pytest

from test_guard import elements, network
from wires import Wire
from spoofed import MAC, OTHER

FRAME = bytes.fromhex("ffffffffffff" + MAC.replace(":", "") + "88b5") + bytes(1486)  # for local experiments
SIZE = len(FRAME) - 14  # what counts
BURST = 128 << 10
MBIT = 1_000_000 // 8


@pytest.fixture
def host(bed):
    for name in ("br0", "br1"):
        bed.bridge(name)
    return bed


def plain(bed, name):
    """A port of nobody's."""
    tap = bed.tap(name)
    bed.ip(f"link set {name} master br0 up")
    return Wire(tap.fd)


def limited(bed, rate, guard="none", name="tap0", keys=()):
    network(bed, guard, f"rate = {rate}\n")
    tap = bed.tap(name)
    bed.vifctl("attach", name, "red", *keys, check=0)
    return Wire(tap.fd)


def count(wire, stop):
    """Bytes that arrive until `stop` is set and nothing comes any more."""
    got = 0
    while not stop.is_set() or select.select([wire.fd], [], [], 0.2)[0]:
        if select.select([wire.fd], [], [], 0.05)[0]:
            got += len(os.read(wire.fd, 65536)) == len(FRAME)
    return got * SIZE


def arrived(source, sink, frames):
    """Of that many frames at once: the bytes that arrive, and the seconds that they took."""
    stop, got = threading.Event(), []
    reader = threading.Thread(target=lambda: got.append(count(sink, stop)))
    reader.start()
    begin = time.monotonic()
    for i in range(frames):
        source.send(FRAME)
        if i % 50 == 49:
            time.sleep(0.005)  # the reader's queue is short
    took = time.monotonic() - begin
    stop.set()
    reader.join()
    return got[0], took


def is_limited(source, sink, mbit, frames=700):
    """It passes what the kernel's bucket holds and what flows in meanwhile, and not more."""
    got, took = arrived(source, sink, frames)
    bucket = mbit * MBIT + BURST
    assert frames * SIZE > 1.5 * (bucket + took * mbit * MBIT), "too slow for this test"
    assert bucket * 0.8 < got <= bucket + took * mbit * MBIT + SIZE, f"{got} bytes of a bucket of {bucket}"


def all_pass(source, sink, frames=300):
    got, _ = arrived(source, sink, frames)
    assert got == frames * SIZE


def test_a_port_sends_and_receives_at_its_rate(host):
    peer = plain(host, "peer")
    tap = limited(host, "1mbit")
    is_limited(tap, peer, 1)
    is_limited(peer, tap, 1)
    shown = host.vifctl("show", "tap0").out
    assert "rate    1mbit" in shown and "for the rate it sent at" in shown and "for the rate it received at" in shown


@pytest.mark.here
def test_each_direction_has_its_own_rate(host):
    peer = plain(host, "peer")
    tap = limited(host, "send 1mbit")
    is_limited(tap, peer, 1)
    all_pass(peer, tap)
    tap = limited(host, "receive 1mbit", name="tap1")
    all_pass(tap, peer)
    is_limited(peer, tap, 1)


def test_with_a_guard_a_rate_counts_as_well(host):
    peer = plain(host, "peer")
    tap = limited(host, "send 1mbit", "mac", keys=[f"mac={MAC}"])
    is_limited(tap, peer, 1)
    spoofed = FRAME.replace(bytes.fromhex(MAC.replace(":", "")), bytes.fromhex(OTHER.replace(":", "")))
    tap.send(spoofed)
    assert spoofed not in peer.heard()


@pytest.mark.here
def test_one_ports_rate_is_not_anothers(host):
    peer = plain(host, "peer")
    tap = limited(host, "1mbit")
    other = host.tap("tap1")
    host.vifctl("attach", "tap1", "red", check=0)
    is_limited(tap, peer, 1)
    is_limited(Wire(other.fd), peer, 1)


@pytest.mark.here
def test_a_small_rate_lets_the_largest_frame_through(host):
    """64 KiB, which the kernel has not cut yet."""
    limited(host, "16kbit")
    sent = host.run(["nft", "-j", "list", "set", "bridge", "vifagent", "sent"]).json()["nftables"]
    [element] = [s["set"]["elem"][0]["elem"] for s in sent if "set" in s]
    assert element["limit"]["burst"] * {"bytes": 1, "kbytes": 1024}[element["limit"]["burst_unit"]] >= 65536 + 14


@pytest.mark.here
def test_detach_removes_it(host):
    peer = plain(host, "peer")
    tap = limited(host, "1mbit")
    assert elements(host)["sent"] and elements(host)["received"]
    host.vifctl("detach", "tap0", check=0)
    assert not any(elements(host)[name] for name in ("ports", "sent", "received", "rate-only"))
    host.ip("link set tap0 master br0 up")
    all_pass(tap, peer)


@pytest.mark.here
def test_a_new_rate_comes_with_a_reload(host):
    peer = plain(host, "peer")
    tap = limited(host, "1mbit")
    daemon = host.daemon()
    network(host, "none", "rate = none\n")
    daemon.reload()
    host.until(lambda: not elements(host)["sent"])
    all_pass(tap, peer)
    network(host, "none", "rate = send 2mbit\n")
    daemon.reload()
    host.until(lambda: elements(host)["sent"] and not elements(host)["received"])
    is_limited(tap, peer, 2)


@pytest.mark.here
def test_what_others_remove_comes_back(host):
    limited(host, "1mbit")
    host.daemon()
    host.run(["nft", "flush", "ruleset"])
    host.until(lambda: (elements(host) or {}).get("sent"))
    host.run(["nft", "delete", "element", "bridge", "vifagent", "ports", "{", '"tap0"', "}"])
    host.until(lambda: elements(host)["ports"])


@pytest.mark.here
def test_moving_between_networks_takes_the_new_rate(host):
    limited(host, "1mbit")
    host.conf.write_text("[network red]\nbridge = br0\nrate = 1mbit\n"
                         "[network blue]\nbridge = br1\nrate = send 3gbit\n[network green]\nbridge = br1\n")
    host.vifctl("attach", "tap0", "blue", check=0)
    assert elements(host)["sent"] and not elements(host)["received"]
    assert host.vifctl("show", "tap0", "--json").json()[0]["wish"]["rate"] == "send 3gbit"
    host.vifctl("attach", "tap0", "green", check=0)
    assert not elements(host)["sent"] and not elements(host)["ports"]


@pytest.mark.here
def test_a_helpers_bridge_with_a_rate_is_refused(host):
    network(host, "none", "rate = 1mbit\n")
    acl = host.conf.parent / "bridge.conf"
    acl.write_text("allow all\n")
    out = host.vifctl("helper-check", "root", "br0", acl)
    assert "limits the rate of ports of bridge br0" in out.out + out.err


@pytest.mark.here
@pytest.mark.parametrize("rate", ["100", "1tbit", "8kbit", "500gbit", "send", "send 1mbit send 2mbit", "1mbit 2mbit", "-1mbit",
                                  "1.5mbit", "up 1mbit", "99999999999999999999mbit"])
def test_a_bad_rate_is_refused(host, rate):
    network(host, "none", f"rate = {rate}\n")
    out = host.vifctl("check")
    assert out.rc and "line 4" in out.err + out.out and "is not a rate: use 16kbit to 400gbit" in out.err + out.out
