# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon needs while nothing happens, and while something happens all the time."""

import re
import statistics
import subprocess
import time
from pathlib import Path

from host import TOOLS, Processes, host
from measure import Row, percentile


def _memory(pid):
    """(resident, of these private) KiB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = {name: int(kib) for name, kib in re.findall(r"(\w+): +(\d+) kB", text)}
    return found["Rss"], found["Private_Clean"] + found["Private_Dirty"]


def _switches(pid):
    """Of all its threads."""
    return sum(int(n) for status in Path(f"/proc/{pid}/task").glob("*/status")
               for n in re.findall(r"ctxt_switches:\s+(\d+)", status.read_text()))


def idle(options, noise):
    count, seconds = options.pick(1000, 100), options.pick(60, 10)
    noise.probe()
    with host(nics=count) as here:
        daemon = here.bed.daemon()
        here.check_all()
        time.sleep(2)  # the last echo of its own work
        before = _switches(daemon.pid)
        time.sleep(seconds)
        woken = _switches(daemon.pid) - before
        resident, private = _memory(daemon.pid)
    limit = 5 * 1024 + count
    yield Row(f"idle, {count} NICs: resident", "KiB", [resident],
              note=f"private {private} KiB").goal(f"<= {limit} KiB", resident <= limit)
    yield Row(f"idle, {count} NICs: wake-ups in {seconds} s", "", [woken]).goal("none", woken == 0)


def _is_flat(samples, slack):
    """The last quarter is as the second; before that caches fill."""
    quarter = len(samples) // 4
    if not quarter:
        return None
    return (statistics.median(samples[-quarter:]) <=
            statistics.median(samples[quarter:2 * quarter]) + slack)


def _still_runs(program):
    """Waits a second, or until it ends."""
    try:
        program.wait(1)
    except subprocess.TimeoutExpired:
        return True
    return False


RATE = 50


def _storm(here, pid, seconds):
    """(what the program said, memory and file descriptors of that process each second)"""
    memory, fds = [], []
    printed = here.bed.dir / "storm"
    with printed.open("w") as out:
        argv = [TOOLS / "storm", RATE, seconds, here.domid, "br0"]
        program = Processes.start(argv, env=here.bed.env(), stdout=out)
    while _still_runs(program):
        memory.append(_memory(pid)[0])
        fds.append(len(list(Path(f"/proc/{pid}/fd").iterdir())))
    lines = printed.read_text().split()
    assert program.returncode == 0 and len(lines) == RATE * seconds
    here.bed.until(lambda: here.bed.links() == ["br0"], timeout=30)
    return lines, memory, fds


def _floor_storm(seconds, program):
    with host() as here:
        server = here.floor_server(program)
        lines, _, _ = _storm(here, server.pid, seconds)
        server.kill()
        server.wait()
    return [float(line) for line in lines if line != "missed"]


def storm(options, noise):
    seconds = options.storm or options.pick(600, 5)
    noise.probe()
    floor = _floor_storm(min(seconds, 60), "floor-library")
    bare = _floor_storm(min(seconds, 60), "floor")
    with host() as here:
        daemon = here.bed.daemon()
        lines, memory, fds = _storm(here, daemon.pid, seconds)
        here.bed.until(lambda: here.bed.listed() == {}, timeout=30)
        here.bed.until(lambda: not here.xs.ls(f"/local/domain/{here.domid}/backend/vif"), timeout=30)
    times = [float(line) for line in lines if line != "missed"]
    missed = len(lines) - len(times)
    what = f"a storm, {RATE} NICs/s for {seconds} s"
    p99 = percentile(times, 99) / statistics.median(times)
    floor_p99 = percentile(floor, 99) / statistics.median(floor)
    yield Row(f"{what}: to connected", "µs", times, floor, bare,
              note=f"the 99th percentile is {p99:.1f} x the median (the floor's, in"
                   f" {min(seconds, 60)} s: {floor_p99:.1f} x)").goal("99th percentile <= 5 x median", p99 <= 5)
    yield Row(f"{what}: missed NICs", "", [missed]).goal("none", missed == 0)
    yield Row(f"{what}: resident", "KiB", memory,
              note=f"from {memory[0]} to {memory[-1]} KiB").goal("flat", _is_flat(memory, 64))
    yield Row(f"{what}: file descriptors", "", fds,
              note=f"from {fds[0]} to {fds[-1]}").goal("flat", _is_flat(fds, 0))
