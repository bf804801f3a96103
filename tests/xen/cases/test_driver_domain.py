# SPDX-License-Identifier: GPL-2.0-or-later
"""A driver domain serves another guest's NICs, in place of `xl devd` and beside it."""

import pytest
from dom0 import (BRIDGE, Guest, Ping, domains, links, never, note, nothing_left, ping, ports, run,
                  store, wait_until)


def by(driver, **more):
    """A vif= line, or what network-attach takes, for a NIC that the driver domain serves."""
    settings = {"bridge": BRIDGE, "backend": driver.name, **more}
    return [f"{key}={value}" for key, value in settings.items()]


def gone_there(driver, name):
    wait_until(lambda: name not in driver.links(), 30, f"{name} to be gone there", 0.5)


def test_the_unit_runs_by_itself_and_knows_its_mode(driver):
    log = driver.run("journalctl -u vifagentd -o cat --no-pager")
    assert f"this is domain {driver.domid}" in log, log
    assert "domain 0" not in log


def test_ping_through_it(driver, served):
    served.wait_connected(by=driver.domid)
    name = served.vif()
    assert name in driver.ports() and name not in links()
    assert driver.vif() in ports(BRIDGE)
    port = driver.vifctl_list()[name]
    assert port["state"] == "ok" and port["wish"]["by"] == "xenstore"
    assert served.key("hotplug-status", by=driver.domid) == "connected"
    assert name not in run("vifctl", "list").out


@pytest.mark.long
def test_vifname_and_mtu(driver, served):
    served.attach(*by(driver, vifname="web0", mtu=1400))
    try:
        served.wait_connected(1, by=driver.domid)
        assert "web0" in driver.ports()
        assert "mtu 1400" in driver.run("ip link show web0")
        # This node of the guest's belongs to the driver domain
        assert served.frontend_key("mtu", 1) == "1400"
    finally:
        served.detach(1)
    gone_there(driver, "web0")


def test_attach_and_detach(driver, served):
    before, nodes = driver.links(), set(driver.backends())
    for _ in range(3):
        served.attach(*by(driver))
        served.wait_connected(1, by=driver.domid)
        assert served.vif(1) in driver.ports()
        served.detach(1)
        gone_there(driver, served.vif(1))
    assert driver.links() == before and set(driver.backends()) == nodes
    assert store.ls(f"/local/domain/{driver.domid}/backend/vif/{served.domid}") == ["0"]


@pytest.mark.long
def test_the_agent_started_late(driver, served):
    driver.run("systemctl stop vifagentd")
    served.attach(*by(driver))
    try:
        served.wait_key("state", "2", 1, by=driver.domid)
        never(lambda: served.vif(1) in driver.ports(), 2, "it is on the bridge without the agent")
        driver.run("systemctl start vifagentd")
        served.wait_connected(1, by=driver.domid)
        assert served.vif(1) in driver.ports()
    finally:
        served.detach(1)


@pytest.mark.long
def test_no_packet_is_lost_when_the_agent_is_killed(driver, served):
    pinging = Ping(served.ip)
    driver.run("systemctl kill -s KILL vifagentd")
    pinging.answers(10)
    driver.run("systemctl restart vifagentd")
    pinging.answers(10)
    sent, lost = pinging.lost()
    note(f"vifagentd killed and restarted in the driver domain: {sent} pings, {lost} lost")
    assert sent >= 10 and lost == 0
    assert "active" == driver.run("systemctl is-active vifagentd").strip()


def test_missing_bridge_is_reported_to_dom0_and_tried_again(driver, served):
    """libxl does not wait for a driver domain; its administrator finds the reason in xenstore."""
    served.attach(*by(driver, bridge="late0"))
    try:
        served.wait_key("hotplug-status", "error", 1, by=driver.domid)
        assert "bridge late0 does not exist" in served.key("hotplug-error", 1, by=driver.domid)
        assert served.key("state", 1, by=driver.domid) == "2"
        driver.run("ip link add late0 type bridge && ip link set late0 up")
        served.wait_connected(1, by=driver.domid)
        assert served.vif(1) in driver.ports("late0")
        assert served.key("hotplug-error", 1, by=driver.domid) is None
    finally:
        served.detach(1)
    gone_there(driver, served.vif(1))


@pytest.mark.long
def test_netback_unbound_and_bound(driver, served):
    name, device = served.vif(), f"vif-{served.domid}-0"
    driver.run(f"echo {device} >/sys/bus/xen-backend/drivers/vif/unbind")
    gone_there(driver, name)
    driver.run(f"echo {device} >/sys/bus/xen-backend/drivers/vif/bind")
    wait_until(lambda: name in driver.ports(), 30, pause=0.5)
    served.wait_connected(by=driver.domid)
    ping(served.ip)


@pytest.mark.long
def test_frontend_destroyed(driver):
    g = Guest(vifs=[",".join(by(driver))])
    g.create()
    ping(g.ip)
    name = g.vif()
    assert name in driver.ports()
    g.destroy()
    gone_there(driver, name)
    assert name not in driver.vifctl_list()
    assert store.ls(f"/local/domain/{driver.domid}/backend/vif/{g.domid}") == []


@pytest.mark.long
def test_beside_devd(driver, served):
    """`xl devd` serves disks there, and runs our script for vifs; the daemon is no hindrance."""
    driver.run("xl devd")
    try:
        for daemon in ("start", "stop"):
            driver.run(f"systemctl {daemon} vifagentd")
            served.attach(*by(driver))
            served.wait_connected(1, by=driver.domid)
            assert served.vif(1) in driver.ports()
            served.detach(1)
            gone_there(driver, served.vif(1))
    finally:
        driver.run("pkill -x xl", check=False)


@pytest.mark.long
def test_driver_domain_destroyed(driver):
    """dom0 is left clean; and the guest can be destroyed."""
    g = Guest(vifs=[",".join(by(driver))])
    g.create()
    ping(g.ip)
    driver.destroy()
    wait_until(lambda: not nothing_left(driver.domid), 20)
    assert driver.vif() not in links() | ports(BRIDGE)
    g.destroy()
    wait_until(lambda: g.name not in domains(), 30)
    assert not nothing_left(g.domid)
