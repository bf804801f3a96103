# SPDX-License-Identifier: GPL-2.0-or-later
"""A sweep: one door, all its faults, side by side, and the report."""

import ctypes
import multiprocessing
import os
import signal
import textwrap
import time
import traceback
from collections import Counter
from dataclasses import dataclass

from bed import Bed
from faults import ERRORS, Symbols, plan, shim
from isolation import enter_private_mounts, private_network

PR_SET_PDEATHSIG = 1

FEW = 20

CONTEXT = multiprocessing.get_context("fork")


@dataclass
class Outcome:
    """What came of a fault."""

    fault: object
    reached: bool
    how: str  # in a few words
    wrong: list  # sentences


def cores():
    return len(os.sched_getaffinity(0))


def _in_a_host_of_its_own(make_door, use):
    """Call use(door), in namespaces of this process's own."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    enter_private_mounts.cache_clear()
    with private_network() as mounts:
        bed = Bed(mounts)
        try:
            use(make_door(bed))
        finally:
            bed.close()


def _trial(door, fault):
    try:
        return door.trial(fault)
    except Exception:
        return Outcome(fault, True, "", ["the trial itself failed:\n" + traceback.format_exc()])


def _work(make_door, faults, results):
    """A worker: takes faults, one after the other, until there is none."""
    def use(door):
        while (fault := faults.get()) is not None:
            results.put(_trial(door, fault))

    try:
        _in_a_host_of_its_own(make_door, use)
    except BaseException:
        results.put(traceback.format_exc())


def _record(make_door, results):
    try:
        _in_a_host_of_its_own(make_door, lambda door: results.put(door.record()))
    except BaseException:
        results.put(traceback.format_exc())


def _take(results, processes):
    """The next result; whoever makes them must still be alive, or have put one there."""
    while True:
        alive = any(process.is_alive() for process in processes)
        try:
            result = results.get(timeout=1 if alive else 0.1)
        except multiprocessing.queues.Empty:
            assert alive, "a worker died"
            continue
        assert not isinstance(result, str), result
        return result


def _run(target, *args, count=1):
    processes = [CONTEXT.Process(target=target, args=args, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    return processes


class Sweep:
    """All faults of a door."""

    def __init__(self, make_door, every=False, side_by_side=2, only=()):
        self.name = make_door.name
        self.program = make_door.program
        self._begin = time.monotonic()
        shim()  # while there is a compiler: not all doors have an /etc
        self.recorded = self._record(make_door)
        self.faults = [fault for fault in plan(self.recorded, every) if not only or fault.call.kind in only]
        self.outcomes = self._try_all(make_door, self.faults, side_by_side)
        self.second_time = self._try_again(make_door)
        self.seconds = time.monotonic() - self._begin

    @staticmethod
    def _record(make_door):
        results = CONTEXT.Queue()
        processes = _run(_record, make_door, results)
        recorded = _take(results, processes)
        processes[0].join()
        return recorded

    def _try_all(self, make_door, faults, side_by_side):
        side_by_side = min(side_by_side, len(faults))
        todo, results = CONTEXT.Queue(), CONTEXT.Queue()
        for fault in [*faults, *[None] * side_by_side]:
            todo.put(fault)
        processes = _run(_work, make_door, todo, results, count=side_by_side)
        outcomes = [_take(results, processes) for _ in faults]
        for process in processes:
            process.join()
        return sorted(outcomes, key=lambda outcome: self.faults.index(outcome.fault))

    def _try_again(self, make_door):
        """On a busy machine a few may just have been slow: those are tried once more.  Returns which came right."""
        doubtful = [outcome.fault for outcome in self.wrong]
        if len(doubtful) > FEW:
            return []
        again = {outcome.fault: outcome for outcome in self._try_all(make_door, doubtful, cores())}
        self.outcomes = [again.get(outcome.fault, outcome) for outcome in self.outcomes]
        return [outcome.fault for outcome in again.values() if not outcome.wrong]

    @property
    def wrong(self):
        return [outcome for outcome in self.outcomes if outcome.wrong]

    @property
    def unreached(self):
        return [outcome for outcome in self.outcomes if not outcome.reached]

    def summary(self):
        """One line, and one for each kind."""
        counts = {kind: Counter(bool(outcome.wrong) for outcome in self.outcomes
                                if outcome.reached and outcome.fault.call.kind == kind) for kind in ERRORS}
        kinds = ", ".join(f"{kind} {count[False]} of {count.total()}" for kind, count in counts.items() if count)
        late = f", {len(self.unreached)} not reached" if self.unreached else ""
        late += f", {len(self.second_time)} right only the second time" if self.second_time else ""
        return (f"{self.name}: {len(self.outcomes) - len(self.unreached)} faults at "
                f"{len({call.site for call in self.recorded})} call sites, {len(self.wrong)} wrong{late} "
                f"({self.seconds:.0f} s)\n  right: {kinds}")

    def report(self, all_outcomes=False):
        """The summary, and all that went wrong: the fault, where, what happened."""
        symbols = Symbols(self.program)
        shown = self.outcomes if all_outcomes else self.wrong
        symbols.look_up(outcome.fault.call for outcome in shown)
        lines = [self.summary()]
        for outcome in shown:
            verdict = "WRONG" if outcome.wrong else "right" if outcome.reached else "not reached"
            lines += ["", f"{verdict}: {outcome.fault}", f"  at {symbols.text(outcome.fault.call)}"]
            for text in [outcome.how, *outcome.wrong]:
                lines.append(textwrap.indent(text.strip(), "  "))
        return "\n".join(line for line in lines if line.strip() or not line)
