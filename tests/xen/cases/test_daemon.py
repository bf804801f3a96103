# SPDX-License-Identifier: GPL-2.0-or-later
"""The script with the daemon, without it, and the daemon alone."""

import os
from pathlib import Path

import pytest
from dom0 import (BRIDGE, Guest, Ping, alias, bridge, config, ifindex, ip, link_up, never, note, nothing_left, ping,
                  ports, run, unit_setting, vifctl_list, wait_until)

ALONE = f"bridge={BRIDGE},script=/bin/true"
DEVICE = "/dev/xen/xenbus"


def test_the_unit_runs_by_itself_and_knows_its_mode(daemon):
    """Enabled as by `systemctl enable`, started by the boot."""
    assert run("systemctl", "is-active", "vifagentd.service").out.strip() == "active"
    assert "this is domain 0" in daemon.log()
    # Debian's init script starts xenstored; the daemon comes after it
    after = run("systemctl", "show", "-P", "After", "vifagentd.service").out.split()
    assert "xen.service" in after
    assert run("systemctl", "show", "-P", "NRestarts", "vifagentd.service").out.strip() == "0"


def test_the_script_without_the_daemon(no_daemon):
    with Guest(vifs=(f"bridge={BRIDGE}", f"bridge={BRIDGE},vifname=alone1")) as g:
        ping(g.ip)
        assert {g.vif(), "alone1"} <= ports(BRIDGE)
        assert vifctl_list()[g.vif()]["state"] == "ok"
        g.attach(f"bridge={BRIDGE}")
        assert g.vif(2) in ports(BRIDGE)
        g.detach(2)
        g.destroy()
        assert not nothing_left(g.domid)


@pytest.mark.both
def test_the_daemon_alone(daemon):
    """script=/bin/true, serve = all: libxl waits for nobody, the daemon does everything."""
    with config("[xen]\nserve = all\n", daemon):
        with Guest(vifs=(ALONE,)) as g:
            g.wait_connected()
            ping(g.ip)
            assert g.vif() in ports(BRIDGE) and link_up(g.vif())
            assert g.key("hotplug-status") == "connected"
            g.attach(*ALONE.split(","))
            g.wait_connected(1)
            g.detach(1)
            g.destroy()
            wait_until(lambda: not nothing_left(g.domid), 20)


@pytest.mark.long
def test_xenstored_through_the_kernels_device(daemon):
    """As where it runs in a domain of its own, with no socket in dom0."""
    device = f"XENSTORED_PATH={DEVICE}"
    with unit_setting(f"Environment={device}", daemon), config("[xen]\nserve = all\n", daemon):
        assert DEVICE in files_of(daemon.pid())
        with Guest(vifs=(ALONE,)) as g:
            g.wait_connected()
            ping(g.ip)
            assert g.vif() in run("env", device, "vifctl", "list").out
            g.destroy()
            wait_until(lambda: not nothing_left(g.domid), 20)


def files_of(pid):
    return {os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()}


@pytest.mark.long
def test_another_script_is_left_alone(guest):
    """Without serve = all a NIC of Xen's own script is none of ours."""
    guest.attach(f"bridge={BRIDGE}", "script=vif-bridge")
    name = guest.vif(1)
    assert name in ports(BRIDGE) and not alias(name)
    try:
        assert name not in vifctl_list()
        assert "it belongs to the script \"vif-bridge\"" in run("vifctl", "show", name).out
        ip("link", "set", name, "nomaster")
        never(lambda: name in ports(BRIDGE), 3, "the daemon put it back")
    finally:
        guest.detach(1)


def test_no_packet_is_lost_when_the_daemon_restarts(guest, daemon):
    index = ifindex(guest.vif())
    pinging = Ping(guest.ip)
    for _ in range(3):
        daemon.restart()
        pinging.answers(5)
    daemon.kill()
    wait_until(lambda: daemon.pid(), 20, "the unit to start it again")
    pinging.answers(10)
    sent, lost = pinging.lost()
    note(f"vifagentd restarted 3 times and killed once: {sent} pings, {lost} lost")
    assert sent >= 10 and lost == 0
    assert ifindex(guest.vif()) == index and guest.vif() in ports(BRIDGE)


def test_what_changes_while_the_daemon_is_away_is_put_right(guest, daemon):
    daemon.stop()
    ip("link", "set", guest.vif(), "nomaster")
    daemon.start()
    wait_until(lambda: guest.vif() in ports(BRIDGE), 10)
    ping(guest.ip)


def test_bridge_deleted_and_made_again(guest):
    name = guest.vif(1)
    with bridge("late0"):
        guest.attach("bridge=late0")
    try:
        wait_until(lambda: vifctl_list()[name]["state"] == "waiting", 10)
        with bridge("late0"):
            wait_until(lambda: name in ports("late0"), 20)
            assert link_up(name)
    finally:
        guest.detach(1)
