# SPDX-License-Identifier: GPL-2.0-or-later
"""A bridge that is not there: what xl says, and what happens when it comes."""

import time

import pytest
from dom0 import (BRIDGE, Guest, OUT, add_bridge, bridge, domains, finish, ip, note, nothing_left, ping,
                  ports, start, vifctl_list, wait_until)


def create_on(network, script=None):
    extra = f",script={script}" if script else ""
    g = Guest(vifs=(f"bridge={network}{extra}",))
    begin = time.monotonic()
    done = g.create(check=False)
    return g, done, time.monotonic() - begin


def test_create_fails_with_our_sentence():
    g, done, seconds = create_on("nosuch")
    assert done.rc != 0 and seconds < 30, done
    assert "network nosuch (requested by xenstore)" in done.out and "bridge nosuch does not exist" in done.out, done
    assert g.name not in domains() and not [n for n in nothing_left() if g.name in n]
    h, stock, stock_seconds = create_on("nosuch", "vif-bridge")
    assert stock.rc != 0 and h.name not in domains()
    (OUT / "missing-bridge.txt").write_text(
        f"vif-agent, {seconds:.1f} s:\n{done.out}\nvif-bridge, {stock_seconds:.1f} s:\n{stock.out}")
    note(f"xl create on a missing bridge: vif-agent {seconds:.1f} s, vif-bridge {stock_seconds:.1f} s")


@pytest.mark.long
def test_create_succeeds_where_the_bridge_comes_meanwhile():
    g = Guest(vifs=("bridge=late0",))
    creating = start("xl", "create", g.config)
    try:
        wait_until(lambda: any(p["state"] == "waiting" for p in vifctl_list().values()
                               if p["wish"]["network"] == "late0"), 30, "the NIC to wait for late0")
        add_bridge("late0")
        done = finish(creating)
        assert done.rc == 0, done
        g.domid = g.find()
        assert g.vif() in ports("late0")
        g.wait_connected()
    finally:
        g.destroy()
        ip("link", "del", "late0", check=False)


@pytest.mark.both
def test_attach_fails_and_the_daemon_tries_again(guest, daemon):
    """libxl leaves the NIC there, with the error; once the bridge is there it connects."""
    done = guest.attach("bridge=late0", check=False)
    assert done.rc != 0 and "bridge late0 does not exist" in done.out, done
    assert guest.key("hotplug-status", 1) == "error"
    assert "bridge late0 does not exist" in guest.key("hotplug-error", 1)
    port = vifctl_list()[guest.vif(1)]
    assert port["state"] == "waiting" and "bridge late0 does not exist" in port["reason"]
    assert f"{guest.vif(1)}: network late0" in daemon.log()
    try:
        with bridge("late0"):
            guest.wait_connected(1)
            assert guest.vif(1) in ports("late0")
            assert guest.key("hotplug-error", 1) is None
    finally:
        guest.detach(1)
    ping(guest.ip)
    assert guest.vif() in ports(BRIDGE)
