# SPDX-License-Identifier: GPL-2.0-or-later
"""The guard of a network: a port sends from its own addresses only, from the first frame on."""

import re
import socket

import pytest

import spoofed
from spoofed import IN_NET, IP4, IP6, LINK_LOCAL, MAC, NET, OTHER
from wires import Flood, Wire, learned, passed, without_br_netfilter
from xenstore import FACTOR

PORT = "fe" + MAC[2:]
IPS = f"{IP4},{IP6},{NET}"
ADDRESSES = [f"mac={MAC}", f"ip={IPS}"]
ROUNDS = 50 if FACTOR == 1 else 10  # of four or five joins each
GOOD = spoofed.mark(spoofed.GOOD)
BAD_MAC = spoofed.mark(spoofed.BAD_MAC)
BAD = spoofed.mark(spoofed.all_bad())
RESERVED = spoofed.mark(spoofed.RESERVED)


def network(bed, guard="ip", more=""):
    bed.conf.write_text(f"[network red]\nbridge = br0\nguard = {guard}\n{more}")


def elements(bed):
    """What our table holds for each ifindex: {set: [keys]}; None if there is no table."""
    tables = bed.run(["nft", "-j", "list", "tables"]).json()["nftables"]
    if not any(t.get("table", {}).get("name") == "vifagent" for t in tables):
        return None
    sets = bed.run(["nft", "-j", "list", "table", "bridge", "vifagent"]).json()["nftables"]
    return {s[kind]["name"]: s[kind].get("elem", []) for s in sets for kind in ("set", "map") if kind in s}


@pytest.fixture
def host(bed):
    without_br_netfilter()
    bed.bridge("br0")
    bed.bridge("br1")
    bed.ip("link set br0 type bridge mcast_snooping 0")  # it drops what looks wrong to it
    network(bed)
    return bed


@pytest.fixture
def victim(host):
    """A port that nobody guards; it gets what the bridge floods."""
    tap = host.tap("victim")
    host.ip("link set victim master br0 up")
    return Wire(tap.fd)


def guest(bed, *keys, name="tap0", network="red"):
    tap = bed.tap(name)
    bed.vifctl("attach", name, network, *(keys or ADDRESSES), check=0)
    return Wire(tap.fd)


# ---- what passes

def test_good_frames_pass_and_bad_ones_do_not(host, victim):
    tap = guest(host)
    assert passed(tap, victim, GOOD) == set(GOOD)
    assert passed(tap, victim, BAD | RESERVED) == set()
    assert learned(host) <= {MAC}


def test_without_a_guard_the_bad_ones_pass(host, victim):
    """So the frames arrive at all, and it is the guard that drops them."""
    host.tap("tap0")
    tap = Wire(host._taps[-1].fd)
    host.ip("link set tap0 master br0 up")
    frames = GOOD | BAD
    peers = frames.pop("MAC: MAC of the peer")  # afterwards the bridge thinks that the peer is here
    assert passed(tap, victim, frames) == set(frames)
    assert passed(tap, victim, {"the peer's": peers}) and {OTHER, spoofed.PEER} <= learned(host)


def test_guard_mac_checks_the_mac_alone(host, victim):
    network(host, "mac")
    tap = guest(host, f"mac={MAC}")
    others = {name: f for name, f in BAD.items() if not name.startswith("MAC: ")}
    assert passed(tap, victim, GOOD | others) == set(GOOD | others)
    assert passed(tap, victim, BAD_MAC | RESERVED) == set()
    assert learned(host) <= {MAC}


def test_a_vif_and_its_emulated_tap_share_addresses(host, victim):
    xs = host.xenstored()
    host.daemon()
    nic = host.nic(xs, 1, 0, bridge="red", mac=MAC, ip=f"{IP4} {IP6} {NET}", type="vif_ioemu")
    host.vif("vif1.0", peer="guest0")
    emu = Wire(host.tap("vif1.0-emu").fd)
    host.until(lambda: host.in_place("vif1.0") and host.in_place("vif1.0-emu"))
    del nic
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind(("guest0", 0))
    for wire in (emu, Wire(sock.fileno())):
        assert passed(wire, victim, {n: f for n, f in GOOD.items() if "tagged" not in n}) >= set(GOOD) - {"tagged with VID 0"}
        # What is cut short a packet socket does not send.
        assert passed(wire, victim, {n: f for n, f in BAD.items() if len(f) >= 60}) == set()
    assert learned(host) <= {MAC}


# With 5pt the guest's own VLAN has a tag on its way to the guest, so its frames have one, too.
@pytest.mark.parametrize("vlan", ["10p/5", "5pt"])
def test_a_tagged_vlan_is_checked_inside_the_tag(bed, vlan):
    without_br_netfilter()
    bed.bridge("br0", vlan_filtering=True)
    network(bed)
    tap = guest(bed, *ADDRESSES, f"vlan={vlan}")
    peer = bed.tap("victim")
    bed.vifctl("attach", "victim", "br0", "vlan=10p/5/6", check=0)
    victim = Wire(peer.fd)
    tagged = {
        "its own": spoofed.eth() / spoofed.Dot1Q(vlan=5) / spoofed.ip4() / spoofed.UDP_X,
        "its ARP": spoofed.eth(dst=spoofed.ALL) / spoofed.Dot1Q(vlan=5) / spoofed.ARP(op=2, hwsrc=MAC, psrc=IP4),
        "IPv6": spoofed.eth() / spoofed.Dot1Q(vlan=5) / spoofed.ip6() / spoofed.UDP_X,
    }
    assert passed(tap, victim, spoofed.mark(tagged)) == set(tagged)
    own = {"VLAN: its own address in VLAN 5"}
    assert passed(tap, victim, {n: f for n, f in BAD.items() if n not in own}) == set()
    assert learned(bed) <= {MAC}


def test_several_macs_and_a_link_local_address_of_its_own(host, victim):
    virtual = "00:00:5e:00:01:07"
    tap = guest(host, f"mac={MAC},{virtual}", f"ip={IP4},fe80::7")
    eth, ip4, ip6, udp = spoofed.eth, spoofed.ip4, spoofed.ip6, spoofed.UDP_X
    good = {"first": eth() / ip4() / udp, "second": eth(src=virtual) / ip4() / udp,
            "its link-local address": eth() / ip6("fe80::7") / udp}
    bad = {"what would follow from its MAC": eth() / ip6(LINK_LOCAL) / udp}
    assert passed(tap, victim, spoofed.mark(good | bad)) == set(good)


# ---- what is shown

def test_drops_are_shown_by_reason(host, victim):
    tap = guest(host)
    shown = host.vifctl("show", "tap0", check=0).out
    assert f"    guard   ip, mac {MAC}, ip {IP4},{IP6},{LINK_LOCAL},{NET}\n" in shown
    assert "    dropped nothing\n" in shown
    assert passed(tap, victim, BAD) == set()
    bad = {"MAC": BAD_MAC, **spoofed.BAD}
    wanted = [f"{len(bad[reason])} for its {reason}"
              for reason in ("MAC", "VLAN", "type", "ARP", "IPv4", "IPv6", "ND", "DHCP")]
    assert f"    dropped {', '.join(wanted)}\n" in host.vifctl("show", "tap0", check=0).out
    dropped = host.vifctl("show", "tap0", "--json", check=0).json()[0]["dropped"]
    assert dropped["mac"] == len(BAD_MAC) and dropped["nd"] == len(bad["ND"]) and dropped["sent-too-fast"] == 0


@pytest.mark.here
def test_list_says_when_a_guard_is_missing(host):
    guest(host)
    assert "no guard" not in host.vifctl("list", check=0).out
    host.run(["nft", "delete", "table", "bridge", "vifagent"])
    assert "guard ip" in host.vifctl("plan", "tap0", check=0).out


# ---- what is refused

def refused(bed, *args):
    result = bed.vifctl("attach", "tap0", "red", *args)
    assert result.rc == 1 and bed.link("tap0").master is None and not bed.link("tap0").alias
    assert elements(bed) is None
    return result.err


@pytest.mark.here
@pytest.mark.parametrize("keys, why", [
    ([], "the MAC of this NIC is not known; request it with mac="),
    ([f"ip={IP4}"], "the MAC of this NIC is not known"),
    ([f"mac={MAC}"], "the IP addresses of this NIC are not known; request them with ip="),
    ([f"mac={MAC}", "ip=10.0.0.0/8"], "of IPv4 only single addresses can be given"),
    ([f"mac={MAC},x", f"ip={IP4}"], '"x" is not a MAC address'),
])
def test_without_its_addresses_a_port_is_refused(host, keys, why):
    host.tap("tap0")
    assert why in refused(host, *keys)


@pytest.mark.here
def test_addresses_that_nobody_would_check_are_refused(host):
    host.tap("tap0")
    network(host, "mac")
    assert "does not check IP addresses; set guard = ip" in refused(host, *ADDRESSES)
    network(host, "none")
    assert "does not check IP addresses; set guard = ip" in refused(host, *ADDRESSES)


@pytest.mark.here
def test_when_its_network_gets_a_guard_a_port_without_addresses_goes_down(host):
    network(host, "none")
    daemon = host.daemon()
    host.tap("tap0")
    host.vifctl("attach", "tap0", "red", check=0)
    network(host, "mac")
    daemon.reload()
    host.until(lambda: not host.link("tap0").up)
    assert "the MAC of this NIC is not known" in host.listed("tap0")["reason"]
    host.vifctl("attach", "tap0", "red", f"mac={MAC}", check=0)
    host.until(lambda: host.link("tap0").up)


# ---- how it comes and goes

@pytest.mark.here
def test_detach_removes_all_of_it(host, victim):
    guest(host)
    guest(host, f"mac={OTHER}", "ip=10.0.0.66", name="tap1")
    assert len(elements(host)["ports"]) == 2
    host.vifctl("detach", "tap0", check=0)
    left = elements(host)
    assert len(left["ports"]) == 1 and len(left["macs"]) == 1 and len(left["ip4s"]) == 1 and not left["nets"]
    host.vifctl("detach", "tap1", check=0)
    assert not any(elements(host).values())


@pytest.mark.here
def test_moving_to_a_network_without_guard_removes_it(host, victim):
    tap = guest(host)
    host.vifctl("attach", "tap0", "br0", check=0)
    assert passed(tap, victim, BAD_MAC) == set(BAD_MAC) and not any(elements(host)[s] for s in ("ports", "macs", "ip4s"))


@pytest.mark.here
def test_a_link_that_is_gone_leaves_nothing(host):
    host.daemon()
    guest(host)
    host.until(lambda: elements(host)["ports"])
    host._taps[-1].close()
    host.until(lambda: not any(elements(host).values()))


@pytest.mark.here
def test_what_is_left_of_links_that_went_without_a_daemon_goes_when_one_starts(host):
    guest(host)
    guest(host, f"mac={OTHER}", "ip=10.0.0.66", name="tap1")
    host._taps[0].close()
    host.until(lambda: not host.link("tap0"))
    assert len(elements(host)["ports"]) == 2
    host.daemon()
    host.until(lambda: len(elements(host)["ports"]) == 1)
    assert elements(host)["ports"] == ["tap1"] and len(elements(host)["ip4s"]) == 1


def test_an_address_that_is_taken_away_no_longer_passes(host, victim):
    tap = guest(host)
    own = {"its own": spoofed.eth() / spoofed.ip4() / spoofed.UDP_X}
    new = {"the new one": spoofed.eth() / spoofed.ip4("10.0.0.9") / spoofed.UDP_X}
    assert passed(tap, victim, spoofed.mark(own | new)) == set(own)
    host.vifctl("attach", "tap0", "red", f"mac={MAC}", "ip=10.0.0.9", check=0)
    assert passed(tap, victim, spoofed.mark(own | new)) == set(new)


@pytest.mark.here
def test_an_address_in_xenstore_changes_live(host, victim):
    xs = host.xenstored()
    daemon = host.daemon()
    nic = host.nic(xs, 1, 0, bridge="red", mac=MAC, ip=IP4)
    host.vif("vif1.0", peer="guest0")
    host.until(lambda: host.in_place("vif1.0"))
    nic.set("ip", "10.0.0.9")
    host.until(lambda: "10.0.0.9" in str(elements(host)["ip4s"]))
    assert IP4 not in str(elements(host)["ip4s"])
    nic.set("ip", "no address")
    host.until(lambda: "is not an IP address" in daemon.log())


@pytest.mark.here
def test_the_administrators_own_rules_stay(host, victim):
    host.run(["nft", "add table bridge mine; add chain bridge mine c { type filter hook prerouting priority 0; }; "
              "add rule bridge mine c ip saddr 10.9.9.9 drop"])
    before = host.run(["nft", "list", "table", "bridge", "mine"]).out
    guest(host)
    host.vifctl("detach", "tap0", check=0)
    assert host.run(["nft", "list", "table", "bridge", "mine"]).out == before


@pytest.mark.parametrize("harm", [
    ["flush", "ruleset"],
    pytest.param(["delete", "table", "bridge", "vifagent"], marks=pytest.mark.here),
    pytest.param(["flush", "chain", "bridge", "vifagent", "prerouting"], marks=pytest.mark.here),
    pytest.param(["flush", "table", "bridge", "vifagent"], marks=pytest.mark.here),
    pytest.param(["flush", "set", "bridge", "vifagent", "ports"], marks=pytest.mark.here),
])
def test_what_others_remove_comes_back(host, victim, harm):
    daemon = host.daemon()
    taps = [guest(host, f"mac=02:00:00:00:01:{i:02x}", f"ip=10.0.1.{i + 1}", name=f"tap{i}") for i in range(5)]
    host.until(lambda: len(elements(host)["ports"]) == 5)
    host.run(["nft", *harm])
    host.until(lambda: len((elements(host) or {}).get("ports", [])) == 5)
    host.until(lambda: all(passed(tap, victim, BAD_MAC) == set() for tap in taps), timeout=20)
    if "flush" in harm and "ruleset" in harm:
        assert "all 5 have been restored" in daemon.log()


def replace_rule(bed, chain, text):
    """The last rule of one of our chains becomes another one; their number is the same."""
    rules = bed.run(["nft", "-a", "list", "chain", "bridge", "vifagent", chain]).out
    handle = re.findall(r"# handle (\d+)$", rules, re.M)[-1]
    bed.run(["nft", "replace", "rule", "bridge", "vifagent", chain, "handle", handle, *text])


@pytest.mark.here
@pytest.mark.parametrize("daemon", [True, False])
def test_a_rule_in_the_place_of_one_of_ours_is_replaced(host, victim, daemon):
    """As one is that an older version of ours has put there."""
    tap = guest(host, f"mac={MAC}", f"ip={IP4}")
    if daemon:
        host.daemon()
    replace_rule(host, "bad-mac", ["accept"])
    if not daemon:
        assert "guard ip" in host.vifctl("plan", "tap0", check=0).out
        host.vifctl("apply", check=0)
    host.until(lambda: passed(tap, victim, BAD_MAC) == set(), timeout=20)
    before = host.run(["nft", "list", "table", "bridge", "vifagent"]).out
    host.vifctl("apply", check=0)
    assert host.vifctl("plan", "tap0", check=0).out == "" or "guard" not in host.vifctl("plan", "tap0", check=0).out
    assert host.run(["nft", "list", "table", "bridge", "vifagent"]).out.count("drop") == before.count("drop")


@pytest.mark.here
def test_a_rule_that_others_put_in_front_is_removed_with_the_next_check(host):
    daemon = host.daemon()
    guest(host)
    host.run(["nft", "insert", "rule", "bridge", "vifagent", "prerouting", "accept"])
    daemon.reload()
    host.until(lambda: "accept" not in host.run(["nft", "list", "chain", "bridge", "vifagent", "prerouting"]).out.replace("policy accept", ""))


def test_the_bridge_learns_nothing_of_frames_that_no_filter_sees(host):
    guest(host)
    assert "no_linklocal_learn 1" in host.ip("-d link show br0")
    assert "no_linklocal_learn 0" in host.ip("-d link show br1")
    host.daemon()
    for _ in range(2):
        host.ip("link set br0 type bridge no_linklocal_learn 0")
        host.until(lambda: "no_linklocal_learn 1" in host.ip("-d link show br0"))


def test_a_port_that_is_detached_does_not_get_its_guard_back(host):
    """Not with the others either, when somebody flushes them."""
    daemon = host.daemon()
    guest(host)
    guest(host, "mac=02:00:00:00:00:07", "ip=10.0.0.7", name="tap1")
    host.until(lambda: len(elements(host)["ports"]) == 2)
    daemon.reload()  # it has read them
    host.vifctl("detach", "tap1", check=0)
    host.until(lambda: daemon.status_text.startswith("1 port"))
    host.run(["nft", "flush", "ruleset"])
    host.until(lambda: elements(host) and elements(host)["ports"])
    assert len(elements(host)["ports"]) == 1
    host.vifctl("detach", "tap0", check=0)
    host.until(lambda: daemon.status_text.startswith("0 ports"))
    host.run(["nft", "delete", "table", "bridge", "vifagent"])
    host.never(lambda: elements(host))


def test_an_ordinary_user_is_told_that_he_does_not_see_guards(host):
    guest(host)
    host.run(["nft", "flush", "ruleset"])
    assert host.listed("tap0")["state"] == "to do"
    for verb, rc in ("list", 0), ("plan", 0), ("status", 0), ("apply", 1):
        user = host.run(["setpriv", "--reuid=65534", "--clear-groups", *host.vifctl_argv(verb)], check=None)
        assert user.rc == rc and "only root can query" in user.err, (verb, user)
    host.vifctl("apply", check=0)
    assert "nftables" not in host.vifctl("list", check=0).err


def test_a_port_that_is_detached_and_deleted_at_once_does_not_come_back(host):
    """The daemon hears of both at the same time."""
    daemon = host.daemon()
    guest(host)
    guest(host, "mac=02:00:00:00:00:07", "ip=10.0.0.7", name="tap1")
    host.until(lambda: daemon.status_text.startswith("2 ports"))
    daemon.reload()  # it has read them
    host.until(lambda: host.in_place("tap1", mac="fe:00:00:00:00:07"))
    daemon.stop()
    host.vifctl("detach", "tap1", check=0)
    host.ip("link del tap1")
    daemon.cont()
    host.until(lambda: daemon.status_text.startswith("1 port"))
    host.run(["nft", "flush", "ruleset"])
    host.until(lambda: elements(host) and elements(host)["ports"])
    assert len(elements(host)["ports"]) == 1


def test_a_record_that_another_program_removes_does_not_leave_a_guard_for_ever(host):
    """Its link is nobody's then; the guard goes with the link."""
    daemon = host.daemon()
    guest(host)
    host.until(lambda: daemon.status_text.startswith("1 port"))
    host.ip('link set tap0 alias ""')
    host.until(lambda: daemon.status_text.startswith("0 ports"))
    assert len(elements(host)["ports"]) == 1
    host.ip("link del tap0")
    host.until(lambda: not elements(host)["ports"])


# ---- no window

def test_nothing_passes_while_it_joins_and_joins_again(host, victim):
    """Through everything that moves its port."""
    daemon = host.daemon()
    tap = guest(host)
    bad = [BAD["MAC: MAC"], BAD["IPv4: another's"], BAD["ARP: sender's IP"], RESERVED["to 01:80:c2:00:00:0e"]]
    with Flood(tap, bad, [victim]) as flood:
        for i in range(ROUNDS):
            before = flood.sent
            host.ip("link set tap0 nomaster")
            host.until(lambda: host.in_place("tap0", mac=PORT))
            host.vifctl("attach", "tap0", "red", *ADDRESSES[:1], f"ip={IP4},10.0.0.{i + 10}", check=0)
            host.vifctl("detach", "tap0", check=0)
            host.vifctl("attach", "tap0", "red", *ADDRESSES, check=0)
            if i % 3 == 0:
                daemon.kill()
                host.ip("link set tap0 nomaster")
                daemon.start()
                host.until(lambda: host.in_place("tap0", mac=PORT))
            if i % 3 == 1:
                host.delete("br0")
                host.bridge("br0")
                host.ip("link set victim master br0")
                host.until(lambda: host.in_place("tap0", mac=PORT))
            host.until(lambda: flood.sent > before + 20)
    assert flood.heard == [set()] and learned(host) <= {MAC}
    assert " for its MAC" in host.vifctl("show", "tap0", check=0).out


def test_nothing_passes_while_it_moves_to_another_network(host, victim):
    """A running port goes from one bridge to another, where it has another address."""
    network(host, more="[network blue]\nbridge = br1\nguard = ip\n")
    other = Wire(host.tap("victim1").fd)
    host.ip("link set victim1 master br1 up")
    tap = guest(host)
    frames = [spoofed.mark({"": spoofed.eth() / spoofed.ip4(source) / spoofed.UDP_X})[""]
              for source in (IP4, "10.0.0.9")]
    with Flood(tap, frames, [victim, other]) as flood:
        for _ in range(ROUNDS):
            for name, address in (("blue", "10.0.0.9"), ("red", IP4)):
                before = flood.sent
                host.vifctl("attach", "tap0", name, f"mac={MAC}", f"ip={address}", check=0)
                host.until(lambda: flood.sent > before + 20)
    assert flood.heard == [{frames[0]}, {frames[1]}], "each hears what may be sent there, and nothing else"
