# SPDX-License-Identifier: GPL-2.0-or-later
"""What TCP makes of a rate: what is too fast is dropped, which TCP has to find out."""

import os
import socket
import statistics
import threading
import time

from host import host
from isolation import inside, other_network
from measure import Row, take_turns

HOST, GUEST = "10.9.0.1", "10.9.0.2"
MBIT = 1e6 / 8
LENGTH, SLOW_START = 4, 2  # seconds; the first of them do not count


def _connect(network):
    """A TCP connection between the host and the guest: their sockets."""
    with socket.create_server((HOST, 0)) as server:
        with inside(network):
            guest = socket.create_connection(server.getsockname(), timeout=10)
        return server.accept()[0], guest


def _fill(sock, over):
    sock.settimeout(0.1)
    while not over.is_set():
        try:
            sock.send(bytes(1 << 16))
        except TimeoutError:
            pass


def _drain(sock):
    """Mbit/s that arrive, once the bucket is empty."""
    begin, got = time.monotonic(), 0
    while (now := time.monotonic()) < begin + LENGTH:
        size = len(sock.recv(1 << 16))
        got += size if now > begin + SLOW_START else 0
    return got / MBIT / (LENGTH - SLOW_START)


def _goodput(rate, guest_sends):
    with host() as here:
        bed = here.bed
        bed.conf.write_text(f"[network red]\nbridge = br0\nrate = {rate}\n" if rate else "")
        bed.vif("vif1.0", peer="guest0")
        bed.vifctl("attach", "vif1.0", "red" if rate else "br0", check=0)
        bed.ip(f"addr add {HOST}/24 dev br0")
        network = other_network()
        bed.ip(f"link set guest0 netns /proc/{os.getpid()}/fd/{network}")
        with inside(network):
            bed.ip("link set guest0 up")
            bed.ip(f"addr add {GUEST}/24 dev guest0")
        ends = _connect(network)
        source, sink = reversed(ends) if guest_sends else ends
        over = threading.Event()
        sender = threading.Thread(target=_fill, args=(source, over))
        sender.start()
        try:
            return _drain(sink)
        finally:
            over.set()
            sender.join()
            for end in ends:
                end.close()
            os.close(network)


def measure(options, noise):
    rates = options.pick([10, 100, 1000], [100])
    for who, guest_sends in ("sent", True), ("received", False):
        def at(rate, guest_sends=guest_sends):
            return lambda: _goodput(rate and f"{rate}mbit", guest_sends)
        got = take_turns({rate: at(rate) for rate in [0, *rates]}, options.rounds(3, 1), noise)
        free = statistics.median(got[0])
        for rate in rates:
            yield Row(f"TCP at rate = {rate}mbit, {who}", "Mbit/s", got[rate],
                      note=f"without a rate {free:,.0f} Mbit/s")
