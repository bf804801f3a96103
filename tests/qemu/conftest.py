# SPDX-License-Identifier: GPL-2.0-or-later
"""The fixture `bed` of tests/netns, and what guests boot."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

NETNS = Path(__file__).resolve().parents[1] / "netns"
os.environ.setdefault("PYTEST_TIMEOUT", str(180 * float(os.environ.get("VIFAGENT_TIMEOUT_FACTOR", "1"))))
sys.path.insert(0, str(NETNS))

_spec = importlib.util.spec_from_file_location("netns_conftest", NETNS / "conftest.py")
_netns = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_netns)
bed = _netns.bed
pytest_runtest_makereport = _netns.pytest_runtest_makereport

import guest  # noqa: E402


def pytest_configure():
    try:
        guest.build()
    except subprocess.CalledProcessError:
        pytest.exit("tests/qemu/build-guest failed", 1)
