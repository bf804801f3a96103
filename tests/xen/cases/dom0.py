# SPDX-License-Identifier: GPL-2.0-or-later
"""What the cases have to work with: dom0, seen and handled as its administrator does.

Everything here is 30 to 60 times slower than on hardware: a process costs 0.1 s,
so that xenstore is read and watched without one (xswire), and time-outs are long.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, "/job")
from xswire import Connection, Op, Tree, Watch, z  # noqa: E402

XENSTORED = "/run/xenstored/socket"
OUT = Path("/out")
CONFIG = Path("/etc/vifagent/vifagent.conf")
BRIDGE = "xenbr0"
DOM0_IP = "10.9.0.1"
VIFS = "/local/domain/0/backend/vif"
PATIENCE = 3  # all time-outs are for a machine that has a processor to itself

store = Tree(Connection(XENSTORED))


# ---- processes and time ---------------------------------------------------

class Done:
    """A process that has ended."""

    def __init__(self, rc, out, seconds):
        self.rc, self.out, self.seconds = rc, out, seconds

    def __repr__(self):
        return f"exit {self.rc} after {self.seconds:.1f} s: {self.out}"


def run(*argv, check=True, timeout=120, **kwargs):
    """Run a program; its output, stderr included, is .out."""
    begin = time.monotonic()
    p = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=timeout, check=False, **kwargs)
    done = Done(p.returncode, p.stdout.decode(errors="replace"), time.monotonic() - begin)
    assert not check or done.rc == 0, f"{' '.join(map(str, argv))}: {done}"
    return done


def start(*argv, **kwargs):
    process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs)
    process.begin = time.monotonic()
    return process


def finish(process, timeout=120):
    out, _ = process.communicate(timeout=timeout)
    return Done(process.returncode, out.decode(errors="replace"), time.monotonic() - process.begin)


def wait_until(predicate, timeout=30, what="", pause=0.1):
    """Returns what predicate returned, once that is true."""
    end = time.monotonic() + PATIENCE * timeout
    while True:
        value = predicate()
        if value:
            return value
        assert time.monotonic() < end, f"not within {PATIENCE * timeout} s: {what or predicate}"
        time.sleep(pause)


def never(predicate, seconds, what):
    """Watch for a while that it does not come true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert not predicate(), what
        time.sleep(0.1)


def note(text):
    """A line for the log of figures, out/figures."""
    with open(OUT / "figures", "a") as log:
        print(text, file=log)
    print(text)


def keep(name):
    """Keep what can be seen now in out/failed/NAME."""
    path = OUT / "failed" / name.replace("/", "_")
    path.mkdir(parents=True, exist_ok=True)
    for what, command in {
            "xenstore": "xenstore-ls -fp", "links": "ip -d link", "vifctl": "vifctl list",
            "journal": "journalctl -b --no-pager -o short-precise -n 300", "domains": "xl list",
            "dmesg": "dmesg"}.items():
        with open(path / what, "wb") as out, contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command.split(), stdout=out, stderr=out, timeout=60, check=False)


# ---- links ----------------------------------------------------------------

def ip(*args, check=True):
    return run("ip", *args, check=check)


def links():
    return {p.name for p in Path("/sys/class/net").iterdir() if p.is_symlink()}


def vif_links():
    return {name for name in links() if name not in ("lo", "bonding_masters") and
            not (Path("/sys/class/net") / name / "bridge").exists()}


def ports(bridge):
    path = Path("/sys/class/net") / bridge / "brif"
    return {p.name for p in path.iterdir()} if path.exists() else set()


def link_up(name):
    try:
        return int((Path("/sys/class/net") / name / "flags").read_text(), 16) & 1 == 1
    except OSError:
        return False


def ifindex(name):
    return int((Path("/sys/class/net") / name / "ifindex").read_text())


def alias(name):
    return (Path("/sys/class/net") / name / "ifalias").read_text().strip()


def vlans(name):
    """A port's VLANs with their flags."""
    found = json.loads(run("bridge", "-j", "vlan", "show", "dev", name).out)
    return {v["vlan"]: set(v.get("flags", [])) for link in found for v in link["vlans"]}


def add_bridge(name, address=None):
    ip("link", "add", name, "type", "bridge")
    ip("link", "set", name, "up")
    if address:
        ip("addr", "add", address, "dev", name)


@contextlib.contextmanager
def bridge(name, address=None):
    add_bridge(name, address)
    try:
        yield name
    finally:
        ip("link", "del", name, check=False)


class Ping:
    """A ping that runs meanwhile, five times a second; lost() ends it."""

    def __init__(self, address):
        self.process = start("ping", "-n", "-i", "0.2", address, bufsize=0)

    def answers(self, count):
        """Wait for so many more."""
        while count > 0:
            line = self.process.stdout.readline()
            assert line, "ping has ended"
            count -= b" bytes from " in line

    def lost(self):
        """(sent, lost)"""
        self.process.send_signal(signal.SIGINT)
        out = finish(self.process).out
        sent, received = map(int, re.search(r"(\d+) packets transmitted, (\d+) received", out).groups())
        # The last may be on its way.
        return sent, max(0, sent - received - 1)


def ping(address, timeout=60):
    """Wait for an answer."""
    wait_until(lambda: run("ping", "-n", "-c1", "-W1", address, check=False).rc == 0, timeout,
               f"an answer of {address}", pause=0)


# ---- the agent ------------------------------------------------------------

def vifctl_list():
    return {port["port"]: port for port in json.loads(run("vifctl", "list", "--json").out)}


class Daemon:
    """vifagentd.service"""

    unit = "vifagentd.service"

    def start(self):
        run("systemctl", "start", self.unit)

    def stop(self):
        run("systemctl", "stop", self.unit)

    def restart(self):
        run("systemctl", "restart", self.unit)

    def reload(self):
        run("systemctl", "reload", self.unit)

    def pid(self):
        return int(run("systemctl", "show", "-P", "MainPID", self.unit).out)

    def kill(self):
        os.kill(self.pid(), signal.SIGKILL)

    def log(self, since=None):
        return run("journalctl", "-u", self.unit, "-o", "cat", "--no-pager",
                   *(["--since", f"@{since}"] if since else [])).out


@contextlib.contextmanager
def unit_setting(line, daemon):
    """The unit has this line, too, for a while."""
    drop_in = Path("/run/systemd/system/vifagentd.service.d/case.conf")
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.write_text(f"[Service]\n{line}\n")
    run("systemctl", "daemon-reload")
    daemon.restart()
    try:
        yield
    finally:
        drop_in.unlink()
        run("systemctl", "daemon-reload")
        daemon.restart()


@contextlib.contextmanager
def config(text, daemon=None):
    """Another configuration for a while."""
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text(text)
    if daemon:
        daemon.reload()
    try:
        yield
    finally:
        CONFIG.unlink()
        if daemon:
            daemon.reload()


# ---- guests ---------------------------------------------------------------

def xl(*args, check=True, timeout=180):
    return run("xl", *args, check=check, timeout=timeout)


def domains():
    """{name: domid}; a name may be "(null)" """
    rows = [line.split() for line in xl("list").out.splitlines()[1:]]
    return {row[0]: int(row[1]) for row in rows if row[1] != "0"}


_numbers = iter(range(1, 250))


class Guest:
    """A small Linux of its own; kind is pv, pvh or hvm."""

    def __init__(self, kind="pv", vifs=(f"bridge={BRIDGE}",), memory=None, extra="", **options):
        self.number = next(_numbers)
        self.kind = kind
        self.name = f"{kind}{self.number}"
        self.ip = f"10.9.0.{self.number + 1}"
        self.vifs = [self.with_mac(i, v) for i, v in enumerate(vifs)]
        self.memory = memory or (256 if kind == "hvm" else 192)
        self.console = f"/var/log/xen/console/guest-{self.name}.log"
        self.extra = extra
        self.options = {"on_crash": "destroy", "on_reboot": "destroy", **options}
        self.domid = None
        self.by = 0  # the domain that serves its NICs

    def with_mac(self, devid, vif):
        return vif if "mac=" in vif else f"{vif},mac=00:16:3e:00:{self.number:02x}:{devid:02x}"

    @property
    def config(self):
        lines = {
            "name": self.name, "type": self.kind, "vcpus": 1, "memory": self.memory,
            "kernel": "/guest/vmlinuz" if self.kind == "hvm" else "/guest/vmlinux",
            "ramdisk": "/guest/initrd", "vif": self.vifs, "on_poweroff": "destroy",
            "cmdline": f"console={'ttyS0' if self.kind == 'hvm' else 'hvc0'} quiet loglevel=4 "
                       f"bed_ip={self.ip}/24 {self.extra}",
        }
        if self.kind == "hvm":
            lines |= {"vnc": 0, "nographic": 1, "usb": 0,
                      "serial": f"file:/out/{self.name}-serial.log"}
        lines |= self.options
        path = Path(f"/tmp/{self.name}.cfg")
        path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items()
                                if value is not None))
        return path

    def create(self, check=True):
        done = xl("create", self.config, check=check)
        if done.rc == 0:
            self.domid = self.find()
        return done

    def find(self):
        return int(xl("domid", self.name).out)

    def vif(self, devid=0, suffix=""):
        return f"vif{self.domid}.{devid}{suffix}"

    def backend(self, devid=0, by=0):
        return f"/local/domain/{by}/backend/vif/{self.domid}/{devid}"

    def key(self, name, devid=0, by=0):
        value = store.read(f"{self.backend(devid, by)}/{name}")
        return None if value is None else value.decode()

    def frontend_key(self, name, devid=0):
        value = store.read(f"/local/domain/{self.domid}/device/vif/{devid}/{name}")
        return None if value is None else value.decode()

    def wait_key(self, name, value, devid=0, timeout=60, by=0):
        wait_until(lambda: self.key(name, devid, by) == value, timeout,
                   f"{name} of {self.name}'s NIC {devid} to be {value!r}, "
                   f"it is {self.key(name, devid, by)!r}")

    def wait_connected(self, devid=0, timeout=60, by=0):
        self.wait_key("state", "4", devid, timeout, by)

    def attach(self, *settings, check=True):
        return xl("network-attach", self.name, *settings, check=check)

    def detach(self, devid, check=True):
        done = xl("network-detach", self.name, devid, check=check)
        # A running guest has its half still to take away; if there were a new NIC of
        # this number by then, netfront would close that.
        time.sleep(1)
        return done

    def destroy(self):
        if self.name in domains():
            return xl("destroy", self.name)
        return None

    def __enter__(self):
        self.create()
        return self

    def __exit__(self, kind, *_):
        if kind:
            keep(self.name)
        self.destroy()


def nothing_left(domid=None):
    """Links, nodes and records of all guests, or of one, that are still there."""
    left = [n for n in vif_links() if domid is None or n.startswith(f"vif{domid}.")]
    if domid is None:
        left += store.ls(VIFS)
    elif store.read(f"{VIFS}/{domid}") is not None:
        left.append(f"{VIFS}/{domid}")
    return left


@contextlib.contextmanager
def busy(count=2):
    """Both processors have something else to do."""
    spinners = [start("sh", "-c", "while :; do :; done") for _ in range(count)]
    try:
        yield
    finally:
        for p in spinners:
            p.kill()
            p.wait()


class OnEvent:
    """Call act(path, read) for each event below a path, in a thread of its own; read() is its value."""

    def __init__(self, path, act):
        self.path, self.act = path, act
        self.conn = Connection(XENSTORED)
        self.conn.request(Op.WATCH, z(path), z(path))
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def loop(self):
        tree = Tree(self.conn)
        with contextlib.suppress(OSError):
            while True:
                path = self.conn.next_event()
                if path != self.path:  # a watch fires once when it is set
                    self.act(path, lambda p=path: tree.read(p))

    def close(self):
        self.conn.close()
        self.thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
