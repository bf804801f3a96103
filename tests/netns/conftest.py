# SPDX-License-Identifier: GPL-2.0-or-later
"""The fixture `bed`, and what it has to say when a test fails."""

import os

import pytest

FACTOR = float(os.environ.get("VIFAGENT_TIMEOUT_FACTOR", "1"))
# Before pytest-timeout looks at it.
os.environ.setdefault("PYTEST_TIMEOUT", str(60 * FACTOR))

from bed import Bed  # noqa: E402
from isolation import private_network  # noqa: E402
from xenhost import XenHost  # noqa: E402


@pytest.fixture
def bed():
    """A private host for one test."""
    with private_network() as mounts:
        bed = Bed(mounts)
        try:
            yield bed
        finally:
            bed.close()


@pytest.fixture
def xen(bed, request):
    """A host with xenstored and vifagentd; see xenhost.py."""
    xen = XenHost(bed, *getattr(request, "param", "dom0").split("/"))
    yield xen
    xen.check()


def pytest_collection_modifyitems(items):
    """The first case of each test is the one that is also run under valgrind (-m valgrind).

    But for macvtaps: side by side they have one another's /dev/tapN, and are opened by a node of
    their own, for which valgrind knows the system calls (fsopen and others) not yet.
    """
    seen = {"test_bed", "test_macvtap", "test_macvtap_life", "test_macvtap_nodes"}
    for item in items:
        if not seen & {item.module.__name__, item.function}:
            item.add_marker("valgrind")
        seen.add(item.function)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    bed = getattr(item, "funcargs", {}).get("bed")
    if report.failed and report.when == "call" and bed:
        report.sections += bed.dump()
