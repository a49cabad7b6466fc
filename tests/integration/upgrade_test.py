# SPDX-License-Identifier: Apache-2.0
"""The version before this one and this one, over whole releases: hosts of the one under a controller of the other, both ways round,
and hosts that are upgraded in the middle. SIGNALBOX_PREVIOUS_BIN names the programs of the version before;
tests/upgrade.sh builds them."""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import BIN, ClusterCase, wait_until  # noqa: E402

PREVIOUS = pathlib.Path(os.environ["SIGNALBOX_PREVIOUS_BIN"])


class Mixed(ClusterCase):
    def release_goes_through(self, version):
        release = self.start_release(version)
        self.approve(release)
        self.assertEqual(self.wait_status(release, "succeeded", "undone", "undone_partly", "failed")["status"], "succeeded")
        self.wait_serving(version, "staging-1", "legacy-1", "lb")
        return release

    def a_failure_goes_back(self, from_version):
        release = self.start_release("1.9.0", needs_payments_api="v2")  # the legacy host has no such API
        self.approve(release)
        self.assertEqual(self.wait_status(release, "succeeded", "undone", "undone_partly", "failed")["status"], "undone")
        self.wait_serving(from_version, "legacy-1", "lb")


class PreviousHosts(Mixed):
    host_bin = PREVIOUS

    def test_attack_47_hosts_of_the_previous_version_under_this_controller(self):
        self.assert_each_step_ran_once(self.release_goes_through("1.1.0"))
        self.a_failure_goes_back("1.1.0")
        self.assertTrue(self.verify(self.export())["ok"])

    def test_attack_47_hosts_are_upgraded_between_two_releases_and_set_back_ones_work_or_say_why(self):
        self.release_goes_through("1.1.0")
        c = self.cluster
        for name in self.hosts:
            self.change_programs(name, BIN)
        c.wait_online()
        self.release_goes_through("1.2.0")
        self.change_programs("staging-1", PREVIOUS)
        executor, agent = c.hosts["staging-1"]["executor"], c.hosts["staging-1"]["agent"]
        wait_until("the host of the older programs to be online, or to say why it is not",
                   lambda: executor.ended() or agent.ended() or c.agents()["staging-1"]["presence"] == "online")
        if not executor.ended():
            self.release_goes_through("1.3.0")
        else:
            self.assertIn("next:", executor.tail())
        self.assertTrue(self.verify(self.export())["ok"])

    def change_programs(self, name, programs):
        c = self.cluster
        c.hosts[name]["agent"].stop()
        c.hosts[name]["executor"].stop()
        c.host_bin = programs
        try:
            c.start_executor(name)
        except Exception:  # an executor that refuses to start has said why: the test reads it
            if not c.hosts[name]["executor"].ended():
                raise
        c.start_agent(name)


class PreviousController(Mixed):
    bin = PREVIOUS

    def test_attack_47_hosts_of_this_version_under_the_previous_controller(self):
        self.assert_each_step_ran_once(self.release_goes_through("1.1.0"))
        self.a_failure_goes_back("1.1.0")
        self.assertTrue(self.verify(self.export())["ok"])


if __name__ == "__main__":
    unittest.main()
