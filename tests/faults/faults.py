# SPDX-License-Identifier: GPL-2.0-or-later
"""What can fail, how, and where: the faults that fail.c injects."""

import collections
import errno
import functools
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bed import BUILD
from xenstore import build_lab

# Errors that the kernel gives, by the man pages and its source; fail.c says which functions
# are of a kind.  "lost": netlink's answer, for which there was no memory, is lost as well.
ERRORS = {
    "malloc": ["ENOMEM"],
    "recvmsg": ["ENOBUFS", "ENOBUFS lost", "ENOMEM"],
    "sendmsg": ["ENOBUFS"],
    "connect": ["EAGAIN", "ECONNREFUSED"],
    "socket": ["EMFILE"],
    "bind": ["ENOMEM"],
    "setsockopt": ["ENOMEM"],
    "open": ["EMFILE"],
    "read": ["EINTR", "EIO"],
    "write": ["ENOBUFS", "EPIPE"],
    "ioctl": ["ENOMEM"],
    "poll": ["EINTR", "ENOMEM"],
    "epoll_create": ["EMFILE"],
    "epoll_ctl": ["ENOMEM"],
    "epoll_wait": ["EINTR"],
    "eventfd": ["EMFILE"],
    "timerfd": ["EMFILE"],
    "pipe": ["EMFILE"],
    "inotify": ["EMFILE"],
    "inotify_add": ["ENOSPC"],
    "pidfd_open": ["EMFILE"],
    "pthread_create": ["EAGAIN"],
}

# Calls that never fail so, or in whose failure no program can do anything: kind, and words of
# which any one of their frames contains one, or all of them do.
EXEMPT = [
    # Its signal handler's pipe, which has room, and which it reads only when there is something.
    ("read", any, ("libevent",)),
    ("write", any, ("libevent",)),
    # glibc 2.36 crashes itself where it has no memory for nsswitch.conf.
    ("malloc", any, ("__nss_",)),
    # libxenstore's own thread, which reads: when it meets an error it ends, and tells nobody.  A
    # UNIX socket gives no EIO, and that xenstored has gone is noticed on another one
    # (xen/watch.c); but without memory just there no event comes any more.
    ("read", all, ("libxenstore", "libc")),
    ("malloc", all, ("libxenstore", "libc")),
]


@dataclass(frozen=True)
class Call:
    """A line of fail.c's log."""

    kind: str
    function: str
    n: int  # the n-th of its kind
    site: str
    frames: tuple

    @classmethod
    def of(cls, line):
        kind, function, n, site, *frames = line.split()
        return cls(kind, function, int(n), site, tuple(frames))

    @property
    def is_exempt(self):
        return any(kind == self.kind and which(any(word in frame for word in words) for frame in self.frames)
                   for kind, which, words in EXEMPT)


@dataclass(frozen=True)
class Fault:
    """One call that fails, once: the n-th from its site."""

    call: Call
    error: str
    nth: int

    def __str__(self):
        which = f"{self.call.function}" if self.call.function == self.call.kind else \
            f"{self.call.function} ({self.call.kind})"
        return f"{which}, call {self.nth} from there: {self.error}"


def calls(log):
    """The calls in a log of fail.c."""
    return [Call.of(line) for line in log.read_text().splitlines()] if log.exists() else []


@functools.cache
def shim():
    """fail.c, compiled."""
    return str(build_lab(Path(__file__).with_name("fail.c"), "-std=gnu11", "-fno-builtin", "-Wall", "-Wextra",
                         "-U_FORTIFY_SOURCE", "-shared", "-fPIC"))


def environment(program, log, fault=None):
    """For a program that is to record its calls or, with a fault, to meet it."""
    env = {"LD_PRELOAD": shim(), "FAIL_PROGRAM": program, "FAIL_LOG": str(log)}
    if not fault:
        return env
    error, *lost = fault.error.split()
    return env | {"FAIL_KIND": fault.call.kind, "FAIL_ERRNO": str(getattr(errno, error)), "FAIL_LOSE": str(len(lost)),
                  "FAIL_SITE": fault.call.site, "FAIL_AT": str(fault.nth)}


def plan(recorded, every):
    """The faults to inject: at each call site once, or at every call."""
    from_site = collections.Counter()
    faults = []
    for call in sorted(recorded, key=lambda call: (list(ERRORS).index(call.kind), call.n)):
        from_site[call.site] += 1
        if not call.is_exempt and (every or from_site[call.site] == 1):
            faults += [Fault(call, error, from_site[call.site]) for error in ERRORS[call.kind]]
    return faults


class Symbols:
    """Functions and lines of a program's frames, by addr2line."""

    def __init__(self, program):
        self._program = program
        self._known = {}

    def look_up(self, all_calls):
        """Ask for all of them at once."""
        own = {offset for call in all_calls for module, offset, _ in map(self._split, call.frames)
               if module == self._program}
        asked = sorted(own - self._known.keys())
        if not asked:
            return
        out = subprocess.run(["addr2line", "-f", "-e", BUILD / self._program, *asked], capture_output=True,
                             text=True, check=True).stdout.splitlines()
        for offset, function, place in zip(asked, out[::2], out[1::2]):
            place = os.path.relpath(place.split(" ")[0], Path(__file__).parents[2])
            self._known[offset] = f"{function} ({place})"

    def text(self, call):
        """The call's site, innermost first."""
        return " < ".join(self._frame(frame) for frame in call.frames)

    @staticmethod
    def _split(frame):
        place, symbol = frame.split(":", 1)
        module, offset = place.rsplit("+", 1)
        return module, offset, symbol

    def _frame(self, frame):
        module, offset, symbol = self._split(frame)
        if module == self._program:
            return self._known.get(offset, f"{module}+{offset}")
        return symbol or f"{module.split('.so')[0]}+{offset}"
