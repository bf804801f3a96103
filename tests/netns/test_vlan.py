# SPDX-License-Identifier: GPL-2.0-or-later
"""The VLANs of a port: on a bridge that keeps them apart, and where none can be kept apart.

A kernel without CONFIG_BRIDGE_VLAN_FILTERING runs the second part only; tests/xen/run -s none
runs all of it on Debian's kernel.
"""

import threading

import pytest

from bed import BUILD, WRAPPER
from frames import received, send
from xenstore import FACTOR

ACCESS = {"PVID", "Egress Untagged"}
UNTAGGED = {"Egress Untagged"}
HEARD = 0.3 * FACTOR  # seconds: who has not heard it by then does not hear it


@pytest.fixture
def host(bed):
    bed.bridge("br0", vlan_filtering=True)
    bed.bridge("br1", vlan_filtering=True)
    return bed


@pytest.fixture
def kept(host):
    """With the daemon."""
    host.daemon()
    return host


def attach(bed, name, vlan, bridge="br0"):
    bed.vifctl("attach", name, bridge, f"vlan={vlan}", check=0)


def guest(bed, name, vlan, bridge="br0"):
    """A tap in a VLAN, as its guest holds it."""
    tap = bed.tap(name)
    attach(bed, name, vlan, bridge)
    received(tap)
    return tap


# ---- where VLANs are kept apart

@pytest.mark.parametrize("vlan, wanted", [
    ("10", {10: ACCESS}),
    ("10p", {10: ACCESS}),
    ("10p/20", {10: ACCESS, 20: set()}),
    ("10p/20u", {10: ACCESS, 20: UNTAGGED}),
    ("1p/10", {1: ACCESS, 10: set()}),
    ("2-4/10p", {2: set(), 3: set(), 4: set(), 10: ACCESS}),
    ("10p/100+10x2", {10: ACCESS, 100: set(), 110: set(), 120: set()}),
    ("10t/20", {10: set(), 20: set()}),
    ("10pt", {10: {"PVID"}}),
    ("1p/2-4094", {1: ACCESS} | {vid: set() for vid in range(2, 4095)}),
    ("1p/3+2x2045", {1: ACCESS} | {vid: set() for vid in range(3, 4094, 2)}),
])
def test_a_port_is_in_the_vlans_that_are_requested_and_no_others(host, vlan, wanted):
    host.tap("tap0")
    attach(host, "tap0", vlan)
    assert host.vlans("tap0") == wanted and host.in_place("tap0")
    assert host.listed("tap0")["wish"]["vlan"] == vlan
    attach(host, "tap0", "7")
    assert host.vlans("tap0") == {7: ACCESS}


def test_without_a_request_they_are_left_alone(kept):
    kept.tap("tap0")
    kept.vifctl("attach", "tap0", "br0", check=0)
    kept.run(["bridge", "vlan", "add", "dev", "tap0", "vid", "30"])
    kept.daemons[0].reload()
    kept.never(lambda: kept.vlans("tap0") != {1: ACCESS, 30: set()})


def test_guests_hear_only_their_own_vlan(host):
    guests = {name: guest(host, name, vlan)
              for name, vlan in [("a10", "10"), ("b10", "10"), ("c20", "20"), ("d", "10p/20")]}
    send(guests["a10"], b"from a")
    assert received(guests["b10"], HEARD) == [(None, b"from a")]
    assert received(guests["d"]) == [(None, b"from a")] and received(guests["c20"]) == []
    send(guests["c20"], b"from c")
    assert received(guests["d"], HEARD) == [(20, b"from c")]
    assert received(guests["a10"]) == received(guests["b10"]) == []
    send(guests["d"], b"tagged", vlan=20)
    assert received(guests["c20"], HEARD) == [(None, b"tagged")]
    send(guests["c20"], b"not theirs", vlan=10)
    assert received(guests["a10"], HEARD) == []


def test_others_take_a_vlan_away_or_add_one(kept):
    kept.tap("tap0")
    attach(kept, "tap0", "10p/20")
    wanted = {10: ACCESS, 20: set()}
    for change in (["del", "vid", "20"], ["add", "vid", "30"], ["add", "vid", "20", "untagged"],
                   ["add", "vid", "20", "pvid"], ["del", "vid", "10"], ["add", "vid", "1", "pvid", "untagged"]):
        kept.run(["bridge", "vlan", change[0], "dev", "tap0", *change[1:]])
        kept.until(lambda: kept.vlans("tap0") == wanted)
    assert "tap0: corrected" in kept.daemons[0].log() and kept.in_place("tap0")


def test_vlans_that_stay_lose_no_frame_while_others_change(kept):
    """A frame every millisecond, and thirty changes meanwhile."""
    sender, hearer = guest(kept, "tap0", "10p/20"), guest(kept, "tap1", "20")
    over = threading.Event()
    sent = 0

    def flood():
        nonlocal sent
        while not over.wait(0.001):
            send(sender, b"%d" % sent, vlan=20)
            sent += 1

    thread = threading.Thread(target=flood)
    thread.start()
    heard = []
    for i in range(30):
        attach(kept, "tap0", ["30p/20", "10p/20/21", "20/40-50/60p", "10p/20"][i % 4])
        heard += received(hearer)
    over.set()
    thread.join()
    heard += received(hearer, HEARD)
    assert [int(text) for _, text in heard] == list(range(sent)) and sent > 30


class Flood:
    """A guest that sends untagged frames all the time."""

    def __init__(self, tap):
        self.over, self.sent = threading.Event(), 0
        self.tap = tap
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        while not self.over.wait(0.0002):
            try:
                send(self.tap, b"flood")
                self.sent += 1
            except OSError:  # it is down
                pass

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def test_it_is_never_heard_in_another_vlan(kept):
    """Taken off its bridge, moved, its VLANs changed, the daemon killed: who is in VLAN 1 hears nothing."""
    tap, listeners = guest(kept, "tap0", "10"), [kept.tap("spy0"), kept.tap("spy1")]
    for listener, bridge in zip(listeners, ["br0", "br1"]):
        kept.ip(f"link set {listener.name} master {bridge} up")
        received(listener)
    ten = guest(kept, "tap10", "10")
    with Flood(tap) as flood:
        for i in range(10):
            kept.ip("link set tap0 nomaster")
            kept.until(lambda: kept.in_place("tap0") and kept.vlans("tap0") == {10: ACCESS})
            attach(kept, "tap0", "20p/30", "br1")
            attach(kept, "tap0", "10", "br0")
            if i % 3 == 0:
                kept.daemons[0].kill()
                kept.ip("link set tap0 nomaster")
                kept.daemons[0].start()
                kept.until(lambda: kept.in_place("tap0"))
        before = flood.sent
        kept.until(lambda: flood.sent > before + 10)
    assert received(ten, HEARD), "it lived"
    assert [received(listener, HEARD) for listener in listeners] == [[], []]


def test_filtering_switched_off_sets_it_down(kept):
    kept.tap("tap0")
    attach(kept, "tap0", "10")
    kept.tap("plain0")
    kept.vifctl("attach", "plain0", "br0", check=0)
    kept.ip("link set br0 type bridge vlan_filtering 0")
    kept.until(lambda: not kept.link("tap0").up)
    port = kept.listed("tap0")
    assert port["state"] == "refused" and "vlan_filtering 1" in port["reason"]
    assert kept.in_place("plain0")
    kept.daemons[0].reload()
    kept.never(lambda: kept.link("tap0").up)
    kept.ip("link set br0 type bridge vlan_filtering 1")
    kept.until(lambda: kept.in_place("tap0"))
    assert kept.vlans("tap0") == {10: ACCESS}


def test_detached_it_is_in_the_vlans_that_it_was_in(host):
    host.tap("tap0")
    host.ip("link set tap0 master br0 up")
    host.run(["bridge", "vlan", "add", "dev", "tap0", "vid", "30"])
    before = host.vlans("tap0")
    attach(host, "tap0", "10")
    attach(host, "tap0", "20")
    host.vifctl("detach", "tap0", check=0)
    assert host.vlans("tap0") == before and host.link("tap0").up


def test_the_network_says_it_and_a_request_goes_first(host):
    host.conf.write_text("[network red]\nbridge = br0\nvlan = 10p/20\n")
    host.tap("tap0")
    host.vifctl("attach", "tap0", "red", check=0)
    assert host.vlans("tap0") == {10: ACCESS, 20: set()}
    attach(host, "tap0", "30", "red")
    assert host.vlans("tap0") == {30: ACCESS}


def test_xenstore_says_it_for_both_links_of_a_nic(host):
    nic = host.nic(host.xenstored(), 5, 0, vlan="10p/20", type="vif_ioemu")
    nic.netback_ready()
    host.vif("vif5.0")
    host.tap("vif5.0-emu")
    host.daemon()
    host.script("online", "vif", nic, check=0)
    host.script("add", "tap", nic, check=0)
    for name in "vif5.0", "vif5.0-emu":
        assert host.vlans(name) == {10: ACCESS, 20: set()} and host.in_place(name)
    assert nic.status() == "connected"
    nic.set("vlan", "30")
    for name in "vif5.0", "vif5.0-emu":
        host.until(lambda n=name: host.vlans(n) == {30: ACCESS})
    nic.set("vlan", "30p/31p")
    host.until(lambda: host.listed("vif5.0")["state"] == "refused")
    assert host.vlans("vif5.0") == {30: ACCESS}, "nothing is changed"


def test_a_udev_rule_says_it(host):
    host.udevd(rules={"70-local.rules": 'SUBSYSTEM=="net", KERNEL=="tap*", ENV{VIF_NETWORK}="br0", '
                                        'ENV{VIF_VLAN}="10"\n'})
    host.daemon()
    host.tap("tap0")
    host.until(lambda: host.in_place("tap0"))
    assert host.vlans("tap0") == {10: ACCESS}


def test_vifctl_run_and_create(host):
    name = host.vifctl("create", "br0", "vlan=10", check=0).out.strip()
    assert host.vlans(name) == {10: ACCESS}
    done = host.vifctl("run", "--nic", "br0,vlan=10p/20", "--", "sh", "-c",
                       "bridge vlan show dev {name}; : {fd}", check=0)
    assert "10 PVID Egress Untagged" in done.out and "20" in done.out


def test_show_and_plan_say_it(host):
    host.tap("tap0")
    attach(host, "tap0", "10p/20")
    shown = host.vifctl("show", "tap0", check=0).out
    assert "vlan 10p/20 by hand\n" in shown and "\n    vlan    10p/20\n" in shown
    host.run(["bridge", "vlan", "del", "dev", "tap0", "vid", "20"])
    assert "1. vlan 10p/20\n" in host.vifctl("plan", "tap0", check=0).out


# ---- where they are not

@pytest.fixture(params=["alone", "with the daemon"])
def plain(bed, request):
    """A bridge that does not filter VLANs, or a kernel that cannot."""
    bed.bridge("br0")
    bed.conf.write_text("[network red]\nbridge = br0\nvlan = 10\ntaps = red*\n"
                        "[network direct]\nkind = macvtap\ndevice = eth0\n[xen]\nscript-wait = 1\n")
    if request.param != "alone":
        bed.daemon()
    return bed


def is_refused(result):
    assert result.rc == 1 and "vlan=10 (requested by " in result.out + result.err, vars(result)


@pytest.mark.parametrize("args", [["br0", "vlan=10"], ["red"]])
def test_attach_refuses_it(plain, args):
    plain.tap("tap0")
    before = plain.link("tap0")
    is_refused(plain.vifctl("attach", "tap0", *args))
    assert plain.link("tap0") == before


@pytest.mark.parametrize("args", [["create", "br0", "vlan=10"], ["create", "red"],
                                  ["run", "--nic", "red", "--", "true", "{fd}"]])
def test_create_and_run_refuse_it(plain, args):
    is_refused(plain.vifctl(*args))
    assert plain.links() == ["br0"]


def test_qemu_s_script_refuses_it(plain):
    plain.tap("red0")
    before = plain.link("red0")
    script = plain.dir / "vif-ifup"
    script.symlink_to(BUILD / "vifctl")
    is_refused(plain.run([*WRAPPER, script, "red0"], None, env={"VIFAGENT_CONF": plain.conf}))
    assert plain.link("red0") == before


@pytest.mark.parametrize("where", ["vlan", "bridge"])
def test_xen_s_script_refuses_it(plain, where):
    keys = {"vlan": "10"} if where == "vlan" else {"bridge": "red"}
    nic = plain.nic(plain.xenstored(), 5, 0, **keys)
    nic.netback_ready()
    plain.vif("vif5.0")
    before = plain.link("vif5.0")
    is_refused(plain.script("online", "vif", nic))
    assert plain.link("vif5.0") == before and nic.status() == "error"


@pytest.mark.parametrize("vlan, why", [("10/20", "PVID"), ("x" * 100, "write VLANs"), ("0", "1 to 4094")])
def test_a_bad_value_says_what_is_wrong(plain, vlan, why):
    nic = plain.nic(plain.xenstored(), 5, 0, vlan=vlan)
    nic.netback_ready()
    plain.vif("vif5.0")
    before = plain.link("vif5.0")
    out = plain.script("online", "vif", nic, check=1).out
    assert "vlan=" in out and why in out and plain.link("vif5.0") == before
    plain.tap("tap0")
    assert why in plain.vifctl("attach", "tap0", "br0", f"vlan={vlan}", check=1).err


def test_a_bad_value_of_xenstore_counts_also_by_hand(plain):
    """Attached without VLANs it would reach whom it must not."""
    nic = plain.nic(plain.xenstored(), 5, 0, vlan="10/20")
    nic.netback_ready()
    plain.vif("vif5.0")
    assert "vlan=" in plain.vifctl("attach", "vif5.0", "br0", check=1).err
    assert plain.link("vif5.0").master is None


def test_a_udev_rule_is_refused(bed):
    bed.bridge("br0")
    bed.udevd(rules={"70-local.rules": 'SUBSYSTEM=="net", KERNEL=="tap*", ENV{VIF_NETWORK}="br0", '
                                       'ENV{VIF_VLAN}="10"\n'})
    daemon = bed.daemon()
    bed.tap("tap0")
    before = bed.link("tap0")
    bed.until(lambda: "tap0: vlan=10 (requested by udev): " in daemon.log())
    assert bed.link("tap0").master is None and bed.link("tap0").alias == before.alias


def test_a_macvtap_has_none(plain):
    plain.vif("eth0", peer="switch0")
    plain.up("eth0")
    is_refused(plain.vifctl("create", "direct", "vlan=10"))
    assert sorted(plain.links()) == ["br0", "eth0", "switch0"]


def test_a_port_whose_new_request_cannot_be_fulfilled_goes_down(plain):
    """It would reach everybody."""
    plain.tap("tap0")
    plain.vifctl("attach", "tap0", "br0", check=0)
    if plain.daemons:
        plain.conf.write_text("[network br0]\nvlan = 10\n")
        plain.daemons[0].reload()
        plain.until(lambda: not plain.link("tap0").up)
    else:
        is_refused(plain.vifctl("attach", "tap0", "br0", "vlan=10"))
        assert not plain.link("tap0").up
