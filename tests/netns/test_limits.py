# SPDX-License-Identifier: GPL-2.0-or-later
"""Few descriptors, large messages, processes that end at a bad moment: a state that ends."""

import contextlib
import signal

import pytest

from bed import WRAPPER
PROGRAMS = 60
FEW = 100  # descriptors; 64 of them are kept


def is_port(bed, name):
    link = bed.link(name)
    return link and link.up and link.master == "br0"


def programs(bed, count=PROGRAMS):
    """Programs with a tap each that they are to open by its name."""
    running = [bed.background(bed.vifctl_argv("run", "--nic", f"br0,name=w{i}", "--", "sleep",
                                              "1000")) for i in range(count)]
    bed.until(lambda: all(is_port(bed, f"w{i}") for i in range(count)), timeout=20)
    return running


def taps(bed):
    return [name for name in bed.links() if name.startswith("w")]


# Descriptors

@pytest.mark.skipif(bool(WRAPPER), reason="valgrind keeps some descriptors for itself")
def test_the_soft_limit_is_raised(bed):
    """systemd's is 1,024; a descriptor is needed for each program."""
    bed.bridge("br0")
    daemon = bed.daemon(under=["prlimit", f"--nofile={FEW}:4096"])
    for program in programs(bed):
        program.process.kill()
    bed.until(lambda: not taps(bed))
    assert "cannot" not in daemon.log()


def test_without_descriptors_ports_are_kept_and_links_go_later(bed):
    bed.xenstored()
    bed.bridge("br0")
    daemon = bed.daemon(under=["prlimit", f"--nofile={FEW}:{FEW}"])
    running = programs(bed)
    assert daemon.log().count("cannot wait for the end of processes") == 1
    # what comes now is served
    bed.ip("link set w59 nomaster")
    bed.until(lambda: is_port(bed, "w59"))
    bed.xs.restart()
    bed.until(lambda: daemon.log().count("connected to xenstored") == 2)
    nic = bed.nic(bed.xs, 5, 0)
    nic.netback_ready()
    bed.vif("vif5.0")
    bed.script("online", "vif", nic, check=0)
    bed.ip("link set vif5.0 nomaster")
    bed.until(lambda: bed.in_place("vif5.0"))
    for program in running:
        program.process.kill()
    # within 10 s, at which processes are looked for
    bed.until(lambda: not taps(bed), timeout=15)


# Messages

@contextlib.contextmanager
def odd_link(bed):
    """A link with so many alternative names that its message is larger than 32 KiB."""
    bed.ip("link add odd type veth peer name even")
    try:
        for start in range(0, 300, 20):
            names = " ".join(f"altname {'x' * 110}{i:03}" for i in range(start, start + 20))
            bed.ip(f"link property add dev odd {names}")
        yield
    finally:
        bed.delete("odd")


@pytest.mark.parametrize("first", ["the link", "the daemon"])
def test_one_odd_link_is_no_matter(bed, first):
    bed.bridge("br0")
    if first == "the daemon":
        daemon = bed.daemon()
    with odd_link(bed):
        if first == "the link":
            daemon = bed.daemon()
        bed.tap("tap7")
        bed.vifctl("attach", "tap7", "br0", check=0)
        bed.ip("link set tap7 nomaster")
        bed.until(lambda: bed.in_place("tap7"))
        assert bed.listed("tap7")["state"] == "ok"
        bed.vifctl("run", "--nic", "br0", "--", "true", "{fd}", check=0)
        # also when it is what changes, and when it is the link itself
        bed.up("odd")
        bed.ip("link set tap7 nomaster")
        bed.until(lambda: bed.in_place("tap7"))
        bed.vifctl("attach", "odd", "br0", check=0)
        bed.ip("link set odd nomaster")
        bed.until(lambda: bed.in_place("odd"))
        daemon.reload()
    assert daemon.term() == 0


# Processes

@pytest.mark.skipif(bool(WRAPPER), reason="strace sees valgrind's system calls")
def test_a_process_that_ended_before_it_could_be_watched(bed):
    """pidfd_open() says ESRCH: its link goes now, and not in 10 s."""
    bed.bridge("br0")
    trace = bed.dir / "trace"
    daemon = bed.daemon(under=["strace", "-f", "-o", trace, "-e", "trace=pidfd_open",
                               "-e", "inject=pidfd_open:delay_enter=1000000"],
                        env={"ASAN_OPTIONS": "detect_leaks=0"})
    program, = programs(bed, 1)
    bed.until(lambda: "pidfd_open(" in trace.read_text())
    program.process.kill()
    program.wait(check=-signal.SIGKILL)
    bed.until(lambda: not taps(bed), timeout=4)
    assert "ESRCH" in trace.read_text()
    daemon.process.terminate()
