# SPDX-License-Identifier: GPL-2.0-or-later
"""Each program by its own name: messages, --help and --version; and what vifctl says to a mistyped verb."""

import pytest

from bed import BUILD, WRAPPER

LINKS = ["vif-ifup", "vif-ifup.br0", "vif-ifdown", "qemu-ifup", "qemu-ifdown"]
ALL = [*LINKS, "vif-agent", "vif-bridge-helper"]


def run(bed, name, *args, check=0, env=None):
    program = bed.dir / name
    if name not in LINKS:
        program = BUILD / name
    elif not program.is_symlink():
        program.symlink_to(BUILD / "vifctl")
    return bed.run([*WRAPPER, program, *args], check, env=env)


@pytest.mark.parametrize("name", ALL)
def test_help_and_version_open_nothing(bed, name):
    missing = {"VIFAGENT_CONF": "/nonexistent"}
    own = name.removesuffix(".br0")
    result = run(bed, name, "--help", env=missing)
    assert result.out.startswith(f"usage: {own} ") and result.err == ""
    result = run(bed, name, "--version", env=missing)
    assert result.out.startswith(f"{own} 0.") and result.out.count("\n") == 1 and result.err == ""


@pytest.mark.parametrize("name", ALL)
def test_messages_begin_with_the_programs_name(bed, name):
    result = run(bed, name, check=None)
    assert result.rc != 0 and result.out == ""
    assert result.err.startswith(f"{name.removesuffix('.br0')}: ") and result.err.count("\n") == 1


def test_an_error_is_not_answered_with_help(bed):
    run(bed, "vif-agent", "online", "--help", check=2)
    run(bed, "vif-bridge-helper", "--br=br0", "--help", check=1)


@pytest.mark.parametrize("typed, meant", [
    ("lsit", "list"), ("atach", "attach"), ("del", "delete"), ("helpercheck", "helper-check"), ("rum", "run"),
    ("qemu-idup", "qemu-ifup"), ("detatch", "detach"),
])
def test_a_mistyped_verb(bed, typed, meant):
    for args in [typed], ["help", typed]:
        result = bed.vifctl(*args, check=2)
        assert result.err == f"vifctl: unknown verb \"{typed}\"; did you mean {meant}? See vifctl --help\n"


@pytest.mark.parametrize("typed", ["", "x", "frobnicate", "zz", "x" * 15, "x" * 16, "x" * 5000, "\x1b["])
def test_an_unknown_verb(bed, typed):
    err = bed.vifctl(typed, check=2).err
    assert err.startswith("vifctl: unknown verb ") and "mean" not in err and err.count("\n") == 1


@pytest.mark.parametrize("args, says", [
    ((), "a verb is missing"), (("-x",), 'unknown option "-x"'), (("-jx",), 'unknown option "-x"'),
    (("--frobnicate", "list"), 'unknown option "--frobnicate"'), (("--json=yes", "list"), 'option "--json" takes no value'),
    (("--config",), 'option "--config" needs a value'), (("-c",), 'option "-c" needs a value'),
])
def test_wrong_options_take_one_line(bed, args, says):
    result = bed.run([*WRAPPER, BUILD / "vifctl", *args], 2)
    assert result.err == f"vifctl: {says}; see vifctl --help\n" and result.out == ""


@pytest.mark.parametrize("args, says", [
    (("-x",), 'unknown option "-x"'), (("--frobnicate",), 'unknown option "--frobnicate"'),
    (("--debug=yes",), 'option "--debug" takes no value'), (("--config",), 'option "--config" needs a value'),
    (("start",), 'unknown argument "start"'),
])
def test_wrong_options_of_the_daemon_take_one_line(bed, args, says):
    result = bed.run([*WRAPPER, BUILD / "vifagentd", *args], None)
    assert result.rc != 0 and result.err == f"vifagentd: {says}; see vifagentd --help\n" and result.out == ""


def test_help_of_a_verb(bed):
    assert bed.vifctl("help", "attach", check=0).out == bed.vifctl("attach", "--help", check=0).out
