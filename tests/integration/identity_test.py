# SPDX-License-Identifier: Apache-2.0
"""Identity that lasts: the cluster's authority, a host's record key and the ledger's key are changed under a cluster that works,
also twice, in the middle of a release, while a host sleeps, and with SIGKILL between any two steps."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import ClusterCase, Failed, wait_until  # noqa: E402

CA_POINTS = {"controller.ca_half_prepared": "prepare", "controller.ca_endorsed": "retire", "controller.ca_half_moved": "retire"}
KEY_POINTS = ("executor.key_made", "executor.key_recorded", "executor.key_moved")


class IdentityCase(ClusterCase):
    def show(self, host):
        return self.cluster.signalbox_json("admin", "agents", "show", host)

    def kinds(self, host):
        return [event["kind"] for event in self.show(host).get("story", [])]

    def wait_online_again(self):
        wait_until("every agent to be online", lambda: all(
            a["presence"] == "online" and not a.get("problem") for a in self.cluster.agents().values()), 60)

    def release_now(self, version):
        release = self.start_release(version)
        self.approve(release)
        self.wait_status(release, "succeeded", seconds=120)

    def assert_whole(self):
        path = self.export()
        self.assertTrue(self.verify(path)["ok"])
        return path


class Authority(IdentityCase):
    def ca(self, *arguments):
        return self.cluster.signalbox_json("admin", "ca", *arguments)

    def left(self):
        return sorted(h["host"] for h in self.ca("show").get("left", []))

    def refused(self, *arguments):
        with self.assertRaises(Failed) as caught:
            self.cluster.signalbox("admin", *arguments)
        return str(caught.exception)

    def gone_away(self):
        return (self.cluster.logs / "controller.log").read_text().count("agent went away")

    def test_the_authority_changes_and_nobody_is_dropped(self):
        c = self.cluster
        first = self.ca("show")
        self.assertNotIn("next", first)
        self.assertEqual(self.show("legacy-1")["certificate"]["authority"], first["present"]["sha256"])
        self.assertIn("no certificate authority is prepared", self.refused("ca", "retire"))
        c.hosts["legacy-1"]["agent"].stop()
        wait_until("it to be away", lambda: c.agents()["legacy-1"]["presence"] == "offline")
        away = self.gone_away()

        second = self.ca("prepare")["next"]["sha256"]
        self.assertIn("is prepared already", self.refused("ca", "prepare"))
        wait_until("the others to move", lambda: self.left() == ["legacy-1"], 90)
        self.assertIn("legacy-1", self.refused("ca", "retire"))
        self.assertEqual(self.show("web-blue")["certificate"]["authority"], second)
        self.assertEqual(self.gone_away(), away, "a stream was dropped")
        # It slept since before the change began.
        c.start_agent("legacy-1")
        wait_until("all to move", lambda: self.left() == [], 60)
        self.release_now("1.1.0")
        done = self.ca("retire")
        self.assertEqual(done["present"]["sha256"], second)
        self.assertNotIn("next", done)
        self.release_now("1.2.0")
        self.assertEqual(self.gone_away(), away, "a stream was dropped")
        # Nothing of the old one is left but what lets sleepers and people who know it know us.
        self.assertEqual((c.data / "pki" / "bundle.crt").read_text().count("BEGIN"), 1)
        c.controller.stop()
        c.start_controller()
        self.wait_online_again()
        self.assertNotIn("agent_returned", self.kinds("web-blue"))

        # Again, and by force, while one sleeps that knows the second one only.
        c.hosts["web-green"]["agent"].stop()
        self.ca("prepare")
        wait_until("the others to move", lambda: self.left() == ["web-green"], 90)
        self.assertIn("reason", self.refused("ca", "retire", "--force"))
        self.ca("retire", "--force", "--reason", "web-green is in repair")
        c.start_agent("web-green")
        wait_until("it to come back by its record key", lambda: "agent_returned" in self.kinds("web-green"), 120)
        self.wait_online_again()
        self.release_now("1.3.0")
        self.assert_whole()

    def test_a_crash_in_the_middle_loses_nothing(self):
        c = self.cluster
        for point, command in CA_POINTS.items():
            with self.subTest(point=point):
                if command == "retire" and "next" not in self.ca("show"):
                    self.ca("prepare")
                    wait_until("all to move", lambda: self.left() == [], 90)
                c.controller.stop()
                c.start_controller({"SIGNALBOX_FAILPOINT": point})
                self.wait_online_again()
                self.refused("ca", command)
                wait_until("the controller to die", c.controller.ended, 30)
                c.start_controller()
                self.wait_online_again()
                if "next" in self.ca("show"):
                    wait_until("all to move", lambda: self.left() == [], 90)
                    self.ca("retire")
        self.release_now("1.1.0")
        self.assert_whole()


class RecordKey(IdentityCase):
    def rotate(self, host, env=None):
        argv = [self.cluster.bin / "signalbox-executor", "rotate-key", "--state", self.cluster.hosts[host]["home"] / "executor"]
        return subprocess.run([str(a) for a in argv], env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False)

    def restart_with_new_key(self, host):
        self.cluster.hosts[host]["executor"].stop()
        done = self.rotate(host)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.cluster.start_executor(host)

    def keys_before(self, host):
        return self.show(host).get("recordKeysBefore", self.show(host).get("record_keys_before", 0))

    def test_a_host_changes_its_key(self):
        c = self.cluster
        self.assertEqual(self.keys_before("legacy-1"), 0)
        running = self.rotate("legacy-1")
        self.assertNotEqual(running.returncode, 0)
        self.assertIn("lock", running.stderr)
        home = c.hosts["legacy-1"]["home"] / "executor"
        stolen = c.folder / "stolen.key"
        shutil.copy(home / "record.key", stolen)
        before = c.agents()["legacy-1"]["record_kid"]
        self.restart_with_new_key("legacy-1")
        wait_until("the controller to know", lambda: self.keys_before("legacy-1") == 1)
        self.assertNotEqual(c.agents()["legacy-1"]["record_kid"], before)
        self.wait_online_again()
        self.release_now("1.1.0")

        # In the middle of a release.
        release = self.start_release("1.2.0")
        self.approve(release)
        self.wait_step(release, lambda s: s["status"] in ("running", "dispatched", "succeeded"), "a step to begin")
        self.restart_with_new_key("legacy-1")
        if self.wait_status(release, "succeeded", "halted", "undone", seconds=120)["status"] == "halted":
            c.signalbox("carol", "release", "resume", release)
            self.wait_status(release, "succeeded", seconds=120)

        # Twice while nobody hears of it; and the authority that it knows is retired meanwhile.
        c.hosts["legacy-1"]["agent"].stop()
        c.hosts["legacy-1"]["executor"].stop()
        for _ in range(2):
            self.assertEqual(self.rotate("legacy-1").returncode, 0)
        c.signalbox("admin", "ca", "prepare")
        wait_until("the others to move", lambda: len(c.signalbox_json("admin", "ca")["left"]) == 1, 90)
        c.signalbox("admin", "ca", "retire", "--force", "--reason", "test")
        c.start_executor("legacy-1")
        c.start_agent("legacy-1")
        wait_until("the controller to know", lambda: self.keys_before("legacy-1") == 4, 120)
        # Its streams may begin before the ports know that its authority is gone; they end when the ports do.
        wait_until("it to come back by its record key", lambda: "agent_returned" in self.kinds("legacy-1"), 120)
        self.wait_online_again()
        self.release_now("1.3.0")
        path = self.assert_whole()
        self.assertEqual(sum(a["kind"] == "key_rotated" for a in self.actions(path)), 4)

        # The old key is good for nothing: not for its own executor…
        c.hosts["legacy-1"]["executor"].stop()
        kept = (home / "record.key").read_bytes()
        shutil.copy(stolen, home / "record.key")
        with self.assertRaises(Failed):
            c.start_executor("legacy-1")
        self.assertIn("the journal says that", c.hosts["legacy-1"]["executor"].tail())
        (home / "record.key").write_bytes(kept)
        c.start_executor("legacy-1")
        self.wait_online_again()
        # …and a ledger in which somebody left a change of key out does not verify.
        lines = path.read_text().splitlines(keepends=True)
        at = next(i for i, line in enumerate(lines) if i and "key_rotated" in payload(line))
        (c.folder / "hidden.jsonl").write_text("".join(lines[:at] + lines[at + 1:]))
        self.assertFalse(self.verify(c.folder / "hidden.jsonl", ok=(1, 2, 3))["ok"])

    def test_a_crash_in_the_middle_loses_nothing(self):
        for point in KEY_POINTS:
            with self.subTest(point=point):
                self.cluster.hosts["legacy-1"]["executor"].stop()
                known = self.keys_before("legacy-1")
                self.assertEqual(self.rotate("legacy-1", {"SIGNALBOX_FAILPOINT": point}).returncode, -9)
                self.cluster.start_executor("legacy-1")
                changed = 0 if point == "executor.key_made" else 1
                wait_until("the controller to know", lambda: self.keys_before("legacy-1") == known + changed)
                self.assertFalse((self.cluster.hosts["legacy-1"]["home"] / "executor" / "record.key.next").exists())
                self.wait_online_again()
        self.release_now("1.1.0")
        self.assert_whole()


class LedgerKey(IdentityCase):
    def publish(self):
        c = self.cluster
        for number in (1, 2):
            c.signalbox("admin", "trust", "sign", "--key", c.people / "root-keys" / f"root-{number}.key",
                        "--passphrase-file", c.passphrase("root"))
        c.signalbox("admin", "trust", "publish")

    def signatures(self):
        path = self.export()
        note = json.loads(path.read_text().splitlines()[0])["checkpoint"]
        return sum(line.startswith("— ") for line in note.splitlines())

    def trust_version(self):
        return int(self.cluster.signalbox_json("admin", "status")["trust_version"])

    def test_a_stolen_ledger_key_goes_at_once(self):
        c = self.cluster
        before = self.signatures()
        old = c.signalbox_json("admin", "trust", "ledger-keys")["keys"][0]["kid"]
        fresh = c.signalbox_json("admin", "trust", "prepare-ledger-key")["public_key"]
        c.signalbox("admin", "trust", "add-key", "--role", "ledger", "--label", "ledger 2", fresh)
        self.publish()
        keys = {k["kid"]: k for k in c.signalbox_json("admin", "trust", "ledger-keys")["keys"]}
        self.assertTrue(keys[old]["in_use"])
        self.release_now("1.1.0")
        # Both sign, so that nobody has to know the new one yet.
        self.assertEqual(self.signatures(), before + 1)
        self.assert_whole()
        both = self.trust_version()

        c.signalbox("admin", "trust", "remove-key", "--role", "ledger", old)
        self.publish()
        keys = {k["kid"]: k for k in c.signalbox_json("admin", "trust", "ledger-keys")["keys"]}
        self.assertFalse(keys[old].get("in_use", False))
        self.release_now("1.2.0")
        self.assertEqual(self.signatures(), before)
        path = self.export()
        # What the stolen key signed verifies by the version that listed both, and by the one that removed it only with those before.
        whole = c.signalbox_json("carol", "ledger", "verify", path, "--trust", c.data / "trust" / f"{both}.json")
        self.assertTrue(whole["ok"])
        self.assertFalse(self.verify(path, ok=(1, 2, 3))["ok"])
        chain = [a for n in range(1, both + 2) for a in ("--trust", c.data / "trust" / f"{n}.json")]
        self.assertTrue(c.signalbox_json("carol", "ledger", "verify", path, *chain)["ok"])
        alarms = [a for a in self.actions(path) if a.get("outcome", {}).get("code") in ("checkpoint_refused", "ledger_forked")]
        self.assertEqual(alarms, [])
        c.controller.stop()
        c.start_controller()
        self.wait_online_again()
        self.release_now("1.3.0")


def payload(line):
    entry = json.loads(line)
    return base64.b64decode(json.loads(entry["envelope"])["payload"]).decode() if "envelope" in entry else ""


if __name__ == "__main__":
    unittest.main()
