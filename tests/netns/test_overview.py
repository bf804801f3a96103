# SPDX-License-Identifier: GPL-2.0-or-later
"""What an administrator sees of a host: status, list, networks, doctor, graph, metrics; and apply, reload."""

import json
import os
import pty
import re
import select
import signal
import subprocess

import pytest

from bed import BUILD, TOP
from spoofed import MAC

CONF = """\
[network red]
bridge = br0
[network office]
bridge = br1
isolated = yes
rate = 20mbit
[network direct]
kind = macvtap
device = switch0
"""


@pytest.fixture
def host(bed):
    """A bridge with an uplink, one that is down, and two ports."""
    bed.bridge("br0")
    bed.ip("link add br1 type bridge")
    bed.vif("eth0", peer="switch0")
    bed.ip("link set eth0 master br0 up")
    bed.ip("link set switch0 up")
    bed.conf.write_text(CONF)
    bed.tap("web0")
    bed.tap("db0")
    bed.vifctl("attach", "web0", "red", f"mac={MAC}", check=0)
    bed.vifctl("attach", "db0", "office", check=0)
    return bed


def at_a_terminal(bed, *args, columns=200, env=None):
    """What vifctl prints on a terminal, as it is."""
    master, slave = pty.openpty()
    subprocess.run(["stty", "cols", str(columns)], stdin=slave, check=True)
    with subprocess.Popen(bed.vifctl_argv(*args), stdout=slave, stderr=slave, stdin=slave,
                          env={**bed.env(None), "TERM": "xterm", **(env or {})}) as process:
        os.close(slave)
        out = b""
        try:
            while chunk := os.read(master, 65536):
                out += chunk
        except OSError:
            pass  # the other side is closed
        process.wait()
    os.close(master)
    return out.decode().replace("\r\n", "\n")


# ---- status, networks

def test_status_is_the_host_on_one_screen(host):
    out = host.vifctl("status", check=0).out
    assert re.search(r"^daemon +vifagentd is not running$", out, re.M)
    assert re.search(r"^configuration +valid, 3 networks$", out, re.M)
    assert re.search(r"^ports +2 ok$", out, re.M)
    assert re.search(r"^  br0 +mtu 1500, 1 port, uplink eth0$", out, re.M)
    assert re.search(r"^  br1 +down, mtu 1500, 1 port, no uplink$", out, re.M)
    daemon = host.daemon()
    host.ip("link del br1")
    host.until(lambda: re.search(r"^  db0 +waiting: .*br1 does not exist", host.vifctl("status", check=0).out, re.M))
    out = host.vifctl("status", check=0).out
    assert re.search(rf"^daemon +running, pid {daemon.pid}$", out, re.M)
    assert re.search(r"^ports +1 ok, 1 waiting$", out, re.M) and re.search(r"^  br1 +missing", out, re.M)
    status = host.vifctl("status", "--json", check=0).json()
    assert status["daemon"] and status["ports"]["waiting"] == 1
    assert {n["name"]: n["exists"] for n in status["networks"]} == {"br0": True, "br1": False, "switch0": True}


def test_status_with_a_broken_configuration(host):
    host.conf.write_text("[network red]\nx = y\n")
    out = host.vifctl("status").out
    assert re.search(r"^configuration +.*line 2", out, re.M)


def test_networks_are_listed_with_their_settings(host):
    lines = {line.split()[0]: line.split(None, 5)[1:] for line in host.vifctl("networks", check=0).out.splitlines()}
    assert lines["red"] == ["bridge", "br0", "up", "1", "-"]
    assert lines["office"] == ["bridge", "br1", "down", "1", "rate 20mbit, isolated yes"]
    assert lines["direct"] == ["macvtap", "switch0", "up", "0", "mode vepa"]
    assert [n["name"] for n in host.vifctl("networks", "--json", check=0).json()] == ["red", "office", "direct"]


# ---- list

def test_list_at_a_terminal_has_a_head_and_colours(host):
    out = at_a_terminal(host, "list")
    plain = re.sub("\033\\[[0-9]*m", "", out)
    head, *rows = plain.splitlines()[:3]
    assert head.split() == ["PORT", "STATE", "NETWORK", "GUARD", "BY", "WHY"]
    assert rows[0].split()[:5] == ["web0", "ok", "red", "-", "hand"] and "20mbit" in rows[1]
    assert "\033[33mok" in out  # in order, but nobody has the tap open or the bridge is down
    assert "\033" not in at_a_terminal(host, "list", env={"NO_COLOR": "1"})
    assert "\033" not in at_a_terminal(host, "--color", "never", "list")
    assert "\033" in host.vifctl("--color", "always", "networks", check=0).out
    assert host.vifctl("--color", "x", "list").rc == 2


def test_list_without_a_terminal_is_one_line_a_port(host):
    out = host.vifctl("list", check=0).out
    assert [line.split()[:4] for line in out.splitlines()] == [["web0", "ok", "red", "hand"], ["db0", "ok", "office", "hand"]]


def test_on_a_narrow_terminal_a_reason_has_a_line_of_its_own(host):
    host.ip("link del br1")
    out = at_a_terminal(host, "list", columns=60, env={"NO_COLOR": "1"})
    assert "\n    network office (requested by hand): bridge br1 does not exist" in out


def test_without_ports_it_says_so(bed):
    assert at_a_terminal(bed, "list") == "no ports\n"


def test_a_tree_has_ports_under_their_bridges(host):
    assert host.vifctl("list", "--tree", check=0).out.splitlines() == [
        "br0", "|-- eth0", "|-- web0 ok", "br1", "|-- db0 ok: bridge down", "switch0"]


def test_guests_have_the_names_of_their_domains(bed):
    xs = bed.xenstored()
    bed.bridge("br0")
    bed.vif("vif5.0")
    nic = bed.nic(xs, 5, 0)
    xs.write("/local/domain/5/name", 'mail\033[31m"\\')
    bed.daemon()
    bed.until(lambda: bed.in_place("vif5.0"))
    del nic
    assert 'mail?[31m"\\' in at_a_terminal(bed, "list", env={"NO_COLOR": "1"})
    assert '"guest:mail?[31m??"' in bed.vifctl("graph", check=0).out
    assert 'domain="mail?[31m\\"\\\\"' in bed.vifctl("metrics", check=0).out


def test_guests_have_the_names_that_qemu_is_given(host):
    program = host.background(host.vifctl_argv("run", "--nic", "red,name=mail0", "--", "sh", "-c", "echo {name}; sleep 60",
                                               "-name", "guest=mail,debug-threads=on"))
    host.until(lambda: program.output())
    assert re.search(r"^mail0 +ok +red +mail ", at_a_terminal(host, "list", env={"NO_COLOR": "1"}), re.M)
    assert shown(host, "mail") == ["mail0"]


def test_a_tap_that_only_a_descriptor_leads_to_has_its_guests_name_too(host):
    program = host.background(host.vifctl_argv("run", "--nic", "red", "--", "bash", "-c", "echo {name}; sleep 60 & wait",
                                             "{fd}", "-name", "mail"))
    host.until(lambda: program.output())
    assert re.search(rf"^{program.output().strip()} +ok +red +mail ", at_a_terminal(host, "list", env={"NO_COLOR": "1"}), re.M)


def test_a_guest_of_another_network_namespace_is_not_ours(host):
    """It may have a tap of the same name."""
    code = ("import fcntl,struct,sys,time; f=open('/dev/net/tun','r+b',0); "
            "fcntl.ioctl(f, 0x400454ca, struct.pack('16sH22x', b'web0', 0x1002)); print('open', flush=True); time.sleep(60)")
    program = host.background(["unshare", "-n", "/usr/bin/python3", "-c", code, "-name", "foreign"])
    host.until(lambda: "open" in program.output())
    assert "foreign" not in host.vifctl("metrics", check=0).out


# ---- show

def shown(bed, *args):
    return re.findall(r"^(\S+): ", bed.vifctl("show", *args, check=0).out, re.M)


def test_show_takes_a_bridge_a_network_or_a_domain(host):
    assert shown(host, "br0") == ["web0"] and shown(host, "office") == ["db0"] and shown(host, "web0") == ["web0"]
    assert host.vifctl("show", "direct", check=0).err == 'vifctl: note: "direct" has no ports\n'
    assert "no network or guest has this name" in host.vifctl("show", "nobody", check=1).err
    xs = host.xenstored()
    host.vif("vif7.0")
    nic = host.nic(xs, 7, 0, bridge="br0")
    xs.write("/local/domain/7/name", "mail")
    assert shown(host, "mail") == shown(host, "7") == ["vif7.0"] and set(shown(host, "br0")) == {"vif7.0", "web0"}
    del nic


# ---- apply, reload

def test_apply_does_what_plan_shows(host):
    host.ip("link set web0 nomaster")
    host.ip("link set db0 nomaster")
    assert "master br0" in host.vifctl("plan", "web0", check=0).out
    assert "web0: " in host.vifctl("apply", "web0", check=0).out
    assert host.in_place("web0", "br0", mac="fe:" + MAC[3:]) and host.link("db0").master is None
    host.vifctl("apply", check=0)
    assert host.link("db0").master == "br1" and host.vifctl("apply", check=0).out == ""
    host.ip("link del br1")
    result = host.vifctl("apply", check=1)
    assert "db0: waiting: network office" in result.err
    assert "does not exist" in host.vifctl("apply", "nobody", check=1).err


def test_apply_of_an_emulated_tap_alone(bed):
    xs = bed.xenstored()
    bed.bridge("br0")
    bed.vif("vif5.0")
    bed.tap("vif5.0-emu")
    nic = bed.nic(xs, 5, 0, type="vif_ioemu")
    bed.vifctl("apply", check=0)
    assert bed.in_place("vif5.0") and bed.in_place("vif5.0-emu")
    del nic
    bed.ip("link set vif5.0-emu nomaster")
    bed.vifctl("apply", "vif5.0-emu", check=0)
    assert bed.in_place("vif5.0-emu")


def test_reload_gives_the_daemon_its_new_configuration(host):
    assert "not running" in host.vifctl("reload", check=1).err
    host.daemon()
    host.conf.write_text("[network red]\nx = y\n")
    assert "line 2" in host.vifctl("reload", check=1).err
    host.conf.write_text(CONF.replace("bridge = br0", "bridge = br1"))
    host.vifctl("reload", check=0)
    host.until(lambda: host.link("web0").master == "br1")


# ---- graph, metrics

def test_a_graph_is_what_dot_reads(host):
    host.ip("link del br1")
    out = host.vifctl("graph", check=0).out
    assert '"port:web0" -- "link:br0"' in out and '"link:br0" -- "link:eth0"' in out
    assert re.search(r'"port:db0" -- "link:br1" \[label="waiting: network office .*", style=dashed\]', out)
    drawn = subprocess.run(["dot", "-Tsvg"], input=out, text=True, capture_output=True, check=True)
    assert "<svg" in drawn.stdout and drawn.stderr == ""


def test_metrics_are_what_prometheus_reads(host):
    from prometheus_client.parser import text_string_to_metric_families
    families = {f.name: f for f in text_string_to_metric_families(host.vifctl("metrics", check=0).out)}
    infos = {s.labels["device"]: s.labels for s in families["vif_info"].samples}
    assert infos["web0"] == {"device": "web0", "domain": "", "network": "red", "mac": MAC, "vlan": ""}
    states = {(s.labels["device"], s.labels["state"]): s.value for s in families["vif_state"].samples}
    assert states["web0", "ok"] == 1 and states["web0", "waiting"] == 0
    assert families["vif_sent_bytes"].type == "counter" and families["vifagent_daemon"].samples[0].value == 0
    drops = {(s.labels["device"], s.labels["reason"]) for s in families["vif_dropped_frames"].samples}
    assert ("db0", "sent-too-fast") in drops


def test_bytes_are_named_as_the_guest_sees_them(host):
    tap = host._taps[0]
    for _ in range(5):
        os.write(tap.fd, bytes(60))
    out = host.vifctl("metrics", check=0).out
    assert 'vif_sent_frames_total{device="web0"} 5\n' in out and 'vif_sent_bytes_total{device="web0"} 300\n' in out


def metric(bed, name):
    found = re.search(rf"^{name} (\d+)$", bed.vifctl("metrics", check=0).out, re.M)
    return int(found[1]) if found else None


def test_corrections_are_counted(host):
    assert metric(host, "vifagent_daemon") == 0 and metric(host, "vifagent_corrections_total") is None
    daemon = host.daemon()
    host.until(lambda: metric(host, "vifagent_corrections_total") == 0)
    for n in 1, 2:
        host.ip("link set web0 nomaster")
        host.until(lambda n=n: metric(host, "vifagent_corrections_total") == n)
    daemon.stop()  # it is alive, and does not answer
    assert metric(host, "vifagent_daemon") == 1 and metric(host, "vifagent_corrections_total") is None
    daemon.cont()


def test_metrics_in_a_file_are_never_half_of_it(host):
    file = host.dir / "vifagent.prom"
    file.write_text("old")
    inode = file.stat().st_ino
    host.vifctl("metrics", str(file), check=0)
    assert file.read_text().startswith("# HELP") and file.stat().st_ino != inode
    assert not (host.dir / "vifagent.prom.new").exists()
    assert "No such file" in host.vifctl("metrics", "/nowhere/x.prom", check=1).err


# ---- what people try first

@pytest.mark.parametrize("words, answer", [
    ("attach br0 web0", "attach takes the link first and then the network: vifctl attach web0 br0"),
    ("attach web0 bridge=br0", "attach takes the network's name alone"),
    ("attach web0 br0 vlan 10", "write vlan=VALUE, with = and without blanks"),
    ("attach web0 br0 rate=10mbit", "is a setting of networks: set it in [network NAME]"),
    ("attach web0 br0 guard=ip", "is a setting of networks: set it in [network NAME]"),
    ("add web0 br0", "did you mean attach?"), ("ls", "did you mean list?"), ("lst", "did you mean list?"),
    ("network-attach web0", "did you mean attach?"), ("rm web0", "did you mean detach?"),
])
def test_what_other_tools_call_it_is_answered_with_our_word(host, words, answer):
    result = host.vifctl(*words.split())
    assert result.rc == 2 and answer in result.err and result.err.count("\n") == 1


# ---- JSON

def fits(value, schema, where="port"):
    """As much of JSON Schema as doc/ports.schema.json uses."""
    kinds = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list, "null": type(None)}
    if "enum" in schema:
        assert value in schema["enum"], f"{where}: {value}"
    if types := schema.get("type"):
        types = [types] if isinstance(types, str) else types
        assert any(isinstance(value, kinds[t]) for t in types), f"{where}: {value}"
    if isinstance(value, dict) and "properties" in schema:
        assert set(value) <= set(schema["properties"]) and set(schema.get("required", [])) <= set(value), f"{where}: {set(value)}"
        for key, part in value.items():
            fits(part, schema["properties"][key], f"{where}.{key}")
    for part in value if isinstance(value, list) else []:
        fits(part, schema["items"], f"{where}[]")


def test_json_is_as_its_schema_says(host):
    schema = json.loads((TOP / "doc/ports.schema.json").read_text(encoding="utf-8"))
    host.vifctl("create", "direct", "mv0", check=0)
    host.ip("link del br1")
    for verb in (["list"], ["list", "--all"], ["show", "web0"], ["plan"]):
        ports = host.vifctl(*verb, "--json", check=0).json()
        assert ports
        fits(ports, schema)


def test_monitor_has_the_time_of_each_change(host):
    schema = json.loads((TOP / "doc/ports.schema.json").read_text(encoding="utf-8"))
    monitor = host.background(host.vifctl_argv("monitor", "--json"))
    host.until(lambda: monitor.output().count("\n") >= 2)
    monitor.process.terminate()
    monitor.wait(5)
    ports = [json.loads(line) for line in monitor.output().splitlines()]
    fits(ports, schema)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", port["time"]) for port in ports)


# ---- completion, and the manual

def completed(bed, *words):
    return set(bed.vifctl("complete", *words, check=0).out.split())


def test_what_may_follow(host):
    assert {"attach", "status", "--json"} < completed(host, "")
    assert {"web0", "br0", "eth0"} < completed(host, "attach", "")
    assert completed(host, "attach", "web0", "") == {"red", "office", "direct", "br0", "br1"}
    assert {"mac=", "alias=replace"} < completed(host, "attach", "web0", "red", "mac=x", "")
    assert completed(host, "run", "--nic", "") == completed(host, "create", "") == {"red", "office", "direct", "br0", "br1"}
    assert {"web0", "red", "br0"} < completed(host, "show", "")
    assert completed(host, "show", "web0", "-") == {"--json", "--help"}
    assert completed(host, "list", "--t") == {"--json", "--help", "--all", "--tree"}
    assert completed(host, "delete", "web0", "") == {"force"} and completed(host, "show", "web0", "") == set()


SHELLS = {  # how it starts without files of its user's, and what loads the completion
    "bash": (["bash", "--norc", "--noprofile", "-i"], ". {dir}/vifctl.bash"),
    "zsh": (["zsh", "-f", "-i"], "fpath=({dir} $fpath); autoload -Uz compinit; compinit -u -D"),
    "fish": (["fish", "--no-config", "-i"], "source {dir}/vifctl.fish"),
}


TYPED = {"net\t": "direct +macvtap", "show we\t--js\t": '"name":"web0"', "attach db0 offi\t": "office"}


class Shell:
    """A shell at a terminal."""

    def __init__(self, bed, argv):
        env = bed.env({"TERM": "dumb", "PS1": "$ ", "HOME": bed.dir, "PATH": f"{bed.dir}:{os.environ['PATH']}"})
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, env)
        subprocess.run(["stty", "cols", "200"], stdin=self.fd, check=True)
        self.printed = ""

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def prints(self, pattern):
        """Has it printed that by now?"""
        while select.select([self.fd], [], [], 0)[0]:
            self.printed += os.read(self.fd, 65536).decode(errors="replace")
        return re.search(pattern, self.printed, re.S)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.mark.parametrize("name", SHELLS)
def test_a_shell_completes(host, name):
    """Its user types the beginnings of words and presses Tab."""
    vifctl = host.dir / "vifctl"
    vifctl.write_text("#!/bin/sh\nexec " + " ".join(map(str, host.vifctl_argv())) + ' "$@"\n')
    vifctl.chmod(0o755)
    argv, load = SHELLS[name]
    shell = Shell(host, argv)
    try:
        shell.type(load.format(dir=TOP / "completion") + "; echo rea''dy\n")
        host.until(lambda: shell.prints(r"ready\r*\n.*[$#] "), what="it is ready")
        for keys, pattern in TYPED.items():
            shell.printed = ""
            shell.type(f"vifctl {keys}\n")
            host.until(lambda pattern=pattern: shell.prints(pattern + ".*[$#] "), what=f"{name} prints {pattern}")
    finally:
        shell.close()


def manual(name):
    text = (TOP / "doc" / name).read_text(encoding="utf-8")
    return re.sub(r'\\f.|^\.[A-Z]+ |"', " ", text.replace("\\-", "-"), flags=re.M)


def test_each_verb_and_option_is_in_the_manual(bed):
    page = manual("vifctl.8")
    usage = bed.vifctl("--help", check=0).out
    verbs = set(re.findall(r"^vifctl ([a-z-]+)", usage, re.M))
    assert len(verbs) > 20
    for verb in verbs - {"complete"}:
        assert re.search(rf"vifctl +(qemu-ifup *[|] *)?{verb}\b", page), f"{verb} is not in the synopsis"
        assert re.search(rf"^ *(qemu-ifup *, *)?{verb}\b", page, re.M), f"{verb} is not described"
    for option in re.findall(r"--[a-z]+", usage):
        assert option in page, option
    assert verbs <= completed(bed, "")


def test_each_key_of_the_configuration_is_in_the_manual(bed):
    page = manual("vifagent.conf.5")
    bed.conf.write_text("[network red]\nnonsense = 1\n")
    error = bed.vifctl("check", check=1).err
    keys = re.search(r"use (.*) or an option of ports", error)[1].replace(", ", " ").split()
    assert len(keys) > 8
    for key in keys:
        assert re.search(rf"\b{key} *=", page), key
