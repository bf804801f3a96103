# SPDX-License-Identifier: GPL-2.0-or-later
"""The guard of a network, with a real guest: its MAC and its IP address are those of xl.cfg."""

import pytest
from dom0 import BRIDGE, Daemon, Guest, config, ping, run, store, vifctl_list, wait_until
from test_vlan import answers

pytestmark = pytest.mark.once

CONF = f"[network red]\nbridge = {BRIDGE}\nguard = ip\n"


def elements():
    return run("nft", "list", "set", "bridge", "vifagent", "ip4s", check=False).out


def test_a_guest_is_heard_only_from_its_own_address():
    with config(CONF, Daemon()):
        guest = Guest()
        guest.vifs = [f"{guest.vifs[0].replace(BRIDGE, 'red')},ip={guest.ip}"]
        with guest:
            ping(guest.ip)
            assert f'"{guest.vif()}" . {guest.ip}' in elements()
            # the same guest, where it may only use another one
            store.write(guest.backend() + "/ip", "10.9.0.250")
            wait_until(lambda: "10.9.0.250" in elements(), 20)
            run("ip", "neigh", "flush", "dev", BRIDGE)
            assert not answers(guest)
            assert " for its ARP" in run("vifctl", "show", guest.vif()).out
            store.write(guest.backend() + "/ip", guest.ip)
            wait_until(lambda: guest.ip in elements(), 20)
            ping(guest.ip)
            run("nft", "flush", "ruleset")
            wait_until(lambda: guest.ip in elements(), 20)
            assert vifctl_list()[guest.vif()]["state"] == "ok"
        wait_until(lambda: guest.ip not in elements(), 20)
