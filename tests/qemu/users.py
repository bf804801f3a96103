# SPDX-License-Identifier: GPL-2.0-or-later
"""An /etc of the test's own, with users of its own."""

import grp
import os
import pwd
from pathlib import Path

NOBODY = pwd.getpwnam("nobody").pw_uid
QEMU_USER = 64055  # libvirt-qemu's, as Debian's libvirt-daemon-system has it

USERS = {
    "passwd": f"""\
root:x:0:0::/root:/bin/sh
libvirt-qemu:x:{QEMU_USER}:{QEMU_USER}::/var/lib/libvirt:/bin/false
nobody:x:{NOBODY}:{NOBODY}::/nonexistent:/bin/sh
""",
    "group": f"""\
root:x:0:
kvm:x:{grp.getgrnam("kvm").gr_gid}:libvirt-qemu
libvirt-qemu:x:{QEMU_USER}:
nogroup:x:{NOBODY}:
""",
}


def private_etc(bed, files):
    """An /etc with nothing but these files, some users, and what programs need to start."""
    files = {"ld.so.cache": Path("/etc/ld.so.cache").read_bytes()} | USERS | files
    bed.mounts.mount("tmpfs", "/etc")
    os.chmod("/etc", 0o755)
    for name, data in files.items():
        path = Path("/etc", name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
