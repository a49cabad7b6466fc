# SPDX-License-Identifier: Apache-2.0
"""A witness on its own: what it cosigns is shown and verified, and a controller that is set back to an older copy of its data is
noticed by the witness, by a watcher and by the hosts."""

import json
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import BIN, ClusterCase, wait_until  # noqa: E402

FORKED, UNWITNESSED = 8, 10


class Witness(ClusterCase):
    def setUp(self):
        super().setUp()
        c = self.cluster
        self.state = c.folder / "witness"
        self.name = "witness.example/reviewers"
        made = c.signalbox_json("carol", "witness", "init", "--state", self.state, "--name", self.name)
        c.signalbox("admin", "trust", "add-key", "--role", "witness", "--label", made["name"], made["public"])
        for number in (1, 2):
            c.signalbox("admin", "trust", "sign", "--key", c.people / "root-keys" / f"root-{number}.key",
                        "--passphrase-file", c.passphrase("root"))
        c.signalbox("admin", "trust", "publish")

    def start_witness(self):
        c = self.cluster
        process = c.start("witness", [BIN / "signalbox", "witness", "run", "--state", self.state, "--port", "0",
                                      "--trust", c.data / "trust" / "trust.json"])
        wait_until("the witness", lambda: "ready port=" in (c.logs / "witness.log").read_text(), process=process)
        line = next(x for x in (c.logs / "witness.log").read_text().splitlines() if x.startswith("ready "))
        c.controller_arguments = ["--witness", f"https://127.0.0.1:{line.split()[1].split('=')[1]}",
                                  "--witness-ca", self.state / "ca.crt"]

    def restart_controller(self):
        self.cluster.controller.stop()
        self.cluster.start_controller()
        self.cluster.wait_online()

    def watch(self, ok=(0,)):
        c = self.cluster
        out = c.signalbox("carol", "ledger", "watch", "--once", "--state", c.folder / "watch.json", "--json",
                          "--trust", c.data / "trust" / "trust.json", ok=ok)
        return json.loads(out)

    def kinds(self):
        found = self.cluster.signalbox_json("carol", "ledger", "show", "--limit", "1000")
        return [entry["what"] for entry in found["entries"]]

    def test_attack_36_a_ledger_that_was_set_back_is_noticed_by_everybody(self):
        c = self.cluster
        # The trust file asks for a witness, and none is there.
        report = self.verify(self.export(), ok=(1,))
        self.assertIn("0 of 1 cosignatures", report["what"])
        self.assertEqual(self.watch(ok=(UNWITNESSED,))["alarm"], "unwitnessed")

        self.start_witness()
        self.restart_controller()
        report = self.verify(self.export())
        self.assertTrue(report["ok"])
        self.assertEqual([w["name"] for w in report["cosigned_by"]], [self.name])
        seen = self.watch()
        self.assertEqual(seen["alarm"], "")

        # An older copy of everything that the controller has.
        c.controller.stop()
        shutil.copytree(c.data, c.folder / "older")
        c.start_controller()
        c.wait_online()
        for number in range(3):
            c.add_person(f"auditor-{number}", "auditor")
        newer = self.export().rename(c.folder / "newer.jsonl")
        self.assertTrue(self.verify(newer)["ok"])
        later = self.watch()
        self.assertGreater(later["size"], seen["size"])

        # Set back, and another history written in the place of the one that was seen.
        c.controller.stop()
        shutil.rmtree(c.data)
        shutil.copytree(c.folder / "older", c.data)
        c.start_controller()
        wait_until("the witness's alarm in the ledger", lambda: "decision:checkpoint_alarm" in self.kinds())
        for number in range(8):
            c.add_person(f"other-{number}", "auditor")
        self.assertEqual(self.watch(ok=(FORKED,))["alarm"], "forked")
        self.assertTrue(list(c.folder.glob("watch.json.fork-*")), "what was shown is kept as evidence")
        report = self.verify(self.export(), ok=(1,))
        self.assertIn("0 of 1 cosignatures", report["what"], "nobody cosigns it")
        self.assertTrue(self.verify(newer)["ok"], "the export of the true one still holds")

    def test_two_witnesses_cannot_share_a_folder_and_a_name_must_be_one(self):
        c = self.cluster
        self.start_witness()
        again = subprocess.run([BIN / "signalbox", "witness", "run", "--state", self.state, "--port", "0", "--trust",
                                c.data / "trust" / "trust.json"], capture_output=True, text=True, check=False, timeout=30)
        self.assertNotEqual(again.returncode, 0)
        c.signalbox("admin", "trust", "add-key", "--role", "witness", "--label", "two words",
                    c.add_key("dora")["public"], ok=(2,))
        c.signalbox("carol", "witness", "init", "--state", c.folder / "other", "--name", "a+b", ok=(2,))


if __name__ == "__main__":
    unittest.main()
