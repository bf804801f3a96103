# SPDX-License-Identifier: GPL-2.0-or-later
import pytest
from dom0 import (BRIDGE, DOM0_IP, Daemon, Guest, add_bridge, domains, ip, keep, links,
                  nothing_left, ping, wait_until, xl)
from driver_domain import DriverDomain


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="more attaches under load")


@pytest.fixture(scope="session", autouse=True)
def host():
    """dom0 has a bridge, no guest, and the agent runs, as after its boot."""
    for domid in domains().values():
        xl("destroy", domid, check=False)  # left by the run before, if a case is run once more
    if BRIDGE not in links():
        add_bridge(BRIDGE, f"{DOM0_IP}/24")


@pytest.fixture
def daemon():
    """The service; running again when the case is over."""
    d = Daemon()
    yield d
    d.start()


@pytest.fixture
def no_daemon():
    d = Daemon()
    d.stop()
    yield d
    d.start()


class Common:
    """A guest for many cases: made when it is first asked for, and again when it is gone."""

    def __init__(self, make):
        self.make, self.guest = make, None

    def get(self):
        if not self.guest or domains().get(self.guest.name) != self.guest.domid:
            self.guest = None
            self.guest = self.create()
            KEPT.add(self.guest.name)
        return self.guest

    def create(self):
        """Its making is no case: on a busy machine libxl gives its disk's script too little time."""
        for last in (False, False, True):
            guest = self.make()
            if guest.create(check=last).rc == 0:
                return guest
            xl("destroy", guest.name, check=False)
        raise AssertionError("not reached")


KEPT = set()  # names of guests that stay when a case is over
_pv = Common(Guest)
_driver = Common(DriverDomain)
_served = Common(lambda: Guest(vifs=(f"bridge={BRIDGE},backend={_driver.guest.name}",)))


@pytest.fixture
def guest():
    """A PV guest with one NIC on the bridge, which answers a ping."""
    g = _pv.get()
    ping(g.ip)
    return g


@pytest.fixture
def driver():
    """A driver domain, with vifagentd running."""
    d = _driver.get()
    yield d
    if d.name in domains():
        d.run("systemctl start vifagentd; ip link del late0", check=False)


@pytest.fixture
def served(driver):
    """A PV guest with one NIC, which the driver domain serves and which answers a ping."""
    old = _served.guest
    if old and old.by != driver.domid:
        old.destroy()  # its driver domain is gone
    g = _served.get()
    g.by = driver.domid
    ping(g.ip)
    return g


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Of a case that fails, keep what can be seen."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    keep(item.name)


@pytest.fixture(autouse=True)
def clean():
    """A case leaves no guest behind but the common ones, and nothing of one that is gone."""
    yield
    left = domains()
    for name, domid in left.items():
        if name not in KEPT:
            xl("destroy", domid, check=False)
    if not KEPT & set(left):
        wait_until(lambda: not nothing_left(), 20, f"all of it gone: {nothing_left()}")
    for name in ("nosuch", "late0"):
        ip("link", "del", name, check=False)
