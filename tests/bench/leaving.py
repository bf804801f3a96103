# SPDX-License-Identifier: GPL-2.0-or-later
"""Many owners die at once, and the links that were made for them are deleted."""

import subprocess
from pathlib import Path

from host import BUILD, Running, host
from measure import Row, take_turns

GROUP = 7777


def _runs(here, count):
    """vifctl run so often; each becomes a program that opens its tap by name, some day."""
    programs = []
    for i in range(count):
        argv = [BUILD / "vifctl", "-c", here.bed.conf, "run", "--nic", f"br0,name=t{i}", "--",
                "/bin/sleep", "10000"]
        programs.append(Running(argv, here.bed.env(), merge=False))
    return programs


def _agent(count):
    """Milliseconds from killing all of them to the end of the last link."""
    with host() as here:
        programs = _runs(here, count)
        here.bed.until(lambda: len(here.bed.ports("br0")) == count, timeout=60)
        here.bed.until(lambda: all(_is_sleep(p.pid) for p in programs), timeout=60)
        daemon = here.bed.daemon()
        here.bed.until(lambda: _pidfds(daemon.pid) >= count, timeout=60)
        took = here.tool("stopwatch", "killed", count, stdin="\n".join(str(p.pid) for p in programs))
        for program in programs:
            program.wait()
        assert here.bed.links() == ["br0"]
        daemon.term()
        return took / 1e3


def _is_sleep(pid):
    return Path(f"/proc/{pid}/comm").read_text() == "sleep\n"


def _pidfds(pid):
    """How many processes somebody waits for."""
    return sum("pidfd" in str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir())


def _floor(count):
    """The same links, and one message."""
    with host() as here:
        for i in range(count):
            here.bed.tap(f"t{i}", hold=False, persistent=True)
        batch = "".join(f"link set t{i} group {GROUP} master br0 up\n" for i in range(count))
        subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
        assert len(here.bed.ports("br0")) == count
        return here.tool("stopwatch", "group", GROUP, count) / 1e3


def measure(options, noise):
    count = options.pick(1000, 50)
    times = take_turns({"agent": lambda: _agent(count), "floor": lambda: _floor(count)},
                       options.rounds(3, 2), noise)
    yield Row(f"{count} owners die at once, {count} taps of ours to delete", "ms", **times,
              note="the floor: one delete of a group").at_most(2)
