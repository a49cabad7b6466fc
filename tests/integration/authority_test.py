# SPDX-License-Identifier: Apache-2.0
"""With the approvers' keys gone from the machine and the controller's keys in hand, nothing can be made to run in
production; every try leaves a signed refusal."""

import collections
import json
import os
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import BIN, ClusterCase, wait_until  # noqa: E402

FORGE = BIN.parent / "tests" / "forge"


class Authority(ClusterCase):
    def test_a_compromised_controller_runs_nothing(self):
        c = self.cluster
        release = self.start_release("1.1.0")
        self.approve(release)
        self.wait_status(release, "succeeded")
        documents = c.signalbox_json("carol", "release", "approvals", release)
        approval = next(d["envelope"] for d in documents["documents"] if d["environment"] == "production")
        plan = documents["plan"]
        step = next(s for e in plan["environments"] for s in e["steps"]
                    if s["host"] == "legacy-1" and s["action"]["kind"] == "release.activate")
        stolen = c.folder / "stolen"
        stolen.mkdir()
        (stolen / "approval").write_text(approval)
        (stolen / "action").write_text(json.dumps(step["action"], sort_keys=True, separators=(",", ":"), ensure_ascii=False))

        # No approver key is left; the attacker takes the network face's place.
        for person in ("alice", "bob"):
            shutil.rmtree(c.people / person)
        shutil.rmtree(c.people / "root-keys")
        c.hosts["legacy-1"]["agent"].stop()
        prize = c.folder / "prize"
        socket = c.hosts["legacy-1"]["home"] / "run" / "executor.sock"
        lines = c.run(FORGE, socket, c.data / "keys" / "token.key", c.data / "keys" / "ledger.key",
                      c.data / "trust" / "trust.json", stolen / "approval", stolen / "action", "/usr/bin/touch", prize)
        tries = [json.loads(line) for line in lines.splitlines()]
        self.assertGreater(len(tries), 200)
        self.assertEqual([t for t in tries if t["admitted"]], [])
        self.assertFalse(prize.exists())
        codes = {t["attack"]: t["refusal"] for t in tries}
        self.assertEqual(codes["approval without a signature"], "R_APPROVAL")
        self.assertEqual(codes["fresh signatures under approvers' key ids"], "R_APPROVAL")
        self.assertEqual(codes["approval for another environment"], "R_APPROVAL")
        self.assertEqual(codes["real approval with a step put in"], "R_APPROVAL")
        self.assertEqual(codes["real approval, another action"], "R_APPROVAL")
        self.assertIn(codes["real approval, real action, once more"], ("R_DONE", "R_ATTEMPTS"))

        # The refusals are signed records, and reach the ledger when the network face is back.
        c.start_agent("legacy-1")
        refused = sum(1 for t in tries if t["refusal"].startswith("R_"))

        def recorded():
            path = self.export()
            return collections.Counter(a["kind"] for a in self.actions(path))["refused"]

        wait_until("the refusals to be in the ledger", lambda: recorded() >= refused, 60)
        self.assertTrue(self.verify(self.export())["ok"])


if __name__ == "__main__":
    unittest.main()
