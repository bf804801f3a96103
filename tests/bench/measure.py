# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of the table: what was measured, how often, and what it should be."""

import dataclasses
import statistics
import subprocess
from dataclasses import dataclass, field

from host import TOOLS


def percentile(values, share):
    """The least value that is not less than this share of all."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


@dataclass
class Goal:
    """met is None where this run cannot tell, e.g. with too few NICs."""

    text: str
    met: bool | None

    def verdict(self):
        return {True: "met", False: "missed", None: "not judged"}[self.met]


@dataclass
class Row:
    """One line; agent, floor, bare and script are lists of samples, all in this unit."""

    what: str
    unit: str
    agent: list
    floor: list = field(default_factory=list)  # with the agent's libraries
    bare: list = field(default_factory=list)  # without any
    script: list = field(default_factory=list)
    goals: list = field(default_factory=list)
    note: str = ""

    @property
    def median(self):
        return statistics.median(self.agent)

    @property
    def p95(self):
        return percentile(self.agent, 95)

    @staticmethod
    def middle(samples):
        return statistics.median(samples) if samples else None

    @property
    def to_floor(self):
        return self.median / self.middle(self.floor) if self.floor else None

    @property
    def to_bare(self):
        return self.median / self.middle(self.bare) if self.bare else None

    @property
    def faster_than_script(self):
        return self.middle(self.script) / self.median if self.script else None

    def at_most(self, ratio):
        """Adds the goal to take at most so many times the floor."""
        self.goals.append(Goal(f"<= {ratio} x floor", self.to_floor <= ratio))
        return self

    def at_most_bare(self, ratio):
        """The same for the floor without libraries."""
        self.goals.append(Goal(f"<= {ratio} x bare floor", self.to_bare <= ratio))
        return self

    def faster(self, times):
        """Adds the goal to be so many times faster than vif-bridge."""
        self.goals.append(Goal(f">= {times} x faster than vif-bridge",
                               self.faster_than_script >= times))
        return self

    def goal(self, text, met):
        self.goals.append(Goal(text, met))
        return self

    def as_dict(self):
        return dataclasses.asdict(self) | {
            "median": self.median, "p95": self.p95, "floor_median": self.middle(self.floor),
            "bare_median": self.middle(self.bare), "script_median": self.middle(self.script),
            "to_floor": self.to_floor, "to_bare": self.to_bare,
            "faster_than_script": self.faster_than_script}


class Noise:
    """How long the same thing takes between the rounds: what others did to this machine."""

    PROBES = {"a fixed loop": ["loop"], "a process (/bin/true)": ["spawn", "/bin/true"],
              "a question about a link": ["query"]}

    def __init__(self):
        self.samples = {what: [] for what in self.PROBES}

    def probe(self):
        for what, args in self.PROBES.items():
            out = subprocess.run([TOOLS / "stopwatch", *args], check=True, capture_output=True,
                                 text=True).stdout
            self.samples[what].append(float(out))

    @property
    def is_noisy(self):
        return any(percentile(s, 95) > 1.5 * statistics.median(s) for s in self.samples.values())

    def sentences(self):
        for what, samples in self.samples.items():
            least, middle, worst = min(samples), statistics.median(samples), percentile(samples, 95)
            yield (f"{what} took at least {least:.0f} µs, in the median {middle / least:.2f} x that,"
                   f" at the 95th percentile {worst / least:.2f} x ({len(samples)} times)")
        yield ("this run was noisy: trust no ratio that is near its goal" if self.is_noisy else
               "this run was quiet")


def take_turns(contestants, rounds, noise):
    """Calls each of {name: function} once a round, another first each time: {name: results}."""
    results = {name: [] for name in contestants}
    names = list(contestants)
    for i in range(rounds):
        noise.probe()
        for name in names[i % len(names):] + names[:i % len(names)]:
            results[name].append(contestants[name]())
    return results
