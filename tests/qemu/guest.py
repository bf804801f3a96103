# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that QEMU really runs.

    guest = Guest(bed, tap("tap10"), ip="10.0.0.2/24")
    guest.wait_up()
    assert guest.ping("10.0.0.1") == 3
    status, output = guest.run("ip link show eth0")
    guest.poweroff()

What it boots is made by build-guest, and what it says there is explained in guest-init.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from isolation import Processes
from xenstore import FACTOR

QEMU = "/usr/bin/qemu-system-x86_64"

# QEMU's own default machine, less what takes time.  From its start to the end of wait_up() on one
# processor: 1.5 s; with q35 1.4 s, with SeaBIOS and its option ROMs 1.55 s, without all that
# follows panic=-1 1.8 s, with a bzImage 4.5 s.
MACHINE = ["-machine", "pc", "-bios", "qboot.rom", "-accel", "tcg", "-smp", "1", "-m", "128"]
CMDLINE = ("console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off no_timer_check cryptomgr.notests"
           " 8250.nr_uarts=1")


def build():
    """Make what guests boot, if need be; not from within a test, which has no network."""
    if "VIFAGENT_GUEST" not in os.environ:
        program = Path(__file__).with_name("build-guest")
        built = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=True)
        os.environ["VIFAGENT_GUEST"] = built.stdout.strip()


def nic(netdev, model="virtio-net-pci", mac=None, number=0):
    """QEMU's arguments for a NIC; netdev is its end on the host, "tap,ifname=…"."""
    kind, _, options = netdev.partition(",")
    device = f"{model},netdev=net{number}" + (f",mac={mac}" if mac else "")
    return ["-netdev", f"{kind},id=net{number}" + (f",{options}" if options else ""),
            "-device", device]


def tap(ifname, **kwargs):
    """QEMU's arguments for a NIC on a tap that QEMU makes, and nobody else touches."""
    return nic(f"tap,ifname={ifname},script=no,downscript=no", **kwargs)


class Guest:
    """A guest with the NICs of these arguments of QEMU; it starts at once, unless start=False.

    ip: addresses with length for eth0, eth1, …, with commas between; ping: an address to ping
    before all else (see first_ping); prefix: the command that is to start QEMU; ipv6: has it any?
    """

    _count = 0

    def __init__(self, bed, args=(), ip="", ping="", prefix=(), start=True, ipv6=False):
        Guest._count += 1
        self.name = f"guest{Guest._count}"
        self.console = ""  # all it has said
        self.process = None  # what was started: QEMU, or what starts it
        self.macs, self.mtus, self.queues = [], [], []  # of eth0, eth1, …, once it is up
        self.first_ping = None  # was there an answer?
        self.uptime = None  # how long the kernel had run when it was up
        self.seconds = None  # how long it took from QEMU's start
        self._bed, self._args, self._prefix = bed, list(args), list(prefix)
        self._append = f"{CMDLINE} ipv6.disable={int(not ipv6)} vif.ip={ip} vif.ping={ping}"
        self._path = bed.dir / f"{self.name}.console"
        self._pidfile = bed.dir / f"{self.name}.pid"
        self._log = bed.dir / f"{self.name}.log"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._path))
        self._path.chmod(0o777)  # QEMU may be somebody else's
        self._listener.listen()
        self._socket = None
        self._read = 0  # how much of the console next_line() has given
        bed.guests.append(self)
        if start:
            self.start()

    def argv(self, extra=()):
        """The command line of QEMU, to put behind another's: vifctl run … --."""
        boots = Path(os.environ["VIFAGENT_GUEST"])
        return [QEMU, *MACHINE, "-nodefaults", "-display", "none", "-no-reboot",
                "-kernel", boots / "vmlinux", "-initrd", boots / "initrd", "-append", self._append,
                "-chardev", f"socket,id=console,path={self._path}", "-serial", "chardev:console",
                "-pidfile", self._pidfile, "-name", self.name, *self._args, *extra]

    def start(self, argv=None, **kwargs):
        """Start it, by another command line if one is given; kwargs as for Popen."""
        self._start = time.monotonic()
        with self._log.open("ab") as log:
            self.process = Processes.start(argv or [*self._prefix, *self.argv()],
                                           env=self._bed.env(), stdin=subprocess.DEVNULL,
                                           stdout=log, stderr=log, **kwargs)

    @property
    def pid(self):
        """QEMU's, whoever started it; None as long as there is none."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int(self._pidfile.read_text())
        return None

    # The console

    def _receive(self, seconds):
        """What has come on the console, or comes within that time; False at its end."""
        if not self._socket:
            self._listener.settimeout(seconds)
            self._socket, _ = self._listener.accept()
        self._socket.settimeout(seconds)
        data = self._socket.recv(65536)
        self.console += data.decode(errors="backslashreplace")
        return bool(data)

    def _line(self, deadline):
        """The next line from the console."""
        while (end := self.console.find("\n", self._read)) < 0:
            assert time.monotonic() < deadline, f"{self.name}: waited in vain for its console"
            try:
                ended = not self._receive(0.2)
            except TimeoutError:
                ended = self.process.poll() is not None
            if ended:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(1)
                raise AssertionError(f"{self.name} has come to its end: {self._report()}")
        line = self.console[self._read:end]
        self._read = end + 1
        return line.rstrip("\r")

    def _lines(self, last, timeout):
        """Lines from the console, up to one that begins with this word."""
        deadline = time.monotonic() + timeout * FACTOR
        while True:
            line = self._line(deadline)
            yield line
            if line.split(" ")[0] == last:
                return

    def wait_up(self, timeout=60):
        """Until its NICs are up, its first frames are sent, and it takes commands."""
        for line in self._lines("@up", timeout):
            match line.split():
                case "@nic", _, mac, mtu, queues:
                    self.macs.append(mac)
                    self.mtus.append(int(mtu))
                    self.queues.append(int(queues))
                case "@ping", status:
                    self.first_ping = status == "0"
                case "@up", seconds:
                    self.uptime = float(seconds)
        self.seconds = time.monotonic() - self._start
        return self

    def send(self, command):
        """Begin a command, one line for busybox's shell; answer() is to follow."""
        self._socket.sendall(f"{command}\n".encode())

    def answer(self, timeout=30):
        """(status, output) of the command that send() began."""
        for _ in self._lines("@begin", timeout):
            pass
        *output, end = self._lines("@end", timeout)
        return int(end.split()[1]), "\n".join(output).rstrip("\n")

    def run(self, command, timeout=30):
        """(status, output) of a command in the guest, one line for busybox's shell."""
        self.send(command)
        return self.answer(timeout)

    def ping(self, address, count=3, timeout=30):
        """How many of so many pings are answered."""
        _, output = self.run(f"ping -q -c {count} -i 0.1 -W 1 {address}", timeout)
        return pings(output, "received")

    def sent(self, name="eth0"):
        """How many frames a NIC has sent."""
        return int(self.run(f"cat /sys/class/net/{name}/statistics/tx_packets")[1])

    # Its end

    def poweroff(self, timeout=30):
        """It switches itself off, and QEMU ends in good order."""
        self.send("poweroff -f")
        status = self.process.wait(timeout * FACTOR)
        assert status == 0, f"{self.name}: QEMU exited {status}: {self._report()}"

    def kill(self):
        """kill -9 of QEMU."""
        os.kill(self._bed.until(lambda: self.pid, 20, "QEMU is there"), signal.SIGKILL)
        self.process.wait(10 * FACTOR)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._listener.close()
        if self._socket:
            self._socket.close()

    # What it has to say when a test fails

    def _report(self):
        with contextlib.suppress(TimeoutError, OSError):
            while self._receive(0.01):
                pass
        return self._log.read_text(errors="backslashreplace") + self.console

    def report(self):
        state = self.process.poll() if self.process else "not started"
        return f"{self.name} (exit status: {state})", self._report()


def pings(output, what="transmitted"):
    """How many pings were "transmitted", or "received"."""
    return int(re.search(rf"(\d+) packets {what}", output)[1])


def none_lost(output):
    """All pings were answered, but for the last: it may have been on its way when ping ended."""
    sent, answers = pings(output), [int(n) for n in re.findall(r"seq=(\d+)", output)]
    return answers[:sent - 1] == list(range(sent - 1))


def wait_up(*guests, timeout=60):
    for guest in guests:
        guest.wait_up(timeout)
