# SPDX-License-Identifier: GPL-2.0-or-later
"""Ports by hand: vifctl attach and detach, with and without the daemon."""

import os
import re
import signal

import pytest

RED = "[network red]\nbridge = br200\nmtu = 9000\n"


@pytest.fixture(params=["alone", "with the daemon"])
def host(bed, request):
    """Bridges br0 and br1, a tap that QEMU holds, and maybe the daemon."""
    bed.bridge("br0")
    bed.bridge("br1")
    bed.tap("tap0")
    if request.param != "alone":
        bed.daemon()
    return bed


def refused(bed, *args):
    """The one line that it says; nothing is changed."""
    before = bed.snapshot()
    result = bed.vifctl(*args, check=1)
    assert bed.snapshot() == before
    assert result.out == "" and result.err.count("\n") == 1
    assert result.err.startswith("vifctl: ")
    return result.err


# Attach

def test_attach_says_nothing_when_all_is_well(host):
    result = host.vifctl("attach", "tap0", "br0", check=0)
    assert (result.out, result.err) == ("", "")
    assert host.in_place("tap0")
    assert host.link("tap0").operstate != "down", "QEMU still holds its end"


def test_attach_with_name_and_mtu(host):
    host.vifctl("attach", "tap0", "br0", "name=web0", "mtu=1400", check=0)
    assert host.in_place("web0") and host.link("web0").mtu == 1400
    assert host.link("br0").mtu == 1500
    assert host.link("tap0") is None


def test_attach_takes_the_bridges_mtu(bed):
    bed.bridge("br0", mtu=9000)
    bed.tap("tap0")
    bed.vifctl("attach", "tap0", "br0", check=0)
    assert (bed.link("tap0").mtu, bed.link("br0").mtu) == (9000, 9000)


def test_attach_again_changes_nothing(host):
    host.vifctl("attach", "tap0", "br0", check=0)
    with host.count_netlink_changes() as changes:
        host.vifctl("attach", "tap0", "br0", check=0)
    assert changes == []


def test_attach_to_another_bridge_moves(host):
    host.vifctl("attach", "tap0", "br0", "name=web0", "mtu=1400", check=0)
    host.vifctl("attach", "web0", "br1", check=0)
    assert host.in_place("web0", "br1")
    assert host.link("web0").mtu == 1500, "this time no MTU was asked for"
    host.never(lambda: not host.in_place("web0", "br1"), seconds=0.1)


def test_a_network_of_the_configuration(bed):
    bed.conf.write_text(RED)
    bed.bridge("br200", mtu=9000)
    bed.tap("tap0")
    bed.vifctl("attach", "tap0", "red", check=0)
    assert bed.in_place("tap0", "br200") and bed.link("tap0").mtu == 9000
    port = bed.listed("tap0")
    assert (port["wish"]["network"], port["wish"]["bridge"], port["wish"]["mtu"]) == ("red", "br200", 9000)
    bed.vifctl("attach", "tap0", "red", "mtu=1400", check=0)
    assert bed.link("tap0").mtu == 1400, "by hand goes before the network"


# Refusals

def test_attach_to_a_bridge_that_is_missing(host):
    err = refused(host, "attach", "tap0", "br7")
    assert "tap0: network br7 (requested by hand): bridge br7 does not exist" in err
    host.bridge("br7")
    host.never(lambda: host.link("tap0").master, what="a refused wish came true later")


def test_attach_to_what_is_no_bridge(host):
    host.vif("eth0")
    assert "eth0 is not a bridge" in refused(host, "attach", "tap0", "eth0")
    assert "is not a bridge" in refused(host, "attach", "tap0", "tap0")


@pytest.mark.parametrize("link, words", [
    ("lo", "is the loopback link"), ("tun0", "not an Ethernet link"), ("br1", "is a bridge"),
    ("nosuch", "does not exist"),
])
def test_what_can_be_no_port(bed, link, words):
    bed.bridge("br0")
    bed.bridge("br1")
    bed.ip("tuntap add mode tun name tun0")
    assert words in refused(bed, "attach", link, "br0")


def test_the_hosts_own_hardware_is_no_port(bed):
    bed.bridge("br0")
    bed.vif("eth0")
    bed.mounts.mount("tmpfs", "/sys/class/net")
    os.makedirs("/sys/class/net/eth0/device")
    assert "eth0 is the host's own hardware" in refused(bed, "attach", "eth0", "br0")


def test_a_name_that_is_taken(host):
    host.vif("web0")
    err = refused(host, "attach", "tap0", "br0", "name=web0")
    assert "already used by another link" in err


def test_a_foreign_alias_goes_only_when_asked(host):
    host.ip("link set tap0 alias 'the web server'")
    err = refused(host, "attach", "tap0", "br0")
    assert "the web server" in err and "alias=replace" in err
    host.vifctl("attach", "tap0", "br0", "alias=replace", check=0)
    assert host.in_place("tap0")
    host.vifctl("detach", "tap0", check=0)
    assert host.link("tap0").alias == "the web server"


def test_an_alias_too_long_to_be_kept(host):
    host.ip("link set tap0 alias " + "x" * 250)
    assert "too long" in refused(host, "attach", "tap0", "br0", "alias=replace")


def test_detach_of_what_is_not_ours(host):
    host.ip("link set tap0 master br0 up")
    assert "not attached by vifagent" in host.vifctl("detach", "tap0", check=0).err
    assert "does not exist" in host.vifctl("detach", "nosuch", check=0).err


def test_who_may_not(bed):
    bed.bridge("br0")
    bed.tap("tap0")
    before = bed.snapshot()
    argv = bed.vifctl_argv("attach", "tap0", "br0")
    result = bed.run(["setpriv", "--reuid=65534", "--clear-groups", *argv], check=1)
    assert "this needs root or CAP_NET_ADMIN" in result.err
    assert bed.snapshot() == before


# Detach

@pytest.mark.parametrize("as_found", [
    "down", "up", "mtu 1280 up", "address 02:00:00:00:00:05", "addrgenmode none",
    "addrgenmode stable_secret", "addrgenmode random up", "master br1", "master br1 up mtu 1400",
    "alias 'a% b=c d'", "alias 'Büro №7' master br1 mtu 9000 up",
])
def test_detach_leaves_the_link_as_it_was_found(host, as_found):
    if "stable" in as_found:
        host.run(["sh", "-c", "echo 2001:db8::1 >/proc/sys/net/ipv6/conf/tap0/stable_secret"])
        as_found = ""
    host.ip(f"link set tap0 {as_found or 'down'}")
    before = host.snapshot()
    host.vifctl("attach", "tap0", "br0", "name=web0", "mtu=1300", "alias=replace", check=0)
    assert host.in_place("web0") and host.link("web0").mtu == 1300
    assert host.vifctl("detach", "web0", check=0).out == ""
    assert host.snapshot() == before
    host.never(lambda: host.snapshot() != before, seconds=0.1)


def test_detach_when_the_bridge_and_the_former_one_are_gone(host):
    host.ip("link set tap0 master br1 up")
    host.vifctl("attach", "tap0", "br0", check=0)
    host.delete("br0")
    host.delete("br1")
    host.vifctl("detach", "tap0", check=0)
    link = host.link("tap0")
    assert (link.master, link.alias, link.up) == (None, None, True)


def test_detach_when_the_former_name_is_taken(host):
    host.vifctl("attach", "tap0", "br0", "name=web0", check=0)
    host.vif("tap0")
    host.vifctl("detach", "web0", check=0)
    assert (host.link("web0").master, host.link("web0").alias) == (None, None)
    assert host.link("tap0").kind == "veth"


def test_detach_after_somebody_cleared_the_alias(bed):
    """Then there is no record, and nobody can say how the link was."""
    bed.bridge("br0")
    bed.tap("tap0")
    bed.vifctl("attach", "tap0", "br0", check=0)
    bed.ip("link set tap0 alias ''")
    assert "not attached by vifagent" in bed.vifctl("detach", "tap0", check=0).err


# The daemon keeps it true

def test_the_daemon_puts_right_what_was_attached_by_hand(bed):
    bed.bridge("br0")
    bed.tap("tap0")
    bed.vifctl("attach", "tap0", "br0", "mtu=1400", check=0)
    bed.daemon()
    bed.ip("link set tap0 nomaster down mtu 1500 address 02:00:00:00:00:05")
    bed.until(lambda: bed.in_place("tap0") and bed.link("tap0").mtu == 1400)
    bed.delete("br0")
    bed.until(lambda: bed.listed("tap0")["state"] == "waiting")
    assert "requested by hand" in bed.listed("tap0")["reason"]
    bed.bridge("br0")
    bed.until(lambda: bed.in_place("tap0"))


@pytest.mark.parametrize("end", ["term", "kill"])
def test_a_port_survives_the_daemon(bed, end):
    bed.bridge("br0")
    bed.tap("tap0")
    daemon = bed.daemon()
    bed.vifctl("attach", "tap0", "br0", "name=web0", check=0)
    bed.until(lambda: "web0: attached to bridge br0" in daemon.log())
    with bed.count_netlink_changes() as changes:
        getattr(daemon, end)()
        daemon.start()
        bed.listed()
    assert changes == []
    bed.ip("link set web0 nomaster")
    bed.until(lambda: bed.in_place("web0"))


def test_sigterm_leaves_every_port_as_it_is(bed):
    bed.bridge("br0")
    bed.tap("tap0")
    daemon = bed.daemon()
    bed.vifctl("attach", "tap0", "br0", check=0)
    before = bed.snapshot()
    assert daemon.term() == 0
    assert bed.snapshot() == before


def test_a_link_that_vanishes_is_forgotten(bed):
    bed.bridge("br0")
    tap = bed.tap("tap0")
    daemon = bed.daemon()
    bed.vifctl("attach", "tap0", "br0", check=0)
    bed.until(lambda: daemon.status_text == "1 ports, 0 of them not in order")
    tap.close()
    bed.until(lambda: daemon.status_text == "0 ports, 0 of them not in order")
    assert bed.listed() == {}


# Over xenstore

@pytest.fixture(params=["alone", "with the daemon"])
def nic(bed, request):
    """A NIC that xenstore wants on br0, and is."""
    bed.xenstored()
    for bridge in "br0", "br1", "br2":
        bed.bridge(bridge)
    if request.param != "alone":
        bed.daemon()
    nic = bed.nic(bed.xs, 5, 0)
    nic.netback_ready()
    bed.vif("vif5.0")
    bed.script("online", "vif", nic, check=0)
    return nic


def test_by_hand_goes_before_xenstore(bed, nic):
    bed.vifctl("attach", "vif5.0", "br1", check=0)
    assert bed.in_place("vif5.0", "br1")
    assert bed.listed("vif5.0")["wish"]["by"] == "hand"
    nic.set("bridge", "br2")
    bed.never(lambda: not bed.in_place("vif5.0", "br1"), seconds=0.1)
    nic.set("bridge", "br0")
    bed.vifctl("detach", "vif5.0", check=0)
    bed.until(lambda: bed.in_place("vif5.0", "br0"))
    assert bed.listed("vif5.0")["wish"]["by"] == "xenstore"
    assert nic.status() == "connected"


def test_detach_of_what_xenstore_asks_for(bed, nic):
    err = refused(bed, "detach", "vif5.0")
    assert "because xenstore requests it, not by hand" in err


def test_by_hand_a_link_outlives_its_nic_but_can_be_detached(bed, nic):
    bed.vifctl("attach", "vif5.0", "br1", check=0)
    nic.unplug()
    nic.closed()
    nic.remove()
    bed.never(lambda: not bed.in_place("vif5.0", "br1"), seconds=0.1)
    bed.vifctl("detach", "vif5.0", check=0)
    link = bed.link("vif5.0")
    assert (link.master, link.alias, link.up) == (None, None, False)


# The configuration changes

def test_a_new_configuration_moves_ports(bed):
    bed.bridge("br200", mtu=9000)
    bed.bridge("br300")
    bed.tap("tap0")
    daemon = bed.daemon(config=RED)
    bed.vifctl("attach", "tap0", "red", check=0)
    bed.conf.write_text("[network red]\nbridge = br300\n")
    daemon.reload()
    assert bed.in_place("tap0", "br300") and bed.link("tap0").mtu == 1500
    assert (bed.link("br200").mtu, bed.link("br300").mtu) == (9000, 1500)


def test_a_bad_configuration_changes_nothing(bed):
    bed.bridge("br200", mtu=9000)
    bed.tap("tap0")
    daemon = bed.daemon(config=RED)
    bed.vifctl("attach", "tap0", "red", check=0)
    before = bed.snapshot()
    bed.conf.write_text("[network red]\nbridge = br300\ncolour = red\n")
    daemon.reload()
    assert re.search(f"configuration .*{bed.conf}.* is refused: line 3: ", daemon.log())
    bed.ip("link set tap0 nomaster")
    bed.until(lambda: bed.in_place("tap0", "br200"))
    assert bed.snapshot() == before
    assert "line 3" in refused(bed, "attach", "tap0", "br200"), "who starts anew cannot go by the old one"


def drop_in(bed, name, text):
    directory = bed.conf.with_name(bed.conf.name + ".d")
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(text)
    return directory / name


def test_files_of_the_directory_go_before_the_file_and_by_name(bed):
    for bridge in "br1", "br2", "br3":
        bed.bridge(bridge)
    bed.conf.write_text("[network red]\nbridge = br1\nmtu = 1400\n")
    drop_in(bed, "20-late.conf", "[network red]\nbridge = br3\n[network blue]\nbridge = br2\n")
    drop_in(bed, "10-early.conf", "[network red]\nbridge = br2\n")
    drop_in(bed, "30-not.conf~", "nonsense")
    drop_in(bed, ".40-nor-this.conf", "nonsense")
    for number, network in enumerate(["red", "blue"]):
        bed.tap(f"tap{number}")
        bed.vifctl("attach", f"tap{number}", network, check=0)
    assert bed.in_place("tap0", "br3") and bed.link("tap0").mtu == 1400
    assert bed.in_place("tap1", "br2")


def test_a_reload_finds_new_files_and_refuses_bad_ones(bed):
    bed.bridge("br1")
    bed.bridge("br2")
    bed.tap("tap0")
    daemon = bed.daemon(config="[network red]\nbridge = br1\n")
    bed.vifctl("attach", "tap0", "red", check=0)
    drop_in(bed, "a.conf", "[network red]\nbridge = br2\n")
    daemon.reload()
    assert bed.in_place("tap0", "br2")
    bad = drop_in(bed, "b.conf", "[network red]\nbridge = br1\n[network\n")
    daemon.reload()
    assert re.search(f"configuration .*{bad}.* is refused: line 3: ", daemon.log())
    assert bed.in_place("tap0", "br2"), "nothing of the new ones counts"
    assert "line 3" in refused(bed, "attach", "tap0", "br1")
    bad.unlink()
    daemon.reload()
    bed.vifctl("list", check=0)
    (bad.parent / "c.conf").symlink_to("/nonexistent")
    assert re.search(r"configuration .*c.conf.* cannot be read: No such file", refused(bed, "list"))


def test_a_daemon_does_not_start_with_a_bad_configuration(bed):
    daemon = bed.daemon(config="[network red]\nmtu = big\n", wait=False)
    assert daemon.process.wait(5) == 1
    assert "line 2" in daemon.log()


# Signals

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_daemon_ends_when_told(bed, number):
    daemon = bed.daemon()
    daemon.signal(number)
    assert daemon.process.wait(5) == 0


# Against what others do at the same time, or have done

@pytest.mark.parametrize("daemon", [False, True], ids=["alone", "with the daemon"])
def test_the_mac_that_a_holder_gives_his_tap_does_not_become_the_bridges(bed, daemon):
    """The kernel asks for no privilege for that, and a bridge takes the lowest MAC."""
    bed.bridge("br0")
    bed.vif("eth7")
    bed.ip("link set eth7 address 52:54:00:aa:aa:aa master br0 up")
    if daemon:
        bed.daemon()
    bed.tap("tap0")
    bed.vifctl("attach", "tap0", "br0", check=0)
    assert bed.link("br0").mac == "52:54:00:aa:aa:aa"
    bed.ip("link set tap0 address 00:00:00:00:00:02")
    if daemon:
        bed.until(lambda: bed.in_place("tap0"))
    else:
        assert bed.link("br0").mac == "00:00:00:00:00:02"
        bed.vifctl("detach", "tap0", check=0)
    assert bed.link("br0").mac == "52:54:00:aa:aa:aa"


def test_attached_elsewhere_while_the_daemon_keeps_it(bed):
    """The daemon sees it go down on its way, and must not put it back."""
    for name in "br0", "br1":
        bed.bridge(name)
    bed.tap("tap0")
    daemon = bed.daemon()
    for i in range(40):
        bridge, mac = f"br{i % 2}", f"52:54:00:00:00:{i:02x}"
        bed.vifctl("attach", "tap0", bridge, f"mac={mac}", check=0)
        assert bed.link("tap0").master == bridge and f"net={bridge} " in bed.link("tap0").alias, i
    daemon.reload()
    assert bed.in_place("tap0", "br1", mac="fe:54:00:00:00:27") and bed.listed("tap0")["state"] == "ok"


@pytest.mark.parametrize("length", range(100, 256, 5))
def test_what_can_be_attached_can_be_detached(bed, length):
    bed.bridge("br0")
    bed.tap("tap0")
    bed.ip(f"link set tap0 up alias {'a' * length}")
    before = bed.link("tap0")
    if bed.vifctl("attach", "tap0", "br0", "alias=replace").rc == 0:
        bed.vifctl("detach", "tap0", check=0)
    assert bed.link("tap0") == before


def test_a_record_does_not_make_hardware_a_port_nor_delete_what_we_do_not_make(bed):
    """Whoever had a link in a container has written into its alias what he liked."""
    bed.bridge("br0")
    bed.vif("eth7")
    daemon = bed.daemon()
    tap = bed.vifctl("create", "br0", "web0", check=0).out.strip()
    record = bed.link(tap).alias
    bed.ip(f"link set eth7 alias '{record} process=999999.1'")
    bed.ip(f"link set lo alias '{record} process=999999.1'")
    daemon.reload()
    bed.until(lambda: bed.link("eth7").alias is None)
    assert bed.link("eth7").master is None and bed.link(tap)
    bed.vifctl("delete", tap, check=0)
    daemon.reload()
    assert daemon.log().count("\n") < 50
