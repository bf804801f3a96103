# SPDX-License-Identifier: GPL-2.0-or-later
"""What administrators try first, who have read little: it works, or they are told what to write."""

import re

import pytest

from spoofed import MAC
from test_doctor import findings
from wires import Wire, passed
import spoofed

CONF = "[network red]\nbridge = br0\n[network guarded]\nbridge = br0\nguard = mac\n"


@pytest.fixture
def host(bed):
    bed.bridge("br0")
    bed.bridge("br1")
    bed.conf.write_text(CONF)
    bed.tap("tap5")
    return bed


@pytest.mark.parametrize("words, rc, answer", [
    ("attach tap5 red isolated=yes", 2, "is a setting of networks: set it in [network NAME]"),
    ("attach tap5 red learning=no", 2, "is a setting of networks"),
    ("attach tap5 red taps=vnet*", 2, "is a setting of networks"),
    ("attach tap5 red --name=web0", 2, "write name=VALUE"),
    ("attach tap5 red Mtu=1400", 2, "write mtu=VALUE"),
    ("attach tap5 red mac", 2, "write mac=VALUE"),
    ("attach tap5 red web0", 2, "it takes name, mac"),
    ("create red web0 isolated=yes", 2, "is a setting of networks"),
    ("create red web0 user=nobody", 2, "it takes name, mac"),
    ("detach --all", 2, 'unknown option "--all"; name one LINK'),
    ("show --all", 2, 'unknown option "--all"'),
    ("remove tap5", 2, "did you mean detach?"),
    ("addif tap5", 2, "did you mean attach?"),
    ("run --nic -- sleep 1", 2, "--nic takes NETWORK"),
    ("run --nic red mac=02:00:00:00:00:07 -- sleep 1", 2, "--nic red,KEY=VALUE"),
    ("run --nic red -- timeout 5 sleep 1", 2, "put timeout, nice or sudo before vifctl"),
    ("run -- true", 0, 'note: without --nic "true" gets no NIC'),
])
def test_a_wrong_word_is_answered_with_the_right_one(host, words, rc, answer):
    before = host.link("tap5")
    result = host.vifctl(*words.split(), check=rc)
    assert answer in result.err, result.err
    assert host.link("tap5").master is None and host.link("tap5").mac == before.mac


@pytest.mark.parametrize("verb", ["attach", "create", "run"])
def test_help_explains_each_key_of_a_verb(bed, verb):
    usage = bed.vifctl("help", verb, check=0).out
    assert bed.vifctl(verb, "--help", check=0).out == usage
    keys = re.search(r"keys: (.*)", usage)[1].replace(" and ", ", ").split(", ")
    explained = re.findall(r"^  ([a-z-]+)=", usage, re.M)
    assert set(explained) >= {key.split("=")[0] for key in keys} - ({"name"} if verb == "create" else set())
    assert f"For example: vifctl {verb} " in usage


def test_help_of_a_setting_says_where_it_belongs(bed):
    assert "rate is a setting of networks, not a verb" in bed.vifctl("help", "rate", check=1).err


def test_a_link_is_found_by_the_name_that_it_had(host):
    host.vifctl("attach", "tap5", "red", "name=web0", check=0)
    assert 'link "tap5" does not exist (it is now called web0), and no network' in host.vifctl("show", "tap5", check=1).err
    # what a script runs when its guest has ended must not fail
    for verb in "detach", "delete":
        assert 'note: link "tap5" does not exist (it is now called web0); nothing to do' in host.vifctl(verb, "tap5", check=0).err
    host.ip("link set web0 down")
    host.ip("link set web0 name odd0")  # by another program
    assert '"web0" does not exist (it is now called odd0)' in host.vifctl("detach", "web0", check=0).err
    assert 'note: link "" does not exist; nothing to do' in host.vifctl("detach", "", check=0).err
    host.vifctl("detach", "odd0", check=0)
    assert "does not exist; nothing to do" in host.vifctl("detach", "web0", check=0).err


def test_what_may_be_the_cable_between_bridges_is_not_taken_away(host):
    host.vif("up0", peer="switch0")
    host.ip("link set up0 master br0")
    assert "up0 is on bridge br0, whose uplink it may be" in host.vifctl("attach", "up0", "br1", check=1).err
    assert host.link("up0").master == "br0"
    host.vifctl("attach", "up0", "br1", "force=yes", check=0)
    assert host.in_place("up0", "br1")
    host.vifctl("attach", "tap5", "br0", check=0)
    host.vifctl("attach", "tap5", "br1", check=0)  # a guest's
    assert host.in_place("tap5", "br1")


def test_a_created_tap_says_what_is_in_the_way_of_another_one(host):
    host.vifctl("create", "red", "web0", "mtu=1400", check=0)
    assert host.vifctl("create", "red", "web0", "mtu=1400", check=0).out == "web0\n"
    error = host.vifctl("create", "red", "web0", "mtu=1300", check=1).err
    assert "web0 has been created already, with other settings (vifctl show web0); delete it first (vifctl delete web0)" in error


def test_doctor_makes_no_bridge_of_a_network_that_has_gone(host):
    """It would have neither guard nor rate."""
    host.vifctl("attach", "tap5", "guarded", f"mac={MAC}", check=0)
    host.conf.write_text("[network red]\nbridge = br0\n")
    text, command = next(found for (about, _), found in findings(host).items() if about == "guarded")
    assert "add [network guarded] to it" in text and not command
    host.conf.write_text(CONF + "[network blue]\nbridge = nobr0\n")
    assert findings(host)["nobr0", "warning"][1] == "ip link add nobr0 type bridge"


def test_a_refused_port_is_shown_where_it_is(host):
    host.conf.write_text("[network red]\nbridge = br0\nguard = ip\n")
    host.vifctl("attach", "tap5", "red", f"mac={MAC}", "ip=10.0.0.1", check=0)
    host.conf.write_text("[network red]\nbridge = br1\n")
    assert "|-- tap5 refused, still on br0: ip=10.0.0.1" in host.vifctl("list", "--tree").out
    assert "is ignored" not in host.vifctl("show", "tap5").out, "its guard still stands"
    host.vifctl("attach", "tap5", "red", check=0)
    assert "|-- tap5 ok" in host.vifctl("list", "--tree").out


def test_doctor_tells_of_dropped_frames(host):
    host.daemon()
    host.vifctl("attach", "tap5", "guarded", f"mac={MAC}", check=0)
    victim = host.tap("victim")
    host.ip("link set victim master br0 up")
    assert not any("dropped" in text for text, _ in findings(host, 0).values())
    bad = spoofed.mark(spoofed.BAD_MAC)
    assert passed(Wire(host._taps[0].fd), Wire(victim.fd), bad) == set()
    assert findings(host, 0)["tap5", "note"] == (f"guard or rate have dropped {len(bad)} of its frames, the last of them within a day", "vifctl show tap5")


def test_vifctl_and_the_daemon_may_read_different_files(host):
    other = host.dir / "other.conf"
    other.write_text(CONF)
    daemon = host.daemon()
    assert "different configuration" not in host.vifctl("status", check=None).err
    argv = host.vifctl_argv()
    argv[argv.index(host.conf)] = other
    result = host.run([*argv, "status"], check=None)
    assert f"vifagentd reads a different configuration: {host.conf}; use vifctl -c with it" in result.err
    assert f"use vifctl -c {host.conf} doctor" in host.run([*argv, "doctor", "--json"], check=1).out
    # reload checks the file that will be read
    host.conf.write_text("[network red]\nnonsense = 1\n")
    result = host.run([*argv, "reload"], check=1)
    assert "nonsense" in result.err and "not reloaded" in result.err
    assert "is refused" not in daemon.log()
    daemon.stop()
    assert "vifagentd does not answer" in host.run([*argv, "reload"], check=1).err
    daemon.cont()
