# SPDX-License-Identifier: Apache-2.0
"""A release of two services with the real programs: the shared one first, a canary behind HAProxy, rolling on-premises,
under a barrier; then what explains and proves it."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import ClusterCase  # noqa: E402

RATES = """\
kind: Service
name: rates
owner: team-rates
support_group: rates-oncall
cost_center: "4712"
criticality: high
artifact: {format: tar.zst}
health: {argv: [test, -s, current/release.json], within: 10s}
"""
MANIFEST = """\
kind: Release
name: friday
version: 2026.48.0
services:
  rates:
    version: 3.0.0
    commit: 5f3c0a1b
    artifacts: {{app: {{url: "blob:sha256:{rates}"}}}}
    strategy:
      all: {{kind: in_place}}
      dc1: {{kind: rolling, batch: 1, min_healthy_time: 1s, healthy_deadline: 10s}}
  shop:
    version: 1.1.0
    commit: 77ab01c2
    artifacts: {{app: {{url: "blob:sha256:{shop}"}}}}
path: [staging, production]
overrun: undo
jitter: 1s
breaker: {{failures: 3}}
strategy:
  all:   {{kind: in_place}}
  cloud: {{kind: canary, traffic: haproxy, steps: [{{percent: 25, pause: 1s}}, {{percent: 50, check: true}}]}}
  dc1:   {{kind: rolling, batch: 100%, progress_deadline: 5m, max_attempts: 1}}
  barrier: [cloud, dc1]
"""


class Hybrid(ClusterCase):
    def write(self, **shop_needs):
        c = self.cluster
        (c.estate / "services" / "rates.yaml").write_text(RATES)
        shop = c.estate / "services" / "shop.yaml"
        shop.write_text(shop.read_text() + "depends_on: [rates]\n")
        digests = {}
        for service, version, more in (("rates", "3.0.0", {}), ("shop", "1.1.0", shop_needs)):
            packed, digests[service] = c.shop_archive(version, **more)
            c.signalbox("carol", "artifact", "push", packed)
        (c.estate / "releases" / "friday.yaml").write_text(MANIFEST.format(**digests))
        c.commit("Friday's release")
        return "releases/friday.yaml"

    def test_two_services_go_out_together_and_the_evidence_holds(self):
        c = self.cluster
        release = c.signalbox_json("carol", "release", "start", self.write())["release_id"]
        self.approve(release)
        ended = self.wait_status(release, "succeeded", "undone", "undone_partly", "failed", seconds=120)
        self.assertEqual(ended["status"], "succeeded", ended)
        self.wait_serving("1.1.0", "staging-1", "legacy-1", "lb")

        steps = {s["id"]: s for s in ended["steps"] if s["environment"] == "production" and not s.get("undo")}
        shifts = [s for s in steps.values() if s["kind"] == "traffic.shift"]
        self.assertEqual(len(shifts), 3, "25, 50 and 100 percent")
        rates = [s for s in steps.values() if s["service"] == "rates" and s["kind"] == "release.activate"]
        self.assertEqual(len(rates), 1)
        for shift in shifts:
            self.assertLess(rates[0]["finished"], shift["started"], "the shared service goes first")
        self.assert_each_step_ran_once(release)

        story = c.signalbox("carol", "release", "explain", release)
        self.assertIn("production", story)
        svg = c.folder / "friday.svg"
        c.signalbox("carol", "release", "timeline", release, "--svg", svg)
        self.assertIn("<svg", svg.read_text())
        audit = c.signalbox_json("carol", "ledger", "audit", "throttle", self.export(), "--trust",
                                 c.data / "trust" / "trust.json")
        self.assertIn("environment:production", str(audit))

    def test_one_that_fails_on_premises_goes_back_on_every_side_the_shared_service_last(self):
        release = self.cluster.signalbox_json("carol", "release", "start", self.write(needs_payments_api="v2"))["release_id"]
        self.approve(release)
        ended = self.wait_status(release, "succeeded", "undone", "undone_partly", "failed", seconds=120)
        self.assertEqual(ended["status"], "undone", ended)
        self.wait_serving("1.0.0", "legacy-1", "lb")
        undo = {s["id"]: s for s in ended["steps"] if s["environment"] == "production" and s.get("undo")}
        back = [s for s in undo.values() if s["service"] == "rates" and s["kind"] == "release.revert"]
        shop = [s for s in undo.values() if s["service"] == "shop" and s["phase"] == "switch" and s["status"] == "succeeded"]
        self.assertEqual([s["status"] for s in back], ["succeeded"])
        self.assertTrue(shop)  # what was prepared under the barrier did not wait for the shared service
        for step in shop:
            self.assertLessEqual(step["finished"], back[0]["started"], step["id"])


if __name__ == "__main__":
    unittest.main()
