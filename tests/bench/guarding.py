# SPDX-License-Identifier: GPL-2.0-or-later
"""The guard: what it costs to add a port, a frame, a thousand ports, and how long a flush leaves them open."""

import os
import statistics
import subprocess
from pathlib import Path

from host import TOOLS, host
from joining import agent_ms
from measure import Row, take_turns

GUARDED = "[xen]\ntoolstack-delay = 0\n[network red]\nbridge = br0\nguard = ip\n"


def _tool(here, *args, fds=()):
    done = subprocess.run([TOOLS / "guard-cost", *map(str, args)], env=here.bed.env(), pass_fds=fds,
                          capture_output=True, text=True, timeout=600, check=True)
    return [float(line) for line in done.stdout.split()]


def _added(sizes):
    with host() as here:
        return _tool(here, "add", *sizes)


def _frame(here, taps):
    return _tool(here, "frames", *[t.fd for t in taps], fds=[t.fd for t in taps])[0]


def _two_taps(here):
    taps = [here.bed.tap(f"tap{i}") for i in range(2)]
    for tap in taps:
        os.set_blocking(tap.fd, False)
        here.bed.ip(f"link set {tap.name} addrgenmode none master br0 up txqueuelen 16")
    return taps


def _frame_guarded(others):
    """With so many guarded ports besides its own."""
    with host() as here:
        here.bed.conf.write_text(GUARDED)
        taps = _two_taps(here)
        here.bed.vifctl("attach", "tap0", "red", "mac=02:00:00:00:00:01", "ip=10.0.0.1", check=0)
        here.bed.ip("link set tap0 txqueuelen 16")
        if others:
            _tool(here, "fill", others)
        return _frame(here, taps)


def _frame_plain():
    with host() as here:
        return _frame(here, _two_taps(here))


def _frame_linear(rules):
    """The rules that Xen's vif-bridge makes for a NIC with an `ip`, one after the other."""
    with host() as here:
        taps = _two_taps(here)
        Path("/proc/sys/net/bridge/bridge-nf-call-iptables").write_text("1")
        text = "*filter\n:FORWARD ACCEPT [0:0]\n" + "".join(
            f"-A FORWARD -m physdev --physdev-is-bridged --physdev-in vif{i}.0 -s 10.1.{i >> 8}.{i & 255} -j ACCEPT\n"
            for i in range(rules)) + "COMMIT\n"
        subprocess.run(["iptables-restore"], input=text, text=True, check=True)
        return _frame(here, taps)


def _window_ms(count):
    """From the end of our table until all ports are guarded again."""
    with host() as here:
        here.bed.daemon(config=GUARDED)
        for i in range(count):
            here.bed.tap(f"tap{i}", hold=False, persistent=True)
            here.bed.vifctl("attach", f"tap{i}", "red", f"mac=02:00:00:00:{i >> 8:02x}:{i & 255:02x}",
                            f"ip=10.0.{i >> 8}.{i & 255}", check=0)
        ports = [here.bed.link(f"tap{i}").ifindex for i in range(count)]
        here.bed.until(lambda: all(p["state"] == "ok" for p in here.bed.listed().values()), timeout=60)
        return [us / 1e3 for _ in range(3) for us in _tool(here, "flush", *ports)]


def measure(options, noise):
    sizes = [10, 1000, 10000] if not options.quick else [10, 1000]
    added = take_turns({"agent": lambda: _added(sizes)}, options.rounds(5, 2), noise)["agent"]
    by_size = {n: [round_[i] for round_ in added] for i, n in enumerate(sizes)}
    few, many = statistics.median(by_size[10]), statistics.median(by_size[sizes[-1]])
    yield Row(f"one more guarded port among {sizes[-1]:,}", "µs", by_size[sizes[-1]],
              note=f"among 10: {few:.0f} µs").goal("<= 2 x that among 10", many <= 2 * few)

    frames = take_turns({"none": _frame_plain, "one": lambda: _frame_guarded(0),
                         "many": lambda: _frame_guarded(1000), "linear": lambda: _frame_linear(1000)},
                        options.rounds(5, 2), noise)
    none, one, many, linear = (statistics.median(frames[who]) for who in ("none", "one", "many", "linear"))
    yield Row("a frame, with 1,000 guarded ports", "ns", frames["many"],
              note=f"with none {none:.0f} ns, with one {one:.0f} ns, with 1,000 of iptables' in a row {linear:.0f} ns"
              ).goal("<= 1.1 x that with one", many <= 1.1 * one)

    count = options.pick(1000, 50)
    joined = take_turns({"plain": lambda: agent_ms(count)[0], "guarded": lambda: agent_ms(count, GUARDED)[0]},
                        options.rounds(3, 2), noise)
    plain = statistics.median(joined["plain"])
    yield Row(f"{count} guarded NICs at once", "ms", joined["guarded"],
              note=f"without a guard {plain:.0f} ms").goal(
                  "<= 1.5 x without", statistics.median(joined["guarded"]) <= 1.5 * plain)

    count = options.pick(300, 20)
    yield Row(f"nft flush ruleset: until {count} ports are guarded again", "ms", _window_ms(count))
