# SPDX-License-Identifier: Apache-2.0
"""The commands of docs/operating.md, "Install" and "Enrol a host", as they stand there, and the daemons under their own users."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import BIN, SOURCE, free_port, wait_until  # noqa: E402

TEXT = (SOURCE / "docs/operating.md").read_text()
USERS = {"signalbox": "daemon", "signalbox-agent": "nobody"}  # users that every machine has stand for ours


def commands(section):
    block = re.search(rf"^## {section}\n.*?^```\n(.*?)^```", TEXT, re.M | re.S)
    return [line.split("  #")[0].strip() for line in block[1].splitlines()]


@unittest.skipUnless(os.geteuid() == 0, "the documented commands are root's")
class Install(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="signalbox-install-")
        self.addCleanup(temporary.cleanup)
        self.home = pathlib.Path(temporary.name)
        self.home.chmod(0o755)
        (self.home / "bin").mkdir()
        for program in ("signalbox", "signalboxd", "signalbox-agent", "signalbox-executor"):
            shutil.copy2(BIN / program, self.home / "bin")
        for folder in ("lib/signalbox", "run", "srv"):  # what systemd-tmpfiles makes
            (self.home / folder).mkdir(parents=True)
        self.port = {name: free_port() for name in ("agent", "operator", "https")}
        self.daemons = []
        self.addCleanup(self.stop)

    def stop(self):
        for daemon in self.daemons:
            daemon.terminate()
        for daemon in self.daemons:
            daemon.wait(20)

    def here(self, line):
        """The same command in this test's folder."""
        line = line.replace("/var/lib/signalbox", f"{self.home}/lib/signalbox").replace("./root-keys", f"{self.home}/root-keys")
        line = line.replace("/run/signalbox/executor.sock", f"{self.home}/run/executor.sock").replace("@line", f"@{self.home}/line")
        line = line.replace("deploy.example.com:8443", f"127.0.0.1:{self.port['https']}")
        for ours, theirs in USERS.items():
            line = line.replace(f"chown -R {ours}:", f"chown -R {theirs}:")
        return line

    def run_line(self, line):
        passphrase = self.home / "passphrase"
        if not passphrase.exists():
            passphrase.write_text("correct horse\n")
            passphrase.chmod(0o600)
        if line.startswith("signalbox init"):
            line += f" --passphrase-file {passphrase}"
        env = {"PATH": f"{self.home}/bin:/usr/bin:/bin", "HOME": str(self.home), "LC_ALL": "C.UTF-8",
               "SIGNALBOX_CREDENTIALS": str(self.home / "credentials.json")}
        done = subprocess.run(["/bin/sh", "-c", self.here(line)], capture_output=True, text=True, env=env, check=False)
        self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout}{done.stderr}")
        return done.stdout

    def daemon(self, user, *argv):
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user if user != 'nobody' else 'nogroup'}", "--clear-groups", "--"]
        log = open(self.home / f"{argv[0]}.log", "w")  # noqa: SIM115
        self.addCleanup(log.close)
        self.daemons.append(subprocess.Popen([*(as_user if user else []), self.home / "bin" / argv[0], *map(str, argv[1:])],
                                             stdout=log, stderr=log))

    def log(self, program):
        return (self.home / f"{program}.log").read_text()

    def test_as_it_is_written(self):
        lib = self.home / "lib/signalbox"
        for line in commands("Install"):
            if line.startswith("systemd-"):
                continue  # tests/repo/units.sh
            if line.startswith("systemctl"):
                self.daemon("daemon", "signalboxd", "--data", lib / "controller", *[
                    word for name, port in self.port.items() for word in (f"--{name}-listen", f"127.0.0.1:{port}")])
                wait_until("the controller to be ready", lambda: "ready" in self.log("signalboxd"))
            else:
                self.run_line(line)
        found = re.search(r"^```\n(signalbox enrol-token create .*?)\n```", TEXT, re.M | re.S)
        (self.home / "line").write_text(self.run_line(found[1]))
        (self.home / "line").chmod(0o600)
        started = re.search(r"^```\n(signalbox-executor init .*?)^```", TEXT, re.M | re.S)[1].splitlines()
        for line in (each.split("  #")[0].strip() for each in started):
            if line == "systemctl start signalbox-executor":
                (self.home / "run").chmod(0o755)
                self.daemon(None, "signalbox-executor", "--state", lib / "executor", "--socket", self.home / "run/executor.sock",
                            "--services-root", self.home / "srv", "--agent-user", "nobody")
                wait_until("the executor to be ready", lambda: "ready" in self.log("signalbox-executor"))
            elif line.startswith("systemctl"):
                self.daemon("nobody", "signalbox-agent", "--state", lib / "agent", "--executor-socket", self.home / "run/executor.sock")
            else:
                self.run_line(line)
        wait_until("the host to be online", lambda: "online" in self.run_line("signalbox agents"))
        self.assertEqual((lib / "executor").stat().st_uid, 0)


if __name__ == "__main__":
    unittest.main()
