# SPDX-License-Identifier: GPL-2.0-or-later
"""Macvtaps on a host NIC: vifctl create, run and delete.  With guests: tests/qemu."""

import os
import pwd
import re

import pytest

from bed import TOP
from links import Tap
from macvtaps import (MAC, NETWORKS, NIC_MAC, Program, details, device_number, host_nic, in_order, macvtaps,
                      mode, next_ifindex, node, others_macvtap, ours, run_argv, say_and_sleep, start)
from test_hand import refused

OTHER_MAC = "52:54:00:00:00:99"


@pytest.fixture(params=["alone", "with the daemon"])
def host(bed, request):
    """A host NIC, a bridge, and maybe the daemon."""
    host_nic(bed)
    bed.bridge("br0")
    if request.param != "alone":
        bed.daemon()
    return bed


def sh(script):
    return ["sh", "-c", script]


# Create

def test_create_says_the_name(host):
    result = host.vifctl("create", "vepanet", check=0)
    name = result.out.strip()
    assert result.err == "" and in_order(host, name, mac=None)
    assert name == f"macvtap{host.link(name).ifindex}"
    assert host.listed(name)["state"] == "ok"
    assert os.stat(node(host, name)).st_rdev == device_number(name)


def test_udev_gives_it_no_other_address(bed):
    """As systemd's 99-default.link would, some time after it was made."""
    host_nic(bed)
    rules = [TOP / "udev-rules/72-vifagent.rules", TOP / "udev-rules/98-vifagent-late.rules"]
    udevd = bed.udevd(rules=rules, links=[TOP / "udev-rules/71-vifagent.link"], default_link=True)
    others_macvtap(bed, "other0")
    macs = {}
    for i in range(10):
        name = bed.vifctl("create", "bridgenet", f"web{i}", check=0).out.strip()
        macs[name] = bed.link(name).mac
    udevd.settle()
    assert {name: bed.link(name).mac for name in macs} == macs
    assert all(in_order(bed, name, mac=None, mode="bridge") for name in macs)


def test_create_with_all_keys(host):
    host.vifctl("create", "anynet", "web0", f"mac={MAC}", "mode=private", "mtu=1400", "owner=nobody", "group=4242",
                "queues=4", check=0)
    assert in_order(host, "web0", mode="private", mtu=1400)
    stat = os.stat(node(host, "web0"))
    assert stat.st_rdev == device_number("web0")
    assert (stat.st_uid, stat.st_gid) == (pwd.getpwnam("nobody").pw_uid, 4242)
    assert details(host, "eth0")["mtu"] == 1500


def test_without_an_owner_nobody_else_may_open_it(host):
    host.vifctl("create", "vepanet", "web0", check=0)
    stat = os.stat(node(host, "web0"))
    assert stat.st_uid == 0 and stat.st_mode & 0o077 & ~0o060 == 0


def test_create_in_json(host):
    port = host.vifctl("create", "vepanet", "--json", check=0).json()
    assert port["state"] == "ok" and port["link"]["name"] == port["port"] and port["link"]["kind"] == "macvtap"


@pytest.mark.parametrize("network, asked, is_", [
    ("vepanet", None, "vepa"), ("bridgenet", None, "bridge"), ("privatenet", None, "private"),
    ("passnet", None, "passthru"), ("anynet", None, "bridge"), ("anynet", "vepa", "vepa"),
    ("anynet", "private", "private"), ("anynet", "passthru", "passthru"), ("bridgenet", "bridge", "bridge"),
])
def test_the_mode_is_the_networks_or_one_that_it_allows(host, network, asked, is_):
    host.vifctl("create", network, "web0", f"mac={MAC}", *([f"mode={asked}"] if asked else []), check=0)
    assert in_order(host, "web0", mode=is_) and host.listed("web0")["state"] == "ok"


def test_names_are_not_used_again_at_once(host):
    names = []
    for _ in range(5):
        names.append(host.vifctl("create", "vepanet", check=0).out.strip())
        host.vifctl("delete", names[-1], check=0)
    assert len(set(names)) == 5 and macvtaps(host) == []


def test_its_own_name_when_taken_is_another(bed):
    """Somebody has called a link macvtapN, N the ifindex that is next."""
    host_nic(bed)
    while os.path.exists(f"/dev/tap{(ifindex := next_ifindex(bed) + 1)}"):
        pass  # another test's
    bed.tap(f"macvtap{ifindex}")
    assert bed.link(f"macvtap{ifindex}").ifindex == ifindex - 1
    name = bed.vifctl("create", "vepanet", check=0).out.strip()
    assert in_order(bed, name, mac=None)
    assert name == f"macvtap{bed.link(name).ifindex}"


def test_allmulticast_may_be_off(host):
    host.vifctl("create", "quietnet", "web0", f"mac={MAC}", check=0)
    assert in_order(host, "web0", mode="bridge", allmulticast=False)


def test_down_until_somebody_sets_it_up(host):
    host.vifctl("create", "vepanet", "web0", f"mac={MAC}", "up=no", check=0)
    assert in_order(host, "web0", up=False) and host.listed("web0")["state"] == "ok"
    for daemon in host.daemons:
        daemon.reload()
    assert in_order(host, "web0", up=False)
    host.up("web0")
    for daemon in host.daemons:
        daemon.reload()
    assert in_order(host, "web0") and host.listed("web0")["state"] == "ok"
    host.down("web0")
    for daemon in host.daemons:
        daemon.reload()
    assert in_order(host, "web0", up=False) and host.listed("web0")["state"] == "ok", "ours no longer to judge"


def test_a_lower_device_that_is_down_is_set_up_and_that_is_said(bed):
    host_nic(bed, up=False)
    assert not bed.link("eth0").up
    result = bed.vifctl("create", "vepanet", "web0", f"mac={MAC}", check=0)
    assert result.out == "web0\n" and result.err.count("\n") == 1 and "eth0" in result.err
    assert bed.link("eth0").up and in_order(bed, "web0")
    assert bed.vifctl("create", "vepanet", "web1", check=0).err == "", "it is up now"


def test_the_device_stays_as_it_is(host):
    before = host.link("eth0")
    host.vifctl("create", "vepanet", "web0", check=0)
    after = host.link("eth0")
    assert (after.mac, after.mtu, after.addresses, after.alias) == (
        before.mac, before.mtu, before.addresses, before.alias)


def test_show_tells_that_guest_and_host_cannot_talk(host):
    host.vifctl("create", "vepanet", "web0", check=0)
    text = host.vifctl("show", "web0", check=0).out
    assert re.search(r"\bhost\b.*\bcannot\b|\bcannot\b.*\bhost\b", text, re.S), text
    assert re.search(r"macvlan|bridge", text), "and what to do"
    assert "eth0" in text and "vepa" in text


def test_a_hundred_at_once(host):
    running = [host.background(host.vifctl_argv("create", "bridgenet")) for _ in range(100)]
    names = [each.wait(60, check=0).out.strip() for each in running]
    assert len(set(names)) == 100 and sorted(names) == macvtaps(host)
    macs = {host.link(name).mac for name in names}
    assert len(macs) == 100
    assert all(in_order(host, name, mac=None, mode="bridge") for name in names)
    assert all(os.stat(node(host, name)).st_rdev == device_number(name) for name in names)


def create_with_the_first_draw(host, *args):
    """vifctl create, which draws 52:54:00:00:00:00 first: the kernel's random bytes are kept from it."""
    trace = host.dir / "trace"
    strace = ["strace", "-o", trace, "-e", "trace=getrandom"]
    env = {"ASAN_OPTIONS": "detect_leaks=0"}
    probe = host.run([*strace, *host.vifctl_argv("create", "bridgenet")], env=env).out.strip()
    calls = [line for line in trace.read_text().splitlines() if line.startswith("getrandom(")]
    of_mac = next(i for i, call in enumerate(calls, 1) if ", 6, 0)" in call)
    host.vifctl("delete", probe, "force")
    return host.run([*strace, "-e", f"inject=getrandom:retval=6:when={of_mac}", *host.vifctl_argv(*args)], env=env).out.strip()


def test_a_mac_that_is_drawn_twice(host):
    first, second = (create_with_the_first_draw(host, "create", "bridgenet") for _ in range(2))
    assert host.link(first).mac == "52:54:00:00:00:00" != host.link(second).mac
    assert in_order(host, first, mac=None, mode="bridge") and in_order(host, second, mac=None, mode="bridge")
    drawn = create_with_the_first_draw(host, "run", "--nic", "bridgenet", "--", "echo", "{mac}", "{fd}").split()[0]
    assert drawn.startswith("52:54:00:") and drawn not in (host.link(first).mac, host.link(second).mac)


def test_two_at_once_of_one_name(host):
    running = [host.background(host.vifctl_argv("create", "bridgenet", "web0")) for _ in range(8)]
    results = [each.wait() for each in running]
    assert {result.rc for result in results} <= {0, 1} and any(result.rc == 0 for result in results)
    assert all(result.out == "web0\n" for result in results if result.rc == 0)
    assert all("name web0 is already used by another link" in result.err for result in results if result.rc), [
        result.err for result in results]
    assert macvtaps(host) == ["web0"] and in_order(host, "web0", mac=None, mode="bridge")


def test_two_at_once_of_one_mac(host):
    running = [host.background(host.vifctl_argv("create", "bridgenet", f"mac={MAC}")) for _ in range(8)]
    results = [each.wait() for each in running]
    assert sorted(result.rc for result in results) == [0] + [1] * 7
    assert all(f"{MAC} is already used" in result.err for result in results if result.rc), [result.err for result in results]
    name, = macvtaps(host)
    assert in_order(host, name, mode="bridge")


def test_two_at_once_of_passthru(host):
    running = [host.background(host.vifctl_argv("create", "passnet", f"web{i}")) for i in range(8)]
    results = [each.wait() for each in running]
    assert sorted(result.rc for result in results) == [0] + [1] * 7
    assert all("passthru" in result.err for result in results if result.rc), [result.err for result in results]
    assert len(macvtaps(host)) == 1 and host.link("eth0").mac == NIC_MAC


# What is refused

@pytest.mark.parametrize("args, words", [
    (["lostnet"], "eth9"),
    (["vepanet", "web0", "mode=bridge"], "vepa"),
    (["vepanet", "web0", "mode=passthru"], "vepa"),
    (["vepanet", "web0", "mode=source"], "source"),
    (["vepanet", "web0", "mode="], "mode"),
    (["vepanet", "web0", "mtu=1501"], "1500"),
    (["vepanet", "web0", "mtu=9000"], "1500"),
    (["vepanet", "web0", "mtu=1"], "is not an MTU"),
    (["vepanet", "web0", f"mac={NIC_MAC}"], "MAC .*eth0"),
    (["vepanet", "web0", f"mac={OTHER_MAC}"], f"{OTHER_MAC} is already used .*eth0"),
    (["bridgenet", "web0", f"mac={OTHER_MAC}"], f"{OTHER_MAC} is already used .*eth0"),
    (["vepanet", "web0", "mac=01:00:5e:00:00:01"], "multicast"),
    (["vepanet", "web0", "mac=00:00:00:00:00:00"], "mac|MAC"),
    (["vepanet", "taken"], "name taken is already used by another link"),
    (["vepanet", "eth0"], "name eth0 is already used by another link"),
    (["vepanet", "a/b"], "not valid as a link's name"),
    (["vepanet", "a234567890123456"], "too long"),
    (["vepanet", "owner=no-such-user"], "user does not exist"),
    (["vepanet", "group=no-such-group"], "group does not exist"),
    (["vepanet", "queues=65"], "from 1 to 64"),
    (["vepanet", "up=maybe"], "up"),
    (["passnet", "web0"], "passthru.*other0|other0.*passthru"),
    (["red", "web0", "mode=vepa"], "bridge"),
    (["br0", "web0", "mode=bridge"], "bridge"),
])
def test_what_is_refused_leaves_nothing(host, args, words):
    host.tap("taken")
    others_macvtap(host, "other0", mac=OTHER_MAC, up=True)
    assert re.search(words, refused(host, "create", *args))
    assert macvtaps(host) == ["other0"]


@pytest.mark.parametrize("args, words", [
    (["lostnet"], "eth9"), (["vepanet", "mode=bridge"], "vepa"), (["vepanet", "mtu=9000"], "1500"),
    (["vepanet", f"mac={OTHER_MAC}"], f"{OTHER_MAC} is already used"), (["vepanet", "name=taken"], "name taken is already used"),
    (["passnet"], "other0"), (["red", "mode=vepa"], "bridge"), (["vepanet", "vnet-hdr=maybe"], "must be on or off"),
])
def test_what_run_refuses_leaves_nothing(host, args, words):
    host.tap("taken")
    others_macvtap(host, "other0", mac=OTHER_MAC, up=True)
    assert re.search(words, refused(host, "run", "--nic", ",".join(args), "--", "echo", "{fd}"))
    assert macvtaps(host) == ["other0"]


def test_all_nics_or_none(host):
    error = refused(host, "run", "--nic", "bridgenet,name=web0", "--nic", "br0,name=web1", "--nic", "lostnet", "--",
                    "echo", "{fd}", "{fd1}", "{fd2}")
    assert "eth9" in error
    assert "cannot run" in refused(host, "run", "--nic", "bridgenet", "--", "/no/such/program", "{fd}")


def test_a_port_of_a_bridge_can_have_none(host):
    host.ip("link set eth0 master br0")
    error = refused(host, "create", "vepanet", "web0")
    assert "eth0" in error and "br0" in error


@pytest.mark.parametrize("device", ["lo", "tun0"])
def test_what_is_no_ethernet_can_have_none(bed, device):
    bed.conf.write_text(NETWORKS.replace("eth0", device))
    bed.ip("tuntap add tun0 mode tun")
    assert device in refused(bed, "create", "vepanet", "web0")


@pytest.mark.parametrize("first, second", [("passnet", "bridgenet"), ("bridgenet", "passnet"), ("passnet", "passnet")])
def test_passthru_has_the_device_for_itself(host, first, second):
    host.vifctl("create", first, "web0", check=0)
    error = refused(host, "create", second, "web1")
    assert "passthru" in error and "web0" in error
    host.vifctl("delete", "web0", check=0)
    host.vifctl("create", second, "web1", check=0)
    assert macvtaps(host) == ["web1"]


@pytest.mark.parametrize("args", [["vepanet", "web0", "x=1"], ["vepanet", "web0", "web1"]])
def test_wrong_usage(host, args):
    assert host.vifctl("create", *args, check=2).err.count("\n") == 1


def test_who_may_not_says_so(bed):
    host_nic(bed)
    result = bed.run(["setpriv", "--reuid=65534", "--clear-groups", *bed.vifctl_argv("create", "vepanet")], check=1)
    assert "needs root or CAP_NET_ADMIN" in result.err and macvtaps(bed) == []


# Passthru and the device's MAC

@pytest.mark.parametrize("end", ["delete", "force", "program"])
def test_the_nic_has_the_guests_mac_as_long_as_the_macvtap_is_there(host, end):
    if end == "program":
        program = Program(host, "passnet", "name=web0", f"mac={MAC}")
    else:
        host.vifctl("create", "passnet", "web0", f"mac={MAC}", check=0)
    assert in_order(host, "web0", mode="passthru") and host.link("eth0").mac == MAC
    if end == "program":
        program.kill()
    if end == "delete" or (end == "program" and not host.daemons):
        host.vifctl("delete", "web0", check=0)
    if end == "force":
        host.vifctl("delete", "web0", "force", check=0)
    host.until(lambda: macvtaps(host) == [])
    assert host.link("eth0").mac == NIC_MAC


def test_without_a_mac_the_nics_own_stays(host):
    program = Program(host, "passnet", "name=web0")
    assert program.mac == NIC_MAC and host.link("web0").mac == NIC_MAC and host.link("eth0").mac == NIC_MAC
    assert in_order(host, "web0", mac=NIC_MAC, mode="passthru")
    assert host.listed("web0")["state"] == "ok"


# Run

def test_it_becomes_the_program_with_its_macvtap_open(host):
    program = Program(host, "vepanet", f"mac={MAC}", "name=web0")
    assert (program.name, program.mac, program.mtu) == ("web0", MAC, "1500")
    assert program.device() == device_number("web0")
    assert in_order(host, "web0") and host.link("web0").operstate == "up"
    assert host.listed("web0")["state"] == "ok"
    alias = host.link("web0").alias
    assert f" process={program.pid}." in alias and " made=1" in alias and " net=vepanet" in alias
    assert " mode=" not in alias


def test_the_mode_that_was_asked_for_is_remembered(host):
    program = Program(host, "anynet", "mode=private")
    assert mode(host, program.name) == "private" and " mode=private" in host.link(program.name).alias
    assert program.name == f"macvtap{host.link(program.name).ifindex}"
    for daemon in host.daemons:
        daemon.restart()
    assert mode(host, program.name) == "private" and host.listed(program.name)["state"] == "ok"


def test_the_program_inherits_nothing_else(bed):
    host_nic(bed)
    before = set(bed.run(["ls", "/proc/self/fd"]).out.split())
    after = set(bed.run(run_argv(bed, "vepanet", program=sh("ls /proc/self/fd; : {fd}"))).out.split())
    assert len(after - before) == 1
    status = bed.run(run_argv(bed, "vepanet", program=["grep", "^Sig[BI]", "/proc/self/status", "/{fd}"]), check=2).out
    expected = bed.run(["grep", "^Sig[BI]", "/proc/self/status"]).out
    assert [line.split(":", 1)[1] for line in status.splitlines()] == expected.splitlines()


def test_each_nic_has_a_mac_of_its_own(host):
    programs = [Program(host, "bridgenet") for _ in range(5)]
    macs = {program.mac for program in programs}
    assert len(macs) == 5 and all(mac.startswith("52:54:00:") for mac in macs)
    assert {host.link(program.name).mac for program in programs} == macs


def test_several_queues(host):
    script = "echo {name} {fds}; exec sleep 1000"
    running = start(host, "vepanet", "queues=4", program=sh(script))
    host.until(lambda: "\n" in running.output())
    name, fds = running.output().split()
    numbers = {os.stat(f"/proc/{running.pid}/fd/{fd}").st_rdev for fd in fds.split(":")}
    assert len(set(fds.split(":"))) == 4 and numbers == {device_number(name)}
    assert in_order(host, name, mac=None)


@pytest.mark.parametrize("keys, vnet_hdr", [([], True), (["vnet-hdr=on"], True), (["vnet-hdr=off"], False)])
def test_virtio_headers_as_asked(bed, keys, vnet_hdr):
    host_nic(bed)
    program = sh("exec /usr/bin/python3 -c 'import fcntl, struct, sys\n"
                 "print(struct.unpack(\"16xH\", fcntl.ioctl(int(sys.argv[1]), 0x800454d2, bytes(40))[:18])[0])' {fd}")
    flags = int(bed.run(run_argv(bed, "vepanet", *keys, program=program)).out)
    assert bool(flags & 0x4000) == vnet_hdr and flags & 0x1002 == 0x1002, "tap, no packet information"


def test_qemus_arguments_are_written(bed):
    host_nic(bed)
    qemu = bed.dir / "qemu-system-x86_64"
    qemu.symlink_to("/bin/echo")
    out = bed.run(run_argv(bed, "vepanet", f"mac={MAC}", "mtu=1400", program=[qemu, "-m", "128"])).out
    assert re.match(r"-m 128 -netdev tap,id=vifnic0,fd=\d+[, ]", out), out
    assert re.search(rf"-device virtio-net-pci,netdev=vifnic0,mac={MAC}(,host_mtu=1400)?\n", out), out


@pytest.mark.parametrize("network", ["vepanet", "red"])
@pytest.mark.parametrize("word", ["-daemonize", "--daemonize"])
def test_a_qemu_that_would_change_its_pid_is_refused(bed, network, word):
    """A tap that is open goes with whoever has it; one for a process does not."""
    host_nic(bed)
    bed.bridge("br0")
    qemu = bed.dir / "qemu-system-x86_64"
    qemu.symlink_to("/bin/echo")
    args = [] if network == "vepanet" else ["-netdev", "tap,ifname={name}"]
    before = bed.snapshot()
    result = bed.run(run_argv(bed, network, "name=web0", program=[qemu, word, *args]), check=2)
    assert "-daemonize" in result.err and result.err.count("\n") == 1 and result.out == "" and bed.snapshot() == before
    if network == "red":
        assert "-daemonize" in bed.run(run_argv(bed, "red", program=[qemu, "-daemonize"])).out, "an open tap"


def test_down_as_long_as_it_is_not_wanted_up(host):
    program = Program(host, "vepanet", "up=no", f"mac={MAC}")
    assert in_order(host, program.name, up=False) and host.listed(program.name)["state"] == "ok"
    host.up(program.name)
    for daemon in host.daemons:
        daemon.reload()
    assert in_order(host, program.name)


def test_a_mac_of_one_that_is_down_may_be_tried_again(bed):
    """Before a migration's end both have the MAC; the second one is down."""
    host_nic(bed)
    first = Program(bed, "bridgenet", f"mac={MAC}")
    second = Program(bed, "bridgenet", f"mac={MAC}", "up=no")
    assert in_order(bed, first.name, mode="bridge") and in_order(bed, second.name, mode="bridge", up=False)
    first.kill()
    bed.vifctl("delete", first.name, check=0)
    bed.up(second.name)
    assert in_order(bed, second.name, mode="bridge")


def test_by_name_it_is_there_and_may_be_opened(host):
    """For a program that opens /dev/tapN itself."""
    running = start(host, "vepanet", "name=web0", "owner=nobody", program=say_and_sleep("{name}"))
    host.until(lambda: "\n" in running.output())
    assert in_order(host, "web0", mac=None) and os.stat(node(host, "web0")).st_uid == 65534
    assert f" process={running.pid}." in host.link("web0").alias
    opened = [os.readlink(file.path) for file in os.scandir(f"/proc/{running.pid}/fd")]
    assert not any("tap" in file for file in opened)


def test_thirty_two_nics(host):
    fds = " ".join("{fd}" if i == 0 else f"{{fd{i}}}" for i in range(32))
    nics = [word for i in range(32) for word in ("--nic", f"bridgenet,name=web{i}")]
    running = host.background(["setpriv", "--pdeathsig", "KILL", "--",
                               *host.vifctl_argv("run", *nics, "--", *say_and_sleep(fds))])
    host.until(lambda: "\n" in running.output(), 30)
    fds = running.output().split()
    assert len(set(fds)) == 32 and len(macvtaps(host)) == 32
    for i, fd in enumerate(fds):
        assert os.stat(f"/proc/{running.pid}/fd/{fd}").st_rdev == device_number(f"web{i}")
        assert in_order(host, f"web{i}", mac=None, mode="bridge")


def test_the_longest_of_all_has_a_record(host):
    name = "n" * 31
    host.conf.write_text(f"[network {name}]\nkind = macvtap\nmode = vepa passthru\ndevice = eth0\n")
    for daemon in host.daemons:
        daemon.reload()
    program = Program(host, name, "name=a23456789012345", "mode=passthru", "mtu=1500", f"mac={MAC}", "up=no")
    assert in_order(host, program.name, mode="passthru", up=False) and host.listed(program.name)["state"] == "ok"


# Delete

def test_delete(host):
    host.vifctl("create", "vepanet", "web0", check=0)
    result = host.vifctl("delete", "web0", check=0)
    assert (result.out, result.err) == ("", "")
    assert macvtaps(host) == [] and host.listed() == {}


def test_what_is_in_use_is_deleted_only_by_force(host):
    program = Program(host, "vepanet")
    assert "in use" in refused(host, "delete", program.name)
    host.vifctl("delete", program.name, "force", check=0)
    assert macvtaps(host) == [] and program.running.poll() is None


def test_what_a_dead_program_left_is_deleted_without_force(bed):
    host_nic(bed)
    program = Program(bed, "vepanet")
    program.kill()
    bed.vifctl("delete", program.name, check=0)
    assert macvtaps(bed) == []


def test_only_what_we_made_is_deleted(host):
    others_macvtap(host, "other0", mac=MAC)
    for args in ["other0"], ["other0", "force"], ["eth0"], ["eth0", "force"]:
        assert "was not created by vifagent" in refused(host, "delete", *args)


def test_it_cannot_be_detached(host):
    host.vifctl("create", "vepanet", "web0", check=0)
    assert "vifctl delete web0" in refused(host, "detach", "web0")


# Networks of the other kind

def test_links_that_are_there_cannot_become_macvtaps(host):
    host.tap("tap0")
    host.ip("link add vif5.0 type veth peer name guest0")
    others_macvtap(host, "other0", mode="vepa")
    for link in "tap0", "vif5.0", "other0":
        error = refused(host, "attach", link, "vepanet")
        assert "macvtap" in error and "vepanet" in error


def test_a_macvtap_is_not_attached_to_a_bridge(host):
    others_macvtap(host, "other0")
    host.vifctl("create", "bridgenet", "web0", check=0)
    for link in "other0", "web0":
        for network in "red", "br0":
            assert "macvtap" in refused(host, "attach", link, network)
    assert not ours(host, "other0")


def test_every_verb_takes_a_networks_name(host):
    """That of a bridge network, too."""
    Tap("tap0", False, True)
    host.vifctl("attach", "tap0", "red", check=0)
    host.vifctl("create", "red", "web0", check=0)
    running = start(host, "red", program=say_and_sleep("{name} {fd}"))
    host.until(lambda: "\n" in running.output())
    assert sorted(host.ports("br0")) == sorted(["tap0", "web0", running.output().split()[0]])
