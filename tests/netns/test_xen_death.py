# SPDX-License-Identifier: GPL-2.0-or-later
"""NICs and domains die in every order; what only looks like a death is none."""

import pytest

from xenhost import (everywhere, scenario, where_deaths_are_told, where_nobody_else_removes_nodes,
                     with_both_stores)


def running(xen, domid=5, **keys):
    """A NIC of a guest that uses it: a condition for yield, and the NIC."""
    xen.bridge("br0")
    xen.bridge("br1")
    nic = xen.plugged(domid, **keys)

    def is_running():
        if not (xen.on(keys.get("vifname", f"vif{domid}.0")) and xen.connected(nic)):
            return False
        nic.set("state", 4)
        return True

    return nic, is_running


def all_is_gone(xen):
    """No port is listed, and no nodes have come back."""
    return xen.list() == {} and xen.xs.ls(xen.root) == []


# In every order

@with_both_stores
@scenario
def test_the_usual_order(xen):
    nic, is_running = running(xen)
    yield is_running
    xen.unplug(nic, "vif5.0")
    yield lambda: all_is_gone(xen)
    yield xen.stays(lambda: all_is_gone(xen))


@everywhere
@scenario
def test_nodes_removed_first(xen):
    nic, is_running = running(xen)
    yield is_running
    nic.remove()
    yield lambda: xen.left("vif5.0")
    xen.bed.delete("vif5.0")
    yield lambda: all_is_gone(xen)


@everywhere
@scenario
def test_link_removed_first(xen):
    nic, is_running = running(xen)
    yield is_running
    xen.bed.delete("vif5.0")
    yield lambda: xen.says("vif5.0", "waiting", "link does not exist yet")
    nic.unplug()
    yield lambda: xen.list() == {}
    nic.closed()
    nic.remove()
    yield xen.stays(lambda: all_is_gone(xen))


@where_deaths_are_told
@scenario
def test_a_domain_released_with_its_nodes_left_behind(xen):
    """dom0's own nodes outlive the domain; in a driver domain nobody tells of it."""
    nic, is_running = running(xen)
    yield is_running
    xen.xs.destroy_domain(5)
    yield lambda: xen.left("vif5.0")
    assert nic.key("bridge") == "br0"
    xen.bed.delete("vif5.0")
    nic.remove()
    yield lambda: all_is_gone(xen)


@where_deaths_are_told
@scenario
def test_many_domains_released_at_once(xen):
    xen.bridge()
    nics = [xen.plugged(domid) for domid in range(5, 13)]
    yield lambda: all(xen.connected(nic) for nic in nics)
    xen.xs.destroy_domain(*range(5, 12))
    yield lambda: all(xen.left(f"vif{domid}.0") for domid in range(5, 12))
    assert xen.on("vif12.0")


@everywhere
@scenario
def test_nodes_gone_with_the_link_left_behind(xen):
    """The link gets back all it had: its name, its MAC, its MTU."""
    xen.bed.vif("vif5.0")
    before = xen.bed.link("vif5.0")
    xen.bridge("br0", mtu=2000)
    nic = xen.plug(5, vifname="web0")
    yield lambda: xen.on("web0", mtu=2000) and xen.connected(nic)
    nic.remove()
    yield lambda: xen.left("vif5.0")
    assert xen.bed.link("vif5.0") == before
    yield xen.stays(lambda: xen.left("vif5.0") and all_is_gone(xen))


@everywhere
@scenario
def test_closed_and_no_longer_online(xen):
    """The nodes stay while the toolstack is slow."""
    nic, is_running = running(xen)
    yield is_running
    nic.unplug()
    yield xen.stays(lambda: xen.on("vif5.0"))
    nic.closed()
    yield lambda: xen.left("vif5.0")
    assert nic.status() is None
    xen.offline(nic)
    assert nic.status() is None and nic.error() is None


@where_nobody_else_removes_nodes
@scenario
def test_a_driver_domain_removes_the_nodes_of_a_dead_nic(xen):
    """libxl in dom0 waits for that; the domain's directory goes with its last NIC."""
    nic, is_running = running(xen)
    other = xen.plugged(5, 1)
    yield lambda: is_running() and xen.connected(other)
    for gone, link, left in [(nic, "vif5.0", ["5"]), (other, "vif5.1", [])]:
        gone.unplug()
        xen.bed.delete(link)
        gone.closed()
        yield lambda gone=gone, left=left: \
            gone.key("state") is None and xen.xs.ls(xen.root) == left
    assert nic.xs.read(f"{nic.frontend}/mac") is not None, "the toolstack's"
    yield xen.stays(lambda: all_is_gone(xen))


@pytest.mark.parametrize("xen", ["dom0", "no-script"], indirect=True)
def test_in_dom0_the_nodes_are_the_toolstacks(xen):
    nic, is_running = running(xen)
    xen.bed.until(is_running)
    nic.unplug()
    nic.closed()
    xen.bed.until(lambda: xen.left("vif5.0"))
    other = xen.plugged(6)
    xen.bed.until(lambda: xen.connected(other))  # more than toolstack-delay later, where there is one
    xen.daemon.reload()
    assert nic.key("state") == "6" and nic.key("bridge") == "br0"


@where_nobody_else_removes_nodes
def test_a_reload_of_the_frontend_removes_nothing(xen):
    """It is at 6, but online."""
    nic, is_running = running(xen)
    xen.bed.until(is_running)
    nic.set("state", 6)
    other = xen.plugged(6)
    xen.bed.until(lambda: xen.connected(other))
    xen.daemon.reload()
    assert nic.key("state") == "6" and xen.on("vif5.0")


@scenario
def test_a_nic_that_closes_and_has_no_link_any_more_wants_none(xen):
    xen.bridge()
    nic = xen.plugged(5)
    yield lambda: xen.connected(nic)
    nic.unplug()
    xen.bed.delete("vif5.0")
    yield lambda: not xen.list()


@everywhere
@scenario
def test_an_hvm_guest_dies(xen):
    """QEMU goes first, and its tap with it."""
    xen.bridge()
    tap = xen.bed.tap("vif5.0-emu")
    nic = xen.plugged(5, type="vif_ioemu")
    yield lambda: xen.on("vif5.0-emu") and xen.on("vif5.0") and xen.connected(nic)
    tap.close()
    yield lambda: xen.on("vif5.0")
    xen.unplug(nic, "vif5.0")
    yield lambda: all_is_gone(xen)


@everywhere
@scenario
def test_a_tap_left_behind(xen):
    xen.bridge()
    xen.bed.tap("vif5.0-emu")
    nic = xen.plugged(5, type="vif_ioemu", vifname="web0")
    yield lambda: xen.on("web0-emu") and xen.on("web0") and xen.connected(nic)
    xen.bed.delete("web0")
    nic.remove()
    yield lambda: xen.left("vif5.0-emu") and all_is_gone(xen)


@everywhere
@scenario
def test_one_of_two_nics_is_detached(xen):
    xen.bridge()
    first, second = xen.plugged(5, 0), xen.plugged(5, 1)
    yield lambda: xen.connected(first) and xen.connected(second)
    xen.unplug(first, "vif5.0")
    yield lambda: list(xen.list()) == ["vif5.1"]
    assert xen.on("vif5.1") and second.status() == "connected"


# The domid again

@with_both_stores
@scenario
def test_a_domid_used_again_at_once(xen):
    nic, is_running = running(xen)
    yield is_running
    xen.bed.delete("vif5.0")
    nic.remove()
    if xen.backend == 0:
        xen.xs.destroy_domain(5)
        xen.bed.until(lambda: not xen.xs.is_introduced(5))
    xen.watch.clear()
    again = xen.plugged(5, bridge="br1")
    yield lambda: xen.on("vif5.0", "br1") and xen.connected(again)


@everywhere
@scenario
def test_a_nic_made_again_before_anybody_looked(xen):
    """Its link never went away; yet netback of the new NIC has to be told."""
    nic, is_running = running(xen)
    yield is_running
    xen.watch.clear()
    nic.remove()
    again = xen.plug(5, bridge="br1")
    yield lambda: xen.on("vif5.0", "br1") and xen.connected(again)


@where_deaths_are_told
@scenario
def test_the_nodes_of_a_dead_domain_are_taken_over_by_the_next(xen):
    """Dead with its nodes left behind; then the domid, the nodes and the link are new."""
    nic, is_running = running(xen)
    yield is_running
    xen.xs.destroy_domain(5)
    yield lambda: xen.left("vif5.0")
    xen.bed.delete("vif5.0")
    nic.remove()
    xen.watch.clear()
    again = xen.plugged(5, bridge="br1", vifname="web0")
    yield lambda: xen.on("web0", "br1") and xen.connected(again)


# No deaths

@everywhere
@scenario
def test_a_frontend_that_reloads(xen):
    """Its backend is closed, but still online: not a removal."""
    nic, is_running = running(xen)
    yield is_running
    xen.watch.wait(lambda event: event.path == f"{nic.path}/state" and event.value == b"4")
    xen.watch.clear()
    with xen.bed.count_netlink_changes() as changes:
        for state in 5, 6:
            nic.set("state", state)
            yield xen.stays(lambda: xen.on("vif5.0"))
        for state in 1, 2, 4:
            nic.set("state", state)
            yield xen.stays(lambda: xen.on("vif5.0"))
    assert changes == []
    assert nic.status() == "connected"
    assert not xen.reported(nic), "netback kept its link: there is nothing to tell"


@where_deaths_are_told
@scenario
def test_a_domain_that_shuts_down_is_not_dead_yet(xen):
    nic, is_running = running(xen)
    yield is_running
    other = xen.plugged(6)
    yield lambda: xen.connected(other)
    told = xen.xs.watch("@releaseDomain")
    xen.xs.shutdown_domain(5)
    told.wait(lambda event: True)
    xen.xs.destroy_domain(6)  # told later: by then the other was looked at
    yield lambda: xen.left("vif6.0")
    assert xen.on("vif5.0")


@pytest.mark.parametrize("online", ["1", "0"])
@scenario
def test_closing_is_not_closed(xen, online):
    nic, is_running = running(xen)
    yield is_running
    with xen.xs.txn() as tree:
        tree.write(f"{nic.path}/online", online)
        tree.write(f"{nic.path}/state", 5)
    yield xen.stays(lambda: xen.on("vif5.0"))


@scenario
def test_the_death_of_a_neighbour(xen):
    nic, is_running = running(xen)
    yield is_running
    other = xen.plugged(50)
    yield lambda: xen.connected(other)
    with xen.bed.count_netlink_changes() as changes:
        xen.unplug(other, "vif50.0")
        xen.xs.destroy_domain(50)
        yield lambda: list(xen.list()) == ["vif5.0"]
    assert "vif5.0" not in [name for _, name in changes]
