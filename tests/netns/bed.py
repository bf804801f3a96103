# SPDX-License-Identifier: GPL-2.0-or-later
"""The test bed: a host with links, xenstored, udevd and vifagent, for one test.

A test takes the fixture `bed`.  Everything in it is private to the test and is
gone when it ends: the network namespace, /run and /sys, and all processes.
What a test makes without a path of its own lives in bed.dir.
"""

import contextlib
import dataclasses
import errno
import json
import os
import shlex
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

import isolation
from isolation import Processes
from links import Link, LinkNotifications, Tap
from xenstore import FACTOR, Nic, Xenstored

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("VIFAGENT_BUILD", TOP)).resolve()
WRAPPER = shlex.split(os.environ.get("VIFAGENT_WRAPPER", ""))

PORT_MAC = "fe:ff:ff:ff:ff:ff"

UDEVD = "/lib/systemd/systemd-udevd"
UDEV_RULES = [Path(d, "udev/rules.d") for d in ("/usr/lib", "/usr/local/lib", "/etc")]
UDEV_LINKS = [Path(d, "systemd/network") for d in ("/usr/lib", "/usr/local/lib", "/etc")]
# Without this rule udevd ignores .link files.
LINK_RULE = Path("/usr/lib/udev/rules.d/80-net-setup-link.rules")
DEFAULT_LINK = Path("/usr/lib/systemd/network/99-default.link")


@dataclass
class Result:
    """What a program that has ended said."""

    argv: list
    rc: int
    out: str
    err: str
    seconds: float

    def json(self):
        return json.loads(self.out)


class Running:
    """A program in the background; wait() gives its Result."""

    def __init__(self, argv, env, merge):
        self.argv = [str(a) for a in argv]
        self._start = time.monotonic()
        # Not pipes: those stay open while a grandchild lives.
        self._out, self._err = (os.fdopen(os.memfd_create("output"), "r+b") for _ in range(2))
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=self._out,
                                        stderr=self._out if merge else self._err, env=env)
        self.pid = self.process.pid

    def poll(self):
        return self.process.poll()

    def output(self):
        """What it has written to stdout so far."""
        # Not _all(): the file's position is the program's, too.
        size = os.fstat(self._out.fileno()).st_size
        return os.pread(self._out.fileno(), size, 0).decode(errors="backslashreplace")

    def wait(self, timeout=30, check=None):
        """Its Result; check is the exit status it must have, None for any."""
        try:
            rc = self.process.wait(timeout * FACTOR)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.argv} still ran after {timeout * FACTOR} s: "
                                 f"{_all(self._out)}{_all(self._err)}") from None
        out, err = _all(self._out), _all(self._err)
        assert check is None or rc == check, f"{self.argv} exited {rc}: {out}{err}"
        return Result(self.argv, rc, out, err, time.monotonic() - self._start)


def _all(file):
    file.seek(0)
    return file.read().decode(errors="backslashreplace")


class Daemon:
    """vifagentd; started and, unless wait=False, ready (as it told by sd_notify)."""

    def __init__(self, bed, argv, env, name):
        self._argv = argv
        self.log_file = bed.dir / f"{name}.log"
        self.statuses = []  # each STATUS= it sent
        self.process = None
        self._ready = threading.Event()
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self.notify_file = bed.dir / f"{name}.notify"
        self._notify.bind(str(self.notify_file))
        self._env = env | {"NOTIFY_SOCKET": self._notify.getsockname()}
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self):
        while message := self._notify.recv(4096):
            for line in message.decode(errors="backslashreplace").splitlines():
                if line.startswith("STATUS="):
                    self.statuses.append(line.removeprefix("STATUS="))
                elif line == "READY=1":
                    self._ready.set()

    @property
    def status_text(self):
        return self.statuses[-1] if self.statuses else None

    @property
    def pid(self):
        return self.process.pid

    def start(self, wait=True):
        self._ready.clear()
        with self.log_file.open("ab") as log:
            self.process = Processes.start(self._argv, env=self._env, stdin=subprocess.DEVNULL,
                                           stdout=log, stderr=log)
        if wait:
            self.wait_ready()

    def becomes_ready(self, timeout=30):
        """Wait until it is ready, or has ended; is it ready?"""
        isolation.wait_until(lambda: self._ready.is_set() or not self.running(), timeout * FACTOR)
        return self._ready.is_set()

    def wait_ready(self, timeout=30):
        assert self.becomes_ready(timeout), f"vifagentd did not become ready: {self.log()}"

    def running(self):
        return self.process.poll() is None

    def log(self):
        return self.log_file.read_text(errors="backslashreplace")

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self):
        """SIGHUP; returns when it is ready again."""
        self._ready.clear()
        self.signal(signal.SIGHUP)
        self.wait_ready()

    def stop(self):
        """SIGSTOP: it lives, and notices nothing until cont()."""
        self.signal(signal.SIGSTOP)

    def cont(self):
        self.signal(signal.SIGCONT)

    def term(self, timeout=10):
        """SIGTERM; returns the exit status."""
        self.signal(signal.SIGTERM)
        return self.process.wait(timeout * FACTOR)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def kill_again(self, is_well):
        """kill(); one that is dead is started before, and all is well then."""
        if not self.running():
            self.start()
            assert is_well()
        self.kill()

    def restart(self):
        self.term()
        self.start()

    def close(self):
        self.kill()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", self._notify.getsockname())  # an empty message ends _listen()
        self._listener.join()
        self._notify.close()


class Udevd:
    """The real systemd-udevd for the links of this test's network namespace."""

    def __init__(self, bed, mounts, rules, links, system_rules, default_link):
        kept = {}
        if not system_rules:
            kept = self._mask(mounts, UDEV_RULES, [LINK_RULE] if links or default_link else [])
        self._put("/run/udev/rules.d", rules, kept)
        kept = self._mask(mounts, UDEV_LINKS, [DEFAULT_LINK] if default_link else [])
        self._put("/run/systemd/network", links, kept)
        self.log_file = bed.dir / "udevd.log"
        with self.log_file.open("ab") as log:
            self.process = Processes.start([UDEVD], env=bed.env(), stdin=subprocess.DEVNULL,
                                           stdout=log, stderr=log)
        assert isolation.wait_until(self._listens, 10 * FACTOR), "udevd did not start"

    @staticmethod
    def _mask(mounts, directories, keep):
        """Hide the system's files, but for those to keep, which it returns."""
        kept = {path.name: path.read_text() for path in keep}
        for directory in directories:
            if directory.is_dir():
                mounts.mount("tmpfs", directory)
        return kept

    @staticmethod
    def _put(directory, files, kept):
        if not isinstance(files, dict):
            files = {Path(path).name: Path(path).read_text() for path in files}
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in (kept | files).items():
            (directory / name).write_text(text)

    def _listens(self):
        assert self.process.poll() is None, f"udevd died: {self.log()}"
        # It answers from the loop in which it hears events.
        return subprocess.run(["udevadm", "control", "--ping"], stderr=subprocess.DEVNULL,
                              check=False).returncode == 0

    def log(self):
        return self.log_file.read_text(errors="backslashreplace")

    def settle(self, timeout=10):
        """Until udevd has handled all that happened so far."""
        subprocess.run(["udevadm", "settle", f"--timeout={int(timeout * FACTOR)}"], check=True)

    def exit(self):
        """Stop in good order: events that are being handled come to their end."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10 * FACTOR)


class Bed:
    """All a test needs; see the fixture `bed` in conftest.py."""

    def __init__(self, mounts):
        self.dir = Path("/run/bed")
        self.dir.mkdir()
        self.conf = self.dir / "vifagent.conf"
        self.conf.touch()
        self.xs: Xenstored | None = None  # the one of xenstored()
        self.daemons: list[Daemon] = []
        self.guests = []  # those of tests/qemu/guest.py
        self.logs: list[Path] = []  # of other programs: what they say is shown when the test fails
        self._udevd = None
        self.mounts = mounts  # bed.mounts.mount("tmpfs", "/etc/xen") hides the system's
        self._taps = []
        self._guests = None  # the network namespace of the guests' ends
        self._processes = Processes()
        self._rtnl = IPRoute()
        self._rtnl.link("set", index=1, state="up")

    def close(self):
        if self._udevd:
            self._udevd.exit()
        for thing in *self.guests, *self.daemons, *self._taps, *filter(None, [self.xs]):
            thing.close()
        self._processes.reap()
        self._rtnl.close()
        if self._guests is not None:
            os.close(self._guests)

    # Links

    def ip(self, args):
        """Run iproute2: bed.ip("link set br0 down"); returns what it printed."""
        return self.run(["ip", *shlex.split(args)]).out

    def bridge(self, name, mtu=None, mac=None, vlan_filtering=False):
        """A bridge that is up; without a mac it has a random one of its own."""
        wanted = {"mtu": mtu, "address": mac, "br_vlan_filtering": vlan_filtering or None}
        try:
            self._rtnl.link("add", ifname=name, kind="bridge",
                            **{k: v for k, v in wanted.items() if v is not None})
        except NetlinkError as error:
            if vlan_filtering and error.code == errno.EOPNOTSUPP:
                pytest.skip("this kernel's bridges cannot filter VLANs")
            raise
        self.up(name)

    def vif(self, name, peer=None):
        """A link, down, that stands in for netback's vif: one end of a veth pair.

        The other end is the guest's.  Nobody sees it, and it is down, so that the vif has
        no carrier; with a peer's name it is a link of this host, and up.
        """
        if not peer and self._guests is None:
            self._guests = isolation.other_network()
        guest = {"ifname": peer or name} | ({} if peer else {"net_ns_fd": self._guests})
        self._rtnl.link("add", ifname=name, kind="veth", peer=guest)
        if peer:
            self.up(peer)

    def tap(self, name, hold=True, persistent=False):
        """A tap as QEMU makes it, down."""
        tap = Tap(name, hold, persistent)
        self._taps.append(tap)
        return tap

    def up(self, name):
        self._rtnl.link("set", ifname=name, state="up")

    def down(self, name):
        self._rtnl.link("set", ifname=name, state="down")

    def delete(self, name):
        """Delete the link of this name, or ifindex."""
        self._rtnl.link("del", **{"index" if isinstance(name, int) else "ifname": name})

    def set_group(self, name, group):
        self._rtnl.link("set", ifname=name, group=group)

    def delete_group(self, group):
        """Delete all links of a group, which may be none."""
        with contextlib.suppress(NetlinkError):
            self._rtnl.link("del", group=group)

    def link(self, name) -> Link | None:
        """The link as it is now; None if there is none of that name."""
        try:
            message, = self._rtnl.link("get", ifname=name)
        except NetlinkError as error:
            if error.code == errno.ENODEV:
                return None
            raise
        return Link.of(message, self._rtnl.get_addr(index=message["index"]))

    def links(self):
        """Names of all links but lo."""
        return [name for _, name in socket.if_nameindex() if name != "lo"]

    def ports(self, bridge):
        """Names of a bridge's ports."""
        return sorted(os.listdir(f"/sys/class/net/{bridge}/brif"))

    def vlans(self, name):
        """A port's VLANs with their flags: {1: {"PVID", "Egress Untagged"}, 20: set()}."""
        found = json.loads(self.run(["bridge", "-j", "vlan", "show", "dev", name]).out)
        return {vlan: set(entry.get("flags", []))
                for link in found for entry in link["vlans"]
                for vlan in range(entry["vlan"], entry.get("vlanEnd", entry["vlan"]) + 1)}

    def snapshot(self):
        """All links as they are, less what the kernel itself changes late: to compare."""
        links = filter(None, [self.link(name) for _, name in socket.if_nameindex()])
        return {link.name: dataclasses.replace(link, operstate="", addresses=[], port={})
                for link in links}

    @contextlib.contextmanager
    def count_netlink_changes(self):
        """Yields the block's LinkNotifications, a list which is filled when the block ends."""
        seen = LinkNotifications()
        try:
            yield seen
        finally:
            seen.finish()

    # Xen

    def xenstored(self, kind="c", **kwargs) -> Xenstored:
        """Start xenstored; see Xenstored for the arguments.  At most one a test."""
        assert not self.xs
        self.xs = Xenstored(kind, **kwargs)
        return self.xs

    def nic(self, xs, domid, devid, bridge="br0", backend=0,
            script="/etc/xen/scripts/vif-agent", vifname=None, mtu=None, type="vif",
            hotplug_status="", mac=None, **more) -> Nic:
        """Write a NIC's keys as libxl does, for a domain that is created if need be.

        None leaves a key out; more adds keys, e.g. vlan=10.
        """
        for domain in {domid, backend} - {0}:
            if not xs.is_introduced(domain):
                xs.domain(domain)
        keys = {
            "script": script,
            "vifname": vifname,
            "mac": mac or f"00:16:3e:{domid >> 8:02x}:{domid & 255:02x}:{devid:02x}",
            "bridge": bridge,
            "mtu": None if mtu == 1500 else mtu,
            "handle": devid,
            "type": type,
            "hotplug-status": hotplug_status,
        } | more
        present = {name: value for name, value in keys.items() if value is not None}
        return Nic(xs, domid, devid, present, backend=backend, mtu=mtu)

    # udev

    def udevd(self, rules=(), links=(), system_rules=False, default_link=False) -> Udevd:
        """Start udevd with these rules and .link files: paths, or {name: text}.

        system_rules adds the system's own rules, default_link Debian's 99-default.link.
        """
        assert not self._udevd
        self._udevd = Udevd(self, self.mounts, rules, links, system_rules, default_link)
        return self._udevd

    # vifagent

    def env(self, more=None):
        """The environment of all programs: that of pytest, and the test's xenstored."""
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("XEN", "NOTIFY_", "WATCHDOG_"))}
        env["LC_ALL"] = "C.UTF-8"
        env["XENSTORED_PATH"] = self.xs.path if self.xs else "/nonexistent/socket"
        return env | {k: str(v) for k, v in (more or {}).items()}

    def run(self, argv, check=0, timeout=30, **kwargs) -> Result:
        """Run a program to its end; check is the exit status it must have, None for any."""
        return self.background(argv, **kwargs).wait(timeout, check)

    def background(self, argv, env=None, merge=False) -> Running:
        """Start a program; merge sends its stderr where its stdout goes."""
        return Running(argv, self.env(env), merge)

    def vifctl_argv(self, *args):
        return [*WRAPPER, BUILD / "vifctl", "-c", self.conf, *args]

    def vifctl(self, *args, env=None, check=None, timeout=30) -> Result:
        return self.run(self.vifctl_argv(*args), check, timeout, env=env)

    def listed(self, name=None):
        """What "vifctl list" says: of the port of that name (None if it is not there), or of all."""
        ports = {port["port"]: port for port in self.vifctl("list", "--json", check=0).json()}
        return ports.get(name) if name else ports

    def in_place(self, name, bridge="br0", mac=PORT_MAC):
        """Is this link all that a port of this bridge ought to be?"""
        link = self.link(name)
        return bool(link and link.up and link.master == bridge and link.mac == mac
                    and link.addrgen == "none" and (link.alias or "").startswith("vifagent/1 "))

    def daemon(self, *args, config=None, env=None, wait=True, under=()) -> Daemon:
        """Start vifagentd; config is the text of the configuration file.

        under is the command that runs it: ["prlimit", "--nofile=1024"].
        """
        if config is not None:
            self.conf.write_text(config)
        argv = [*under, *WRAPPER, BUILD / "vifagentd", "-c", self.conf, *args]
        daemon = Daemon(self, argv, self.env(env), f"vifagentd{len(self.daemons) or ''}")
        self.daemons.append(daemon)
        daemon.start(wait)
        return daemon

    def script(self, verb, type_if, nic, env=None, check=None, timeout=40) -> Result:
        """Run the hotplug script as libxl does: script("online", "vif", nic).

        libxl gives no arguments of ours: VIFAGENT_CONF says where the configuration is.
        """
        return self.script_background(verb, type_if, nic, env).wait(timeout, check)

    def script_background(self, verb, type_if, nic, env=None) -> Running:
        return self.background([*self.script_argv(), verb, f"type_if={type_if}"],
                               self.script_env(nic) | (env or {}), merge=True)

    def script_argv(self):
        return [*WRAPPER, BUILD / "vif-agent"]

    def script_env(self, nic):
        vif = f"vif{nic.domid}.{nic.devid}"
        libxl = {
            "script": nic.key("script") or "",
            "XENBUS_TYPE": "vif",
            "XENBUS_PATH": nic.bus_path,
            "XENBUS_BASE_PATH": "backend",
            "netdev": nic.key("gatewaydev") or "",
            "vif": vif,
            "VIFAGENT_CONF": self.conf,
        }
        if nic.key("type") == "vif_ioemu":
            libxl["INTERFACE"] = f"{vif}-emu"
        return libxl

    # Time

    def until(self, condition, timeout=5, what="the condition holds"):
        """Wait until condition() is true; returns its value."""
        value = isolation.wait_until(condition, timeout * FACTOR, 0.005)
        assert value, f"waited {timeout * FACTOR} s in vain until {what}"
        return value

    def never(self, condition, seconds=0.3, what="the condition held"):
        """Watch for a while that condition() is not true."""
        assert not isolation.wait_until(condition, seconds, 0.005), what

    def dump(self):
        """(title, text) of all that may explain a failure."""
        yield "links", self.run(["ip", "-d", "address"], check=None).out
        if self.xs:
            yield "xenstore", self._dump_store()
            yield "xenstored", self.xs.log_file.read_text()
        for daemon in self.daemons:
            yield daemon.log_file.stem, daemon.log()
        if self._udevd:
            yield "udevd", self._udevd.log()
        for log in self.logs:
            yield log.stem, log.read_text(errors="backslashreplace")
        for guest in self.guests:
            yield guest.report()

    def _dump_store(self):
        try:
            nodes = self.xs.dump("/local") | self.xs.dump("/libxl")
        except OSError as error:
            return f"no answer: {error}"
        return "\n".join(f"{path} = {value!r}" for path, value in nodes.items())
