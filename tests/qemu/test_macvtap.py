# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests on macvtaps: vifctl run on networks of every mode.

The external switch is a bridge in a network namespace of its own, at the other end of eth0.  It
may reflect: send what comes in on a port out on it again, as IEEE 802.1Qbg has it (hairpin).
"""

import contextlib
import os

import pytest

import isolation
from frames import Frames
from guest import Guest, none_lost, pings, wait_up
from macvtaps import MAC, NETWORKS, NIC_MAC, device_number, in_order, macvtaps, others_macvtap
from test_ifname import with_two_guests
from test_ways import ip, kill_each, mac, run

SWITCH = ip(1)
SWITCH6 = "fd00::1"


class Switch:
    """What eth0's cable ends in; it has an address, too."""

    def __init__(self, bed, reflects=False):
        self._bed = bed
        self._network = isolation.other_network()
        self._inside = ["nsenter", f"--net=/proc/{os.getpid()}/fd/{self._network}"]
        bed.ip(f"link add eth0 type veth peer name port0 netns /proc/{os.getpid()}/fd/{self._network}")
        bed.ip(f"link set eth0 address {NIC_MAC} up")
        for command in ("link add switch0 type bridge mcast_snooping 0", "link set port0 up master switch0",
                        "link set switch0 up", f"address add {SWITCH}/24 dev switch0",
                        f"address add {SWITCH6}/64 dev switch0 nodad"):
            self.run("ip", *command.split())
        self.reflect(reflects)

    def run(self, *argv, check=0):
        return self._bed.run([*self._inside, *argv], check=check)

    def reflect(self, yes):
        self.run("bridge", "link", "set", "dev", "port0", "hairpin", "on" if yes else "off")

    @contextlib.contextmanager
    def frames(self):
        """What comes in from eth0."""
        with isolation.inside(self._network):
            frames = Frames("port0")
        with frames:
            yield frames

    def ping(self, address):
        """How many of three pings are answered."""
        said = self.run("busybox", "ping", "-q", "-c", "3", "-i", "0.1", "-W", "1", address, check=None)
        return pings(said.out, "received")

    def close(self):
        os.close(self._network)


@pytest.fixture
def switch(bed):
    switch = Switch(bed)
    bed.conf.write_text(NETWORKS)
    yield switch
    switch.close()


def two(bed, network):
    """Two guests, up, on one network."""
    guests = [run(bed, number, network) for number in (2, 3)]
    wait_up(*guests)
    return guests


def ended(bed, but=()):
    """A condition: nothing of ours is left, and the NIC has its own MAC."""
    return lambda: macvtaps(bed) == sorted(but) and bed.link("eth0").mac == NIC_MAC and bed.listed() == {}


# Who reaches whom

@with_two_guests
@pytest.mark.parametrize("network, reflects, talk", [
    ("bridgenet", False, True),
    ("privatenet", False, False),
    ("privatenet", True, False),
    ("vepanet", False, False),
    ("vepanet", True, True),
])
def test_two_guests(bed, switch, network, reflects, talk):
    switch.reflect(reflects)
    bed.daemon()
    a, b = two(bed, network)
    with switch.frames() as frames:
        assert a.ping(ip(3), 5) == (5 if talk else 0) and b.ping(ip(2), 5) == (5 if talk else 0)
        out = [frame for frame in frames.of(mac(2)) + frames.of(mac(3)) if frame[:6] != b"\xff" * 6]
    assert a.ping(SWITCH, 5) == 5 and b.ping(SWITCH, 5) == 5, "everybody reaches the switch"
    assert bool(out) == (network == "vepanet" and reflects), "unicast frames go by the switch only there"
    assert len(macvtaps(bed)) == 2 and all(port["state"] == "ok" for port in bed.listed().values())
    a.kill()
    b.poweroff()
    bed.until(ended(bed))


@with_two_guests
def test_vepa_guests_talk_exactly_while_the_switch_reflects(bed, switch):
    a, b = two(bed, "vepanet")
    for reflects in True, False, True:
        switch.reflect(reflects)
        assert a.ping(ip(3)) == (3 if reflects else 0) and b.ping(ip(2)) == (3 if reflects else 0)
    assert a.ping(SWITCH) == 3
    a.poweroff()
    b.poweroff()


@with_two_guests
def test_a_mode_of_its_own(bed, switch):
    """One guest of a bridge network is private; both modes are allowed there."""
    a, b = run(bed, 2, "anynet"), run(bed, 3, "anynet", "mode=private")
    wait_up(a, b)
    assert a.ping(ip(3)) == 0 and b.ping(ip(2)) == 0
    assert a.ping(SWITCH) == 3 and b.ping(SWITCH) == 3
    a.poweroff()
    c = run(bed, 4, "anynet", "mode=private").wait_up()
    assert b.ping(ip(4)) == 0 and c.ping(ip(3)) == 0
    b.poweroff()
    c.poweroff()


def test_the_host_itself_cannot_talk_to_its_guest(bed, switch):
    """The kernel's rule, of which "vifctl show" tells."""
    bed.ip("address add 10.0.0.9/24 dev eth0")
    guest = run(bed, 2, "bridgenet", "name=web0").wait_up()
    assert guest.ping(ip(9)) == 0 and guest.ping(SWITCH) == 3
    assert switch.ping(ip(9)) == 3 and switch.ping(ip(2)) == 3, "the others talk to both"
    assert "cannot" in bed.vifctl("show", "web0", check=0).out
    guest.poweroff()


# Passthru

@pytest.mark.parametrize("end", [Guest.poweroff, Guest.kill])
def test_passthru_has_the_nic_for_itself_and_gives_it_back(bed, switch, end):
    bed.daemon()
    guest = run(bed, 2, "passnet", "name=web0", ping=SWITCH).wait_up()
    assert guest.macs == [mac(2)] and bed.link("eth0").mac == mac(2)
    assert in_order(bed, "web0", mac=mac(2), mode="passthru")
    assert guest.first_ping and guest.ping(SWITCH, 5) == 5 and switch.ping(ip(2)) == 3
    end(guest)
    bed.until(ended(bed), what="the NIC has its own MAC")


def test_passthru_with_the_nics_own_mac(bed, switch):
    guest = Guest(bed, start=False, ip=f"{ip(2)}/24", ping=SWITCH)
    guest.start([*bed.vifctl_argv("run", "--nic", "passnet", "--"), *guest.argv()])
    guest.wait_up()
    assert guest.macs == [NIC_MAC] and bed.link("eth0").mac == NIC_MAC
    assert guest.first_ping and guest.ping(SWITCH, 5) == 5
    guest.poweroff()


# Queues, MTU, models

def test_four_queues(bed, switch):
    bed.daemon()
    guest = run(bed, 2, "vepanet", "queues=4", extra=["-smp", "4"], ping=SWITCH).wait_up(120)
    assert guest.queues == [4] and guest.first_ping and guest.ping(SWITCH, 5) == 5
    name, = macvtaps(bed)
    opened = [os.stat(fd.path).st_rdev for fd in os.scandir(f"/proc/{guest.pid}/fd")]
    assert opened.count(device_number(name)) == 4
    guest.poweroff()
    bed.until(ended(bed))


@pytest.mark.parametrize("keys", [("model=e1000",), ("vnet-hdr=off",), ("model=e1000", "vnet-hdr=off")], ids=", ".join)
def test_other_models_and_no_headers(bed, switch, keys):
    guest = run(bed, 2, "vepanet", *keys, ping=SWITCH).wait_up()
    assert guest.macs == [mac(2)] and guest.first_ping and guest.ping(SWITCH, 5) == 5
    guest.poweroff()


def test_the_guest_learns_the_mtu(bed, switch):
    guest = run(bed, 2, "vepanet", "mtu=1400", "name=web0", ping=SWITCH).wait_up()
    assert guest.mtus == [1400] and in_order(bed, "web0", mac=mac(2), mtu=1400) and bed.link("eth0").mtu == 1500
    guest.poweroff()


def test_a_macvtap_and_a_tap(bed, switch):
    bed.bridge("br0")
    bed.ip("address add 10.0.1.1/24 dev br0")
    bed.daemon()
    guest = Guest(bed, start=False, ip=f"{ip(2)}/24,10.0.1.2/24")
    guest.start([*bed.vifctl_argv("run", "--nic", f"vepanet,mac={mac(2)}", "--nic", f"red,mac={mac(3)}", "--"),
                 *guest.argv()])
    guest.wait_up()
    assert guest.macs == [mac(2), mac(3)]
    assert guest.ping(SWITCH) == 3 and guest.ping("10.0.1.1") == 3
    guest.poweroff()
    bed.until(ended(bed))


def test_there_before_the_guests_first_frame(bed, switch):
    with switch.frames() as frames:
        guest = run(bed, 2, "vepanet", "name=web0", ping=SWITCH).wait_up()
        assert guest.first_ping and guest.ping(SWITCH, 5) == 5
        bed.until(lambda: len(frames.of(mac(2))) == guest.sent(), what="every frame got to the switch")
    assert bed.link("web0").addresses == []
    guest.poweroff()


def test_up_only_when_somebody_says_so(bed, switch):
    """A guest that comes by migration: its macvtap is down, though QEMU has it."""
    bed.daemon()
    guest = run(bed, 2, "vepanet", "name=web0", "up=no")
    bed.until(lambda: guest.pid, 20)
    bed.daemons[0].reload()
    assert not bed.link("web0").up and switch.ping(ip(2)) == 0
    bed.up("web0")
    guest.wait_up()
    assert guest.ping(SWITCH) == 3
    bed.daemons[0].reload()
    assert in_order(bed, "web0", mac=mac(2)) and guest.ping(SWITCH) == 3
    guest.poweroff()
    bed.until(ended(bed))


# IPv6: a guest's neighbours ask for it by multicast, of which a macvtap hears none by itself

def six(guest, number):
    """Give it an address, to be used at once."""
    status, output = guest.run("echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad &&"
                               f" ip -6 address add fd00::{number}/64 dev eth0")
    assert status == 0, output
    return f"fd00::{number}"


def test_neighbours_find_the_guest_by_ipv6(bed, switch):
    guest = run(bed, 2, "bridgenet", ipv6=True).wait_up()
    address = six(guest, 2)
    assert switch.ping(address) == 3, "it answers who asks for it first"
    switch.run("ip", "-6", "neighbour", "flush", "dev", "switch0")
    assert guest.ping(SWITCH6) == 3
    guest.poweroff()


def test_without_allmulticast_they_do_not(bed, switch):
    """But by chance: the kernel's filter is a hash of 8 bits."""
    guest = run(bed, 2, "quietnet", ipv6=True).wait_up()
    addresses = [six(guest, number) for number in ("2", "a:b", "c:d")]
    assert guest.ping(SWITCH) == 3
    answers = [switch.ping(address) for address in addresses]
    assert 0 in answers
    name, = macvtaps(bed)
    bed.ip(f"link set {name} allmulticast on")
    switch.run("ip", "-6", "neighbour", "flush", "dev", "switch0")
    assert [switch.ping(address) for address in addresses] == [3, 3, 3], "that was the reason"
    guest.poweroff()


# kill -9

@pytest.mark.parametrize("network", ["vepanet", "passnet"])
@pytest.mark.parametrize("order", [["daemon", "QEMU"], ["QEMU", "daemon"], ["QEMU"], ["daemon", "daemon", "QEMU"]],
                         ids=", ".join)
def test_kill_9_in_every_order_leaves_nothing(bed, switch, network, order):
    if network != "passnet":
        others_macvtap(bed, "other0", mac=mac(2))
    others = {name: bed.link(name) for name in macvtaps(bed)}
    daemon = bed.daemon()
    guest = run(bed, 2, network, "name=web0", ping=SWITCH).wait_up()
    bed.until(lambda: "web0: " in daemon.log())
    kill_each(order, daemon, guest, lambda: bed.link("web0").up and guest.ping(SWITCH) == 3)
    bed.until(ended(bed, but=others))
    assert {name: bed.link(name) for name in others} == others


def test_a_guest_does_not_notice_the_daemon(bed, switch):
    """Killed, started, told to read a wrong file and a right one, and many others come and go."""
    daemon = bed.daemon()
    guest = run(bed, 2, "bridgenet", "name=web0").wait_up()
    guest.run(f"ping -i 0.05 {SWITCH} >/ping & pinger=$!")
    for i in range(10):
        daemon.kill()
        bed.vifctl("create", "bridgenet", f"x{i}", check=0)
        daemon.start()
        bed.conf.write_text("[network\n" + NETWORKS)
        daemon.reload()
        bed.conf.write_text(NETWORKS)
        daemon.reload()
        bed.vifctl("delete", f"x{i}", check=0)
    _, output = guest.run("sleep 1; kill -INT $pinger; wait $pinger; cat /ping")
    assert none_lost(output), output
    guest.poweroff()
    bed.until(ended(bed))


@pytest.mark.parametrize("word", ["-daemonize", "--daemonize"])
def test_a_qemu_that_goes_into_the_background_is_refused(bed, switch, word):
    guest = run(bed, 2, "vepanet", extra=[word])
    assert guest.process.wait(20) == 2
    assert "daemonize" in guest.report()[1] and macvtaps(bed) == []
