# SPDX-License-Identifier: GPL-2.0-or-later
"""Whose NIC is it, and what becomes of keys that vifagent does not carry out."""

import pytest

SERVE_ALL = "[xen]\nserve = all\nscript-wait = 1\n"
SCRIPTS = "/etc/xen/scripts/"


def script_file(bed, name):
    path = bed.dir / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def host(bed, backend=0, config=SERVE_ALL):
    bed.xenstored(domid=backend)
    bed.bridge("br0")
    return bed.daemon(config=config)


def new_nic(bed, backend=0, **keys):
    nic = bed.nic(bed.xs, 5, 0, backend=backend, **keys)
    nic.netback_ready()
    bed.vif("vif5.0")
    return nic


def all_ports(bed):
    return {port["port"]: port for port in bed.vifctl("list", "--all", "--json", check=0).json()}


def is_untouched(bed, nic, before, status):
    return bed.link("vif5.0") == before and nic.status() == status


@pytest.mark.parametrize("backend", [0, 3])
@pytest.mark.parametrize("status", ["", "connected"])
@pytest.mark.parametrize("name", ["vif-route", "vif-route-qubes", "vif-nat", "vif-openvswitch", "colo-proxy-setup"])
def test_a_nic_without_a_bridge_is_never_ours(bed, name, status, backend):
    """With serve = all, whatever its status."""
    daemon = host(bed, backend)
    nic = new_nic(bed, backend, script=SCRIPTS + name, hotplug_status=status)
    before = bed.link("vif5.0")
    daemon.reload()
    bed.until(lambda: "vif5.0" in all_ports(bed))
    assert is_untouched(bed, nic, before, status)
    port = all_ports(bed)["vif5.0"]
    assert port["state"] == "not ours" and name in port["reason"]
    assert bed.vifctl("list", "--json", check=0).json() == []


def test_in_dom0_another_script_comes_first(bed):
    """libxl runs it, and it looks for the link under the name that netback gave it."""
    daemon = host(bed)
    nic = new_nic(bed, script=script_file(bed, "vif-bridge"), vifname="web0")
    before = bed.link("vif5.0")
    daemon.reload()
    assert is_untouched(bed, nic, before, "")
    assert "still setting it up" in all_ports(bed)["vif5.0"]["reason"]
    nic.set("hotplug-status", "connected")
    bed.until(lambda: bed.in_place("web0"))
    assert nic.status() == "connected"


@pytest.mark.parametrize("script", [SCRIPTS + "no-such-script", "/bin/true"])
def test_a_script_that_does_nothing_is_not_waited_for(bed, script):
    host(bed)
    new_nic(bed, script=script)
    bed.until(lambda: bed.in_place("vif5.0"))


def test_in_a_driver_domain_libxl_runs_no_script(bed):
    host(bed, backend=3)
    nic = new_nic(bed, 3, script=script_file(bed, "vif-bridge"))
    bed.until(lambda: bed.in_place("vif5.0") and nic.status() == "connected")


@pytest.mark.parametrize("config", [SERVE_ALL, ""])
@pytest.mark.parametrize("script", [SCRIPTS + "vif-agent bridge=br0", "vif-agent type_if=a/b"])
def test_a_script_with_arguments_is_refused_in_words(bed, script, config):
    daemon = host(bed, config=config)
    nic = new_nic(bed, script=script)
    before = bed.link("vif5.0")
    bed.until(lambda: "vif5.0: its script key is" in daemon.log())
    assert is_untouched(bed, nic, before, "")
    port, = bed.vifctl("list", "--json", check=0).json()
    assert port["state"] == "refused" and "without arguments" in port["reason"]


@pytest.mark.parametrize("config", ["", SERVE_ALL])
def test_keys_that_are_not_carried_out_are_said(bed, config):
    daemon = host(bed, config=config)
    nic = new_nic(bed, ip="192.0.2.1 192.0.2.2", gatewaydev="eth0", rate="1,2")
    bed.script("online", "vif", nic, check=0)
    bed.until(lambda: "ignored keys: " in daemon.log())
    assert "192.0.2.1" not in daemon.log()
    shown = bed.vifctl("show", "5.0", check=0).out
    line, = [line for line in shown.splitlines() if "ignored keys" in line]
    assert "ip" in line and "gatewaydev" in line and "rate" not in line


# Three causes, three sentences

def test_the_script_says_that_there_is_no_tap(bed):
    host(bed)
    nic = new_nic(bed)
    assert bed.script("add", "tap", nic, check=1).out.endswith("vif5.0-emu: its tap does not exist; QEMU has not created it\n")


def test_the_script_says_that_the_nic_was_detached(bed):
    host(bed)
    nic = new_nic(bed)
    nic.remove()
    for action in [("online", "vif"), ("add", "tap")]:
        assert "this NIC is not in xenstore" in bed.script(*action, nic, check=1).out


def test_the_script_says_that_the_domain_is_gone(bed):
    host(bed)
    nic = new_nic(bed)
    bed.xs.release(5)
    out = bed.script("online", "vif", nic, check=1).out
    assert "the domain of this NIC does not exist" in out
