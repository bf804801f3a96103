# SPDX-License-Identifier: GPL-2.0-or-later
"""fail.c itself: it counts all calls of all threads, and has exactly one of them fail."""

import errno
import os
import subprocess
from pathlib import Path

import pytest

from faults import Fault, calls, environment, plan
from xenstore import build_lab

THREADS, ROUNDS = 4, 100


@pytest.fixture(scope="module")
def program():
    return build_lab(Path(__file__).with_name("threads.c"), "-std=gnu11", "-fno-builtin", "-Wall", "-Wextra", "-pthread")


def run(program, env):
    """How many calls failed, and errno."""
    out = subprocess.run([program], env=os.environ | env, capture_output=True, text=True, check=True).stdout
    return tuple(map(int, out.split()))


def recorded(program, log):
    assert run(program, environment(program.name, log)) == (0, 0)
    return calls(log)


@pytest.mark.parametrize("kind, error", [("malloc", "ENOMEM"), ("recvmsg", "ENOBUFS"), ("open", "EMFILE")])
def test_each_call_is_counted_and_one_fails(program, tmp_path, kind, error):
    found = [call for call in recorded(program, tmp_path / "all") if call.kind == kind]
    # Starting threads and printing takes memory, too.
    in_threads = [call for call in found if kind != "malloc" or "strdup" in call.frames[0]]
    assert len(in_threads) == THREADS * ROUNDS
    assert sorted(call.n for call in found) == list(range(1, len(found) + 1)), "no number twice, none left out"
    for nth in 1, THREADS * ROUNDS:
        log = tmp_path / f"one-{nth}"
        fault = Fault(in_threads[0], error, nth)
        assert run(program, environment(program.name, log, fault)) == (1, getattr(errno, error))
        assert len(calls(log)) == 1


def test_a_site_is_the_same_each_time(program, tmp_path):
    sites = [{call.site for call in recorded(program, tmp_path / str(i))} for i in range(2)]
    assert sites[0] == sites[1] and len(sites[0]) < 20


def test_other_programs_are_left_alone(program, tmp_path):
    assert run(program, environment("another", tmp_path / "log")) == (0, 0)
    assert not (tmp_path / "log").exists()


def test_a_plan_has_each_site_once_or_each_call(program, tmp_path):
    found = recorded(program, tmp_path / "log")
    by_site, each = ({fault.call for fault in plan(found, every)} for every in (False, True))
    assert {call.site for call in by_site} == {call.site for call in each} == {call.site for call in found}
    assert len(by_site) == len({call.site for call in found}) and len(each) == len(found)
