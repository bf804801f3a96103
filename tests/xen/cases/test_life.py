# SPDX-License-Identifier: GPL-2.0-or-later
"""How domains end: by their administrator, by themselves, in the middle of something."""

import pytest
from dom0 import (BRIDGE, VIFS, Guest, OnEvent, domains, links, nothing_left, ping, ports, start,
                  vifctl_list, wait_until, xl)


def gone(guest, timeout=30):
    wait_until(lambda: guest.name not in domains(), timeout, f"{guest.name} to be gone", 0.5)
    wait_until(lambda: not nothing_left(guest.domid), 20, "its links and nodes to be gone")
    assert not [p for p in vifctl_list().values() if p["nic"].startswith(f"{guest.domid}.")]


@pytest.mark.both
def test_destroy():
    with Guest() as g:
        assert g.vif() in ports(BRIDGE)
        g.destroy()
        gone(g)


def test_shutdown():
    with Guest() as g:
        ping(g.ip)
        xl("shutdown", g.name)
        gone(g)


@pytest.mark.long
def test_crash():
    with Guest(extra="sysrq_always_enabled") as g:
        ping(g.ip)
        xl("sysrq", g.name, "c")
        gone(g)


@pytest.mark.long
def test_reboot():
    """A domain of another number, with other links."""
    with Guest(on_reboot="restart") as g:
        ping(g.ip)
        before = g.domid
        xl("reboot", g.name)
        wait_until(lambda: domains().get(g.name, before) != before, 60, "the next domain", 0.5)
        g.domid = g.find()
        ping(g.ip)
        g.wait_connected()
        assert g.vif() in ports(BRIDGE)
        assert not nothing_left(before)


@pytest.mark.long
def test_save_and_restore(tmp_path):
    with Guest(memory=96) as g:
        ping(g.ip)
        before = g.domid
        xl("save", g.name, tmp_path / "image")
        wait_until(lambda: not nothing_left(before), 20)
        xl("restore", tmp_path / "image")
        g.domid = g.find()
        assert g.domid != before
        g.wait_connected()
        assert g.vif() in ports(BRIDGE)
        ping(g.ip)


@pytest.mark.long
def test_checkpoint(tmp_path):
    """The domain goes on under its number: nothing is taken away, nothing is missing after."""
    with Guest(memory=96) as g:
        ping(g.ip)
        before = g.domid
        xl("save", "-c", g.name, tmp_path / "image")
        assert g.find() == before
        ping(g.ip)
        g.wait_connected()
        assert g.vif() in ports(BRIDGE)


@pytest.mark.long
def test_pause_and_unpause(guest):
    xl("pause", guest.name)
    assert guest.vif() in ports(BRIDGE)
    xl("unpause", guest.name)
    ping(guest.ip)


# What an xl that is killed has done by then: a node below dom0's backend/vif/D/0, and what it
# may be by the time it is read.
CREATE = [("state", (b"1", b"2")), ("state", (b"2", b"4")), ("hotplug-status", (b"connected",))]
DESTROY = [("online", (b"0", None)), ("state", (b"6", None))]


class Killed:
    """An xl that is killed as soon as the node has one of the values."""

    def __init__(self, node, values, *args):
        self.node, self.values, self.met = node, values, False
        with OnEvent(VIFS, self.act):
            self.xl = start("xl", *args)
            wait_until(lambda: self.met, 60, f"{node} to be one of {values}")
            self.xl.wait(timeout=60)

    def act(self, path, read):
        if path.endswith(f"/0/{self.node}") and not self.met and read() in self.values:
            self.xl.kill()
            self.met = True


@pytest.mark.long
@pytest.mark.parametrize("node,values", CREATE, ids=["made", "state-2", "connected"])
@pytest.mark.parametrize("agent", ["daemon", "no_daemon"])
def test_xl_killed_while_it_creates(node, values, agent, request):
    """Half a domain stays, as libxl leaves it; destroying that leaves nothing."""
    request.getfixturevalue(agent)
    others = set(domains().values())
    Killed(node, values, "create", Guest().config)
    made = set(domains().values()) - others
    assert made, "xl was killed, but its domain is gone"
    for domid in made:
        xl("destroy", domid)
        wait_until(lambda d=domid: not nothing_left(d), 20, f"left: {nothing_left(domid)}")


@pytest.mark.long
@pytest.mark.parametrize("node,values", DESTROY, ids=["offline", "closed"])
@pytest.mark.parametrize("agent", ["daemon", "no_daemon"])
def test_xl_killed_while_it_destroys(node, values, agent, request):
    """Destroying again finishes it."""
    request.getfixturevalue(agent)
    with Guest() as g:
        Killed(node, values, "destroy", g.name)
        xl("destroy", g.domid, check=False)
        wait_until(lambda: not nothing_left(g.domid), 30, f"left: {nothing_left(g.domid)}")
        assert g.vif() not in links()


@pytest.mark.long
@pytest.mark.once
def test_a_vifname_that_both_halves_of_a_migration_have_costs_no_network(tmp_path):
    """As in xl migrate localhost, which this machine cannot do: it cannot log a PV guest's dirty pages.

    The guest is saved and goes on; it is restored under another name, with its vifname.
    """
    vif = f"bridge={BRIDGE},vifname=mig0"
    with Guest(vifs=(vif,)) as first:
        ping(first.ip)
        assert "mig0" in ports(BRIDGE)
        second = Guest(vifs=first.vifs)
        xl("save", "-c", first.name, tmp_path / "saved", timeout=600)
        xl("restore", second.config, tmp_path / "saved", timeout=600)
        second.domid = second.find()
        try:
            assert {"mig0", second.vif()} <= ports(BRIDGE)
            assert second.key("hotplug-status") == "connected"
            port = vifctl_list()[second.vif()]
            assert port["state"] == "ok" and "will be renamed" in port["reason"]
            first.destroy()
            wait_until(lambda: second.vif() not in links() and "mig0" in ports(BRIDGE), 60)
            assert vifctl_list()["mig0"]["nic"] == f"{second.domid}.0"
            ping(first.ip)
        finally:
            second.destroy()
