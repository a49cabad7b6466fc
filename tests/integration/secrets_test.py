# SPDX-License-Identifier: Apache-2.0
"""Row 41 of the attack table: a canary goes as a secret through command line, controller, agent, executor and two steps, which
print it in every form that they know; then it is looked for in everything that is left, and in every process meanwhile."""

import base64
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import ClusterCase, wait_until  # noqa: E402

CANARY = "canary/5c1d+9e \"quoted\" value"
FORMS = {
    "plain": CANARY, "base64": base64.b64encode(CANARY.encode()).decode().rstrip("="), "hex": CANARY.encode().hex(),
    "HEX": CANARY.encode().hex().upper(), "url": urllib.parse.quote(CANARY, safe=""), "form": urllib.parse.quote_plus(CANARY),
    "user:password": base64.b64encode(b"u:" + CANARY.encode()).decode()[4:-4], "json": CANARY.replace('"', '\\"'),
}
LEAK = """\
import base64, os, pathlib, sys, time, hashlib, urllib.parse
value = (pathlib.Path(os.environ["CREDENTIALS_DIRECTORY"]) / "DB_PASSWORD").read_bytes()
pathlib.Path("used").write_text(hashlib.sha256(value).hexdigest())
for text in (value, base64.b64encode(value), base64.b64encode(b"u:" + value), value.hex().encode(), value.hex().upper().encode(),
             urllib.parse.quote(value, safe="").encode(), urllib.parse.quote_plus(value).encode(), value.replace(b'"', b'\\\\"')):
    os.write(1, b"out " + text + b"\\n")
    os.write(2, b"err " + text + b"\\n")
if os.fork() == 0:
    os.abort()  # with the value in memory: no core
os.wait()
pathlib.Path("holding").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.02)
sys.exit("the value is " + value.decode() if pathlib.Path("fail").exists() else 0)
"""
SERVICE = """\
commands:
  leak: {when: before, argv: [python3, leak.py], secrets: {DB_PASSWORD: shop-db}, limits: {processes: 4096, cpu_s: 60}, within: 60s}
"""


class Secrets(ClusterCase):
    def setUp(self):
        super().setUp()
        c = self.cluster
        shop = c.estate / "services" / "shop.yaml"
        shop.write_text(shop.read_text() + SERVICE)
        c.commit("A command that needs the database")
        for host in c.hosts.values():
            (host["home"] / "srv" / "shop" / "leak.py").write_text(LEAK)
        outside = tempfile.TemporaryDirectory()
        self.addCleanup(outside.cleanup)
        self.value = pathlib.Path(outside.name) / "value"  # the only place where it may be
        self.value.touch(mode=0o600)
        self.value.write_text(CANARY + "\n")

    def set(self, environment):
        """The version that it has now."""
        return int(self.cluster.signalbox_json("admin", "secret", "set", "shop-db", "--environment", environment, "--file",
                                               self.value)["version"])

    def folder(self, name):
        return self.cluster.hosts[name]["home"] / "srv" / "shop"

    def test_attack_41_a_canary_is_found_nowhere(self):
        c = self.cluster
        with self.assertRaisesRegex(Exception, "secret 'shop-db' has no value in staging"):
            self.start_release("1.1.0")
        for environment in ("staging", "production"):
            self.assertEqual(self.set(environment), 1)
        release = self.start_release("1.1.1")
        # What people are shown before they are asked; nobody answers here.
        shown = subprocess.run([c.bin / "signalbox", "release", "approve", release, "--key", "alice", "--passphrase-file",
                                c.passphrase("alice")], env={**os.environ, **c.environment("alice")}, stdin=subprocess.DEVNULL,
                               capture_output=True, text=True, check=False).stderr
        self.assertIn("with the secret shop-db as DB_PASSWORD, version 1", shown)
        self.assertIn("with the limits cpu_s=60 processes=4096", shown)
        self.approve(release)

        wait_until("the step in staging to hold the secret", (self.folder("staging-1") / "holding").exists, 60)
        self.assertTrue(list((c.hosts["staging-1"]["home"] / "run" / "credentials" / "shop").iterdir()))
        self.assertEqual(self.found_in_processes(), [])
        (self.folder("legacy-1") / "fail").touch()
        for name in c.hosts:
            (self.folder(name) / "go").touch()
        ended = self.wait_status(release, "succeeded", "undone", "undone_partly", "failed", seconds=90)
        self.assertEqual(ended["status"], "undone", "the legacy host's command ended with an error that holds the value")
        for name in ("staging-1", "legacy-1"):
            self.assertEqual((self.folder(name) / "used").read_text(), hashlib.sha256(CANARY.encode()).hexdigest(), name)
            self.assertFalse((c.hosts[name]["home"] / "run" / "credentials" / "shop").exists(), name)

        self.everything_that_can_be_asked(release)
        self.assertTrue(self.verify(self.export())["ok"])
        self.assertEqual(self.found_on_disk(), [])
        self.assertEqual(self.found_in_processes(), [])
        c.stop()
        kept = [path for path in c.data.rglob("*") if path.is_file() and b"out [secret]\nout [secret]\n" in path.read_bytes()]
        self.assertTrue(kept, "the controller has no output at all: nothing was proven")
        self.assertEqual(self.found_on_disk(), [], "also when everything was written out")
        self.assertEqual([p for p in c.folder.rglob("core*") if p.is_file()], [])

    def test_a_removed_version_is_given_to_nobody_and_a_new_one_to_new_plans_only(self):
        c = self.cluster
        for environment in ("staging", "production"):
            self.set(environment)
        release = self.start_release("1.1.0")
        self.assertEqual(self.set("staging"), 2)
        c.signalbox("admin", "secret", "remove", "shop-db", "--environment", "staging", "--version", "1")
        listed = c.signalbox_json("admin", "secret", "list", "--environment", "staging")["secrets"]
        self.assertEqual([(int(s["version"]), s.get("removed", False)) for s in listed], [(1, True), (2, False)])
        self.approve(release)
        wait_until("the step to say why it waits", lambda: "is not there any more" in str(self.release(release)), 60)
        self.assertFalse((self.folder("staging-1") / "used").exists())

    # -- where it could be ---------------------------------------------------------------------------------------

    def everything_that_can_be_asked(self, release):
        """Answers of the command line go into files below the folder that is searched."""
        c = self.cluster
        answers = c.folder / "answers"
        answers.mkdir()
        for number, arguments in enumerate((
                ("release", "show", release), ("release", "explain", release), ("release", "approvals", release), ("agents",),
                ("secret", "list"), ("status",), ("release", "list"))):
            for more in ((), ("--json",)):
                (answers / f"{number}{'-'.join(more)}").write_text(c.signalbox("admin", *arguments, *more))

    def found_on_disk(self):
        found = []
        for path in self.cluster.folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                found += [(str(path), form) for form, text in FORMS.items() if text.encode() in content]
        return found

    @staticmethod
    def found_in_processes():
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            for what in ("cmdline", "environ"):
                try:
                    content = (process / what).read_bytes()
                except OSError:
                    continue
                found += [(process.name, what, form) for form, text in FORMS.items() if text.encode() in content]
        return found


if __name__ == "__main__":
    unittest.main()
