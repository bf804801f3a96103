# SPDX-License-Identifier: GPL-2.0-or-later
"""Where guests send frames, and where others hear them."""

import os
import select
import threading
from pathlib import Path

from xenstore import FACTOR

HEARD = 0.3 * FACTOR  # seconds: who has not got it by then does not get it


class Wire:
    """Where a guest sends and a victim hears: the fd of a tap, or a packet socket."""

    def __init__(self, fd):
        self.fd = fd

    def send(self, data):
        os.write(self.fd, data)

    def heard(self, seconds=HEARD):
        got = set()
        while select.select([self.fd], [], [], seconds)[0]:
            got.add(os.read(self.fd, 65536))
        return got


def pad(data):
    """br_netfilter cuts off the padding behind an IP packet."""
    return data.ljust(60, b"\0")


def passed(guest, victim, frames):
    """The names of those of the frames that the victim gets."""
    assert len(set(map(pad, frames.values()))) == len(frames), "two frames are the same"
    victim.heard(0)
    got = set()
    for i, data in enumerate(frames.values()):
        guest.send(data)
        if i % 20 == 19:
            got |= victim.heard(0.01)
    got = set(map(pad, got | victim.heard()))
    return {name for name, data in frames.items() if pad(data) in got}


def learned(bed):
    """Addresses that the bridge has learned."""
    return {line.split()[0] for line in bed.run(["bridge", "fdb", "show", "br", "br0"]).out.splitlines()
            if "permanent" not in line}


def without_br_netfilter():
    """It drops and cuts frames itself, which is not what is tested here."""
    for name in ("iptables", "ip6tables", "arptables"):
        file = Path(f"/proc/sys/net/bridge/bridge-nf-call-{name}")
        if file.exists():
            file.write_text("0")


class Flood:
    """A guest that sends these frames in turn, every 50 µs; victims note those that they hear."""

    def __init__(self, tap, frames, victims):
        self.tap, self.frames = tap, frames
        self.sent, self.heard = 0, [set() for _ in victims]
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send)]
        self._threads += [threading.Thread(target=self._listen, args=pair) for pair in zip(victims, self.heard)]

    def _send(self):
        while not self._over.wait(0.00005):
            try:
                self.tap.send(self.frames[self.sent % len(self.frames)])
            except OSError:  # the tap is down
                continue
            self.sent += 1

    def _listen(self, victim, heard):
        while not self._over.is_set():
            heard.update(victim.heard(0.01) & set(self.frames))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()
