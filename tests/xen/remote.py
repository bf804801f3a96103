# SPDX-License-Identifier: GPL-2.0-or-later
"""In a driver domain: run the commands that dom0 writes into our data/run, one
at a time, and answer in data/done; see Remote in cases/driver_domain.py.

data/run is "NUMBER COMMAND", data/done "NUMBER STATUS", and before it the
output's bytes are in data/out/0, 1, …, a node for each 1,500 bytes.
"""

import subprocess

from xswire import Connection, Op, Tree, z

conn = Connection("/dev/xen/xenbus")
store = Tree(conn)
conn.request(Op.WATCH, z("data/run"), z("data/run"))
store.write("data/done", "0 0")
last = "0"
while True:
    conn.next_event()
    number, _, command = (store.read("data/run") or b"").decode().partition(" ")
    if not command or number == last:
        continue
    last = number
    done = subprocess.run(["/bin/bash", "-c", command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    store.rm("data/out")
    for i in range(0, len(done.stdout), 1500):
        store.write(f"data/out/{i // 1500}", done.stdout[i:i + 1500])
    store.write("data/done", f"{number} {done.returncode}")
