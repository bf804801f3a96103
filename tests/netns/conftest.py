# SPDX-License-Identifier: GPL-2.0-or-later
"""The fixture `bed`, and what it has to say when a test fails."""

import os

import pytest

FACTOR = float(os.environ.get("VIFAGENT_TIMEOUT_FACTOR", "1"))
# Before pytest-timeout looks at it.
os.environ.setdefault("PYTEST_TIMEOUT", str(60 * FACTOR))

from bed import Bed  # noqa: E402
from isolation import private_network  # noqa: E402
from pairs import fewer_scenarios  # noqa: E402
from xenhost import XenHost  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="each scenario on each host with each fate")


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
def fate(request):
    """What befalls vifagentd; one of xenhost.FATES."""
    return getattr(request, "param", "lives")


@pytest.fixture
def xen(bed, fate, request):
    """A host with xenstored and vifagentd; see xenhost.py."""
    xen = XenHost(bed, *getattr(request, "param", "dom0").split("/"), fate=fate)
    yield xen
    xen.check()


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--long"):
        chosen = fewer_scenarios(items)
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen
    mark_for_valgrind(items)


def mark_for_valgrind(items):
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
