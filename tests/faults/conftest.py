# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: see `run`."""

import os
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/netns"))
os.environ.setdefault("VIFAGENT_BUILD", str(TOP / "build/gcc"))


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="also every call of the daemon, not each call site once")
    parser.addoption("--kind", action="append", default=[], help="only calls of this kind (malloc, recvmsg, ...)")
