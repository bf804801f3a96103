# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon: one NIC as soon as it is complete, many at once, and a new start over them."""

import contextlib
import statistics
import time

from host import TOOLS, host
from measure import Row, take_turns

# Events of what was prepared are handled by then.
SETTLE = 0.03


@contextlib.contextmanager
def _server(here, who):
    if who == "agent":
        daemon = here.bed.daemon()
        yield
        daemon.term()
    else:
        server = here.floor_server("floor" if who == "bare" else "floor-library")
        yield
        server.kill()
        server.wait()


def _last_key(here):
    where = here.new_id()
    nic = here.keys(*where, state="1")
    nic.unset("state")  # without it there is no NIC at all
    here.link(*where)
    time.sleep(SETTLE)
    took = here.tool("stopwatch", "key", nic.path)
    here.check(nic)
    return took


def _last_link(here):
    domid, devid = here.new_id()
    nic = here.keys(domid, devid)
    time.sleep(SETTLE)
    took = here.tool("stopwatch", "link", f"vif{domid}.{devid}", nic.path)
    here.check(nic)
    return took


def _making_a_tap(count):
    """Its least time where nobody listens.  Who listens may be done before the maker returns."""
    with host() as here:
        return min(here.tool("stopwatch", "tap", f"tap{i}") for i in range(count))


def latency(options, noise):
    """Each round is a new host for each, with some NICs one after the other."""
    count = options.pick(20, 5)
    times = {"key": {}, "link": {}}
    making = _making_a_tap(count)

    def turn(who):
        with host() as here, _server(here, who):
            for _ in range(count):
                times["key"].setdefault(who, []).append(_last_key(here))
                times["link"].setdefault(who, []).append(_last_link(here) - making)

    take_turns({who: lambda who=who: turn(who) for who in ("agent", "floor", "bare")},
               options.rounds(5, 2), noise)
    note = "the floor waits for events, too: one delivery is in both"
    yield Row("the daemon, from the last key to connected", "µs", **times["key"], note=note).at_most(1.4)
    yield Row("the daemon, from the link to connected", "µs", **times["link"],
              note=f"{note}; less the {making:.0f} µs that making the tap takes").at_most(1.4)


# ---- many ----------------------------------------------------------------

def _script_ms(count, at_a_time):
    """What a NIC costs by vif-bridge, so many of them at a time."""
    with host(domid=0, nics=count) as here:
        begin = time.monotonic()
        here.vif_bridges(here.nics, at_a_time)
        took = time.monotonic() - begin
        here.check_all()
        return took * 1e3 / count


def agent_ms(count, config=None):
    """(joining count NICs, looking at them again), less and with the start of the daemon."""
    with host(nics=0) as here:
        if config:
            here.bed.conf.write_text(config)
        empty = here.start_daemon()
        for _ in range(count):
            here.nic(**({"bridge": "red", "ip": here.next_ip()} if config else {}))
        first = here.start_daemon()
        here.check_all()
        with here.bed.count_netlink_changes() as changes:
            again = here.start_daemon()
        assert not changes, f"a restart changed what was in order: {changes}"
        return (first - empty) / 1e3, again / 1e3


def _floor_ms(count, program="floor-library"):
    with host(nics=count) as here:
        first = here.tool(program, "many", here.domid, stdin=here.nic_list())
        here.check_all()
        again = here.tool("stopwatch", "spawn", TOOLS / program, "restart", here.domid,
                          stdin=here.nic_list())
        return first / 1e3, again / 1e3


def many(options, noise):
    """Also fills options.plot."""
    sizes = options.pick([10, 100, 300, 1000], [10, 100])
    most = sizes[-1]
    some, some8 = options.pick(50, 10), options.pick(104, 16)
    times = {}
    for count in sizes:
        contestants = {"agent": lambda count=count: agent_ms(count),
                       "floor": lambda count=count: _floor_ms(count),
                       "bare": lambda count=count: _floor_ms(count, "floor")}
        if count == most:
            contestants |= {"script": lambda: _script_ms(some, 1), "script8": lambda: _script_ms(some8, 8)}
        times[count] = take_turns(contestants, options.rounds(5, 2), noise)
    script, script8 = (times[most].pop(name) for name in ("script", "script8"))
    first = {count: {who: [t[0] for t in ts] for who, ts in times[count].items()} for count in sizes}
    options.plot = {"sizes": sizes, "script": statistics.median(script),
                    "script8": statistics.median(script8),
                    **{who: [statistics.median(first[count][who]) for count in sizes]
                       for who in ("agent", "floor", "bare")}}
    row = Row(f"{most} NICs at once, the daemon; vif-bridge one by one", "ms", **first[most],
              script=[t * most for t in script],
              note=f"vif-bridge: {some} NICs, extrapolated")
    yield row.faster(80).at_most(0.8)
    yield Row(f"{most} NICs at once, the daemon; vif-bridge 8 at a time", "ms", first[most]["agent"],
              script=[t * most for t in script8],
              note=f"vif-bridge: {some8} NICs, extrapolated").faster(40)
    yield _growth(first, 100 if most > 100 else sizes[0], most)
    again = {who: [t[1] for t in ts] for who, ts in times[most].items()}
    yield Row(f"a restart over {most} NICs in order, until ready", "ms", **again,
              note="no change was sent").at_most(0.7)


def _growth(first, few, most):
    """µs that a NIC costs more among many than among few."""
    def grown(who):
        at = {n: statistics.median(first[n][who]) * 1e3 / n for n in (few, most)}
        return at[few], at[most] - at[few]

    few_agent, agent = grown("agent")
    few_floor, floor = grown("floor")
    return Row(f"what a NIC costs more among {most} NICs than among {few}", "µs", [agent],
               note=f"the floor: {floor:.0f} µs more; among {few} NICs one costs {few_agent:.0f} µs,"
                    f" the floor {few_floor:.0f} µs").goal(
                   "not above the floor's by more than a tenth of the cost",
                   agent <= floor + few_agent / 10)
