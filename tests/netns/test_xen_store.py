# SPDX-License-Identifier: GPL-2.0-or-later
"""xenstored dies, comes back, is updated, or comes last: the ports do not mind."""

import socket
from pathlib import Path

import pytest

from xenhost import FATES, everywhere, scenario, with_both_stores

fates = pytest.mark.parametrize("fate", FATES, indirect=True)


def running(xen, **keys):
    """A NIC in order, at state 4."""
    xen.bridge("br0")
    xen.bridge("br1")
    nic = xen.plugged(5, **keys)
    xen.bed.until(lambda: xen.on(keys.get("vifname", "vif5.0")) and xen.connected(nic))
    nic.set("state", 4)
    return nic


def notices_that_xenstored_is_gone(xen):
    xen.bed.until(lambda: "lost connection to xenstored" in xen.daemon.log())


def finds_it_again(xen):
    """The daemon is connected again, and has learned who it is."""
    xen.bed.until(lambda: xen.daemon.log().count(f"this is domain {xen.backend}\n") == 2)


def empty_store(xen):
    """xenstored is killed, and back with nothing in it but what its own start writes."""
    xen.xs.restart()
    xen.begin_watching()


def refill(xen, nodes):
    """All is written again as it was."""
    for domid in {int(path.split("/")[3]) for path in nodes if path.startswith("/local/domain/")}:
        if domid and not xen.xs.is_introduced(domid):
            xen.xs.introduce(domid)

    def write(tree):
        for path, value in nodes.items():
            tree.write(path, value)

    xen.xs.atomically(write)
    xen.watch.catch_up()  # what is written here is no deed of the daemon's


def contents(xen):
    return xen.xs.dump("/local") | xen.xs.dump("/libxl")


# It dies

@with_both_stores
def test_xenstored_dies_and_is_refilled(xen):
    nic = running(xen)
    nodes = contents(xen)
    with xen.bed.count_netlink_changes() as changes:
        xen.xs.kill()
        notices_that_xenstored_is_gone(xen)
        empty_store(xen)
        finds_it_again(xen)
        xen.daemon.reload()
        assert xen.on("vif5.0"), "an empty store tells nothing of a death"
        refill(xen, nodes)
        xen.daemon.reload()
    assert changes == []
    assert nic.status() == "connected" and xen.says("vif5.0", "ok")
    assert xen.daemon.log().count("lost connection to xenstored") == 1


@everywhere
def test_after_that_it_hears_of_changes_again(xen):
    nic = running(xen)
    nodes = contents(xen)
    empty_store(xen)
    refill(xen, nodes)
    nic.set("bridge", "br1")
    xen.bed.until(lambda: xen.on("vif5.0", "br1"))
    nic.remove()
    xen.bed.until(lambda: xen.left("vif5.0"))


def test_deaths_are_told_again(xen):
    running(xen)
    nodes = contents(xen)
    empty_store(xen)
    refill(xen, nodes)
    xen.bed.until(lambda: xen.says("vif5.0", "ok"))
    xen.daemon.reload()
    xen.xs.destroy_domain(5)
    xen.bed.until(lambda: xen.left("vif5.0"))


@everywhere
def test_refilled_with_keys_as_new_as_libxls(xen):
    """The toolstack plugs the NIC anew: hotplug-status is empty, and is reported again."""
    running(xen)
    empty_store(xen)
    xen.xs.domain(5)
    finds_it_again(xen)
    again = xen.plug(5, bridge="br1")
    xen.bed.until(lambda: xen.on("vif5.0", "br1") and xen.connected(again))


@fates
@everywhere
def test_a_restart_of_vifagentd_while_there_is_no_xenstored(xen, fate):
    """Whoever dies when: no port leaves its bridge because of an empty store."""
    nic = running(xen, vifname="web0")
    nodes = contents(xen)

    def befalls(what):
        if fate == what:
            xen.daemon.kill()
            xen.daemon.start()

    with xen.bed.count_netlink_changes() as changes:
        xen.xs.kill()
        befalls("struck")
        if fate != "struck":
            notices_that_xenstored_is_gone(xen)
        befalls("restarted")
        if fate == "absent":
            xen.daemon.kill()
        empty_store(xen)
        refill(xen, nodes)
        if fate == "absent":
            xen.daemon.start()
        finds_it_again(xen)
        xen.daemon.reload()
    assert changes == []
    assert xen.on("web0") and nic.status() == "connected" and xen.says("web0", "ok")


@everywhere
def test_vifagentd_is_restarted_before_an_empty_xenstored_comes(xen):
    """It finds its ports without a store; that the store is empty then is no death."""
    running(xen)
    nodes = contents(xen)
    with xen.bed.count_netlink_changes() as changes:
        xen.xs.kill()
        xen.daemon.kill()
        xen.daemon.start()
        empty_store(xen)
        finds_it_again(xen)
        xen.daemon.reload()
        assert xen.on("vif5.0")
        refill(xen, nodes)
        xen.daemon.reload()
    assert changes == []
    assert xen.says("vif5.0", "ok")


def test_without_xenstored_ports_are_kept_and_shown(xen):
    running(xen)
    xen.xs.kill()
    notices_that_xenstored_is_gone(xen)
    assert xen.says("vif5.0", "waiting", "xenstored does not answer")
    xen.daemon.reload()
    assert xen.on("vif5.0")


def test_a_link_goes_while_there_is_no_xenstored(xen):
    running(xen)
    xen.xs.kill()
    notices_that_xenstored_is_gone(xen)
    xen.bed.delete("vif5.0")
    empty_store(xen)
    finds_it_again(xen)
    xen.daemon.reload()
    assert xen.list() == {}


@scenario
def test_what_changed_meanwhile_is_put_right(xen):
    """Another bridge is asked for, in the new store."""
    running(xen)
    nodes = contents(xen)
    yield lambda: xen.on("vif5.0", "br0")
    empty_store(xen)
    refill(xen, {path: b"br1" if path.endswith("/bridge") else value
                 for path, value in nodes.items()})
    yield lambda: xen.on("vif5.0", "br1")
    xen.watch.clear()  # what refill() wrote: the port may have been on its way just then


# It is updated

def test_xenstored_is_live_updated(xen):
    nic = running(xen)
    with xen.bed.count_netlink_changes() as changes:
        xen.xs.live_update()
        xen.daemon.reload()
    assert changes == []
    assert "gone" not in xen.daemon.log()
    nic.set("bridge", "br1")
    xen.bed.until(lambda: xen.on("vif5.0", "br1"))
    nic.remove()
    xen.bed.until(lambda: xen.left("vif5.0"))


# It holds much

def test_more_names_than_one_answer_holds(bed):
    """4096 bytes.  Debian's oxenstored cannot: it sends all at once, and no client takes that."""
    xs = bed.xenstored()
    bed.bridge("br0")
    first, last = (bed.nic(xs, domid, 0, script="/bin/true") for domid in (5, 6))
    for domid in range(20000, 20900):
        xs.mkdir(f"/local/domain/0/backend/vif/{domid}")
    nics = [first, bed.nic(xs, 30000, 0, script="/bin/true"), last]
    for nic in nics:
        nic.netback_ready()
        bed.vif(f"vif{nic.domid}.0")
    bed.daemon(config="[xen]\nserve = all\n")
    assert all(bed.in_place(f"vif{nic.domid}.0") for nic in nics)
    assert list(bed.listed()) == ["vif5.0", "vif6.0", "vif30000.0"]


# It comes last

@pytest.mark.parametrize("kind", ["c", "oxenstored"])
@pytest.mark.parametrize("domid", [0, 3], ids=["dom0", "driver-domain"])
def test_vifagentd_is_there_first(bed, kind, domid):
    daemon = bed.daemon(env={"XENSTORED_PATH": "/run/xenstored/socket"},
                        config="[xen]\nserve = all\n")
    assert daemon.status_text == "0 ports, 0 of them not in order"
    bed.bridge("br0")
    bed.vif("vif5.0")
    xs = bed.xenstored(kind, domid=domid)
    nic = bed.nic(xs, 5, 0, script="/bin/true", backend=domid)
    nic.netback_ready()
    bed.until(lambda: nic.status() == "connected")
    assert bed.link("vif5.0").master == "br0"


def test_a_store_that_is_filled_slowly(bed):
    """Started without dom0's own nodes, as before init-xenstore-domain ran."""
    xs = bed.xenstored(init_dom0=False)
    daemon = bed.daemon(config="[xen]\nserve = all\n")
    bed.bridge("br0")
    bed.vif("vif5.0")
    xs.write("/local/domain/0/domid", 0)
    nic = bed.nic(xs, 5, 0, script="/bin/true")
    nic.netback_ready()
    bed.until(lambda: nic.status() == "connected")
    assert daemon.running()


def test_a_socket_that_appears_before_anybody_listens(bed):
    """xenstored's directory and a dead socket are there first."""
    Path("/run/xenstored").mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind("/run/xenstored/socket")
    daemon = bed.daemon(env={"XENSTORED_PATH": "/run/xenstored/socket"},
                        config="[xen]\nserve = all\n")
    Path("/run/xenstored/socket").unlink()
    Path("/run/xenstored").rmdir()
    xs = bed.xenstored()
    bed.bridge("br0")
    bed.vif("vif5.0")
    nic = bed.nic(xs, 5, 0, script="/bin/true")
    nic.netback_ready()
    bed.until(lambda: nic.status() == "connected")
    assert daemon.running()
