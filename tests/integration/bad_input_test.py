# SPDX-License-Identifier: Apache-2.0
"""What people get wrong, in one cluster: each mistake is one error that names the place and says what to do next, ends
with the exit code that docs/cli.md promises, and changes nothing."""

import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from bad_input_case import BadInputCase  # noqa: E402
from cluster_case import free_port  # noqa: E402

FAILED, USAGE, REFUSED, UNREACHABLE = 1, 2, 3, 4


class CommandLine(BadInputCase):
    def test_arguments(self):
        for arguments, says in {
            (): "signalbox --help",
            ("relaese", "list"): "did you mean 'release'?",
            ("release",): "release --help",
            ("release", "show"): "release show --help",
            ("release", "list", "--limt", "3"): "did you mean '--limit'?",
            ("release", "list", "--limit", "many"): "--limit",
            ("release", "start", "releases/shop.yaml", "--window", "90h"): "1m to 72h",
            ("release", "show", "shop-9.9.9-99"): "shop-9.9.9-99",
            ("release", "watch", "shop-9.9.9-99"): "signalbox release list",
            ("release", "halt", "../../etc/passwd"): "there is no release",
            ("agents", "show", "web-9"): "web-9",
            ("ledger", "verify", "none.jsonl", "--trust", "none.json"): "none.json",
            ("completion", "tcsh"): "tcsh",
        }.items():
            with self.subTest(arguments):
                self.mistake("carol", *arguments, code=USAGE, says=says)
        for arguments, says in {
            ("agents", "ban", "web-9", "--reason", "gone"): "web-9",
            ("enrol-token", "create", "--environment", "production", "--host", "bad host!"): "bad host!",
            ("enrol-token", "create", "--environment", "production", "--host", "web-9", "--ttl", "soon"): "soon",
            ("access", "key", "create", "eve", "--role", "king"): "king",
            ("access", "key", "revoke", "000000000000"): "000000000000",
            ("trust", "add-approver", "--environment", "production", "--role", "operations", "--label", "eve",
             "k4.public.AAAA"): "k4.public",
        }.items():
            with self.subTest(arguments):
                self.mistake("admin", *arguments, code=USAGE, says=says)

    def test_an_error_for_a_program_is_one_object(self):
        done = self.run_as("carol", "release", "show", "shop-9.9.9-99", "--json")
        self.assertEqual(done.returncode, USAGE)
        error = json.loads(done.stderr)["error"]
        self.assertEqual(error["code"], "not_found")
        self.assertIn("shop-9.9.9-99", error["message"])
        self.assertTrue(error["next"])

    def test_a_result_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            self.mistake("carol", "agents", code=FAILED, says="standard output", stdout=full)

    def test_credentials(self):
        good = json.loads((self.cluster.people / "carol" / "credentials.json").read_text())
        other_ca = self.cluster.folder / "other"
        self.cluster.run(self.cluster.bin / "signalbox", "init", "--data", other_ca, "--cluster", "other",
                         "--root-keys", self.cluster.folder / "other-roots", "--passphrase-file",
                         self.cluster.passphrase("root"), "--credentials", self.cluster.folder / "other.json")
        foreign = json.loads((self.cluster.folder / "other.json").read_text())
        self.mistake("nobody", "status", code=USAGE, says="nobody/credentials.json")
        for name, content, code, says in (
            ("not JSON", "hello", USAGE, "credentials.json"),
            ("no https", {**good, "url": "http://127.0.0.1:1"}, USAGE, "https://"),
            ("wrong key", {**good, "api_key": "sbk_000000000000_" + "A" * 43}, REFUSED, "API key"),
            ("another CA", {**good, "ca_pem": foreign["ca_pem"]}, REFUSED, "certificate"),
            ("nobody there", {**good, "url": f"https://127.0.0.1:{free_port()}"}, UNREACHABLE, "127.0.0.1"),
        ):
            with self.subTest(name):
                self.write_credentials("eve", content if isinstance(content, str) else json.dumps(content))
                self.mistake("eve", "status", code=code, says=says)
        with self.subTest("others may read it"):
            self.write_credentials("eve", json.dumps(good)).chmod(0o644)
            self.mistake("eve", "status", code=REFUSED, says="chmod")
        with self.subTest("another role"):
            self.mistake("bob", "estate", "set", self.cluster.estate, code=REFUSED, says="EstateService", next_says="role",
                         denied=True)

    def test_keys(self):
        c = self.cluster
        wrong = c.folder / "wrong-passphrase"
        wrong.touch(mode=0o600)
        wrong.write_text("not the passphrase\n")
        root = c.people / "root-keys" / "root-1.key"
        self.mistake("alice", "key", "show", "nobody", code=USAGE, says="nobody.key", next_says="signalbox key list")
        self.mistake("alice", "key", "new", "alice", "--passphrase-file", c.passphrase("alice"), code=FAILED, says="alice.key")
        self.mistake("alice", "key", "new", "../x", "--passphrase-file", c.passphrase("alice"), code=USAGE, says="../x")
        self.mistake("admin", "trust", "sign", "--key", root, "--passphrase-file", wrong, code=USAGE, says="draft")
        c.signalbox("admin", "trust", "renew", "--expires", "90d")
        try:
            self.mistake("admin", "trust", "sign", "--key", root, "--passphrase-file", wrong, code=REFUSED, says="root-1.key")
            self.mistake("admin", "trust", "sign", "--key", c.people / "none.key", "--passphrase-file", wrong, code=USAGE,
                         says="none.key")
            self.mistake("admin", "trust", "publish", code=REFUSED, says="root")
        finally:
            c.signalbox("admin", "trust", "discard")

    def test_ports(self):
        c = self.cluster
        data = c.folder / "second"
        c.run(c.bin / "signalbox", "init", "--data", data, "--cluster", "second", "--root-keys", c.folder / "second-roots",
              "--passphrase-file", c.passphrase("root"), "--credentials", c.folder / "second.json")
        for taken in ("agent", "operator", "https"):
            with self.subTest(taken):
                listen = [f"--{name}-listen=127.0.0.1:{c.listen[name] if name == taken else 0}"
                          for name in ("agent", "operator", "https")]
                before = self.state()
                done = subprocess.run([c.bin / "signalboxd", "--data", data, *listen], capture_output=True, text=True,
                                      check=False, timeout=60)
                self.one_error(done, FAILED, f"127.0.0.1:{c.listen[taken]}", f"--{taken}-listen")
                self.assertEqual(self.state(), before)
        with self.subTest("the same data folder"):
            done = subprocess.run([c.bin / "signalboxd", "--data", c.data, "--https-listen=127.0.0.1:0"],
                                  capture_output=True, text=True, check=False, timeout=60)
            self.one_error(done, FAILED, str(c.data), "top it")


class Estate(BadInputCase):
    def test_a_source_that_is_none(self):
        self.mistake("admin", "estate", "set", self.cluster.folder / "none", code=USAGE, says="none")
        self.mistake("admin", "estate", "set", self.cluster.logs, code=(FAILED, USAGE), says="logs")
        self.mistake("admin", "estate", "set", self.cluster.estate, "--ref", "no-such-branch", code=USAGE, says="no-such-branch")
        self.mistake("admin", "estate", "check", "--ref", "no-such-branch", code=USAGE, says="no-such-branch")

    def test_files_that_are_wrong(self):
        for path, change, says in (
            ("services/shop.yaml", lambda t: t.replace("owner:", "ownr:"), "services/shop.yaml:4:1: error"),
            ("services/shop.yaml", lambda t: t.replace("criticality: high", "criticality: [high"), "services/shop.yaml:"),
            ("services/shop.yaml", lambda t: t.replace("within: 30s", "within: 30"), "services/shop.yaml:"),
            ("environments/production.yaml", lambda t: t.replace("promotes_from: staging", "promotes_from: stagin"),
             "environments/production.yaml:"),
            ("environments/production.yaml", lambda t: t.replace("{security: 1,", "{security: 0.5,"),
             "environments/production.yaml:"),
        ):
            with self.subTest(path=path, says=says), self.changed_estate(path, change) as branch:
                before = self.state()
                done = self.run_as("carol", "estate", "check", "--ref", branch)
                self.assertEqual(done.returncode, FAILED, done.stdout + done.stderr)
                self.assertIn(says, done.stdout)
                self.assertIn("next: ", done.stdout)
                self.assertEqual(self.state(), before)

    def test_manifests_that_are_wrong(self):
        packed, digest = self.cluster.shop_archive("1.0.1")
        manifest = self.cluster.write_release("1.0.1", digest, 1)
        self.mistake("carol", "release", "start", "releases/none.yaml", code=(FAILED, USAGE), says="releases/none.yaml")
        self.mistake("carol", "release", "start", "../../etc/passwd", code=(FAILED, USAGE), says="../../etc/passwd")
        self.mistake("carol", "release", "start", manifest, code=(FAILED, USAGE), says=digest[:12],
                     next_says="artifact push")
        self.cluster.signalbox("carol", "artifact", "push", packed)
        for change, says in (
            (lambda t: t.replace("kind: Release", "kind: Relaese"), manifest + ":1:"),
            (lambda t: t.replace("service: shop", "service: shoe"), "shoe"),
            (lambda t: t.replace("[staging, production]", "[staging, moon]"), "moon"),
            (lambda t: t.replace("[staging, production]", "[production]"), "'all'"),
            (lambda t: t.replace("version: 1.0.1", "version: [1"), manifest + ":"),
            (lambda t: t.replace("kind: blue_green", "kind: big_bang"), "big_bang"),
            (lambda t: "\x00\xff", manifest + ":"),
            (lambda t: "", manifest),
        ):
            with self.subTest(says), self.changed_estate(manifest, change) as branch:
                self.mistake("carol", "release", "start", manifest, "--ref", branch, code=(FAILED, USAGE), says=says)
        self.mistake("carol", "release", "start", manifest, "--expect-plan", "0" * 64, code=FAILED, says="plan")


class Artifacts(BadInputCase):
    def file(self, name, content):
        path = self.cluster.folder / name
        path.write_bytes(content)
        return path

    def hostile(self, name, *members):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for info in members:
                tar.addfile(info, io.BytesIO(b"x" * info.size) if info.isreg() else None)
        return self.file(name, buffer.getvalue())

    def member(self, name, kind=tarfile.REGTYPE, link=""):
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
        return info

    def test_files_that_are_no_artifact(self):
        self.mistake("carol", "artifact", "push", self.cluster.folder / "none.tar", code=USAGE, says="none.tar")
        self.mistake("carol", "artifact", "push", self.file("empty.tar", b""), code=USAGE, says="empty.tar")
        self.mistake("carol", "artifact", "push", self.file("text.tar", b"hello\n"), code=USAGE, says="text.tar",
                     next_says="pack it with tar")
        self.mistake("carol", "artifact", "push", self.file("a.tar", b"hello\n"), "--format", "rar", code=USAGE, says="rar")
        self.mistake("carol", "artifact", "push", self.cluster.folder, code=(FAILED, USAGE), says=str(self.cluster.folder))
        self.mistake("carol", "artifact", "import", "https://127.0.0.1:1/x.tar.gz", code=(FAILED, USAGE), says="sha256")

    def test_archives_that_must_not_be_unpacked(self):
        good, _ = self.cluster.shop_archive("1.0.2")
        whole = good.read_bytes()
        for name, path, says in (
            ("truncated", self.file("truncated.tar.zst", whole[: len(whole) // 2]), "truncated.tar.zst"),
            ("outside", self.hostile("outside.tar", self.member("../../../../evil")), "../"),
            ("through a link", self.hostile("link.tar", self.member("up", tarfile.SYMTYPE, "../../.."), self.member("up/evil")), "up"),
            ("a device", self.hostile("device.tar", self.member("fifo", tarfile.FIFOTYPE)), "fifo"),
        ):
            with self.subTest(name):
                self.mistake("carol", "artifact", "push", path, code=USAGE, says=says, next_says="archive")


class Approvals(BadInputCase):
    def test_signatures_that_do_not_count(self):
        c = self.cluster
        release = self.waiting_release("1.0.3")
        wrong = c.folder / "wrong"
        wrong.touch(mode=0o600)
        wrong.write_text("not the passphrase\n")

        def approve(person, key, passphrase, *more):
            return (person, "release", "approve", release, "--key", key, "--passphrase-file", passphrase, "--yes", *more)

        try:
            self.mistake(*approve("alice", "none", c.passphrase("alice")), code=USAGE, says="none.key", next_says="key list")
            self.mistake(*approve("alice", "alice", wrong), code=REFUSED, says="passphrase")
            self.mistake(*approve("alice", "alice", c.passphrase("alice"), "--environment", "staging"), code=REFUSED,
                         says="staging", next_says="bob")
            self.mistake(*approve("alice", "alice", c.passphrase("alice"), "--environment", "moon"), code=USAGE, says="moon")
            c.signalbox("carol", "key", "new", "carol", "--passphrase-file", c.passphrase("carol"))
            self.mistake(*approve("carol", "carol", c.passphrase("carol")), code=REFUSED, says="may not approve")
            # Carol's API key, although she asks with a key that counts.
            self.mistake("carol", "release", "approve", release, "--key", c.people / "alice" / "keys" / "alice.key",
                         "--passphrase-file", c.passphrase("alice"), "--yes", code=REFUSED, says="approve", next_says="role", denied=True)
        finally:
            c.signalbox("carol", "release", "abort", release)
        self.mistake(*approve("bob", "bob", c.passphrase("bob")), code=FAILED, says=release)

    def test_the_requester_does_not_approve(self):
        c = self.cluster
        kid = c.signalbox_json("alice", "key", "show", "alice")["kid"]
        c.add_person("dora", "coordinator", "approver", kid=kid)
        release = self.waiting_release("1.0.4", person="dora")
        try:
            self.mistake("dora", "release", "approve", release, "--key", c.people / "alice" / "keys" / "alice.key",
                         "--passphrase-file", c.passphrase("alice"), "--yes", code=REFUSED, says="dora",
                         next_says="another approver")
            # Nor around the command: the controller refuses the signature as well.
            answer = self.post("dora", "ReleaseService/Approve",
                               {"releaseId": release, "environment": "production", "kid": kid, "signature": "A" * 86 + "=="})
            self.assertEqual(answer[0], 403, answer)
            self.assertIn("requester", answer[1]["message"])
        finally:
            c.signalbox("carol", "release", "abort", release)

    def test_a_forged_signature(self):
        c = self.cluster
        release = self.waiting_release("1.0.5")
        kid = c.signalbox_json("alice", "key", "show", "alice")["kid"]
        try:
            before = self.state()
            for signature in ("A" * 86 + "==", "", "AAAA"):
                status, error = self.post("alice", "ReleaseService/Approve", {
                    "releaseId": release, "environment": "production", "kid": kid, "signature": signature})
                self.assertEqual(status, 400, error)
                self.assertEqual(error["code"], "invalid_argument")
                self.assertIn("signature", error["message"])
            self.assertEqual(self.state(), before)
        finally:
            c.signalbox("carol", "release", "abort", release)


if __name__ == "__main__":
    unittest.main()
