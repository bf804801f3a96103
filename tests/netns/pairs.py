# SPDX-License-Identifier: GPL-2.0-or-later
"""Which combinations of a test's parameters are run, where all of them are too many."""

from itertools import combinations, groupby


def _pairs(combination):
    """All pairs of its values, each with its place."""
    return set(combinations(enumerate(combination), 2))


def all_pairs(rows):
    """A part of these tuples that has each pair of values that any of them has; always the same."""
    missing = set().union(*map(_pairs, rows))
    chosen = []
    while missing:
        best = max(rows, key=lambda row: len(_pairs(row) & missing))
        chosen.append(best)
        missing -= _pairs(best)
    return chosen


def _row(item):
    """A scenario (with its other parameters), its host, its fate."""
    host, fate = item.callspec.params.get("xen", "dom0"), item.callspec.params["fate"]
    others = item.callspec.id.replace(fate, "", 1).replace(host, "", 1)
    return (item.originalname, others), host, fate


def fewer_scenarios(items):
    """The tests without those whose pairs of scenario, host and fate others of the same file have."""
    scenarios = [item for item in items if "fate" in getattr(getattr(item, "callspec", None), "params", ())]
    left_out = set()
    for _, group in groupby(scenarios, lambda item: item.path):
        rows = {_row(item): item for item in group}
        left_out |= {rows[row] for row in set(rows) - set(all_pairs(list(rows)))}
    return [item for item in items if item not in left_out]
