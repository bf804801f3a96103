# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl create and delete: persistent taps for who opens them by name."""

import json
import os
import pwd

import pytest

from links import Tap
from test_hand import refused

MAC, PORT_OF_MAC = "52:54:00:12:34:56", "fe:54:00:12:34:56"


@pytest.fixture(params=["alone", "with the daemon"])
def host(bed, request):
    bed.bridge("br0")
    if request.param != "alone":
        bed.daemon()
    return bed


def tap_data(bed, name):
    """What the kernel says of a tap: type, vnet_hdr, multi_queue, numqueues, user, group, …"""
    link, = json.loads(bed.ip(f"-d -j link show {name}"))
    return link["linkinfo"]["info_data"]


def owner(name):
    with open(f"/sys/class/net/{name}/owner") as owner, open(f"/sys/class/net/{name}/group") as group:
        return int(owner.read()), int(group.read())


def test_create_says_the_name(host):
    result = host.vifctl("create", "br0", check=0)
    name = result.out.strip()
    assert result.err == "" and host.in_place(name)
    assert name == f"vtap{host.link(name).ifindex}"
    assert host.listed(name)["state"] == "ok"
    data = tap_data(host, name)
    assert data["type"] == "tap" and data["persist"] and not data["multi_queue"]
    assert owner(name) == (0, -1), "never everybody's"


def test_names_are_not_used_again_at_once(host):
    names = []
    for _ in range(5):
        names.append(host.vifctl("create", "br0", check=0).out.strip())
        host.vifctl("delete", names[-1], check=0)
    assert len(set(names)) == 5


def test_create_with_all_keys(host):
    host.vifctl("create", "br0", "web0", f"mac={MAC}", "mtu=1400", "queues=4", "owner=nobody",
                "group=4242", check=0)
    assert host.in_place("web0", mac=PORT_OF_MAC)
    assert (host.link("web0").mtu, host.link("br0").mtu) == (1400, 1500)
    assert owner("web0") == (pwd.getpwnam("nobody").pw_uid, 4242)
    data = tap_data(host, "web0")
    assert data["multi_queue"] and data["numqueues"] == 0, "no queue that nobody reads"
    assert host.link("web0").addresses == []


def test_a_group_alone_is_enough(host):
    host.vifctl("create", "br0", "web0", "group=4242", check=0)
    assert owner("web0") == (-1, 4242)


def test_create_in_json(host):
    port = host.vifctl("create", "br0", "--json", check=0).json()
    assert port["state"] == "ok" and port["link"]["name"] == port["port"]


def test_the_bridge_keeps_its_mac_and_mtu(bed):
    bed.bridge("br0", mtu=9000)
    before = bed.link("br0")
    bed.vifctl("create", "br0", "web0", "mtu=1400", check=0)
    bed.vifctl("create", "br0", "web1", check=0)
    assert bed.link("web1").mtu == 9000
    for name in "web0", "web1":
        bed.vifctl("delete", name, check=0)
    after = bed.link("br0")
    assert (after.mac, after.mtu) == (before.mac, before.mtu)


@pytest.mark.parametrize("args, words", [
    (["nobr"], "bridge nobr does not exist"),
    (["br0", "a/b"], "not valid as a link's name"),
    (["br0", "a234567890123456"], "too long"),
    (["br0", "taken"], "name taken is already used by another link"),
    (["br0", "br0"], "name br0 is already used by another link"),
    (["br0", "owner=no-such-user"], "user does not exist"),
    (["br0", "group=no-such-group"], "group does not exist"),
    (["br0", "owner=-1"], "user does not exist"),
    (["br0", "owner=4294967295"], "user does not exist"),
    (["br0", "queues=0"], "from 1 to 64"),
    (["br0", "queues=65"], "from 1 to 64"),
    (["br0", "mac=01:00:5e:00:00:01"], "multicast"),
    (["br0", "mac=x"], "is not a MAC address"),
    (["br0", "mtu=1"], "is not an MTU"),
    (["br0", "vnet-hdr=maybe"], "must be on or off"),
])
def test_what_is_refused_leaves_nothing(host, args, words):
    host.tap("taken")
    assert words in refused(host, "create", *args)


@pytest.mark.parametrize("args", [["create"], ["create", "br0", "web0", "x=1"], ["create", "br0", "web0", "web1"],
                                  ["create", "br0", "web0", "name=web1"],
                                  ["delete"], ["delete", "x", "y"]])
def test_wrong_usage(bed, args):
    assert bed.vifctl(*args, check=2).err.count("\n") == 1


def test_who_may_not_says_so(bed):
    bed.bridge("br0")
    result = bed.run(["setpriv", "--reuid=65534", "--clear-groups", *bed.vifctl_argv("create", "br0")], check=1)
    assert "needs root or CAP_NET_ADMIN" in result.err
    assert bed.links() == ["br0"]


def test_two_at_once_of_one_name(bed):
    bed.bridge("br0")
    running = [bed.background(bed.vifctl_argv("create", "br0", "web0")) for _ in range(8)]
    results = [each.wait() for each in running]
    assert {result.rc for result in results} <= {0, 1} and any(result.rc == 0 for result in results)
    assert all(result.out == "web0\n" for result in results if result.rc == 0)
    assert all("name web0 is already used by another link" in result.err for result in results if result.rc)
    assert bed.in_place("web0") and sorted(bed.links()) == ["br0", "web0"]


def test_the_daemon_keeps_it_and_others_open_it(bed):
    bed.bridge("br0")
    bed.daemon()
    bed.vifctl("create", "br0", "web0", check=0)
    bed.ip("link set web0 nomaster")
    bed.until(lambda: bed.in_place("web0"))
    tap = Tap("web0", True, False)
    bed.until(lambda: bed.link("web0").operstate == "up")
    tap.close()
    bed.until(lambda: bed.link("web0").operstate == "down")
    assert bed.in_place("web0")


# Delete

def test_delete(host):
    host.vifctl("create", "br0", "web0", check=0)
    result = host.vifctl("delete", "web0", check=0)
    assert (result.out, result.err) == ("", "")
    assert host.links() == ["br0"] and host.listed() == {}


def test_only_what_we_made_is_deleted(host):
    host.tap("tap0", hold=False, persistent=True)
    assert "was not created by vifagent" in refused(host, "delete", "tap0")
    host.vifctl("attach", "tap0", "br0", check=0)
    assert "was not created by vifagent" in refused(host, "delete", "tap0")
    assert "was not created by vifagent" in refused(host, "delete", "br0")
    assert "does not exist" in host.vifctl("delete", "nothing", check=0).err


def test_what_is_in_use_is_deleted_only_by_force(host):
    host.vifctl("create", "br0", "web0", check=0)
    tap = Tap("web0", True, False)
    host.until(lambda: host.link("web0").operstate == "up")
    assert "is in use" in refused(host, "delete", "web0")
    host.vifctl("delete", "web0", "force", check=0)
    assert host.links() == ["br0"]
    tap.close()


def test_it_cannot_be_detached(host):
    host.vifctl("create", "br0", "web0", check=0)
    assert "vifctl delete web0" in refused(host, "detach", "web0")


@pytest.mark.parametrize("when", range(1, 12))
def test_killed_on_the_way(bed, when):
    """Whatever it was at: there is a tap in order, or none, or one that the daemon finishes."""
    bed.bridge("br0")
    argv = ["strace", "-f", "-o", bed.dir / "trace", "-e", "trace=sendto,sendmsg,ioctl",
            "-e", f"inject=sendto,sendmsg,ioctl:signal=KILL:when={when}",
            *bed.vifctl_argv("create", "br0", "web0")]
    bed.run(argv, check=None, env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert set(bed.links()) <= {"br0", "web0"}
    assert not bed.link("web0") or bed.in_place("web0")
    assert not bed.link("web0") or owner("web0") == (os.getuid(), -1)
