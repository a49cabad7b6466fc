# SPDX-License-Identifier: Apache-2.0
"""What a coordinator does with a release, with the real programs."""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import ClusterCase  # noqa: E402


class Release(ClusterCase):
    def test_release_then_failure_goes_back_on_both_sides(self):
        first = self.start_release("1.1.0")
        waiting = self.release(first)
        self.assertEqual(waiting["status"], "waiting")
        self.assertTrue(any(g["gate"] == "approval" and g["verdict"] != "pass" for g in waiting["gates"]))
        self.approve(first)
        self.wait_status(first, "succeeded")
        self.assert_each_step_ran_once(first)
        self.assertTrue(all("shop 1.1.0 " in answer for answer in self.serving().values()), self.serving())

        # 1.2 needs a payments API that the legacy host is not set up for: it fails there, after the switch.
        second = self.start_release("1.2.0", needs_payments_api="v2")
        self.approve(second)
        undone = self.wait_status(second, "undone", "undone_partly", "failed", "succeeded")
        self.assertEqual(undone["status"], "undone", undone)
        self.wait_serving("1.1.0", "lb", "legacy-1")
        self.assertEqual(self.cluster_exit("release", "watch", second), 5)

        # The next release starts from the colour that serves now.
        third = self.start_release("1.1.1")
        self.approve(third)
        self.wait_status(third, "succeeded")
        self.assertTrue(all("shop 1.1.1 " in answer for answer in self.serving().values()), self.serving())
        self.assertTrue(self.verify(self.export())["ok"])

    def test_halt_resume_abort_and_undo(self):
        release = self.start_release("1.1.0")
        self.cluster.signalbox("carol", "release", "halt", release, "--reason", "lunch")
        self.approve(release)
        halted = self.release(release)
        self.assertEqual(halted["status"], "halted")
        self.assertFalse([s for s in halted["steps"] if s["status"] in ("running", "succeeded")])
        self.cluster.signalbox("carol", "release", "resume", release)
        self.wait_status(release, "succeeded")
        self.cluster.signalbox("carol", "release", "undo", release, "--reason", "customers complain")
        self.wait_status(release, "undone")
        self.wait_serving("1.0.0", "lb", "legacy-1")

        other = self.start_release("1.1.1")
        self.cluster.signalbox("carol", "release", "abort", other, "--reason", "wrong branch")
        self.approve_refused(other)
        self.assertEqual(self.release(other)["status"], "aborted")

    def test_a_changed_log_is_found_out(self):
        release = self.start_release("1.1.0")
        self.approve(release)
        self.wait_status(release, "succeeded")
        path = self.export()
        lines = path.read_text().splitlines()
        self.assertTrue(self.verify(path)["ok"])
        for name, change in {
            "a replaced byte": lambda l: l[:8] + [l[8].replace('"index":7', '"index":7', 1).replace("payload", "paylaod", 1)] + l[9:],
            "two swapped entries": lambda l: l[:5] + [l[6], l[5]] + l[7:],
            "a missing entry": lambda l: l[:9] + l[10:],
            "a cut tail": lambda l: l[:-1],
        }.items():
            with self.subTest(name):
                bad = self.cluster.folder / "bad.jsonl"
                bad.write_text("\n".join(change(lines)) + "\n")
                found = self.verify(bad, ok=(1,))
                self.assertFalse(found["ok"])
                self.assertIsNotNone(found["first_bad_index"])

    # -- words ---------------------------------------------------------------------------------------------------

    def cluster_exit(self, *arguments):
        import os
        import subprocess

        return subprocess.run([self.cluster.bin / "signalbox", *map(str, arguments)], capture_output=True, check=False,
                              env={**os.environ, **self.cluster.environment("carol")}).returncode

    def approve_refused(self, release):
        self.cluster.signalbox("alice", "release", "approve", release, "--key", "alice", "--passphrase-file",
                               self.cluster.passphrase("alice"), "--yes", ok=(1, 3))


if __name__ == "__main__":
    unittest.main()
