# SPDX-License-Identifier: Apache-2.0
"""docs/verify-without-us.md, run as it stands there: the same evidence of a real release through openssl, Node, @sigstore/verify
and Go's tlog. Then the evidence is changed, and each walk that covers what was changed must notice."""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import BIN, ClusterCase, SOURCE  # noqa: E402

DOCUMENT = SOURCE / "docs" / "verify-without-us.md"
STRANGERS = pathlib.Path(os.environ["SIGNALBOX_STRANGERS"])
LOCK = SOURCE / "tests" / "integration" / "strangers" / "package-lock.json"
WALKS = ("openssl", "node", "sigstore", "go")
NEEDED = {"gather": "signalbox", "openssl": "openssl", "node": "node", "sigstore": "node", "go": "go"}


def walks():
    """The commands of each walk: its blocks in the document, one after the other."""
    out = {}
    for name, text in re.findall(r"^```sh walk=(\w+)\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL):
        out[name] = out.get(name, "") + text
    return out


class Document(unittest.TestCase):
    def test_every_walk_is_there_and_names_the_pinned_version(self):
        self.assertEqual(set(walks()), {"gather", *WALKS})
        locked = json.loads(LOCK.read_text())["packages"]["node_modules/@sigstore/verify"]["version"]
        self.assertRegex(locked, r"^3\.1\.")
        self.assertIn(f"npm install @sigstore/verify@{locked}\n", DOCUMENT.read_text())
        self.assertNotIn("://", re.sub(r"https://registry\.npmjs\.org/", "", LOCK.read_text()))


class Strangers(ClusterCase):
    def walk(self, name, folder):
        """(exit code, output) of one walk in a folder of evidence; no more of Signalbox in reach than the walk needs."""
        programs = folder.parent / f"{folder.name}-bin"
        if not programs.exists():
            programs.mkdir()
        if name == "gather" and not (programs / "signalbox").exists():
            (programs / "signalbox").symlink_to(BIN / "signalbox")
        environment = {
            "PATH": f"{programs}:/usr/bin:/bin" if name == "gather" else "/usr/bin:/bin",
            "HOME": str(folder), "LC_ALL": "C.UTF-8", "NODE_PATH": str(STRANGERS / "node_modules"),
            "TRUST_SHA256": self.cluster.trust_sha256, "RELEASE": self.release_id,
            "GOCACHE": str(STRANGERS / "go-cache"), "GOFLAGS": "", "GOPROXY": "off",
            **(self.cluster.environment("carol") if name == "gather" else {}),
        }
        done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", walks()[name]], cwd=folder, env=environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout

    def copy_of(self, evidence, name):
        folder = self.cluster.folder / name
        shutil.copytree(evidence, folder)
        return folder

    def expect_noticed(self, evidence, name, change, noticed_by):
        for walk in noticed_by:
            folder = self.copy_of(evidence, f"{name}-{walk}")
            change(folder)
            code, output = self.walk(walk, folder)
            self.assertNotEqual(code, 0, f"{walk} did not notice: {name}\n{output}")

    def test_four_strangers_verify_a_release_and_notice_every_change(self):
        for name, program in NEEDED.items():
            if program != "signalbox":
                self.assertTrue(shutil.which(program), f"the {name} walk needs {program}: installers/dependencies.sh")
        self.assertTrue((STRANGERS / "node_modules/@sigstore/verify").is_dir(),
                        f"run tests/integration/strangers/install.sh {STRANGERS} (tests/run.sh does)")
        self.release_id = self.start_release("1.1.0")
        self.approve(self.release_id)
        self.wait_status(self.release_id, "succeeded")

        evidence = self.cluster.folder / "evidence"
        evidence.mkdir()
        code, output = self.walk("gather", evidence)
        self.assertEqual(code, 0, output)
        bundles = sorted((evidence / "bundles").iterdir(), key=lambda p: int(p.name.split(".")[0]))
        kinds = []
        for bundle in bundles:
            envelope = json.loads(bundle.read_text())["dsseEnvelope"]
            kinds.append(json.loads(base64.b64decode(envelope["payload"]))["predicate"]["kind"])
        for kind in ("agent_enrolled", "release_created", "approval_received", "token_minted", "started", "finished"):
            self.assertIn(kind, kinds)
        entries = len((evidence / "export.jsonl").read_text().splitlines()) - 1
        expected = {"openssl": f"{len(bundles)} entries of signalbox.dev/test verified with openssl",
                    "node": f"{entries} entries of signalbox.dev/test verified with Node, 4 hosts",
                    "sigstore": f"{len(bundles)} bundles verified with @sigstore/verify",
                    "go": f"{len(bundles)} proofs of signalbox.dev/test verified with sumdb/tlog"}
        for name in WALKS:
            code, output = self.walk(name, self.copy_of(evidence, f"good-{name}"))
            self.assertEqual(code, 0, f"{name}\n{output}")
            self.assertIn(expected[name], output)

        finished = bundles[max(i for i, kind in enumerate(kinds) if kind == "finished")].name
        kept = {finished, *(b.name for b, kind in zip(bundles, kinds) if kind == "agent_enrolled")}

        def edit_bundle(edit):
            def change(folder):
                for other in (folder / "bundles").iterdir():
                    if other.name not in kept:
                        other.unlink()
                path = folder / "bundles" / finished
                bundle = json.loads(path.read_text())
                edit(bundle)
                path.write_text(json.dumps(bundle, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n")
            return change

        def other_outcome(bundle):
            envelope = bundle["dsseEnvelope"]
            text = base64.b64decode(envelope["payload"]).replace(b'"ok"', b'"no"')
            envelope["payload"] = base64.b64encode(text).decode()

        def hashes(bundle):
            return bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["hashes"]

        def other_index(bundle):
            entry = bundle["verificationMaterial"]["tlogEntries"][0]
            for holder in (entry, entry["inclusionProof"]):
                holder["logIndex"] = str(int(holder["logIndex"]) - 1)

        def other_size(bundle):
            checkpoint = bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]
            lines = checkpoint["envelope"].split("\n")
            lines[1] = str(int(lines[1]) + 1)
            checkpoint["envelope"] = "\n".join(lines)

        both = ("openssl", "sigstore")
        few = self.copy_of(evidence, "few")
        edit_bundle(lambda bundle: None)(few)
        self.assertEqual(self.walk("sigstore", few)[0], 0, "the fewer bundles hold as long as none is changed")
        self.expect_noticed(evidence, "record", edit_bundle(other_outcome), both)
        self.expect_noticed(evidence, "proof", edit_bundle(lambda b: hashes(b).reverse()), both)
        self.expect_noticed(evidence, "index", edit_bundle(other_index), both)
        self.expect_noticed(evidence, "checkpoint", edit_bundle(other_size), both)

        def lines_changed(edit):
            def change(folder):
                path = folder / "export.jsonl"
                lines = path.read_text().splitlines()
                edit(lines)
                path.write_text("\n".join(lines) + "\n")
            return change

        def swap(lines):
            one, two = json.loads(lines[3]), json.loads(lines[4])
            one["index"], two["index"] = two["index"], one["index"]
            lines[3], lines[4] = json.dumps(two), json.dumps(one)

        self.expect_noticed(evidence, "cut", lines_changed(lambda lines: lines.pop()), ("node",))
        self.expect_noticed(evidence, "swapped", lines_changed(swap), ("node",))

        def change_proof(folder):
            path = next((folder / "proofs").iterdir())
            lines = path.read_text().split("\n")
            lines[1] = "extra " + base64.b64encode(b"another leaf").decode()
            path.write_text("\n".join(lines))

        def change_consistency(folder):
            path = folder / "consistency.txt"
            lines = path.read_text().split("\n")
            lines[1], lines[2] = lines[2], lines[1]
            path.write_text("\n".join(lines))

        self.expect_noticed(evidence, "leaf", change_proof, ("go",))
        self.expect_noticed(evidence, "fork", change_consistency, ("go",))

        def unsigned_trust(folder):
            path = folder / "trust.json"
            envelope = json.loads(path.read_text())
            envelope["signatures"] = envelope["signatures"][:1]
            path.write_text(json.dumps(envelope, sort_keys=True, separators=(",", ":")))

        self.expect_noticed(evidence, "trust", unsigned_trust, ("openssl", "node"))


if __name__ == "__main__":
    unittest.main()
