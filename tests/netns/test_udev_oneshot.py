# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl run by udev rules, on a host without the daemon."""

import pytest

from bed import BUILD, TOP, WRAPPER

TEMPLATE = TOP / "udev-rules/99-vifagent-oneshot.rules.in"
TAPS = 'SUBSYSTEM=="net", KERNEL=="tap*|vnet*", ENV{VIF_NETWORK}="br0"\n'


@pytest.fixture
def start(bed):
    """Starts udevd with the shipped rule file and maybe one of the admin's."""
    def start(rules="", name="70-local.rules"):
        rules = {name: rules}
        vifctl = " ".join(map(str, [*WRAPPER, BUILD / "vifctl", "-c", bed.conf]))
        oneshot = TEMPLATE.read_text()
        assert oneshot.count('RUN+="@sbindir@/vifctl udev"') == 3
        rules["99-vifagent-oneshot.rules"] = oneshot.replace("@sbindir@/vifctl", vifctl)
        if bed.xs:
            rules["01-bed.rules"] = f'ENV{{XENSTORED_PATH}}="{bed.xs.path}"\n'
        return bed.udevd(rules=rules, default_link=False)
    return start


def test_a_rule_and_no_daemon(bed, start):
    bed.bridge("br0")
    udevd = start(TAPS)
    names = [f"{kind}{i}" for kind in ("tap", "vnet") for i in range(5)]
    for name in names:
        bed.tap(name)
    udevd.settle()
    assert all(map(bed.in_place, names))


def test_a_wish_stated_by_a_late_rule(bed, start):
    bed.bridge("br0")
    udevd = start(TAPS, name="98-late.rules")
    bed.tap("vnet0")
    udevd.settle()
    assert bed.in_place("vnet0")


def test_without_a_wish_nothing_is_done(bed, start):
    bed.bridge("br0")
    udevd = start()
    with bed.count_netlink_changes() as changes:
        for name in "tap0", "vif5.0-emu", "tap5.0", "eth0":
            bed.tap(name)
        udevd.settle()
    assert {event for event, _ in changes} == {"new"} and len(changes) == 4


def test_a_new_name_is_one_more_event_and_then_all_is_quiet(bed, start):
    bed.bridge("br0")
    rule = TAPS.replace("vnet*", "web*").replace("\n", ', ENV{VIF_NAME}="web0", ENV{VIF_MTU}="1400"\n')
    udevd = start(rule)
    bed.tap("tap0")
    udevd.settle()
    assert bed.in_place("web0") and bed.link("web0").mtu == 1400
    with bed.count_netlink_changes() as changes:
        bed.run(["udevadm", "trigger", "--action=change", "--subsystem-match=net"])
        udevd.settle()
    assert changes == []


def test_the_bridge_is_made_later_and_udev_is_told(bed, start):
    udevd = start(TAPS)
    bed.tap("tap0")
    udevd.settle()
    bed.bridge("br0")
    udevd.settle()
    assert bed.link("tap0").master is None, "nobody looks after it"
    bed.run(["udevadm", "trigger", "--action=change", "--subsystem-match=net"])
    udevd.settle()
    assert bed.in_place("tap0")


@pytest.mark.parametrize("config, script", [
    ("[xen]\nserve = all\n", "/etc/xen/scripts/vif-bridge"), ("", "/etc/xen/scripts/vif-agent"),
])
@pytest.mark.parametrize("name", ["vif5.0-emu", "tap5.0"])
def test_the_tap_of_an_hvm_guest(bed, start, config, script, name):
    bed.conf.write_text(config)
    bed.xenstored()
    bed.bridge("br0")
    udevd = start()
    bed.nic(bed.xs, 5, 0, type="vif_ioemu", script=script)
    bed.tap(name)
    udevd.settle()
    assert bed.in_place(name)


def test_the_tap_of_an_hvm_guest_that_another_script_serves(bed, start):
    bed.xenstored()
    bed.bridge("br0")
    udevd = start()
    bed.nic(bed.xs, 5, 0, type="vif_ioemu", script="/etc/xen/scripts/vif-bridge")
    bed.tap("vif5.0-emu")
    udevd.settle()
    assert bed.link("vif5.0-emu").master is None


# netback's events, which there are none of without Xen: what udevd would run

def event(bed, action, path="backend/vif/5/0", check=0):
    return bed.vifctl("udev", check=check, env={
        "SUBSYSTEM": "xen-backend", "ACTION": action, "DEVPATH": "/devices/vif-5-0",
        "XENBUS_TYPE": "vif", "XENBUS_PATH": path, "XENBUS_BASE_PATH": "backend", "vif": "vif5.0"})


def test_netback_tells_of_a_nic(bed):
    """As xapi has it: state 2, the link, and then the event; nobody wrote a hotplug-status."""
    bed.conf.write_text("[xen]\nserve = all\n")
    bed.xenstored()
    bed.bridge("br0")
    nic = bed.nic(bed.xs, 5, 0, script="/usr/lib/xcp/scripts/vif", hotplug_status=None)
    nic.netback_ready()
    bed.vif("vif5.0")
    event(bed, "online")
    assert bed.in_place("vif5.0") and nic.status() == "connected"
    event(bed, "online")
    event(bed, "offline")
    link = bed.link("vif5.0")
    assert (link.master, link.alias, link.up) == (None, None, False)
    bed.delete("vif5.0")
    event(bed, "remove")


def test_netback_tells_of_a_nic_without_a_bridge(bed):
    bed.xenstored()
    nic = bed.nic(bed.xs, 5, 0, script="/etc/xen/scripts/vif-agent", hotplug_status=None)
    nic.netback_ready()
    bed.vif("vif5.0")
    result = event(bed, "online", check=1)
    assert "bridge br0 does not exist" in result.err
    assert nic.status() == "error" and "bridge br0 does not exist" in nic.error()


@pytest.mark.parametrize("env", [
    {}, {"SUBSYSTEM": "block"}, {"SUBSYSTEM": "net"}, {"SUBSYSTEM": "net", "IFINDEX": "-1"},
    {"SUBSYSTEM": "net", "IFINDEX": "2; reboot"}, {"SUBSYSTEM": "net", "IFINDEX": "4294967298"},
    {"SUBSYSTEM": "xen-backend"}, {"SUBSYSTEM": "xen-backend", "XENBUS_PATH": "backend/vbd/5/0"},
    {"SUBSYSTEM": "xen-backend", "XENBUS_PATH": "/local/domain/3/backend/vif/5/0"},
])
def test_what_is_no_event(bed, env):
    bed.tap("tap0")
    before = bed.snapshot()
    result = bed.vifctl("udev", env={"ACTION": "add"} | env, check=2)
    assert "this verb is for udev rules" in result.err
    assert bed.snapshot() == before


def test_a_link_that_is_gone_again(bed):
    env = {"SUBSYSTEM": "net", "ACTION": "add", "IFINDEX": "4711", "INTERFACE": "tap0"}
    assert bed.vifctl("udev", env=env, check=0).err == ""
