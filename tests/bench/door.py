# SPDX-License-Identifier: GPL-2.0-or-later
"""The script that libxl runs: a process a NIC."""

from host import host
from measure import Row, take_turns


def measure(options, noise):
    with host(domid=0) as here:
        times = take_turns({
            "agent": lambda: here.vif_agent(here.nic()),
            "static": lambda: here.vif_agent_static(here.nic()),
            "floor": lambda: here.floor_door(here.nic()),
            "bare": lambda: here.floor_door(here.nic(), "floor"),
            "script": lambda: here.vif_bridge(here.nic()),
        }, options.rounds(60, 10), noise)
    static = times.pop("static")
    yield Row("vif-agent online, the whole process", "µs", **times).faster(20).at_most(1.4)
    yield Row("the same, linked statically (--enable-static-script)", "µs",
              **{**times, "agent": static}).faster(20).at_most(1.4)
