# SPDX-License-Identifier: GPL-2.0-or-later
"""vif-bridge-helper beside QEMU's own: both setuid root, run by an ordinary user."""

import array
import contextlib
import fcntl
import itertools
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
from pathlib import Path

import pytest

from bed import BUILD
from test_helper_acl import ACLS, ALICE, ALLOWED, HELPER, KVM, STRICTER, host, write_acl  # noqa: F401

TUNGETIFF = 0x800454D2
IFF_VNET_HDR, IFF_TAP, IFF_NO_PI = 0x4000, 0x0002, 0x1000

OURS, QEMUS = "ours", "QEMU's"


class Answer:
    """What one run of a helper came to."""

    def __init__(self, rc, err, message, fds, more):
        self.rc, self.err, self.message, self.fds, self.more = rc, err, message, fds, more

    @property
    def granted(self):
        """What QEMU takes for success."""
        assert (self.rc == 0) == (self.message == b"\0" and len(self.fds) == 1), vars(self)
        return self.rc == 0

    def ifreq(self):
        ifr = fcntl.ioctl(self.fds[0], TUNGETIFF, bytes(40))
        name, flags = struct.unpack_from("16sH", ifr)
        return name.rstrip(b"\0").decode(), flags

    def close(self):
        for fd in self.fds:
            os.close(fd)


class Helpers:
    def __init__(self, bed):
        self.bed = bed
        self.paths = {OURS: self.install(BUILD / "vif-bridge-helper"), QEMUS: self.install(HELPER)}
        for path in "/run", bed.dir:
            os.chmod(path, 0o755)

    def install(self, source, mode=0o4755):
        path = self.bed.dir / source.name
        shutil.copy(source, path)
        path.chmod(mode)
        return path

    def run(self, which, args, user=ALICE, fd=None, env=None, closed=(), path=None, **kwargs):
        """Run it as QEMU does; {fd} in the arguments is its end of the socket."""
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        number = its.fileno() if fd is None else fd
        argv = [str(path or self.paths[which]), *(arg.replace("{fd}", str(number)) for arg in args)]
        with mine, its:
            process = subprocess.Popen(
                argv, user=user, group=user, extra_groups=[KVM], pass_fds=[its.fileno(), *([fd] if fd else [])],
                env=env or {}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                preexec_fn=lambda: [os.close(fd) for fd in closed], **kwargs)
            its.close()
            fds = array.array("i")
            message, ancillary, _, _ = mine.recvmsg(16, socket.CMSG_LEN(16 * 4))
            for _, _, data in ancillary:
                fds.frombytes(data)
            err = process.stderr.read().decode(errors="replace")
            process.stderr.close()
            rc = process.wait(20)
            return Answer(rc, err, message, list(fds), mine.recv(16) if message else b"")

    @contextlib.contextmanager
    def use(self, *args, **kwargs):
        answer = self.run(*args, **kwargs)
        try:
            yield answer
        finally:
            answer.close()

    def granted(self, which, args, **kwargs):
        with self.use(which, args, **kwargs) as answer:
            return answer.granted


@pytest.fixture
def helpers(host):  # noqa: F811
    host.bridge("br0")
    write_acl("allow br0\n")
    return Helpers(host)


ARGS = ["--use-vnet", "--fd={fd}", "--br=br0"]


@pytest.mark.parametrize("args", list(itertools.permutations(ARGS)), ids=lambda args: "".join(a[2] for a in args))
def test_the_reply_is_one_byte_and_one_tap_in_place(helpers, args):
    bed = helpers.bed
    with helpers.use(OURS, args) as answer:
        assert answer.granted and answer.err == "" and answer.more == b""
        name, flags = answer.ifreq()
        assert flags & (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR) == IFF_TAP | IFF_NO_PI | IFF_VNET_HDR
        assert name == f"vtap{bed.link(name).ifindex}" and bed.in_place(name)
        assert bed.link(name).alias.endswith(" made=1"), "nobody but its guest's end ends it"
        assert bed.link(name).addresses == [] and bed.listed(name)["state"] == "ok"
    assert bed.links() == ["br0"], "it goes with QEMU"


def test_it_takes_no_turn(helpers):
    """Else its user could stop it meanwhile, and so all others; see test_turns.py."""
    assert helpers.granted(OURS, ARGS) and not os.path.exists("/run/vifagent")


def test_without_virtio_headers(helpers):
    with helpers.use(OURS, ARGS[1:]) as answer:
        assert not answer.ifreq()[1] & IFF_VNET_HDR


def test_the_bridges_mtu(helpers):
    helpers.bed.ip("link set br0 mtu 9000")
    with helpers.use(OURS, ARGS) as answer:
        assert helpers.bed.link(answer.ifreq()[0]).mtu == 9000
    assert helpers.bed.link("br0").mtu == 9000


def test_with_the_daemon(helpers):
    bed = helpers.bed
    bed.daemon()
    with helpers.use(OURS, ARGS) as answer:
        name, _ = answer.ifreq()
        bed.until(lambda: bed.listed(name))
        bed.ip(f"link set {name} nomaster")
        bed.until(lambda: bed.in_place(name))
    bed.until(lambda: bed.listed() == {} and bed.links() == ["br0"])


# The same decisions

def test_each_acl_decides_the_same(helpers):
    wrong = []
    for text, expected in ACLS:
        write_acl(text)
        said = helpers.granted(QEMUS, ARGS), helpers.granted(OURS, ARGS)
        if said != (expected == ALLOWED,) * 2:
            wrong.append((text[:80], expected, *said))
    assert wrong == [] and len(ACLS) >= 60


def test_nothing_is_granted_that_qemus_would_not(helpers):
    for text, _ in STRICTER:
        write_acl(text)
        with helpers.use(OURS, ARGS) as answer:
            assert not answer.granted and "/etc/qemu/" in answer.err


@pytest.mark.parametrize("args, granted", [
    (["--br=br0", "--fd={fd}"], True), (["--fd={fd}", "--br=br0"], True),
    (["--use-vnet", "--use-vnet", "--br=br0", "--fd={fd}"], True),
    (["--br=br1", "--br=br0", "--fd={fd}"], True), (["--br=br0", "--br=br1", "--fd={fd}"], False),
    (["--fd=99", "--fd={fd}", "--br=br0"], True), (["--fd={fd}", "--fd=99", "--br=br0"], False),
    ([], False), (["--br=br0"], False), (["--fd={fd}"], False), (["--use-vnet"], False),
    (["--br", "br0", "--fd", "{fd}"], False), (["br0", "{fd}"], False), (["-h"], False),
    (["--br=br0", "--fd={fd}", "--verbose"], False), (["--br=br0", "--fd={fd}", ""], False),
    (["--br=br0", "--fd={fd}", "--"], False), (["--br=br0", "--fd={fd}", "x"], False),
    (["--br=br0", "--fd=-1"], False), (["--br=br0", "--fd=99"], False), (["--br=br0", "--fd="], False),
    (["--br=br0", "--fd=99999999999"], False), (["--br=br0", "--fd=x"], False),
    (["--br=", "--fd={fd}"], False), (["--br=br1", "--fd={fd}"], False), (["--br=all", "--fd={fd}"], False),
    (["--br=br0 ", "--fd={fd}"], False), (["--br=../br0", "--fd={fd}"], False), (["--br=br%d", "--fd={fd}"], False),
    (["--br=%s%n", "--fd={fd}"], False), (["--br=" + "b" * 15, "--fd={fd}"], False),
    (["--br=" + "b" * 16, "--fd={fd}"], False), (["--br=" + "b" * 5000, "--fd={fd}"], False),
    (["--br=br0\n", "--fd={fd}"], False), (["--br=\x1b[31mbr0", "--fd={fd}"], False), (["--br=lo", "--fd={fd}"], False),
    (["--BR=br0", "--fd={fd}"], False), (["-br=br0", "-fd={fd}"], False), (["--use-vnet=1", "--br=br0", "--fd={fd}"], False),
])
def test_arguments_decide_the_same(helpers, args, granted):
    assert helpers.granted(QEMUS, args) == granted
    with helpers.use(OURS, args) as answer:
        assert answer.granted == granted
        assert granted or (answer.rc == 1 and answer.err.count("\n") == 1 and answer.err.isprintable() is False)
        assert all(c.isprintable() for c in answer.err[:-1]), answer.err
        assert granted or answer.err.startswith("vif-bridge-helper: ")
    assert helpers.bed.links() == ["br0"]


@pytest.mark.parametrize("args", [["--br=br0", "--fd= {fd}"], ["--br=br0", "--fd={fd}x"], ["--br=br0", "--fd=+{fd}"]])
def test_a_number_is_a_number(helpers, args):
    """QEMU's takes what atoi() makes of it."""
    assert helpers.granted(QEMUS, args)
    with helpers.use(OURS, args) as answer:
        assert not answer.granted and "is not a file descriptor" in answer.err


@pytest.mark.parametrize("kind", ["pipe", "file", "inet", "datagram"])
def test_what_is_no_unix_stream_socket_is_refused(helpers, kind):
    pipe = os.pipe()
    with socket.socket() as inet, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagram, \
            open("/etc/passwd") as file:
        fd = {"pipe": pipe[1], "file": file.fileno(), "inet": inet.fileno(), "datagram": datagram.fileno()}[kind]
        with helpers.use(OURS, ARGS, fd=fd) as answer:
            assert not answer.granted and "socket" in answer.err
    for fd in pipe:
        os.close(fd)
    assert helpers.bed.links() == ["br0"]


# Hostile callers

def test_the_environment_counts_for_nothing(helpers):
    env = {"PATH": "/nonexistent", "LD_PRELOAD": "/nonexistent.so", "LD_LIBRARY_PATH": "/tmp", "HOME": "x" * 10000,
           "VIFAGENT_CONF": "/etc/shadow", "VIF_NETWORK": "br7", "NLDBG": "9", "LC_ALL": "xx", "XENSTORED_PATH": "/x",
           "MALLOC_CHECK_": "3", "IFS": "x", "": "y"}
    del env[""]
    assert helpers.granted(OURS, ARGS, env=env)


@pytest.mark.parametrize("user", [ALICE, 0])  # for a setuid program glibc sees to it as well
@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1], [0, 1, 2]])
def test_standard_descriptors_may_be_closed(helpers, closed, user):
    assert helpers.granted(OURS, ARGS, closed=closed, user=user)
    with helpers.use(OURS, ["--br=br0", f"--fd={closed[0]}"], closed=closed, user=user) as answer:
        # Nothing of ours must get such a number: an error message would go there.
        assert not answer.granted and (2 in closed or "on non-socket" in answer.err)


def test_blocked_signals(helpers):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGTERM])
    try:
        assert helpers.granted(OURS, ARGS)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD, signal.SIGTERM])


@pytest.mark.parametrize("limit, value", [("RLIMIT_NOFILE", 4), ("RLIMIT_NOFILE", 6), ("RLIMIT_NOFILE", 8), ("RLIMIT_FSIZE", 0),
                                          ("RLIMIT_STACK", 65536)])
def test_little_room_does_no_harm(helpers, limit, value):
    write_acl("include /etc/qemu/deny\nallow br0\n")
    number = getattr(resource, limit)
    mine, its = socket.socketpair()
    with mine, its:
        done = subprocess.run([helpers.paths[OURS], "--br=br0", f"--fd={its.fileno()}"], user=ALICE, group=ALICE, extra_groups=[],
                              pass_fds=[its.fileno()], stderr=subprocess.PIPE, check=False,
                              preexec_fn=lambda: resource.setrlimit(number, (value, value)))
        assert done.returncode != 0
    assert helpers.bed.links() == ["br0"]


def test_an_unreadable_acl_grants_nothing(helpers):
    os.chmod("/etc/qemu/bridge.conf", 0o600)
    with helpers.use(OURS, ARGS) as answer:
        assert not answer.granted and "Permission denied" in answer.err
    assert not helpers.granted(QEMUS, ARGS)
    assert helpers.granted(OURS, ARGS, user=0), "root may read it"


def test_the_sentence_says_who_what_and_where(helpers):
    write_acl("# the house\nallow all\ndeny br0\n")
    with helpers.use(OURS, ARGS) as answer:
        assert answer.err == (f"vif-bridge-helper: uid {ALICE} may not use bridge br0: "
                              '/etc/qemu/bridge.conf line 3, "deny br0"\n')


def test_what_the_kernel_refuses_leaves_nothing(helpers):
    write_acl("allow all\n")
    helpers.bed.vif("eth7")
    for bridge, words in (("br7", "bridge br7 does not exist"), ("eth7", "eth7 is not a bridge"), ("lo", "lo is not a bridge")):
        with helpers.use(OURS, [f"--br={bridge}", "--fd={fd}"]) as answer:
            assert not answer.granted and words in answer.err and answer.err.count("\n") == 1
    assert sorted(helpers.bed.links()) == ["br0", "eth7"]


@pytest.mark.parametrize("conf, why", [
    ("[network br0]\nguard = mac\n", "network br0 checks what ports of bridge br0 send (guard = mac)"),
    ("[network br0]\n[network red]\nbridge = br0\nguard = ip\n", "network red checks what ports of bridge br0 send"),
    ("guard = mac\n", "cannot tell whether ports of bridge br0 have a guard"),
    ("[network red]\nbridge = br0\nisolated = yes\n", "network red isolates ports of bridge br0 from one another"),
    ("[network red]\nguard = mac\n", None),
])
def test_ports_of_a_network_with_a_guard_are_refused(helpers, conf, why):
    """QEMU's helper is told no MAC."""
    os.mkdir("/etc/vifagent", 0o755)
    Path("/etc/vifagent/vifagent.conf").write_text(conf)
    with helpers.use(OURS, ARGS) as answer:
        assert answer.granted == (why is None) and (why or "") in answer.err
    assert helpers.bed.links() == ["br0"]


@pytest.mark.parametrize("acl, granted", [
    ("allow lan0\nallow br0\n", True), ("allow all\n", True), ("allow lan0\n", False), ("allow br0\n", False),
    ("allow all\ndeny br0\n", False), ("allow all\ndeny lan0\n", False),
])
def test_an_alternative_name_is_no_way_around_the_acl(helpers, acl, granted):
    helpers.bed.ip("link property add dev br0 altname lan0")
    write_acl(acl)
    with helpers.use(OURS, ["--br=lan0", "--fd={fd}"]) as answer:
        assert answer.granted == granted
    helpers.bed.until(lambda: sorted(helpers.bed.links()) == ["br0"])


# How it is installed

def test_a_file_capability_is_enough(helpers):
    path = helpers.install(BUILD / "vif-bridge-helper", 0o755)
    # VFS_CAP_REVISION_2 with the effective bit; permitted: CAP_NET_ADMIN (12)
    os.setxattr(path, "security.capability", struct.pack("<IIIII", 0x02000001, 1 << 12, 0, 0, 0))
    assert helpers.granted(OURS, ARGS, path=path)
    write_acl("include /etc/qemu/of-bob\n")
    assert not helpers.granted(OURS, ARGS, path=path)


def test_without_any_right_it_says_what_is_missing(helpers):
    path = helpers.install(BUILD / "vif-bridge-helper", 0o755)
    with helpers.use(OURS, ARGS, path=path) as answer:
        assert not answer.granted and "setuid root" in answer.err

