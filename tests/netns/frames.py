# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames that a guest sends by its tap, and those that it gets."""

import os
import select
import struct

BROADCAST = b"\xff" * 6
ETHERTYPE = 0x88B5  # IEEE 802: for local experiments
DOT1Q = 0x8100


def frame(payload, vlan=None, src=b"\x52\x54\x00\x00\x00\x01", dst=BROADCAST):
    tag = struct.pack("!HH", DOT1Q, vlan) if vlan is not None else b""
    return dst + src + tag + struct.pack("!H", ETHERTYPE) + payload.ljust(46, b"\0")


def send(tap, payload, vlan=None, **kwargs):
    os.write(tap.fd, frame(payload, vlan, **kwargs))


def parse(data):
    """(VLAN or None, payload) of one of our frames; None of any other."""
    vlan = None
    kind, = struct.unpack_from("!H", data, 12)
    body = data[14:]
    if kind == DOT1Q:
        tci, kind = struct.unpack_from("!HH", data, 14)
        vlan, body = tci & 0xFFF, data[18:]
    return (vlan, body.rstrip(b"\0")) if kind == ETHERTYPE else None


def received(tap, seconds=0.0):
    """Our frames that have come, and that come within so many seconds after the last one."""
    got = []
    while select.select([tap.fd], [], [], seconds)[0]:
        if one := parse(os.read(tap.fd, 65536)):
            got.append(one)
    return got
