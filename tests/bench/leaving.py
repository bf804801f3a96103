# SPDX-License-Identifier: GPL-2.0-or-later
"""Many owners die at once, and the links that were made for them are deleted."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from host import BUILD, CONFIG, Running, host
from measure import Row, take_turns

GROUP = 7777
DEVICE = "eth0"
CONFIGURATION = f"{CONFIG}[network vepanet]\nkind = macvtap\ndevice = {DEVICE}\n"


@dataclass
class Kind:
    """Links that stay until they are deleted, and how they are made without the agent."""

    name: str
    network: str
    count: int
    add: str  # for ip -batch


def _kinds(options):
    yield Kind("tap", "br0", options.pick(1000, 50),
               "tuntap add {name} mode tap\nlink set {name} group {group} master br0 up\n")
    yield Kind("macvtap", "vepanet", options.pick(500, 25),
               "link add {name} link " + DEVICE + " group {group} type macvtap mode vepa\nlink set {name} up\n")


def _prepare(here):
    """A device with carrier for the macvtaps."""
    here.bed.conf.write_text(CONFIGURATION)
    here.bed.vif(DEVICE, peer="peer0")
    here.bed.up(DEVICE)
    return here.bed.links()


def _runs(here, kind):
    """vifctl run so often; each becomes a program that opens its link by name, some day."""
    for i in range(kind.count):
        argv = [BUILD / "vifctl", "-c", here.bed.conf, "run", "--nic", f"{kind.network},name=t{i}", "--",
                "/bin/sleep", "10000"]
        yield Running(argv, here.bed.env(), merge=False)


def _is_sleep(program):
    assert program.poll() is None, program.wait()
    return Path(f"/proc/{program.pid}/comm").read_text() == "sleep\n"


def _processes_waited_for(pid):
    return sum("pidfd" in str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir())


def _agent(kind):
    """Milliseconds from killing all of them to the end of the last link."""
    with host() as here:
        others = _prepare(here)
        programs = list(_runs(here, kind))
        here.bed.until(lambda: all(map(_is_sleep, programs)), timeout=120)
        daemon = here.bed.daemon()
        here.bed.until(lambda: _processes_waited_for(daemon.pid) >= kind.count, timeout=120)
        pids = "\n".join(str(program.pid) for program in programs)
        took = here.tool("stopwatch", "killed", kind.count, stdin=pids)
        for program in programs:
            program.wait()
        assert sorted(here.bed.links()) == sorted(others)
        daemon.term()
        return took / 1e3


def _floor(kind):
    """The same links, and one message."""
    with host() as here:
        others = _prepare(here)
        batch = "".join(kind.add.format(name=f"t{i}", group=GROUP) for i in range(kind.count))
        subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
        took = here.tool("stopwatch", "group", GROUP, kind.count)
        assert sorted(here.bed.links()) == sorted(others)
        return took / 1e3


def measure(options, noise):
    for kind in _kinds(options):
        times = take_turns({"agent": lambda kind=kind: _agent(kind), "bare": lambda kind=kind: _floor(kind)},
                           options.rounds(3, 2), noise)
        yield Row(f"{kind.count} owners die at once, {kind.count} {kind.name}s of ours to delete", "ms", **times,
                  note="the bare floor: one delete of a group").at_most_bare(2)
