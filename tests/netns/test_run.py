# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl run: programs that are given their taps.  With QEMU itself: tests/qemu."""

import os
import re
import signal

import pytest

from test_hand import refused
from test_taps import MAC, PORT_OF_MAC, owner

SLEEP = ["sleep", "1000"]


@pytest.fixture(params=["alone", "with the daemon"])
def host(bed, request):
    bed.bridge("br0")
    bed.bridge("br1")
    if request.param != "alone":
        bed.daemon()
    return bed


def nics(*specs):
    return [word for spec in specs for word in ("--nic", spec)]


def run(bed, specs, *program, check=0, **kwargs):
    return bed.vifctl("run", *nics(*specs), "--", *program, check=check, **kwargs)


def start(bed, specs, *program):
    """In the background."""
    return bed.background(bed.vifctl_argv("run", *nics(*specs), "--", *program))


def sh(script):
    return ["sh", "-c", script]


def test_it_becomes_the_program_with_its_tap_open(host):
    running = start(host, [f"br0,mac={MAC},name=web0"], *sh("echo $$ {fd} {mac} {mtu} {name}; exec sleep 1000"))
    host.until(lambda: "\n" in running.output())
    pid, fd, *rest = running.output().split()
    assert int(pid) == running.pid and rest == [MAC, "1500", "web0"]
    assert os.readlink(f"/proc/{pid}/fd/{fd}") == "/dev/net/tun"
    assert host.in_place("web0", mac=PORT_OF_MAC) and host.link("web0").operstate != "down"
    assert "web0" in host.listed()
    assert f"iff:\tweb0" in open(f"/proc/{pid}/fdinfo/{fd}").read()
    running.process.kill()
    host.until(lambda: host.links() == ["br0", "br1"])
    host.until(lambda: host.listed() == {})


def test_the_program_inherits_nothing_else(bed):
    bed.bridge("br0")
    before = set(run(bed, [], *sh("ls /proc/self/fd")).out.split())
    after = set(run(bed, ["br0"], *sh("ls /proc/self/fd; : {fd}")).out.split())
    assert len(after - before) == 1
    status = run(bed, ["br0"], "grep", "^Sig[BI]", "/proc/self/status", "/{fd}", check=2).out
    expected = bed.run(["grep", "^Sig[BI]", "/proc/self/status"]).out
    assert [line.split(":", 1)[1] for line in status.splitlines()] == expected.splitlines()


def test_several_nics_on_two_networks(host):
    result = run(host, ["br0,name=a0", "br1,name=b0,mtu=1400", "br0,name=c0"],
                 *sh("ip -br link; echo {fd} {fd1} {fd2} {mtu1}; bridge link"))
    assert re.search(r"a0: .* master br0 ", result.out) and re.search(r"b0: .* mtu 1400 master br1 ", result.out)
    *fds, mtu = re.search(r"^(\d+) (\d+) (\d+) (\d+)$", result.out, re.M).groups()
    assert len(set(fds)) == 3 and mtu == "1400"
    assert host.link("br1").mtu == 1500


def test_qemus_arguments_are_written(bed):
    bed.bridge("br0", mtu=9000)
    qemu = bed.dir / "qemu-system-x86_64"
    qemu.symlink_to("/bin/echo")
    vhost = os.path.exists("/dev/vhost-net")
    out = run(bed, [f"br0,mac={MAC}"], qemu, "-m", "128").out
    assert re.fullmatch(rf"-m 128 -netdev tap,id=vifnic0,fd=\d+{',vhost=on,vhostfd=[0-9]+' if vhost else ''} "
                        rf"-device virtio-net-pci,netdev=vifnic0,mac={MAC},host_mtu=9000\n", out)
    out = run(bed, ["br0,queues=3", "br0,model=e1000"], qemu, "-j").out
    assert re.search(r"^-j -netdev tap,id=vifnic0,fds=\d+:\d+:\d+", out)
    assert ",mq=on,vectors=8 " in out and re.search(r"-device e1000,netdev=vifnic1,mac=52:54:00:[0-9a-f:]{8}$", out)


def test_each_nic_has_a_mac_of_its_own(bed):
    bed.bridge("br0")
    macs = [run(bed, ["br0"], "echo", "{mac}", "#{fd}").out.split()[0] for _ in range(5)]
    assert len(set(macs)) == 5 and all(mac.startswith("52:54:00:") for mac in macs)


def test_several_queues(bed):
    bed.bridge("br0")
    out = run(bed, ["br0,queues=4,name=web0"], *sh("echo {fds}; cat /sys/class/net/{name}/tun_flags; ls /proc/self/fd | wc -l")).out
    fds, flags, _ = out.split()
    assert len(set(fds.split(":"))) == 4 and int(flags, 16) & 0x100


@pytest.mark.parametrize("specs, program, words", [
    (["nobr"], ["echo", "{fd}"], "bridge nobr does not exist"),
    (["br0", "nobr"], ["echo", "{fd}", "{fd1}"], "bridge nobr does not exist"),
    (["br0,name=web0", "nobr"], ["echo", "{name}", "{fd1}"], "bridge nobr does not exist"),
    (["br0,name=web0", "br0,name=web0"], ["echo", "{fd}", "{fd1}"], "name web0 is already used by another link"),
    (["br0,name=br1"], ["echo", "{fd}"], "name br1 is already used by another link"),
    (["br0"], ["/no/such/program", "{fd}"], "cannot run"),
    (["br0,name=web0"], ["/no/such/program", "{name}"], "cannot run"),
    (["br0,model=a b"], ["echo", "{fd}"], "is not a valid QEMU device name"),
    (["br0,model=e1000,queues=2"], ["echo", "{fds}"], "only with virtio-net"),
    (["br0,mac=x"], ["echo", "{fd}"], "is not a MAC address"),
])
def test_what_cannot_be_leaves_nothing(host, specs, program, words):
    assert words in refused(host, "run", *nics(*specs), "--", *program)


@pytest.mark.parametrize("args, words", [
    ([], "run takes"),
    (["--nic", "br0"], "run takes"),
    (["--nic", "br0", "--", "cat"], "is not QEMU"),
    (["--nic", "br0", "--", "cat", "{fd1}"], "there are 1"),
    (["--nic", "br0,queues=2", "--", "cat", "{fd}"], "write {fds}"),
    (["--nic", "br0,x=1", "--", "cat", "{fd}"], "--nic: unknown argument"),
    (["--nic", "", "--", "cat", "{fd}"], "--nic takes"),
    (["--nic"], "--nic takes"),
    (["--nic", "br0,owner=0", "--", "cat", "{fd}"], "are only for a program that opens its tap by {name}"),
    (["--nic", "br0", "--nic", "br0,group=0", "--", "cat", "{name}", "{fd1}"], "are only for a program that opens"),
    (["--net", "br0", "--", "cat"], "run: unknown option"),
])
def test_wrong_usage(bed, args, words):
    bed.bridge("br0")
    err = bed.vifctl("run", *args, check=2).err
    assert words in err and err.count("\n") == 1 and bed.links() == ["br0"]


# Programs that open their tap themselves

def by_name(bed, *spec):
    running = start(bed, [",".join(["br0", "name=web0", *spec])], *SLEEP)
    bed.until(lambda: open(f"/proc/{running.pid}/comm").read() == "sleep\n")
    return running


def test_by_name_it_is_there_and_may_be_opened(host):
    running = by_name(host, "owner=nobody")
    assert host.in_place("web0", mac=host.link("web0").mac) and owner("web0") == (65534, -1)
    assert f" process={running.pid}." in host.link("web0").alias
    assert not any(os.readlink(f.path) == "/dev/net/tun" for f in os.scandir(f"/proc/{running.pid}/fd"))
    running.process.kill()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_daemon_deletes_it_when_the_program_ends(bed, how):
    bed.bridge("br0")
    daemon = bed.daemon()
    running = by_name(bed)
    bed.until(lambda: "web0: attached to bridge br0" in daemon.log())
    bed.never(lambda: not bed.link("web0"), seconds=0.2)
    running.process.send_signal(how)
    # A zombie has no tap open.
    bed.until(lambda: bed.links() == ["br0"])
    bed.until(lambda: "web0: deleted" in daemon.log())


@pytest.mark.parametrize("first", ["the daemon", "the program"])
def test_also_when_the_daemon_was_not_there(bed, first):
    bed.bridge("br0")
    daemon = bed.daemon()
    running = by_name(bed)
    bed.until(lambda: "web0: attached to bridge br0" in daemon.log())
    for end in (daemon.kill, running.process.kill) if first == "the daemon" else (running.process.kill, daemon.kill):
        end()
    running.process.wait()
    daemon.start()
    bed.until(lambda: bed.links() == ["br0"])


def test_it_stays_while_the_daemon_is_restarted(bed):
    bed.bridge("br0")
    daemon = bed.daemon()
    running = by_name(bed)
    daemon.restart()
    bed.listed()
    assert bed.link("web0")
    running.process.kill()
    bed.until(lambda: bed.links() == ["br0"])


def test_another_process_of_the_same_number_is_not_it(bed):
    bed.bridge("br0")
    bed.vifctl("create", "br0", "web0", check=0)
    bed.vifctl("create", "br0", "web1", check=0)
    alias = bed.link("web0").alias
    bed.ip(f"link set web0 alias '{alias} process={os.getpid()}.1'")
    bed.daemon()
    bed.until(lambda: sorted(bed.links()) == ["br0", "web1"])


@pytest.mark.parametrize("when", range(1, 16))
@pytest.mark.parametrize("use", ["{fd}", "{name}"])
def test_killed_before_it_is_the_program(bed, use, when):
    bed.bridge("br0")
    argv = ["strace", "-f", "-o", bed.dir / "trace", "-e", "trace=sendto,sendmsg,ioctl,fcntl,execve",
            "-e", f"inject=sendto,sendmsg,ioctl,fcntl:signal=KILL:when={when}",
            *bed.vifctl_argv("run", "--nic", "br0,name=web0", "--", "true", use)]
    bed.run(argv, check=None, env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert set(bed.links()) <= {"br0", "web0"}
    if use == "{fd}":
        assert bed.links() == ["br0"]
    bed.daemon()
    bed.until(lambda: bed.links() == ["br0"])


def test_fifty_at_once(bed):
    bed.bridge("br0")
    bed.daemon()
    before = bed.link("br0")
    running = [start(bed, ["br0"], *sh("echo {name} {fd}; exec sleep 1000")) for _ in range(50)]
    bed.until(lambda: all("\n" in each.output() for each in running), timeout=30)
    names = [each.output().split()[0] for each in running]
    assert len(set(names)) == 50 and sorted(names) == bed.ports("br0")
    for each in running:
        each.process.kill()
    bed.until(lambda: bed.links() == ["br0"], timeout=30)
    after = bed.link("br0")
    assert (after.mac, after.mtu) == (before.mac, before.mtu)
    bed.until(lambda: bed.listed() == {})


def test_a_program_lives_whose_first_thread_has_ended(host):
    daemon = host.daemon()
    program = ("import ctypes, threading, time; threading.Thread(target=time.sleep, args=(60,)).start();"
               "ctypes.CDLL(None).pthread_exit(None)")
    running = start(host, ["br0,name=web0"], "/usr/bin/python3", "-c", program, "{name}")
    host.until(lambda: open(f"/proc/{running.pid}/stat").read().rpartition(")")[2].split()[0] == "Z")
    daemon.reload()
    assert host.listed("web0")["state"] == "ok"
    daemon.restart()
    assert host.link("web0") and host.listed("web0")["state"] == "ok"
    running.process.kill()
    host.until(lambda: not host.link("web0"))
