# SPDX-License-Identifier: GPL-2.0-or-later
"""vifname, mtu, and NICs that come and go on a running guest."""

import pytest
from dom0 import (BRIDGE, alias, bridge, link_up, links, nothing_left, note, ports, run, store,
                  time, vif_links, vifctl_list, wait_until, xl, VIFS)


def test_vifname_and_mtu(guest):
    guest.attach(f"bridge={BRIDGE}", "vifname=web0", "mtu=1400")
    try:
        assert "web0" in ports(BRIDGE) and guest.vif(1) not in links()
        assert link_up("web0")
        assert "mtu 1400" in run("ip", "link", "show", "web0").out
        # Xen's own script writes it below /local/domain/web0
        assert guest.frontend_key("mtu", 1) == "1400"
        assert store.read("/local/domain/web0") is None
        assert vifctl_list()["web0"]["nic"] == f"{guest.domid}.1"
        guest.wait_connected(1)
    finally:
        guest.detach(1)
    assert "web0" not in links()
    assert f"{guest.domid}.1" not in [p["nic"] for p in vifctl_list().values()]


def test_a_vifname_that_somebody_has_is_refused(guest):
    with bridge("web1"):
        done = guest.attach(f"bridge={BRIDGE}", "vifname=web1", check=False)
        assert done.rc != 0
        assert "web1" in done.out and "vif-agent" in done.out, done
        assert "web1" not in ports(BRIDGE)
    guest.detach(1, check=False)


@pytest.mark.long
def test_attach_and_detach_twenty_times(guest):
    links_before, nodes_before = vif_links(), set(store.ls(f"{VIFS}/{guest.domid}"))
    frontends = set(store.ls(f"/local/domain/{guest.domid}/device/vif"))
    records = set(vifctl_list())
    begin = time.monotonic()
    for _ in range(20):
        guest.attach(f"bridge={BRIDGE}")
        assert guest.vif(1) in ports(BRIDGE) and guest.key("hotplug-status", 1) == "connected"
        xl("network-detach", guest.name, 1)
        assert guest.vif(1) not in links()
    note(f"attach and detach, 20 times: {time.monotonic() - begin:.1f} s")
    assert vif_links() == links_before
    assert set(store.ls(f"{VIFS}/{guest.domid}")) == nodes_before
    assert set(store.ls(f"/local/domain/{guest.domid}/device/vif")) == frontends
    assert set(vifctl_list()) == records
    assert set(store.ls(f"/libxl/{guest.domid}/device/vif")) == {"0"}


@pytest.mark.both
def test_bridge_key_changed_on_a_running_guest(guest):
    with bridge("xenbr1"):
        store.write(guest.backend() + "/bridge", "xenbr1")
        wait_until(lambda: guest.vif() in ports("xenbr1"), 20)
        store.write(guest.backend() + "/bridge", BRIDGE)
        wait_until(lambda: guest.vif() in ports(BRIDGE), 20)
    assert alias(guest.vif()).startswith("vifagent/1 ")


def test_netback_unbound_and_bound(guest):
    """The link is another then; nobody but the daemon puts it back."""
    guest.wait_connected()
    drivers, device = "/sys/bus/xen-backend/drivers/vif", f"vif-{guest.domid}-0"
    with open(f"{drivers}/unbind", "w") as f:
        f.write(device)
    wait_until(lambda: guest.vif() not in links(), 20)
    with open(f"{drivers}/bind", "w") as f:
        f.write(device)
    wait_until(lambda: guest.vif() in ports(BRIDGE), 20)
    guest.wait_connected()
    assert xl("network-list", guest.name).out.splitlines()[1].split()[4] == "4"
