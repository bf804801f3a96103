# SPDX-License-Identifier: GPL-2.0-or-later
"""Macvtaps as the kernel shows them, a host NIC to have them on, and networks of every mode."""

import glob
import json
import os

NIC_MAC = "00:16:3e:77:00:01"
MAC = "52:54:00:12:34:56"

NETWORKS = """\
[network vepanet]
kind = macvtap
device = eth0

[network bridgenet]
kind = macvtap
mode = bridge
device = eth0

[network privatenet]
kind = macvtap
mode = private
device = eth0

[network anynet]
kind = macvtap
mode = bridge vepa private passthru
device = eth0

[network passnet]
kind = macvtap
mode = passthru
device = eth0

[network quietnet]
kind = macvtap
mode = bridge
device = eth0
allmulticast = no

[network lostnet]
kind = macvtap
device = eth9

[network red]
kind = bridge
bridge = br0
"""

def host_nic(bed, up=True):
    """eth0, a NIC of the host, whose other end is switch0; and the networks on it."""
    bed.vif("eth0", peer="switch0")
    bed.ip(f"link set eth0 address {NIC_MAC}")
    if up:
        bed.up("eth0")
        bed.until(lambda: bed.link("eth0").operstate == "up")
    bed.conf.write_text(NETWORKS)


def details(bed, name):
    """What "ip -d -j link show" says of a link."""
    link, = json.loads(bed.ip(f"-d -j link show {name}"))
    return link


def macvtaps(bed):
    """Names of all macvtaps."""
    links = json.loads(bed.ip("-d -j link show type macvtap"))
    return sorted(link["ifname"] for link in links if link)  # iproute2 prints {} for others


def ours(bed, name):
    return (bed.link(name).alias or "").startswith("vifagent/1 ")


def mode(bed, name):
    return details(bed, name)["linkinfo"]["info_data"]["mode"]


def in_order(bed, name, mac=MAC, mode="vepa", mtu=1500, up=True, allmulticast=True, lower="eth0"):
    """Is this macvtap all that one of ours ought to be?"""
    link = bed.link(name)
    if not link or link.kind != "macvtap":
        return False
    data = details(bed, name)
    return ((link.mac, link.mtu, link.up, link.addrgen) == (mac or link.mac, mtu, up, "none")
            and ours(bed, name) and link.addresses == []
            and data["link"] == lower and data["linkinfo"]["info_data"]["mode"] == mode
            and ("ALLMULTI" in data["flags"]) == allmulticast)


def others_macvtap(bed, name, mode="bridge", mac=None, lower="eth0", up=False):
    """One that is nobody's business of ours; returns how it is."""
    address = f"address {mac}" if mac else ""
    bed.ip(f"link add link {lower} name {name} {address} type macvtap mode {mode}")
    if up:
        bed.up(name)
    return bed.link(name)


def device_number(name, sys="/sys"):
    """Of a macvtap's character device, as sysfs has it."""
    path, = glob.glob(f"{sys}/class/net/{name}/tap*/dev")
    with open(path, encoding="ascii") as file:
        return os.makedev(*map(int, file.read().split(":")))


def node(bed, name):
    """Where udev and people look for it."""
    return f"/dev/tap{bed.link(name).ifindex}"


def next_ifindex(bed):
    """The kernel counts them up, in each network namespace for itself."""
    bed.tap("probe").close()
    last = bed.tap("probe")
    ifindex = bed.link("probe").ifindex
    last.close()
    return ifindex + 1


# Programs that are given one

def run_argv(bed, *spec, program):
    return bed.vifctl_argv("run", "--nic", ",".join(spec), "--", *program)


def start(bed, *spec, program):
    """In the background, and no longer than this process lives."""
    return bed.background(["setpriv", "--pdeathsig", "KILL", "--", *run_argv(bed, *spec, program=program)])


def say_and_sleep(words="{name} {fd} {mac} {mtu}"):
    return ["sh", "-c", f"echo {words}; exec sleep 1000"]


class Program:
    """One that vifctl run becomes, and that sleeps: its macvtap's name, its fd, …"""

    def __init__(self, bed, *spec):
        self.running = start(bed, *spec, program=say_and_sleep())
        bed.until(lambda: "\n" in self.running.output() or self.running.poll() is not None, 30)
        if self.running.poll() is not None:
            self.running.wait(check=0)
        self.name, self.fd, self.mac, self.mtu = self.running.output().split()
        self.pid = self.running.pid

    def device(self):
        """The device number of what it has open."""
        return os.stat(f"/proc/{self.pid}/fd/{self.fd}").st_rdev

    def kill(self):
        self.running.process.kill()
        self.running.process.wait()
