# SPDX-License-Identifier: GPL-2.0-or-later
"""The other ways to a tap: vifctl run, a script, a helper, and a tap that is there already."""

import os
import re
import shlex
import shutil
import signal
from pathlib import Path

import pytest

from bed import BUILD, TOP
from frames import Frames
from guest import Guest, nic, wait_up
from test_ifname import HOST, bridges_as_now, host, no_ipv6_on, with_two_guests  # noqa: F401
from users import NOBODY, private_etc


def mac(number):
    return f"52:54:00:00:00:{number:02x}"


def ip(number):
    return f"10.0.0.{number}"


def run(bed, number, bridge, *keys, extra=(), **guest):
    """vifctl run: QEMU finds its tap open."""
    made = Guest(bed, start=False, ip=f"{ip(number)}/24", **guest)
    spec = ",".join([bridge, f"mac={mac(number)}", *keys])
    made.start([*bed.vifctl_argv("run", "--nic", spec, "--"), *made.argv(extra)])
    return made


def link_to_vifctl(bed, name):
    path = bed.dir / name
    if not path.is_symlink():
        path.symlink_to(BUILD / "vifctl")
    return path


def script(bed, number, bridge, **guest):
    """QEMU makes the tap and runs vif-ifup, which goes by its own name."""
    up, down = link_to_vifctl(bed, f"vif-ifup.{bridge}"), link_to_vifctl(bed, "vif-ifdown")
    return Guest(bed, nic(f"tap,script={up},downscript={down}", mac=mac(number)), ip=f"{ip(number)}/24", **guest)


def as_user(bed, args, number, **guest):
    """QEMU run by an ordinary user."""
    for path in "/run", bed.dir:
        os.chmod(path, 0o777)
    made = Guest(bed, args, start=False, ip=f"{ip(number)}/24", **guest)
    made.start(user=NOBODY, group=NOBODY, extra_groups=[])
    return made


def helper_path(bed):
    """Ours, setuid root, and an ACL."""
    path = bed.dir / "vif-bridge-helper"
    if not path.exists():
        shutil.copy(BUILD / "vif-bridge-helper", path)
        path.chmod(0o4755)
        private_etc(bed, {"qemu/bridge.conf": "allow br0\nallow br1\n"})
    return path


def bridge_helper(bed, number, bridge, **guest):
    """-netdev bridge: for a user who may not make taps."""
    return as_user(bed, nic(f"bridge,br={bridge},helper={helper_path(bed)}", mac=mac(number)), number, **guest)


def tap_helper(bed, number, bridge, **guest):
    """-netdev tap,helper=, which QEMU runs by the shell if there is a blank in it."""
    return as_user(bed, nic(f"tap,helper={helper_path(bed)} --br={bridge}", mac=mac(number)), number, **guest)


def create(bed, number, bridge, **guest):
    """The tap is there already, and this user's."""
    name = f"web{number}"
    bed.vifctl("create", bridge, name, f"owner={NOBODY}", f"mac={mac(number)}", check=0)
    return as_user(bed, nic(f"tap,ifname={name},script=no,downscript=no", mac=mac(number)), number, **guest)


WAYS = [run, script, bridge_helper, tap_helper, create]
every_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


def delete_created(bed):
    for name in bed.links():
        if name.startswith("web"):
            bed.vifctl("delete", name, check=0)


def taps(bed):
    return [name for name in bed.links() if not name.startswith("br")]


@every_way
@pytest.mark.parametrize("daemon, end", [(False, Guest.poweroff), (True, Guest.kill)], ids=["alone", "with the daemon"])
def test_it_is_there_before_the_guests_first_frame(host, way, daemon, end):  # noqa: F811
    if daemon:
        host.daemon()
    gone = bridges_as_now(host)
    with Frames("br0") as frames, no_ipv6_on(host, r"(vtap|tap|web|vifnew)\d+"):
        guest = way(host, 2, "br0", ping=HOST).wait_up()
        tap, = taps(host)
        knows_mac = way in (run, create)
        assert host.in_place(tap, mac="fe:54:00:00:00:02") if knows_mac else host.in_place(tap)
        assert host.listed(tap)["state"] == "ok" and host.link(tap).addresses == []
        assert guest.macs == [mac(2)] and guest.first_ping and guest.ping(HOST, 5) == 5
        host.until(lambda: len(frames.of(mac(2))) == guest.sent(), what="every frame got to the bridge")
        end(guest)
        if way is create:
            host.until(lambda: host.link(tap).operstate == "down")
            assert host.listed(tap)["state"] == "ok", "it stays for the next one"
            delete_created(host)
        host.until(gone, what="nothing is left")


@with_two_guests
@every_way
def test_two_guests(host, way):  # noqa: F811
    """On one bridge they reach each other; then one goes, and the next is on another one."""
    host.bridge("br1")
    host.ip("address add 10.0.0.9/32 dev br1")
    gone = bridges_as_now(host)
    a, b = way(host, 2, "br0"), way(host, 3, "br0")
    wait_up(a, b)
    assert len(host.ports("br0")) == 2
    assert a.ping(ip(3), 5) == 5 and b.ping(ip(2), 5) == 5 and b.ping(HOST) == 3
    b.kill()
    host.until(lambda: way is create or len(host.ports("br0")) == 1)
    c = way(host, 4, "br1").wait_up()
    assert len(host.ports("br1")) == 1
    with Frames("br0") as br0, Frames("br1") as br1:
        assert a.ping(ip(4)) == 0 and c.ping(ip(2)) == 0
        assert br0.of(mac(2)) and br1.of(mac(4)), "they did ask"
        assert not br0.of(mac(4)) and not br1.of(mac(2))
    a.poweroff()
    c.poweroff()
    delete_created(host)
    host.until(gone, what="nothing is left")


# vifctl run

def test_four_queues(host):  # noqa: F811
    gone = bridges_as_now(host)
    guest = run(host, 2, "br0", "queues=4", extra=["-smp", "4"], ping=HOST).wait_up(120)
    assert guest.queues == [4] and guest.first_ping and guest.ping(HOST, 5) == 5
    guest.poweroff()
    host.until(gone, what="nothing is left")


def test_the_guest_learns_the_mtu(bed):
    bed.bridge("br0", mtu=9000)
    bed.bridge("br1")
    guest = run(bed, 2, "br0", "name=web0").wait_up()
    assert guest.mtus == [9000] and bed.link("web0").mtu == 9000 and bed.link("br0").mtu == 9000
    guest.poweroff()
    guest = run(bed, 2, "br1", "mtu=1400").wait_up()
    assert guest.mtus == [1400] and bed.link("br1").mtu == 1500
    guest.poweroff()


def test_several_nics(host):  # noqa: F811
    host.bridge("br1")
    host.ip("address add 10.0.1.1/24 dev br1")
    guest = Guest(host, start=False, ip="10.0.0.2/24,10.0.1.2/24")
    guest.start([*host.vifctl_argv("run", "--nic", f"br0,mac={mac(2)}", "--nic", f"br1,mac={mac(3)},model=e1000", "--"),
                 *guest.argv()])
    guest.wait_up()
    assert guest.macs == [mac(2), mac(3)]
    assert guest.ping(HOST) == 3 and guest.ping("10.0.1.1") == 3
    guest.poweroff()
    assert taps(host) == []


def test_two_at_once_of_one_name(host):  # noqa: F811
    both = [run(host, number, "br0", "name=web0") for number in (2, 3)]
    host.until(lambda: any(guest.process.poll() is not None for guest in both), 20)
    loser, winner = sorted(both, key=lambda guest: guest.process.poll() is None)
    assert loser.process.poll() == 1 and "name web0 is already used by another link" in loser.report()[1]
    winner.wait_up()
    assert winner.ping(HOST) == 3 and taps(host) == ["web0"]
    winner.poweroff()
    assert taps(host) == []


def kill_each(order, daemon, guest, is_well):
    """kill -9 "daemon" or "QEMU" in this order; a daemon that is dead is started before, and in the end."""
    for victim in order:
        if victim == "QEMU":
            guest.kill()
        else:
            daemon.kill_again(is_well)
    if not daemon.running():
        daemon.start()


@pytest.mark.parametrize("use", ["fd", "name"])
@pytest.mark.parametrize("order", [["daemon", "QEMU"], ["QEMU", "daemon"], ["QEMU"], ["daemon", "daemon", "QEMU"]],
                         ids=", ".join)
def test_kill_9_in_every_order_leaves_nothing(host, use, order):  # noqa: F811
    daemon = host.daemon()
    gone = bridges_as_now(host)
    host.tap("tap7")  # somebody else's
    foreign = host.link("tap7")
    extra = nic("tap,ifname={name},script=no,downscript=no", mac=mac(2)) if use == "name" else []
    guest = run(host, 2, "br0", "name=web0", extra=extra, ping=HOST).wait_up()
    host.until(lambda: "web0: attached to bridge br0" in daemon.log())
    kill_each(order, daemon, guest,
              lambda: host.in_place("web0", mac="fe:54:00:00:00:02") and guest.ping(HOST) == 3)
    host.until(lambda: taps(host) == ["tap7"])
    assert host.link("tap7") == foreign
    host.delete("tap7")
    host.until(gone, what="nothing is left")


# A script

def test_qemu_says_why_its_script_failed(host):  # noqa: F811
    guest = script(host, 2, "br7")
    assert guest.process.wait(20) == 1
    assert re.search(r"vif-ifup: tap\d+: network br7 .*: bridge br7 does not exist", guest.report()[1])
    assert taps(host) == []


@pytest.mark.parametrize("how", ["configuration", "environment"])
def test_the_scripts_network(host, how):  # noqa: F811
    up, conf = link_to_vifctl(host, "vif-ifup"), host.conf
    env = {"VIFAGENT_CONF": conf}
    if how == "configuration":
        conf.write_text("[network red]\nbridge = br0\ntaps = web*\n")
    else:
        env["VIF_NETWORK"] = "br0"
    guest = Guest(host, nic(f"tap,ifname=web0,script={up},downscript=no", mac=mac(2)), ip=f"{ip(2)}/24", ping=HOST,
                  prefix=["env", *(f"{key}={value}" for key, value in env.items())]).wait_up()
    assert guest.first_ping and host.in_place("web0")
    os.kill(guest.pid, signal.SIGTERM)
    guest.process.wait(20)
    assert taps(host) == []


# A helper

README = (TOP / "README.md").read_text()


@pytest.mark.parametrize("line", re.findall(r"^    (qemu-system.*vif-bridge-helper.*) …$", README, re.M))
def test_as_the_readme_has_it(host, line):  # noqa: F811
    argv = shlex.split(line.replace("/usr/libexec/vif-bridge-helper", str(helper_path(host))))
    host.background([*argv, "-display", "none", "-S"])
    host.until(lambda: host.ports("br0"))


def test_the_readme_has_lines_for_a_helper():
    assert README.count("vif-bridge-helper …") + README.count("--br=br0' …") == 2


def test_who_may_not_gets_no_guest(host):  # noqa: F811
    helper_path(host)
    Path("/etc/qemu/bridge.conf").write_text("allow br1\n")
    guest = bridge_helper(host, 2, "br0")
    assert guest.process.wait(20) == 1
    assert f"uid {NOBODY} may not use bridge br0: no line of /etc/qemu/bridge.conf allows it" in guest.report()[1]
    assert taps(host) == []
