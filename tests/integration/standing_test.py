# SPDX-License-Identifier: Apache-2.0
"""Standing approvals and withdrawals with the real programs: a patch release from create to undo without anybody's signature, what
is not covered, the last use, and approvals that are taken back before and in the middle of a release."""

import base64
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import ClusterCase, Failed, wait_until  # noqa: E402

# A command that waits on a host as long as the test wants it to.
HOLD = """\
import pathlib, time
pathlib.Path("holding").touch()
while pathlib.Path("hold").exists():
    time.sleep(0.02)
"""
SERVICE = """\
commands:
  hold: {when: before, argv: [python3, hold.py], within: 60s}
"""


class StandingCase(ClusterCase):
    def setUp(self):
        super().setUp()
        c = self.cluster
        shop = c.estate / "services" / "shop.yaml"
        shop.write_text(shop.read_text() + SERVICE)
        c.commit("A command that can wait")
        for name in c.hosts:
            (self.folder(name) / "hold.py").write_text(HOLD)

    def folder(self, name):
        return self.cluster.hosts[name]["home"] / "srv" / "shop"

    def by(self, person, *arguments, ok=(0,)):
        """A command that this person's key signs."""
        return self.cluster.signalbox(person, *arguments, "--key", person, "--passphrase-file", self.cluster.passphrase(person),
                                      ok=ok)

    def released(self, version):
        """A release that people approved, to its end."""
        release = self.start_release(version)
        self.approve(release)
        self.wait_status(release, "succeeded")
        return release

    def decisions(self, kind):
        """The data of the controller's ledger entries of this kind, in order."""
        out = []
        for line in self.export().read_text().splitlines()[1:]:
            statement = json.loads(base64.b64decode(json.loads(json.loads(line)["envelope"])["payload"]))
            if statement["predicateType"] == "https://signalbox.dev/decision/v1" and statement["predicate"]["kind"] == kind:
                out.append(statement["predicate"]["data"])
        return out

    def wait_recorded(self, approval, hosts):
        """Until these hosts have signed that they know of the withdrawal."""
        ids = {agent["agent_id"]: host for host, agent in self.cluster.agents().items()}

        def who():
            return {ids[a["agent_id"]] for a in self.actions(self.export())
                    if a["kind"] == "observed" and a["outcome"]["code"] == "approval_withdrawn"
                    and a["approval_sha256"] == approval}

        wait_until(f"{hosts} to record the withdrawal", lambda: who() == set(hosts), 30)

    def ran(self, release):
        return {s["host"] for s in self.release(release)["steps"] if s["status"] in ("running", "succeeded")}

    def refused(self, words, call, *arguments, **more):
        with self.assertRaisesRegex(Failed, words):
            call(*arguments, **more)


class Standing(StandingCase):
    def test_patch_releases_run_without_anybodys_signature_until_the_last_use(self):
        c = self.cluster
        known = [self.released("1.1.0"), self.released("1.1.1")]  # one on each colour
        builder = c.add_key("builder")
        for environment in ("staging", "production"):
            c.signalbox("admin", "trust", "add-key", "--role", f"artifact/{environment}", "--label", "build server",
                        builder["public"])
        c.publish_approvers([])
        files = {"staging": c.folder / "staging.standing", "production": c.folder / "production.standing"}
        for environment, path in files.items():
            c.signalbox("carol", "approval", "standing", "create", *known, "--environment", environment, "--name",
                        f"shop-patches-{environment}", "--uses", 2 if environment == "production" else 9, "--for", "60d",
                        "--patch-from", 2, "--out", path)
        self.by("bob", "approval", "standing", "sign", files["staging"], "--yes")
        self.by("bob", "approval", "standing", "sign", files["production"], "--yes")
        self.refused("does not cover this release.*not enough people", self.under, "1.1.2", files)
        self.by("alice", "approval", "standing", "sign", files["production"], "--yes")
        shown = c.signalbox_json("carol", "approval", "standing", "show", files["production"])
        self.assertTrue(shown["complete"])

        # From create to undo: nobody approves the release.
        first = self.under("1.1.2", files)
        self.wait_status(first, "succeeded")
        self.assertTrue(all("shop 1.1.2 " in answer for answer in self.serving().values()), self.serving())
        self.assertIn("production  under a standing approval: nobody has to sign", c.signalbox("carol", "release", "approvals", first))
        self.refused("it runs under a standing approval", self.by, "alice", "release", "withdraw", first, "--yes")
        c.signalbox("carol", "release", "undo", first, "--reason", "just because")
        self.wait_status(first, "undone")
        self.wait_serving("1.1.1", "lb", "legacy-1")
        self.assertEqual([d for d in self.decisions("approval_received") if d["release_id"] == first], [])
        self.assertEqual(sorted(d["environment"] for d in self.decisions("standing_used") if d["release_id"] == first),
                         ["production", "staging"])

        # What it does not cover is said before anything starts.
        self.refused("not for 1.2.0", self.under, "1.2.0", files)
        self.refused("the artifact is signed as shop 1.1.4", self.under, "1.1.3", files, signed="1.1.4")
        self.refused("artifact", self.under, "1.1.3", files, signer="alice")
        self.assertEqual([r["release_id"] for r in c.signalbox_json("carol", "release", "list")["releases"]][0], first)

        second = self.under("1.1.5", files)
        self.wait_status(second, "succeeded")
        # The host counts: after the last use it refuses, whatever the controller sends.
        third = self.under("1.1.6", files)
        ended = self.wait_status(third, "undone", "undone_partly", "failed", "succeeded", "halted")
        self.assertNotEqual(ended["status"], "succeeded")
        self.assertIn("shop-patches-production is used up", json.dumps(ended))
        self.wait_serving("1.1.5", "lb", "legacy-1")

        # Revoked, it is for nobody any more.
        self.by("alice", "approval", "standing", "revoke", files["production"], "--yes", "--reason", "a new platform")
        self.refused("it was revoked", self.under, "1.1.7", files)
        self.wait_recorded(shown["sha256"], ("legacy-1", "web-blue", "web-green"))
        self.assertTrue(self.verify(self.export())["ok"])

    def under(self, version, files, signed=None, signer="builder"):
        """A release under the standing approvals; its artifact is signed as the version `signed`."""
        c = self.cluster
        packed, digest = c.shop_archive(version)
        c.signalbox("carol", "artifact", "push", packed)
        manifest = c.write_release(version, digest, 1)
        statement = c.folder / f"shop-{version}-{signed}-{signer}.statement"
        if not statement.exists():
            self.by(signer, "artifact", "sign", packed, "--cluster", "test", "--service", "shop", "--version", signed or version,
                    "--out", statement)
        under = [word for path in files.values() for word in ("--standing", path)] + ["--artifact-statement", statement]
        return c.signalbox_json("carol", "release", "start", manifest, *under)["release_id"]


class Withdrawal(StandingCase):
    def test_withdrawn_before_the_start_and_in_the_middle(self):
        c = self.cluster
        production = ("legacy-1", "web-blue", "web-green")
        # Before the start, with a host that is away: the plan is void, and the host hears of it when it comes back.
        first = self.start_release("1.1.0")
        c.approve("alice", first)
        self.refused("has not approved", self.by, "bob", "release", "withdraw", first, "--yes")
        c.hosts["legacy-1"]["agent"].stop()
        self.by("alice", "release", "withdraw", first, "--yes", "--reason", "a bad build")
        self.refused("was withdrawn", self.by, "bob", "release", "approve", first, "--environment", "production", "--yes")
        self.assertRegex(c.signalbox("carol", "release", "approvals", first), "production  withdrawn(.|\n)*: a bad build")
        [entry] = self.decisions("approval_withdrawn")
        self.assertEqual((entry["release_id"], entry["environment"], entry["reason"]), (first, "production", "a bad build"))
        self.wait_recorded(entry["approval_sha256"], ("web-blue", "web-green"))
        c.start_agent("legacy-1")
        self.wait_recorded(entry["approval_sha256"], production)
        self.assertFalse(self.ran(first) & set(production))
        c.signalbox("carol", "release", "abort", first)
        self.wait_status(first, "aborted")

        # In the middle: what runs there comes to its end, nothing else starts, and only the way back is open.
        second = self.start_release("1.1.1")
        (self.folder("legacy-1") / "hold").touch()
        self.approve(second)
        wait_until("production to be in the middle", (self.folder("legacy-1") / "holding").exists, 60)
        self.by("alice", "release", "withdraw", second, "--environment", "production", "--yes", "--reason", "customers complain")
        halted = self.wait_status(second, "halted")
        self.assertIn("the approval for production was withdrawn: customers complain", halted["reason"])
        self.wait_recorded(self.decisions("approval_withdrawn")[-1]["approval_sha256"], production)
        self.refused("was withdrawn", c.signalbox, "carol", "release", "resume", second)
        (self.folder("legacy-1") / "hold").unlink()
        wait_until("the step that ran to end", lambda: not any(
            s["status"] == "running" for s in self.release(second)["steps"]))
        self.assertIn("shop 1.0.0 ", self.serving()["legacy-1"], "its switch never came")
        c.signalbox("carol", "release", "undo", second)
        self.wait_status(second, "undone")
        self.wait_serving("1.0.0", "lb", "legacy-1")

        # People are not stopped by it: the next release runs.
        self.released("1.1.2")
        self.assertTrue(self.verify(self.export())["ok"])


if __name__ == "__main__":
    unittest.main()
