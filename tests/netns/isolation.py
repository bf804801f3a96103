# SPDX-License-Identifier: GPL-2.0-or-later
"""Private namespaces and processes which cannot outlive their test.

Tests run in the main thread of a pytest process.  That thread has its own mount
namespace for good, and a network namespace of its own for each test; the
children it starts, and pyroute2, are in both without further ado.
"""

import contextlib
import ctypes
import functools
import os
import signal
import subprocess
import time
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 2
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name, *args):
    """Call libc's function of that name; -1 becomes an OSError."""
    args = [a.encode() if isinstance(a, str) else a for a in args]
    if getattr(_libc, name)(*args) == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}{args}: {os.strerror(error)}")


@functools.cache
def enter_private_mounts():
    """Once a process: from here on mounts are private, and orphans ours to reap."""
    _call("unshare", CLONE_NEWNS)
    _call("mount", "none", "/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)
    _call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Mounts(contextlib.ExitStack):
    """What is mounted through it goes away with it, in reverse order."""

    def mount(self, fstype, target):
        _call("mount", fstype, str(target), fstype, ctypes.c_ulong(0), None)
        self.callback(_call, "umount2", str(target), MNT_DETACH)


@contextlib.contextmanager
def private_network():
    """A new network namespace, with the /sys that belongs to it and an empty /run."""
    enter_private_mounts()
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _call("unshare", CLONE_NEWNET)
        with Mounts() as mounts:
            mounts.mount("sysfs", "/sys")
            if os.path.exists("/sys/bus/xen-backend"):
                mounts.mount("tmpfs", "/sys/bus")  # else no link could stand in for netback's
            mounts.mount("tmpfs", "/run")
            os.mkdir("/run/lock", 0o1777)
            yield mounts
    finally:
        _call("setns", home, CLONE_NEWNET)
        os.close(home)


def other_network():
    """One more network namespace; returns its file descriptor.  Nobody is in it."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    _call("unshare", CLONE_NEWNET)
    other = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    _call("setns", home, CLONE_NEWNET)
    os.close(home)
    return other


@contextlib.contextmanager
def inside(network):
    """In a network namespace for a while, by its file descriptor."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    _call("setns", network, CLONE_NEWNET)
    try:
        yield
    finally:
        _call("setns", home, CLONE_NEWNET)
        os.close(home)


def _children():
    """Pids of this process's children, adopted orphans included."""
    pids = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            pids.update(int(p) for p in (task / "children").read_text().split())
    return pids - {0}  # the kernel's word for one that is just being reaped; kill(0) is for us all


class Processes:
    """The processes of a test.  None survives reap(), nor pytest's own death."""

    def __init__(self):
        self._others = _children()

    @staticmethod
    def start(argv, **kwargs):
        """Popen for what lives long: it dies with the thread that starts it, whatever happens."""
        return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *map(str, argv)], **kwargs)

    def reap(self):
        """Kill what is left of our descendants: an orphan becomes our child."""
        while left := _children() - self._others:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)


def wait_until(condition, timeout, interval=0.002):
    """Poll until the condition holds; returns its value, or None on time-out."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            return None
        time.sleep(interval)
    return value
