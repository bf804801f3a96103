# SPDX-License-Identifier: GPL-2.0-or-later
"""netback is unbound from a NIC and bound again: a new link, joined and told of again."""

import pytest

from xenhost import everywhere, scenario


def running(xen, **keys):
    xen.bridge()
    return xen.plugged(5, **keys)


def unbind(xen, nic, link, removes_status):
    """The toolstack still wants the NIC."""
    nic.set("state", 6)
    if removes_status:
        nic.unset("hotplug-status")
    xen.bed.delete(link)
    xen.watch.clear()


@pytest.mark.parametrize("removes_status", [True, False], ids=["status-gone", "status-stays"])
@everywhere
@scenario
def test_netback_unbound_and_bound(xen, removes_status):
    nic = running(xen)
    yield lambda: xen.on("vif5.0") and xen.connected(nic)
    nic.set("state", 4)
    old = xen.bed.link("vif5.0").ifindex
    unbind(xen, nic, "vif5.0", removes_status)
    yield lambda: xen.says("vif5.0", "waiting", "link does not exist yet")
    nic.netback_ready()
    yield xen.stays(lambda: xen.says("vif5.0", "waiting", "link does not exist yet") and not xen.reported(nic))
    xen.bed.vif("vif5.0")
    # Who is struck after joining and before telling finds all in order when it comes back.
    tells = removes_status or xen.fate != "struck"
    yield lambda: xen.on("vif5.0") and nic.status() == "connected" \
        and (xen.reported(nic) or not tells)
    assert xen.bed.link("vif5.0").ifindex != old
    assert nic.error() is None


@scenario
def test_an_old_status_is_written_again_also_when_the_link_was_first(xen):
    """It joins the link at a moment at which it is not yet to be told."""
    nic = running(xen)
    yield lambda: xen.on("vif5.0") and xen.connected(nic)
    unbind(xen, nic, "vif5.0", False)
    xen.bed.vif("vif5.0")
    yield lambda: xen.on("vif5.0")
    assert not xen.reported(nic)
    nic.netback_ready()
    # One that is started anew finds all in order.
    tells = xen.fate == "lives"
    yield lambda: nic.status() == "connected" and (xen.reported(nic) or not tells)


@everywhere
@scenario
def test_a_renamed_link_comes_back_with_netbacks_name(xen):
    nic = running(xen, vifname="web0")
    yield lambda: xen.on("web0") and xen.connected(nic)
    unbind(xen, nic, "web0", True)
    nic.netback_ready()
    xen.bed.vif("vif5.0")
    yield lambda: xen.on("web0") and xen.connected(nic)


@everywhere
@scenario
def test_unbound_and_bound_faster_than_anybody_looks(xen):
    nic = running(xen)
    yield lambda: xen.on("vif5.0") and xen.connected(nic)
    if xen.daemon.running():
        xen.daemon.stop()
    for _ in range(3):
        unbind(xen, nic, "vif5.0", True)
        nic.netback_ready()
        xen.bed.vif("vif5.0")
    if xen.daemon.running():
        xen.daemon.cont()
    yield lambda: xen.on("vif5.0") and xen.connected(nic)


@everywhere
@scenario
def test_unbound_and_bound_while_the_bridge_is_away(xen):
    nic = running(xen)
    yield lambda: xen.on("vif5.0") and xen.connected(nic)
    unbind(xen, nic, "vif5.0", True)
    xen.bed.delete("br0")
    nic.netback_ready()
    xen.bed.vif("vif5.0")
    yield lambda: xen.says("vif5.0", "waiting", "bridge br0 does not exist")
    assert not xen.reported(nic)
    xen.bridge()
    yield lambda: xen.on("vif5.0") and xen.connected(nic)
    assert nic.error() is None


@scenario
def test_an_hvm_guests_tap_stays_where_it_is(xen):
    xen.bed.tap("vif5.0-emu")
    nic = running(xen, type="vif_ioemu")
    yield lambda: xen.on("vif5.0-emu") and xen.on("vif5.0") and xen.connected(nic)
    with xen.bed.count_netlink_changes() as changes:
        unbind(xen, nic, "vif5.0", True)
        nic.netback_ready()
        xen.bed.vif("vif5.0")
        yield lambda: xen.on("vif5.0") and xen.connected(nic)
    assert "vif5.0-emu" not in [name for _, name in changes]
