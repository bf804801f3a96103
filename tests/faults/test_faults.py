# SPDX-License-Identifier: GPL-2.0-or-later
"""A call fails, once: every door says so and leaves things as they were, or all comes right; see `run`."""

import os
from pathlib import Path

import pytest

from doors import COMMANDS, DAEMONS
from sweep import Sweep, cores

LOGS = Path(os.environ.get("VIFAGENT_LOGS", Path(__file__).resolve().parents[2] / "build/logs"))


def sweep(request, door, every, side_by_side):
    found = Sweep(door, every, side_by_side, request.config.getoption("kind"))
    LOGS.mkdir(parents=True, exist_ok=True)
    (LOGS / f"faults-{door.__name__}.txt").write_text(found.report(all_outcomes=True) + "\n")
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{found.summary()}", flush=True)
    assert len(found.unreached) <= len(found.faults) / 5, "it does not go the same way each time"
    if found.wrong:
        pytest.fail(found.report(), pytrace=False)


@pytest.mark.parametrize("door", COMMANDS, ids=lambda door: door.__name__)
def test_a_command_fails_cleanly_or_succeeds(request, door):
    """There is time for each of its calls."""
    sweep(request, door, door.every or request.config.getoption("all"), 4 * cores())


@pytest.mark.parametrize("door", DAEMONS, ids=lambda door: door.__name__)
def test_the_daemon_recovers(request, door):
    """It is waiting most of the time."""
    sweep(request, door, request.config.getoption("all"), 6 * cores())
