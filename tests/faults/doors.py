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

from bed import BUILD, PORT_MAC, Result
from faults import calls, environment
from isolation import wait_until
from sweep import Outcome
from xenstore import FACTOR

MAC, PORT_OF_MAC = "52:54:00:12:34:56", "fe:54:00:12:34:56"

HANGS = 15 * FACTOR  # seconds; the longest that a command waits for anything is 1 s
SECONDS = 3  # in which all is to be in order again
DOOMED = 77  # a group of links

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

    def environment(self, fault=None):
        self.log.unlink(missing_ok=True)
        return environment(self.program, self.log, fault)

    def prepare(self):
        """Before each trial: what is to be joined, as it is before.  A bridge that has had a port is another."""
        self.bed.bridge("br0")

    def clear(self):
        """After each trial: all links go at once, which takes one wait of the kernel's in place of many."""
        for name in self.bed.links():
            self.bed.set_group(name, DOOMED)
        self.bed.delete_group(DOOMED)

    def trial(self, fault):
        """The Outcome of a fault."""
        self.prepare()
        try:
            return self.play(fault)
        finally:
            self.clear()

    def now(self):
        """For a report: the links as they are."""
        return {name: (link.up, link.master, link.alias) for name, link in self.bed.snapshot().items()}


class Command(Door):
    """A program that joins, and ends: or it does not, says why, and leaves everything as it was."""

    every = True  # each of its calls fails once, not only each call site

    def command(self, env):
        """Run it; returns its Result."""
        raise NotImplementedError

    def joined(self):
        """Is all as it is to be when the command succeeded?"""
        raise NotImplementedError

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

    def play(self, fault):
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


class Attach(Command):
    """vifctl attach, with all that it may have to change: name, MTU, bridge, up; the bridge's own MTU is pinned."""

    name, program = "vifctl attach", "vifctl"

    def prepare(self):
        super().prepare()
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
        super().clear()
        self.tap.close()


class AttachGuarded(Attach):
    """The same on a network with a guard: nftables is asked, too, and has nothing of ours before."""

    name = "vifctl attach, guarded"
    every = False  # a thousand, most of them for rules that are all alike

    def prepare(self):
        super().prepare()
        self.bed.conf.write_text("[network red]\nbridge = br0\nguard = ip\n")

    def command(self, env):
        return self.run(self.bed.vifctl_argv("attach", "tap0", "red", "name=web0", "mtu=1400",
                                             f"mac={MAC}", "ip=192.0.2.7"), env)

    def guarded(self):
        """The ports whose guard stands."""
        found = self.bed.run(["nft", "-j", "list", "set", "bridge", "vifagent", "ports"], check=None)
        return len(found.json()["nftables"][1]["set"].get("elem", [])) if found.rc == 0 else 0

    def joined(self):
        return (self.bed.in_place("web0", mac=PORT_OF_MAC) and self.bed.link("web0").mtu == 1400
                and self.guarded() == 1)

    def judge_failure(self, result, before):
        return super().judge_failure(result, before) + (["a guard is left"] if self.guarded() else [])

    def clear(self):
        super().clear()
        self.bed.run(["nft", "delete", "table", "bridge", "vifagent"], check=None)


class AttachTold(Attach):
    """The same on a network whose bridge is told addresses instead of learning them."""

    name = "vifctl attach, learning = no"

    def prepare(self):
        super().prepare()
        self.bed.conf.write_text("[network red]\nbridge = br0\nlearning = no\nlocked = yes\n")

    def command(self, env):
        return self.run(self.bed.vifctl_argv("attach", "tap0", "red", "name=web0", "mtu=1400", f"mac={MAC}"), env)

    def told(self):
        """Is there a sticky entry?"""
        return "sticky" in self.bed.run(["bridge", "fdb", "show", "br", "br0"]).out

    def joined(self):
        return (self.bed.in_place("web0", mac=PORT_OF_MAC) and self.bed.link("web0").port["learning"] == 0
                and self.told())

    def judge_failure(self, result, before):
        return super().judge_failure(result, before) + (["an entry is left"] if self.told() else [])


class Create(Command):
    """vifctl create: a tap that stays."""

    name, program = "vifctl create", "vifctl"

    def command(self, env):
        return self.run(self.bed.vifctl_argv("create", "br0", "web0", "owner=nobody"), env)

    def joined(self):
        return self.bed.in_place("web0") and self.bed.listed("web0")["state"] == "ok"


class Run(Command):
    """vifctl run: a tap that the program opens by its name, and one that it is given."""

    name, program = "vifctl run", "vifctl"
    running = None

    def command(self, env):
        self.stop()
        argv = self.bed.vifctl_argv("run", "--nic", f"br0,name=web0,mac={MAC}", "--nic", f"br0,name=web1,mac={MAC}",
                                    "--", "sh", "-c", "echo {name} {fd1}; exec sleep 1000")
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
        return self.running.poll() is None and \
            all(self.bed.in_place(name, mac=PORT_OF_MAC) for name in ("web0", "web1"))

    def clear(self):
        self.stop()
        super().clear()


class Online(Command):
    """vif-agent online: the hotplug script, with a real xenstored."""

    name, program = "vif-agent online", "vif-agent"

    def __init__(self, bed):
        super().__init__(bed)
        bed.conf.write_text(XEN)
        self.xs = bed.xenstored()
        self.domid = 0

    def prepare(self):
        super().prepare()
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
        super().clear()
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
        super().clear()


class Daemon(Door):
    """vifagentd: it may refuse to start, and says why.  Once it is ready it never ends, and always recovers."""

    program = "vifagentd"
    seconds = 5  # so long its calls are recorded

    def happen(self):
        """Things to do for the daemon; a generator, so that a fault that was met ends them early."""
        raise NotImplementedError

    def in_order(self):
        raise NotImplementedError

    def knock(self):
        """Take all ports off their bridges."""
        raise NotImplementedError

    @contextlib.contextmanager
    def started(self, env):
        daemon = self.bed.daemon(env=env, wait=False)
        try:
            yield daemon
        finally:
            daemon.close()
            self.bed.daemons.remove(daemon)
            daemon.log_file.unlink()
            daemon.notify_file.unlink()

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
        with self.started(self.environment()) as daemon:
            assert daemon.becomes_ready(SECONDS), daemon.log()
            self.live(lambda: False)
            wrong = self.judge(daemon)
            assert not wrong, f"without any fault: {wrong}\n{daemon.log()}"
        return calls(self.log)

    def play(self, fault):
        with self.started(self.environment(fault)) as daemon:
            ready = daemon.becomes_ready(SECONDS)
            if ready:
                self.live(lambda: calls(self.log))
                wrong = self.judge(daemon)
            elif daemon.running():
                wrong = [f"not ready after {SECONDS} s: {self.now()}"]
            else:
                wrong = self.judge_refusal(daemon)
            reached = bool(calls(self.log))
            how = daemon.log()
        if not ready:
            wrong += self.judge_next()
        return Outcome(fault, reached, how, wrong)

    @staticmethod
    def judge_refusal(daemon):
        rc = daemon.process.wait()
        if rc > 0 and daemon.log():
            return []
        return [f"it does not start, without saying why: {died_of(rc)}"]

    def judge_next(self):
        """One did not start: the next one must."""
        with self.started({}) as daemon:
            if not daemon.becomes_ready(SECONDS):
                return [f"started again it is not ready: {daemon.log()}"]
            self.live(lambda: True)
            return [f"started again: {text}" for text in self.judge(daemon)]

    def judge(self, daemon):
        """Is it alive, all in order, and does it put back what is knocked off, and end when it is told to?"""
        for what in "what came before", "all were knocked off their bridge once more":
            if not wait_until(lambda: not daemon.running() or self.in_order(), SECONDS * FACTOR, 0.01):
                return [f"not in order {SECONDS} s after {what}: {self.now()}"]
            if not daemon.running():
                return [f"it ends: {died_of(daemon.process.wait())}"]
            if what == "what came before":
                self.knock()
        try:
            rc = daemon.term()
        except subprocess.TimeoutExpired:
            return ["told to end, it goes on"]
        return [f"told to end: {died_of(rc)}"] if rc else []


class DaemonJoins(Daemon):
    """A NIC's keys and link appear while the daemon is there; it joins it, and tells netback."""

    name = "vifagentd, a Xen NIC"
    domid = 0

    def __init__(self, bed):
        super().__init__(bed)
        bed.conf.write_text(XEN)
        self.xs = bed.xenstored()

    def prepare(self):
        super().prepare()
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
        super().clear()
        self.nic.remove()
        self.xs.release(self.domid)

    def now(self):
        return f"{super().now()}, hotplug-status {self.nic.status()!r}, hotplug-error {self.nic.error()!r}"


class DaemonKeeps(Daemon):
    """Four ports on two bridges, one of them a tap of a program that opens it by name; all knocked off again and again."""

    name = "vifagentd, 4 ports"

    places = {"tap0": "br0", "tap1": "br1", "tap2": "br0", "web0": "br1"}

    def prepare(self):
        super().prepare()
        self.bed.bridge("br1")
        self.taps = [self.bed.tap(name) for name in self.places if name != "web0"]
        for tap in self.taps:
            self.bed.vifctl("attach", tap.name, self.places[tap.name], check=0)
        self.guest = self.bed.background(self.bed.vifctl_argv(
            "run", "--nic", f"br1,name=web0,mac={MAC}", "--", "sh", "-c", "echo {name}; exec sleep 1000"))
        assert wait_until(self.guest.output, HANGS)

    def happen(self):
        for _ in range(3):
            for name in self.places:
                self.bed.ip(f"link set {name} nomaster")
                yield
            for _ in range(5):
                yield

    def in_order(self):
        return all(self.bed.in_place(name, bridge, PORT_OF_MAC if name == "web0" else PORT_MAC)
                   for name, bridge in self.places.items())

    def knock(self):
        for name in self.places:
            self.bed.ip(f"link set {name} nomaster")

    def clear(self):
        self.guest.process.kill()
        self.guest.wait()
        super().clear()
        for tap in self.taps:
            tap.close()


COMMANDS = [Attach, AttachGuarded, AttachTold, Create, Run, Online, Helper]
DAEMONS = [DaemonJoins, DaemonKeeps]
