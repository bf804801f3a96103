# SPDX-License-Identifier: GPL-2.0-or-later
"""Alternative names of links are understood wherever a link is named, and are never taken."""

import pytest

from macvtaps import host_nic, in_order

LONG = "a-name-that-is-longer-than-fifteen-characters"


def altname(bed, link, name):
    bed.ip(f"link property add dev {link} altname {name}")


@pytest.fixture(params=["alone", "with the daemon"])
def host(bed, request):
    bed.bridge("br0")
    altname(bed, "br0", "lan0")
    bed.tap("tap0")
    if request.param != "alone":
        bed.daemon()
    return bed


# Never taken

@pytest.mark.parametrize("owner", ["br0", "tap0"])
def test_a_name_that_is_an_alternative_one_is_refused(host, owner):
    altname(host, owner, "web0")
    before = host.snapshot()
    err = host.vifctl("attach", "tap0", "br0", "name=web0", check=1).err
    assert f"{owner} has web0 as an alternative name" in err and f"ip link property del dev {owner} altname web0" in err
    assert host.snapshot() == before


def test_also_for_a_tap_that_is_made(host):
    before = host.snapshot()
    assert "br0 has lan0 as an alternative name" in host.vifctl("create", "br0", "lan0", check=1).err
    host.until(lambda: host.snapshot() == before)


def test_also_for_a_nic(host):
    nic = host.nic(host.xenstored(), 5, 0, vifname="lan0")
    nic.netback_ready()
    host.vif("vif5.0")
    before = host.link("vif5.0")
    host.conf.write_text("[xen]\nscript-wait = 1\n")
    host.script("online", "vif", nic, check=1)
    assert "br0 has lan0 as an alternative name" in nic.error() and host.link("vif5.0") == before


# Understood

def test_of_a_bridge(host):
    host.vifctl("attach", "tap0", "lan0", check=0)
    assert host.in_place("tap0", "br0")
    host.ip("link set tap0 nomaster")
    if host.daemons:
        host.until(lambda: host.in_place("tap0", "br0"))
        host.vifctl("detach", "tap0", check=0)
        assert "moved" not in host.daemons[0].log()


def test_of_a_bridge_of_a_network(host):
    altname(host, "br0", "wan0")
    host.conf.write_text("[network red]\nbridge = wan0\n")
    host.vifctl("create", "red", "web0", check=0)
    assert host.in_place("web0", "br0")


def test_of_a_bridge_in_xenstore(host):
    nic = host.nic(host.xenstored(), 5, 0, bridge="lan0")
    nic.netback_ready()
    host.vif("vif5.0")
    host.script("online", "vif", nic, check=0)
    assert host.in_place("vif5.0", "br0")


@pytest.mark.parametrize("name", ["guest0", LONG])
def test_of_the_link_itself(host, name):
    altname(host, "tap0", name)
    host.vifctl("attach", name, "br0", check=0)
    assert host.in_place("tap0")
    assert host.vifctl("show", name, check=0).out.startswith("tap0: ok")
    host.vifctl("detach", name, check=0)
    assert host.link("tap0").master is None


def test_of_a_macvtaps_device(bed):
    host_nic(bed)
    altname(bed, "eth0", "nic0")
    bed.conf.write_text("[network vepanet]\nkind = macvtap\nmode = vepa\ndevice = nic0\n")
    bed.vifctl("create", "vepanet", "web0", check=0)
    assert in_order(bed, "web0", mac=None)


def test_a_name_that_nothing_has(host):
    for name in ("nothing0", LONG, "x" * 200):
        assert "does not exist" in host.vifctl("attach", name, "br0", check=1).err
