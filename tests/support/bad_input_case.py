# SPDX-License-Identifier: Apache-2.0
"""What the tests of mistakes share: a command that must fail with one error, and what must be as it was before."""

import contextlib
import hashlib
import json
import os
import ssl
import subprocess
import urllib.error
import urllib.request

from cluster_case import BIN, SharedClusterCase


class BadInputCase(SharedClusterCase):
    # -- one error -----------------------------------------------------------------------------------------------

    def run_as(self, person, *arguments, stdout=subprocess.PIPE, before=()):
        return subprocess.run([*map(str, before), BIN / "signalbox", *map(str, arguments)], stdin=subprocess.DEVNULL,
                              stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
                              env={**os.environ, **self.cluster.environment(person)})

    def mistake(self, person, *arguments, code, says, next_says="", stdout=subprocess.PIPE, before=(), denied=False):
        """This person's command is one error with this exit code, and changes nothing; `denied`: but for an alarm."""
        was = self.state()
        done = self.run_as(person, *arguments, stdout=stdout, before=before)
        self.one_error(done, code, says, next_says)
        now = self.state()
        if denied:
            for state in (was, now):
                state["controller"] = {k: v for k, v in state["controller"].items() if not k.startswith("ledger_")}
            said = self.cluster.signalbox_json("carol", "ledger", "show")["entries"]
            self.assertIn("access_denied", json.dumps(said))
        self.assertEqual(now, was)

    def one_error(self, done, code, says, next_says=""):
        """One line that says what and where, one that says what to do; `says` is in one of them, `next_says` in the second."""
        text = (done.stdout or "") + done.stderr
        self.assertIn(done.returncode, code if isinstance(code, tuple) else (code,), text)
        lines = done.stderr.splitlines()
        nexts = [line for line in lines if line.startswith("next: ")]
        errors = [line for line in lines if line.startswith(("error: ", "signalbox-agent: ", "signalbox-executor: ", "signalboxd: "))]
        self.assertEqual((len(errors), len(nexts)), (1, 1), text)
        self.assertIn(says, errors[0] + "\n" + nexts[0])
        self.assertIn(next_says, nexts[0])
        self.assertFalse(done.stdout, "a failed command has no result")

    # -- what must not change ------------------------------------------------------------------------------------

    def state(self):
        """Everything that a mistake must not change: what the controller holds, and what the hosts run."""
        c = self.cluster
        ask = lambda *arguments: c.signalbox_json("admin", *arguments)  # noqa: E731
        status = ask("status")
        return {
            "controller": {key: value for key, value in status.items() if key not in ("agents_online",)},
            "agents": sorted((a["host"], a["agent_id"], a["state"], a["last_seq"]) for a in ask("agents")["agents"]),
            "releases": sorted((r["release_id"], r["status"]) for r in ask("release", "list").get("releases", [])),
            "artifacts": sorted(a["sha256"] for a in ask("artifact", "list").get("artifacts", [])),
            "hosts": self.hosts_now(),
        }

    def hosts_now(self):
        """Each host's services as path -> link target or digest."""
        found = {}
        for name in self.hosts:
            root = self.cluster.hosts[name]["home"] / "srv"
            for path in sorted(root.rglob("*")):
                if "/sv/" in str(path) or "__pycache__" in path.parts:
                    continue
                if path.is_symlink():
                    found[str(path)] = os.readlink(path)
                elif path.is_file():
                    found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    # -- what is wrong -------------------------------------------------------------------------------------------

    def write_credentials(self, person, text):
        path = self.cluster.people / person / "credentials.json"
        path.parent.mkdir(exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    @contextlib.contextmanager
    def changed_estate(self, path, change):
        """A branch of the estate in which one file is changed: its name."""
        c = self.cluster
        file = c.estate / path
        good = file.read_bytes()
        c.git("checkout", "-q", "-b", "proposed")
        try:
            file.write_bytes(change(good.decode()).encode("latin-1"))
            self.assertNotEqual(file.read_bytes(), good, "the change changes nothing")
            c.commit("Proposed")
            yield "proposed"
        finally:
            c.git("checkout", "-q", "main")
            c.git("branch", "-q", "-D", "proposed")

    # -- releases ------------------------------------------------------------------------------------------------

    def waiting_release(self, version, person="carol"):
        c = self.cluster
        packed, digest = c.shop_archive(version)
        c.signalbox("carol", "artifact", "push", packed)
        return c.signalbox_json(person, "release", "start", c.write_release(version, digest, 1))["release_id"]

    def post(self, person, method, body):
        """One call of the API as curl would make it: (HTTP status, answer)."""
        credentials = json.loads((self.cluster.people / person / "credentials.json").read_text())
        request = urllib.request.Request(
            f"{credentials['url']}/signalbox.v1.{method}", json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {credentials['api_key']}"})
        try:
            with urllib.request.urlopen(request, context=ssl.create_default_context(cadata=credentials["ca_pem"]), timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


__all__ = ["BadInputCase"]
