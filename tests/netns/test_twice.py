# SPDX-License-Identifier: GPL-2.0-or-later
"""What is done twice is done, and what a dead process left stands in nobody's way."""

import os
import signal

import pytest

from macvtaps import host_nic


@pytest.fixture(params=["alone", "with the daemon"])
def host(bed, request):
    bed.bridge("br0")
    bed.bridge("br1")
    if request.param != "alone":
        bed.daemon()
    return bed


def test_create(host):
    for _ in range(2):
        assert host.vifctl("create", "br0", "web0", "owner=root", check=0).out == "web0\n"
    first = host.link("web0")
    host.ip("link set web0 nomaster")
    assert host.vifctl("create", "br0", "web0", check=0).out == "web0\n"
    assert host.link("web0") == first


@pytest.mark.parametrize("other", [["br1", "web0"], ["br0", "web0", "mtu=1400"], ["br0", "web0", "mac=52:54:00:00:00:01"]])
def test_create_of_another_is_no_second_time(host, other):
    host.vifctl("create", "br0", "web0", "mac=52:54:00:00:00:02", check=0)
    before = host.snapshot()
    assert "web0" in host.vifctl("create", *other, check=1).err
    assert host.snapshot() == before


def test_delete(host):
    host.vifctl("create", "br0", "web0", check=0)
    host.vifctl("delete", "web0", check=0)
    assert "note: link \"web0\" does not exist" in host.vifctl("delete", "web0", check=0).err
    assert host.link("web0") is None


def test_attach_and_detach(host):
    host.tap("tap0")
    before = host.snapshot()
    for _ in range(2):
        host.vifctl("attach", "tap0", "br0", check=0)
        assert host.in_place("tap0")
    for note in ("", "note: tap0 is not attached"):
        assert note in host.vifctl("detach", "tap0", check=0).err
        assert host.snapshot() == before


def test_the_scripts_of_qemu(host):
    host.tap("tap0")
    before = host.snapshot()
    for _ in range(2):
        host.vifctl("qemu-ifup", "tap0", check=0, env={"VIF_NETWORK": "br0"})
        assert host.in_place("tap0")
    for _ in range(2):
        host.vifctl("qemu-ifdown", "tap0", check=0)
        assert host.snapshot() == before


def test_the_hotplug_script(host):
    nic = host.nic(host.xenstored(), 5, 0)
    nic.netback_ready()
    host.vif("vif5.0")
    for _ in range(2):
        host.script("online", "vif", nic, check=0)
        assert host.in_place("vif5.0") and nic.status() == "connected"
    for _ in range(2):
        host.script("offline", "vif", nic, check=0)
        assert host.link("vif5.0").master is None


def test_create_whose_answer_nobody_gets_leaves_nothing(host):
    before = host.snapshot()
    argv = host.vifctl_argv("create", "br0", "web0")
    result = host.run(["sh", "-c", 'exec "$0" "$@" >/dev/full', *argv], None)
    assert result.rc == 1 and "cannot write to stdout" in result.err
    host.until(lambda: host.snapshot() == before)


# Without a daemon nobody deletes them but who comes next

SPECS = {
    "a tap by its name": "br0,name=fc0",
    "a macvtap of a fixed address": "vepanet,name=fc0,mac=52:54:00:00:00:09",
    "passthru": "passnet",
}

NETWORKS = """
[network vepanet]
kind = macvtap
device = eth0
mode = vepa
[network passnet]
kind = macvtap
device = eth0
mode = passthru
"""


@pytest.mark.parametrize("what", SPECS)
def test_a_program_that_is_restarted_at_once(bed, what):
    bed.bridge("br0")
    host_nic(bed)
    bed.conf.write_text(NETWORKS)
    program = ["sh", "-c", "test -n {name}"]
    for _ in range(20):
        bed.run(bed.vifctl_argv("run", "--nic", SPECS[what], "--", *program), 0)


def test_a_live_process_keeps_its_tap(bed):
    bed.bridge("br0")
    running = bed.background(bed.vifctl_argv("run", "--nic", "br0,name=fc0", "--", "sh", "-c", "echo {name}; exec sleep 60"))
    bed.until(lambda: "fc0" in running.output())
    before = bed.snapshot()
    assert "fc0" in bed.run(bed.vifctl_argv("run", "--nic", "br0,name=fc0", "--", "sh", "-c", "test -n {name}"), 1).err
    assert bed.snapshot() == before


def test_a_process_of_another_pid_namespace_is_not_taken_for_dead(bed):
    """Its pid is another process's here, or nobody's."""
    bed.bridge("br0")
    daemon = bed.daemon()
    running = bed.background(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
                              *bed.vifctl_argv("run", "--nic", "br0,name=fc0", "--", "sh", "-c", "echo {name}; exec sleep 60")])
    bed.until(lambda: "fc0" in running.output())
    daemon.reload()
    bed.never(lambda: not bed.in_place("fc0", mac=bed.link("fc0").mac))
    assert len(bed.link("fc0").alias.split("process=")[1].split()[0].split(".")) == 3


OPEN = """
import fcntl, os, struct, sys, time
fd = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22x", sys.argv[1].encode(), 0x1002))
if os.fork():
    os._exit(0)
print(os.getpid(), flush=True)
time.sleep(1000)
"""


def test_a_tap_that_a_child_has_open_outlives_its_process(host):
    """A launcher that ends and leaves its VM behind."""
    running = host.background(host.vifctl_argv("run", "--nic", "br0,name=fc0", "--", "/usr/bin/python3", "-c", OPEN, "{name}"))
    host.until(lambda: "\n" in running.output())
    running.wait(check=0)
    for daemon in host.daemons:
        daemon.reload()
    host.never(lambda: not host.in_place("fc0", mac=host.link("fc0").mac))
    assert "fc0" in host.vifctl("run", "--nic", "br0,name=fc0", "--", "test", "-n", "{name}", check=1).err
    os.kill(int(running.output()), signal.SIGKILL)
    host.until(lambda: host.link("fc0").operstate == "down")
    for daemon in host.daemons:
        daemon.reload()
        host.until(lambda: host.link("fc0") is None)
    host.vifctl("run", "--nic", "br0,name=fc0", "--", "test", "-n", "{name}", check=0)
