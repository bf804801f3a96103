# SPDX-License-Identifier: GPL-2.0-or-later
"""The character device of a macvtap: missing, another's, or not to be opened.

/dev is the host's and not a network namespace's: two macvtaps of the same ifindex want the same
name there, and the second one does not get it.
"""

import contextlib
import os
import stat
from pathlib import Path

import pytest

import isolation
from bed import TOP
from macvtaps import (MAC, Program, device_number, host_nic, in_order, macvtaps, next_ifindex, node,
                      run_argv, start)
from test_hand import refused

KEPT = ["null", "zero", "full", "random", "urandom", "net/tun", "vhost-net"]
MANY = 40  # more ifindices than a test uses


@pytest.fixture
def host(bed):
    host_nic(bed)
    return bed


def private_dev(bed):
    """A /dev without the kernel's care, as in many a container."""
    numbers = {name: os.stat(f"/dev/{name}").st_rdev for name in KEPT if os.path.exists(f"/dev/{name}")}
    bed.mounts.mount("tmpfs", "/dev")
    os.mkdir("/dev/net")
    for name, number in numbers.items():
        os.mknod(f"/dev/{name}", 0o666 | stat.S_IFCHR, number)


def everything_in(*directories):
    return sorted(str(path) for directory in directories for path in Path(directory).rglob("*"))


def nodes_of(device, *directories):
    found = []
    for path in everything_in(*directories):
        with contextlib.suppress(FileNotFoundError):  # of somebody else's
            status = os.lstat(path)
            if stat.S_ISCHR(status.st_mode) and status.st_rdev == device:
                found.append(path)
    return found


def taps_of_dev():
    return sorted(path.name for path in Path("/dev").glob("tap*"))


def wrong(kind, path):
    """Something at this path that is not the macvtap's device."""
    match kind:
        case "another device": os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        case "a block device of any number": os.mknod(path, 0o666 | stat.S_IFBLK, os.makedev(246, 1))
        case "a FIFO": os.mkfifo(path)
        case "a file": Path(path).touch()
        case "a directory": os.mkdir(path)
        case "a link to nowhere": os.symlink("/nonexistent", path)
        case "a link to another device": os.symlink("/dev/zero", path)
        case "a link to itself": os.symlink(path, path)


KINDS = ["another device", "a block device of any number", "a FIFO", "a file", "a directory", "a link to nowhere",
         "a link to another device", "a link to itself"]


def have_nodes(bed, network, ifindices):
    """Are these nodes those of this namespace's macvtaps?  Another test may have been quicker."""
    sys = bed.dir / "sys"
    sys.mkdir(exist_ok=True)
    with isolation.inside(network), isolation.Mounts() as mounts:
        mounts.mount("sysfs", sys)
        return all(os.path.exists(f"/dev/tap{i}") and
                   os.stat(f"/dev/tap{i}").st_rdev == device_number(f"x{i}", sys) for i in ifindices)


def other_namespaces_macvtaps(bed, number=3):
    """Macvtaps in a namespace of its own, where nobody is, which have the nodes that ours would have
    next; returns that namespace, and their nodes."""
    while True:
        other = isolation.other_network()
        inside = ["nsenter", f"--net=/proc/{os.getpid()}/fd/{other}"]
        bed.run([*inside, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "switch0"])
        ifindices = range(first := next_ifindex(bed), first + number)
        for i in ifindices:
            bed.run([*inside, "ip", "link", "add", "link", "eth0", "name", f"x{i}", "index", str(i),
                     "type", "macvtap"])
        if have_nodes(bed, other, ifindices):
            return other, {path: os.stat(path) for path in (f"/dev/tap{i}" for i in ifindices)}
        os.close(other)


def untouched(nodes):
    return all((now.st_rdev, now.st_uid, now.st_gid, now.st_mode) == (then.st_rdev, then.st_uid, then.st_gid, then.st_mode)
               for path, then in nodes.items() for now in [os.stat(path)])


# Missing

def test_where_the_node_is_missing_the_program_gets_the_device_all_the_same(host):
    private_dev(host)
    program = Program(host, "vepanet", f"mac={MAC}")
    assert not os.path.exists(node(host, program.name))
    assert program.device() == device_number(program.name) and in_order(host, program.name)
    assert nodes_of(program.device(), "/dev", "/run", "/tmp") == [], "no node of ours is left about"


def test_several_queues_without_a_node(host):
    private_dev(host)
    program = ["sh", "-c", "echo {name} {fds}; exec sleep 1000"]
    running = start(host, "vepanet", "queues=3", program=program)
    host.until(lambda: "\n" in running.output())
    name, fds = running.output().split()
    assert [os.stat(f"/proc/{running.pid}/fd/{fd}").st_rdev for fd in fds.split(":")] == [device_number(name)] * 3


def test_create_needs_a_node_and_says_so(host):
    """It is for who opens it by that."""
    private_dev(host)
    error = refused(host, "create", "vepanet", "web0")
    assert "/dev/tap" in error or "devtmpfs" in error
    assert macvtaps(host) == [] and taps_of_dev() == []


def test_without_the_right_to_make_a_node_it_is_refused(host):
    private_dev(host)
    before = host.snapshot()
    result = host.run(["setpriv", "--bounding-set=-mknod", "--inh-caps=-mknod",
                       *run_argv(host, "vepanet", program=["echo", "{fd}"])], check=1)
    assert result.err.count("\n") == 1 and "tap" in result.err and result.out == ""
    assert host.snapshot() == before


# Another's

@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_its_device_is_not_opened(host, kind):
    private_dev(host)
    first = next_ifindex(host)
    for ifindex in range(first, first + MANY):
        wrong(kind, f"/dev/tap{ifindex}")
    before = {path: os.lstat(path) for path in everything_in("/dev")}
    program = Program(host, "vepanet", f"mac={MAC}")
    assert first <= host.link(program.name).ifindex < first + MANY, "the trap was in its way"
    assert program.device() == device_number(program.name) and in_order(host, program.name)
    error = refused(host, "create", "vepanet", "web0", "owner=nobody")
    assert "/dev/tap" in error or "devtmpfs" in error
    now = {path: os.lstat(path) for path in everything_in("/dev")}
    assert {path: (s.st_uid, s.st_gid, s.st_mode, s.st_rdev) for path, s in now.items()} == {
        path: (s.st_uid, s.st_gid, s.st_mode, s.st_rdev) for path, s in before.items()}


def test_the_same_ifindex_in_two_namespaces(host):
    other, taken = other_namespaces_macvtaps(host)
    program = Program(host, "bridgenet", "name=run0", f"mac={MAC}")
    assert node(host, "run0") in taken, "that is the other one's"
    assert program.device() == device_number("run0") != taken[node(host, "run0")].st_rdev
    assert in_order(host, "run0", mode="bridge") and untouched(taken)
    os.close(other)


def test_create_takes_an_ifindex_of_which_it_gets_the_node(host):
    other, taken = other_namespaces_macvtaps(host)
    names = [host.vifctl("create", "bridgenet", "owner=nobody", check=0).out.strip(),
             host.vifctl("create", "bridgenet", "web0", "owner=nobody", check=0).out.strip()]
    assert macvtaps(host) == sorted(names), "those that were tried are gone"
    assert names[0] == f"macvtap{host.link(names[0]).ifindex}"
    for name in names:
        assert in_order(host, name, mac=None, mode="bridge") and node(host, name) not in taken
        stat_ = os.stat(node(host, name))
        assert (stat_.st_rdev, stat_.st_uid) == (device_number(name), 65534)
    assert untouched(taken)
    os.close(other)


def test_create_takes_another_where_the_node_goes_away(host):
    """The other namespace's macvtap is deleted just then: its node was in the way of ours."""
    first = next_ifindex(host)
    result = host.run(["strace", "-o", host.dir / "trace", "-P", f"/dev/tap{first}", "-e", "trace=openat",
                       "-e", "inject=openat:error=ENOENT", *host.vifctl_argv("create", "bridgenet", "web0")], check=None,
                      env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert "(INJECTED)" in (host.dir / "trace").read_text()
    assert (result.rc, result.out, result.err) == (0, "web0\n", "")
    assert host.link("web0").ifindex != first and os.stat(node(host, "web0")).st_rdev == device_number("web0")


def test_many_in_two_namespaces_at_once(host):
    """Both begin at the same ifindex; each program gets its own device."""
    other = isolation.other_network()
    inside = ["nsenter", f"--net=/proc/{os.getpid()}/fd/{other}"]
    first = next_ifindex(host)
    host.run([*inside, "ip", "link", "add", "eth0", "index", str(first), "type", "veth", "peer", "name", "switch0"])
    adders = []
    programs = []
    for _ in range(10):
        adders.append(host.background([*inside, "ip", "link", "add", "link", "eth0", "type", "macvtap"]))
        programs.append(Program(host, "bridgenet"))
    for adder in adders:
        adder.wait(check=0)
    assert all(program.device() == device_number(program.name) for program in programs)
    os.close(other)


# udev

@pytest.mark.parametrize("how", ["create", "run"])
def test_udev_does_not_take_the_node_from_its_owner(host, how):
    """It gives a new node to root, unless a rule says otherwise, when it comes to the event."""
    udevd = host.udevd(rules=[TOP / "udev-rules/72-vifagent.rules", TOP / "udev-rules/98-vifagent-late.rules"],
                       system_rules=True)
    for i in range(10):
        if how == "create":
            name = host.vifctl("create", "bridgenet", "owner=nobody", "group=4242", check=0).out.strip()
        else:
            running = start(host, "bridgenet", f"name=web{i}", "owner=nobody", "group=4242",
                            program=["sh", "-c", "echo {name}; exec sleep 1000"])
            host.until(lambda: "\n" in running.output())  # noqa: B023
            name = running.output().strip()
        udevd.settle()
        if os.path.exists(node(host, name)):  # run does not insist on one
            stat_ = os.stat(node(host, name))
            assert stat_.st_rdev != device_number(name) or (
                stat_.st_uid, stat_.st_gid, stat_.st_mode & 0o777) == (65534, 4242, 0o660)


# Not to be opened

@pytest.mark.parametrize("call", ["openat", "ioctl"])
@pytest.mark.parametrize("error", ["EACCES", "EPERM", "EBUSY", "EMFILE"])
def test_what_cannot_be_opened_is_refused_and_leaves_nothing(host, call, error):
    """Neither by /dev/tapN nor by a node of its own, e.g. by a container's rules about devices."""
    before = host.snapshot()
    trace = host.dir / "trace"
    only = [word for fd in range(3, 20) for word in ("-P", f"/proc/self/fd/{fd}")] if call == "openat" else []
    result = host.run(["strace", "-f", "-o", trace, *only, "-e", f"trace={call}", "-e", f"inject={call}:error={error}",
                       *run_argv(host, "vepanet", program=["echo", "{fd}"])], check=None,
                      env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert "(INJECTED)" in trace.read_text(), "it was opened, and that was refused"
    assert result.rc == 1 and result.out == "" and result.err.count("\n") == 1 and "tap" in result.err
    assert host.snapshot() == before


@pytest.mark.parametrize("verb", [["create", "vepanet"], ["run", "--nic", "vepanet", "--", "/bin/echo", "{fd}"]])
def test_sys_of_another_namespace_is_said_so(host, verb):
    """As after `unshare -n` without a new /sys."""
    said = host.run(["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /sys && exec "$@"', "sh", *host.vifctl_argv(*verb)],
                    check=1)
    assert "it is missing from /sys" in said.err
    assert macvtaps(host) == []
