# SPDX-License-Identifier: Apache-2.0
"""The estate from real Git servers: git http-backend behind TLS, and sshd; and what is refused, with which words."""

import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import BIN, Cluster, SOURCE  # noqa: E402,F401
from git_servers import TOKEN, USER, Ca, HttpsServer, SshServer, new_key, run  # noqa: E402

NEVER = "GIT_SSL_NO_VERIFY"  # what switches verification off elsewhere


class GitCase(unittest.TestCase):
    """A controller without hosts, whose user's home is empty, and the quickstart's estate as a bare repository."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="signalbox-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.home = self.folder / "home"
        (self.home / ".ssh").mkdir(parents=True, mode=0o700)
        self.cluster = Cluster(self.folder / "cluster", BIN, name="test")
        self.addCleanup(self.cluster.stop)
        self.cluster.init()
        self.cluster.make_estate()
        self.root = self.folder / "repositories"
        for place in ("open", "closed"):
            run("git", "clone", "-q", "--bare", self.cluster.estate, self.root / place / "estate.git")
        self.commit = self.cluster.git("rev-parse", "HEAD").strip()
        self.environment = {"HOME": str(self.home), "SSH_AUTH_SOCK": "", NEVER: "1"}

    def start(self, **environment):
        self.cluster.start_controller({**self.environment, **environment})

    def set(self, url, *options):
        return self.cluster.signalbox_json("admin", "estate", "set", url, *options)

    def refused(self, url, *options):
        """The error of an `estate set` that is refused; nothing was changed by it."""
        before = self.sources()
        argv = [BIN / "signalbox", "estate", "set", url, *options]
        done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                              env={"PATH": "/usr/bin:/bin", **self.cluster.environment("admin")})
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn("next:", done.stderr)
        self.assertEqual(self.sources(), before)
        return done.stderr

    def sources(self):
        entries = self.cluster.signalbox_json("admin", "ledger", "show", "--json")["entries"]
        return [e for e in entries if "estate_source_set" in str(e)]

    def check(self):
        found = self.cluster.signalbox_json("admin", "estate", "check")
        self.assertEqual((found["commit"], found.get("problems", [])), (self.commit, []))


class Https(GitCase):
    def setUp(self):
        super().setUp()
        self.ca = Ca(self.folder / "ca", "Test CA")
        self.server = self.serve(self.ca.certificate("localhost"))

    def serve(self, certificate):
        server = HttpsServer(self.root, certificate)
        self.addCleanup(server.stop)
        return server

    def url(self, place="open", server=None, name="estate.git"):
        return f"https://localhost:{(server or self.server).port}/{place}/{name}"

    def credentials(self, text):
        path = self.cluster.data / "estate" / "git-credentials"
        path.parent.mkdir(exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(text)

    def line(self, token=TOKEN, server=None):
        return f"https://{USER}:{urllib.parse.quote(token, safe='')}@localhost:{(server or self.server).port}\n"

    def test_by_a_private_ca_also_after_a_restart(self):
        self.start()
        self.assertIn("certificate", self.refused(self.url()))
        self.assertEqual(self.set(self.url(), "--ca-file", self.ca.pem)["commit"], self.commit)
        self.check()
        self.assertIn("ca_sha256", str(self.sources()[-1]))
        self.cluster.controller.stop()
        self.start()
        (self.cluster.estate / "README.md").write_text("more\n")
        self.commit = self.cluster.commit("A change")
        self.cluster.git("push", "-q", self.root / "open" / "estate.git", "main")
        self.check()

    def test_a_server_that_is_not_itself_is_refused(self):
        self.start()
        stranger = Ca(self.folder / "stranger", "Stranger")
        ca = ("--ca-file", self.ca.pem)
        for certificate, why in ((stranger.certificate("localhost"), "not correctly signed by the trusted CA"),
                                 (self.ca.certificate("other.example"), "does not match"),
                                 (self.ca.certificate("localhost", days=-1), "expired")):
            with self.subTest(why):
                error = self.refused(self.url(server=self.serve(certificate)), *ca)
                self.assertIn(why, error)
                self.assertIn("--ca-file", error)
        # What was trusted for one server does not decide for the next.
        self.set(self.url(), *ca)
        self.assertIn("certificate", self.refused(self.url(server=self.serve(self.ca.certificate("localhost")))))
        self.check()

    def test_a_ca_file_that_is_none(self):
        self.start()
        wrong = self.folder / "wrong.pem"
        wrong.write_text("-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n")
        self.assertIn("CA certificates", self.refused(self.url(), "--ca-file", wrong))
        wrong.write_text("hello\n")
        self.assertIn("no certificate", self.refused(self.url(), "--ca-file", wrong))
        wrong.write_text("")
        self.assertIn("wrong.pem", self.refused(self.url(), "--ca-file", wrong))
        self.assertIn("missing.pem", self.refused(self.url(), "--ca-file", self.folder / "missing.pem"))
        self.assertIn("not https", self.refused(self.root / "open" / "estate.git", "--ca-file", self.ca.pem))

    def test_a_token_goes_to_its_own_server_only(self):
        self.start()
        ca = ("--ca-file", self.ca.pem)
        error = self.refused(self.url("closed"), *ca)
        self.assertIn("asks for a user and a token", error)
        self.assertIn("git-credentials", error)
        other = self.serve(self.ca.certificate("localhost"))
        self.credentials("# deploy tokens\n" + self.line("another", other) + self.line())
        self.assertEqual(self.set(self.url("closed"), *ca)["commit"], self.commit)
        self.check()
        self.assertIn("refuses the user and the token", self.refused(self.url("closed", other), *ca))
        self.credentials(self.line())
        other.seen.clear()
        self.assertIn("asks for a user and a token", self.refused(self.url("closed", other), *ca))
        self.assertEqual(set(other.seen), {None})
        for text in (f"https://{USER}@localhost\n", "s3cret\n", "http://a:s3cret@localhost\n", "https://a:s3cret%zz@localhost\n"):
            self.credentials("\n" + text)
            error = self.refused(self.url("closed"), *ca)
            self.assertIn("line 2", error)
            self.assertNotIn("s3cret", error)
        for log in self.cluster.logs.iterdir():
            self.assertNotIn("s3cret", log.read_text())

    def test_no_such_repository_ref_or_server(self):
        self.start()
        ca = ("--ca-file", self.ca.pem)
        self.assertIn("404", self.refused(self.url(name="nothing.git"), *ca))
        self.assertIn("no branch, tag or commit 'nowhere'", self.refused(self.url(), "--ref", "nowhere", *ca))
        self.set(self.url(), *ca)
        self.server.stop()
        error = self.refused(self.url(), *ca)
        self.assertIn("onnect", error)
        self.assertIn("localhost", error)


class Ssh(GitCase):
    def setUp(self):
        super().setUp()
        self.server = SshServer(self.folder / "sshd")
        self.addCleanup(self.server.stop)
        self.repository = self.root / "open" / "estate.git"
        self.url = self.server.url(self.repository)
        self.known = self.folder / "known_hosts"
        self.known.write_text(self.server.known_hosts_line())
        self.key = self.cluster.data / "estate" / "ssh_key"
        self.key.parent.mkdir(exist_ok=True, mode=0o700)

    def let_in(self, public):
        self.server.authorized.write_text(public.read_text())

    def test_with_a_key_file_and_a_pinned_host_key_also_after_a_restart(self):
        self.let_in(new_key(self.key))
        self.start()
        self.assertEqual(self.set(self.url, "--known-hosts", self.known)["commit"], self.commit)
        self.check()
        self.assertIn("known_hosts_sha256", str(self.sources()[-1]))
        self.cluster.controller.stop()
        self.start()
        self.check()

    def test_with_the_ssh_agent_and_the_users_known_hosts(self):
        key = self.folder / "person"
        self.let_in(new_key(key))
        socket = self.folder / "agent.sock"
        self.cluster.start("ssh-agent", ["ssh-agent", "-D", "-a", socket])
        self.cluster.run("sh", "-c", f"until ssh-add -q {key} 2>/dev/null; do :; done", env={"SSH_AUTH_SOCK": str(socket)})
        (self.home / ".ssh" / "known_hosts").write_text(self.server.known_hosts_line())
        self.start(SSH_AUTH_SOCK=str(socket))
        self.assertEqual(self.set(self.url)["commit"], self.commit)
        self.check()

    def test_a_server_that_is_not_itself_is_refused(self):
        self.let_in(new_key(self.key))
        self.start()
        shown = run("ssh-keygen", "-lf", self.server.host_key).split()[1]
        error = self.refused(self.url)
        self.assertIn("not known", error)
        self.assertIn(shown, error)
        self.assertIn("--known-hosts", error)
        # The right key of the user's known_hosts does not help where another one is pinned.
        (self.home / ".ssh" / "known_hosts").write_text(self.server.known_hosts_line())
        self.known.write_text(self.server.known_hosts_line(new_key(self.folder / "other_host_key")))
        self.assertIn(shown, self.refused(self.url, "--known-hosts", self.known))
        self.known.write_text("# nothing\n")
        self.assertIn("no host key", self.refused(self.url, "--known-hosts", self.known))
        self.assertIn("not ssh", self.refused(self.repository, "--known-hosts", self.known))
        self.assertEqual(self.set(self.url)["commit"], self.commit)

    def test_a_key_that_is_not_let_in(self):
        self.start()
        for _ in ("no key at all", "a key that the server does not know"):
            error = self.refused(self.url, "--known-hosts", self.known)
            self.assertIn("takes none of the controller's keys", error)
            self.assertIn("ssh_key", error)
            if not self.key.exists():
                new_key(self.key)
        self.key.write_text("nonsense\n")
        self.assertIn("ssh_key", self.refused(self.url, "--known-hosts", self.known))

    def test_no_such_repository_ref_or_server(self):
        self.let_in(new_key(self.key))
        self.start()
        known = ("--known-hosts", self.known)
        error = self.refused(self.server.url(self.root / "nothing.git"), *known)
        self.assertIn("nothing.git", error)
        self.assertIn("no branch, tag or commit 'nowhere'", self.refused(self.url, "--ref", "nowhere", *known))
        self.server.stop()
        self.assertIn("onnect", self.refused(self.url, *known))


if __name__ == "__main__":
    unittest.main()
