# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames that a guest may send, and frames that it may not.

The guest is MAC with the addresses IP4, IP6, LINK_LOCAL and the prefix NET.  Everything that a
guard = ip port must not send is in BAD, with the reason that its drop is counted under; what a
guard = mac port must not send is what has BAD_MAC there.
"""

import logging
import struct

logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.all import (  # noqa: E402
    AH, ARP, BOOTP, DHCP, IP, UDP, Dot1AD, Dot1Q, Ether, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, ICMPv6MLReport, ICMPv6MLReport2, ICMPv6MLQuery,
    ICMPv6MLDone, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_RS, ICMPv6ND_Redirect,
    ICMPv6NDOptDstLLAddr, ICMPv6NDOptMTU, ICMPv6NDOptSrcLLAddr, LLC, SNAP, Raw, TCP, RouterAlert,
    mac2str)

MAC = "02:00:00:00:00:01"
IP4 = "10.0.0.1"
IP6 = "2001:db8::1"
LINK_LOCAL = "fe80::ff:fe00:1"
NET = "2001:db8:7::/64"
IN_NET = "2001:db8:7::42"

OTHER = "02:00:00:00:00:66"
PEER = "02:00:00:00:00:02"
ALL = "ff:ff:ff:ff:ff:ff"
OTHER4 = "10.0.0.66"
OTHER6 = "2001:db8::66"


def eth(src=MAC, dst=PEER, **kwargs):
    return Ether(src=src, dst=dst, **kwargs)


def ip4(src=IP4, dst="10.0.0.2", **kwargs):
    return IP(src=src, dst=dst, **kwargs)


def ip6(src=IP6, dst="2001:db8::2", **kwargs):
    return IPv6(src=src, dst=dst, **kwargs)


def nd(src=LINK_LOCAL, dst="fe80::2", **kwargs):
    return IPv6(src=src, dst=dst, **{"hlim": 255, **kwargs})


UDP_X = UDP(sport=5, dport=6) / b"x"
DISCOVER = BOOTP(chaddr=mac2str(MAC)) / DHCP(options=[("message-type", "discover"), "end"])
STOLEN = BOOTP(chaddr=mac2str(OTHER)) / DHCP(options=[("message-type", "discover"), "end"])
OFFER = BOOTP(op=2) / DHCP(options=[("message-type", "offer"), "end"])


def nonce():
    return Raw(struct.pack("!BB6s", 14, 1, b"abcdef"))


GOOD = {
    "IPv4": eth() / ip4() / UDP_X,
    "IPv4 broadcast": eth(dst=ALL) / ip4(dst="255.255.255.255") / UDP_X,
    "IPv4 TCP": eth() / ip4() / TCP(sport=1, dport=2),
    "IPv4 to multicast": eth(dst="01:00:5e:00:00:fb") / ip4(dst="224.0.0.251") / UDP_X,
    "IPv4 first fragment": eth() / ip4(flags="MF") / UDP(sport=5, dport=6) / (b"y" * 32),
    "IPv4 second fragment": eth() / ip4(frag=10, proto=17) / (b"y" * 40),
    "IPv4 with options": eth() / ip4(options=[b"\x94\x04\x00\x00"]) / UDP_X,
    "IPv4 to another's address": eth() / ip4(dst=OTHER4) / UDP_X,
    "ARP request": eth(dst=ALL) / ARP(op=1, hwsrc=MAC, psrc=IP4, pdst="10.0.0.2"),
    "ARP reply": eth() / ARP(op=2, hwsrc=MAC, psrc=IP4, hwdst=PEER, pdst="10.0.0.2"),
    "ARP probe": eth(dst=ALL) / ARP(op=1, hwsrc=MAC, psrc="0.0.0.0", pdst=IP4),
    "ARP announcement": eth(dst=ALL) / ARP(op=1, hwsrc=MAC, psrc=IP4, pdst=IP4),
    "RARP of QEMU's": eth(dst=ALL, type=0x8035) / ARP(op=3, hwsrc=MAC, hwdst=MAC, psrc="0.0.0.0", pdst="0.0.0.0"),
    "DHCP discover": eth(dst=ALL) / ip4("0.0.0.0", "255.255.255.255") / UDP(sport=68, dport=67) / DISCOVER,
    "DHCP renewal": eth() / ip4() / UDP(sport=68, dport=67) / DISCOVER,
    "DHCP reply to another relay": eth() / ip4() / UDP(sport=68, dport=68) / b"x",
    "IPv6 link-local": eth() / ip6(LINK_LOCAL, "fe80::2") / UDP_X,
    "IPv6": eth() / ip6() / UDP_X,
    "IPv6 TCP": eth() / ip6() / TCP(sport=1, dport=2),
    "IPv6 in its prefix": eth() / ip6(IN_NET) / UDP_X,
    "IPv6 with a hop-by-hop header": eth() / ip6() / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / UDP_X,
    "IPv6 with destination options": eth() / ip6() / IPv6ExtHdrDestOpt() / UDP_X,
    "IPv6 first fragment": eth() / ip6() / IPv6ExtHdrFragment(offset=0, m=1) / UDP(sport=5, dport=6) / (b"y" * 24),
    "IPv6 second fragment": eth() / ip6() / IPv6ExtHdrFragment(offset=4, m=0, nh=17) / (b"y" * 24),
    "DHCPv6 solicit": eth(dst="33:33:00:01:00:02") / ip6(LINK_LOCAL, "ff02::1:2") / UDP(sport=546, dport=547) / b"\1abc",
    "NA": eth() / nd() / ICMPv6ND_NA(tgt=IP6) / ICMPv6NDOptDstLLAddr(lladdr=MAC),
    "NA of an address in its prefix": eth() / nd(IN_NET) / ICMPv6ND_NA(tgt=IN_NET) / ICMPv6NDOptDstLLAddr(lladdr=MAC),
    "NA without option": eth() / nd() / ICMPv6ND_NA(tgt=IP6),
    "NS": eth(dst="33:33:ff:00:00:02") / nd(dst="ff02::1:ff00:2") / ICMPv6ND_NS(tgt="fe80::2") / ICMPv6NDOptSrcLLAddr(lladdr=MAC),
    "NS from its prefix": eth() / nd(IN_NET) / ICMPv6ND_NS(tgt="fe80::2") / ICMPv6NDOptSrcLLAddr(lladdr=MAC),
    "NS for reachability": eth() / nd() / ICMPv6ND_NS(tgt="fe80::2"),
    "DAD": eth(dst="33:33:ff:00:00:01") / nd("::", "ff02::1:ff00:1") / ICMPv6ND_NS(tgt=LINK_LOCAL),
    "DAD with a nonce": eth(dst="33:33:ff:00:00:01") / nd("::", "ff02::1:ff00:1") / ICMPv6ND_NS(tgt=IP6) / nonce(),
    "DAD in its prefix": eth(dst="33:33:ff:00:00:42") / nd("::", "ff02::1:ff00:42") / ICMPv6ND_NS(tgt=IN_NET),
    "RS": eth(dst="33:33:00:00:00:02") / nd(dst="ff02::2") / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr=MAC),
    "RS without option": eth(dst="33:33:00:00:00:02") / nd(dst="ff02::2") / ICMPv6ND_RS(),
    "RS from ::": eth(dst="33:33:00:00:00:02") / nd("::", "ff02::2") / ICMPv6ND_RS(),
    "MLDv2 report from ::": eth(dst="33:33:00:00:00:16") / ip6("::", "ff02::16", hlim=1) / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / ICMPv6MLReport2(),
    "MLDv1 report from ::": eth(dst="33:33:ff:00:00:01") / ip6("::", "ff02::1:ff00:1", hlim=1) / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / ICMPv6MLReport(mladdr="ff02::1:ff00:1"),
    "MLDv2 report": eth(dst="33:33:00:00:00:16") / ip6(LINK_LOCAL, "ff02::16", hlim=1) / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / ICMPv6MLReport2(),
    "tagged with VID 0": eth() / Dot1Q(vlan=0, prio=5) / ip4() / UDP_X,
}

# To addresses that a bridge keeps to itself: no port gets them, and nobody must learn from them.
RESERVED = {f"to 01:80:c2:00:00:{n:02x}": eth(src=OTHER, dst=f"01:80:c2:00:00:{n:02x}", type=0x88B5) / (b"z" * 46)
            for n in range(16)}

BAD_MAC = {
    "MAC": eth(src=OTHER) / ip4() / UDP_X,
    "MAC of the port itself": eth(src="fe:00:00:00:00:01") / ip4() / UDP_X,
    "MAC, unknown type": eth(src=OTHER, type=0x88B5) / (b"z" * 46),
    "MAC, IPv6": eth(src=OTHER) / ip6() / UDP_X,
    "MAC, ARP": eth(src=OTHER, dst=ALL) / ARP(op=1, hwsrc=MAC, psrc=IP4, pdst="10.0.0.2"),
    "MAC, RARP": eth(src=OTHER, dst=ALL, type=0x8035) / ARP(op=3, hwsrc=OTHER, hwdst=OTHER, psrc="0.0.0.0", pdst="0.0.0.0"),
    "MAC, SNAP": eth(src=OTHER, type=40) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=0x800) / (b"z" * 32),
    "MAC, tag with VID 0": eth(src=OTHER) / Dot1Q(vlan=0) / ip4() / UDP_X,
    "MAC, too short for IPv4": eth(src=OTHER, type=0x800) / b"E",
    "MAC of the peer": eth(src=PEER, dst=ALL) / ip4() / UDP_X,
}

BAD = {
    "VLAN": {
        "its own address in VLAN 5": eth() / Dot1Q(vlan=5) / ip4() / UDP_X,
        "IPv4 in VLAN 5": eth() / Dot1Q(vlan=5) / ip4(OTHER4) / UDP_X,
        "ARP in VLAN 5": eth(dst=ALL) / Dot1Q(vlan=5) / ARP(op=2, hwsrc=MAC, psrc=OTHER4),
        "802.1ad": eth() / Dot1AD(vlan=5) / ip4() / UDP_X,
        "802.1ad, VID 0": eth() / Dot1AD(vlan=0) / ip4() / UDP_X,
        "two tags": eth() / Dot1Q(vlan=5) / Dot1Q(vlan=6) / ip4() / UDP_X,
    },
    "type": {
        "unknown type": eth(type=0x88B5) / (b"z" * 46),
        "two tags, the first with VID 0": eth() / Dot1Q(vlan=0) / Dot1Q(vlan=6) / ip4() / UDP_X,
        "LLDP": eth(type=0x88CC) / (b"z" * 46),
        "SNAP with IPv4 of another": eth(type=40) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=0x800) / ip4(OTHER4),
        "802.3": eth(type=40) / LLC(dsap=0x42, ssap=0x42, ctrl=3) / (b"z" * 37),
        "PPPoE discovery": eth(dst=ALL, type=0x8863) / (b"z" * 46),
        "MPLS": eth(type=0x8847) / (b"z" * 46),
        "no type at all": eth(type=0) / (b"z" * 46),
    },
    "ARP": {
        "sender's MAC": eth(dst=ALL) / ARP(op=1, hwsrc=OTHER, psrc=IP4, pdst="10.0.0.2"),
        "sender's IP": eth(dst=ALL) / ARP(op=2, hwsrc=MAC, psrc=OTHER4, pdst="10.0.0.2"),
        "announcement of another's": eth(dst=ALL) / ARP(op=1, hwsrc=MAC, psrc=OTHER4, pdst=OTHER4),
        "reply from 0.0.0.0": eth(dst=ALL) / ARP(op=2, hwsrc=MAC, psrc="0.0.0.0", pdst=IP4),
        "probe with another's MAC": eth(dst=ALL) / ARP(op=1, hwsrc=OTHER, psrc="0.0.0.0", pdst=IP4),
        "not Ethernet": eth(dst=ALL) / ARP(hwtype=6, op=1, hwsrc=MAC, psrc=IP4, pdst="10.0.0.2"),
        "not IPv4": eth(dst=ALL, type=0x806) / bytes(ARP(op=1, hwsrc=MAC, psrc=IP4, pdst="10.0.0.2")).replace(b"\x08\x00\x06\x04", b"\x08\x06\x06\x04", 1),
        "other lengths": eth(dst=ALL, type=0x806) / bytes(ARP(op=1, hwsrc=MAC, psrc=IP4, pdst="10.0.0.2")).replace(b"\x08\x00\x06\x04", b"\x08\x00\x08\x04", 1),
        "too short": eth(dst=ALL, type=0x806) / bytes(ARP(op=1, hwsrc=MAC, psrc=IP4))[:12],
        "RARP for another": eth(dst=ALL, type=0x8035) / ARP(op=3, hwsrc=OTHER, hwdst=OTHER, psrc="0.0.0.0", pdst="0.0.0.0"),
        "RARP reply": eth(dst=ALL, type=0x8035) / ARP(op=4, hwsrc=MAC, hwdst=MAC, psrc="0.0.0.0", pdst="0.0.0.0"),
        "RARP with an address": eth(dst=ALL, type=0x8035) / ARP(op=3, hwsrc=MAC, hwdst=MAC, psrc=OTHER4, pdst="0.0.0.0"),
    },
    "IPv4": {
        "another's": eth() / ip4(OTHER4) / UDP_X,
        "another's, tag with VID 0": eth() / Dot1Q(vlan=0) / ip4(OTHER4) / UDP_X,
        "another's, second fragment": eth() / ip4(OTHER4, frag=10, proto=17) / (b"y" * 40),
        "another's, with options": eth() / ip4(OTHER4, options=[b"\x94\x04\x00\x00"]) / UDP_X,
        "another's, TCP": eth() / ip4(OTHER4) / TCP(sport=1, dport=2),
        "0.0.0.0 to a host": eth() / ip4("0.0.0.0") / UDP_X,
        "0.0.0.0 and DHCP to a host": eth() / ip4("0.0.0.0") / UDP(sport=68, dport=67) / DISCOVER,
        "broadcast": eth() / ip4("255.255.255.255") / UDP_X,
        "multicast": eth() / ip4("224.0.0.1") / UDP_X,
        "loopback": eth() / ip4("127.0.0.1") / UDP_X,
        "too short": eth(type=0x800) / bytes(ip4() / UDP_X)[:12],
        "empty": eth(type=0x800),
    },
    "DHCP": {
        "offer": eth() / ip4() / UDP(sport=67, dport=68) / OFFER,
        "offer to all": eth(dst=ALL) / ip4(dst="255.255.255.255") / UDP(sport=67, dport=68) / OFFER,
        "offer with IP options": eth() / ip4(options=[b"\x94\x04\x00\x00"]) / UDP(sport=67, dport=68) / OFFER,
        "offer, first fragment": eth() / ip4(flags="MF") / UDP(sport=67, dport=68) / (b"y" * 32),
        "offer to another port": eth() / ip4() / UDP(sport=67, dport=1067) / OFFER,
        "discover for another": eth(dst=ALL) / ip4("0.0.0.0", "255.255.255.255") / UDP(sport=68, dport=67) / STOLEN,
        "renewal for another": eth() / ip4() / UDP(sport=68, dport=67) / STOLEN,
        "too short": eth(dst=ALL) / ip4("0.0.0.0", "255.255.255.255") / UDP(sport=68, dport=67) / b"x",
        "DHCPv6 advertise": eth() / ip6(LINK_LOCAL, "fe80::2") / UDP(sport=547, dport=546) / b"\2abc",
        "DHCPv6 behind options": eth() / ip6(LINK_LOCAL, "fe80::2") / IPv6ExtHdrDestOpt() / UDP(sport=547, dport=546) / b"\2abc",
    },
    "IPv6": {
        "another's link-local": eth() / ip6("fe80::66", "fe80::2") / UDP_X,
        "another's": eth() / ip6(OTHER6) / UDP_X,
        "another prefix": eth() / ip6("2001:db8:8::42") / UDP_X,
        "another's behind options": eth() / ip6(OTHER6) / IPv6ExtHdrHopByHop() / UDP_X,
        "another's, second fragment": eth() / ip6(OTHER6) / IPv6ExtHdrFragment(offset=4, m=0, nh=17) / (b"y" * 24),
        "::": eth() / ip6("::") / UDP_X,
        "multicast": eth() / ip6("ff02::1") / UDP_X,
        "loopback": eth() / ip6("::1") / UDP_X,
        "IPv4-mapped": eth() / ip6("::ffff:10.0.0.66") / UDP_X,
        "MLD query from ::": eth(dst="33:33:00:00:00:01") / ip6("::", "ff02::1", hlim=1) / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / ICMPv6MLQuery(),
        "MLD report of another": eth(dst="33:33:00:00:00:16") / ip6("fe80::66", "ff02::16", hlim=1) / ICMPv6MLReport2(),
        "options hidden in a fragment": eth() / ip6() / IPv6ExtHdrFragment(offset=0, m=1, nh=60) / IPv6ExtHdrDestOpt() / (b"y" * 8),
        "hop-by-hop hidden in a fragment": eth() / ip6() / IPv6ExtHdrFragment(offset=0, m=1, nh=0) / IPv6ExtHdrHopByHop() / (b"y" * 8),
        "routing header hidden in a fragment": eth() / ip6() / IPv6ExtHdrFragment(offset=0, m=1, nh=43) / IPv6ExtHdrRouting() / (b"y" * 8),
        "AH hidden in a fragment": eth() / ip6() / IPv6ExtHdrFragment(offset=0, m=1, nh=51) / AH() / (b"y" * 8),
        "a fragment in a fragment": eth() / ip6() / IPv6ExtHdrFragment(offset=0, m=1, nh=44) / IPv6ExtHdrFragment() / (b"y" * 8),
        "too short": eth(type=0x86DD) / bytes(ip6() / UDP_X)[:20],
    },
    "ND": {
        "NA of another's address": eth() / nd() / ICMPv6ND_NA(tgt=OTHER6) / ICMPv6NDOptDstLLAddr(lladdr=MAC),
        "NA with another's MAC": eth() / nd() / ICMPv6ND_NA(tgt=IP6) / ICMPv6NDOptDstLLAddr(lladdr=OTHER),
        "NA with two options": eth() / nd() / ICMPv6ND_NA(tgt=IP6) / ICMPv6NDOptDstLLAddr(lladdr=MAC) / ICMPv6NDOptDstLLAddr(lladdr=OTHER),
        "NA with another option first": eth() / nd() / ICMPv6ND_NA(tgt=IP6) / ICMPv6NDOptMTU() / ICMPv6NDOptDstLLAddr(lladdr=OTHER),
        "NA from another": eth() / nd("fe80::66") / ICMPv6ND_NA(tgt=IP6),
        "NA from ::": eth() / nd("::") / ICMPv6ND_NA(tgt=IP6),
        "NA behind options": eth() / nd() / IPv6ExtHdrDestOpt() / ICMPv6ND_NA(tgt=OTHER6),
        "NA behind hop-by-hop": eth() / nd() / IPv6ExtHdrHopByHop() / ICMPv6ND_NA(tgt=OTHER6),
        "NA in a fragment": eth() / nd() / IPv6ExtHdrFragment(offset=0, m=1) / ICMPv6ND_NA(tgt=IP6),
        "NA, hop limit 64": eth() / nd(hlim=64) / ICMPv6ND_NA(tgt=IP6),
        "NS with another's MAC": eth() / nd() / ICMPv6ND_NS(tgt="fe80::2") / ICMPv6NDOptSrcLLAddr(lladdr=OTHER),
        "NS from another": eth() / nd("fe80::66") / ICMPv6ND_NS(tgt="fe80::2"),
        "DAD for another's address": eth(dst="33:33:ff:00:00:66") / nd("::", "ff02::1:ff00:66") / ICMPv6ND_NS(tgt=OTHER6),
        "RS with another's MAC": eth(dst="33:33:00:00:00:02") / nd(dst="ff02::2") / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr=OTHER),
        "RA": eth(dst="33:33:00:00:00:01") / nd(dst="ff02::1") / ICMPv6ND_RA(),
        "RA in an atomic fragment": eth(dst="33:33:00:00:00:01") / nd(dst="ff02::1") / IPv6ExtHdrFragment(offset=0, m=0) / ICMPv6ND_RA(),
        "RA behind options": eth(dst="33:33:00:00:00:01") / nd(dst="ff02::1") / IPv6ExtHdrDestOpt() / ICMPv6ND_RA(),
        "RA, tag with VID 0": eth(dst="33:33:00:00:00:01") / Dot1Q(vlan=0) / nd(dst="ff02::1") / ICMPv6ND_RA(),
        "redirect": eth() / nd() / ICMPv6ND_Redirect(tgt=OTHER6, dst="2001:db8::9"),
    },
}


def mark(frames):
    """Each frame as bytes, by name.  Long enough for Ethernet, unless it is cut on purpose."""
    return {name: bytes(f) if "short" in name or name == "empty" else bytes(f).ljust(60, b"\0")
            for name, f in frames.items()}


def all_bad():
    return {f"{reason}: {name}": f for reason, frames in {"MAC": BAD_MAC, **BAD}.items()
            for name, f in frames.items()}
