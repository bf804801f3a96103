# SPDX-License-Identifier: GPL-2.0-or-later
"""A driver domain: a PV guest with the same Debian as dom0, netback and vifagentd."""

from dom0 import BRIDGE, PATIENCE, Connection, Guest, Op, XENSTORED, json, store, time, wait_until, z


class DriverDomain(Guest):
    """Its eth0 is a port of its own xenbr0, so that its guests are on dom0's, too."""

    def __init__(self, **options):
        super().__init__(memory=320, kernel="/guest/vmlinux",
                         ramdisk="/guest/driver-domain-initrd", driver_domain=1,
                         disk=["phy:/dev/vda,xvda,r", "phy:/dev/vdb,xvdb,r"],
                         extra="net.ifnames=0 bed_driver_domain", **options)
        self.asked = 0

    def create(self, check=True):
        done = super().create(check)
        if done.rc:
            return done
        self.data = f"/local/domain/{self.domid}/data"
        wait_until(lambda: store.read(f"{self.data}/done"), 120, "the driver domain to be up", 0.5)
        self.run(f"ip link add {BRIDGE} type bridge && ip link set {BRIDGE} up && "
                 f"ip link set eth0 master {BRIDGE} up && ip addr add {self.ip}/24 dev {BRIDGE}")
        return done

    def run(self, command, check=True, timeout=60):
        """Run a shell's command there (remote.py); its output."""
        self.asked += 1
        conn = Connection(XENSTORED)
        conn.request(Op.WATCH, z(f"{self.data}/done"), z("done"))
        store.write(f"{self.data}/run", f"{self.asked} {command}")
        end = time.monotonic() + PATIENCE * timeout
        while True:
            conn.next_event()
            number, status = (store.read(f"{self.data}/done") or b"0 0").decode().split()
            if int(number) == self.asked:
                break
            assert time.monotonic() < end, f"no answer to: {command}"
        conn.close()
        parts = [store.read(f"{self.data}/out/{i}")
                 for i in range(len(store.ls(f"{self.data}/out")))]
        out = b"".join(parts).decode(errors="replace")
        assert not check or status == "0", f"in the driver domain: {command}: exit {status}: {out}"
        return out

    def ports(self, bridge=BRIDGE):
        return set(self.run(f"ls /sys/class/net/{bridge}/brif", check=False).split())

    def links(self):
        return set(self.run("ls /sys/class/net").split())

    def vifctl_list(self):
        return {p["port"]: p for p in json.loads(self.run("vifctl list --json"))}

    def log(self):
        return self.run("journalctl -u vifagentd -o cat --no-pager -n 40")

    def backends(self):
        return store.ls(f"/local/domain/{self.domid}/backend/vif")
