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
    text = Path(f"/proc/{pid}/status").read_text()
    return sum(map(int, re.findall(r"ctxt_switches:\s+(\d+)", text)))


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
    limit = 4096 + count
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


def storm(options, noise):
    seconds = options.storm or options.pick(600, 6)
    memory, fds = [], []
    noise.probe()
    with host() as here:
        daemon = here.bed.daemon()
        printed = here.bed.dir / "storm"
        with printed.open("w") as out:
            argv = [TOOLS / "storm", RATE, seconds, here.domid, "br0"]
            program = Processes.start(argv, env=here.bed.env(), stdout=out)
        while _still_runs(program):
            memory.append(_memory(daemon.pid)[0])
            fds.append(len(list(Path(f"/proc/{daemon.pid}/fd").iterdir())))
        lines = printed.read_text().split()
        assert program.returncode == 0 and len(lines) == RATE * seconds
        here.bed.until(lambda: here.bed.links() == ["br0"], timeout=30)
        here.bed.until(lambda: here.bed.listed() == {}, timeout=30)
        here.bed.until(lambda: not here.xs.ls(f"/local/domain/{here.domid}/backend/vif"), timeout=30)
    times = [float(line) for line in lines if line != "missed"]
    missed = len(lines) - len(times)
    what = f"a storm, {RATE} NICs/s for {seconds} s"
    p99 = percentile(times, 99) / statistics.median(times)
    yield Row(f"{what}: to connected", "µs", times,
              note=f"the 99th percentile is {p99:.1f} x the median").goal(
                  "99th percentile <= 5 x median", p99 <= 5)
    yield Row(f"{what}: missed NICs", "", [missed]).goal("none", missed == 0)
    yield Row(f"{what}: resident", "KiB", memory,
              note=f"from {memory[0]} to {memory[-1]} KiB").goal("flat", _is_flat(memory, 64))
    yield Row(f"{what}: file descriptors", "", fds,
              note=f"from {fds[0]} to {fds[-1]}").goal("flat", _is_flat(fds, 0))
