# SPDX-License-Identifier: GPL-2.0-or-later
"""What comes in on a link of the host, from whom."""

import contextlib
import socket

ETH_P_ALL = 3


class Frames:
    """The frames that this host receives by a link, from now on; for a bridge those which are
    for all or for the bridge itself."""

    def __init__(self, link):
        self._frames = []
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.bind((link, ETH_P_ALL))
        self._socket.setblocking(False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def of(self, mac):
        """Those from this address."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._frames.append(self._socket.recv(65536))
        source = bytes.fromhex(mac.replace(":", ""))
        return [frame for frame in self._frames if frame[6:12] == source]
