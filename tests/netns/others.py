# SPDX-License-Identifier: GPL-2.0-or-later
"""The other programs that manage a host's network: the real systemd-networkd and NetworkManager.

Both see the links of the test's network namespace alone, and have /run to themselves.
"""

import os
import platform
import pwd
import subprocess
from pathlib import Path

import pytest

from isolation import Processes

NETWORKD = Path("/lib/systemd/systemd-networkd")
CACHE = Path(os.environ.get("VIFAGENT_CACHE", "/var/cache/vifagent-tests"))
# Only unpacked, so that it never manages the links of the machine that runs the tests.
NM_ROOT = CACHE / "networkmanager"
NM_LIBRARIES = NM_ROOT / f"usr/lib/{platform.machine()}-linux-gnu"


class Networkd:
    """systemd-networkd with one .network file, whose name puts it in the middle of the usual ones."""

    LINKS = Path("/run/systemd/netif/links")

    def __init__(self, bed, network):
        self._bed = bed
        self._log = bed.dir / "networkd.log"
        bed.logs.append(self._log)
        try:
            uid = pwd.getpwnam("systemd-network").pw_uid
        except KeyError:
            pytest.skip("this machine has no user systemd-network")
        if not NETWORKD.exists():
            pytest.skip(f"this machine has no {NETWORKD}")
        files = Path("/run/systemd/network")
        files.mkdir(parents=True, exist_ok=True)
        (files / "50-others.network").write_text(network)
        for name in ".", "links", "leases", "lldp":
            path = self.LINKS.parent / name
            path.mkdir(parents=True, exist_ok=True)
            os.chown(path, uid, -1)
        self.start()

    def start(self):
        with self._log.open("ab") as log:
            self._process = Processes.start(
                [NETWORKD], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self._bed.env({"SYSTEMD_LOG_TARGET": "console", "SYSTEMD_LOG_LEVEL": "debug"}))
        self.settle()

    def state(self, name):
        """What it says of a link: "unmanaged", "configured", ...; None while it says nothing."""
        link = self._bed.link(name)
        try:
            text = (self.LINKS / str(link and link.ifindex)).read_text()
        except FileNotFoundError:
            return None
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line).get("ADMIN_STATE")

    def states(self):
        return {name: self.state(name) for name in self._bed.links()}

    def settle(self):
        """Until it has come to an end with every link."""
        self._bed.until(lambda: not {None, "pending", "initialized"} & set(self.states().values()),
                        timeout=20, what=f"networkd knows every link: {self.states()}")

    def stop(self):
        self._process.terminate()
        self._process.wait(20)

DBUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/>
<allow send_type="method_call"/><allow receive_type="method_call"/><allow receive_type="method_return"/>
<allow receive_type="signal"/><allow receive_type="error"/></policy></busconfig>
"""
# /etc/resolv.conf and the host's name are the machine's.
NM_CONF = """[main]
plugins=keyfile
dhcp=internal
dns=none
hostname-mode=none
systemd-resolved=false
auth-polkit=false
[keyfile]
path=/run/NetworkManager/connections
"""


class NetworkManager:
    """NetworkManager as an installation has it, and a D-Bus for it."""

    # What its package adds to udev's rules
    RULES = sorted(NM_ROOT.glob("**/udev/rules.d/*.rules"))

    def __init__(self, bed):
        self._bed = bed
        self._log = bed.dir / "networkmanager.log"
        bed.logs.append(self._log)
        if not (NM_ROOT / "usr/sbin/NetworkManager").exists():
            pytest.skip("NetworkManager is not unpacked: run tests/install-deps")
        self._conf = bed.dir / "networkmanager.conf"
        self._conf.write_text(NM_CONF)
        bed.mounts.mount("tmpfs", "/var/lib")
        for path in "/run/dbus", "/run/NetworkManager/connections", "/var/lib/NetworkManager":
            os.makedirs(path, exist_ok=True)
        conf = bed.dir / "dbus.conf"
        conf.write_text(DBUS)
        Processes.start(["/usr/bin/dbus-daemon", "--nofork", f"--config-file={conf}"],
                        env=bed.env(), stdin=subprocess.DEVNULL)
        bed.until(lambda: os.path.exists("/run/dbus/system_bus_socket"), what="there is a D-Bus")
        self.start()

    def start(self):
        with self._log.open("ab") as log:
            self._process = Processes.start(
                [NM_ROOT / "usr/sbin/NetworkManager", "--debug", f"--config={self._conf}",
                 "--log-level=INFO"],
                env=self._bed.env({"LD_LIBRARY_PATH": NM_LIBRARIES}),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._bed.until(lambda: self.nmcli("general", check=None).rc == 0,
                        timeout=20, what="NetworkManager answers")

    def nmcli(self, *args, check=0):
        return self._bed.run([NM_ROOT / "usr/bin/nmcli", "-c", "no", *args],
                             env={"LD_LIBRARY_PATH": NM_LIBRARIES}, check=check)

    def states(self):
        """What it says of each link: "unmanaged", "disconnected", "connected", ..."""
        lines = self.nmcli("-g", "DEVICE,STATE", "device").out.splitlines()
        return dict(line.replace("\\\\:", ":").rsplit(":", 1) for line in lines)

    def stop(self):
        self._process.terminate()
        self._process.wait(20)

    def restart(self):
        self.stop()
        self.start()
