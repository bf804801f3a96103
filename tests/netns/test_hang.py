# SPDX-License-Identifier: GPL-2.0-or-later
"""xenstored hangs (SIGSTOP): nobody else is harmed, and all is well when it goes on."""

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from bed import WRAPPER
HANG = 20  # s: far beyond the 5 s after which xenstored counts as silent

where_the_daemon_reports = pytest.mark.parametrize(
    "xen", ["no-script", "driver-domain"], indirect=True)


def stop(xs):
    pid = xs.process.pid
    assert Path(f"/proc/{pid}/comm").read_text().strip() in ("xenstored", "oxenstored")
    os.kill(pid, signal.SIGSTOP)


@contextlib.contextmanager
def hanging(xs, seconds=0):
    """xenstored hangs in this block, and for so many seconds at least."""
    end = time.monotonic() + seconds
    stop(xs)
    try:
        yield
        time.sleep(max(0, end - time.monotonic()))
    finally:
        os.kill(xs.process.pid, signal.SIGCONT)


def running(xen, n=1):
    """NICs in order from vif5.0 on, and a tap that was attached by hand."""
    xen.bridge("br0")
    nics = [xen.plugged(5 + i) for i in range(n)]
    xen.bed.until(lambda: all(nic.status() == "connected" for nic in nics), timeout=20)
    xen.watch.catch_up(timeout=20)  # before a test takes a port away
    xen.bed.until(lambda: all(xen.on(f"vif{5 + i}.0") for i in range(n)))
    xen.bed.tap("tap7")
    xen.bed.vifctl("attach", "tap7", "br0", check=0)
    return nics


def puts_the_tap_back(xen):
    xen.bed.ip("link set tap7 nomaster")
    xen.bed.until(lambda: xen.bed.in_place("tap7"), timeout=1)


def says_once(xen, text, timeout=8):
    lines = lambda: [line for line in xen.daemon.log().splitlines() if line.startswith(text)]
    xen.bed.until(lines, timeout=timeout)
    assert len(lines()) == 1


# The daemon

@pytest.mark.parametrize("xen", ["dom0", "driver-domain", "dom0/oxenstored"], indirect=True)
def test_while_nothing_happens(xen):
    running(xen)
    with hanging(xen.xs, HANG):
        puts_the_tap_back(xen)
        xen.bed.ip("link set vif5.0 nomaster")  # its keys are asked for, in vain
        puts_the_tap_back(xen)
        says_once(xen, "xenstored does not answer")
        xen.daemon.reload()
        puts_the_tap_back(xen)
    xen.bed.until(lambda: xen.on("vif5.0"))
    says_once(xen, "xenstored answers again")


def test_sigterm_is_obeyed_at_once(xen):
    running(xen)
    with hanging(xen.xs):
        xen.bed.ip("link set vif5.0 nomaster")
        xen.bed.until(lambda: not xen.on("vif5.0"))
        puts_the_tap_back(xen)
        assert xen.daemon.term(timeout=2) == 0


def test_before_the_daemon_starts(xen):
    """It is ready without xenstored, and catches up."""
    running(xen)
    xen.daemon.kill()
    xen.bed.ip("link set vif5.0 nomaster")
    xen.bed.ip("link set tap7 nomaster")
    with hanging(xen.xs, HANG):
        xen.daemon.start(wait=False)
        xen.bed.until(lambda: xen.bed.in_place("tap7"), timeout=2)
        xen.daemon.wait_ready(8)
        says_once(xen, "xenstored does not answer")
        puts_the_tap_back(xen)
    xen.bed.until(lambda: xen.on("vif5.0"))


@where_the_daemon_reports
def test_in_the_middle_of_a_join_or_a_report(xen):
    """Whichever it was: a moment more each time, and the last hang is a long one."""
    running(xen)
    for i in range(8):
        nic = xen.plug(20 + i)
        xen.bed.vif(f"vif{20 + i}.0")
        time.sleep(i * 0.0007)
        with hanging(xen.xs, HANG if i == 7 else 0):
            puts_the_tap_back(xen)
        xen.bed.until(lambda i=i, nic=nic: xen.on(f"vif{20 + i}.0") and xen.connected(nic))


@pytest.mark.parametrize("xen", ["no-script"], indirect=True)
def test_in_the_middle_of_a_restart_over_100(xen):
    running(xen, 100)
    xen.daemon.kill()
    with xen.bed.count_netlink_changes() as changes:
        xen.daemon.start(wait=False)
        time.sleep(0.02)
        with hanging(xen.xs, HANG):
            xen.daemon.wait_ready(8)
        xen.daemon.reload()
    assert changes == []
    puts_the_tap_back(xen)


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "asked"])
def test_it_is_killed_while_it_hangs(xen, busy):
    """What waited for the old one goes on with the new one."""
    running(xen)
    stop(xen.xs)
    if busy:
        xen.bed.ip("link set vif5.0 nomaster")
    puts_the_tap_back(xen)
    xen.xs.restart()
    xen.begin_watching()
    xen.bed.until(lambda: xen.daemon.log().count("connected to xenstored") == 2, timeout=8)
    puts_the_tap_back(xen)
    assert busy or xen.on("vif5.0"), "an empty store tells nothing of a death"


def test_not_even_a_connection_is_to_be_had(xen):
    """connect() itself hangs: so many others wait for it."""
    nic, = running(xen)
    env = xen.bed.script_env(nic)
    xen.daemon.kill()
    with hanging(xen.xs), contextlib.ExitStack() as others:
        while True:
            other = others.enter_context(socket.socket(socket.AF_UNIX))
            other.setblocking(False)
            try:
                other.connect(xen.xs.path)
            except BlockingIOError:
                break
        xen.daemon.start(wait=False)
        xen.daemon.wait_ready(8)
        puts_the_tap_back(xen)
        assert "xenstored does not answer" in script(xen.bed, env, check=1).out
        assert xen.daemon.term(timeout=2) == 0


# The doors

def script(bed, env, action="online", check=None):
    return bed.run([*bed.script_argv(), action, "type_if=vif"], env=env, merge=True, check=check)


def test_verbs_that_concern_no_nic_do_not_ask_it(xen):
    running(xen)
    xen.bed.tap("tap8")
    with hanging(xen.xs):
        for verb in (["attach", "tap8", "br0"], ["show", "tap8"], ["plan", "tap8"],
                     ["detach", "tap8"], ["show", "tap7"], ["create", "br0", "web0", "owner=0"],
                     ["delete", "web0"], ["run", "--nic", "br0", "--", "true", "{fd}"]):
            assert xen.bed.vifctl(*verb, check=0, timeout=4).err == ""


def test_the_others_say_what_they_can_and_that_it_is_silent(xen):
    running(xen)
    with hanging(xen.xs, HANG):
        for verb, says in (["list"], ["vif5.0", "tap7"]), (["show", "vif5.0"], ["vif5.0"]), \
                          (["plan"], ["vif5.0"]):
            result = xen.bed.vifctl(*verb, timeout=7)
            assert "note: xenstored does not answer" in result.err
            assert result.rc == 0 and all(name in result.out for name in says)
    assert xen.bed.vifctl("list", check=0).err == ""


@pytest.mark.skipif(bool(WRAPPER), reason="valgrind says something, too, when a signal handler ends the program")
def test_the_script_ends_with_a_sentence(xen):
    """Within script-wait + 5 s."""
    nic, = running(xen)
    env = xen.bed.script_env(nic)
    with hanging(xen.xs, HANG):
        result = script(xen.bed, env, check=1)
        assert result.out == "vif-agent: vif5.0: xenstored does not answer\n"
        # what is taken away needs no xenstored
        script(xen.bed, env, "offline", check=0)
        assert not xen.on("vif5.0")


@pytest.mark.skipif(bool(WRAPPER), reason="valgrind takes longer than the script may")
def test_the_script_is_struck_at_some_moment(bed):
    """It has joined the link and said so, or it says what is the matter."""
    bed.conf.write_text("[xen]\nscript-wait = 1\n")
    bed.xenstored()
    bed.bridge("br0")
    for i in range(8):
        nic = bed.nic(bed.xs, 5 + i, 0)
        nic.netback_ready()
        bed.vif(f"vif{5 + i}.0")
        running = bed.script_background("online", "vif", nic)
        time.sleep(0.001 + i * 0.0005)
        with hanging(bed.xs):
            result = running.wait(8)
        assert result.rc in (0, 1)
        assert result.rc == 0 or "xenstored does not answer" in result.out
        # and is run again with success
        bed.script("online", "vif", nic, check=0)
        assert nic.status() == "connected" and bed.in_place(f"vif{5 + i}.0")
