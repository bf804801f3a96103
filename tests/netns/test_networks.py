# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks by name: wrong files, files that change while ports come and go, and every door."""

import re

import pytest

from bed import TOP
from macvtaps import MAC, NETWORKS, host_nic, in_order, macvtaps, others_macvtap
from test_hand import drop_in, refused
from test_qemu_script import script
from test_udev import wish

MACVTAP = "[network m]\nkind = macvtap\ndevice = eth0\n"

# Each kind of mistake, as programs tell of it; tests/unit/test-config.c has all of them.
# name: (text, the line that is wrong, words of the reason)
WRONG = {
    "no section": ("device = eth0\n", 1, "section"),
    "no sign": (MACVTAP + "mode vepa\n", 4, "neither"),
    "a network with an escape": ("[network \x1b[2J]\nkind = macvtap\ndevice = eth0\n", 1, "not valid as the name of a network"),
    "no device": ("[network m]\nkind = macvtap\n", 2, "device"),
    "an unknown mode": (MACVTAP + "mode = vepe\n", 4, "vepe"),
    "a loop": ("[network a]\nbridge = b\n[network b]\nbridge = a\n", 2, "network b"),
    "a NUL": (MACVTAP + "mode = ve\0pa\n", 4, "NUL"),
    "a very long line": (MACVTAP + f"; {'x' * 100000}\n", 4, "longer than"),
}


def write(path, text):
    path.write_bytes(text.encode())


def sane(text):
    return all(line.isprintable() and len(line) < 1100 for line in text.split("\n"))


# Wrong files

@pytest.mark.parametrize("text, line, words", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_file_is_refused_with_its_line(bed, text, line, words):
    write(bed.conf, text)
    error = refused(bed, "check")
    assert f'configuration "{bed.conf}" is refused: line {line}: ' in error
    assert words in error.split(": line ", 1)[1] and sane(error)


def test_the_example_is_good_with_its_lines_taken_in(bed):
    text = (TOP / "doc/vifagent.conf.example").read_text()
    taken = re.sub(r"^# (?=\[|[a-z-]+ = )", "", text, flags=re.MULTILINE)
    assert taken.count("\n[") == 4 and taken.count(" = ") > 8
    bed.conf.write_text(taken)
    bed.bridge("br200")
    bed.tap("redtap")
    bed.vifctl("qemu-ifup", "redtap", check=0)
    assert bed.listed("redtap")["wish"]["network"] == "red"


def test_a_wrong_file_of_the_directory_is_named(bed):
    bed.conf.write_text(MACVTAP)
    for number, (text, line, words) in enumerate(WRONG.values()):
        path = drop_in(bed, f"{number}.conf", "")
        write(path, text.replace("[network m]", "[network m2]"))
        error = refused(bed, "check")
        assert f'configuration "{path}" is refused: line {line}: ' in error
        path.unlink()
    bed.vifctl("list", check=0)


@pytest.mark.parametrize("first, second, line", [
    (MACVTAP, "[network m]\nbridge = br0\n", 2),
    (MACVTAP, "\n[network m]\nkind = bridge\n", 3),
    ("[network b]\nbridge = br0\n", "[network b]\nmode = vepa\n", 2),
    ("[network a]\nbridge = b\n", "[network b]\nbridge = br0\n", 1),
    ("[network b]\nbridge = br0\n", "[network a]\nbridge = b\n", 2),
])
def test_files_that_are_good_alone_and_wrong_together(bed, first, second, line):
    path = drop_in(bed, "a.conf", first)
    bed.vifctl("list", check=0)
    path = drop_in(bed, "b.conf", second)
    assert f'configuration "{path}" is refused: line {line}: ' in refused(bed, "attach", "eth0", "m")


def test_a_later_file_goes_before(bed):
    host_nic(bed)
    drop_in(bed, "a.conf", "[network vepanet]\nmode = private\nmtu = 1400\n")
    bed.vifctl("create", "vepanet", "web0", f"mac={MAC}", check=0)
    assert in_order(bed, "web0", mode="private", mtu=1400)
    assert "private" in refused(bed, "create", "vepanet", "web1", "mode=vepa")


def test_the_daemon_goes_on_with_what_it_has(bed):
    """Each wrong file in its turn; a port that was taken off its bridge comes back."""
    bed.bridge("br0")
    host_nic(bed)
    daemon = bed.daemon()
    names = [f"tap{number}" for number in range(len(WRONG))]
    for name in names:
        bed.tap(name)
        bed.vifctl("attach", name, "red", check=0)
    bed.vifctl("create", "vepanet", "web0", f"mac={MAC}", check=0)
    good, before = bed.conf.read_text(), bed.snapshot()
    for name, (text, line, words) in zip(names, WRONG.values()):
        write(bed.conf, text)
        seen = len(daemon.log())
        daemon.reload()
        said = daemon.log()[seen:]
        assert f'configuration "{bed.conf}" is refused: line {line}: ' in said
        assert words in said and sane(said)
        # Not the same one each time: the daemon would give way.
        bed.ip(f"link set {name} nomaster")
        bed.until(lambda: bed.in_place(name), what=f"{name} is put back")  # noqa: B023
    assert bed.snapshot() == before and daemon.running()
    bed.conf.write_text(good)
    daemon.reload()
    assert bed.snapshot() == before and bed.listed("web0")["state"] == "ok"


def test_good_and_bad_files_in_turn_while_ports_come_and_go(bed):
    bed.bridge("br0")
    bed.bridge("br1")
    host_nic(bed)
    good = [NETWORKS, NETWORKS.replace("bridge = br0", "bridge = br1").replace("mode = private", "mode = bridge")]
    wrong = list(WRONG.values())
    daemon = bed.daemon()
    bed.tap("tap100")
    bed.vifctl("attach", "tap100", "red", check=0)
    bed.vifctl("create", "privatenet", "web100", f"mac={MAC}", check=0)
    for turn in range(2 * len(wrong)):
        other = good[turn % 2]
        on, mode = ("br0", "private") if turn % 2 == 0 else ("br1", "bridge")
        bed.conf.write_text(other)
        daemon.reload()
        tap = bed.tap(f"tap{turn}")
        bed.vifctl("attach", tap.name, "red", check=0)
        bed.vifctl("create", "privatenet", f"web{turn}", check=0)
        text, line, words = wrong[turn % len(wrong)]
        write(bed.conf, text)
        seen = len(daemon.log())
        daemon.reload()
        said = daemon.log()[seen:]
        assert f"line {line}: " in said and words in said, said
        bed.ip(f"link set {tap.name} nomaster")
        bed.ip(f"link set web{turn} allmulticast off")
        bed.until(lambda: bed.in_place(tap.name, on))  # noqa: B023
        bed.until(lambda: in_order(bed, f"web{turn}", mac=None, mode=mode))  # noqa: B023
        assert bed.in_place("tap100", on) and in_order(bed, "web100", mode=mode)
        tap.close()
        bed.conf.write_text(other)
        bed.vifctl("delete", f"web{turn}", check=0)
    assert daemon.running() and macvtaps(bed) == ["web100"]
    bed.until(lambda: sorted(bed.listed()) == ["tap100", "web100"])


@pytest.mark.parametrize("text", [WRONG["an unknown mode"][0], WRONG["a loop"][0]])
def test_a_daemon_does_not_start_with_it(bed, text):
    daemon = bed.daemon(config=text, wait=False)
    assert daemon.process.wait(5) == 1 and re.search(r"line \d", daemon.log())


def test_an_unreadable_file_changes_nothing(bed):
    bed.bridge("br0")
    host_nic(bed)
    daemon = bed.daemon()
    bed.vifctl("create", "vepanet", "web0", f"mac={MAC}", check=0)
    before = bed.snapshot()
    bed.conf.unlink()
    bed.conf.mkdir()
    daemon.reload()
    assert str(bed.conf) in refused(bed, "check") and str(bed.conf) in daemon.log()
    bed.ip("link set web0 allmulticast off")
    bed.until(lambda: in_order(bed, "web0"))
    assert bed.snapshot() == before


# Doors: a network by its name, and one of macvtaps where there is a link already

@pytest.fixture
def host(bed):
    bed.bridge("br0")
    host_nic(bed)
    return bed


def test_a_xen_nic_on_a_network_of_macvtaps(host):
    host.xenstored()
    nic = host.nic(host.xs, 5, 0, bridge="vepanet")
    nic.netback_ready()
    host.vif("vif5.0")
    before = host.snapshot()
    result = host.script("online", "vif", nic, check=1)
    assert "macvtap" in result.out and "vepanet" in result.out
    assert nic.status() == "error" and "macvtap" in nic.error()
    assert host.snapshot() == before


@pytest.mark.parametrize("script_", ["/etc/xen/scripts/vif-agent", "/bin/true"])
def test_a_xen_nic_on_a_network_of_macvtaps_and_the_daemon(host, script_):
    host.xenstored()
    host.daemon(config=NETWORKS + "[xen]\nserve = all\n")
    nic = host.nic(host.xs, 5, 0, bridge="vepanet", script=script_)
    nic.netback_ready()
    host.vif("vif5.0")
    before = host.link("vif5.0")
    port = host.until(lambda: (p := host.listed("vif5.0")) and p["state"] == "refused" and p)
    assert "macvtap" in port["reason"] and host.link("vif5.0") == before and macvtaps(host) == []
    nic.set("bridge", "red")
    host.until(lambda: host.in_place("vif5.0"), what="a network of the right kind")


def test_a_tap_of_a_rule_on_a_network_of_macvtaps(host):
    udevd = host.udevd(rules={"70-local.rules": wish(VIF_NETWORK="vepanet")})
    host.daemon()
    host.tap("tap0")
    udevd.settle()
    port = host.until(lambda: (p := host.listed("tap0")) and p["state"] == "refused" and p)
    assert "macvtap" in port["reason"] and host.link("tap0").alias is None


def test_a_tap_of_a_rule_on_a_named_network(host):
    host.udevd(rules={"70-local.rules": wish(VIF_NETWORK="red")})
    host.daemon()
    host.tap("tap0")
    host.until(lambda: host.in_place("tap0"))


@pytest.mark.parametrize("how", ["environment", "name"])
def test_a_tap_of_qemus_script_on_a_network_of_macvtaps(host, how):
    host.tap("tap0")
    before = host.snapshot()
    name, env = ("vif-ifup", {"VIF_NETWORK": "vepanet"}) if how == "environment" else ("vif-ifup.vepanet", {})
    result = script(host, name, "tap0", env=env, check=1)
    assert "macvtap" in result.err and result.err.count("\n") == 1 and host.snapshot() == before


def test_a_tap_that_is_ours_stays_where_it_is(host):
    """Its network becomes one of macvtaps while the port is there."""
    daemon = host.daemon()
    host.tap("tap0")
    host.vifctl("attach", "tap0", "red", check=0)
    text = host.conf.read_text()
    host.conf.write_text(text.replace("kind = bridge\nbridge = br0", "kind = macvtap\ndevice = eth0"))
    daemon.reload()
    assert host.listed("tap0")["state"] == "refused" and "macvtap" in host.listed("tap0")["reason"]
    host.conf.write_text(text)
    daemon.reload()
    assert host.in_place("tap0") and host.listed("tap0")["state"] == "ok"


def test_a_macvtap_of_a_rule_is_not_put_on_a_bridge(host):
    rule = 'SUBSYSTEM=="net", KERNEL=="other*", ENV{VIF_NETWORK}="red"\n'
    udevd = host.udevd(rules={"70-local.rules": rule})
    daemon = host.daemon()
    others_macvtap(host, "other0")
    udevd.settle()
    daemon.reload()
    port = host.until(lambda: host.listed("other0"))
    assert port["state"] == "refused" and "macvtap" in port["reason"]
    assert host.link("other0").master is None and host.link("other0").alias is None
