# SPDX-License-Identifier: GPL-2.0-or-later
"""The bed itself: what a Guest says of itself, and how it ends."""

import os
import signal

import pytest

from guest import Guest, nic, tap

# QEMU as a grandchild of pytest's
WRAPPED = ["/bin/sh", "-c", '"$@"; exit $?', "sh"]


def gone(pid):
    """Is this process no more than a zombie?"""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_what_a_guest_says(bed):
    macs = ["52:54:00:00:00:01", "52:54:00:00:00:02"]
    args = tap("tap10", model="virtio-net-pci,host_mtu=1400,mq=on", mac=macs[0])
    args[1] += ",queues=2"
    guest = Guest(bed, [*args, *nic("user", model="e1000", mac=macs[1], number=1), "-smp", "2"],
                  ip="10.0.0.2/24,10.1.0.2/24", prefix=WRAPPED).wait_up()
    assert guest.pid != guest.process.pid
    assert (guest.macs, guest.mtus, guest.queues) == (macs, [1400, 1500], [2, 1])
    assert guest.first_ping is None and guest.uptime < guest.seconds
    assert guest.run("printf 'a\\n\\nb'; false") == (1, "a\n\nb")
    _, addresses = guest.run("ip -o -4 address show")
    assert "10.0.0.2/24" in addresses and "10.1.0.2/24" in addresses
    guest.poweroff()
    assert gone(guest.pid) and bed.links() == []


def test_a_guest_that_is_killed_ends_its_wrapper_too(bed):
    guest = Guest(bed, start=False)
    guest.start([*WRAPPED, *guest.argv(tap("tap10"))])
    assert len(guest.wait_up().macs) == 1
    guest.kill()
    assert guest.process.poll() == 128 + signal.SIGKILL


def test_a_guest_does_not_outlive_its_test(bed):
    guest = Guest(bed, tap("tap10"), prefix=WRAPPED)
    bed.until(lambda: guest.pid, 20)
    bed.close()
    assert gone(guest.pid)


def test_a_guest_that_cannot_start_says_why(bed):
    guest = Guest(bed, ["-device", "nosuch"])
    with pytest.raises(AssertionError, match="'nosuch' is not a valid device"):
        guest.wait_up()
    title, text = guest.report()
    assert "exit status: 1" in title and "nosuch" in text


def test_a_guest_that_panics_says_so(bed):
    guest = Guest(bed).wait_up()
    guest.send("exit 3")
    with pytest.raises(AssertionError, match="Attempted to kill init"):
        guest.answer()
    assert [text for title, text in bed.dump() if title.startswith(guest.name)
            if "Attempted to kill init" in text]
    assert not os.path.exists(f"/proc/{guest.pid}") or gone(guest.pid)


def test_jobs_of_a_guest_may_end_at_any_time(bed):
    guest = Guest(bed).wait_up()
    guest.run("for i in $(seq 200); do usleep ${i}0000 & done")
    texts = [f"{i} {'x' * 60}" for i in range(100)]
    assert [guest.run(f"echo {text}") for text in texts] == [(0, text) for text in texts]
