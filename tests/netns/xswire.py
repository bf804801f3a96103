# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of xenstored that needs no fork.

It speaks the wire protocol (xen/io/xs_wire.h) itself, so that values may be
any bytes and a test decides what happens in which order.
"""

import contextlib
import errno
import itertools
import os
import socket
import stat
import struct
import threading
import time
from typing import NamedTuple

FACTOR = float(os.environ.get("VIFAGENT_TIMEOUT_FACTOR", "1"))


class Op:
    """enum xsd_sockmsg_type"""

    (CONTROL, DIRECTORY, READ, GET_PERMS, WATCH, UNWATCH, TRANSACTION_START, TRANSACTION_END,
     INTRODUCE, RELEASE, GET_DOMAIN_PATH, WRITE, MKDIR, RM, SET_PERMS, WATCH_EVENT, ERROR,
     IS_DOMAIN_INTRODUCED, RESUME, SET_TARGET) = range(20)
    DIRECTORY_PART = 22


def as_bytes(value):
    return value if isinstance(value, bytes) else str(value).encode()


class Device:
    """/dev/xen/xenbus, a domain's own way to xenstored, with a socket's methods."""

    def __init__(self, path):
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def sendall(self, data):
        os.write(self._fd, data)

    def recv(self, size):
        return os.read(self._fd, size)

    def shutdown(self, how):
        pass

    def close(self):
        os.close(self._fd)


def connect(path):
    """A socket, or what does as one, connected to the xenstored at path."""
    if stat.S_ISCHR(os.stat(path).st_mode):
        return Device(path)
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.connect(str(path))
    except OSError:
        sock.close()
        raise
    return sock


class Connection:
    """One connection to xenstored: a request at a time, events kept apart."""

    def __init__(self, path):
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._sock = connect(path)
        self.events = []  # paths of watch events which arrived among the replies

    def close(self):
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)  # wakes a thread that reads
        self._sock.close()

    def _receive(self, size):
        data = b""
        while len(data) < size:
            part = self._sock.recv(size - len(data))
            if not part:
                raise ConnectionResetError(errno.ECONNRESET, "xenstored hung up")
            data += part
        return data

    def _message(self):
        op, _, _, length = struct.unpack("=4I", self._receive(16))
        return op, self._receive(length)

    def next_event(self):
        """The path of the next watch event; waits for it."""
        while not self.events:
            op, payload = self._message()
            assert op == Op.WATCH_EVENT, f"unasked-for message {op}: {payload}"
            self.events.append(payload.split(b"\0")[0].decode())
        return self.events.pop(0)

    def request(self, op, *parts, tx=0):
        """Send the parts as one payload; returns the reply's, or raises OSError."""
        payload = b"".join(parts)
        with self._lock:
            self._sock.sendall(struct.pack("=4I", op, next(self._ids), tx, len(payload)) + payload)
            while True:
                answer, data = self._message()
                if answer != Op.WATCH_EVENT:
                    break
                self.events.append(data.split(b"\0")[0].decode())
        if answer == Op.ERROR:
            name = data.rstrip(b"\0").decode()
            code = getattr(errno, name)
            raise OSError(code, f"xenstore: {name} (operation {op}, {payload[:100]!r})")
        return data


def z(value):
    return as_bytes(value) + b"\0"


class Tree:
    """What can be done to the nodes, within a transaction or without."""

    def __init__(self, connection, tx=0):
        self._conn = connection
        self._tx = tx

    def _request(self, op, *parts):
        return self._conn.request(op, *parts, tx=self._tx)

    def read(self, path):
        """The value's bytes, or None where there is no such node."""
        try:
            return self._request(Op.READ, z(path))
        except FileNotFoundError:
            return None

    def write(self, path, value):
        """Write bytes, or the text of anything else; parents are made as needed."""
        self._request(Op.WRITE, z(path), as_bytes(value))

    def mkdir(self, path, perms=None):
        self._request(Op.MKDIR, z(path))
        if perms:
            self.set_perms(path, *perms)

    def rm(self, path):
        """Remove a node and all below it; an absent one is fine."""
        with contextlib.suppress(FileNotFoundError):
            self._request(Op.RM, z(path))

    def ls(self, path):
        """Names of the children; [] also where there is no such node."""
        try:
            data = self._request(Op.DIRECTORY, z(path))
        except FileNotFoundError:
            return []
        except OSError as error:
            if error.errno != errno.E2BIG:
                raise
            data = self._ls_in_parts(path)
        return [name.decode() for name in data.split(b"\0") if name]

    def _ls_in_parts(self, path):
        data = b""
        while not data.endswith(b"\0\0"):
            reply = self._request(Op.DIRECTORY_PART, z(path), z(len(data)))
            data += reply.split(b"\0", 1)[1]  # after the generation count
        return data

    def get_perms(self, path):
        """As xenstore-ls -p shows them: ["n0", "r5"], the owner first."""
        return self._request(Op.GET_PERMS, z(path)).decode().rstrip("\0").split("\0")

    def set_perms(self, path, *perms):
        self._request(Op.SET_PERMS, z(path), *map(z, perms))

    def dump(self, path):
        """All nodes at and below path, as {path: bytes}, in order."""
        value = self.read(path)
        nodes = {} if value is None else {path: value}
        for name in self.ls(path):
            nodes.update(self.dump(f"{path.rstrip('/')}/{name}"))
        return nodes


class Event(NamedTuple):
    path: str
    value: bytes | None  # as found when the event was read: perhaps newer than the event's cause
    time: float  # time.monotonic()
    seen: object = None  # what look() returned right afterwards


class Watch:
    """Records the events of one or more watches, in their order, from now on."""

    MARKER = "/marker"

    def __init__(self, socket_path, paths, look=None):
        self.events: list[Event] = []
        self._path = socket_path
        self._mark = None  # the marker's last value that came along
        self._look = look or (lambda: None)
        self.alive = True  # until xenstored hangs up
        self._changed = threading.Condition()
        self._conn = Connection(socket_path)
        for path in (*paths, self.MARKER):
            self._conn.request(Op.WATCH, z(path), z(path))
            self._conn.next_event()  # a watch fires once when it is set
        self._thread = threading.Thread(target=self._record, daemon=True)
        self._thread.start()

    def _record(self):
        with contextlib.suppress(OSError):
            while True:
                self._take(self._conn.next_event())
        with self._changed:
            self.alive = False
            self._changed.notify_all()

    def _take(self, path):
        now = time.monotonic()
        read = (lambda: None) if path.startswith("@") else (lambda: Tree(self._conn).read(path))
        value, seen = read(), self._look()
        if read() != value:
            seen = None  # the event is an old one, and the world is another by now
        with self._changed:
            if path == self.MARKER:
                self._mark = value
            else:
                self.events.append(Event(path, value, now, seen))
            self._changed.notify_all()

    @property
    def paths(self):
        return [event.path for event in self.events]

    def clear(self):
        """Forget what has happened so far."""
        self.catch_up()
        with self._changed:
            self.events.clear()

    def catch_up(self, timeout=5.0):
        """Wait until all that xenstored has done so far is recorded."""
        mark = str(time.monotonic()).encode()
        with contextlib.closing(Connection(self._path)) as conn:
            Tree(conn).write(self.MARKER, mark)
        with self._changed:
            assert self._changed.wait_for(lambda: self._mark == mark, timeout * FACTOR)

    def wait(self, predicate, timeout=5.0):
        """The first recorded event of which the predicate is true; waits for it."""
        def first():
            return next((event for event in self.events if predicate(event)), None)

        with self._changed:
            self._changed.wait_for(lambda: first() or not self.alive, timeout * FACTOR)
            found = first()
        assert found, f"no such watch event, but these: {self.events}"
        return found

    def close(self):
        self._conn.close()
        self._thread.join()
