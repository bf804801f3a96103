# SPDX-License-Identifier: GPL-2.0-or-later
"""A Xen host for a test: its toolstack, its netback, and a daemon with a fate.

A test that is a @scenario is a generator: it lets things happen and yields a
condition that must come true then.  It is run with each of FATES and on each of
its hosts, but not with each fate on each host (pairs.py), unless with --long.
"""

import functools
import inspect
import struct
from pathlib import Path

import pytest

from links import IFF_UP, IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, LinkNotifications, _attributes
from xenstore import FACTOR

PORT_MAC = "fe:ff:ff:ff:ff:ff"
NET = Path("/sys/class/net")

# What befalls vifagentd in a scenario.
FATES = [
    "lives",
    "restarted",  # kill -9 and start before each step
    "absent",  # kill -9 before, start after each step: it misses the event
    "struck",  # kill -9 right after each step, at its work perhaps, and start
]

# Who runs the hotplug script: libxl, nobody (script=/bin/true), nobody (no script is ever run
# in a driver domain).
KINDS = ["dom0", "no-script", "driver-domain"]

everywhere = pytest.mark.parametrize("xen", KINDS, indirect=True)
with_both_stores = pytest.mark.parametrize(
    "xen", [*KINDS, "dom0/oxenstored", "driver-domain/oxenstored"], indirect=True)
where_the_daemon_reports = pytest.mark.parametrize("xen", KINDS[1:], indirect=True)
where_nobody_else_removes_nodes = pytest.mark.parametrize(
    "xen", ["driver-domain", "driver-domain/oxenstored"], indirect=True)
where_deaths_are_told = pytest.mark.parametrize(
    "xen", [*KINDS[:2], "dom0/oxenstored"], indirect=True)


def scenario(steps):
    """A test whose steps are played with each fate of the daemon."""

    @pytest.mark.parametrize("fate", FATES, indirect=True)
    @functools.wraps(steps)
    def test(xen, **kwargs):
        xen.play(steps(xen, **kwargs))

    return test


def ports():
    """Names of the links which are up and on a bridge."""
    found = set()
    for link in NET.iterdir():
        try:
            if (link / "master").exists() and int((link / "flags").read_text(), 16) & IFF_UP:
                found.add(link.name)
        except OSError:
            pass  # it vanished
    return found


class LinkHistory(LinkNotifications):
    """(name, what, value) of all notifications: what is "up", "mac" or "mtu"."""

    def _note(self, deleted, body):
        family, flags = struct.unpack_from("=B7xI", body)
        attrs = dict(_attributes(body[16:]))
        if family or deleted:
            return
        name = attrs[IFLA_IFNAME].rstrip(b"\0").decode()
        self += [(name, "up", bool(flags & IFF_UP)),
                 (name, "mac", attrs[IFLA_ADDRESS].hex(":")),
                 (name, "mtu", int.from_bytes(attrs[IFLA_MTU], "little"))]

    def of(self, name, what):
        """All values that it has had."""
        return {value for *which, value in self if which == [name, what]}


class Scripts:
    """libxl runs a NIC's hotplug scripts, one after the other; each must succeed."""

    def __init__(self, bed, nic, *actions):
        self._bed, self._nic = bed, nic
        self._left = list(actions)
        self._running = None
        self.done()

    def done(self):
        """Go on; returns whether all have come to their end."""
        while self._running or self._left:
            if not self._running:
                self._running = self._bed.script_background(*self._left.pop(0), self._nic)
            if self._running.poll() is None:
                return False
            self._running.wait(check=0)
            self._running = None
        return True


class XenHost:
    """dom0 or a driver domain with xenstored (self.xs) and vifagentd (self.daemon)."""

    def __init__(self, bed, kind="dom0", store="c", fate="lives"):
        self.bed = bed
        self.kind = kind
        self.backend = 3 if kind == "driver-domain" else 0
        self.xs = bed.xenstored(store, domid=self.backend)
        self.root = f"/local/domain/{self.backend}/backend/vif"
        self.begin_watching()
        config = f"[xen]\nscript-wait = {min(30, round(5 * FACTOR))}\n"
        if kind == "no-script":
            config += "serve = all\n"
        self.daemon = bed.daemon(config=config)
        self.fate = fate
        self._bridges = {}
        self._names = {}  # of the links that a NIC may have, by its path
        self._scripts = {}  # by a NIC's path

    @property
    def runs_scripts(self):
        return self.kind == "dom0"

    def begin_watching(self):
        """Record all events of all NICs; again after xenstored has died."""
        self.watch = self.xs.watch(self.root, look=ports)

    # What happens

    def bridge(self, name="br0", **kwargs):
        self.bed.bridge(name, **kwargs)
        self.remember(name)

    def remember(self, bridge):
        """From now on it is to stay as it is now."""
        self._bridges[bridge] = self.bed.link(bridge)

    def keys(self, domid, devid=0, **keys):
        """libxl writes a NIC's keys; backend state 1."""
        if self.kind == "no-script":
            keys.setdefault("script", "/bin/true")
        nic = self.bed.nic(self.xs, domid, devid, backend=self.backend, **keys)
        self._names[nic.path] = {f"vif{domid}.{devid}", keys.get("vifname")}
        return nic

    def rename(self, nic, vifname):
        """The toolstack wants another name."""
        self._names[nic.path].add(vifname)
        nic.set("vifname", vifname)

    def netback(self, nic):
        """netback probes the NIC, backend state 2, and libxl goes on."""
        nic.netback_ready()
        if self.runs_scripts:
            actions = [("online", "vif")]
            if nic.key("type") == "vif_ioemu":
                actions.append(("add", "tap"))
            self._scripts[nic.path] = Scripts(self.bed, nic, *actions)

    def plug(self, domid, devid=0, **keys):
        """A NIC in all but the links: keys, netback, and libxl's scripts where it runs them."""
        nic = self.keys(domid, devid, **keys)
        self.netback(nic)
        return nic

    def plugged(self, domid, devid=0, **keys):
        """The same with netback's link, which stays at its given name."""
        nic = self.plug(domid, devid, **keys)
        self.bed.vif(f"vif{domid}.{devid}")
        return nic

    def unplug(self, nic, link):
        """xl network-detach, or the domain's death: all in the usual order."""
        ifindex = self.bed.link(link).ifindex  # it may lose its name meanwhile
        nic.unplug()
        nic.closed()
        self.bed.delete(ifindex)
        self.offline(nic)
        nic.remove()

    def offline(self, nic):
        """libxl runs its scripts for a NIC that goes."""
        if self.runs_scripts:
            self.bed.script("offline", "vif", nic, check=0)

    # What is to be seen

    def on(self, name, bridge="br0", mtu=1500):
        """The port is as it is to be."""
        link = self.bed.link(name)
        return link and (
            link.master == bridge and link.up and link.mtu == mtu and link.mac == PORT_MAC
            and link.addrgen == "none" and not link.addresses
            and link.alias.startswith("vifagent/1 "))

    def left(self, name):
        """The link is there, and no port; nothing tells that we ever had it."""
        link = self.bed.link(name)
        return link and not link.up and not link.master and link.alias is None

    def reported(self, nic, status="connected"):
        """Events of its hotplug-status with this value."""
        return [event for event in self.watch.events
                if event.path == f"{nic.path}/hotplug-status" and event.value == status.encode()]

    def connected(self, nic):
        """netback was told to go on, and libxl is content."""
        scripts = self._scripts.get(nic.path)
        if (scripts and not scripts.done()) or nic.status() != "connected":
            return False
        self.watch.catch_up()
        return self.reported(nic)

    def list(self):
        """{port: object} of vifctl list."""
        return {port["port"]: port for port in self.bed.vifctl("list", "--json", check=0).json()}

    def says(self, port, state, *words):
        """vifctl list shows the port in this state, with a reason which has these words."""
        found = self.list().get(port)
        return found and found["state"] == state and \
            all(word in (found["reason"] or "") for word in words)

    def stays(self, condition):
        """For a yield: it comes true, and is true still after the daemon's next look at all."""
        def stays():
            if not condition():
                return False
            self.daemon.reload()
            assert condition(), "it did not stay so: " + inspect.getsource(condition)
            return True

        return stays

    def history(self):
        """Begin to record what happens to links; ends with finish()."""
        return LinkHistory()

    # How it goes

    def play(self, steps):
        """Go through a scenario."""
        while True:
            if self.fate == "absent":
                self.daemon.kill()
            try:
                condition = next(steps)
            except StopIteration:
                break
            if self.fate == "struck":
                self.daemon.kill()
            if self.fate in ("absent", "struck"):
                self.daemon.start()
            self.bed.until(condition, what=inspect.getsource(condition).strip())
            if self.fate == "restarted":
                self.daemon.kill()
                self.daemon.start()

    def check(self):
        """What holds in every test, whatever it is about."""
        for event in self.watch.events:
            nic, _, key = event.path.rpartition("/")
            if key == "hotplug-status" and event.value == b"connected" and event.seen is not None:
                assert event.seen & self._names[nic], \
                    f"{event} came before the port\n{self.watch.events}\n{self.daemon.log()}"
        for name, before in self._bridges.items():
            now = self.bed.link(name)
            if now and now.ifindex == before.ifindex:
                assert (now.mac, now.mtu) == (before.mac, before.mtu), f"{name} changed"
