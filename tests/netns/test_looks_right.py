# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong although nothing is left to do: list has a mark, show a sentence."""

import os
from pathlib import Path

import pytest

from bed import BUILD, WRAPPER

BROKEN = "[network red]\nbridge = a/b\n"


NETFILTER = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")


@pytest.fixture(autouse=True)
def no_netfilter(bed):
    """Of this network namespace; the module is there if something on the machine has loaded it."""
    if NETFILTER.exists():
        NETFILTER.write_text("0\n")


@pytest.fixture
def port(bed):
    """A port in order with carrier."""
    bed.bridge("br0")
    bed.vif("web0", peer="guest0")
    bed.vifctl("attach", "web0", "br0", check=0)
    bed.until(lambda: "carrier" not in line(bed))
    return bed


def line(bed):
    found, = [line for line in bed.vifctl("list", check=0).out.splitlines() if line.startswith("web0 ")]
    assert found.split()[1] == "ok"
    return found


def notes(bed):
    return [line.split("note", 1)[1].strip() for line in bed.vifctl("show", "web0", check=0).out.splitlines()
            if line.startswith("    note ")]


def test_a_port_that_works_has_no_mark(port):
    assert line(port).split() == ["web0", "ok", "br0", "hand"] and notes(port) == []
    found, = port.vifctl("list", "--json", check=0).json()
    assert found["notes"] == []


def test_a_bridge_that_is_down(port):
    port.down("br0")
    assert "bridge down" in line(port)
    assert any("bridge br0 is down" in note and "ip link set br0 up" in note for note in notes(port))


def test_a_port_that_the_spanning_tree_holds_up(bed):
    bed.ip("link add br0 type bridge stp_state 1 forward_delay 3000")
    bed.up("br0")
    bed.vif("web0", peer="guest0")
    bed.vifctl("attach", "web0", "br0", check=0)
    bed.until(lambda: "listening" in line(bed) or "learning" in line(bed))
    note, = notes(bed)
    assert "spanning tree" in note and "forward_delay of br0" in note


@pytest.mark.parametrize("kind,words", [("tap", "no program has the tap open"), ("veth", "the guest has not connected")])
def test_a_guest_without_carrier(bed, kind, words):
    bed.bridge("br0")
    if kind == "tap":
        bed.tap("web0", hold=False, persistent=True)
    else:
        bed.vif("web0")
    bed.vifctl("attach", "web0", "br0", check=0)
    assert "no carrier" in line(bed)
    note, = notes(bed)
    assert words in note


def test_frames_that_go_through_iptables(port):
    if not NETFILTER.exists():
        pytest.skip("br_netfilter is not loaded on this machine")
    NETFILTER.write_text("1\n")
    note, = notes(port)
    assert "iptables -S FORWARD" in note
    assert line(port).split() == ["web0", "ok", "br0", "hand"], "most hosts have it, and nothing is wrong"


# No daemon, no rights, no configuration

def test_that_no_daemon_runs_is_said_where_one_is_missed(port):
    assert "not running" not in port.vifctl("list", check=0).err
    port.ip("link set web0 nomaster")
    for args in [("list",), ("show", "web0")]:
        err = port.vifctl(*args, check=0).err
        assert "note: vifagentd is not running" in err
    port.daemon()
    port.until(lambda: port.in_place("web0"))
    port.ip("link del br0")
    port.until(lambda: "waiting" in port.vifctl("list", check=0).out)
    assert port.vifctl("list", check=0).err == ""


def test_a_daemon_that_was_killed_is_not_running(port):
    daemon = port.daemon()
    port.ip("link del br0")
    port.until(lambda: "waiting" in port.vifctl("list", check=0).out)
    assert "not running" not in port.vifctl("list", check=0).err
    daemon.kill()
    assert "not running" in port.vifctl("list", check=0).err


def test_a_second_daemon_is_noticed(bed):
    bed.daemon()
    second = bed.daemon()
    assert "another vifagentd seems to run" in second.log()


def test_who_may_not_ask_xenstored_is_told_so(bed):
    bed.xenstored()
    bed.bridge("br0")
    nic = bed.nic(bed.xs, 5, 0)
    nic.netback_ready()
    bed.vif("vif5.0")
    bed.script("online", "vif", nic, check=0)
    os.chmod(bed.xs.path, 0o600)
    argv = ["setpriv", "--reuid=65534", "--clear-groups", *WRAPPER, BUILD / "vifctl", "show", "vif5.0"]
    result = bed.run(argv)
    assert "run this as root" in result.out and "does not answer" not in result.out + result.err


@pytest.mark.parametrize("args", [("list",), ("list", "--json"), ("show", "web0"), ("plan",), ("detach", "web0")])
def test_a_broken_configuration_is_a_note_for_who_looks_or_leaves(port, args):
    port.conf.write_text(BROKEN)
    result = port.vifctl(*args, check=0)
    note, = result.err.splitlines()
    assert note.startswith("vifctl: note: configuration ") and "going on without it" in note
    assert args[0] != "detach" or port.link("web0").master is None


def test_a_tap_is_deleted_with_a_broken_configuration(bed):
    bed.bridge("br0")
    bed.vifctl("create", "br0", "web0", check=0)
    bed.conf.write_text(BROKEN)
    bed.vifctl("delete", "web0", check=0)
    assert bed.link("web0") is None


@pytest.mark.parametrize("args", [("attach", "web0", "br0"), ("create", "br0"), ("qemu-ifup", "web0")])
def test_who_needs_it_fails(port, args):
    port.conf.write_text(BROKEN)
    before = port.snapshot()
    result = port.vifctl(*args, check=1)
    assert result.err.startswith("vifctl: configuration ") and result.err.count("\n") == 1
    assert port.snapshot() == before


@pytest.mark.parametrize("program", ["vifctl", "vifagentd"])
def test_a_configuration_can_be_checked(bed, program):
    def check():
        if program == "vifctl":
            return bed.vifctl("check")
        return bed.run([*WRAPPER, BUILD / "vifagentd", "-c", bed.conf, "--check"], None)

    bed.conf.write_text("[network red]\nbridge = br1\n")
    result = check()
    assert (result.rc, result.out, result.err) == (0, "the configuration is valid: 1 network\n", "")
    bed.conf.write_text(BROKEN)
    result = check()
    assert result.rc == 1 and result.out == ""
    assert "line 2" in result.err and result.err.count("\n") == 1


def test_another_file_can_be_checked(bed):
    other = bed.dir / "other.conf"
    other.write_text(BROKEN)
    assert "line 2" in bed.vifctl("check", other, check=1).err
    assert bed.vifctl("check", check=0).out == "the configuration is valid: 0 networks\n"
    assert "no-such" in bed.vifctl("check", bed.dir / "no-such", check=1).err
