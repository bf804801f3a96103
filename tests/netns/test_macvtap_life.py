# SPDX-License-Identifier: GPL-2.0-or-later
"""The life of our macvtaps: they are kept in order, and go when their process has died.

Those of others are nobody's business of ours, whatever they are called and whichever MAC they have.
"""

import os
import re
import signal

import pytest

from macvtaps import (MAC, NIC_MAC, Program, details, host_nic, in_order, macvtaps, mode, ours, others_macvtap,
                      run_argv, start)
from test_hand import refused

OTHERS_MAC = "52:54:00:00:00:99"


@pytest.fixture
def host(bed):
    host_nic(bed)
    return bed


def gone(bed, but=()):
    bed.until(lambda: macvtaps(bed) == sorted(but), what="ours are gone")


# The end of the process

@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("network", ["vepanet", "passnet"])
def test_it_goes_when_the_program_ends(host, network, how):
    daemon = host.daemon()
    program = Program(host, network, "name=web0", f"mac={MAC}")
    host.until(lambda: "web0: " in daemon.log())
    host.never(lambda: not host.link("web0"), seconds=0.2)
    program.running.process.send_signal(how)
    gone(host)
    assert host.link("eth0").mac == NIC_MAC and host.listed() == {}


@pytest.mark.parametrize("order", [["daemon", "program"], ["program", "daemon"], ["both"], ["daemon", "daemon", "program"]],
                         ids=", ".join)
@pytest.mark.parametrize("network", ["bridgenet", "passnet"])
def test_kill_9_in_every_order_leaves_nothing(host, network, order):
    foreign = others_macvtap(host, "other0", mac=MAC) if network != "passnet" else None
    if foreign:
        others_macvtap(host, "other1", mac=OTHERS_MAC, up=True)
    others = {name: host.link(name) for name in macvtaps(host)}
    daemon = host.daemon()
    program = Program(host, network, "name=web0", f"mac={MAC}")
    host.until(lambda: "web0: " in daemon.log())
    for victim in order:
        if victim in ("program", "both"):
            if victim == "both":
                daemon.stop()
            program.kill()
            if victim == "both":
                daemon.kill()
        else:
            daemon.kill_again(lambda: in_order(host, "web0", mode=mode(host, "web0")))
    if not daemon.running():
        daemon.start()
    gone(host, but=others)
    assert {name: host.link(name) for name in others} == others
    assert host.link("eth0").mac == NIC_MAC and host.listed() == {}


def test_after_many_other_events(host):
    """Links come and go while the daemon is away, some of them under the ifindex's neighbours."""
    daemon = host.daemon()
    dies, lives = Program(host, "bridgenet", "name=web0"), Program(host, "bridgenet", "name=web1")
    stays = host.vifctl("create", "bridgenet", "web2", check=0).out.strip()
    daemon.kill()
    foreign = others_macvtap(host, "other0", mac=dies.mac)
    for i in range(50):
        host.tap(f"tap{i}").close()
        others_macvtap(host, f"x{i}", mode="private")
        host.delete(f"x{i}")
    dies.kill()
    host.ip("link set web1 name moved1")
    daemon.start()
    gone(host, but=["other0", "web1", stays])
    assert in_order(host, "web1", mac=lives.mac, mode="bridge") and lives.running.poll() is None
    assert in_order(host, stays, mac=None, mode="bridge")
    assert host.link("other0") == foreign


def test_it_stays_while_the_daemon_is_restarted(host):
    daemon = host.daemon()
    program = Program(host, "vepanet", "name=web0", f"mac={MAC}")
    for _ in range(3):
        before = host.snapshot()
        daemon.restart()
        assert host.listed("web0")["state"] == "ok" and host.snapshot() == before
    program.kill()
    gone(host)


def test_another_process_of_the_same_number_is_not_it(host):
    for name in "web0", "web1":
        host.vifctl("create", "bridgenet", name, check=0)
    alias = host.link("web0").alias
    host.ip(f"link set web0 alias '{alias} process={os.getpid()}.1'")
    host.daemon()
    gone(host, but=["web1"])


def test_a_zombie_is_dead(host):
    """Its parent has not asked for it."""
    host.daemon()
    program = Program(host, "vepanet")
    os.kill(program.pid, signal.SIGKILL)
    gone(host)
    assert program.running.process.returncode is None


def test_others_macvtaps_are_left_alone(host):
    """The same MAC, the same device, our way of naming."""
    daemon = host.daemon()
    program = Program(host, "bridgenet", f"mac={MAC}")
    others_macvtap(host, "other0", mac=MAC)
    others_macvtap(host, "macvtap777", mac=OTHERS_MAC, up=True)
    others_macvtap(host, "vifnew7")
    host.ip("link set other0 alias \"somebody else's\"")
    others = ["macvtap777", "other0", "vifnew7"]
    before = {name: host.link(name) for name in others}
    daemon.reload()
    program.kill()
    gone(host, but=others)
    daemon.restart()
    assert {name: host.link(name) for name in others} == before
    assert host.listed() == {}


def test_a_foreign_record_that_is_broken_is_left_alone(host):
    others_macvtap(host, "other0")
    host.ip("link set other0 alias 'vifagent/1 made=1 net=bridgenet process=1'")
    before = host.link("other0")
    daemon = host.daemon()
    daemon.reload()
    assert host.link("other0") == before


def test_a_hundred_programs_end_at_once(host):
    host.daemon()
    others_macvtap(host, "other0", up=True)
    running = [start(host, "bridgenet", program=["sh", "-c", "echo {fd}; exec sleep 1000"])
               for _ in range(100)]
    host.until(lambda: all("\n" in each.output() for each in running), timeout=60)
    assert len(macvtaps(host)) == 101
    for each in running:
        each.process.kill()
    host.until(lambda: macvtaps(host) == ["other0"], timeout=60)
    host.until(lambda: host.listed() == {})
    assert details(host, "other0")["group"] == "default"


def test_a_thousand_dead_ones_are_found_at_the_start(host):
    """All at once, and nobody else's, also of a group that somebody uses."""
    others_macvtap(host, "other0", mac=OTHERS_MAC)
    host.vifctl("create", "bridgenet", "web0", check=0)
    alias = host.link("web0").alias
    host.vifctl("delete", "web0", check=0)
    batch = host.dir / "batch"
    batch.write_text("".join(
        f"link add link eth0 name dead{i} type macvtap mode bridge\n"
        f"link set dead{i} addrgenmode none alias '{re.sub('name=web0', f'name=dead{i}', alias)} process={os.getpid()}.1'\n"
        for i in range(1000)))
    host.run(["ip", "-batch", batch], timeout=120)
    host.ip("link set other0 group 77")
    before = host.link("other0")
    host.daemon(wait=False)
    host.until(lambda: len(host.links()) == 3, timeout=60, what="eth0, switch0 and other0 are left")
    assert host.link("other0") == before and details(host, "other0")["group"] == "77"


# Killed before it is the program

EFFECTS = {"sendto", "sendmsg", "ioctl", "openat", "open", "mknod", "mknodat", "unlink", "unlinkat", "chown", "fchown",
           "fchownat", "chmod", "fchmod", "fchmodat", "fcntl", "dup", "dup2", "dup3", "execve", "write", "unshare",
           "mount", "pidfd_open", "close", "exit_group"}


def calls(bed, argv, check=0):
    """(name, how manieth of that name) of the system calls with an effect, from the first netlink socket to the end,
    or to the program."""
    trace = bed.dir / "trace"
    bed.run(["strace", "-o", trace, *argv], check=check, env={"ASAN_OPTIONS": "detect_leaks=0"})
    seen, counted, netlink = {}, [], False
    for line in trace.read_text().splitlines():
        name = re.match(r"\w*", line)[0]
        seen[name] = seen.get(name, 0) + 1
        netlink = netlink or "AF_NETLINK" in line
        if netlink and name in EFFECTS:
            counted.append((name, seen[name]))
        if name == "execve" and seen[name] > 1:
            break
    assert len(counted) > 5, "it does something"
    return counted


def killed_at(bed, call, argv):
    name, when = call
    bed.run(["strace", "-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={when}", *argv],
            check=None, env={"ASAN_OPTIONS": "detect_leaks=0"})


PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("network", ["bridgenet", "passnet"])
def test_run_is_killed_on_the_way(host, network, part):
    """Whatever it was at: what is there has a record, and goes."""
    if network != "passnet":
        others_macvtap(host, "other0", mac=MAC)
    others = {name: host.link(name) for name in macvtaps(host)}
    argv = run_argv(host, network, f"mac={MAC}", program=["true", "{fd}"])
    todo = calls(host, argv)
    daemon = host.daemon()
    gone(host, but=others)
    for call in todo[part::PARTS]:
        daemon.kill()
        killed_at(host, call, argv)
        assert all(ours(host, name) for name in macvtaps(host) if name not in others), call
        daemon.start()
        gone(host, but=others)
        assert host.link("eth0").mac == NIC_MAC, call
    assert {name: host.link(name) for name in others} == others


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("network", ["bridgenet", "passnet"])
def test_create_is_killed_on_the_way(host, network, part):
    """It is there in order, or not at all."""
    argv = host.vifctl_argv("create", network, "web0", f"mac={MAC}", "owner=nobody")
    todo = calls(host, argv)
    host.vifctl("delete", "web0", check=0)
    daemon = host.daemon()
    for call in todo[part::PARTS]:
        daemon.kill()
        killed_at(host, call, argv)
        assert all(ours(host, name) for name in macvtaps(host)), call
        daemon.start()
        daemon.reload()
        host.until(lambda: macvtaps(host) in ([], ["web0"]), what=str(call))
        if macvtaps(host):
            assert in_order(host, "web0", mode="bridge" if network == "bridgenet" else "passthru"), call
            host.vifctl("delete", "web0", check=0)
        assert macvtaps(host) == [] and host.link("eth0").mac == NIC_MAC, call


@pytest.mark.parametrize("network", ["bridgenet", "passnet"])
def test_delete_is_killed_on_the_way(host, network):
    """Whoever comes next deletes it, and the NIC has its own MAC then."""
    argv = host.vifctl_argv("delete", "web0")
    create = "create", network, "web0", f"mac={MAC}"
    host.vifctl(*create, check=0)
    for call in calls(host, argv):
        if not host.link("web0"):
            host.vifctl(*create, check=0)
        killed_at(host, call, argv)
        assert not host.link("web0") or ours(host, "web0"), call
    if host.link("web0"):
        host.vifctl("delete", "web0", check=0)
    assert macvtaps(host) == [] and host.link("eth0").mac == NIC_MAC


# Kept in order

CHANGES = {
    "down": "link set web0 down",
    "name": "link set web0 name moved0",
    "mac": "link set web0 address 52:54:00:ff:ff:ff",
    "mtu": "link set web0 mtu 1300",
    "allmulticast": "link set web0 allmulticast off",
    "mode": "link set web0 type macvtap mode private",
    "addrgenmode": "link set web0 addrgenmode eui64",
    "alias": "link set web0 alias ''",
}


@pytest.mark.parametrize("what", sorted(CHANGES.keys() - {"alias"}))
@pytest.mark.parametrize("up", ["yes", "no"])
def test_what_somebody_changes_is_put_right(host, what, up):
    daemon = host.daemon()
    program = Program(host, "vepanet", "name=web0", f"mac={MAC}", f"up={up}")
    host.until(lambda: "web0: " in daemon.log())
    host.ip(CHANGES[what])
    if up == "no":
        daemon.reload()  # the kernel says little of what is down
    host.until(lambda: in_order(host, "web0", up=up == "yes"), what=what)
    assert host.listed("web0")["state"] == "ok" and program.running.poll() is None


@pytest.mark.parametrize("what", sorted(CHANGES.keys() - {"alias", "down"}))
def test_what_was_changed_while_the_daemon_was_away(host, what):
    program = Program(host, "vepanet", "name=web0", f"mac={MAC}")
    host.ip(CHANGES[what])
    host.daemon()
    host.until(lambda: in_order(host, "web0"), what=what)
    program.kill()
    gone(host)


def test_a_record_that_is_gone_makes_it_somebody_elses(host):
    daemon = host.daemon()
    Program(host, "vepanet", "name=web0", f"mac={MAC}")
    host.until(lambda: "web0: " in daemon.log())
    daemon.kill()
    host.ip(CHANGES["alias"])
    before = host.snapshot()
    daemon.start()
    daemon.reload()
    assert host.snapshot() == before and host.listed() == {}
    assert "was not created by vifagent" in refused(host, "delete", "web0", "force")


def test_nothing_is_sent_when_all_is_well(host):
    daemon = host.daemon()
    Program(host, "vepanet", "name=web0", f"mac={MAC}")
    host.until(lambda: "web0: " in daemon.log())
    with host.count_netlink_changes() as changes:
        daemon.reload()
    assert changes == []


# The device

@pytest.mark.parametrize("asked", [(), ("mtu=1500",)], ids=["the device's MTU", "an MTU of its own"])
def test_the_devices_mtu_shrinks_and_grows(host, asked):
    host.daemon()
    program = Program(host, "vepanet", "name=web0", f"mac={MAC}", *asked)
    host.ip("link set eth0 mtu 1400")
    assert host.link("web0").mtu == 1400, "the kernel's doing"
    if asked:
        host.until(lambda: host.listed("web0")["state"] == "waiting")
        assert re.search(r"1400|1500", host.listed("web0")["reason"])
    host.ip("link set eth0 mtu 1500")
    host.until(lambda: in_order(host, "web0"))
    host.until(lambda: host.listed("web0")["state"] == "ok")
    assert program.running.poll() is None


def test_an_mtu_larger_than_the_devices_is_refused_until_that_has_grown(host):
    error = refused(host, "create", "vepanet", "web0", "mtu=9000")
    assert "9000" in error and "1500" in error and "eth0" in error
    host.ip("link set switch0 mtu 9000")
    host.ip("link set eth0 mtu 9000")
    host.vifctl("create", "vepanet", "web0", "mtu=9000", f"mac={MAC}", check=0)
    assert in_order(host, "web0", mtu=9000)
    host.vifctl("create", "vepanet", "web1", check=0)
    assert in_order(host, "web1", mac=None, mtu=9000), "the device's"


def test_the_device_goes_down_and_comes_up(host):
    daemon = host.daemon()
    program = Program(host, "vepanet", "name=web0", f"mac={MAC}")
    host.down("eth0")
    host.up("eth0")
    daemon.reload()
    host.until(lambda: in_order(host, "web0") and host.link("web0").operstate == "up")
    assert program.running.poll() is None and host.listed("web0")["state"] == "ok"


def test_the_device_loses_its_carrier(host):
    daemon = host.daemon()
    Program(host, "vepanet", "name=web0", f"mac={MAC}")
    host.down("switch0")
    daemon.reload()
    assert in_order(host, "web0") and host.listed("web0")["state"] == "ok"
    host.up("switch0")
    host.until(lambda: host.link("web0").operstate == "up")


def test_the_device_vanishes_and_returns(host):
    """The kernel deletes its macvtaps; the next ones are on the new device."""
    daemon = host.daemon()
    program = Program(host, "vepanet", "name=web0", f"mac={MAC}")
    host.vifctl("create", "vepanet", "web1", check=0)
    host.delete("eth0")
    assert macvtaps(host) == []
    host.until(lambda: host.listed() == {})
    assert "eth0" in refused(host, "create", "vepanet", "web0")
    assert "eth0" in refused(host, "run", "--nic", "vepanet", "--", "echo", "{fd}")
    host_nic(host)
    again = Program(host, "vepanet", "name=web0", f"mac={MAC}")
    assert in_order(host, "web0") and daemon.running()
    program.kill()
    daemon.reload()
    assert in_order(host, "web0"), "the dead one's was another"
    again.kill()
    gone(host)


def test_the_device_is_renamed(host):
    """Ours stay where they are; the network has no device then, and again has one."""
    daemon = host.daemon()
    program = Program(host, "vepanet", "name=web0", f"mac={MAC}")
    host.down("eth0")
    host.ip("link set eth0 name eth7")
    host.up("eth7")
    daemon.reload()
    assert macvtaps(host) == ["web0"] and program.running.poll() is None
    assert host.listed("web0")["state"] != "ok" and "eth" in host.listed("web0")["reason"]
    host.down("eth7")
    host.ip("link set eth7 name eth0")
    host.up("eth0")
    daemon.reload()
    host.until(lambda: in_order(host, "web0") and host.listed("web0")["state"] == "ok")


def test_the_device_becomes_a_bridges_port_and_leaves_it(host):
    host.bridge("br0")
    host.ip("link set eth0 master br0")
    error = refused(host, "create", "vepanet", "web0", f"mac={MAC}")
    assert "eth0" in error and "br0" in error
    host.ip("link set eth0 nomaster")
    host.vifctl("create", "vepanet", "web0", f"mac={MAC}", check=0)
    assert in_order(host, "web0")


@pytest.mark.parametrize("network", ["vepanet", "bridgenet"])
def test_a_mac_that_is_taken_is_free_again_later(host, network):
    others_macvtap(host, "other0", mac=MAC, up=True)
    error = refused(host, "run", "--nic", f"{network},mac={MAC}", "--", "echo", "{fd}")
    assert f"{MAC} is already used" in error and "eth0" in error
    host.delete("other0")
    program = Program(host, network, f"mac={MAC}")
    assert in_order(host, program.name, mode="vepa" if network == "vepanet" else "bridge")


# A new configuration

def test_a_new_configuration_changes_what_may_be_changed(host):
    daemon = host.daemon()
    Program(host, "quietnet", "name=web0", f"mac={MAC}")
    assert in_order(host, "web0", mode="bridge", allmulticast=False)
    text = host.conf.read_text()
    host.conf.write_text(text.replace("allmulticast = no", "mtu = 1400").replace("mode = bridge\n", "mode = private\n"))
    daemon.reload()
    host.until(lambda: in_order(host, "web0", mode="private", mtu=1400))
    host.conf.write_text(text)
    daemon.reload()
    host.until(lambda: in_order(host, "web0", mode="bridge", allmulticast=False))


def test_a_macvtap_stays_on_the_device_that_it_was_made_on(host):
    """The network is on another one by now."""
    host.vif("eth1", peer="switch1")
    host.up("eth1")
    daemon = host.daemon()
    Program(host, "vepanet", "name=web0", f"mac={MAC}")
    text = host.conf.read_text()
    host.conf.write_text(text.replace("device = eth0", "device = eth1"))
    daemon.reload()
    port = host.listed("web0")
    assert port["state"] == "refused" and "eth1" in port["reason"] and in_order(host, "web0")
    host.vifctl("create", "vepanet", "web1", check=0)
    assert in_order(host, "web1", mac=None, lower="eth1")
    host.conf.write_text(text)
    daemon.reload()
    assert host.listed("web0")["state"] == "ok" and host.listed("web1")["state"] == "refused"


def test_a_network_that_is_no_longer_there_leaves_them_as_they_are(host):
    daemon = host.daemon()
    program = Program(host, "vepanet", "name=web0", f"mac={MAC}")
    text = host.conf.read_text()
    before = host.snapshot()
    for config in "", "[network vepanet]\nkind = bridge\nbridge = br0\n":
        host.conf.write_text(config)
        daemon.reload()
        assert host.listed("web0")["state"] in ("waiting", "refused") and host.link("web0")
        assert host.link("web0").master is None
    host.conf.write_text(text)
    daemon.reload()
    host.until(lambda: host.snapshot() == before)
    assert host.listed("web0")["state"] == "ok"
    program.kill()
    gone(host)
