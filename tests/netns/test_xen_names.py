# SPDX-License-Identifier: GPL-2.0-or-later
"""Names: vifname, -emu, tapD.V, the limit of 15, and what another link has already."""

import contextlib
import time

import pytest

from xenhost import everywhere, scenario, where_the_daemon_reports

LONGEST = "fifteen-letters"


def refused(xen, nic, port, *words):
    """netback is told, and the list tells the same."""
    return nic.status() == "error" and xen.says(port, "refused", *words) \
        and nic.error() == f"{port}: {xen.list()[port]['reason']}"


# A name that was asked for

@everywhere
@scenario
def test_a_vifname(xen):
    xen.bridge()
    nic = xen.plug(5, vifname=LONGEST)
    yield lambda: xen.says("vif5.0", "waiting", "link does not exist yet")
    xen.bed.vif("vif5.0")
    yield lambda: xen.on(LONGEST) and xen.connected(nic)
    assert xen.bed.links() == ["br0", LONGEST]


@everywhere
@scenario
def test_a_vifname_of_an_hvm_guest(xen):
    """11 characters leave room for -emu."""
    xen.bridge()
    xen.bed.tap("vif5.0-emu")
    yield xen.stays(lambda: xen.left("vif5.0-emu"))
    nic = xen.plugged(5, vifname="elevenchars", type="vif_ioemu")
    yield lambda: xen.on("elevenchars-emu") and xen.on("elevenchars") and xen.connected(nic)
    assert len(xen.bed.links()) == 3


@scenario
def test_a_link_that_came_to_the_name_before_its_keys(xen):
    """As after a rename by somebody who knew."""
    xen.bridge()
    xen.bed.vif("vif5.0")
    nic = xen.plug(5, vifname="web0")
    yield lambda: xen.on("web0") and xen.connected(nic)
    xen.bed.ip("link set web0 down")
    xen.bed.ip("link set web0 name other0")
    yield lambda: xen.on("web0")
    assert xen.bed.link("other0") is None


@scenario
def test_an_xapi_tap(xen):
    """Xen 4.1 and xapi call it tapD.V, and so it stays."""
    xen.bridge()
    xen.bed.tap("tap5.0")
    yield xen.stays(lambda: xen.left("tap5.0"))
    nic = xen.plugged(5, type="vif_ioemu")
    yield lambda: xen.on("tap5.0") and xen.on("vif5.0") and xen.connected(nic)


@scenario
def test_an_xapi_tap_of_a_nic_with_a_vifname(xen):
    xen.bridge()
    nic = xen.plugged(5, type="vif_ioemu", vifname="web0")
    xen.bed.tap("tap5.0")
    yield lambda: xen.on("web0-emu") and xen.on("web0") and xen.connected(nic)


# Too long

@pytest.mark.parametrize("type, vifname, excess", [
    ("vif", "sixteen-letters!", "by 1 characters"),
    ("vif", "x" * 40, "by 25 characters"),
    ("vif_ioemu", "twelve-chars", "by 1 characters"),
])
@where_the_daemon_reports
@scenario
def test_a_name_too_long_is_refused(xen, type, vifname, excess):
    xen.bridge()
    nic = xen.plugged(5, type=type, vifname=vifname)
    yield lambda: refused(xen, nic, "vif5.0", vifname[:11], excess)
    link = xen.bed.link("vif5.0")
    assert (link.master, link.up, link.alias) == (None, False, None)
    assert xen.bed.links() == ["br0", "vif5.0"], "nothing has a name cut short"
    xen.rename(nic, "web0")
    yield lambda: xen.on("web0") and xen.connected(nic)
    assert nic.error() is None


def test_libxl_is_told_that_a_name_is_too_long(xen):
    xen.bridge()
    nic = xen.keys(5, vifname="sixteen-letters!")
    nic.netback_ready()
    xen.bed.vif("vif5.0")
    xen.bed.conf.write_text("[xen]\nscript-wait = 30\n")
    result = xen.bed.script("online", "vif", nic, check=1)
    assert result.seconds < 25, "waiting would not help"
    assert refused(xen, nic, "vif5.0", "sixteen-letters!", "too long")
    assert nic.error() in result.out


# Taken

@where_the_daemon_reports
@scenario
def test_a_name_that_a_foreign_link_has(xen):
    xen.bridge()
    xen.bed.vif("web0")
    xen.bed.up("web0")
    foreign = xen.bed.link("web0")
    with xen.bed.count_netlink_changes() as changes:
        nic = xen.plugged(5, vifname="web0")
        yield xen.stays(lambda: refused(xen, nic, "vif5.0", "web0", f"ifindex {foreign.ifindex}"))
    assert "web0" not in [name for _, name in changes]
    assert xen.bed.link("vif5.0").master is None
    xen.bed.delete("web0")
    yield lambda: xen.on("web0") and xen.connected(nic)
    assert nic.error() is None


@where_the_daemon_reports
@scenario
def test_a_taps_name_that_a_foreign_link_has(xen):
    xen.bridge()
    xen.bed.vif("web0-emu")
    foreign = xen.bed.link("web0-emu")
    xen.bed.tap("vif5.0-emu")
    xen.plugged(5, vifname="web0", type="vif_ioemu")
    yield lambda: xen.says("vif5.0-emu", "refused", "web0-emu", f"ifindex {foreign.ifindex}")
    assert xen.bed.link("web0-emu") == foreign
    xen.bed.ip("link set web0-emu name other0")
    yield lambda: xen.on("web0-emu") and xen.on("web0")


@scenario
def test_a_foreign_link_that_has_the_name_of_a_tap(xen):
    """A link called vif5.0-emu which is none of QEMU's taps."""
    xen.bridge()
    xen.bed.vif("vif5.0-emu")
    foreign = xen.bed.link("vif5.0-emu")
    xen.plugged(5, type="vif_ioemu")
    yield lambda: xen.on("vif5.0") and xen.says("vif5.0-emu", "refused", "veth")
    assert xen.bed.link("vif5.0-emu") == foreign


@where_the_daemon_reports
@scenario
def test_a_link_with_a_foreign_alias(xen):
    xen.bridge()
    xen.bed.vif("vif5.0")
    xen.bed.ip("link set vif5.0 alias 'uplink of rack 7'")
    before = xen.bed.link("vif5.0")
    nic = xen.plug(5)
    yield lambda: refused(xen, nic, "vif5.0", "uplink of rack 7")
    assert xen.bed.link("vif5.0") == before
    xen.bed.ip("link set vif5.0 up")  # the kernel does not tell of an alias while it is down
    xen.bed.ip("link set vif5.0 alias ''")
    yield lambda: xen.on("vif5.0") and xen.connected(nic)


# Local migration: for a while two domains have the same vifname

@everywhere
@scenario
def test_a_name_that_is_still_taken_costs_a_guest_no_network(xen):
    """libxl starts the receiver before the sender is gone, and waits for its script."""
    xen.bridge()
    old = xen.plugged(5, vifname="web0")
    yield lambda: xen.on("web0") and xen.connected(old)
    first = xen.bed.link("web0").ifindex
    new = xen.plugged(6, vifname="web0")
    yield lambda: xen.on("vif6.0") and xen.connected(new) \
        and xen.says("vif6.0", "ok", "web0", f"ifindex {first}", "will be renamed")
    assert xen.bed.link("web0").ifindex == first and xen.on("web0")
    second = xen.bed.link("vif6.0").ifindex
    xen.unplug(old, "web0")
    yield lambda: xen.on("web0") and xen.bed.link("web0").ifindex == second and xen.connected(new)
    assert xen.bed.links() == ["br0", "web0"]


@everywhere
@scenario
def test_an_hvm_guests_local_migration(xen):
    xen.bridge()
    tap = xen.bed.tap("vif5.0-emu")
    old = xen.plugged(5, vifname="web0", type="vif_ioemu")
    yield lambda: xen.on("web0-emu") and xen.on("web0") and xen.connected(old)
    xen.bed.tap("vif6.0-emu")
    new = xen.plugged(6, vifname="web0", type="vif_ioemu")
    yield lambda: xen.on("vif6.0") and xen.on("vif6.0-emu") and xen.connected(new)
    tap.close()
    yield lambda: xen.on("web0-emu") and xen.says("vif6.0", "ok", "web0")
    xen.unplug(old, "web0")
    yield lambda: xen.on("web0") and xen.connected(new)
    assert len(xen.bed.links()) == 3


@scenario
def test_the_old_half_of_a_migration_comes_back(xen):
    """The migration failed: the new domain goes, the old one keeps its name."""
    xen.bridge()
    old = xen.plugged(5, vifname="web0")
    yield lambda: xen.connected(old)
    new = xen.keys(6, vifname="web0")
    new.netback_ready()
    xen.bed.vif("vif6.0")
    yield lambda: xen.on("vif6.0") and xen.says("vif6.0", "ok", "web0")
    xen.unplug(new, "vif6.0")
    yield lambda: list(xen.list()) == ["web0"]
    assert xen.on("web0")


@contextlib.contextmanager
def before_the_next_retry(bed, port):
    """What happens in the block must be the work of an event.

    The daemon looks at a port that is not in order again after 0.5, 1, 2 and 4 s, and writes
    the same line each time; after the fifth it waits for 8 s.
    """
    def looks():
        said = [line for line in bed.daemons[0].log().splitlines() if line.startswith(f"{port}: ")]
        return said.count(said[-1])

    bed.until(lambda: looks() >= 5, timeout=20)
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < 6


def test_a_name_that_the_daemon_itself_takes_away_is_free_at_once(xen_alone):
    bed = xen_alone
    bed.bridge("br0")
    bed.bridge("br1")
    first, second = (bed.nic(bed.xs, domid, 0, vifname="web0", bridge=f"br{domid - 5}") for domid in (5, 6))
    for domid, nic in (5, first), (6, second):
        bed.vif(f"vif{domid}.0")
        nic.netback_ready()
        if domid == 5:
            bed.daemon("--debug")
            bed.until(lambda: bed.in_place("web0"))
    bed.until(lambda: bed.in_place("vif6.0", "br1"))
    first.set("vifname", "foo")
    bed.until(lambda: bed.in_place("web0", "br1"))
    assert bed.in_place("foo")


def test_a_name_for_a_tap_that_becomes_free(xen_alone):
    bed = xen_alone
    bed.bridge("br0")
    bed.vif("web0-emu")
    bed.tap("vif5.0-emu")
    bed.vif("vif5.0")
    nic = bed.nic(bed.xs, 5, 0, vifname="web0", type="vif_ioemu")
    nic.netback_ready()
    bed.daemon("--debug")
    bed.until(lambda: bed.in_place("web0") and bed.listed("vif5.0-emu")["state"] == "refused")
    with before_the_next_retry(bed, "vif5.0-emu"):
        bed.delete("web0-emu")
        bed.until(lambda: bed.in_place("web0-emu"))


@pytest.fixture
def xen_alone(bed):
    bed.xenstored()
    return bed
