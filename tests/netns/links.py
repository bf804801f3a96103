# SPDX-License-Identifier: GPL-2.0-or-later
"""Links as the kernel shows them and tells of them, and taps as QEMU holds them."""

import contextlib
import fcntl
import os
import socket
import struct
from dataclasses import dataclass

from pyroute2.netlink.rtnl import RTMGRP_LINK

# linux/if_tun.h
TUNSETIFF = 0x400454CA
TUNSETPERSIST = 0x400454CB
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000

# linux/if.h
IFF_UP = 1
IFF_RUNNING = 1 << 6
IFF_LOWER_UP = 1 << 16

# linux/netlink.h, linux/rtnetlink.h, linux/if_link.h
NLMSG_DONE = 3
NLM_F_DUMP_REQUEST = 0x301
NLA_TYPE_MASK = 0x3FFF
RTM_NEWLINK = 16
RTM_DELLINK = 17
RTM_GETLINK = 18
IFLA_ADDRESS = 1
IFLA_IFNAME = 3
IFLA_MTU = 4
IFLA_MASTER = 10
IFLA_PROTINFO = 12
IFLA_OPERSTATE = 16
IFLA_IFALIAS = 20
IFLA_CARRIER = 33
IFLA_BRPORT_STATE = 1

ADDRGEN = {0: "eui64", 1: "none", 2: "stable-privacy", 3: "random"}


def _nested(message, name):
    return dict(message.get_attr(name, {"attrs": []})["attrs"])


def _port_options(info):
    if info.get("IFLA_INFO_SLAVE_KIND") != "bridge":
        return {}
    return {name.removeprefix("IFLA_BRPORT_").lower(): value
            for name, value in info["IFLA_INFO_SLAVE_DATA"]["attrs"] if isinstance(value, int)}


@dataclass
class Link:
    """A link as the kernel shows it now."""

    name: str
    ifindex: int
    kind: str | None  # "bridge", "veth", "tun", ...; None for what has no kind, as netback's
    mac: str
    mtu: int
    up: bool  # the admin's flag
    operstate: str
    master: str | None
    alias: str | None
    altnames: list[str]
    addrgen: str  # IPv6 address generation: "eui64", "none", "stable-privacy", "random"
    addresses: list[str]  # "10.0.0.1/24", "fe80::1/64"
    port: dict[str, int]  # the bridge port's options, e.g. port["isolated"]; {} if it is none

    @classmethod
    def of(cls, message, addresses):
        """From pyroute2's messages."""
        info = _nested(message, "IFLA_LINKINFO")
        ipv6 = _nested(message, "IFLA_AF_SPEC").get("AF_INET6", {"attrs": []})
        master = message.get_attr("IFLA_MASTER")
        return cls(
            name=message.get_attr("IFLA_IFNAME"),
            ifindex=message["index"],
            kind=info.get("IFLA_INFO_KIND"),
            mac=message.get_attr("IFLA_ADDRESS"),
            mtu=message.get_attr("IFLA_MTU"),
            up=bool(message["flags"] & IFF_UP),
            operstate=message.get_attr("IFLA_OPERSTATE").lower(),
            master=master and socket.if_indextoname(master),
            alias=message.get_attr("IFLA_IFALIAS"),
            altnames=[name for _, name in message.get_attr("IFLA_PROP_LIST", {"attrs": []})["attrs"]],
            addrgen=ADDRGEN.get(dict(ipv6["attrs"]).get("IFLA_INET6_ADDR_GEN_MODE"), "?"),
            addresses=[f"{a.get_attr('IFA_ADDRESS')}/{a['prefixlen']}" for a in addresses],
            port=_port_options(info),
        )


class Tap:
    """A tap, held open as QEMU does, or persistent.  Not persistent, it goes with close()."""

    def __init__(self, name, hold, persistent):
        assert hold or persistent, "a tap which nobody holds must be persistent"
        self.name = name
        self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
        if persistent:
            fcntl.ioctl(self.fd, TUNSETPERSIST, 1)
        if not hold:
            self.close()

    def close(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


def _attributes(data):
    while data:
        length, kind = struct.unpack_from("=HH", data)
        yield kind & NLA_TYPE_MASK, data[4:length]
        data = data[(length + 3) & ~3:]


class LinkNotifications(list):
    """(event, name) of the link notifications that come until finish().

    Events are "new" (any change) and "del", and for a bridge's view of its port
    "bridge new" and "bridge del".  A carrier that comes or goes does not count: the
    kernel tells of it up to a second later; of a port's state perhaps when the dump
    that we begin with has it already.  The kernel is silent about an alias, among
    others, while the link is down.
    """

    def __init__(self):
        super().__init__()
        self._known = {}  # (family, ifindex): what _note() saw last
        self._sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self._sock.bind((0, RTMGRP_LINK))
        for family in socket.AF_UNSPEC, socket.AF_BRIDGE:
            self._dump(family)
        self._sock.setblocking(False)
        self.clear()

    def _dump(self, family):
        self._sock.send(struct.pack("=IHHIIB15x", 32, RTM_GETLINK, NLM_F_DUMP_REQUEST, 1, 0, family))
        while self._read():
            pass

    def finish(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self._read()
        self._sock.close()

    def _read(self):
        """Take a packet; returns False when it ends a dump."""
        data = self._sock.recv(1 << 20)
        while data:
            length, kind = struct.unpack_from("=IH", data)
            if kind == NLMSG_DONE:
                return False
            if kind in (RTM_NEWLINK, RTM_DELLINK):
                self._note(kind == RTM_DELLINK, data[16:length])
            data = data[(length + 3) & ~3:]
        return True

    def _note(self, deleted, body):
        family, ifindex, flags = struct.unpack_from("=B3xiI", body)
        attrs = dict(_attributes(body[16:]))
        port = dict(_attributes(attrs.get(IFLA_PROTINFO, b"")))
        carrier = (flags & (IFF_RUNNING | IFF_LOWER_UP), attrs.get(IFLA_OPERSTATE),
                   attrs.get(IFLA_CARRIER), port.get(IFLA_BRPORT_STATE))
        rest = (deleted, flags & IFF_UP, *map(attrs.get, (
            IFLA_IFNAME, IFLA_ADDRESS, IFLA_MTU, IFLA_MASTER, IFLA_IFALIAS)))
        old_carrier, old_rest = self._known.get((family, ifindex), (None, None))
        self._known[family, ifindex] = carrier, rest
        if rest != old_rest or (carrier == old_carrier and family != socket.AF_BRIDGE):
            bridge = "bridge " if family == socket.AF_BRIDGE else ""
            name = attrs[IFLA_IFNAME].rstrip(b"\0").decode()
            self.append((bridge + ("del" if deleted else "new"), name))
