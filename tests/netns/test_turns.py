# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs of ours act on links one at a time, and nobody waits for long."""

import fcntl
from pathlib import Path

import pytest

LOCK = Path("/run/vifagent/lock")


@pytest.fixture
def taken(bed):
    """Another program, which has been stopped, has taken its turn."""
    bed.bridge("br0")
    LOCK.parent.mkdir()
    with LOCK.open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield bed


def test_who_has_waited_goes_on_without(taken):
    taken.tap("tap0")
    taken.vifctl("attach", "tap0", "br0", check=0)
    assert taken.in_place("tap0")


def test_the_daemon_does_too(taken):
    taken.daemon()
    taken.tap("tap0")
    taken.vifctl("attach", "tap0", "br0", check=0)
    taken.ip("link set tap0 nomaster")
    taken.until(lambda: taken.in_place("tap0"))


def test_a_turn_is_waited_for(bed):
    """A program that looks on while the other acts finds it done."""
    bed.bridge("br0")
    LOCK.parent.mkdir()
    bed.tap("tap0")
    with LOCK.open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        running = bed.background(bed.vifctl_argv("attach", "tap0", "br0"))
        bed.never(lambda: bed.link("tap0").alias, seconds=0.05)
    running.wait(check=0)
    assert bed.in_place("tap0")


@pytest.mark.parametrize("obstacle", ["a symlink", "a directory", "no place"])
def test_without_the_file_it_works_all_the_same(bed, obstacle):
    bed.bridge("br0")
    target = bed.dir / "target"
    if obstacle == "no place":
        LOCK.parent.symlink_to("/nonexistent/place")
    else:
        LOCK.parent.mkdir()
    if obstacle == "a symlink":
        LOCK.symlink_to(target)
    if obstacle == "a directory":
        LOCK.mkdir()
    bed.tap("tap0")
    bed.vifctl("attach", "tap0", "br0", check=0)
    assert bed.in_place("tap0") and not target.exists()


def test_the_file_is_root_s(bed):
    bed.bridge("br0")
    bed.tap("tap0")
    bed.vifctl("attach", "tap0", "br0", check=0)
    status = LOCK.stat()
    assert (status.st_uid, status.st_mode & 0o777, status.st_size) == (0, 0o600, 0)
    assert LOCK.parent.stat().st_mode & 0o022 == 0


def test_a_program_that_is_run_does_not_inherit_it(bed):
    bed.bridge("br0")
    done = bed.vifctl("run", "--nic", "br0", "--", "sh", "-c", "ls -l /proc/self/fd; : {fd}", check=0)
    assert str(LOCK) not in done.out
