# SPDX-License-Identifier: GPL-2.0-or-later
"""How long things take: figures, for out/figures; nothing fails for being slow."""

import statistics

import pytest
from dom0 import BRIDGE, XENSTORED, Guest, Watch, config, note

pytestmark = [pytest.mark.once, pytest.mark.figures]

SCRIPTS = ["vif-bridge", "vif-agent", "/bin/true"]


def medians(title, seconds):
    note(f"{title}: " + ", ".join(f"{script} {statistics.median(s):.2f} s"
                                  for script, s in seconds.items()))


def test_what_xl_waits_for(guest, no_daemon):
    """xl create and network-attach with Xen's script, ours, and none, by turns."""
    del no_daemon
    create, attach = {s: [] for s in SCRIPTS}, {s: [] for s in SCRIPTS}
    for _ in range(2):
        for script in SCRIPTS:
            g = Guest(vifs=(f"bridge={BRIDGE},script={script}",))
            create[script].append(g.create().seconds)
            g.destroy()
    for _ in range(3):
        for script in SCRIPTS:
            attach[script].append(guest.attach(f"bridge={BRIDGE}", f"script={script}").seconds)
            guest.detach(1)
    medians("xl create", create)
    medians("xl network-attach", attach)
    assert all(create.values()) and all(attach.values())


def when(watch, path, value=None):
    """A watch shows what a node is when it is read, perhaps later than the event: any value may do."""
    return watch.wait(lambda e: e.path == path and value in (None, e.value), 15).time


def test_what_the_guest_waits_for(guest, daemon):
    """From the NIC's keys to a connected frontend and backend: with the script, and with the daemon alone."""
    cases = {"vif-agent": "[xen]\n", "/bin/true": "[xen]\nserve = all\n"}
    for script, text in cases.items():
        front, back = [], []
        with config(text, daemon):
            for _ in range(5):
                backend, frontend = guest.backend(1), f"/local/domain/{guest.domid}/device/vif/1"
                watch = Watch(XENSTORED, [backend, frontend])
                guest.attach(f"bridge={BRIDGE}", f"script={script}")
                keys = when(watch, f"{backend}/state")
                front.append(when(watch, f"{frontend}/state", b"4") - keys)
                back.append(when(watch, f"{backend}/state", b"4") - keys)
                watch.close()
                guest.detach(1)
        note(f"keys to netfront connected, script={script}: {statistics.median(front):.2f} s; "
             f"to netback connected: {statistics.median(back):.2f} s")
    assert daemon.pid()
