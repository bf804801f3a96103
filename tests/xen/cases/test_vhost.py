# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest of QEMU's, not Xen's, in dom0: its kernel has vhost-net, and that of a build machine may not."""

import pytest
from dom0 import BRIDGE, OUT, finish, links, note, ping, ports, run, start, time, vifctl_list, wait_until

pytestmark = pytest.mark.once


@pytest.mark.long
def test_a_guest_with_vhost():
    """QEMU's, not Xen's: of a guest that vifctl run starts the kernel moves the frames."""
    run("modprobe", "vhost_net")
    before = links()
    qemu = start("vifctl", "run", "--nic", f"{BRIDGE},mac=52:54:00:00:00:02", "--", "qemu-system-x86_64",
                 "-machine", "pc", "-bios", "qboot.rom", "-accel", "tcg", "-m", "128", "-nodefaults",
                 "-display", "none", "-serial", f"file:{OUT}/vhost-guest", "-kernel", "/guest/vmlinux",
                 "-initrd", "/guest/initrd", "-append", "console=ttyS0 quiet panic=-1 mitigations=off"
                 " no_timer_check cryptomgr.notests bed_ip=10.9.0.77/24")
    try:
        ping("10.9.0.77", timeout=600)
        note(f"a QEMU guest with vhost-net answered after {time.monotonic() - qemu.begin:.0f} s")
        tap, = links() - before
        assert tap in ports(BRIDGE) and vifctl_list()[tap]["state"] == "ok"
        assert f"vhost-{qemu.pid}" in run("ps", "-eLo", "comm=").out.split(), "that is the kernel's task for it"
    finally:
        qemu.kill()
        done = finish(qemu)
    wait_until(lambda: links() == before, what=f"its tap is gone; {done}")
