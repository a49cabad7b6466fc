# SPDX-License-Identifier: Apache-2.0
"""A test case with a real cluster: the quickstart's four hosts, the shop behind HAProxy, an estate, two approvers.
SIGNALBOX_BIN names the folder of the programs under test."""

import collections
import json
import os
import pathlib
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "installers" / "quickstart"))
from cluster import Cluster, Failed, free_port, wait_until  # noqa: E402

BIN = pathlib.Path(os.environ["SIGNALBOX_BIN"])

HOSTS = ("staging-1", "legacy-1", "web-blue", "web-green")


def build(c, controller_env=None, seen_at=lambda path: path):
    """The quickstart's estate, people and hosts in this empty cluster; the ports of the shops and of "lb". `seen_at`: where a
    host's executor sees a path of this machine."""
    c.init()
    c.start_controller(controller_env)
    c.add_people()
    port = {name: free_port() for name in (*HOSTS, "lb")}
    more = {
        "staging-1": ("staging", "on-premises", {"role": "shop"}),
        "legacy-1": ("production", "on-premises", {"role": "legacy"}),
        "web-blue": ("production", "cloud", {"role": "web", "color": "blue", "haproxy_socket": seen_at(c.haproxy_socket)}),
        "web-green": ("production", "cloud", {"role": "web", "color": "green"}),
    }
    for name in HOSTS:
        environment, site, labels = more[name]
        c.add_host(name, environment, site, {**labels, "port": port[name]})
        c.install_shop_by_hand(name, "1.0.0", port[name], "v1" if name == "legacy-1" else "v2")
    c.start_load_balancer(port["lb"], port["web-blue"], port["web-green"])
    c.make_estate()
    c.signalbox("admin", "estate", "set", c.estate)
    c.wait_online()
    return port


class ClusterCase(unittest.TestCase):
    """Each test method gets a cluster of its own."""

    hosts = HOSTS
    controller_env = {}
    bin, host_bin = BIN, BIN  # of the controller and its command line; of the hosts
    cluster_class = Cluster

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="signalbox-test-")
        self.addCleanup(temporary.cleanup)
        self.cluster = self.cluster_class(temporary.name, self.bin, name="test")
        self.cluster.host_bin = self.host_bin
        self.addCleanup(self.cluster.stop)
        self.addCleanup(self.show_logs_on_failure)
        self.port = build(self.cluster, self.controller_env, self.seen_at)

    def show_logs_on_failure(self):
        outcome = self._outcome
        failed = any(error for _, error in getattr(outcome, "errors", [])) or not getattr(outcome, "success", True)
        if failed:
            for process in self.cluster.processes:
                print(process.tail(12), file=sys.stderr)

    @staticmethod
    def seen_at(path):
        return path

    # -- steps of a story ----------------------------------------------------------------------------------------

    def start_release(self, version, **release):
        packed, digest = self.cluster.shop_archive(version, **release)
        self.cluster.signalbox("carol", "artifact", "push", packed)
        manifest = self.cluster.write_release(version, digest, 1)
        return self.cluster.signalbox_json("carol", "release", "start", manifest)["release_id"]

    def approve(self, release, people=("alice", "bob")):
        for person in people:
            self.cluster.approve(person, release)

    def release(self, release):
        return self.cluster.signalbox_json("carol", "release", "show", release)

    def wait_status(self, release, *statuses, seconds=60):
        wait_until(f"{release} to be {' or '.join(statuses)}",
                   lambda: self.release(release)["status"] in statuses, seconds)
        return self.release(release)

    def wait_step(self, release, condition, what, seconds=60):
        """Waits until some step fulfils condition(step)."""
        wait_until(what, lambda: any(condition(s) for s in self.release(release)["steps"]), seconds)

    def serving(self):
        c = self.cluster
        return {name: (c.get(self.port[name]) or (0, ""))[1] for name in ("staging-1", "legacy-1", "lb")}

    def wait_serving(self, version, *places):
        """An undo ends when the service was restarted: it may need a moment until it answers."""
        wait_until(f"shop {version} at {', '.join(places)}",
                   lambda: all(f"shop {version} " in self.serving()[place] for place in places))

    # -- evidence ------------------------------------------------------------------------------------------------

    def export(self):
        path = self.cluster.folder / "export.jsonl"
        path.unlink(missing_ok=True)
        self.cluster.signalbox("carol", "ledger", "export", path)
        return path

    def verify(self, path, ok=(0,)):
        return self.cluster.signalbox_json("carol", "ledger", "verify", path, "--trust",
                                           self.cluster.data / "trust" / "trust.json", ok=ok)

    def actions(self, path):
        """Every action record of an export, in ledger order: the predicate of each."""
        import base64

        out = []
        for line in path.read_text().splitlines()[1:]:
            envelope = json.loads(json.loads(line)["envelope"])
            statement = json.loads(base64.b64decode(envelope["payload"]))
            if statement["predicateType"] == "https://signalbox.dev/action/v1":
                out.append(statement["predicate"])
        return out

    def assert_each_step_ran_once(self, release):
        """From the signed log alone: every step that succeeded was started once and finished once."""
        path = self.export()
        self.assertTrue(self.verify(path)["ok"])
        counts = collections.Counter((a["kind"], a["step_id"]) for a in self.actions(path) if a.get("step_id"))
        steps = [s for s in self.release(release)["steps"] if s["status"] == "succeeded"]
        self.assertTrue(steps)
        for step in steps:
            self.assertEqual(counts["started", step["id"]], 1, step["id"])
            self.assertEqual(counts["finished", step["id"]], 1, step["id"])


class SharedClusterCase(ClusterCase):
    """All test methods of a file share one cluster: each leaves it as it found it."""

    @classmethod
    def setUpClass(cls):
        if hasattr(SharedClusterCase, "cluster"):
            return
        temporary = tempfile.TemporaryDirectory(prefix="signalbox-test-")
        unittest.addModuleCleanup(temporary.cleanup)
        SharedClusterCase.cluster = Cluster(temporary.name, BIN, name="test")
        unittest.addModuleCleanup(SharedClusterCase.cluster.stop)
        SharedClusterCase.port = build(SharedClusterCase.cluster, cls.controller_env)

    def setUp(self):
        self.addCleanup(self.show_logs_on_failure)


__all__ = ["BIN", "ClusterCase", "Failed", "SOURCE", "SharedClusterCase", "free_port", "wait_until"]
