# SPDX-License-Identifier: GPL-2.0-or-later
"""The script's door: vif-agent as libxl runs it, with and without a daemon beside it."""

import threading

import pytest

from bed import WRAPPER
from xenstore import FACTOR

SHORT_WAIT = "[xen]\nscript-wait = 1\n"
LONG_WAIT = "[xen]\nscript-wait = 30\n"


@pytest.fixture(params=["alone", "beside a daemon"])
def xs(bed, request):
    """xenstored, and maybe a daemon."""
    bed.conf.write_text(SHORT_WAIT)
    xs = bed.xenstored()
    if request.param != "alone":
        bed.daemon()
    return xs


def new_nic(bed, domid=5, devid=0, link=True, **keys):
    """A NIC for which libxl is about to run its script; netback has made its link."""
    nic = bed.nic(bed.xs, domid, devid, **keys)
    nic.netback_ready()
    if link:
        bed.vif(f"vif{domid}.{devid}")
    return nic


def left(bed, name):
    """Is this link as a port is when it was left?  A daemon may be about to leave it, too."""
    def is_left():
        link = bed.link(name)
        return link and (link.master, link.alias, link.up) == (None, None, False)

    return bed.until(is_left, timeout=1) if bed.daemons else is_left()


def run(bed, nic, *args, **env):
    """The script with any arguments; an environment variable that is None is left out."""
    env = {k: v for k, v in (bed.script_env(nic) | env).items() if v is not None}
    return bed.run([*bed.script_argv(), *args], check=None, env=env, merge=True)


# What libxl does for a PV guest, and for an HVM guest

def test_online_joins_and_then_says_so(bed, xs):
    bed.bridge("br0")
    nic = new_nic(bed)
    watch = xs.watch(nic.path)
    result = bed.script("online", "vif", nic, check=0)
    assert bed.in_place("vif5.0")
    assert (nic.status(), nic.error(), result.out) == ("connected", None, "")
    watch.catch_up()
    statuses = [e.value for e in watch.events if e.path == f"{nic.path}/hotplug-status"]
    assert statuses[-1] == b"connected" and set(statuses) <= {b"", b"connected"}


def test_offline_leaves_the_link(bed, xs):
    bed.bridge("br0")
    nic = new_nic(bed)
    bed.script("online", "vif", nic, check=0)
    nic.unplug()
    nic.closed()
    assert bed.script("offline", "vif", nic, check=0).out == ""
    assert left(bed, "vif5.0")
    assert nic.status() is None, "it does not report of what goes"


def test_add_and_remove_are_for_the_tap(bed, xs):
    bed.bridge("br0")
    bed.tap("vif5.0-emu")
    nic = new_nic(bed, type="vif_ioemu")
    bed.script("online", "vif", nic, check=0)
    bed.script("add", "tap", nic, check=0)
    assert bed.in_place("vif5.0") and bed.in_place("vif5.0-emu")
    nic.unplug()
    nic.closed()
    bed.script("offline", "vif", nic, check=0)
    bed.script("remove", "tap", nic, check=0)
    assert left(bed, "vif5.0") and left(bed, "vif5.0-emu")


def test_remove_is_for_the_tap_only(bed):
    """When a guest's own drivers take over, its tap goes and its vif stays."""
    bed.bridge("br0")
    bed.xenstored()
    bed.tap("vif5.0-emu")
    nic = new_nic(bed, type="vif_ioemu")
    bed.script("online", "vif", nic, check=0)
    bed.script("add", "tap", nic, check=0)
    bed.script("remove", "tap", nic, check=0)
    assert left(bed, "vif5.0-emu")
    assert bed.in_place("vif5.0")


def test_add_reports_nothing_to_netback(bed):
    bed.bridge("br0")
    bed.xenstored()
    bed.tap("vif5.0-emu")
    nic = new_nic(bed, type="vif_ioemu", link=False)
    bed.script("add", "tap", nic, check=0)
    assert bed.in_place("vif5.0-emu")
    assert nic.status() == ""


def test_every_step_may_come_twice(bed, xs):
    bed.bridge("br0")
    bed.tap("vif5.0-emu")
    nic = new_nic(bed, type="vif_ioemu", vifname="web0")
    for verb, kind in ("online", "vif"), ("add", "tap"):
        bed.script(verb, kind, nic, check=0)
        bed.script(verb, kind, nic, check=0)
    assert bed.in_place("web0") and bed.in_place("web0-emu")
    nic.unplug()
    nic.closed()
    for verb, kind in ("offline", "vif"), ("remove", "tap"):
        bed.script(verb, kind, nic, check=0)
        bed.script(verb, kind, nic, check=0)
    assert left(bed, "vif5.0") and left(bed, "vif5.0-emu")


def test_a_second_online_sends_nothing(bed, xs):
    bed.bridge("br0")
    nic = new_nic(bed)
    bed.script("online", "vif", nic, check=0)
    watch = xs.watch(nic.path, nic.frontend)
    with bed.count_netlink_changes() as changes:
        bed.script("online", "vif", nic, check=0)
    watch.catch_up()
    assert (changes, watch.events) == ([], [])


def test_the_other_kinds_action_is_none(bed):
    """As Xen's own scripts have it."""
    bed.bridge("br0")
    bed.xenstored()
    bed.tap("vif5.0-emu")
    nic = new_nic(bed, type="vif_ioemu")
    before = bed.snapshot(), bed.xs.dump("/")
    for verb, kind in ("online", "tap"), ("add", "vif"), ("offline", "tap"), ("remove", "vif"):
        assert bed.script(verb, kind, nic, check=0).out == ""
    assert (bed.snapshot(), bed.xs.dump("/")) == before


def test_by_its_other_name(bed, xs):
    bed.bridge("br0")
    nic = new_nic(bed)
    bed.vifctl("xen-script", "online", "type_if=vif", env=bed.script_env(nic), check=0)
    assert bed.in_place("vif5.0") and nic.status() == "connected"
    nic.unplug()
    nic.closed()
    bed.vifctl("xen-script", "offline", env=bed.script_env(nic), check=0)
    assert left(bed, "vif5.0")


def test_it_serves_whoever_runs_it(bed, xs):
    """A script key that names another program, which runs ours in turn."""
    bed.bridge("br0")
    nic = new_nic(bed, script="/etc/xen/scripts/vif-local")
    bed.script("online", "vif", nic, check=0)
    assert bed.in_place("vif5.0") and nic.status() == "connected"


def test_keys_are_obeyed(bed, xs):
    bed.bridge("br0", mtu=9000)
    nic = new_nic(bed, vifname="web0", mtu=8000)
    bed.script("online", "vif", nic, check=0)
    assert bed.in_place("web0")
    assert (bed.link("web0").mtu, nic.frontend_mtu()) == (8000, "8000")
    assert bed.xs.ls("/local/domain") == ["0", "5"], "not /local/domain/web0"


def test_a_host_starts_many_guests_at_once(bed, xs):
    bed.bridge("br0")
    nics = [new_nic(bed, domid) for domid in range(10, 30)]
    for running in [bed.script_background("online", "vif", nic) for nic in nics]:
        running.wait(check=0)
    assert len(bed.ports("br0")) == 20
    assert {nic.status() for nic in nics} == {"connected"}


@pytest.mark.skipif(bool(WRAPPER), reason="valgrind itself cannot do without them")
def test_without_standard_files(bed):
    bed.xenstored()
    bed.bridge("br0")
    nic = new_nic(bed)
    argv = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *bed.script_argv(), "online"]
    bed.run(argv, env=bed.script_env(nic))
    assert bed.in_place("vif5.0") and nic.status() == "connected"


# What is not there yet

def test_the_link_comes_a_little_later(bed, xs):
    bed.conf.write_text(LONG_WAIT)
    bed.bridge("br0")
    nic = new_nic(bed, link=False)
    timer = threading.Timer(0.5, bed.vif, ["vif5.0"])
    timer.start()
    result = bed.script("online", "vif", nic, check=0)
    timer.join()
    assert bed.in_place("vif5.0") and nic.status() == "connected"
    assert result.seconds > 0.4


def test_the_bridge_comes_a_little_later(bed, xs):
    bed.conf.write_text(LONG_WAIT)
    nic = new_nic(bed)
    running = bed.script_background("online", "vif", nic)
    bed.never(lambda: running.poll() is not None or nic.status(), seconds=0.3)
    bed.bridge("br0")
    running.wait(check=0)
    assert bed.in_place("vif5.0")
    assert (nic.status(), nic.error()) == ("connected", None)


def test_the_link_never_comes(bed, xs):
    bed.bridge("br0")
    nic = new_nic(bed, link=False)
    result = bed.script("online", "vif", nic, check=1)
    assert 0.9 < result.seconds < 10 * FACTOR, "script-wait = 1"
    assert nic.status() == "error"
    assert nic.error() == "vif5.0: its link does not exist yet; netback has not created it"
    assert nic.error() in result.out


def test_the_tap_never_comes(bed, xs):
    bed.bridge("br0")
    nic = new_nic(bed, type="vif_ioemu")
    bed.script("online", "vif", nic, check=0)
    result = bed.script("add", "tap", nic, check=1)
    assert result.seconds < 10 * FACTOR
    assert "vif5.0-emu" in nic.error() and nic.error() in result.out
    assert nic.status() == "connected", "netback has nothing to do with the tap"


def test_the_bridge_never_comes(bed, xs):
    nic = new_nic(bed)
    result = bed.script("online", "vif", nic, check=1)
    assert result.seconds < 10 * FACTOR
    assert nic.status() == "error"
    assert nic.error().startswith("vif5.0: network br0 (requested by xenstore): "
                                  "bridge br0 does not exist; ")
    assert nic.error() in result.out
    assert result.out.count("\n") == 1, "one line"


@pytest.mark.skipif(bool(WRAPPER), reason="valgrind takes longer than the script may")
def test_without_a_configuration_it_ends_within_10_seconds(bed):
    bed.xenstored()
    nic = new_nic(bed)
    assert 3 < bed.script("online", "vif", nic, check=1).seconds < 10 * FACTOR
    assert nic.status() == "error" and "bridge br0 does not exist" in nic.error()


def test_no_wait_may_be_wished_for(bed):
    bed.conf.write_text("[xen]\nscript-wait = 0\n")
    bed.xenstored()
    nic = new_nic(bed)
    assert bed.script("online", "vif", nic, check=1).seconds < 5 * FACTOR
    assert nic.status() == "error"


def test_what_waiting_does_not_help_ends_at_once(bed, xs):
    bed.bridge("br0")
    bed.conf.write_text(LONG_WAIT)
    nic = new_nic(bed, vifname="a-name-much-too-long")
    result = bed.script("online", "vif", nic, check=1)
    assert result.seconds < 25
    assert "a-name-much-too-long" in nic.error() and nic.error() in result.out
    assert nic.status() == "error"


def test_a_failure_is_mended_by_the_next_online(bed, xs):
    nic = new_nic(bed)
    bed.script("online", "vif", nic, check=1)
    bed.bridge("br0")
    bed.script("online", "vif", nic, check=0)
    assert (nic.status(), nic.error()) == ("connected", None)


def test_a_failure_is_mended_by_the_daemon(bed):
    bed.xenstored()
    bed.daemon(config=SHORT_WAIT)
    nic = new_nic(bed)
    bed.script("online", "vif", nic, check=1)
    assert nic.status() == "error"
    bed.bridge("br0")
    bed.until(lambda: nic.status() == "connected")
    assert bed.in_place("vif5.0") and nic.error() is None


# Where libxl does not say that it has looked

@pytest.mark.parametrize("domid,delay", [(0, 10000), (3, 0), (3, 3000)],
                         ids=["dom0", "driver-domain", "driver-domain, with a delay"])
def test_in_a_driver_domain_libxl_is_given_time_to_look(bed, domid, delay):
    """`xl devd` runs the script there; in dom0 libxl does, after it has looked."""
    bed.xenstored(domid=domid)
    bed.bridge("br0")
    bed.conf.write_text(f"[xen]\ntoolstack-delay = {delay}\n")
    nic = new_nic(bed, backend=domid)
    script = bed.script_background("online", "vif", nic)
    bed.until(lambda: bed.in_place("vif5.0"))
    if domid and delay:
        assert nic.status() == "" and script.poll() is None
    bed.until(lambda: nic.status() == "connected")  # in less than 10 s
    script.wait(check=0)


# What is gone

def test_offline_when_all_is_gone(bed, xs):
    bed.bridge("br0")
    nic = new_nic(bed)
    env = bed.script_env(nic)
    bed.script("online", "vif", nic, check=0)
    bed.delete("vif5.0")
    nic.remove()
    before = xs.dump("/")
    for args in ("offline", "type_if=vif"), ("remove", "type_if=tap"):
        assert bed.run([*bed.script_argv(), *args], env=env, merge=True).out == ""
    assert xs.dump("/") == before


def test_offline_when_the_nodes_and_the_bridge_are_gone(bed, xs):
    bed.bridge("br0")
    nic = new_nic(bed)
    env = bed.script_env(nic)
    bed.script("online", "vif", nic, check=0)
    nic.remove()
    bed.delete("br0")
    bed.run([*bed.script_argv(), "offline", "type_if=vif"], env=env)
    assert left(bed, "vif5.0")


def test_online_of_a_nic_that_is_gone_makes_no_nodes(bed, xs):
    bed.bridge("br0")
    nic = new_nic(bed)
    env = bed.script_env(nic)
    nic.remove()
    before = xs.dump("/")
    for args in ("online", "type_if=vif"), ("add", "type_if=tap"):
        assert "vif5.0" in bed.run([*bed.script_argv(), *args], check=1, env=env, merge=True).out
    assert xs.dump("/") == before


def test_a_nic_that_goes_while_it_waits_makes_no_nodes(bed, xs):
    nic = new_nic(bed)
    running = bed.script_background("online", "vif", nic)
    bed.never(lambda: running.poll() is not None, seconds=0.2)
    nic.remove()
    without = xs.dump("/")
    running.wait(check=1)
    assert xs.dump("/") == without


def test_offline_without_xenstored(bed):
    xs = bed.xenstored()
    bed.bridge("br0")
    nic = new_nic(bed)
    env = bed.script_env(nic)
    bed.script("online", "vif", nic, check=0)
    xs.kill()
    bed.run([*bed.script_argv(), "offline", "type_if=vif"], env=env)
    assert left(bed, "vif5.0")


def test_online_without_xenstored(bed):
    bed.bridge("br0")
    bed.vif("vif5.0")
    before = bed.snapshot()
    result = bed.run([*bed.script_argv(), "online", "type_if=vif"], check=1, merge=True,
                     env={"XENBUS_PATH": "backend/vif/5/0", "vif": "vif5.0"})
    assert result.out == ("vif-agent: vif5.0: xenstored does not answer at /nonexistent/socket; "
                          "check that it is running\n")
    assert bed.snapshot() == before


# Rules

def test_a_rule_names_the_network_of_a_nic_that_names_none(bed):
    """vif-agent does not read rules: vifctl takes over."""
    bed.xenstored()
    bed.bridge("br0")
    udevd = bed.udevd(rules={"70-local.rules":
                             'SUBSYSTEM=="net", KERNEL=="vif*", ENV{VIF_NETWORK}="br0"\n'})
    nic = new_nic(bed, bridge=None)
    udevd.settle()
    result = bed.script("online", "vif", nic, check=0)
    assert bed.in_place("vif5.0")
    assert (nic.status(), nic.error(), result.out) == ("connected", None, "")


def test_without_a_rule_such_a_nic_is_refused(bed):
    bed.xenstored()
    nic = new_nic(bed, bridge=None)
    result = bed.script("online", "vif", nic, check=1)
    assert "no network requested" in nic.error() and nic.error() in result.out
    assert result.out.count("\n") == 1


def test_each_action_is_about_one_link(bed):
    """However many there are, none but its own is looked at."""
    bed.xenstored()
    bed.bridge("br0")
    bed.tap("vif5.0-emu")
    nic = new_nic(bed, type="vif_ioemu")
    bed.script("online", "vif", nic, check=0)
    assert bed.in_place("vif5.0") and not bed.in_place("vif5.0-emu")
    bed.script("add", "tap", nic, check=0)
    assert bed.in_place("vif5.0-emu")


# What is wrong

@pytest.mark.parametrize("args", [
    [], ["frobnicate"], ["frobnicate", "type_if=vif"], ["online", "type_if=vbd"],
    ["online", "type_if="], ["online", "--force"], ["online", "offline"], ["ONLINE"],
    ["type_if=vif"], ["online", ""], ["--help", "online"],
])
def test_unknown_arguments(bed, args):
    bed.xenstored()
    bed.bridge("br0")
    nic = new_nic(bed)
    before = bed.snapshot()
    result = run(bed, nic, *args)
    assert result.rc == 2
    assert "takes online, offline, add or remove" in result.out
    assert result.out.count("\n") == 1
    assert bed.snapshot() == before
    assert nic.error() in result.out and nic.status() == "error", "libxl shows hotplug-error"


def test_without_a_path_the_taps_name_tells(bed):
    """QEMU's tap and no more: what a udev rule of Xen 4.1 gave."""
    bed.xenstored()
    bed.bridge("br0")
    bed.tap("vif5.0-emu")
    nic = new_nic(bed, type="vif_ioemu")
    assert run(bed, nic, "add", "type_if=tap", XENBUS_PATH=None).rc == 0
    assert bed.in_place("vif5.0-emu")


def test_without_anything_to_go_by(bed):
    bed.xenstored()
    nic = new_nic(bed)
    result = run(bed, nic, "online", "type_if=vif", XENBUS_PATH=None)
    assert (result.rc, "XENBUS_PATH is not set" in result.out) == (2, True)
    assert nic.status() == ""


@pytest.mark.parametrize("verb", ["online", "offline"])
@pytest.mark.parametrize("path", [
    "", "/", "backend", "backend/vif/5", "backend/vif/5/", "backend/vif/5/0/", "backend/vif//0",
    "backend/vif/5/0/state", "backend/vif/5/0/../0", "../backend/vif/5/0", "backend/vbd/5/0",
    "backend/vif/05/0", "backend/vif/-5/0", "backend/vif/+5/0", "backend/vif/0x5/0",
    "backend/vif/32752/0", "backend/vif/4294967301/0", "backend/vif/5/4294967296",
    "backend/vif/5/0\n", " backend/vif/5/0", "backend/vif/5/0;reboot", "backend/vif/5/$(id)",
    "backend/vif/%s/%n", "/local/domain/3/backend/vif/5/0", "x" * 4096, "vif5.0",
])
def test_a_path_that_is_none(bed, path, verb):
    """With a NIC that it might be taken for, in order."""
    bed.xenstored()
    bed.bridge("br0")
    nic = new_nic(bed)
    bed.script("online", "vif", nic, check=0)
    before = bed.snapshot(), bed.xs.dump("/")
    result = run(bed, nic, verb, "type_if=vif", XENBUS_PATH=path)
    assert result.rc in (1, 2) and "backend/vif/DOMID/DEVID" in result.out
    assert result.out.count("\n") == 1 and len(result.out) < 1000
    assert (bed.snapshot(), bed.xs.dump("/")) == before


def test_an_absolute_path_is_as_good(bed):
    bed.xenstored()
    bed.bridge("br0")
    nic = new_nic(bed)
    assert run(bed, nic, "online", "type_if=vif", XENBUS_PATH=nic.path).rc == 0
    assert bed.in_place("vif5.0") and nic.status() == "connected"


def test_a_bad_configuration_is_told(bed):
    bed.xenstored()
    bed.bridge("br0")
    nic = new_nic(bed)
    bed.conf.write_text("[xen]\nserve = sometimes\n")
    result = bed.script("online", "vif", nic, check=1)
    assert "line 2" in result.out and str(bed.conf) in result.out
    assert nic.status() == "error" and nic.error() in result.out, "libxl shows hotplug-error"
