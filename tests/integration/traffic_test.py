# SPDX-License-Identifier: Apache-2.0
"""Whole releases behind the other two kinds of load balancer: nginx by a generated file and a reload, and a program of
one's own. Out with 1.1.0, back from a broken 1.2.0, and no request fails meanwhile."""

import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import SOURCE, ClusterCase, free_port, wait_until  # noqa: E402

MANIFEST = """\
kind: Release
service: shop
version: {version}
commit: 77ab01c2
artifacts: {{app: {{url: "blob:sha256:{digest}"}}}}
path: [staging, production]
strategy:
  all:   {{kind: in_place}}
  cloud: {strategy}
  dc1:   {{kind: in_place, max_attempts: 1}}
  barrier: [cloud, dc1]
"""

NGINX = """\
{user}worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  include {folder}/shop.conf;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://shop; proxy_next_upstream off; }}
  }}
}}
"""

# A program as a team may have it for a load balancer that Signalbox does not know; this one asks HAProxy.
BALANCER = '''\
import socket, sys

def ask(command):
    with socket.socket(socket.AF_UNIX) as to:
        to.connect(sys.argv[1])
        to.sendall(command.encode() + b"\\n")
        return b"".join(iter(lambda: to.recv(4096), b"")).decode().strip()

if sys.argv[2] == "show":
    for name in ("blue", "green"):
        print(name, ask(f"get weight shop/{name}").split()[0])
else:
    words = [word.split("=") for word in sys.argv[3:]]
    for name, weight in sorted(words, key=lambda word: -int(word[1])):  # never a moment without a server
        if answer := ask(f"set weight shop/{name} {weight}"):
            sys.exit(answer)
    with open(sys.argv[1] + ".calls", "a") as calls:
        print(*sys.argv[3:], file=calls)
'''


class Traffic(ClusterCase):
    def use(self, traffic):
        """Puts this traffic in the place of the quickstart's."""
        path = self.cluster.estate / "environments" / "production.yaml"
        head, rest = path.read_text().split("traffic:\n")
        path.write_text(f"{head}traffic:\n  edge:\n    via: web-blue\n    servers: {{blue: blue, green: green}}\n"
                        f"    live: blue\n{traffic}hosts:{rest.split('hosts:', 1)[1]}")
        self.cluster.commit("Another load balancer")

    def play(self, version, strategy, **needs):
        """One release from its start to its end, with visitors all the while: its end, and whom they met."""
        c = self.cluster
        packed, digest = c.shop_archive(version, **needs)
        c.signalbox("carol", "artifact", "push", packed)
        manifest = pathlib.Path("releases") / f"shop-{version}.yaml"
        (c.estate / manifest).write_text(MANIFEST.format(version=version, digest=digest, strategy=strategy))
        c.commit(f"Shop {version}")
        probe = c.start(f"probe-{version}", [sys.executable, SOURCE / "installers" / "quickstart" / "probe.py",
                                             f"http://127.0.0.1:{self.port['lb']}/"])
        release = c.signalbox_json("carol", "release", "start", manifest)["release_id"]
        self.approve(release)
        ended = self.wait_status(release, "succeeded", "undone", "undone_partly", "failed", "halted", seconds=120)
        wait_until("the last answer", lambda: self.serving()["lb"].startswith("shop "))
        probe.stop()
        seen = json.loads(probe.log.read_text())
        self.assertEqual(seen["failed"], 0, seen)
        self.assertGreater(seen["requests"], 20)
        return ended, {text.split(" on ")[0] for text in seen["answers"]}

    def out_and_back(self, strategy, shifts):
        ended, met = self.play("1.1.0", strategy)
        self.assertEqual(ended["status"], "succeeded", ended)
        self.assertEqual(met, {"shop 1.0.0", "shop 1.1.0"})
        self.wait_serving("1.1.0", "staging-1", "legacy-1", "lb")
        done = [s for s in ended["steps"] if s["kind"] == "traffic.shift" and not s.get("undo")]
        self.assertEqual([s["status"] for s in done], ["succeeded"] * shifts)
        # The payments interface that 1.2.0 needs is not there on-premises: both sides go back.
        ended, _ = self.play("1.2.0", strategy, needs_payments_api="v2")
        self.assertEqual(ended["status"], "undone", ended)
        back = [s for s in ended["steps"] if s["kind"] == "traffic.shift" and s.get("undo") and s["status"] == "succeeded"]
        self.assertTrue(back)
        self.wait_serving("1.1.0", "legacy-1", "lb")
        self.assertTrue(self.verify(self.export())["ok"])

    def test_a_canary_behind_nginx(self):
        folder = self.cluster.folder / "nginx"
        folder.mkdir()
        self.port["lb"] = free_port()
        blue, green = (f"127.0.0.1:{self.port[name]}" for name in ("web-blue", "web-green"))
        first = "# Generated by Signalbox with every shift of traffic: do not edit. signalbox-nginx-upstream/v1\n"
        upstream = folder / "shop.conf"
        upstream.write_text(f"{first}upstream shop {{\n    server {blue} weight=100; # blue\n    server {green} down; # green\n}}\n")
        configuration = folder / "nginx.conf"
        configuration.write_text(NGINX.format(folder=folder, port=self.port["lb"], user="user root;\n" if os.geteuid() == 0 else ""))
        argv = ["/usr/sbin/nginx", "-p", str(folder), "-e", f"{folder}/error.log", "-c", str(configuration)]
        nginx = self.cluster.start("nginx", argv)
        wait_until("nginx to answer", lambda: self.serving()["lb"].startswith("shop 1.0.0"), process=nginx)
        self.use(f"    kind: nginx\n    file: {upstream}\n    upstream: shop\n    addresses: {{blue: \"{blue}\", green: \"{green}\"}}\n"
                 f"    test: {json.dumps([*argv, '-t'])}\n    reload: {json.dumps([*argv, '-s', 'reload'])}\n")
        self.out_and_back("{kind: canary, traffic: edge, steps: [{percent: 25, pause: 1s}, {percent: 50, check: true}]}", 3)
        self.assertIn(f"server {green} weight=100; # green", upstream.read_text())

    def test_blue_green_by_a_program_of_ones_own(self):
        program = self.cluster.folder / "balancer.py"
        program.write_text(BALANCER)
        argv = [sys.executable, str(program), str(self.cluster.haproxy_socket)]
        self.use(f"    kind: command\n    argv: {json.dumps([*argv, 'set'])}\n    show: {json.dumps([*argv, 'show'])}\n")
        self.out_and_back("{kind: blue_green, traffic: edge}", 1)
        calls = pathlib.Path(f"{self.cluster.haproxy_socket}.calls").read_text().splitlines()
        self.assertEqual(calls[0], "blue=0 green=100")
        self.assertEqual(calls[-1], "blue=0 green=100")


if __name__ == "__main__":
    unittest.main()
