# SPDX-License-Identifier: GPL-2.0-or-later
"""The test bed can do what the other tests rely on.  None of this needs vifagent."""

import itertools
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

import bed as bed_module
from isolation import Processes, private_network
from pairs import all_pairs
from xenstore import build_lab

NET_RULE = 'SUBSYSTEM=="net", ACTION=="add", KERNEL=="vif*", RUN+="/bin/touch /run/bed/seen-%k"\n'
LINK_FILE = "[Match]\nOriginalName=vif5.*\n[Link]\nName=web0\nMACAddress=00:11:22:33:44:55\n"


# Isolation

def test_a_test_has_a_network_of_its_own(bed):
    assert bed.links() == []
    bed.vif("vif5.0")
    assert bed.links() == ["vif5.0"]
    assert sorted(os.listdir("/sys/class/net")) == ["lo", "vif5.0"]
    assert "vif5.0" in bed.ip("-o link")
    assert "vif5.0" not in Path("/proc/1/net/dev").read_text()


def test_the_next_test_finds_nothing_of_it(bed):
    assert bed.links() == []
    assert sorted(os.listdir("/run")) == ["bed", "lock"]
    assert bed.link("lo").up


def test_no_process_outlives_its_test():
    processes = Processes()
    script = "setsid sh -c 'sleep 1000 & echo $!; exec sleep 1000' & exec sleep 1000"
    daemon = processes.start(["sh", "-c", script], stdout=subprocess.PIPE)
    orphan = int(daemon.stdout.readline())
    processes.reap()
    assert not Path(f"/proc/{orphan}").exists()
    assert not Path(f"/proc/{daemon.pid}").exists()
    daemon.stdout.close()
    daemon.wait()


# Links

def test_links_are_seen_as_they_are(bed):
    bed.bridge("br0", mtu=1400, mac="02:00:00:00:00:01")
    bed.vif("vif5.0", peer="eth0")
    assert bed.link("nosuch") is None
    vif = bed.link("vif5.0")
    assert (vif.up, vif.master, vif.alias, vif.port) == (False, None, None, {})
    assert (vif.kind, vif.addrgen) == ("veth", "eui64")
    bed.ip("link set vif5.0 master br0 alias 'a b' mtu 1400")
    bed.ip("link set vif5.0 address fe:ff:ff:ff:ff:ff addrgenmode none")
    bed.ip("link set vif5.0 type bridge_slave isolated on")
    bed.ip("link property add dev vif5.0 altname a-long-name-that-tells-more")
    bed.up("vif5.0")
    vif = bed.link("vif5.0")
    assert (vif.up, vif.master, vif.alias, vif.mtu) == (True, "br0", "a b", 1400)
    assert (vif.mac, vif.addrgen, vif.addresses) == ("fe:ff:ff:ff:ff:ff", "none", [])
    assert vif.altnames == ["a-long-name-that-tells-more"]
    assert vif.port["isolated"] == 1
    assert bed.ports("br0") == ["vif5.0"]
    bridge = bed.link("br0")
    assert (bridge.kind, bridge.mac) == ("bridge", "02:00:00:00:00:01")
    assert (bridge.mtu, bridge.up) == (1400, True)
    bed.until(lambda: bed.link("br0").addresses == ["fe80::ff:fe00:1/64"])


def test_frames_pass_between_a_vif_and_its_guest(bed):
    bed.vif("vif5.0", peer="eth0")
    bed.up("vif5.0")
    bed.until(lambda: bed.link("eth0").operstate == "up")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as guest, \
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5)) as host:
        guest.bind(("eth0", 0))
        host.bind(("vif5.0", 0x88B5))
        host.settimeout(5)
        guest.send(b"\xff" * 6 + b"\x02" * 6 + b"\x88\xb5" + b"hello".ljust(46, b"\0"))
        assert host.recv(2000)[14:19] == b"hello"


def test_a_tap_vanishes_when_its_holder_closes_it(bed):
    tap = bed.tap("vif5.0-emu")
    assert bed.link("vif5.0-emu").kind == "tun"
    tap.close()
    assert bed.link("vif5.0-emu") is None


def test_a_persistent_tap_stays(bed):
    bed.tap("vif5.0-emu", hold=False, persistent=True)
    assert bed.link("vif5.0-emu")


def test_link_notifications_are_counted(bed):
    bed.vif("vif5.0")
    bed.up("vif5.0")  # the kernel does not tell of a new alias while a link is down
    with bed.count_netlink_changes() as seen:
        bed.link("vif5.0")
        bed.until(lambda: bed.link("vif5.0").operstate == "down")  # which is told, but not counted
    assert seen == []
    with bed.count_netlink_changes() as seen:
        bed.ip("link set vif5.0 alias x")
        bed.ip("link set vif5.0 alias x")
    assert seen == [("new", "vif5.0")] * 2
    with bed.count_netlink_changes() as seen:
        bed.delete("vif5.0")
    assert seen == [("new", "vif5.0"), ("del", "vif5.0")]  # it goes down first


# xenstored

def test_values_are_bytes(bed):
    xs = bed.xenstored()
    xs.write("/a/empty", "")
    xs.write("/a/hostile", b"\0\xff\n$(reboot)")
    xs.write("/a/number", 5)
    assert xs.dump("/a") == {
        "/a": b"", "/a/empty": b"", "/a/hostile": b"\0\xff\n$(reboot)", "/a/number": b"5",
    }
    assert xs.read("/b") is None
    assert xs.ls("/b") == []
    xs.rm("/a")
    xs.rm("/a")
    assert xs.ls("/a") == []


def test_a_large_directory_is_listed_in_full(bed):
    xs = bed.xenstored()
    names = [f"a-rather-long-name-{i}" for i in range(500)]
    for name in names:
        xs.write(f"/large/{name}", "")
    assert sorted(xs.ls("/large")) == sorted(names)


def test_a_transaction_is_one_event(bed):
    xs = bed.xenstored()
    watch = xs.watch("/a")
    with xs.txn() as tree:
        for value in "123":
            tree.write("/a/b", value)
    watch.catch_up()
    assert watch.paths == ["/a/b"]
    assert watch.events[0].value == b"3"


def test_a_transaction_that_fails_leaves_nothing(bed):
    xs = bed.xenstored()
    with pytest.raises(ZeroDivisionError), xs.txn() as tree:
        tree.write("/a", 1 / 0)
    with pytest.raises(BlockingIOError), xs.txn() as tree:
        tree.write("/a", "ours")
        xs.write("/a", "another's")
    assert xs.read("/a") == b"another's"


def test_a_conflicting_transaction_is_tried_again(bed):
    xs = bed.xenstored()
    xs.write("/a", "1")
    tries = []

    def increment(tree):
        value = int(tree.read("/a"))
        if not tries:
            xs.write("/a", "10")
        tries.append(value)
        tree.write("/a", value + 1)

    xs.atomically(increment)
    assert (tries, xs.read("/a")) == ([1, 10], b"11")


@pytest.mark.parametrize("kind", ["c", "oxenstored"])
def test_a_domains_life(bed, kind):
    xs = bed.xenstored(kind)
    watch = xs.watch("@introduceDomain", "@releaseDomain", "/local/domain/5")
    xs.domain(5)
    watch.wait(lambda event: event.path == "@introduceDomain")
    assert xs.is_introduced(5)

    watch.clear()
    xs.shutdown_domain(5)
    watch.wait(lambda event: event.path == "@releaseDomain")
    assert xs.is_introduced(5)
    assert xs.read("/local/domain/5/data") == b""

    watch.clear()
    xs.destroy_domain(5)
    watch.wait(lambda event: event.path == "@releaseDomain")
    assert not xs.is_introduced(5)
    assert xs.read("/local/domain/5/data") is None, "the domain owned it"
    assert xs.read("/local/domain/5/name") == b"guest5", "dom0 owns it"
    vanished = ["/local/domain/5/data"] if kind == "c" else []  # oxenstored tells nobody
    assert watch.paths == [*vanished, "@releaseDomain"]


def test_libxenstore_sees_the_same_domains(bed):
    xs = bed.xenstored()
    xsdom = build_lab("xsdom.c", "-lxenstore")
    assert bed.run([xsdom, "introduced", 5], check=None).rc == 1
    (xs.fake / "dom/5").touch()
    bed.run([xsdom, "introduce", 5])
    assert xs.is_introduced(5)
    (xs.fake / "dom/5").unlink()
    bed.run([xsdom, "virq", xs.fake / "evtchn"])
    bed.until(lambda: not xs.is_introduced(5))


@pytest.mark.parametrize("kind", ["c", "oxenstored"])
def test_a_killed_xenstored_comes_back_empty(bed, kind):
    xs = bed.xenstored(kind)
    watch = xs.watch("/a")
    xs.write("/a", "x")
    xs.kill()
    bed.until(lambda: not watch.alive)
    xs.restart()
    assert xs.read("/a") is None
    assert xs.read("/local/domain/0/domid") == b"0"


def test_a_live_update_is_not_noticed(bed):
    xs = bed.xenstored()
    xs.write("/a", "before")
    xs.domain(5)
    watch = xs.watch("/a", "@releaseDomain")
    pid = xs.process.pid
    xs.live_update()
    assert (xs.process.poll(), xs.process.pid) == (None, pid)
    assert xs.read("/a") == b"before"
    xs.write("/a", "after")
    xs.destroy_domain(5)
    watch.wait(lambda event: event.path == "@releaseDomain")
    assert watch.alive and watch.paths == ["/a", "@releaseDomain"]


def test_in_a_driver_domain_relative_paths_tell_who_we_are(bed):
    xs = bed.xenstored(domid=3)
    nic = bed.nic(xs, 5, 0, backend=3)
    assert xs.read("domid") == b"3"
    assert nic.path == "/local/domain/3/backend/vif/5/0"
    assert xs.get_perms(nic.path + "/state") == ["n3", "r5"]


# NICs

def test_a_nic_is_what_libxl_writes(bed):
    xs = bed.xenstored()
    xs.domain(1)
    watch = xs.watch("/local/domain/0/backend")
    nic = bed.nic(xs, 1, 0, bridge="xenbr0", script="/etc/xen/scripts/vif-bridge",
                  mac="00:16:3e:11:22:33")
    backend = {
        "frontend": "/local/domain/1/device/vif/0", "frontend-id": "1", "online": "1",
        "state": "1", "script": "/etc/xen/scripts/vif-bridge", "mac": "00:16:3e:11:22:33", "bridge": "xenbr0",
        "handle": "0", "type": "vif", "hotplug-status": "",
    }
    frontend = {
        "backend": "/local/domain/0/backend/vif/1/0", "backend-id": "0", "state": "1", "handle": "0",
        "mac": "00:16:3e:11:22:33", "trusted": "1", "mtu": "1500",
    }
    copy = {"frontend": backend["frontend"], "backend": frontend["backend"]} | backend

    def keys(path):
        return {name: xs.read(f"{path}/{name}").decode() for name in xs.ls(path)}

    assert keys("/local/domain/0/backend/vif/1/0") == backend
    assert keys("/local/domain/1/device/vif/0") == frontend
    assert keys("/libxl/1/device/vif/0") == copy
    assert xs.get_perms(nic.path + "/mac") == ["n0", "r1"]
    assert xs.get_perms(nic.frontend + "/state") == ["n1", "r0"]
    assert xs.get_perms(nic.frontend + "/mtu") == ["n0", "r1"]
    watch.wait(lambda event: event.path == nic.path + "/hotplug-status")
    assert watch.paths == [nic.path, *(f"{nic.path}/{name}" for name in backend)]


def test_a_nics_keys_can_be_chosen(bed):
    xs = bed.xenstored()
    nic = bed.nic(xs, 300, 2, bridge=None, mtu=9000, vifname="web0", hotplug_status=None,
                  type="vif_ioemu", vlan="10")
    assert (nic.key("bridge"), nic.status()) == (None, None)
    assert (nic.key("mtu"), nic.key("vifname")) == ("9000", "web0")
    assert (nic.key("vlan"), nic.key("type"), nic.frontend_mtu()) == ("10", "vif_ioemu", "9000")
    assert nic.key("mac") == "00:16:3e:01:2c:02"


def test_a_nics_life(bed):
    xs = bed.xenstored()
    nic = bed.nic(xs, 5, 0)
    nic.netback_ready()
    assert (nic.key("state"), nic.key("feature-sg"), nic.status()) == ("2", "1", "")
    nic.set("hotplug-status", "connected")
    nic.unplug()
    assert (nic.key("state"), nic.key("online")) == ("5", "0")
    nic.closed()
    assert (nic.key("state"), nic.status()) == ("6", None)
    nic.remove()
    assert xs.ls("/local/domain/0") == ["domid", "name"]
    assert xs.ls("/local/domain/5") == ["name", "domid", "data"]
    assert xs.ls("/libxl") == []


# udevd

def test_udevd_hears_of_links_of_this_test(bed):
    udevd = bed.udevd(rules={"50-test.rules": NET_RULE})
    bed.tap("vif5.0-emu")
    bed.vif("vif5.0")
    udevd.settle()
    assert (bed.dir / "seen-vif5.0-emu").exists()
    assert (bed.dir / "seen-vif5.0").exists()


def test_udevd_takes_rules_from_files(bed):
    rules = bed.dir / "60-mine.rules"
    rules.write_text(NET_RULE)
    udevd = bed.udevd(rules=[rules])
    bed.vif("vif5.0")
    udevd.settle()
    assert (bed.dir / "seen-vif5.0").exists()


def test_udevd_obeys_link_files(bed):
    udevd = bed.udevd(links={"50-test.link": LINK_FILE})
    bed.tap("vif5.0-emu")
    udevd.settle()
    assert bed.links() == ["web0"]
    assert bed.link("web0").mac == "00:11:22:33:44:55"


@pytest.mark.parametrize("default_link", [False, True])
def test_debians_default_link_file_changes_a_taps_address(bed, default_link):
    udevd = bed.udevd(default_link=default_link)
    with bed.count_netlink_changes() as changes:
        bed.tap("vif5.0-emu")
        udevd.settle()
    assert (len(changes) > 1) == default_link


def test_udevd_with_the_systems_rules(bed):
    udevd = bed.udevd(system_rules=True)
    bed.tap("vif5.0-emu")
    udevd.settle()
    assert "ID_NET_DRIVER=tun" in bed.run(["udevadm", "info", "/sys/class/net/vif5.0-emu"]).out
    udevd.exit()
    assert udevd.process.poll() == 0


# vifagent, played by shell scripts

@pytest.fixture
def programs(bed, monkeypatch):
    monkeypatch.setattr(bed_module, "BUILD", bed.dir)

    def write(name, text):
        path = bed.dir / name
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)

    return write


STUB_DAEMON = """
trap 'echo reloading; systemd-notify READY=1' HUP
trap 'echo bye; exit 7' TERM
echo "args: $*, store: $XENSTORED_PATH"
systemd-notify READY=1 'STATUS=0 ports'
while :; do sleep 0.01; done
"""
# As systemd-notify(1) is part of systemd, which need not be installed.
NOTIFY = """systemd-notify() {
	/usr/bin/python3 -c 'import os, socket, sys
message = "\\n".join(sys.argv[1:]).encode()
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(message, os.environ["NOTIFY_SOCKET"])' "$@"
}
"""


def test_a_daemons_life(bed, programs):
    programs("vifagentd", NOTIFY + STUB_DAEMON)
    xs = bed.xenstored()
    daemon = bed.daemon("--extra", config="[daemon]\n", env={"A": 1})
    assert daemon.status_text == "0 ports"
    assert f"args: -c {bed.conf} --extra, store: {xs.path}\n" == daemon.log()
    assert bed.conf.read_text() == "[daemon]\n"
    daemon.reload()
    assert daemon.log().endswith("reloading\n")
    assert daemon.term() == 7
    daemon.start()
    daemon.kill()
    assert not daemon.running()


def test_a_daemon_that_dies_early_is_told(bed, programs):
    programs("vifagentd", "echo no such option; exit 2")
    with pytest.raises(AssertionError, match="no such option"):
        bed.daemon("--nonsense")


def test_vifctls_results(bed, programs):
    programs("vifctl", """echo '{"args": "'"$*"'"}'; echo oops >&2; exit 3""")
    result = bed.vifctl("list", "--json")
    assert (result.rc, result.err) == (3, "oops\n")
    assert result.json() == {"args": f"-c {bed.conf} list --json"}
    with pytest.raises(AssertionError, match="(?s)exited 3.*oops"):
        bed.vifctl("list", check=0)


def test_the_script_is_run_as_libxl_runs_it(bed, programs):
    programs("vif-agent", 'echo "$0" "$@"; env; echo to stderr >&2')
    xs = bed.xenstored()
    nic = bed.nic(xs, 5, 1, type="vif_ioemu")
    lines = bed.script("online", "vif", nic, env={"EXTRA": "x"}, check=0).out.splitlines()
    assert lines[0] == f"{bed.dir}/vif-agent online type_if=vif"
    assert lines[-1] == "to stderr"
    assert {
        "script=/etc/xen/scripts/vif-agent", "XENBUS_TYPE=vif", "XENBUS_PATH=backend/vif/5/1",
        "XENBUS_BASE_PATH=backend", "netdev=", "vif=vif5.1", "INTERFACE=vif5.1-emu",
        f"XENSTORED_PATH={xs.path}", "EXTRA=x",
    } <= set(lines)


def test_a_program_in_the_background(bed, programs):
    for name in "vif-agent", "vifctl":
        programs(name, "sleep 1000")
    xs = bed.xenstored()
    running = bed.script_background("online", "vif", bed.nic(xs, 5, 0))
    assert running.poll() is None
    os.kill(running.pid, signal.SIGKILL)
    assert running.wait().rc == -signal.SIGKILL
    with pytest.raises(AssertionError, match="still ran"):
        bed.vifctl("list", timeout=0.05)


# Time

def test_waiting(bed):
    threading.Timer(0.03, bed.vif, ["vif5.0"]).start()
    assert bed.until(lambda: bed.link("vif5.0")).name == "vif5.0"
    bed.never(lambda: bed.link("vif6.0"), seconds=0.05)
    with pytest.raises(AssertionError, match="until pigs fly"):
        bed.until(lambda: False, timeout=0.05, what="pigs fly")
    with pytest.raises(AssertionError, match="it was there"):
        bed.never(lambda: bed.link("vif5.0"), what="it was there")


def test_a_bed_costs_little():
    """0.15 s would be felt in a suite of hundreds of tests."""
    start = time.monotonic()
    for _ in range(5):
        with private_network() as mounts:
            bed_module.Bed(mounts).close()
    assert (time.monotonic() - start) / 5 < 0.15


# Pairs

def test_all_pairs():
    """The two longest columns have 16 pairs, and no more than 16 of the 48 rows are needed."""
    rows = list(itertools.product("abcd", "xyz", [1, 2, 3, 4]))
    chosen = all_pairs(rows)
    assert len(chosen) == 16 and chosen == all_pairs(rows)
    for one, other in (0, 1), (0, 2), (1, 2):
        assert {(row[one], row[other]) for row in chosen} == {(row[one], row[other]) for row in rows}
