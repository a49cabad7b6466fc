# SPDX-License-Identifier: Apache-2.0
"""A whole release, and its way back, with every executor under the settings of its real unit: no network, four capabilities, a
read-only system, no devices, filtered system calls. The agents outside are ordinary users. Settings come from the unit file."""

import json
import os
import pathlib
import shutil
import socket
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import BIN, HOSTS, SOURCE, Cluster, ClusterCase, wait_until  # noqa: E402

RUN_UNIT = SOURCE / "tests" / "support" / "sandbox" / "run_unit.py"
UNIT = SOURCE / "systemd" / "signalbox-executor.service"
AGENT_UID = 64_321
SYSTEM_CALLS_THAT_FAIL = {  # argv of a command that must not work: why
    "ip link set lo down": "CAP_NET_ADMIN",
    "unshare --user true": "RestrictNamespaces",
    "mount -t tmpfs none /srv": "@mount",
    "chmod u+s probe.sh": "RestrictSUIDSGID",
    "mknod device c 1 3": "CAP_MKNOD",
    "touch /etc/written": "ProtectSystem",
    "touch /usr/written": "ProtectSystem",
    "touch /var/lib/written": "ProtectSystem",
    "ls /root": "ProtectHome",
    "dmesg": "ProtectKernelLogs",
    "date --set=2020-01-01": "ProtectClock",
    "hostname elsewhere": "ProtectHostname",
    "chrt --fifo 1 true": "RestrictRealtime",
}
PROBE = """\
#!/bin/sh
# What a step can do; the test compares it with what the unit promises.
exec >probe.txt
grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status
echo "Cores: $(ulimit -H -c)"
echo "Interfaces: $(tail -n +3 /proc/self/net/dev | cut -d: -f1 | tr -d ' ')"
echo "Devices: $(ls /dev | tr '\\n' ' ')"
echo "Group: $(cat /proc/self/cgroup | grep '^0::' | grep -c signalbox-step)"
python3 - <<'END'
import socket
for family in ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_UNIX"):
    try:
        socket.socket(getattr(socket, family), socket.SOCK_RAW if family in ("AF_NETLINK", "AF_PACKET") else socket.SOCK_STREAM)
        print("Socket:", family)
    except OSError:
        pass
END
while read -r command; do
  if $command </dev/null >/dev/null 2>&1; then echo "Works: $command"; fi
done <forbidden
"""
SERVICE = """\
commands:
  probe: {when: before, argv: [sh, probe.sh], within: 30s}
  mine: {when: before, argv: [sh, mine.sh], user: nobody, secrets: {DB_PASSWORD: shop-db}, within: 30s}
"""
MINE = """\
#!/bin/sh
set -e
[ "$(id -un)" = nobody ]
grep -q '^CapEff:.0000000000000000$' /proc/self/status
grep -q '^CapPrm:.0000000000000000$' /proc/self/status
[ "$(stat -c %U:%a "$CREDENTIALS_DIRECTORY/DB_PASSWORD")" = nobody:400 ]
[ "$(cat "$CREDENTIALS_DIRECTORY/DB_PASSWORD")" = "the value of shop-db" ]
if cat /var/lib/signalbox/executor/record.key; then exit 1; fi
if ls /var/lib/signalbox/executor; then exit 2; fi
"""


class SandboxedCluster(Cluster):
    """Executors as their unit runs them, agents as a user of their own."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.haproxy_socket = self.folder / "haproxy" / "admin.sock"
        self.haproxy_socket.parent.mkdir()
        self.folder.chmod(0o711)
        self.ready = {}
        self.users = self.folder / "passwd"
        self.users.write_text(pathlib.Path("/etc/passwd").read_text() + f"signalbox-agent:x:{AGENT_UID}:{AGENT_UID}::/:/bin/false\n")
        self.agent_program = shutil.copy(self.bin / "signalbox-agent", self.folder)  # the build folder may be closed to others

    def start_executor(self, name, env=None):
        host = self.hosts[name]
        home = host["home"]
        run, notify = home / "run", home / "run" / "notify"
        for folder in (home.parent, home, run):
            folder.chmod(0o755)
        (home / "srv").chmod(0o755)
        (run / "executor.sock").unlink(missing_ok=True)
        notify.unlink(missing_ok=True)
        told = self.ready[name] = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told.bind(str(notify))
        host["executor"] = self.start(
            f"executor-{name}",
            [sys.executable, RUN_UNIT, UNIT, "--program", self.bin / "signalbox-executor", "--at", f"/etc/passwd={self.users}",
             "--at", f"/var/lib/signalbox/executor={home / 'executor'}", "--at", f"/run/signalbox={run}",
             "--at", f"/run/haproxy={self.haproxy_socket.parent}", "--at", f"/srv={home / 'srv'}"],
            {"NOTIFY_SOCKET": "/run/signalbox/notify", **(env or {})})
        wait_until(f"the executor of {name}", (run / "executor.sock").exists, process=host["executor"])

    def start_agent(self, name, env=None):
        host = self.hosts[name]
        state = host["home"] / "agent"
        for path in (state, *state.rglob("*")):
            os.chown(path, AGENT_UID, AGENT_UID, follow_symlinks=False)
        host["agent"] = self.start(
            f"agent-{name}",
            ["setpriv", f"--reuid={AGENT_UID}", f"--regid={AGENT_UID}", "--clear-groups", self.agent_program, "--state", state,
             "--executor-socket", host["home"] / "run" / "executor.sock"], env)

    def stop(self):
        super().stop()
        for told in self.ready.values():
            told.close()
        # Nothing stays in the hierarchy of control groups.
        subprocess.run(["unshare", "--mount", "sh", "-c", "mount -t cgroup2 none /sys/fs/cgroup && cd /sys/fs/cgroup/system.slice && "
                        "rmdir signalbox-executor.service/signalbox-step-* signalbox-executor.service . 2>/dev/null"],
                       check=False, capture_output=True)


@unittest.skipUnless(os.geteuid() == 0, "only root can make the executor's sandbox")
class Sandbox(ClusterCase):
    cluster_class = SandboxedCluster

    @staticmethod
    def seen_at(path):
        return f"/run/haproxy/{path.name}"

    # Whether this machine can mount a unified hierarchy of control groups.
    unified = subprocess.run(["unshare", "--mount", "mount", "-t", "cgroup2", "none", "/sys/fs/cgroup"], check=False,
                             capture_output=True).returncode == 0

    def setUp(self):
        super().setUp()
        shop = self.cluster.estate / "services" / "shop.yaml"
        shop.write_text(shop.read_text() + SERVICE)
        self.cluster.commit("Look around before each activation")
        value = self.cluster.folder / "value"
        value.write_text("the value of shop-db\n")
        for environment in ("staging", "production"):
            self.cluster.signalbox("admin", "secret", "set", "shop-db", "--environment", environment, "--file", value)
        for name in HOSTS:
            root = self.root(name)
            for file, text in {"probe.sh": PROBE, "mine.sh": MINE, "forbidden": "\n".join(SYSTEM_CALLS_THAT_FAIL) + "\n"}.items():
                (root / file).write_text(text)
                (root / file).chmod(0o644)

    def root(self, name):
        return self.cluster.hosts[name]["home"] / "srv" / "shop"

    def test_a_release_and_its_way_back_under_the_units_of_the_package(self):
        c = self.cluster
        for name, told in c.ready.items():
            told.settimeout(10)
            self.assertEqual(told.recv(100), b"READY=1", name)
        release = self.start_release("1.1.0")
        self.approve(release)
        ended = self.wait_status(release, "succeeded", "undone", "undone_partly", "failed", seconds=90)
        self.assertEqual(ended["status"], "succeeded", ended)
        kinds = {s["kind"] for s in ended["steps"] if s["status"] == "succeeded"}
        self.assertEqual(kinds, {"artifact.stage", "release.activate", "health.check", "traffic.shift", "command.run"})
        self.wait_serving("1.1.0", "staging-1", "legacy-1", "lb")
        for name in ("staging-1", "legacy-1", "web-green"):
            self.assert_confined(name)

        c.signalbox("carol", "release", "undo", release, "--reason", "the way back is confined, too")
        self.assertEqual(self.wait_status(release, "undone", "undone_partly")["status"], "undone")
        self.wait_serving("1.0.0", "legacy-1", "lb")
        self.assert_each_step_recorded(release)

    def assert_confined(self, name):
        path = self.root(name) / "probe.txt"
        self.assertTrue(path.exists(), f"{name} has not probed")
        found = {}
        for line in path.read_text().splitlines():
            key, value = line.split(":", 1)
            found.setdefault(key, []).append(value.strip())
        self.assertEqual(found["CapBnd"], ["00000000000000e1"], "CHOWN, KILL, SETGID, SETUID")
        self.assertEqual(found["CapEff"], ["00000000000000e1"])
        self.assertEqual(found["NoNewPrivs"], ["1"])
        self.assertEqual(found["Seccomp"], ["2"], "filtered")
        self.assertEqual(found["Cores"], ["0"])
        if not self.unified:
            print("-- no unified control groups can be mounted here: groups of steps were not looked at")
        else:
            self.assertEqual(found["Group"], ["1"], "a control group of its own")
        self.assertEqual(found["Socket"], ["AF_UNIX"])
        self.assertEqual(found["Interfaces"], ["lo"])
        self.assertEqual(set(found["Devices"][0].split()), {"null", "zero", "full", "random", "urandom", "tty", "shm", "stdin", "stdout",
                                                            "stderr", "fd"})
        self.assertEqual(found.get("Works", []), [], SYSTEM_CALLS_THAT_FAIL)

    def assert_each_step_recorded(self, release):
        path = self.export()
        self.assertTrue(self.verify(path)["ok"])
        finished = {a["step_id"] for a in self.actions(path) if a["kind"] == "finished" and a["outcome"]["code"] in ("ok", "nothing_to_do")}
        for step in self.release(release)["steps"]:
            if step["status"] == "succeeded":
                self.assertIn(step["id"], finished)


if __name__ == "__main__":
    unittest.main()
