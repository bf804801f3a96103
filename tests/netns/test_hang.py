# SPDX-License-Identifier: GPL-2.0-or-later
"""xenstored hangs (SIGSTOP): nobody else is harmed, and all is well when it goes on."""

import contextlib
import os
import re
import signal
import time
from pathlib import Path

import pytest


def pid_of(xs):
    pid = xs.process.pid
    assert Path(f"/proc/{pid}/comm").read_text().strip() in ("xenstored", "oxenstored")
    return pid


@contextlib.contextmanager
def hanging(xs):
    os.kill(pid_of(xs), signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid_of(xs), signal.SIGCONT)


def running(xen, n=1):
    xen.bridge("br0")
    xen.bridge("br1")
    nics = [xen.plugged(5 + i) for i in range(n)]
    for i in range(n):
        xen.bed.until(lambda: xen.on(f"vif{5 + i}.0") and
                      (nics[i].status() if n > 1 else xen.connected(nics[i]) and "connected")
                      == "connected", timeout=20)
    return nics


def by_hand(bed):
    bed.tap("tap7")
    bed.vifctl("attach", "tap7", "br0", check=0)
    assert bed.in_place("tap7")


def put_back(bed, timeout=1):
    start = time.monotonic()
    bed.ip("link set tap7 nomaster")
    bed.until(lambda: bed.in_place("tap7"), timeout=timeout)
    return time.monotonic() - start


def test_idle_a_tap_is_put_back_and_sigterm_obeyed(xen):
    running(xen)
    by_hand(xen.bed)
    with hanging(xen.xs):
        print("put back", put_back(xen.bed))
        xen.bed.ip("link set vif5.0 nomaster")  # its keys are asked for, in vain
        time.sleep(0.2)
        print("put back, worker hung", put_back(xen.bed))
        start = time.monotonic()
        assert xen.daemon.term() == 0
        print("SIGTERM", time.monotonic() - start)
        assert time.monotonic() - start < 1


def test_idle_a_nic_is_put_right_when_it_goes_on(xen):
    running(xen)
    by_hand(xen.bed)
    with hanging(xen.xs):
        xen.bed.ip("link set vif5.0 nomaster")
        xen.bed.until(lambda: "does not answer" in xen.daemon.log(), timeout=7)
        print("put back", put_back(xen.bed))
        xen.daemon.reload()
    xen.bed.until(lambda: xen.on("vif5.0"), timeout=1)
    xen.bed.until(lambda: "answers again" in xen.daemon.log(), timeout=1)


def test_before_start(xen):
    running(xen)
    by_hand(xen.bed)
    xen.daemon.kill()
    xen.bed.ip("link set vif5.0 nomaster")
    xen.bed.ip("link set tap7 nomaster")
    with hanging(xen.xs):
        start = time.monotonic()
        xen.daemon.start(wait=False)
        xen.bed.until(lambda: xen.bed.in_place("tap7"), timeout=1)
        xen.daemon.wait_ready(8)
        print("ready", time.monotonic() - start)
    xen.bed.until(lambda: xen.on("vif5.0"), timeout=2)


def test_before_start_and_then_it_is_killed(xen):
    """The hung worker is the one that goes on."""
    running(xen)
    by_hand(xen.bed)
    xen.daemon.kill()
    os.kill(pid_of(xen.xs), signal.SIGSTOP)
    xen.daemon.start(wait=False)
    xen.bed.until(lambda: "does not answer" in xen.daemon.log(), timeout=8)
    xen.xs.restart()
    xen.bed.until(lambda: xen.daemon.log().count("connected to xenstored") == 2, timeout=8)
    assert xen.on("vif5.0")


def test_killed_while_hung(xen):
    running(xen)
    by_hand(xen.bed)
    os.kill(pid_of(xen.xs), signal.SIGSTOP)
    xen.bed.ip("link set vif5.0 nomaster")
    time.sleep(0.3)
    print("put back", put_back(xen.bed))
    xen.xs.restart()
    xen.bed.until(lambda: xen.daemon.log().count("connected to xenstored") == 2, timeout=8)
    assert xen.bed.in_place("tap7")
    print("put back", put_back(xen.bed))


@pytest.mark.parametrize("xen", ["no-script", "driver-domain"], indirect=True)
def test_in_a_join_and_a_report(xen):
    """It hangs somewhere on the way."""
    running(xen)
    by_hand(xen.bed)
    for i in range(6):
        nic = xen.plug(20 + i)
        xen.bed.vif(f"vif{20 + i}.0")
        time.sleep(i * 0.001)
        with hanging(xen.xs):
            print("put back", put_back(xen.bed))
        xen.bed.until(lambda: xen.on(f"vif{20 + i}.0") and xen.connected(nic), timeout=3)


@pytest.mark.parametrize("xen", ["no-script"], indirect=True)
def test_restart_over_100(xen):
    running(xen, 100)
    by_hand(xen.bed)
    xen.daemon.kill()
    xen.daemon.start(wait=False)
    time.sleep(0.012)
    with hanging(xen.xs):
        xen.bed.until(lambda: xen.bed.in_place("tap7"), timeout=1)
        print("put back", put_back(xen.bed))
        xen.daemon.wait_ready(8)
    with xen.bed.count_netlink_changes() as changes:
        xen.daemon.reload()
    assert changes == []


def test_doors(xen):
    nic, = running(xen)
    env = xen.bed.script_env(nic)
    by_hand(xen.bed)
    with hanging(xen.xs):
        start = time.monotonic()
        r = xen.bed.vifctl("list")
        print("list", r.code if hasattr(r, "code") else r, time.monotonic() - start)
        assert 4.5 < time.monotonic() - start < 6
        assert "tap7" in r.out and "vif5.0" in r.out and "does not answer" in r.err
        start = time.monotonic()
        xen.bed.tap("tap8")
        xen.bed.vifctl("attach", "tap8", "br0", check=0)
        xen.bed.vifctl("detach", "tap8", check=0)
        xen.bed.vifctl("show", "tap7", check=0)
        print("attach, detach, show", time.monotonic() - start)
        assert time.monotonic() - start < 1
        start = time.monotonic()
        r = xen.bed.run([*xen.bed.script_argv(), "online", "type_if=vif"], env=env, merge=True,
                        check=1)
        print("script", time.monotonic() - start, r.out)
        assert "xenstored does not answer" in r.out


def test_backlog_is_full(xen):
    """connect() itself blocks."""
    import socket
    nic, = running(xen)
    env = xen.bed.script_env(nic)
    by_hand(xen.bed)
    xen.daemon.kill()
    socks = []
    with hanging(xen.xs):
        while True:
            s = socket.socket(socket.AF_UNIX)
            s.setblocking(False)
            try:
                s.connect(xen.xs.path)
            except BlockingIOError:
                break
            socks.append(s)
        print(len(socks), "connections")
        start = time.monotonic()
        xen.daemon.start(wait=False)
        xen.daemon.wait_ready(8)
        print("ready", time.monotonic() - start)
        print("put back", put_back(xen.bed))
        start = time.monotonic()
        r = xen.bed.run([*xen.bed.script_argv(), "online", "type_if=vif"], env=env, merge=True,
                        check=1)
        print("script", time.monotonic() - start, r.out)
        start = time.monotonic()
        assert xen.daemon.term() == 0
        print("SIGTERM", time.monotonic() - start)
        for s in socks:
            s.close()


def test_script_is_struck(bed):
    """At some moment of its few milliseconds."""
    bed.conf.write_text("[xen]\nscript-wait = 1\n")
    bed.xenstored()
    bed.bridge("br0")
    took = []
    for i in range(8):
        nic = bed.nic(bed.xs, 5 + i, 0)
        nic.netback_ready()
        bed.vif(f"vif{5 + i}.0")
        env = bed.script_env(nic)
        running = bed.background([*bed.script_argv(), "online", "type_if=vif"], env, merge=True)
        time.sleep(0.0015 + i * 0.0005)
        with hanging(bed.xs):
            r = running.wait(8)
        took.append((r.rc, round(r.seconds, 3), r.out.strip()))
        assert r.rc in (0, 1) and r.seconds < 6.5
        assert r.rc == 0 or "xenstored does not answer" in r.out
    print("struck", took)
