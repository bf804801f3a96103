# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests of the real libvirt, with the XML of README.md."""

import shutil
from pathlib import Path

import pytest

from bed import BUILD
from guest import Guest
from libvirtd import Domain, Session, System, interface, private_dev
from macvtaps import macvtaps
from test_ifname import HOST, bridges_as_now, host, no_ipv6_on, rules  # noqa: F401
from test_macvtap import SWITCH, ended, switch  # noqa: F401
from test_ways import ip, link_to_vifctl, mac
from users import private_etc

QEMUS_HELPER = Path("/usr/lib/qemu/qemu-bridge-helper")


def domain(bed, libvirt, kind, inside, **guest):
    return Domain(bed, libvirt, interface(kind, inside, mac(2)), ip=f"{ip(2)}/24", **guest)


def is_up(guest):
    guest.wait_up()
    return guest.macs == [mac(2)] and guest.first_ping and guest.ping(HOST) == 3


@pytest.mark.parametrize("daemon, end", [(False, Guest.poweroff), (True, Domain.destroy)], ids=["alone", "with the daemon"])
def test_a_tap_of_vifctl_create(host, daemon, end):  # noqa: F811
    private_dev(host)
    libvirt = System(host)
    if daemon:
        host.daemon()
    gone = bridges_as_now(host)
    host.vifctl("create", "br0", "web0", "owner=libvirt-qemu", check=0)
    for _ in range(2):
        with no_ipv6_on(host, "web0"):
            guest = domain(host, libvirt, "ethernet", "<target dev='web0' managed='no'/>", ping=HOST)
            assert is_up(guest) and host.in_place("web0") and host.link("web0").operstate == "up"
            end(guest)
            host.until(lambda: host.link("web0").operstate == "down")
        assert host.in_place("web0") and host.listed("web0")["state"] == "ok", "it stays for the next one"
    host.vifctl("delete", "web0", check=0)
    host.until(gone, what="nothing is left")


def test_a_macvtap_of_vifctl_create(bed, switch):  # noqa: F811
    libvirt = System(bed)
    bed.daemon()
    bed.vifctl("create", "vepanet", "web1", "owner=libvirt-qemu", f"mac={mac(2)}", check=0)
    guest = domain(bed, libvirt, "ethernet", "<target dev='web1' managed='no'/>", ping=SWITCH)
    assert is_up(guest) and bed.listed("web1")["state"] == "ok"
    guest.destroy()
    assert macvtaps(bed) == ["web1"] and bed.listed("web1")["state"] == "ok"
    bed.vifctl("delete", "web1", check=0)
    bed.until(ended(bed))


def test_a_tap_of_libvirts_and_a_rule(host):  # noqa: F811
    libvirt = System(host)
    host.udevd(rules=rules(), default_link=True)
    host.daemon()
    gone = bridges_as_now(host)
    guest = domain(host, libvirt, "ethernet", "<target dev='tap10'/>", ping=HOST)
    assert is_up(guest) and host.listed("tap10")["wish"]["by"] == "udev"
    guest.destroy()
    host.until(gone, what="nothing is left")


def test_a_tap_of_libvirts_and_a_script(host):  # noqa: F811
    libvirt = System(host)
    gone = bridges_as_now(host)
    script = link_to_vifctl(host, "vif-ifup.br0")
    guest = domain(host, libvirt, "ethernet", f"<script path='{script}'/>", ping=HOST)
    assert is_up(guest) and len(host.listed()) == 1
    guest.poweroff()
    host.until(gone, what="nothing is left")


def test_what_libvirt_joins_by_itself_is_left_alone(host):  # noqa: F811
    libvirt = System(host)
    host.udevd(rules=rules(), default_link=True)
    host.daemon()
    guest = domain(host, libvirt, "bridge", "<source bridge='br0'/>", ping=HOST)
    assert is_up(guest) and host.listed() == {}
    assert host.link("vnet0").master == "br0" and host.link("vnet0").alias is None
    guest.destroy()


def test_session_mode_and_our_helper_in_the_place_of_qemus(host):  # noqa: F811
    private_etc(host, {"qemu/bridge.conf": "deny br1\nallow br0\n"})
    host.bridge("br1")
    gone = bridges_as_now(host)
    host.mounts.mount("tmpfs", QEMUS_HELPER.parent)
    shutil.copy(BUILD / "vif-bridge-helper", QEMUS_HELPER)
    QEMUS_HELPER.chmod(0o4755)
    libvirt = Session(host)
    guest = domain(host, libvirt, "bridge", "<source bridge='br1'/>")
    guest.process.wait(60)
    assert "/etc/qemu/bridge.conf line 1" in guest.report()[1] and gone()
    guest = domain(host, libvirt, "bridge", "<source bridge='br0'/>", ping=HOST)
    assert is_up(guest) and len(host.ports("br0")) == 1
    guest.poweroff()
    host.until(gone, what="nothing is left")
