# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl list: what is asked is one dump, and the keys of each NIC."""

from host import BUILD, TOOLS, host
from measure import Row, take_turns


def measure(options, noise):
    count = options.pick(1000, 100)
    with host(nics=count) as here:
        here.start_daemon()
        here.check_all()
        nics = here.nic_list()
        listed = here.bed.listed()
        assert len(listed) == count and all(p["state"] == "ok" for p in listed.values())

        def spawn(*argv):
            return here.tool("stopwatch", "spawn", *argv, stdin=nics) / 1e3

        times = take_turns({
            "agent": lambda: spawn(BUILD / "vifctl", "-c", here.bed.conf, "list"),
            "floor": lambda: spawn(TOOLS / "floor-library", "restart", here.domid),
            "bare": lambda: spawn(TOOLS / "floor", "restart", here.domid),
            "dump": lambda: spawn(TOOLS / "floor-library", "dump"),
            "bare dump": lambda: spawn(TOOLS / "floor", "dump"),
        }, options.rounds(5, 3), noise)
    dump, bare_dump = times.pop("dump"), times.pop("bare dump")
    yield Row(f"vifctl list, {count} NICs", "ms", **times,
              note=f"of the floor the dump of the links: {Row.middle(dump):.1f} ms, of the bare one"
                   f" {Row.middle(bare_dump):.1f} ms").at_most(0.7)
