# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that the real libvirt runs.

    libvirt = System(bed)
    guest = Domain(bed, libvirt, interface("bridge", "<source bridge='br0'/>", mac), ip="10.0.0.2/24")
    guest.wait_up()
    guest.poweroff()
"""

import os
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

from guest import Guest
from isolation import Processes
from users import NOBODY, private_etc
from xenstore import FACTOR

LIBVIRTD = "/usr/sbin/libvirtd"

# libvirt waits for processes that are no child of its to be gone: somebody has to reap them.
REAPER = """
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
child = subprocess.Popen(sys.argv[1:]).pid
while (ended := os.wait())[0] != child:
    pass
sys.exit(os.waitstatus_to_exitcode(ended[1]))
"""
REAPED = [sys.executable, "-c", REAPER]

# What is not about networks: no cgroups, no /dev and no daemon for logs of their own; what guests
# boot stays root's.
CONF = """\
security_driver = "none"
dynamic_ownership = 0
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
"""


# The nodes of a host's /dev that libvirt and QEMU want.
NODES = ["null", "zero", "full", "random", "urandom", "net/tun", "kvm"]


def private_dev(bed):
    """A /dev in which there are no nodes of macvtaps.

    libvirt takes any link that is there already for a macvtap if there is a /dev/tapN with its
    ifindex, which may be one of another network namespace.
    """
    found = {name: os.stat(f"/dev/{name}") for name in NODES if os.path.exists(f"/dev/{name}")}
    bed.mounts.mount("tmpfs", "/dev")
    os.chmod("/dev", 0o755)
    for name, stat in found.items():
        path = Path("/dev", name)
        path.parent.mkdir(exist_ok=True)
        os.mknod(path, stat.st_mode, stat.st_rdev)
        path.chmod(stat.st_mode & 0o777)
        os.chown(path, stat.st_uid, stat.st_gid)


class Libvirt:
    """What System and Session have in common."""

    uri: str
    pidfiles: Path
    user = None  # who runs virsh, if not root
    prefix = ()

    def virsh(self, *commands):
        return [*self.prefix, "virsh", "-q", "-c", self.uri, "; ".join(commands)]


class System(Libvirt):
    """The host's libvirtd; it runs QEMU as libvirt-qemu."""

    uri = "qemu:///system"
    pidfiles = Path("/run/libvirt/qemu")

    def __init__(self, bed):
        private_etc(bed, {"libvirt/qemu.conf": CONF})
        for name in "cache", "lib", "log":
            directory = Path("/var", name, "libvirt")
            directory.mkdir(exist_ok=True)
            bed.mounts.mount("tmpfs", directory)
            directory.chmod(0o755)
        os.chmod("/run", 0o755)
        with (bed.dir / "libvirtd.log").open("ab") as log:
            Processes.start([*REAPED, LIBVIRTD], env=bed.env(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        bed.until(Path("/run/libvirt/libvirt-sock").exists, 20, "libvirtd listens")


class Session(Libvirt):
    """The libvirtd of an ordinary user, which virsh starts by itself."""

    uri = "qemu:///session"
    user = NOBODY

    def __init__(self, bed):
        home, run = bed.dir / "home", bed.dir / "home/run"
        for path in home, run:
            path.mkdir(mode=0o700)
            os.chown(path, self.user, self.user)
        self.prefix = [*REAPED, "env", f"HOME={home}", f"XDG_RUNTIME_DIR={run}"]
        self.pidfiles = run / "libvirt/qemu/run"


def interface(kind, inside, mac):
    """An <interface> with these elements, and a virtio NIC of this MAC."""
    return f"<interface type='{kind}'><mac address='{mac}'/>{inside}<model type='virtio'/></interface>"


class Domain(Guest):
    """A guest of libvirt's with this <interface>; the rest is as for Guest."""

    def __init__(self, bed, libvirt, interface, **kwargs):
        self._libvirt, self._interface = libvirt, interface
        super().__init__(bed, **kwargs)

    def _domain(self):
        option = dict(zip(self.argv()[:-1], self.argv()[1:]))
        return f"""\
<domain type='qemu'>
  <name>{self.name}</name>
  <memory unit='MiB'>{option["-m"]}</memory>
  <vcpu>{option["-smp"]}</vcpu>
  <os>
    <type machine='{option["-machine"]}'>hvm</type>
    <loader type='rom'>/usr/share/qemu/{option["-bios"]}</loader>
    <kernel>{option["-kernel"]}</kernel>
    <initrd>{option["-initrd"]}</initrd>
    <cmdline>{escape(option["-append"])}</cmdline>
  </os>
  <features><acpi/></features>
  <on_reboot>destroy</on_reboot>
  <devices>
    <emulator>{self.argv()[0]}</emulator>
    {self._interface}
    <serial type='unix'><source mode='connect' path='{self._path}'/></serial>
    <memballoon model='none'/>
  </devices>
</domain>
"""

    def start(self):
        """The process is a virsh that ends with the guest."""
        xml = self._bed.dir / f"{self.name}.xml"
        xml.write_text(self._domain())
        self._pidfile = self._libvirt.pidfiles / f"{self.name}.pid"
        user = self._libvirt.user
        super().start(self._libvirt.virsh(f"create {xml}", f"event {self.name} lifecycle"),
                      **({"user": user, "group": user, "extra_groups": []} if user else {}))

    def destroy(self):
        """virsh destroy"""
        self._bed.run(self._libvirt.virsh(f"destroy {self.name}"))
        self.process.wait(10 * FACTOR)

    def report(self):
        title, text = super().report()
        log = self._bed.dir / "libvirtd.log"
        return title, text + (log.read_text(errors="backslashreplace") if log.exists() else "")
