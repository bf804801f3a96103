# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl helper-check: what the ACL of QEMU's bridge helper says of a user and a bridge."""

import os
from pathlib import Path

import pytest

from bed import BUILD, WRAPPER

ALICE, BOB, GUEST = 7001, 7002, 7003
KVM = 7100

PASSWD = f"""root:x:0:0:root:/root:/bin/sh
alice:x:{ALICE}:{ALICE}::/:/bin/sh
bob:x:{BOB}:{BOB}::/:/bin/sh
7003:x:{BOB}:{BOB}::/:/bin/sh
"""
GROUPS = f"root:x:0:\nalice:x:{ALICE}:\nbob:x:{BOB}:\nkvm:x:{KVM}:root,bob\n"


@pytest.fixture
def host(bed):
    """A host whose accounts are known, with its own /etc/qemu."""
    bed.mounts.mount("tmpfs", "/etc")
    Path("/etc/passwd").write_text(PASSWD)
    Path("/etc/group").write_text(GROUPS)
    Path("/etc/nsswitch.conf").write_text("passwd: files\ngroup: files\n")
    Path("/etc/qemu").mkdir(mode=0o755)
    os.chmod("/etc", 0o755)
    os.chmod(bed.dir, 0o755)
    os.chmod("/run", 0o755)
    return bed


def acl(text, path="/etc/qemu/bridge.conf", owner=0, group=0, mode=0o644):
    path = Path(path)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.chown(path, owner, group)
    path.chmod(mode)
    return path


def notes(result):
    """What is on stderr; the child that reads ends without tidying up, which valgrind tells of."""
    return [line for line in result.err.splitlines() if not line.startswith("==")]


def test_allowed(host):
    acl("# the house\n\nallow br0\n")
    result = host.vifctl("helper-check", "alice", "br0", check=0)
    assert result.out == 'alice may use br0: /etc/qemu/bridge.conf line 3, "allow br0"\n'
    assert notes(result) == []


def test_a_network_with_a_guard(host):
    """The helper refuses its bridge, whatever the ACL says; see test_helper.py."""
    acl("allow br0\n")
    host.conf.write_text("[network red]\nbridge = br0\nguard = mac\n")
    result = host.vifctl("helper-check", "alice", "br0", check=1)
    assert result.out.startswith("alice may not use br0: network red checks what ports of bridge br0 send (guard = mac)")


def test_a_network_that_isolates(host):
    acl("allow br0\n")
    host.conf.write_text("[network red]\nbridge = br0\nisolated = yes\n")
    assert "isolates ports of bridge br0 from one another" in host.vifctl("helper-check", "alice", "br0", check=1).out


@pytest.mark.parametrize("text, mode", [("[network red]\nnonsense = 1\n", 0o644), ("[network red]\nbridge = br0\n", 0o600)])
def test_a_configuration_that_the_helper_cannot_use(host, text, mode):
    """With an error in it, or one that the user may not read."""
    acl("allow br0\n")
    host.conf.write_text(text)
    host.conf.chmod(mode)
    result = host.vifctl("helper-check", "alice", "br0", check=1)
    assert result.out.startswith("alice may not use br0: cannot tell whether ports of bridge br0 have a guard or a rate: ")
    host.conf.chmod(0o644)
    host.conf.write_text("[network red]\nbridge = br0\n")
    assert "may use br0" in host.vifctl("helper-check", "alice", "br0", check=0).out


def test_not_mentioned(host):
    acl("allow br0\n")
    result = host.vifctl("helper-check", "alice", "br1", check=1)
    assert result.out == "alice may not use br1: no line of /etc/qemu/bridge.conf allows it\n"
    assert notes(result) == []


def test_denied(host):
    acl("allow all\ndeny br0\n")
    result = host.vifctl("helper-check", "alice", "br0", check=1)
    assert result.out == 'alice may not use br0: /etc/qemu/bridge.conf line 2, "deny br0"\n'
    host.vifctl("helper-check", "alice", "br1", check=0)


def test_another_file(host):
    path = acl("allow br0\n", host.dir / "acl")
    result = host.vifctl("helper-check", "alice", "br0", path, check=0)
    assert result.out == f'alice may use br0: {path} line 1, "allow br0"\n'


@pytest.mark.parametrize("text, reason", [
    ("allow br0\nnonsense\n",
     '/etc/qemu/bridge.conf line 2: "nonsense" is not allow, deny or include followed by a name'),
    (b"allow br0\n\0\n", "/etc/qemu/bridge.conf line 2: it contains a NUL byte"),
    (b"#" * (1 << 20) + b"\n", "/etc/qemu/bridge.conf cannot be read: it is larger than 1 MiB"),
    ("include /etc/qemu/bridge.conf\n",
     "/etc/qemu/bridge.conf line 1: files include each other more than 8 deep"),
], ids=["nonsense", "nul", "large", "deep"])
def test_an_acl_in_error(host, text, reason):
    acl(text)
    result = host.vifctl("helper-check", "alice", "br0", check=1)
    assert result.out == f"alice may not use br0: {reason}\n"
    assert host.vifctl("helper-check", "alice", "br0", "--json", check=1).json()["error"] == reason


def test_no_acl(host):
    result = host.vifctl("helper-check", "alice", "br0", check=1)
    assert result.out == ("alice may not use br0: /etc/qemu/bridge.conf cannot be read: "
                          "No such file or directory\n")


@pytest.mark.parametrize("make, says", [
    (os.mkdir, "Is a directory"), (os.mkfifo, "it is not a regular file"),
    (lambda path: os.symlink("/dev/null", path), "it is not a regular file"),
    (lambda path: os.symlink("bridge.conf", path), "Too many levels of symbolic links"),
])
def test_no_regular_file(host, make, says):
    """It neither hangs nor counts."""
    make("/etc/qemu/bridge.conf")
    result = host.vifctl("helper-check", "alice", "br0", check=1, timeout=5)
    assert says in result.out
    os.rename("/etc/qemu/bridge.conf", "/etc/qemu/it")
    acl("include /etc/qemu/it\nallow br0\n", host.dir / "acl")
    result = host.vifctl("helper-check", "alice", "br0", host.dir / "acl", check=0, timeout=5)
    assert "/etc/qemu/it cannot be read" in result.err and "it is ignored" in result.err


def test_json(host):
    acl("allow br0\ninclude /etc/qemu/missing\n")
    assert host.vifctl("-j", "helper-check", "alice", "br0", check=0).json() == {
        "user": "alice", "bridge": "br0", "acl": "/etc/qemu/bridge.conf", "allowed": True,
        "reason": '/etc/qemu/bridge.conf line 1, "allow br0"',
        "rule": {"file": "/etc/qemu/bridge.conf", "line": 1, "text": "allow br0"},
        "error": None,
        "notes": ["/etc/qemu/bridge.conf line 2: /etc/qemu/missing cannot be read: "
                  "No such file or directory; it is ignored"],
    }
    assert host.vifctl("-j", "helper-check", "alice", "br1", check=1).json()["rule"] is None


# Who reads

def answers(host, bridge="br0", users=("root", "alice", "bob", str(GUEST + 1))):
    return [user for user in users
            if host.vifctl("helper-check", user, bridge).rc == 0]


def test_a_file_of_ones_own(host):
    """How an ACL differs from user to user: root:alice 0640."""
    acl("allow br0\n", "/etc/qemu/alice.conf", group=ALICE, mode=0o640)
    acl("include /etc/qemu/alice.conf\n")
    assert answers(host) == ["root", "alice"]
    result = host.vifctl("helper-check", "bob", "br0", check=1)
    assert result.out == "bob may not use br0: no line of /etc/qemu/bridge.conf allows it\n"
    assert notes(result) == ["vifctl: note: /etc/qemu/bridge.conf line 1: /etc/qemu/alice.conf cannot be read: "
                             "Permission denied; it is ignored"]
    result = host.vifctl("helper-check", "alice", "br0", check=0)
    assert result.out == 'alice may use br0: /etc/qemu/alice.conf line 1, "allow br0"\n'


def test_a_file_of_the_users_uid(host):
    acl("allow br0\n", "/etc/qemu/alice.conf", owner=ALICE, mode=0o400)
    acl("include /etc/qemu/alice.conf\n")
    assert answers(host) == ["root", "alice"]


def test_a_file_of_a_supplementary_group(host):
    acl("allow br0\n", "/etc/qemu/kvm.conf", group=KVM, mode=0o640)
    acl("include /etc/qemu/kvm.conf\n")
    assert answers(host) == ["root", "bob"]


def test_a_file_that_one_group_must_not_read(host):
    """The group's bits count before the others': vifctl's own groups are gone."""
    acl("allow br0\n", "/etc/qemu/all.conf", group=KVM, mode=0o604)
    acl("include /etc/qemu/all.conf\n")
    assert answers(host) == ["root", "alice", str(GUEST + 1)]
    acl("allow br0\n", "/etc/qemu/all.conf", group=0, mode=0o604)
    assert answers(host) == ["root", "alice", "bob", str(GUEST + 1)]


def test_a_deny_that_one_cannot_read_does_not_count(host):
    acl("deny br0\n", "/etc/qemu/deny.conf", group=ALICE, mode=0o640)
    acl("allow all\ninclude /etc/qemu/deny.conf\n")
    assert answers(host) == ["bob", str(GUEST + 1)]


def test_the_main_file_must_be_readable(host):
    acl("allow br0\n", group=ALICE, mode=0o640)
    assert answers(host) == ["root", "alice"]
    result = host.vifctl("helper-check", "bob", "br0", check=1)
    assert result.out == "bob may not use br0: /etc/qemu/bridge.conf cannot be read: Permission denied\n"


def test_the_directory_must_be_passable(host):
    acl("allow br0\n")
    os.chmod("/etc/qemu", 0o700)
    assert answers(host) == ["root"]


def test_a_user_by_number(host):
    acl("allow br0\n", "/etc/qemu/kvm.conf", group=KVM, mode=0o640)
    acl("include /etc/qemu/kvm.conf\n")
    assert host.vifctl("helper-check", str(BOB), "br0", check=0).out.startswith(f"{BOB} may use br0: ")
    # A name is a name, also of digits.
    acl("allow br0\n", "/etc/qemu/kvm.conf", owner=GUEST, mode=0o400)
    host.vifctl("helper-check", str(GUEST), "br0", check=1)
    acl("allow br0\n", "/etc/qemu/kvm.conf", owner=BOB, mode=0o400)
    host.vifctl("helper-check", str(GUEST), "br0", check=0)


def test_a_number_without_an_account_is_in_no_group(host):
    acl("allow br0\n", "/etc/qemu/own.conf", owner=9000, mode=0o400)
    acl("include /etc/qemu/own.conf\n")
    assert answers(host, users=("8999", "9000", "9001")) == ["9000"]
    acl("allow br0\n", "/etc/qemu/own.conf", group=9000, mode=0o040)
    assert answers(host, users=("8999", "9000", "9001")) == []
    acl("allow br0\n", "/etc/qemu/own.conf", group=65534, mode=0o040)
    assert answers(host, users=("8999", "9000", "9001")) == ["8999", "9000", "9001"]


def test_a_relative_include_is_relative_to_the_directory_one_is_in(host):
    acl("allow br0\n", host.dir / "here.conf")
    acl("include here.conf\n")
    host.vifctl("helper-check", "alice", "br0", check=1)
    argv = ["env", "-C", host.dir, *host.vifctl_argv("helper-check", "alice", "br0")]
    result = host.run(argv, check=0)
    assert result.out == 'alice may use br0: here.conf line 1, "allow br0"\n'
    assert notes(result) == ["vifctl: note: /etc/qemu/bridge.conf line 1: here.conf is not an absolute path: "
                             "the user who starts the helper chooses the directory"]


def test_want_of_descriptors_does_not_hide_a_deny(host):
    """QEMU's helper passes over an include that it has no descriptor for."""
    acl("deny br0\n", "/etc/qemu/deny.conf")
    acl("allow br0\ninclude /etc/qemu/deny.conf\n")
    for limit in range(4, 24):
        argv = ["prlimit", f"--nofile={limit}", *host.vifctl_argv("helper-check", "alice", "br0")]
        result = host.run(argv, check=None)
        assert result.rc != 0 and "may use" not in result.out


def test_only_root_asks_for_others(host):
    acl("allow br0\n")
    program = host.dir / "vifctl"
    program.write_bytes((BUILD / "vifctl").read_bytes())
    program.chmod(0o755)
    argv = ["setpriv", f"--reuid={ALICE}", f"--regid={ALICE}", "--clear-groups",
            *WRAPPER, program, "-c", host.conf, "helper-check"]
    assert host.run([*argv, "alice", "br0"], check=0).out.startswith("alice may use br0")
    assert host.run([*argv, str(ALICE), "br0"], check=0).out.startswith(f"{ALICE} may use br0")
    for user in "bob", "root", "9000":
        result = host.run([*argv, user, "br0"], check=1)
        assert result.out == ""
        assert result.err == (f"vifctl: only root can check for user {user}, "
                              "because the files must be read as that user\n")


# Usage

@pytest.mark.parametrize("args", [
    (), ("alice",), ("alice", "br0", "/x", "/y"), ("alice", ""), ("alice", "1234567890123456"),
    ("alice", "a/b"), ("alice", "br 0"), ("alice", ".."),
])
def test_wrong_usage(host, args):
    acl("allow all\n")
    result = host.vifctl("helper-check", *args, check=2)
    assert result.out == "" and result.err.count("\n") == 1


@pytest.mark.parametrize("user", ["nosuch", "", "-1", "+7001", " 7001", "0x0", "4294967295", "4294967296",
                                  "alice ", "x" * 300, "\x1b[2J"])
def test_no_such_user(host, user):
    acl("allow all\n")
    result = host.vifctl("helper-check", user, "br0", check=1)
    assert result.out == "" and result.err.startswith("vifctl: user \"")
    assert result.err[:-1].isprintable()


def test_the_highest_uid(host):
    acl("allow all\n")
    host.vifctl("helper-check", "4294967294", "br0", check=0)


def test_nothing_is_changed(host):
    acl("allow all\n")
    host.bridge("br0")
    before = host.snapshot()
    with host.count_netlink_changes() as changes:
        host.vifctl("helper-check", "alice", "br0", check=0)
    assert changes == [] and host.snapshot() == before
