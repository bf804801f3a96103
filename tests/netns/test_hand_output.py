# SPDX-License-Identifier: GPL-2.0-or-later
"""What vifctl prints: list, show, plan, monitor, and what it says to wrong usage."""

import json
import os
import re
import signal

import pytest

from bed import PORT_MAC


@pytest.fixture
def host(bed):
    """A port in order, one that waits, one that is refused, and one by xenstore."""
    xs = bed.xenstored()
    bed.bridge("br0")
    for name in "tap0", "tap1", "tap2":
        bed.tap(name)
        bed.vifctl("attach", name, "br0", f"name={name.replace('tap', 'web')}", check=0)
    bed.bridge("br1")
    bed.vifctl("attach", "web1", "br1", check=0)
    bed.delete("br1")
    bed.vifctl("attach", "web2", "br0", "mtu=1400", check=0)
    bed.ip("link set web2 down nomaster")
    nic = bed.nic(xs, 5, 0)
    nic.netback_ready()
    bed.vif("vif5.0")
    return bed


def rows(text):
    return {line.split()[0]: line.split(None, 4)[1:] for line in text.splitlines()}


def test_list(host):
    listed = rows(host.vifctl("list", check=0).out)
    assert list(listed) == ["vif5.0", "web0", "web1", "web2"], "NICs first, then by age"
    assert listed["web0"] == ["ok", "br0", "hand"]
    assert listed["web1"][:3] == ["waiting", "br1", "hand"]
    assert listed["web1"][3].startswith("network br1 (requested by hand): bridge br1 does not exist;")
    # "to do" is two words, as the state is
    assert listed["web2"][:4] == ["to", "do", "br0", "hand" + listed["web2"][3][4:]]
    assert listed["vif5.0"][:3] == ["to", "do", "br0"]


def test_list_of_nothing(bed):
    bed.tap("tap0")
    assert bed.vifctl("list", check=0).out == ""
    assert bed.vifctl("list", "--json", check=0).json() == []


def test_list_says_nothing_of_nics_that_others_serve(bed):
    bed.xenstored()
    bed.nic(bed.xs, 5, 0, script="/etc/xen/scripts/vif-bridge")
    bed.vif("vif5.0")
    assert bed.listed() == {}
    assert "vif-bridge" in bed.vifctl("show", "vif5.0", check=0).out, "but show says why"


def test_list_as_json(host):
    ports = host.listed()
    assert isinstance(ports["web0"].pop("notes"), list)
    assert ports["web0"] == {
        "port": "web0", "state": "ok", "reason": None, "unused": None, "steps": [],
        "wish": {"by": "hand", "network": "br0", "bridge": "br0", "device": None, "mode": None, "name": "web0",
                 "vlan": None, "guard": None, "ip": None, "rate": None, "options": {}, "mtu": None, "mac": None, "up": True},
        "link": {"name": "web0", "ifindex": host.link("web0").ifindex, "kind": "tun",
                 "address": PORT_MAC, "mtu": 1500, "master": "br0", "up": True, "carrier": True,
                 "alias": host.link("web0").alias},
    }
    assert (ports["web1"]["state"], ports["web1"]["link"]["master"]) == ("waiting", None)
    assert ports["web2"]["state"] == "to do"
    assert ports["web2"]["steps"][-2:] == ["master br0", "up"]
    assert (ports["vif5.0"]["nic"], ports["vif5.0"]["part"]) == ("5.0", "vif")
    assert ports["vif5.0"]["wish"]["by"] == "xenstore"


@pytest.mark.parametrize("place", [("-j", "list"), ("--json", "list"), ("list", "-j"), ("list", "--json")])
def test_json_may_be_asked_for_before_and_after_the_verb(host, place):
    assert len(host.vifctl(*place, check=0).json()) == 4


def test_show_says_why_a_nic_is_not_up(host):
    text = host.vifctl("show", "web1", check=0).out
    assert text.startswith("web1: waiting\n")
    for words in ("reason  network br1 (requested by hand): bridge br1 does not exist",
                  "wish    network br1, bridge br1, by hand", PORT_MAC, "alias   \"vifagent/1 by=hand"):
        assert words in text
    text = host.vifctl("show", "web2", check=0).out
    assert re.search(r"steps\n(    1\..*\n)?    \d\. master br0\n    \d\. up\n$", text)
    assert "wish    network br0, bridge br0, by hand, mtu 1400\n" in text


def test_show_says_what_a_link_lacks_that_nobody_speaks_for(bed):
    bed.tap("tap0")
    text = bed.vifctl("show", "tap0", check=0).out
    assert "reason  no network requested; run `vifctl attach tap0 NETWORK`" in text


def test_show_of_one_that_is_left_down(bed):
    bed.bridge("br0")
    bed.tap("tap0")
    bed.vifctl("attach", "tap0", "br0", "up=no", "mac=52:54:00:12:34:56", check=0)
    text = bed.vifctl("show", "tap0", check=0).out
    assert "wish    network br0, bridge br0, by hand, mac 52:54:00:12:34:56, up no\n" in text
    wish = bed.listed("tap0")["wish"]
    assert (wish["mac"], wish["up"]) == ("52:54:00:12:34:56", False)


def test_it_is_said_when_xenstored_cannot_be_reached(bed):
    bed.bridge("br0")
    nic = bed.nic(bed.xenstored(), 5, 0)
    nic.netback_ready()
    bed.vif("vif5.0")
    bed.script("online", "vif", nic, check=0)
    bed.xs.kill()
    result = bed.vifctl("list", check=0)
    assert rows(result.out)["vif5.0"][0] == "waiting"
    assert result.err.startswith(f"vifctl: note: xenstored cannot be reached at {bed.xs.path}: Connection refused; ")
    result = bed.vifctl("show", "5.0", check=0)
    assert "    master  br0\n" in result.out and "cannot be reached" in result.err
    os.unlink(bed.xs.path)
    assert "xenstored" not in bed.vifctl("list", check=0).err, "there is none"


@pytest.mark.parametrize("name", ["5.0", "vif5.0"])
def test_show_of_a_nic(host, name):
    shown, = host.vifctl("show", name, "--json", check=0).json()
    assert (shown["port"], shown["nic"], shown["state"]) == ("vif5.0", "5.0", "to do")


def test_show_of_a_nic_whose_link_is_missing(bed):
    bed.xenstored()
    bed.nic(bed.xs, 5, 0)
    for name in "5.0", "vif5.0":
        text = bed.vifctl("show", name, check=0).out
        assert "vif5.0: waiting" in text and "its link does not exist yet" in text


def test_show_both_links_of_an_hvm_guests_nic(bed):
    bed.xenstored()
    bed.bridge("br0")
    bed.nic(bed.xs, 5, 0, type="vif_ioemu")
    bed.vif("vif5.0")
    bed.tap("vif5.0-emu")
    parts = bed.vifctl("show", "vif5.0-emu", "--json", check=0).json()
    assert {(p["port"], p["part"]) for p in parts} == {("vif5.0", "vif"), ("vif5.0-emu", "emu")}


def test_show_tells_of_a_bridge_that_is_down(bed):
    bed.ip("link add br0 type bridge")
    bed.tap("tap0")
    bed.vifctl("attach", "tap0", "br0", check=0)
    assert "bridge br0 is down" in bed.vifctl("show", "tap0", check=0).out


def test_show_of_a_link_that_nobody_wants(bed):
    bed.tap("tap0")
    assert "tap0: not ours" in bed.vifctl("show", "tap0", check=0).out


@pytest.mark.parametrize("name", ["nosuch", "6.0", "vif6.0", "", "vif6.0-emu", "x" * 300])
def test_show_and_plan_of_what_is_not_there(bed, name):
    bed.xenstored()
    for verb in "show", "plan":
        result = bed.vifctl(verb, name, check=1)
        assert "does not exist" in result.err and result.err.count("\n") == 1
        assert result.out == "" and len(result.err) < 400


def test_plan_changes_nothing_and_says_what_would_be_done(host):
    store = host.xs.dump("/")
    with host.count_netlink_changes() as changes:
        text = host.vifctl("plan", check=0).out
        plans = {p["port"]: p["steps"] for p in host.vifctl("plan", "--json", check=0).json()}
        one = host.vifctl("plan", "vif5.0", check=0).out
    # What a bridge says of a port's carrier may come late.
    assert [c for c in changes if not c[0].startswith("bridge")] == []
    assert host.xs.dump("/") == store
    assert "web0: nothing to do\n" in text
    assert "web1: waiting: network br1" in text
    assert "web2:\n" in text and ". master br0\n" in text
    assert plans["web0"] == []
    assert one == "vif5.0:\n" + "".join(f"    {i}. {step}\n" for i, step in enumerate(plans["vif5.0"], 1))
    assert any("master br0" in step for step in plans["vif5.0"])


def test_what_was_planned_is_what_is_done(bed):
    """The steps, and nothing else: a plan after each of them is shorter."""
    bed.bridge("br0")
    bed.tap("tap0")
    bed.vifctl("attach", "tap0", "br0", check=0)
    bed.ip("link set tap0 nomaster down mtu 1400")

    def steps():
        planned, = bed.vifctl("plan", "tap0", "--json", check=0).json()
        return [step for step in planned["steps"] if "bridge" not in step]

    assert steps() == ["mtu 1500, master br0", "up"]
    bed.ip("link set tap0 mtu 1500 master br0")
    assert steps() == ["up"]
    bed.ip("link set tap0 up")
    assert steps() == []


def test_monitor_says_when_a_port_was_left(bed):
    bed.bridge("br0")
    tap = bed.tap("tap0")
    monitor = bed.background(bed.vifctl_argv("monitor"))
    bed.vif("seen0")
    bed.vifctl("attach", "seen0", "br0", check=0)
    bed.until(lambda: "seen0 " in monitor.output(), what="it listens")
    for _ in range(5):
        bed.vifctl("attach", tap.name, "br0", check=0)
        bed.until(lambda: rows(monitor.output()).get("tap0", [""])[0] == "ok")
        bed.vifctl("detach", tap.name, check=0)
        bed.until(lambda: rows(monitor.output())["tap0"][:2] == ["not", "ours"])
    monitor.process.terminate()
    monitor.wait(5, check=0)


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_monitor(host, signal_number):
    monitor = host.background(host.vifctl_argv("monitor"))
    host.until(lambda: len(monitor.output().splitlines()) == 4)
    before = host.snapshot()
    host.never(lambda: host.snapshot() != before, seconds=0.1, what="monitor changed something")
    host.vifctl("attach", "web2", "br0", check=0)
    host.until(lambda: rows(monitor.output())["web2"][0] == "ok")
    host.bridge("br1")
    host.vifctl("attach", "web1", "br1", check=0)
    host.until(lambda: rows(monitor.output())["web1"][0] == "ok")
    host.delete("br1")
    host.until(lambda: rows(monitor.output())["web1"][0] == "waiting")
    monitor.process.send_signal(signal_number)
    assert monitor.wait(5).rc == 0


def test_monitor_as_json_is_an_object_a_line(host):
    monitor = host.background(host.vifctl_argv("monitor", "--json"))
    host.until(lambda: monitor.output().count("\n") == 4)
    states = {p["port"]: p["state"] for p in map(json.loads, monitor.output().splitlines())}
    assert states == {"vif5.0": "to do", "web0": "ok", "web1": "waiting", "web2": "to do"}
    monitor.process.terminate()
    monitor.wait(5, check=0)


def test_monitor_ends_when_nobody_reads(host):
    monitor = host.background(["sh", "-c", '"$@" | head -n 1; echo done', "sh",
                               *host.vifctl_argv("monitor")])
    host.until(lambda: "\n" in monitor.output())
    host.vifctl("attach", "web2", "br0", check=0)
    assert "done" in monitor.wait(5).out


# Usage

@pytest.mark.parametrize("args", [
    (), ("frobnicate",), ("--frobnicate", "list"), ("-c",), ("attach",), ("attach", "tap0"),
    ("attach", "tap0", "br0", "colour=red"), ("attach", "tap0", "br0", "mtu"),
    ("attach", "tap0", "br0", "alias=keep"), ("attach", "tap0", "br0", ""), ("detach",),
    ("detach", "tap0", "tap1"), ("list", "tap0"), ("show",), ("show", "tap0", "tap1"),
    ("plan", "tap0", "tap1"), ("monitor", "tap0"), ("udev", "tap0"), ("xen-script",), ("",),
])
def test_wrong_usage(bed, args):
    bed.bridge("br0")
    bed.tap("tap0")
    before = bed.snapshot()
    result = bed.vifctl(*args, check=2, timeout=5)
    assert result.err and result.out == ""
    assert bed.snapshot() == before


@pytest.mark.parametrize("args", [("--help",), ("-h",), ("--version",), ("-V",)])
def test_help_is_no_failure(bed, args):
    result = bed.vifctl(*args, check=0)
    assert result.out.startswith(("usage: vifctl", "vifctl 0")) and result.err == ""


def test_a_configuration_that_was_named_must_be_there(bed):
    bed.conf.unlink()
    result = bed.vifctl("list", check=1)
    assert str(bed.conf) in result.err and "No such file" in result.err


def test_a_full_disk_is_noticed(host):
    assert host.run(["sh", "-c", '"$@" >/dev/full', "sh", *host.vifctl_argv("list")], check=1).err


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("verb", ["attach", "create", "run", "list", "show", "qemu-ifup", "xen-script"])
def test_help_of_a_verb(bed, verb, option):
    before = bed.links()
    out = bed.vifctl(verb, option, check=0).out
    assert re.match(rf"vifctl {verb}[^\n]*\n        [^\n]*\n(?!vifctl )", out) and "\nvifctl " not in out and bed.links() == before


def test_help(bed):
    assert bed.vifctl("help", check=0).out == bed.vifctl("--help", check=0).out
