# SPDX-License-Identifier: GPL-2.0-or-later
"""vif-ifup and vif-ifdown, as QEMU runs them.  With QEMU itself: tests/qemu."""

import pytest

from bed import BUILD, WRAPPER

CONFIG = "[network red]\nbridge = br1\ntaps = red* web?\n"


@pytest.fixture(params=["alone", "with the daemon"])
def host(bed, request):
    bed.bridge("br0")
    bed.bridge("br1")
    bed.conf.write_text(CONFIG)
    if request.param != "alone":
        bed.daemon()
    return bed


def script(bed, name, *args, env=None, check=0):
    """Run it by this name, as QEMU does: argv[1] is the tap."""
    link = bed.dir / name
    if not link.is_symlink():
        link.symlink_to(BUILD / "vifctl")
    return bed.run([*WRAPPER, link, *args], check, env={"VIFAGENT_CONF": bed.conf} | (env or {}))


@pytest.mark.parametrize("tap, bridge", [("red0", "br1"), ("web7", "br1")])
def test_the_network_by_the_taps_name(host, tap, bridge):
    host.tap(tap)
    result = script(host, "vif-ifup", tap)
    assert (result.out, result.err) == ("", "") and host.in_place(tap, bridge)


@pytest.mark.parametrize("name", ["vif-ifup.br0", "qemu-ifup.br0"])
def test_the_network_by_the_scripts_name_goes_first(host, name):
    host.tap("red0")
    script(host, name, "red0", env={"VIF_NETWORK": "br1"})
    assert host.in_place("red0", "br0")


def test_a_network_may_have_dots_in_its_name(bed):
    bed.bridge("br0.7")
    bed.tap("tap0")
    script(bed, "vif-ifup.br0.7", "tap0")
    assert bed.in_place("tap0", "br0.7")


def test_the_network_by_the_environment(host):
    host.tap("red0")
    script(host, "vif-ifup", "red0", env={"VIF_NETWORK": "br0"})
    assert host.in_place("red0", "br0")


def test_a_persistent_tap_is_as_it_was_afterwards(host):
    host.tap("red0", persistent=True)
    before = host.link("red0")
    script(host, "vif-ifup", "red0")
    assert host.in_place("red0", "br1")
    script(host, "vif-ifdown", "red0")
    after = host.link("red0")
    assert (after.mac, after.up, after.master, after.alias) == (before.mac, before.up, None, None)


def test_ifdown_leaves_alone_what_ifup_did_not_join(host):
    host.tap("tap0")
    host.ip("link set tap0 up master br0")
    host.vifctl("create", "br0", "web77", check=0)
    before = host.snapshot()
    for tap in "tap0", "web77":
        script(host, "vif-ifdown", tap)
    assert host.snapshot() == before


@pytest.mark.parametrize("name, args, env, code, words", [
    ("vif-ifup", ["tap0"], {}, 1, "no network requested"),
    ("vif-ifup", ["tap0"], {"VIF_NETWORK": ""}, 1, "no network requested"),
    ("vif-ifup", ["tap0"], {"VIF_NETWORK": "a/b"}, 1, "is not valid as the name of a network"),
    ("vif-ifup", ["tap0"], {"VIF_NETWORK": "br7"}, 1, "bridge br7 does not exist"),
    ("vif-ifup.br7", ["tap0"], {}, 1, "bridge br7 does not exist"),
    ("vif-ifup.", ["tap0"], {}, 1, "is not valid as the name of a network"),
    ("vif-ifup.br0", ["tap7"], {}, 1, "does not exist"),
    ("vif-ifup.br0", [], {}, 2, "takes one LINK"),
    ("vif-ifup.br0", ["tap0", "tap0"], {}, 2, "takes one LINK"),
    ("vif-ifdown", [], {}, 2, "takes one LINK"),
    ("vif-ifdown", ["tap7"], {}, 1, "does not exist"),
])
def test_what_is_wrong_is_said_in_one_line(host, name, args, env, code, words):
    host.tap("tap0")
    before = host.snapshot()
    result = script(host, name, *args, env=env, check=code)
    assert words in result.err and result.err.count("\n") == 1 and result.out == ""
    assert host.snapshot() == before
