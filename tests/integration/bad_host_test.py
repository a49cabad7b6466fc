# SPDX-License-Identifier: Apache-2.0
"""What goes wrong at a host and around it, in one cluster: tokens that are none, disks that are full, a load balancer that
is gone. Each is one error or one step that says why, and what ran before goes on running."""

import base64
import json
import pathlib
import resource
import socket
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from bad_input_case import BadInputCase  # noqa: E402
from cluster_case import BIN, wait_until  # noqa: E402

FAILED, USAGE, REFUSED, UNREACHABLE = 1, 2, 3, 4


class JoinTokens(BadInputCase):
    def join_line(self, ttl="10m", **change):
        """A join line for web-9 as the controller prints it, with these members changed."""
        line = self.cluster.signalbox("admin", "enrol-token", "create", "--environment", "production", "--host", "web-9",
                                      "--ttl", ttl).strip()
        prefix, text = line.split(".")
        members = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        members.update(change)
        packed = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
        return f"{prefix}.{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"

    def new_host(self, name, line):
        """The folders of a host whose executor runs and waits to be enrolled with this line."""
        home = self.cluster.folder / "strangers" / name
        for sub in ("executor", "agent", "srv", "run"):
            (home / sub).mkdir(parents=True, mode=0o700)
        self.write_line(home, line)
        self.cluster.run(BIN / "signalbox-executor", "init", "--state", home / "executor", "--join", f"@{home / 'join'}")
        executor = self.cluster.start(f"executor-{name}", [BIN / "signalbox-executor", "--state", home / "executor", "--socket",
                                                           home / "run" / "executor.sock", "--services-root", home / "srv"])
        self.addCleanup(executor.stop)
        wait_until(f"the executor of {name}", (home / "run" / "executor.sock").exists, process=executor)
        return home

    def write_line(self, home, line):
        join = home / "join"
        join.touch(mode=0o600)
        join.write_text(line + "\n")

    def enrol(self, home):
        return subprocess.run([BIN / "signalbox-agent", "enrol", "--state", home / "agent", "--executor-socket",
                               home / "run" / "executor.sock", "--join", f"@{home / 'join'}"], capture_output=True, text=True,
                              check=False, timeout=60)

    def test_lines_that_do_not_count(self):
        c = self.cluster
        before = self.state()
        used = self.join_line()
        home = self.new_host("first", used)
        self.assertEqual(self.enrol(home).returncode, 0)
        self.cluster.signalbox("admin", "agents", "ban", "web-9", "--reason", "of the test")
        enrolled = self.state()
        self.assertEqual(len(enrolled["agents"]), len(before["agents"]) + 1)
        said = set()
        expiring = self.join_line(ttl="1s")
        made = time.monotonic()
        for name, line in {
            "used": used,
            "wrong secret": self.join_line(secret=base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")),
            "unknown id": self.join_line(id="0" * 16),
            "expired": expiring,
        }.items():
            with self.subTest(name):
                home = self.new_host(name.replace(" ", "-"), line)
                wait_until("the line to have expired", lambda: time.monotonic() > made + 1.1)
                was = self.state()
                done = self.enrol(home)
                self.one_error(done, REFUSED, "the join token cannot be used", "enrol-token create")
                said.add(done.stderr)
                self.assertEqual(self.state(), was)
                self.assertFalse((home / "agent" / "identity").exists())
        self.assertEqual(len(said), 1, "an answer must not tell which of them it was")

    def test_lines_that_are_none(self):
        home = self.cluster.folder / "strangers" / "none"
        home.mkdir(parents=True, mode=0o700)
        for name, line in {"empty": "", "a word": "hello", "cut": self.join_line()[:-20], "another prefix": "sbj9.e30"}.items():
            with self.subTest(name):
                self.write_line(home, line)
                done = subprocess.run([BIN / "signalbox-executor", "init", "--state", home / "executor", "--join",
                                       f"@{home / 'join'}"], capture_output=True, text=True, check=False, timeout=60)
                self.one_error(done, USAGE, "join line", "enrol-token create")
                self.assertFalse((home / "executor").exists())
        with self.subTest("no file"):
            done = subprocess.run([BIN / "signalbox-executor", "init", "--state", home / "executor", "--join",
                                   f"@{home / 'no-such-file'}"], capture_output=True, text=True, check=False, timeout=60)
            self.one_error(done, (FAILED, USAGE), "no-such-file")

    def test_a_host_that_is_not_ready(self):
        home = self.cluster.folder / "strangers" / "bare"
        home.mkdir(parents=True, mode=0o700)
        (home / "run").mkdir(mode=0o700)
        self.write_line(home, self.join_line())
        with self.subTest("no executor"):
            self.one_error(self.enrol(home), (FAILED, USAGE, UNREACHABLE), "executor.sock")
        with self.subTest("an executor that was never initialised"):
            done = subprocess.run([BIN / "signalbox-executor", "--state", home / "executor", "--socket", home / "run" / "x.sock",
                                   "--services-root", home], capture_output=True, text=True, check=False, timeout=60)
            self.one_error(done, (FAILED, USAGE), "journal.sqlite3", "signalbox-executor init")
        with self.subTest("an agent that was never enrolled"):
            done = subprocess.run([BIN / "signalbox-agent", "--state", home / "agent", "--executor-socket",
                                   home / "run" / "x.sock"], capture_output=True, text=True, check=False, timeout=60)
            self.one_error(done, FAILED, "not enrolled", "signalbox-agent enrol")


class Executor(BadInputCase):
    def ask(self, op, **members):
        """One request of the local protocol, as a network face that was taken over would send it."""
        path = self.cluster.hosts["staging-1"]["home"] / "run" / "executor.sock"
        with socket.socket(socket.AF_UNIX) as face:
            face.settimeout(30)
            face.connect(str(path))
            request = json.dumps({"id": 1, "op": op, **members}).encode()
            face.sendall(struct.pack(">I", len(request)) + request)
            while True:
                (length,) = struct.unpack(">I", self.exactly(face, 4))
                answer = json.loads(self.exactly(face, length))
                if answer.get("id") == 1:
                    return answer

    def exactly(self, face, count):
        data = b""
        while len(data) < count:
            more = face.recv(count - len(data))
            if not more:
                raise ConnectionError("the executor hung up")
            data += more
        return data

    def test_tokens_that_are_garbage(self):
        c = self.cluster
        before = self.hosts_now()
        text = lambda t: base64.b64encode(t.encode()).decode()  # noqa: E731
        jwt = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=") + ".e30."
        c.hosts["staging-1"]["agent"].stop()  # its place is taken
        try:
            for token, refusal in {
                "": "R_FORMAT", "garbage": "R_FORMAT", "v4.public.": "R_FORMAT", "v4.local.AAAA": "R_FORMAT",
                "v2.public.AAAA": "R_FORMAT", jwt: "R_FORMAT", "v4.public." + "A" * 200: "R_KID",
                "v4.public.====.": "R_FORMAT", "\u202egnp.exe": "R_FORMAT", "v4.public." + "A" * (1 << 20): "R_SIZE",
            }.items():
                with self.subTest(token[:20]):
                    answer = self.ask("execute", token=token, action=text("{}"), approval=text("{}"), secrets={})["ok"]
                    self.assertFalse(answer["admitted"])
                    self.assertEqual(answer["refusal"], refusal, answer)
                    self.assertTrue(answer["detail"])
            with self.subTest("no request at all"), self.assertRaises(ConnectionError):
                self.ask("dance")
            self.assertEqual(self.ask("hello")["ok"]["problem"], "", "it still serves")
            self.assertEqual(self.hosts_now(), before)
        finally:
            c.start_agent("staging-1")
            c.wait_online()
        # Each is a signed record, and the log that they are in verifies.
        wait_until("the refusals to be in the ledger", lambda: sum(
            a["kind"] == "refused" for a in self.actions(self.export())) >= 10, 60)
        self.assertTrue(self.verify(self.export())["ok"])


class FullDisk(BadInputCase):
    """A limit on file sizes stands for a full disk: it needs no privileges, and can be taken away again."""

    def limited(self, process, size):
        before = resource.prlimit(process.handle.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.handle.pid, resource.RLIMIT_FSIZE, (size, before[1]))
        return lambda: resource.prlimit(process.handle.pid, resource.RLIMIT_FSIZE, before)

    def test_of_the_person(self):
        export = self.cluster.folder / "never.jsonl"
        self.mistake("carol", "ledger", "export", export, code=FAILED, says="never.jsonl", before=("prlimit", "--fsize=4096"))
        self.assertEqual(list(self.cluster.folder.glob("never.jsonl*")), [])

    def test_of_the_controller(self):
        c = self.cluster
        big = c.folder / "big.tar"
        c.run("tar", "-cf", big, "-C", BIN, "signalbox")
        before = self.state()
        make_room = self.limited(c.controller, 4 << 10)
        try:
            done = self.run_as("carol", "artifact", "push", big)
            self.one_error(done, FAILED, "blobs", "push again")
            done = self.run_as("admin", "access", "key", "create", "eve", "--role", "auditor")
            self.one_error(done, UNREACHABLE, "store.sqlite3")
        finally:
            make_room()
        self.assertFalse(c.controller.ended(), "a full disk ends no controller")
        self.assertEqual(self.state(), before)
        c.signalbox("carol", "artifact", "push", big)

    def test_of_a_host(self):
        c = self.cluster
        before = self.hosts_now()
        release = self.waiting_release("1.0.6")
        make_room = self.limited(c.hosts["staging-1"]["executor"], 512)
        try:
            c.signalbox("bob", "release", "approve", release, "--key", "bob", "--passphrase-file", c.passphrase("bob"),
                        "--yes", "--environment", "staging")
            ended = self.wait_status(release, "failed", "undone", "undone_partly", "succeeded", "halted")
            self.assertEqual(ended["status"], "failed", ended)
            self.assertIn("journal.sqlite3", ended["reason"])
            self.assertEqual(self.hosts_now(), before)
        finally:
            make_room()
        # With room again, the same host takes the next release.
        again = self.waiting_release("1.0.9")
        self.approve(again)
        self.wait_status(again, "succeeded")


class LoadBalancer(BadInputCase):
    def tearDown(self):
        if self.cluster.processes[-1].name != "haproxy" or self.cluster.processes[-1].ended():
            self.cluster.start_load_balancer(self.port["lb"], self.port["web-blue"], self.port["web-green"])

    def haproxy(self):
        return [p for p in self.cluster.processes if p.name == "haproxy"][-1]

    def test_gone_before_a_release(self):
        """Nothing was shifted: the idle colour goes back to what it ran, and the rest is untouched."""
        self.haproxy().stop()
        served = self.serving()["legacy-1"]
        release = self.waiting_release("1.0.7")
        self.approve(release)
        ended = self.wait_status(release, "undone", "undone_partly", "failed", "succeeded", seconds=120)
        self.assertEqual(ended["status"], "undone", ended)
        self.assertIn("haproxy.sock", ended["reason"])
        self.assertEqual(ended["not_undone"], [])
        self.assertEqual(self.serving()["legacy-1"], served)
        self.assertEqual(self.run_as("carol", "release", "watch", release).returncode, 5)

    def test_gone_after_the_switch(self):
        """The traffic cannot be taken back: the release says where, and does not call itself undone."""
        release = self.waiting_release("1.0.8")
        self.approve(release)
        self.wait_step(release, lambda s: s["kind"] == "traffic.shift" and s["status"] == "succeeded", "the traffic to be shifted")
        self.haproxy().stop()
        self.cluster.signalbox("carol", "release", "undo", release)
        ended = self.wait_status(release, "undone", "undone_partly", "failed", "succeeded", seconds=120)
        self.assertEqual(ended["status"], "undone_partly", ended)
        self.assertTrue(any("web-blue" in text for text in ended["not_undone"]), ended["not_undone"])
        self.assertEqual(self.run_as("carol", "release", "watch", release).returncode, 6)


if __name__ == "__main__":
    unittest.main()
