# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl doctor: what is wrong with a host, and the command that fixes it."""

import os
import stat
from pathlib import Path

import pytest

from bed import BUILD, WRAPPER
from macvtaps import host_nic
from test_overview import host  # pylint: disable=unused-import
from wires import without_br_netfilter

TUN = "/dev/net/tun"


def findings(bed, rc=1):
    return {(f["about"], f["severity"]): (f["text"], f["command"]) for f in bed.vifctl("doctor", "--json", check=rc).json()}


def test_doctor_says_what_is_wrong_and_the_command_that_mends_it(host):
    found = findings(host)
    assert found["br1", "error"] == ("the bridge is down, so no frames pass", "ip link set br1 up")
    assert found["vifagentd", "warning"][1] == "systemctl enable --now vifagentd"
    assert "no uplink" in found["br1", "note"][0]
    assert not any(about == "br0" and severity != "note" for about, severity in found)
    text = host.vifctl("doctor", check=1).out
    assert "error: br1: the bridge is down, so no frames pass\n    ip link set br1 up\n" in text
    assert text.index("error: ") < text.index("warning: ") < text.index("note: ")


def test_where_its_commands_are_run_nothing_is_wrong(host):
    """Each command of a warning or an error is carried out as it stands."""
    host.daemon()
    host.ip("link set br0 type bridge stp_state 1")
    host.ip("link set eth0 down")
    host.ip("link set br0 mtu 2000")
    for finding in host.vifctl("doctor", "--json", check=1).json():
        if finding["severity"] != "note":
            assert finding["command"].split()[0] == "ip", finding
            host.run(finding["command"].split(), check=0)
    host.until(lambda: host.vifctl("doctor").rc == 0, what=f"nothing is wrong: {findings(host, None)}")


@pytest.mark.parametrize("break_it, about, text, command", [
    ("link set eth0 down", "eth0", "it is a port of bridge br0, but down", "ip link set eth0 up"),
    ("link set switch0 down", "eth0", "has no carrier", None),
    ("link set br0 type bridge stp_state 1", "br0", "its spanning tree is on", "ip link set br0 type bridge stp_state 0"),
    ("link set br0 mtu 9000", "eth0", "its MTU 1500 is less than the 9000 of bridge br0", "ip link set eth0 mtu 9000"),
    ("link del br0", "br0", "the bridge of a network does not exist", "ip link add br0 type bridge"),
])
def test_doctor_sees(host, break_it, about, text, command):
    assert not any(text in found for found, _ in findings(host).values())
    host.ip(break_it)
    host.until(lambda: any(text in found[0] for (a, _), found in findings(host).items() if a == about))
    assert (about, command) in {(a, found[1]) for (a, _), found in findings(host).items() if text in found[0]}


def test_doctor_sees_vlans_that_nobody_filters(host):
    host.conf.write_text("[network red]\nbridge = br0\nvlan = 10\n")
    assert "filter VLANs" in findings(host)["br0", "error"][0]


def test_doctor_sees_a_policy_that_drops(host):
    bridge_nf = "/proc/sys/net/bridge/bridge-nf-call-iptables"
    if not os.path.exists(bridge_nf):
        pytest.skip("this kernel has no br_netfilter")
    with open(bridge_nf, "w", encoding="ascii") as file:
        file.write("1")
    assert findings(host)["br_netfilter", "note"]
    host.run(["nft", "add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }"], check=0)
    assert "FORWARD chain drops" in findings(host)["br_netfilter", "error"][0]
    assert "forward drops" in host.vifctl("list", check=0).out
    assert "FORWARD chain has the policy drop" in host.vifctl("show", "web0", check=0).out


def test_doctor_sees_xl_devd_beside_the_daemon(bed):
    bed.xenstored()
    bed.daemon()
    assert not any(about == "xl devd" for about, _ in findings(bed, None))
    (bed.dir / "devd").write_text("sleep 60 & wait\n")
    devd = bed.background(["bash", "-c", f"cd {bed.dir}; exec -a /usr/sbin/xl bash devd"])
    bed.until(lambda: ("xl devd", "note") in findings(bed, None))
    text, command = findings(bed, None)["xl devd", "note"]
    assert f"pid {devd.pid}" in text and not command


def test_a_daemon_that_hangs_does_not_look_right(host):
    daemon = host.daemon()
    pid = f"pid {daemon.pid}"
    assert f"running, {pid}\n" in host.vifctl("status", check=0).out
    daemon.stop()
    assert f"does not answer, {pid}\n" in host.vifctl("status", check=0).out
    assert findings(host)["vifagentd", "warning"][1] == "systemctl restart vifagentd"
    daemon.cont()
    host.until(lambda: ("vifagentd", "warning") not in findings(host))


def test_doctor_sees_two_guests_with_one_mac(host):
    host.daemon()
    for name, network in ("a0", "red"), ("b0", "red"), ("c0", "office"), ("d0", "red"):
        host.tap(name)
        host.vifctl("attach", name, network, *(["mac=02:00:00:00:00:77"] if name != "d0" else []), check=0)
    found = {about: text for (about, _), (text, _) in findings(host).items() if "same MAC" in text}
    assert set(found) == {"a0"} and "(02:00:00:00:00:77) as that of b0" in found["a0"]


def test_an_emulated_nic_shares_its_mac(bed):
    bed.bridge("br0")
    nic = bed.nic(bed.xenstored(), 5, 0, type="vif_ioemu")
    nic.netback_ready()
    bed.vif("vif5.0")
    bed.tap("vif5.0-emu")
    bed.script("online", "vif", nic, check=0)
    bed.script("add", "tap", nic, check=0)
    assert not any("same MAC" in text for text, _ in findings(bed, None).values())


def test_doctor_changes_nothing(host):
    before = host.ip("link show"), host.run(["nft", "list", "ruleset"]).out
    findings(host)
    assert (host.ip("link show"), host.run(["nft", "list", "ruleset"]).out) == before


# ---- files of the host

@pytest.fixture
def etc(bed):
    """An /etc without anything of ours, on a host with nothing else to say."""
    without_br_netfilter()
    bed.mounts.mount("tmpfs", "/etc")
    os.chmod("/etc", 0o755)
    Path("/etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
    Path("/etc/group").write_text("root:x:0:\n")
    return Path("/etc")


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("text, is_ours", [
    ("", False), ('#vif.default.script="vif-agent"\n', False), ('vif.default.script="vif-bridge"\n', False),
    ('autoballoon="off"\n  vif.default.script = "vif-agent"\n', True), ('vif.default.script="vif-agent"', True),
])
def test_doctor_sees_that_xl_takes_another_script(bed, etc, text, is_ours):
    bed.xenstored()
    write(etc / "xen/xl.conf", text)
    found = findings(bed, 0)
    assert (("/etc/xen/xl.conf", "note") in found) != is_ours
    if not is_ours:
        assert found["/etc/xen/xl.conf", "note"] == (
            "vif.default.script is not vif-agent, so only NICs with script=vif-agent are served",
            "echo 'vif.default.script=\"vif-agent\"' >> /etc/xen/xl.conf")
        bed.conf.write_text("[xen]\nserve = all\n")
        assert ("/etc/xen/xl.conf", "note") not in findings(bed, 0)


@pytest.mark.parametrize("runs, file, directory", [
    ("udev/control", "72-vifagent.rules", "udev/rules.d"), ("systemd/netif", "05-vifagent.network", "systemd/network"),
])
def test_doctor_sees_that_other_programs_do_not_know_our_ports(bed, etc, runs, file, directory):
    assert not findings(bed, 0)
    write(Path("/run", runs))
    assert "not installed" in findings(bed)[file, "warning"][0]
    write(etc / directory / file)
    assert not findings(bed, 0)


def test_doctor_sees_who_may_write_the_acl(bed, etc):
    acl = write(etc / "qemu/bridge.conf", "allow br0\n")
    acl.chmod(0o644)
    assert not findings(bed, 0)
    for break_it in (lambda: acl.chmod(0o664), lambda: acl.chmod(0o646), lambda: os.chown(acl, 65534, 0)):
        acl.chmod(0o644)
        break_it()
        text, command = findings(bed)[str(acl), "error"]
        assert "users other than root can write" in text
        bed.run(["sh", "-c", command], check=0)
        assert not findings(bed, 0)


@pytest.mark.here  # where it was built
@pytest.mark.skipif(bool(WRAPPER), reason="valgrind's own programs are in that directory")
def test_doctor_sees_a_helper_that_cannot_help(bed, etc):
    directory = Path(bed.run(["make", "-s", "-C", BUILD, "--eval=where:;@echo $(libexecdir)", "where"]).out.strip())
    write(etc / "qemu/bridge.conf", "allow br0\n").chmod(0o644)
    bed.mounts.mount("tmpfs", directory)
    assert not findings(bed, 0)
    helper = write(directory / "vif-bridge-helper")
    helper.chmod(0o755)
    text, command = findings(bed)[str(helper), "warning"]
    assert "not setuid root" in text
    bed.run(command.split(), check=0)
    assert not findings(bed, 0)


# ---- nodes by which guests' links are opened

@pytest.mark.parametrize("mode, group, is_open", [(0o600, 0, False), (0o600, 7, False), (0o660, 0, True), (0o666, 0, True)])
def test_doctor_sees_a_tap_that_its_owner_cannot_open(bed, mode, group, is_open):
    number = os.stat(TUN).st_rdev
    bed.mounts.mount("tmpfs", "/dev/net")
    os.mknod(TUN, stat.S_IFCHR | 0o600, number)
    os.chmod(TUN, mode)
    os.chown(TUN, 0, group)
    bed.bridge("br0")
    bed.daemon()
    for name, owner in ("web0", ["owner=nobody"]), ("db0", []):
        bed.vifctl("create", "br0", name, *owner, check=0)
    found = findings(bed, None)
    assert ("db0", "warning") not in found and (("web0", "warning") in found) != is_open
    if not is_open:
        assert f"only root may open /dev/net/tun (its mode is {mode:04o})" in found["web0", "warning"][0]
        bed.run(found["web0", "warning"][1].split(), check=0)
        assert ("web0", "warning") not in findings(bed, 0)


def test_doctor_sees_a_macvtap_that_root_alone_can_open(bed):
    host_nic(bed)
    bed.daemon(config="[network direct]\nkind = macvtap\ndevice = eth0\n")
    for name, owner in ("web0", ["owner=nobody"]), ("db0", []):
        bed.vifctl("create", "direct", name, *owner, check=0)
    if not os.path.exists(f"/dev/tap{bed.link('db0').ifindex}"):
        pytest.skip("devtmpfs has no node for it: a macvtap of another network namespace has the same ifindex")
    found = findings(bed, 0)
    notes = {about: text for (about, _), (text, _) in found.items() if "only root may open its node" in text}
    assert set(notes) == {"db0"}, found
