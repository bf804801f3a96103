# SPDX-License-Identifier: GPL-2.0-or-later
"""Values from the enemy, wherever a value comes in: refused or ignored, and nothing changes.

Some values are harmless in one place (a link may well be called "-1"); then they may be taken for
what they are there, and for nothing else.
"""

import os

import pytest

from bed import TOP

PWNED = "/run/bed/pwned"

VALUES = {
    "empty": b"",
    "space": b" ",
    "nul-at-the-end": b"br0\0",
    "nul-inside": b"br0\0evil",
    "newline": b"br0\n",
    "forged-line": b"x\nvif5.0: attached to bridge br0 (network br0, requested by hand)",
    "escape-sequence": b"\x1b[2J\x1b]0;x\x07",
    "slash": b"/",
    "path": b"../../../etc/passwd",
    "dot": b".",
    "dots": b"..",
    "format": b"%s%n%s%n",
    "template": b"vif%d",
    "shell": b"$(touch /run/bed/pwned)",
    "backticks": b"`touch /run/bed/pwned`",
    "semicolon": b";touch /run/bed/pwned;",
    "quotes": b"'\"\\",
    "record": b"br0 leave=1 was.name=lo",
    "colon": b"br0:1",
    "16-characters": b"abcdefghijklmnop",
    "4000-bytes": b"a" * 4000,
    "most-that-xenstored-takes": None,
    "not-utf8": b"\xff\xfe\x80",
    "utf8": "brücke".encode(),
    "negative": b"-1",
    "plus": b"+1500",
    "huge": b"99999999999999999999999",
    "2**32+1500": b"4294968796",
    "hex": b"0x5dc",
    "leading-zeros": b"001500",
    "fraction": b"1500.5",
    "lo": b"lo",
    "another-hosts-link": b"eth0",
    "another-nics-link": b"vif5.0",
}

KEYS = ["bridge", "vifname", "mtu", "script", "state", "online", "type", "hotplug-status", "mac"]

# What may come of a value in a key other than "refused, nothing changed": of a strange state, say,
# the NIC is all the same to be joined.
HARMLESS = {"state", "online", "type", "hotplug-status", "mac"}


def everything(value):
    """Parametrize over all values, under their names."""
    return pytest.mark.parametrize(value, VALUES.values(), ids=VALUES.keys())


def hostile_value(value, path):
    return b"b" * (4096 - len(path) - 1) if value is None else value


def sane(text):
    """Is this fit for a terminal and a log: printable lines of bearable length?"""
    return all(line.isprintable() and len(line) < 1100 for line in text.split("\n"))


def a_name(value):
    """The value, if the kernel and people would have it for a link's name."""
    text = (value or b"").decode("ascii", "replace").replace("\ufffd", " ")
    fit = 0 < len(text) < 16 and text.isprintable() and text not in (".", "..")
    return text if fit and not set(" /:%=") & set(text) else None


@pytest.fixture
def host(bed):
    """A host in order: uplink, bridge, and a NIC that is well."""
    bed.xenstored()
    bed.bridge("br0")
    bed.vif("eth0", peer="switch0")
    daemon = bed.daemon()
    bed.nic(bed.xs, 5, 0).netback_ready()
    bed.vif("vif5.0")
    bed.until(lambda: bed.in_place("vif5.0"))
    yield bed
    assert daemon.running()
    assert sane(daemon.log()), daemon.log()
    assert not os.path.exists(PWNED) and not os.path.exists(os.path.basename(PWNED))
    assert bed.in_place("vif5.0") and bed.listed("vif5.0")["state"] == "ok"
    bed.nic(bed.xs, 7, 0).netback_ready()
    bed.vif("vif7.0")
    bed.until(lambda: bed.in_place("vif7.0"), what="the next NIC is served")


def of_others(bed, snapshot):
    """The snapshot without the links of the NICs that are under test."""
    return {name: link for name, link in snapshot.items()
            if name in ("lo", "eth0", "switch0", "br0", "vif5.0")}


def refused(bed, port):
    """It is listed with a sentence that says why it is not in order."""
    return port and port["state"] in ("refused", "waiting") and sane(port["reason"])


# xenstore

@everything("value")
def test_a_new_nic_with_a_hostile_key(host, value):
    """One NIC a key, all at once."""
    others = of_others(host, host.snapshot())
    host.daemons[0].stop()  # it is not to see the keys as they are before
    for domid, key in enumerate(KEYS, 10):
        nic = host.nic(host.xs, domid, 0, bridge="br0")
        nic.netback_ready()
        nic.set(key, hostile_value(value, f"{nic.path}/{key}"))
        host.vif(f"vif{domid}.0")
    before = host.snapshot()
    host.daemons[0].cont()
    host.nic(host.xs, 6, 0).netback_ready()
    host.vif("vif6.0")
    host.until(lambda: host.in_place("vif6.0"), what="whoever comes after them is served")
    host.daemons[0].reload()  # all have been looked at
    listed, now = host.listed(), host.snapshot()
    assert of_others(host, now) == others
    assert sane(host.vifctl("list", check=0).out)
    for domid, key in enumerate(KEYS, 10):
        name = f"vif{domid}.0"
        if key in HARMLESS:
            assert host.in_place(name), key
        elif key == "script":
            assert now[name] == before[name] and name not in listed
        elif key == "mtu" and value == b"001500":
            assert host.in_place(name) and now[name].mtu == 1500
        elif key == "vifname" and a_name(value) and a_name(value) not in others:
            assert host.in_place(a_name(value))
        else:
            assert now[name] == before[name], key
            assert refused(host, listed[name]), key
            assert sane(host.vifctl("show", name, check=0).out)
    assert host.xs.read("/local/domain/0/backend/vif/14/0/hotplug-status") != b"connected", "state"


@everything("value")
def test_a_key_becomes_hostile(host, value):
    """The port stays as it is until the key is good again."""
    nics = {}
    for domid, key in enumerate(KEYS, 10):
        if key in ("state", "online"):  # then the NIC may be on its way out
            continue
        nics[key] = host.nic(host.xs, domid, 0)
        nics[key].netback_ready()
        host.vif(f"vif{domid}.0")
        host.until(lambda: host.in_place(f"vif{domid}.0"))
    before = host.snapshot()
    good = {key: nic.key(key) for key, nic in nics.items()}
    for key, nic in nics.items():
        nic.set(key, hostile_value(value, f"{nic.path}/{key}"))
    host.daemons[0].reload()
    renamed = a_name(value)
    after = host.snapshot()
    for domid, key in enumerate(KEYS, 10):
        name = f"vif{domid}.0"
        if key == "vifname" and renamed and renamed not in before:
            assert after[renamed].ifindex == before[name].ifindex
        elif key in nics and key != "script":
            assert after[name] == before[name], key
    assert of_others(host, after) == of_others(host, before)
    for key, nic in nics.items():
        if good[key] is None:
            nic.unset(key)
        else:
            nic.set(key, good[key])
    host.until(lambda: host.snapshot() == before)


@pytest.mark.parametrize("domid", ["-1", "05", "0x5", "32752", "65535", "4294967301", "self", "@",
                                   "99999999999999999999", "5-0", "_"])
def test_a_nic_whose_number_is_none(host, domid):
    store = f"/local/domain/0/backend/vif/{domid}"
    for devid in "0", "00", "-1", "4294967296":
        if len(f"vif{domid}.{devid}") < 16:
            host.vif(f"vif{domid}.{devid}")
        for key, value in {"frontend-id": domid, "online": "1", "bridge": "br0", "vifname": "lo",
                           "script": "/etc/xen/scripts/vif-agent", "state": "2",
                           "hotplug-status": ""}.items():
            host.xs.write(f"{store}/{devid}/{key}", value)
    before, keys = host.snapshot(), host.xs.dump(store)
    host.daemons[0].reload()
    assert host.snapshot() == before
    assert host.xs.dump(store) == keys
    assert list(host.listed()) == ["vif5.0"]


@everything("value")
def test_what_the_guest_writes_is_not_believed(host, value):
    """Its frontend is its own, but for the mtu, and what else is there is not read."""
    before = host.snapshot()
    for key in "mtu", "mac", "backend", "backend-id", "state", "bridge", "script", "vifname":
        path = f"/local/domain/5/device/vif/0/{key}"
        host.xs.write(path, hostile_value(value, path))
    host.daemons[0].reload()
    assert host.snapshot() == before
    assert host.xs.read("/local/domain/5/device/vif/0/mtu") == b"1500"


# udev

@pytest.mark.parametrize("wish", ["VIF_NETWORK", "VIF_NAME", "VIF_MTU"])
def test_a_hostile_property(host, wish):
    """One tap a value, all at once."""
    rules, taps = [], {}
    for i, (title, value) in enumerate(VALUES.items()):
        text = (value if value is not None else b"b" * 500)[:500]  # udevd takes 511
        if not text or {0, 10} & set(text):
            continue  # no rule can say that; and nothing is no wish
        taps[title] = f"tap{i}"
        text = text.decode("utf-8", "surrogateescape").replace("\\", r"\\").replace('"', r'\"')
        text = text.replace("$", "$$").replace("%", "%%")
        network = "" if wish == "VIF_NETWORK" else 'ENV{VIF_NETWORK}="br0", '
        rules.append(f'SUBSYSTEM=="net", KERNEL=="tap{i}", {network}ENV{{{wish}}}=e"{text}"\n')
    rules.append('SUBSYSTEM=="net", KERNEL=="tap1000", ENV{VIF_NETWORK}="br0"\n')
    path = host.dir / "70-hostile.rules"
    path.write_text("".join(rules), errors="surrogateescape", encoding="utf-8")
    os.makedirs("/run/udev/rules.d")
    os.symlink(path, "/run/udev/rules.d/70-hostile.rules")
    udevd = host.udevd(rules=[TOP / "udev-rules/72-vifagent.rules"])
    host.daemons[0].stop()
    for name in taps.values():
        host.tap(name)
    before = host.snapshot()
    host.daemons[0].cont()
    host.tap("tap1000")
    udevd.settle()
    host.until(lambda: host.in_place("tap1000"))
    host.daemons[0].reload()
    listed, now = host.listed(), host.snapshot()
    assert of_others(host, now) == of_others(host, before)
    for title, name in taps.items():
        new_name = a_name(VALUES[title]) if wish == "VIF_NAME" else None
        if wish == "VIF_MTU" and title == "leading-zeros":
            assert host.in_place(name)
        elif new_name and new_name not in before:
            assert host.in_place(new_name), title
        else:
            assert now[name] == before[name], title
            assert refused(host, listed[name]), title


# The environment

TEXTS = {title: value.decode("utf-8", "surrogateescape") for title, value in VALUES.items()
         if value is not None and 0 not in value}


def texts(value):
    return pytest.mark.parametrize(value, TEXTS.values(), ids=TEXTS.keys())


@texts("value")
def test_a_hostile_environment(host, value):
    """Everything but XENBUS_PATH, which tells which NIC it is."""
    nic = host.nic(host.xs, 6, 0)
    nic.netback_ready()
    host.vif("vif6.0")
    others = of_others(host, host.snapshot())
    for name in "vif", "INTERFACE", "script", "netdev", "XENBUS_TYPE", "XENBUS_BASE_PATH":
        result = host.script("online", "vif", nic, env={name: value}, check=0)
        assert result.out == ""
    assert host.in_place("vif6.0") and nic.status() == "connected"
    assert of_others(host, host.snapshot()) == others


@texts("value")
def test_a_hostile_path_or_tap_in_the_environment(host, value):
    before, store = host.snapshot(), host.xs.dump("/")
    if value == "vif5.0":
        value = "vif05.0"  # as INTERFACE it would be a good name
    for verb in "online", "offline", "add", "remove":
        for name in "XENBUS_PATH", "INTERFACE":
            result = host.run([*host.script_argv(), verb], check=2, merge=True, env={name: value})
            assert result.out.count("\n") == 1 and sane(result.out)
    assert (host.snapshot(), host.xs.dump("/")) == (before, store)


@texts("value")
def test_a_hostile_event_in_the_environment(host, value):
    before, store = host.snapshot(), host.xs.dump("/")
    for subsystem in "net", "xen-backend", value:
        event = {"SUBSYSTEM": subsystem, "ACTION": "offline", "IFINDEX": value,
                 "XENBUS_PATH": value, "INTERFACE": value, "DEVPATH": value}
        result = host.vifctl("udev", env=event)
        # A number of a link that is not there is no mistake.
        assert result.rc == 2 or (result.rc == 0 and value.isdigit())
        assert sane(result.err)
    assert (host.snapshot(), host.xs.dump("/")) == (before, store)


# Arguments

@pytest.fixture
def plain(bed):
    """A host with links to take for something else."""
    bed.bridge("br0")
    for name in "vif5.0", "eth0":
        bed.vif(name)
    bed.tap("tap0")
    return bed


ARGUMENTS = [
    ("attach", "{}", "br0"), ("attach", "tap0", "{}"), ("attach", "tap0", "br0", "mtu={}"),
    ("attach", "tap0", "br0", "{}"), ("attach", "tap0", "br0", "alias={}"), ("detach", "{}"),
    ("show", "{}"), ("plan", "{}"), ("{}",), ("list", "{}"), ("-c", "{}", "list"),
    ("xen-script", "{}"),
]


def is_taken(args, value):
    """Is this something that root may well want?"""
    return args[0] in ("show", "plan") and value in ("lo", "eth0", "vif5.0") or \
        args[:2] == ("attach", "{}") and value in ("eth0", "vif5.0") or \
        args[-1] == "mtu={}" and value == "001500" or \
        args == ("-c", "{}", "list") and os.path.isfile(value)


@texts("value")
def test_a_hostile_argument(plain, value):
    before = plain.snapshot()
    for args in ARGUMENTS:
        if is_taken(args, value):
            continue
        result = plain.vifctl(*(arg.replace("{}", value) for arg in args),
                              env={"XENBUS_PATH": "backend/vif/5/0"})
        # A link that is not there is detached already.
        assert result.rc in ((0, 1, 2) if args[0] == "detach" else (1, 2)) and result.out == "", args
        assert sane(result.err) and "vifctl: " in result.err, args
        assert plain.snapshot() == before
    assert not os.path.exists(PWNED)


@texts("value")
def test_a_hostile_name(plain, value):
    before = plain.snapshot()
    result = plain.vifctl("attach", "tap0", "br0", f"name={value}")
    if a_name(value.encode("utf-8", "surrogateescape")) and value not in before:
        assert result.rc == 0 and plain.in_place(value)
        plain.vifctl("detach", value, check=0)
    else:
        assert result.rc == 1 and result.err.count("\n") == 1 and sane(result.err)
    assert plain.snapshot() == before


# Aliases

@pytest.mark.parametrize("alias", [
    "vifagent/1", "vifagent/1 ", "vifagent/1 by=hand", "vifagent/1 by=hand net=br0",
    "vifagent/1 by=root net=br0 was.name=tap0", "vifagent/1 by=hand net=br0 was.name=a/b",
    "vifagent/1 by=hand net=br0 was.name=tap0 was.up=2", "vifagent/1 by=hand net=%00 was.name=tap0",
    "vifagent/1 by=hand net=br0 was.name=%2e%2e", "vifagent/1 by=hand net=br0 was.name=tap0 x=y",
    "vifagent/1 by=xenstore nic=-1.0 part=vif was.name=tap0", "vifagent/2 by=hand net=br0 was.name=tap0",
    "vifagent/1 by=hand net=br0 was.name=tap0 was.mac=00:00:00:00:00", "%s%n%s%n", "\x1b[2J\n",
])
def test_an_alias_that_is_no_record(host, alias):
    host.tap("tap0")
    host.run(["ip", "link", "set", "tap0", "alias", alias])
    before = host.snapshot()
    host.daemons[0].reload()
    assert sane(host.vifctl("list", check=0).out)
    assert sane(host.vifctl("show", "tap0", check=0).out)
    for args in ("attach", "tap0", "br0"), ("detach", "tap0"):
        result = host.vifctl(*args, check=1)
        assert result.err.count("\n") == 1 and sane(result.err)
    assert host.snapshot() == before
