# SPDX-License-Identifier: Apache-2.0
"""Killed in the middle of production and started again: every step still runs exactly once, and the log says so."""

import sys
import pathlib
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import ClusterCase, wait_until  # noqa: E402


def in_production(step):
    return step["environment"] == "production" and step["status"] in ("running", "succeeded")


class Crash(ClusterCase):
    def test_controller_killed_in_production(self):
        release = self.start_release("1.1.0")
        self.approve(release)
        self.wait_step(release, in_production, "production to begin")
        self.cluster.controller.kill()
        self.cluster.start_controller()
        self.wait_status(release, "succeeded")
        self.assert_each_step_ran_once(release)
        for answer in self.serving().values():
            self.assertIn("shop 1.1.0 ", answer)

    def test_executor_killed_in_production(self):
        release = self.start_release("1.1.0")
        self.approve(release)
        self.wait_step(release, lambda s: in_production(s) and s["host"] == "web-green", "the idle colour to be prepared")
        self.cluster.hosts["legacy-1"]["executor"].kill()
        self.cluster.start_executor("legacy-1")
        found = self.wait_status(release, "succeeded", "undone")
        path = self.export()
        self.assertTrue(self.verify(path)["ok"])
        # Killed between two steps the release completes; killed inside one, that step is recorded as interrupted and
        # the release goes back. Either way nothing ran twice and nothing is unrecorded.
        interrupted = [a for a in self.actions(path) if a["kind"] == "interrupted"]
        self.assertEqual(found["status"], "undone" if interrupted else "succeeded", interrupted)
        if not interrupted:
            self.assert_each_step_ran_once(release)

    def test_everything_killed_at_once(self):
        release = self.start_release("1.1.0")
        self.approve(release)
        self.wait_step(release, in_production, "production to begin")
        for name in self.hosts:
            self.cluster.hosts[name]["agent"].kill()
        self.cluster.controller.kill()
        self.cluster.start_controller()
        for name in self.hosts:
            self.cluster.start_agent(name)
        self.wait_status(release, "succeeded")
        self.assert_each_step_ran_once(release)


if __name__ == "__main__":
    unittest.main()
