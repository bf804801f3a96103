# SPDX-License-Identifier: GPL-2.0-or-later
"""The real xenstored without Xen."""

import contextlib
import hashlib
import os
import struct
import subprocess
from pathlib import Path

from isolation import Processes, wait_until
from xswire import FACTOR, Connection, Op, Tree, Watch, z

CACHE = Path(os.environ.get("VIFAGENT_CACHE", "/var/cache/vifagent-tests"))
LAB = Path(__file__).resolve().parent.parent / "lab"
LAB_BUILD = Path(os.environ.get("VIFAGENT_LAB_BUILD", CACHE / "lab"))

VIRQ_DOM_EXC = struct.pack("=I", 1)  # the event channel port it has in fakexen.c


def build_lab(source, *flags):
    """Compile a file of tests/lab once; returns the result's path."""
    text = (LAB / source).read_bytes()
    target = LAB_BUILD / f"{Path(source).stem}-{hashlib.sha256(text).hexdigest()[:12]}"
    if not target.exists():
        LAB_BUILD.mkdir(parents=True, exist_ok=True)
        mine = target.with_suffix(f".{os.getpid()}")
        subprocess.run(["cc", "-O1", "-g", "-o", mine, LAB / source, *flags], check=True)
        mine.rename(target)  # another worker may do the same
    return target


def build_shim():
    """What xenstored takes for Xen."""
    return build_lab("fakexen.c", "-shared", "-fPIC", "-ldl")


def xen_program(name):
    found = sorted(CACHE.glob(f"xen/usr/lib/xen-*/bin/{name}"))
    assert found, f"no {name} below {CACHE}: run tests/install-deps"
    return found[-1]


class Xenstored(Tree):
    """A xenstored with an empty store, at its usual place in the test's private /run.

    kind is "c" or "oxenstored", options are its command line's, conf adds lines to
    oxenstored's configuration.  domid is who "we" are: 0, or a driver domain's number.
    Nodes are written with the rights of dom0 in any case.
    """

    def __init__(self, kind="c", domid=0, init_dom0=True, options=(), conf=""):
        self.dir = Path("/run/xenstored")
        self.kind = kind
        self.domid = domid
        self.path = str(self.dir / "socket")
        self.log_file = self.dir / "log"
        self.fake = self.dir / "fake"  # $FAKEXEN_DIR
        self.process = None
        self._conf = conf
        self._options = options
        self._init_dom0 = init_dom0
        self._watches = []
        super().__init__(None)
        self.dir.mkdir()
        self.start()

    def _command(self):
        if self.kind == "c":
            return [xen_program("xenstored"), "-N", *self._options]
        conf = self.dir / "oxenstored.conf"
        shipped = (CACHE / "xen/etc/xen/oxenstored.conf").read_text()
        conf.write_text(f"{shipped}\npid-file = {self.dir}/pid\n"
                        f"xenstored-log-file = {self.dir}/oxenstored.log\n"
                        f"access-log-file = {self.dir}/access.log\n{self._conf}\n")
        return [xen_program("oxenstored"), "--no-fork", "--config-file", conf, *self._options]

    def start(self):
        shim = build_shim()
        env = os.environ | {"XENSTORED_RUNDIR": str(self.dir), "XENSTORED_ROOTDIR": str(self.dir),
                            "XENSTORED_PATH": self.path, "FAKEXEN_DIR": str(self.fake)}
        with self.log_file.open("ab") as log:
            self.process = Processes.start(["env", f"LD_PRELOAD={shim}", *self._command()], env=env,
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if not wait_until(self._connect, 10 * FACTOR):
            raise AssertionError(f"xenstored does not answer: {self.log_file.read_text()}")
        if self._init_dom0:
            self.write("/local/domain/0/domid", self.domid)
            self.write("/local/domain/0/name", "Domain-0")

    def _connect(self):
        assert self.process.poll() is None, f"xenstored died: {self.log_file.read_text()}"
        try:
            self._conn = Connection(self.path)
            return self.read("/") is not None
        except OSError:
            return False

    def kill(self):
        """SIGKILL: clients notice that their connection breaks, or do not."""
        self.process.kill()
        self.process.wait()
        self._conn.close()

    def restart(self):
        """A new xenstored on the same socket: its store is empty."""
        if self.process.poll() is None:
            self.kill()
        self.start()

    def close(self):
        self.kill()
        for watch in self._watches:
            watch.close()

    def live_update(self):
        """As xenstore-control live-update: the same process runs the program anew."""
        program = xen_program("xenstored")
        assert self.control("live-update", "-f", program) == "OK"
        answers = []

        def start():
            answers.append(self.control("live-update", "-s", "-t", "5"))
            return answers[-1] != "BUSY"

        wait_until(start, 10 * FACTOR)
        assert answers[-1] == "OK", f"live update failed: {answers[-1]}"

    def control(self, *args):
        return self._request(Op.CONTROL, *map(z, args)).decode().rstrip("\0")

    def watch(self, *paths, look=None):
        """Record what happens at and below these paths, and what look() returns then."""
        watch = Watch(self.path, paths, look)
        self._watches.append(watch)
        return watch

    @contextlib.contextmanager
    def txn(self):
        """A transaction: what is done to the Tree it yields happens at once, or not at all."""
        tx = int(self._request(Op.TRANSACTION_START, z("")).rstrip(b"\0"))
        try:
            yield Tree(self._conn, tx)
        except BaseException:
            self._conn.request(Op.TRANSACTION_END, z("F"), tx=tx)
            raise
        self._conn.request(Op.TRANSACTION_END, z("T"), tx=tx)

    def atomically(self, change):
        """Run change(tree) in a transaction, again and again until nobody interferes."""
        while True:
            try:
                with self.txn() as tree:
                    return change(tree)
            except BlockingIOError:
                continue

    def introduce(self, domid):
        self._request(Op.INTRODUCE, z(domid), z(1), z(2))

    def release(self, domid):
        self._request(Op.RELEASE, z(domid))

    def is_introduced(self, domid):
        return self._request(Op.IS_DOMAIN_INTRODUCED, z(domid)).startswith(b"T")

    def domain(self, domid, name=None):
        """Create a domain: the hypervisor knows it, libxl's home for it, introduced."""
        home = f"/local/domain/{domid}"
        (self.fake / "dom" / str(domid)).touch()

        def write_home(tree):
            tree.mkdir(home, ["n0", f"r{domid}"])
            tree.write(f"{home}/name", name or f"guest{domid}")
            tree.write(f"{home}/domid", domid)
            tree.mkdir(f"{home}/device")
            tree.mkdir(f"{home}/data", [f"n{domid}"])

        self.atomically(write_home)
        self.introduce(domid)

    def _raise_virq(self):
        with open(self.fake / "evtchn", "wb", buffering=0) as fifo:
            fifo.write(VIRQ_DOM_EXC)

    def shutdown_domain(self, domid):
        """The guest shuts down: @releaseDomain, yet the domain stays introduced."""
        (self.fake / "dom" / str(domid)).write_text("s")
        self._raise_virq()

    def destroy_domain(self, *domids):
        """The domains are gone: their own nodes vanish, then @releaseDomain."""
        for domid in domids:
            (self.fake / "dom" / str(domid)).unlink()
        self._raise_virq()


NETBACK_FEATURES = {
    "feature-sg": 1, "feature-gso-tcpv4": 1, "feature-gso-tcpv6": 1,
    "feature-ipv6-csum-offload": 1, "feature-rx-copy": 1, "feature-xdp-headroom": 1,
    "feature-rx-flip": 0, "feature-multicast-control": 1, "feature-dynamic-multicast-control": 1,
    "feature-split-event-channels": 1, "multi-queue-max-queues": 2, "feature-ctrl-ring": 1,
}


class Nic:
    """A NIC's keys, as libxl 4.17 writes them, and what netback and libxl do to them."""

    def __init__(self, xs, domid, devid, keys, *, backend=0, mtu=None):
        self.xs = xs
        self.domid, self.devid, self.backend = domid, devid, backend
        self.bus_path = f"backend/vif/{domid}/{devid}"  # relative, as in XENBUS_PATH
        self.path = f"/local/domain/{backend}/{self.bus_path}"
        self.frontend = f"/local/domain/{domid}/device/vif/{devid}"
        self.libxl = f"/libxl/{domid}/device/vif/{devid}"
        xs.atomically(lambda tree: self._create(tree, keys, mtu or 1500))

    def _create(self, tree, keys, mtu):
        back = {"frontend": self.frontend, "frontend-id": self.domid, "online": 1, "state": 1}
        back |= keys
        front = {"backend": self.path, "backend-id": self.backend, "state": 1,
                 "handle": self.devid, "mac": keys["mac"], "trusted": 1, "mtu": mtu}
        copy = {"frontend": self.frontend, "backend": self.path} | back
        self._fill(tree, self.libxl, copy, ["n0"])
        self._fill(tree, self.frontend, front, [f"n{self.domid}", f"r{self.backend}"])
        self._fill(tree, self.path, back, [f"n{self.backend}", f"r{self.domid}"])
        tree.set_perms(f"{self.frontend}/mtu", f"n{self.backend}", f"r{self.domid}")

    @staticmethod
    def _fill(tree, directory, keys, perms):
        tree.mkdir(directory, perms)
        for name, value in keys.items():
            tree.write(f"{directory}/{name}", value)

    def key(self, name):
        """A backend key's text (undecodable bytes escaped), or None."""
        value = self.xs.read(f"{self.path}/{name}")
        return None if value is None else value.decode(errors="backslashreplace")

    def set(self, name, value):
        self.xs.write(f"{self.path}/{name}", value)

    def unset(self, name):
        self.xs.rm(f"{self.path}/{name}")

    def status(self):
        return self.key("hotplug-status")

    def error(self):
        return self.key("hotplug-error")

    def frontend_mtu(self):
        value = self.xs.read(f"{self.frontend}/mtu")
        return None if value is None else value.decode()

    def netback_ready(self):
        """netback probed the NIC.  Its link may well come later."""
        def features(tree):
            for name, value in NETBACK_FEATURES.items():
                tree.write(f"{self.path}/{name}", value)

        self.xs.atomically(features)
        self.set("state", 2)

    def unplug(self):
        """libxl asks netback to let go of the NIC."""
        def offline(tree):
            tree.write(f"{self.path}/online", 0)
            tree.write(f"{self.path}/state", 5)

        self.xs.atomically(offline)

    def closed(self):
        """netback is done; it unregisters the device unless the NIC is still online."""
        self.set("state", 6)
        if self.key("online") == "0":
            self.unset("hotplug-status")

    def remove(self):
        """libxl cleans up: the NIC's directories, and parents which are empty then."""
        def clean(tree):
            for path in self.frontend, self.libxl, self.path:
                tree.rm(path)
                while not tree.ls(path := os.path.dirname(path)) and path != "/":
                    tree.rm(path)

        self.xs.atomically(clean)


if __name__ == "__main__":
    build_shim()  # for a machine without a compiler's headers
