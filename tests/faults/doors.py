# SPDX-License-Identifier: GPL-2.0-or-later
"""The doors by which a NIC gets onto a bridge, and what is right when a call fails on the way.

A door is made once a worker, in a host of its own, and tries one fault after the other.
"""

import array
import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from bed import BUILD, Result
from faults import calls, environment
from isolation import wait_until
from sweep import Outcome
from xenstore import FACTOR

HANGS = 15 * FACTOR  # seconds; the longest that a command waits for anything is 1 s
SECONDS_TO_RECOVER = 3 * FACTOR

XEN = "[xen]\nserve = all\nscript-wait = 1\ntoolstack-delay = 100\n"


def difference(before, now):
    """How two snapshots of the links differ, in words; None if they do not."""
    texts = [f"{name} is gone" for name in before.keys() - now.keys()]
    for name, link in now.items():
        old = before.get(name)
        if not old:
            texts.append(f"there is {name} (master {link.master}, alias {link.alias!r})")
            continue
        texts += [f"{name}: {field.name} was {getattr(old, field.name)!r}, is {getattr(link, field.name)!r}"
                  for field in dataclasses.fields(link) if getattr(old, field.name) != getattr(link, field.name)]
    return "; ".join(texts) or None


def died_of(rc):
    return f"died of {signal.Signals(-rc).name}" if rc < 0 else f"exit status {rc}"


def one_sentence(text):
    """Is that what somebody who reads stderr wants to see?"""
    return text.count("\n") == 1 and text.endswith("\n")


class Door:
    """What commands and the daemon have in common."""

    name = program = None

    def __init__(self, bed):
        self.bed = bed
        self.log = bed.dir / "calls"
        bed.bridge("br0")

    def environment(self, fault=None):
        self.log.unlink(missing_ok=True)
        return environment(self.program, self.log, fault)


class Command(Door):
    """A program that joins, and ends: or it does not, says why, and leaves everything as it was."""

    def prepare(self):
        """Before each trial: what is to be joined, as it is before."""

    def command(self, env):
        """Run it; returns its Result."""
        raise NotImplementedError

    def joined(self):
        """Is all as it is to be when the command succeeded?"""
        raise NotImplementedError

    def clear(self):
        """After each trial; the links are what they were before prepare()."""

    def run(self, argv, env):
        return self.bed.background(argv, env=env).wait(HANGS / FACTOR)

    def try_to_run(self, env):
        """Its Result, or None and what is wrong."""
        try:
            return self.command(env), None
        except AssertionError as hang:
            return None, f"it hangs: {hang}"

    def record(self):
        self.prepare()
        result = self.command(self.environment())
        assert result.rc == 0 and self.joined(), f"without any fault: {result}"
        return calls(self.log)

    def trial(self, fault):
        self.prepare()
        before = self.bed.snapshot()
        result, hangs = self.try_to_run(self.environment(fault))
        reached = bool(calls(self.log))
        if hangs:
            wrong = [hangs]
        elif result.rc == 0:
            wrong = self.judge_success(result)
        else:
            wrong = self.judge_failure(result, before)
        if hangs or result.rc != 0:
            wrong += self.judge_retry()
        self.clear()
        how = "" if hangs else f"{died_of(result.rc)}: {result.err.strip() or 'nothing on stderr'}"
        return Outcome(fault, reached, how, wrong)

    def judge_success(self, result):
        wrong = [] if self.joined() else [f"it claims success, but: {self.now()}"]
        return wrong + ([f"success, but it says: {result.err}"] if result.err.count("\n") > 1 else [])

    def judge_failure(self, result, before):
        wrong = []
        if result.rc < 0:
            wrong.append("it crashes")
        elif not one_sentence(result.err):
            wrong.append(f"it fails without one sentence on stderr: {result.err!r}")
        changed = difference(before, self.bed.snapshot())
        if changed:
            wrong.append(f"it fails half done: {changed}")
        return wrong

    def judge_retry(self):
        result, hangs = self.try_to_run({})
        if hangs or result.rc != 0 or not self.joined():
            return [f"again, without a fault: {hangs or died_of(result.rc)}: {result and result.err} {self.now()}"]
        return []

    def now(self):
        return {name: (link.up, link.master, link.alias) for name, link in self.bed.snapshot().items()}


class Attach(Command):
    """vifctl attach, with all that it may have to change: name, MTU, bridge, up; the bridge's own MTU is pinned."""

    name, program = "vifctl attach", "vifctl"

    def prepare(self):
        self.tap = self.bed.tap("tap0")

    def command(self, env):
        return self.run(self.bed.vifctl_argv("attach", "tap0", "br0", "name=web0", "mtu=1400"), env)

    def try_to_run(self, env):
        # Half done it may have the new name already: then the same is asked for by that.
        if self.bed.link("web0"):
            self.bed.ip("link set web0 down name tap0")
        return super().try_to_run(env)

    def joined(self):
        return self.bed.in_place("web0") and self.bed.link("web0").mtu == 1400 and self.bed.link("br0").mtu == 1500

    def clear(self):
        self.tap.close()
        self.bed.delete("br0")
        self.bed.bridge("br0")


class Create(Command):
    """vifctl create: a tap that stays."""

    name, program = "vifctl create", "vifctl"

    def command(self, env):
        return self.run(self.bed.vifctl_argv("create", "br0", "web0", "owner=nobody"), env)

    def joined(self):
        return self.bed.in_place("web0") and self.bed.listed("web0")["state"] == "ok"

    def clear(self):
        for name in set(self.bed.links()) - {"br0"}:
            self.bed.delete(name)


class Run(Command):
    """vifctl run: a tap that the program opens by its name, and one that it is given."""

    name, program = "vifctl run", "vifctl"
    running = None

    def command(self, env):
        self.stop()
        argv = self.bed.vifctl_argv("run", "--nic", "br0,name=web0", "--nic", "br0,name=web1", "--",
                                    "sh", "-c", "echo {name} {fd1}; exec sleep 1000")
        self.running = running = self.bed.background(argv, env=env)
        assert wait_until(lambda: "\n" in running.output() or running.poll() is not None, HANGS), running.argv
        if running.poll() is None:
            return Result(running.argv, 0, running.output(), "", 0)
        return running.wait()

    def stop(self):
        if self.running and self.running.poll() is None:
            self.running.process.kill()
            self.running.wait()

    def joined(self):
        return self.bed.in_place("web0") and self.bed.in_place("web1") and self.running.poll() is None

    def clear(self):
        self.stop()
        for name in set(self.bed.links()) - {"br0"}:
            self.bed.delete(name)


class Online(Command):
    """vif-agent online: the hotplug script, with a real xenstored."""

    name, program = "vif-agent online", "vif-agent"

    def __init__(self, bed):
        super().__init__(bed)
        bed.conf.write_text(XEN)
        self.xs = bed.xenstored()
        self.domid = 0

    def prepare(self):
        self.domid += 1
        self.vif = f"vif{self.domid}.0"
        self.nic = self.bed.nic(self.xs, self.domid, 0)
        self.nic.netback_ready()
        self.bed.vif(self.vif)

    def command(self, env):
        return self.run([*self.bed.script_argv(), "online", "type_if=vif"], self.bed.script_env(self.nic) | env)

    def joined(self):
        return self.bed.in_place(self.vif) and self.nic.status() == "connected" and self.nic.error() is None

    def judge_failure(self, result, before):
        wrong = super().judge_failure(result, before)
        if self.nic.status() == "connected":
            wrong.append("it fails, but netback is told that it is connected")
        return wrong

    def now(self):
        return f"{super().now()}, hotplug-status {self.nic.status()!r}, hotplug-error {self.nic.error()!r}"

    def clear(self):
        self.bed.delete(self.vif)
        self.nic.remove()
        self.xs.release(self.domid)


class Helper(Command):
    """vif-bridge-helper.  As root: a program that is setuid ignores LD_PRELOAD."""

    name, program = "vif-bridge-helper", "vif-bridge-helper"
    tap = None

    def __init__(self, bed):
        super().__init__(bed)
        bed.mounts.mount("tmpfs", "/etc")
        Path("/etc/qemu").mkdir()
        Path("/etc/qemu/bridge.conf").write_text("allow br0\n")

    def command(self, env):
        self.close()
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        argv = [BUILD / "vif-bridge-helper", "--br=br0", f"--fd={its.fileno()}"]
        process = subprocess.Popen(argv, env=self.bed.env(env), pass_fds=[its.fileno()], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        its.close()
        with mine:
            try:
                _, err = process.communicate(timeout=HANGS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise AssertionError(process.communicate()[1]) from None
            fds = array.array("i")
            for _, _, data in mine.recvmsg(16, socket.CMSG_LEN(16 * 4))[1]:
                fds.frombytes(data)
        self.tap = fds[0] if fds else None
        return Result(argv, process.returncode, "", err, 0)

    def judge_failure(self, result, before):
        return super().judge_failure(result, before) + (["it fails, but sends a tap"] if self.tap else [])

    def joined(self):
        ports = self.bed.ports("br0")
        return self.tap is not None and len(ports) == 1 and self.bed.in_place(ports[0])

    def close(self):
        if self.tap is not None:
            os.close(self.tap)
        self.tap = None

    def clear(self):
        self.close()


class Daemon(Door):
    """vifagentd: it may refuse to start, in one sentence.  Once it is ready it never ends, and always recovers."""

    program = "vifagentd"
    seconds = 5  # so long its calls are recorded

    def prepare(self):
        """Before the daemon starts."""

    def happen(self):
        """Things to do for the daemon; a generator, so that a fault that was met ends them early."""
        raise NotImplementedError

    def in_order(self):
        raise NotImplementedError

    def knock(self):
        """Take all ports off their bridges."""
        raise NotImplementedError

    def clear(self):
        """After the daemon has ended."""

    def start(self, env):
        self.bed.daemons.clear()
        return self.bed.daemon(env=env, wait=False)

    def is_ready(self, daemon):
        wait_until(lambda: daemon.status_text or not daemon.running(), SECONDS_TO_RECOVER)
        return daemon.running() and daemon.status_text

    def live(self, done):
        """Its first seconds, unless done() is true before."""
        end = time.monotonic() + self.seconds
        for _ in self.happen():
            if done():
                return
            time.sleep(0.03)
        wait_until(lambda: done() or time.monotonic() > end, self.seconds)

    def record(self):
        self.prepare()
        daemon = self.start(self.environment())
        try:
            assert self.is_ready(daemon), daemon.log()
            self.live(lambda: False)
            wrong = self.judge(daemon)
            assert not wrong, f"without any fault: {wrong}\n{daemon.log()}"
        finally:
            daemon.close()
        return calls(self.log)

    def trial(self, fault):
        self.prepare()
        daemon = self.start(self.environment(fault))
        try:
            if self.is_ready(daemon):
                self.live(lambda: calls(self.log))
                wrong = self.judge(daemon)
            elif daemon.running():
                wrong = [f"not ready after {SECONDS_TO_RECOVER} s"]
            else:
                wrong = self.judge_refusal(daemon)
            reached = bool(calls(self.log))
            how = daemon.log()
        finally:
            daemon.close()
            self.clear()
        return Outcome(fault, reached, how, wrong)

    def judge_refusal(self, daemon):
        """It did not start: the next one must."""
        rc, log = daemon.process.wait(), daemon.log()
        wrong = [] if rc > 0 and one_sentence(log) else [f"it does not start: {died_of(rc)}: {log or 'without a word'}"]
        daemon.close()
        again = self.start({})
        try:
            if not self.is_ready(again):
                wrong.append(f"started again it is not ready: {again.log()}")
            else:
                self.live(lambda: False)
                wrong += self.judge(again)
        finally:
            again.close()
        return wrong

    def judge(self, daemon):
        """Is it alive, all in order, and does it put back what is knocked off, and end when it is told to?"""
        for what in "what came before", "all were knocked off their bridge once more":
            if not wait_until(lambda: not daemon.running() or self.in_order(), SECONDS_TO_RECOVER, 0.01):
                return [f"{SECONDS_TO_RECOVER} s after {what}: {self.now()}"]
            if not daemon.running():
                return [f"it ends: {died_of(daemon.process.wait())}"]
            if what == "what came before":
                self.knock()
        rc = daemon.term()
        return [f"told to end: {died_of(rc)}"] if rc else []

    def now(self):
        return {name: (link.up, link.master, link.alias) for name, link in self.bed.snapshot().items()}


class DaemonJoins(Daemon):
    """A NIC's keys and link appear while the daemon is there; it joins it, and tells netback."""

    name = "vifagentd, a Xen NIC"
    domid = 0

    def __init__(self, bed):
        super().__init__(bed)
        bed.conf.write_text(XEN)
        self.xs = bed.xenstored()

    def prepare(self):
        self.domid += 1
        self.vif = f"vif{self.domid}.0"
        self.nic = self.bed.nic(self.xs, self.domid, 0, script="/bin/true")

    def happen(self):
        yield
        self.bed.vif(self.vif)
        yield
        self.nic.netback_ready()
        for _ in range(10):
            yield

    def live(self, done):
        super().live(done)
        # What was left out because the fault came early.
        if not self.bed.link(self.vif):
            self.bed.vif(self.vif)
        if self.nic.key("state") == "1":
            self.nic.netback_ready()

    def in_order(self):
        return self.bed.in_place(self.vif) and self.nic.status() == "connected" and self.nic.error() is None

    def knock(self):
        self.bed.ip(f"link set {self.vif} nomaster")

    def clear(self):
        if self.bed.link(self.vif):
            self.bed.delete(self.vif)
        self.nic.remove()
        self.xs.release(self.domid)

    def now(self):
        return f"{super().now()}, hotplug-status {self.nic.status()!r}, hotplug-error {self.nic.error()!r}"


class DaemonKeeps(Daemon):
    """Four ports on two bridges, one of them a tap of a program that opens it by name; all knocked off again and again."""

    name = "vifagentd, 4 ports"

    def __init__(self, bed):
        super().__init__(bed)
        bed.bridge("br1")
        for name, bridge in {"tap0": "br0", "tap1": "br1", "tap2": "br0"}.items():
            bed.tap(name)
            bed.vifctl("attach", name, bridge, check=0)
        self.places = {"tap0": "br0", "tap1": "br1", "tap2": "br0", "web0": "br1"}
        self.guest = None

    def prepare(self):
        self.end_guest()
        self.guest = self.bed.background(self.bed.vifctl_argv("run", "--nic", "br1,name=web0", "--",
                                                              "sh", "-c", "echo {name}; exec sleep 1000"))
        assert wait_until(self.guest.output, HANGS)

    def end_guest(self):
        if self.guest:
            self.guest.process.kill()
            self.guest.wait()
        if self.bed.link("web0"):
            self.bed.delete("web0")

    def happen(self):
        for _ in range(3):
            for name in self.places:
                self.bed.ip(f"link set {name} nomaster")
                yield
            for _ in range(5):
                yield

    def in_order(self):
        return all(self.bed.in_place(name, bridge) for name, bridge in self.places.items())

    def knock(self):
        for name in self.places:
            self.bed.ip(f"link set {name} nomaster")

    def clear(self):
        self.end_guest()
        for name, bridge in self.places.items():
            if self.bed.link(name) and not self.bed.in_place(name, bridge):
                with contextlib.suppress(AssertionError):
                    self.bed.vifctl("attach", name, bridge, check=0)


COMMANDS = [Attach, Create, Run, Online, Helper]
DAEMONS = [DaemonJoins, DaemonKeeps]
