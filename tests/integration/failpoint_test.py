# SPDX-License-Identifier: Apache-2.0
"""Killed by SIGKILL at every named point of the three programs and started again: no step runs twice, none that ran is
unrecorded, and the release ends. A point that this file does not name fails the test."""

import collections
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import SOURCE, ClusterCase, wait_until  # noqa: E402
from identity_test import CA_POINTS, KEY_POINTS  # noqa: E402

# Where a test of its own kills: these points need what this cluster does not have.
ELSEWHERE = {"traffic.nginx_written": "tests/unit/agent/executor/app/crash_test.cpp",
             **{point: "tests/integration/identity_test.py" for point in (*CA_POINTS, *KEY_POINTS)}}
# Which pass of the controller's points is the one to die at: the first ones belong to the start and the staging.
CONTROLLER = {"controller.committed": 30, "controller.outbox_taken": 8, "controller.minted_not_sent": 7,
              "controller.effect_done": 8}
AGENT = ("agent.order_received", "agent.answer_unsent", "agent.records_sent", "agent.receipts_received")
EXECUTOR = ("executor.admitted", "executor.started_recorded", "executor.ran", "executor.finished_recorded",
            "executor.receipts_presented", "executor.receipts_uncommitted", "executor.receipts_accepted")


def named_points():
    found = set()
    for folder in ("agent", "controller", "common"):
        for file in (SOURCE / folder).rglob("*.cpp"):
            found.update(re.findall(r'os::failpoint\("([a-z_.]+)"\)', file.read_text()))
    return found


class Names(unittest.TestCase):
    def test_every_point_is_here(self):
        self.assertEqual(named_points(), {*CONTROLLER, *AGENT, *EXECUTOR, *ELSEWHERE})


class Failpoints(ClusterCase):
    versions = 0

    def release_next(self):
        self.versions += 1
        release = self.start_release(f"1.1.{self.versions}")
        self.approve(release)
        return release

    def wait_killed(self, process, point):
        wait_until(f"{process.name} to die at {point}", process.ended, 120)
        self.assertEqual(process.handle.returncode, -9, process.tail())

    def assert_told_once(self, release, exactly_once=False):
        """From the signed log alone: every attempt that started has one start and one end; `exactly_once`: and no step
        had a second attempt."""
        path = self.export()
        self.assertTrue(self.verify(path)["ok"])
        mine = {s["id"] for s in self.release(release)["steps"]}
        counts = collections.Counter()
        for action in self.actions(path):
            if action.get("step_id") in mine and action.get("approval_sha256") in self.approvals(release):
                counts[action["kind"], action["step_id"], action["attempt"]] += 1
        started = [key for key in counts if key[0] == "started"]
        self.assertTrue(started)
        for _, step, attempt in started:
            self.assertEqual(counts["started", step, attempt], 1, step)
            self.assertEqual(counts["finished", step, attempt] + counts["interrupted", step, attempt], 1, step)
        if exactly_once:
            self.assertEqual(len(started), len({step for _, step, _ in started}), started)

    def approvals(self, release):
        if not hasattr(self, "_approvals"):
            self._approvals = {}
        if release not in self._approvals:
            import base64
            import hashlib
            import json

            documents = self.cluster.signalbox_json("carol", "release", "approvals", release)["documents"]
            self._approvals[release] = {
                hashlib.sha256(base64.b64decode(json.loads(d["envelope"])["payload"])).hexdigest() for d in documents}
        return self._approvals[release]

    def test_controller(self):
        for point, times in CONTROLLER.items():
            with self.subTest(point=point):
                self.cluster.controller.stop()
                self.cluster.start_controller({"SIGNALBOX_FAILPOINT": f"{point}:{times}"})
                release = self.release_next()
                self.wait_killed(self.cluster.controller, point)
                self.cluster.start_controller()
                self.wait_status(release, "succeeded", seconds=120)
                self.assert_told_once(release, exactly_once=True)

    def test_agent(self):
        for point in AGENT:
            with self.subTest(point=point):
                self.cluster.hosts["legacy-1"]["agent"].stop()
                self.cluster.start_agent("legacy-1", {"SIGNALBOX_FAILPOINT": point})
                release = self.release_next()
                self.wait_killed(self.cluster.hosts["legacy-1"]["agent"], point)
                self.cluster.start_agent("legacy-1")
                self.wait_status(release, "succeeded", seconds=120)
                self.assert_told_once(release, exactly_once=True)

    def test_executor(self):
        for point in EXECUTOR:
            with self.subTest(point=point):
                self.cluster.hosts["legacy-1"]["executor"].stop()
                self.cluster.start_executor("legacy-1", {"SIGNALBOX_FAILPOINT": point})
                release = self.release_next()
                self.wait_killed(self.cluster.hosts["legacy-1"]["executor"], point)
                self.cluster.start_executor("legacy-1")
                self.wait_status(release, "succeeded", "undone", seconds=120)
                self.assert_told_once(release)


if __name__ == "__main__":
    unittest.main()
