# SPDX-License-Identifier: GPL-2.0-or-later
"""The ACL as QEMU's own bridge helper reads it: vifctl helper-check gives the same answers."""

import os
from pathlib import Path

import pytest

from bed import WRAPPER

HELPER = Path("/usr/lib/qemu/qemu-bridge-helper")
ALICE, BOB, KVM = 7001, 7002, 7100

pytestmark = pytest.mark.skipif(not HELPER.exists(), reason=f"no {HELPER}")

ALLOWED, DENIED, ERROR = "allowed", "denied", "error"

# Text, what both say of br0.
ACLS = [
    # nothing
    ("", DENIED), ("\n", DENIED), (" \t\f\r\n", DENIED), ("\v\n", ERROR), ("# allow br0\n", DENIED), ("  #\n", DENIED),
    ("\t#allow br0\nallow br1", DENIED),
    # allow and deny, in any order
    ("allow br0\n", ALLOWED), ("allow br0", ALLOWED), ("allow all\n", ALLOWED), ("allow br1\n", DENIED),
    ("deny br0\n", DENIED), ("allow br0\ndeny br0\n", DENIED), ("deny br0\nallow br0\n", DENIED),
    ("deny all\nallow br0\n", DENIED), ("allow br0\ndeny all\n", DENIED), ("allow all\ndeny br1\n", ALLOWED),
    ("allow all\ndeny br0\n", DENIED), ("deny br1\nallow br0\n", ALLOWED),
    # blanks
    ("   allow br0\n", ALLOWED), ("\t\f\r allow br0\n", ALLOWED), ("\vallow br0\n", ERROR),
    ("allow    br0    \n", ALLOWED),
    ("allow \t\f\r br0\f\t\r\n", ALLOWED), ("allow br0\v\n", DENIED),
    ("allow br0\r\n", ALLOWED), ("\r\n\r\nallow br0\r\n", ALLOWED),
    ("allow br0\rdeny br0\n", DENIED), ("allow br1\rallow br0\n", DENIED),
    # tabs
    ("allow\tbr0\n", ALLOWED), ("allow\t\tbr0\t\n", ALLOWED), ("  allow\tbr0\n", ALLOWED),
    ("allow \tbr0\n", ALLOWED), ("allow\t br0\n", ERROR), ("allow\tbr 0\n", ERROR), ("allow\tbr0 \n", ERROR),
    ("deny\tall\nallow br0\n", DENIED),
    # the rest of the line is the name
    ("allow br0 # x\n", DENIED), ("allow br0 br1\n", DENIED), ("allow br0,br1\n", DENIED), ("allow br*\n", DENIED),
    ("allow 'br0'\n", DENIED), ("allow BR0\n", DENIED), ("allow ALL\n", DENIED), ("allow br00\n", DENIED),
    ("allow br\n", DENIED), ("allow b\xf6\nallow br0\n", ALLOWED), ("allow \nallow br0\n", ALLOWED),
    ("allow\t\nallow br0\n", ALLOWED), ("deny br0 x\nallow br0\n", ALLOWED),
    # names
    ("allow 123456789012345\nallow br0\n", ALLOWED), ("allow 1234567890123456\nallow br0\n", ERROR),
    ("allow br0\ndeny 1234567890123456\n", ERROR), ("allow br0 # a long comment\n", ERROR),
    # no verb
    ("allow\n", ERROR), ("allow", ERROR), ("deny\n", ERROR), ("include\n", ERROR), ("br0\n", ERROR),
    ("allow=br0\n", ERROR), ("allow\vbr0\n", ERROR), ("Allow br0\n", ERROR), ("ALLOW br0\n", ERROR),
    ("permit br0\nallow br0\n", ERROR), ("allow br0\npermit br0\n", ERROR), ("; x\nallow br0\n", ERROR),
    ("// x\nallow br0\n", ERROR), ("\xef\xbb\xbfallow br0\n", ERROR), ("allow br0\n\n\nx\n", ERROR),
    # include
    ("include /etc/qemu/allow\n", ALLOWED), ("include\t/etc/qemu/allow\n", ALLOWED),
    ("  include   /etc/qemu/allow  \r\n", ALLOWED), ("include /etc/qemu/with space\n", ALLOWED),
    ("include\t/etc/qemu/with space\n", ERROR),
    ("include /etc/qemu/deny\nallow br0\n", DENIED), ("allow br0\ninclude /etc/qemu/deny\n", DENIED),
    ("include /etc/qemu/missing\n", DENIED), ("include /etc/qemu/missing\nallow br0\n", ALLOWED),
    ("include \nallow br0\n", ALLOWED), ("include /etc/qemu\nallow br0\n", ALLOWED),
    ("include /etc/qemu/allow/x\nallow br0\n", ALLOWED), ("include /etc/qemu/loop\nallow br0\n", ALLOWED),
    ("include /dev/null\nallow br0\n", ALLOWED), ("include " + "x" * 4000 + "\nallow br0\n", ALLOWED),
    # an included file counts up to its bad line
    ("include /etc/qemu/half\n", ALLOWED), ("include /etc/qemu/half\ndeny br0\n", DENIED),
    ("include /etc/qemu/half-deny\nallow br0\n", DENIED), ("include /etc/qemu/bad\n", DENIED),
    ("include /etc/qemu/bad\nallow br0\n", ALLOWED), ("include /etc/qemu/nested\n", ALLOWED),
    ("include /etc/qemu/allow\nx\n", ERROR),
    # who may read
    ("include /etc/qemu/of-alice\n", ALLOWED), ("include /etc/qemu/of-bob\n", DENIED),
    ("include /etc/qemu/of-kvm\n", ALLOWED), ("allow br0\ninclude /etc/qemu/deny-bob\n", ALLOWED),
    # long lines
    ("allow br0" + " " * 4086 + "\n", ALLOWED), ("#" * 4095 + "\nallow br0\n", ALLOWED),
]

# QEMU's helper goes on where we do not: text, what it says of br0.
STRICTER = [
    ("#" * 4096 + "\nallow br0\n", ALLOWED),
    ("# " + "x" * 5000 + "\nallow br0\n", ERROR),
    ("# " + "x" * 4093 + "allow br0\n", ALLOWED),  # the rest of a long comment is a line
    ("allow br0" + " " * 5000 + "\n", ALLOWED),
    ("allow br0\0\n", ALLOWED),
    ("\0\nallow br0\n", ALLOWED),
    ("include /etc/qemu/self\n", ALLOWED),  # once there is no descriptor left
    ("include /etc/qemu/nul\nallow br0\n", ALLOWED),
    ("include /etc/qemu/allow\n" * 64, ALLOWED),
    ("#" * 4000 + "\n" + ("#" * 1000 + "\n") * 1100 + "allow br0\n", ALLOWED),
]

FILES = {
    "allow": "allow br0\n", "deny": "deny br0\n", "with space": "allow br0\n",
    "half": "allow br0\nnonsense\ndeny br0\n", "half-deny": "deny br0\nallow\n",
    "bad": "nonsense\nallow br0\n", "nested": "include /etc/qemu/half\nx\n",
    "self": "include /etc/qemu/self\nallow br0\n", "nul": "# \0\n",
    "of-alice": "allow br0\n", "of-bob": "allow br0\n", "of-kvm": "allow br0\n", "deny-bob": "deny br0\n",
}
MODES = {"of-alice": (ALICE, 0, 0o400), "of-bob": (0, BOB, 0o640), "of-kvm": (0, KVM, 0o640),
         "deny-bob": (0, BOB, 0o640)}


@pytest.fixture
def host(bed):
    bed.mounts.mount("tmpfs", "/etc")
    for name, text in {
            "passwd": f"root:x:0:0::/:/bin/sh\nalice:x:{ALICE}:{ALICE}::/:/bin/sh\n",
            "group": f"alice:x:{ALICE}:\nkvm:x:{KVM}:alice\n",
            "nsswitch.conf": "passwd: files\ngroup: files\n"}.items():
        Path("/etc", name).write_text(text)
    Path("/etc/qemu").mkdir()
    os.symlink("loop", "/etc/qemu/loop")
    for name, text in FILES.items():
        owner, group, mode = MODES.get(name, (0, 0, 0o644))
        path = Path("/etc/qemu", name)
        path.write_text(text)
        os.chown(path, owner, group)
        path.chmod(mode)
    for directory in "/etc", "/etc/qemu":
        os.chmod(directory, 0o755)
    return bed


def write_acl(text):
    Path("/etc/qemu/bridge.conf").write_bytes(text.encode("latin-1"))


def helper(host, bridge="br0", user=ALICE):
    """What QEMU's helper says to this user; a later failure means that it was allowed."""
    argv = ["setpriv", f"--reuid={user}", f"--regid={user}", f"--groups={KVM}", "--",
            "prlimit", "--nofile=64", "--", HELPER, f"--br={bridge}", "--fd=99"]
    result = host.run(argv, check=1)
    if "failed to parse default acl file" in result.err:
        return ERROR
    return DENIED if "access denied by acl file" in result.err else ALLOWED


def vifctl(host, bridge="br0", user="alice"):
    answer = host.vifctl("helper-check", user, bridge, "--json").json()
    assert not (answer["allowed"] and answer["error"])
    return ERROR if answer["error"] else ALLOWED if answer["allowed"] else DENIED


def test_each_acl_means_to_us_what_it_means_to_qemu(host):
    wrong = []
    for text, expected in ACLS[::10 if WRAPPER else 1]:  # valgrind takes its time
        write_acl(text)
        said = helper(host), vifctl(host)
        if said != (expected, expected):
            wrong.append((text[:80], expected, *said))
    assert wrong == [], "text, expected, QEMU's helper, vifctl"


def test_where_we_are_stricter(host):
    """Nothing is allowed that QEMU's helper would not allow."""
    wrong = []
    for text, expected in STRICTER:
        write_acl(text)
        said = helper(host), vifctl(host)
        if said != (expected, ERROR):
            wrong.append((text[:80], expected, *said))
    assert wrong == [], "text, expected, QEMU's helper, vifctl"


@pytest.mark.parametrize("bridge", ["all", "123456789012345", "br-1.5"])
def test_other_bridges(host, bridge):
    for text, expected in (("allow all\n", ALLOWED), (f"allow {bridge}\n", ALLOWED), ("allow br0\n", DENIED),
                           (f"allow {bridge}x\n", ERROR if len(bridge) == 15 else DENIED),
                           (f"allow all\ndeny {bridge}\n", DENIED)):
        write_acl(text)
        assert (helper(host, bridge), vifctl(host, bridge)) == (expected, expected), text


def test_without_an_acl(host):
    assert (helper(host), vifctl(host)) == (ERROR, ERROR)
    os.mkdir("/etc/qemu/bridge.conf")
    assert (helper(host), vifctl(host)) == (DENIED, ERROR)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o604, 0o044])
def test_an_acl_that_not_all_may_read(host, mode):
    write_acl("allow br0\n")
    os.chmod("/etc/qemu/bridge.conf", mode)
    assert helper(host) == vifctl(host)
