# SPDX-License-Identifier: GPL-2.0-or-later
"""The host of a measurement: a bridge, NICs, xenstored, and who puts them together."""

import contextlib
import itertools
import os
import socket
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/netns"))
os.environ.setdefault("VIFAGENT_BUILD", str(TOP / "build/gcc"))

from bed import BUILD, PORT_MAC, Bed, Running  # noqa: E402,F401
from isolation import Processes, private_network  # noqa: E402
from xenstore import CACHE  # noqa: E402

TOOLS = BUILD / "tests/bench"
VIF_BRIDGE = CACHE / "xen/etc/xen/scripts/vif-bridge"
# With a MAC that was set it needs no pinning; real ones have their uplink's.
BRIDGE_MAC = "02:00:00:00:00:01"
DRIVER_DOMAIN = 3  # there nobody else writes "connected"
DOMAINS = 10  # of which the NICs are: the C xenstored asks each at every write
CONFIG = "[xen]\ntoolstack-delay = 0\n"  # no toolstack, nothing to wait for


class Syslog:
    """/dev/log, in a /dev of our own: vif-bridge says a lot."""

    NODES = ("null", "zero", "full", "random", "urandom", "tty", "net/tun")

    def __init__(self, mounts):
        numbers = {name: os.stat(f"/dev/{name}").st_rdev for name in self.NODES}
        mounts.mount("tmpfs", "/dev")
        os.mkdir("/dev/net")
        for name, number in numbers.items():
            os.mknod(f"/dev/{name}", 0o666 | stat.S_IFCHR, number)
        os.symlink("/proc/self/fd", "/dev/fd")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("/dev/log")
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        while self._socket.recv(8192):
            pass

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", "/dev/log")
        self._thread.join()
        self._socket.close()


class Host:
    """What the measurements need of a Bed."""

    def __init__(self, bed, domid):
        self.bed = bed
        self.domid = domid
        self.xs = bed.xenstored(domid=domid)
        self.nics = []
        self._ids = itertools.count()
        bed.conf.write_text(CONFIG)
        bed.bridge("br0", mac=BRIDGE_MAC)

    def new_id(self):
        i = next(self._ids)
        return 10 + i % DOMAINS, i // DOMAINS

    def link(self, domid, devid):
        self.bed.tap(f"vif{domid}.{devid}", hold=False, persistent=True)

    def keys(self, domid, devid, state="2", **more):
        nic = self.bed.nic(self.xs, domid, devid, backend=self.domid, state=state, **more)
        self.nics.append(nic)
        return nic

    def nic(self, state="2", **more):
        """Keys and link of one more NIC."""
        where = self.new_id()
        self.link(*where)
        return self.keys(*where, state, **more)

    def next_ip(self):
        """An address for the NIC that comes next."""
        i = len(self.nics)
        return f"10.1.{i >> 8}.{i & 255}"

    def nic_list(self):
        """For the floor's stdin."""
        return "".join(f"{nic.domid} {nic.devid}\n" for nic in self.nics)

    # Who does the work

    def tool(self, name, *args, env=None, stdin=""):
        """What one of the bench's own programs printed last: a number."""
        done = subprocess.run([TOOLS / name, *map(str, args)], env=self.bed.env(env), input=stdin,
                              capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, f"{name} {args}: {done.returncode}: {done.stdout}{done.stderr}"
        return float(done.stdout.split()[-1])

    def _script(self, argv, nic, verb="online"):
        took = self.tool("stopwatch", "spawn", *argv, verb, "type_if=vif", env=self.bed.script_env(nic))
        if verb == "online":
            self.check(nic)
        return took

    def vif_agent(self, nic, verb="online"):
        """Microseconds of the process that libxl would start."""
        return self._script(self.bed.script_argv(), nic, verb)

    def vif_agent_static(self, nic, verb="online"):
        return self._script([TOOLS / "vif-agent-static"], nic, verb)

    def vif_bridge(self, nic, verb="online"):
        return self._script([VIF_BRIDGE], nic, verb)

    def floor_door(self, nic, program="floor-library"):
        took = self.tool("stopwatch", "spawn", TOOLS / program, "door", env=self.bed.script_env(nic))
        self.check(nic)
        return took

    def vif_bridges(self, nics, at_a_time):
        """vif-bridge for all of them; returns nothing: the caller has the time."""
        with ThreadPoolExecutor(at_a_time) as pool:
            list(pool.map(self.vif_bridge, nics))

    def start_daemon(self):
        """Microseconds from starting the daemon until it is ready; it is ended then."""
        return self.tool("stopwatch", "ready", BUILD / "vifagentd", "-c", self.bed.conf)

    def floor_server(self, program="floor-library"):
        server = Processes.start([TOOLS / program, "serve", self.domid], env=self.bed.env(),
                                 stdout=subprocess.PIPE, text=True)
        assert server.stdout.readline() == "ready\n"
        return server

    # Whether it was done

    def check(self, nic):
        name = f"vif{nic.domid}.{nic.devid}"
        link = self.bed.link(name)
        assert (link.up, link.master, link.mac) == (True, "br0", PORT_MAC), link
        assert nic.status() == "connected", (name, nic.status(), nic.error())

    def check_all(self):
        assert len(self.bed.ports("br0")) == len(self.nics)
        for nic in self.nics[:3] + self.nics[-3:]:
            self.check(nic)
        assert all(nic.status() == "connected" for nic in self.nics)


@contextlib.contextmanager
def host(domid=DRIVER_DOMAIN, nics=0):
    """A Host with so many NICs, whose keys and links are there; in dom0 also with what scripts need."""
    with private_network() as mounts:
        mounts.mount("tmpfs", "/var/log")
        os.mkdir("/var/log/xen")
        syslog = Syslog(mounts) if domid == 0 else None
        bed = Bed(mounts)
        try:
            here = Host(bed, domid)
            for _ in range(nics):
                here.nic()
            yield here
        finally:
            bed.close()
            if syslog:
                syslog.close()
