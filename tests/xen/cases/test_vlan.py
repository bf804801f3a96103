# SPDX-License-Identifier: GPL-2.0-or-later
"""VLANs of real guests on a bridge that keeps them apart.

xl of this Xen (before 4.19) knows no vlan=; its key is written as a later one writes it.
"""

import contextlib

import pytest
from dom0 import (BRIDGE, Daemon, Guest, Ping, config, ip, link_up, never, ping, run, store,
                  vifctl_list, vlans, wait_until)

pytestmark = pytest.mark.once

ACCESS = {"PVID", "Egress Untagged"}


def request(guest, text):
    store.write(guest.backend() + "/vlan", text)


def answers(guest):
    return run("ping", "-n", "-c1", "-W1", guest.ip, check=False).rc == 0


@pytest.fixture
def filtering():
    ip("link", "set", BRIDGE, "type", "bridge", "vlan_filtering", "1")
    try:
        yield BRIDGE
    finally:
        ip("link", "set", BRIDGE, "type", "bridge", "vlan_filtering", "0")


@contextlib.contextmanager
def dom0_in(vlan):
    """dom0 is in this VLAN only, untagged."""
    run("bridge", "vlan", "add", "dev", BRIDGE, "vid", vlan, "pvid", "untagged", "self")
    run("bridge", "vlan", "del", "dev", BRIDGE, "vid", "1", "self")
    try:
        yield
    finally:
        run("bridge", "vlan", "add", "dev", BRIDGE, "vid", "1", "pvid", "untagged", "self")
        run("bridge", "vlan", "del", "dev", BRIDGE, "vid", vlan, "self")


def test_a_guest_is_reached_in_its_vlan_only(filtering, guest):
    """Access port, live change, filtering switched off and on, back."""
    name = guest.vif()
    request(guest, "10")
    wait_until(lambda: vlans(name) == {10: ACCESS}, 20)
    assert not answers(guest)
    with dom0_in("10"):
        ping(guest.ip)
        flow = Ping(guest.ip)
        flow.answers(5)
        request(guest, "10p/20/30-35")
        wait_until(lambda: set(vlans(name)) == {10, 20, *range(30, 36)}, 20)
        flow.answers(5)
        sent, lost = flow.lost()
        assert sent >= 10 and lost == 0
        # put back on its bridge, it is in its VLANs again
        ip("link", "set", name, "nomaster")
        wait_until(lambda: link_up(name) and vlans(name).get(10) == ACCESS and 1 not in vlans(name), 20)
        ping(guest.ip)
    ip("link", "set", filtering, "type", "bridge", "vlan_filtering", "0")
    wait_until(lambda: not link_up(name), 20, "the port to be set down")
    assert vifctl_list()[name]["state"] == "refused"
    ip("link", "set", filtering, "type", "bridge", "vlan_filtering", "1")
    wait_until(lambda: link_up(name) and vlans(name).get(10) == ACCESS, 20)
    request(guest, "1")
    wait_until(lambda: vlans(name) == {1: ACCESS}, 20)
    ping(guest.ip)


def test_guests_in_two_vlans_do_not_reach_each_other(filtering, guest):
    """dom0 goes from one VLAN to the other."""
    del filtering
    with Guest() as other:
        ping(other.ip)
        request(other, "20")
        wait_until(lambda: vlans(other.vif()) == {20: ACCESS}, 20)
        assert not answers(other)
        request(guest, "20")
        wait_until(lambda: vlans(guest.vif()) == {20: ACCESS}, 20)
        with dom0_in("20"):
            ping(other.ip)
            ping(guest.ip)
            request(other, "30")
            wait_until(lambda: vlans(other.vif()) == {30: ACCESS}, 20)
            ping(guest.ip)
            never(lambda: answers(other), 2, "it is heard in VLAN 20")
        request(guest, "1")
        wait_until(lambda: vlans(guest.vif()) == {1: ACCESS}, 20)
    ping(guest.ip)


def test_a_new_nic_joins_in_its_vlan(filtering, guest):
    """The key is there before netback's link is."""
    del filtering
    conf = f"[network red]\nbridge = {BRIDGE}\nvlan = 10\nisolated = yes\n"
    with config(conf, Daemon()):
        guest.attach("bridge=red")
        try:
            assert vlans(guest.vif(1)) == {10: ACCESS}
            with open(f"/sys/class/net/{guest.vif(1)}/brport/isolated", encoding="ascii") as file:
                assert file.read().strip() == "1"
        finally:
            guest.detach(1)
    ping(guest.ip)
