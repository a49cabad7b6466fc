# SPDX-License-Identifier: Apache-2.0
"""A whole Signalbox cluster in one folder, made of the real programs: controller, agents, executors, people's keys, an
estate in Git, and the shop behind HAProxy. The quickstart shows it; the integration tests break it."""

import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import hashlib
import http.client
import io

from processes import Failed, Process, free_port, wait_until

HERE = pathlib.Path(__file__).resolve().parent


class Cluster:
    def __init__(self, folder, bin_dir, name="quickstart"):
        self.folder = pathlib.Path(folder).resolve()
        self.bin = pathlib.Path(bin_dir).resolve()
        self.host_bin = self.bin  # the programs of hosts may be of another version
        self.name = name
        self.data = self.folder / "controller"
        self.people = self.folder / "people"
        self.logs = self.folder / "logs"
        self.processes = []
        self.controller = None
        self.controller_arguments = []  # besides the usual ones
        self.hosts = {}
        self.haproxy_socket = self.folder / "haproxy.sock"
        self.on_command = lambda argv: None  # the quickstart prints them

    # -- programs ------------------------------------------------------------------------------------------------

    def run(self, *argv, ok=(0,), env=None):
        """Runs one command to its end; its standard output. Fails with its standard error when the exit code is not in ok."""
        argv = [str(a) for a in argv]
        done = subprocess.run(argv, capture_output=True, text=True, env={**os.environ, **(env or {})}, check=False,
                              stdin=subprocess.DEVNULL)
        if done.returncode not in ok:
            raise Failed(f"$ {' '.join(argv)}\nexit code {done.returncode}\n{done.stdout}{done.stderr}".rstrip())
        return done.stdout

    def start(self, name, argv, env=None):
        process = Process(name, argv, self.logs / f"{name}.log", env).start()
        self.processes.append(process)
        return process

    def stop(self):
        """Stops everything, the newest first."""
        for process in reversed(self.processes):
            process.stop()
        self.processes.clear()

    # -- the signalbox command -----------------------------------------------------------------------------------

    def signalbox(self, person, *arguments, ok=(0,)):
        """`signalbox …` with a person's credentials; its standard output."""
        argv = [self.bin / "signalbox", *arguments]
        self.on_command(["signalbox", *[str(a) for a in arguments]])
        return self.run(*argv, ok=ok, env=self.environment(person))

    def signalbox_json(self, person, *arguments, ok=(0,)):
        return json.loads(self.signalbox(person, *arguments, "--json", ok=ok))

    def environment(self, person):
        return {
            "SIGNALBOX_CREDENTIALS": str(self.people / person / "credentials.json"),
            "SIGNALBOX_KEYS": str(self.people / person / "keys"),
        }

    def passphrase(self, person):
        path = self.people / person / "passphrase"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            path.write_text(os.urandom(12).hex() + "\n")
        return path

    # -- controller ----------------------------------------------------------------------------------------------

    def init(self):
        made = self.signalbox_json("admin", "init", "--data", self.data, "--cluster", self.name,
                                   "--root-keys", self.people / "root-keys", "--passphrase-file", self.passphrase("root"),
                                   "--credentials", self.people / "admin" / "credentials.json")
        self.trust_sha256 = made["trust_sha256"]  # what a verifier pins

    def start_controller(self, env=None):
        endpoints = self.data / "run" / "endpoints.json"
        endpoints.unlink(missing_ok=True)
        listen = self.listen if self.controller else {"agent": 0, "operator": 0, "https": 0}
        self.controller = self.start(
            "controller",
            [self.bin / "signalboxd", "--data", self.data, "--agent-listen", f"127.0.0.1:{listen['agent']}",
             "--operator-listen", f"127.0.0.1:{listen['operator']}", "--https-listen", f"127.0.0.1:{listen['https']}",
             *self.controller_arguments],
            env,
        )
        wait_until("the controller to be ready", endpoints.exists, process=self.controller)
        found = json.loads(endpoints.read_text())
        # A restarted controller comes back where its agents look for it.
        self.listen = {key: int(found[key].rsplit(":", 1)[1]) for key in ("agent", "operator", "https")}
        self.rewrite_url(self.people / "admin" / "credentials.json")

    def rewrite_url(self, path):
        credentials = json.loads(path.read_text())
        credentials["url"] = f"https://127.0.0.1:{self.listen['https']}"
        path.write_text(json.dumps(credentials))

    def add_key(self, person):
        """An encrypted signing key of this person's own: {"kid", "public", "path"}."""
        return self.signalbox_json(person, "key", "new", person, "--passphrase-file", self.passphrase(person))

    def add_person(self, person, *roles, kid=None):
        """An API key with these roles; `kid` names the person's signing key, which the trust file must list by now."""
        home = self.people / person
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        arguments = ["--approver-kid", kid] if kid else []
        for role in roles:
            arguments += ["--role", role]
        created = self.signalbox_json("admin", "access", "key", "create", person, *arguments)
        admin = json.loads((self.people / "admin" / "credentials.json").read_text())
        path = home / "credentials.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps({**admin, "api_key": created["api_key"]}))

    def add_people(self):
        """A coordinator and two approvers: security is alice's in production, operations is bob's everywhere."""
        alice, bob = self.add_key("alice"), self.add_key("bob")
        self.publish_approvers([("production", "security", "alice", alice["public"]),
                                ("production", "operations", "bob", bob["public"]),
                                ("staging", "operations", "bob", bob["public"])])
        self.add_person("carol", "coordinator")
        self.add_person("alice", "approver", kid=alice["kid"])
        self.add_person("bob", "approver", kid=bob["kid"])

    # -- hosts ---------------------------------------------------------------------------------------------------

    def add_host(self, name, environment, site, labels):
        """Enrols one host with a one-time join token and starts its two processes."""
        home = self.folder / "hosts" / name
        for sub in ("executor", "agent", "srv", "run"):
            (home / sub).mkdir(parents=True, mode=0o700)
        arguments = []
        for key, value in labels.items():
            arguments += ["--label", f"{key}={value}"]
        line = self.signalbox("admin", "enrol-token", "create", "--environment", environment, "--host", name,
                              "--site", site, "--ttl", "10m", *arguments).strip()
        join = home / "join"
        join.touch(mode=0o600)
        join.write_text(line + "\n")
        socket = home / "run" / "executor.sock"
        self.on_host("signalbox-executor", "init", "--state", home / "executor", "--join", f"@{join}")
        self.hosts[name] = {"home": home, "labels": labels, "environment": environment}
        self.start_executor(name)
        self.on_host("signalbox-agent", "enrol", "--state", home / "agent", "--executor-socket", socket,
                     "--join", f"@{join}")
        join.unlink()
        self.start_agent(name)

    def on_host(self, program, *arguments):
        self.on_command([program, *[str(a) for a in arguments]])
        return self.run(self.host_bin / program, *arguments)

    def start_executor(self, name, env=None):
        host = self.hosts[name]
        socket = host["home"] / "run" / "executor.sock"
        socket.unlink(missing_ok=True)
        host["executor"] = self.start(
            f"executor-{name}",
            [self.host_bin / "signalbox-executor", "--state", host["home"] / "executor", "--socket", socket,
             "--services-root", host["home"] / "srv"], env)
        wait_until(f"the executor of {name}", socket.exists, process=host["executor"])

    def start_agent(self, name, env=None):
        host = self.hosts[name]
        host["agent"] = self.start(
            f"agent-{name}",
            [self.host_bin / "signalbox-agent", "--state", host["home"] / "agent",
             "--executor-socket", host["home"] / "run" / "executor.sock"], env)

    def agents(self):
        listed = self.run(self.bin / "signalbox", "agents", "--json", env=self.environment("admin"))  # polled: not shown
        return {a["host"]: a for a in json.loads(listed)["agents"]}

    def wait_online(self):
        wait_until("every agent to be online",
                   lambda: all(a["presence"] == "online" for a in self.agents().values()))

    # -- the shop ------------------------------------------------------------------------------------------------

    def shop_archive(self, version, **more):
        """A tar.zst of one version of the shop, the same bytes each time; its path and SHA-256."""
        folder = self.folder / "artifacts"
        folder.mkdir(exist_ok=True)
        plain = folder / f"shop-{version}.tar"
        release = json.dumps({"version": version, **more}, sort_keys=True).encode() + b"\n"
        with tarfile.open(plain, "w", format=tarfile.USTAR_FORMAT) as tar:
            for member, content in (("release.json", release), ("server.py", (HERE / "shop" / "server.py").read_bytes())):
                info = tarfile.TarInfo(member)
                info.size, info.mode = len(content), 0o644
                tar.addfile(info, io.BytesIO(content))
        packed = plain.with_suffix(".tar.zst")
        self.run("zstd", "-q", "-f", "--rm", plain, "-o", packed)
        return packed, hashlib.sha256(packed.read_bytes()).hexdigest()

    def install_shop_by_hand(self, name, version, port, payments_api="v2"):
        """How the shop runs before Signalbox: under runit, with `current` pointing to a release folder."""
        packed, digest = self.shop_archive(version)
        root = self.hosts[name]["home"] / "srv" / "shop"
        release = root / "releases" / digest
        release.mkdir(parents=True)
        self.run("tar", "--zstd", "-xf", packed, "-C", release)
        (root / "current").symlink_to(f"releases/{digest}")
        (root / "settings.json").write_text(json.dumps({"host": name, "port": port, "payments_api": payments_api}))
        supervised = root / "sv"
        supervised.mkdir()
        run = supervised / "run"
        run.write_text("#!/bin/sh\nexec 2>&1\ncd .. && exec python3 current/server.py settings.json\n")
        run.chmod(0o755)
        self.start(f"runsv-{name}", ["runsv", supervised])
        self.hosts[name]["port"] = port
        wait_until(f"the shop on {name}", lambda: self.get(port) is not None)

    def get(self, port, path="/"):
        """The answer of 127.0.0.1:port as (status, text), or None when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode().strip()
        except OSError:
            return None
        finally:
            connection.close()

    def start_load_balancer(self, port, blue, green):
        self.load_balancer_port = port
        config = (HERE / "haproxy.cfg.in").read_text()
        for key, value in {"SOCKET": self.haproxy_socket, "LB_PORT": port, "BLUE_PORT": blue, "GREEN_PORT": green}.items():
            config = config.replace(f"@{key}@", str(value))
        path = self.folder / "haproxy.cfg"
        path.write_text(config)
        process = self.start("haproxy", [shutil.which("haproxy") or "/usr/sbin/haproxy", "-f", path, "-db"])
        wait_until("the load balancer", lambda: (self.get(port) or (0,))[0] == 200, process=process)

    # -- the estate ----------------------------------------------------------------------------------------------

    def make_estate(self):
        self.estate = self.folder / "estate"
        shutil.copytree(HERE / "estate", self.estate, ignore=shutil.ignore_patterns("*.in"))
        (self.estate / "releases").mkdir(exist_ok=True)
        self.git("init", "-q", "-b", "main")
        return self.commit("The estate: two environments and a shop")

    def git(self, *arguments):
        identity = ["-c", "user.name=Quickstart", "-c", "user.email=quickstart@localhost"]
        return self.run("git", "-C", self.estate, *identity, *arguments)

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def write_release(self, version, digest, ticket):
        """releases/shop-<version>.yaml in the estate, committed; its path there."""
        text = (HERE / "estate" / "releases" / "shop.yaml.in").read_text()
        values = {"VERSION": version, "COMMIT": self.git("rev-parse", "HEAD").strip(), "TICKET": ticket, "DIGEST": digest}
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        path = f"releases/shop-{version}.yaml"
        (self.estate / path).write_text(text)
        self.commit(f"Release shop {version}")
        return path

    # -- all of it -----------------------------------------------------------------------------------------------

    def publish_approvers(self, approvers):
        """A trust file in which these (environment, role, person, public key) may approve; two root keys sign it."""
        for environment, role, person, public in approvers:
            self.signalbox("admin", "trust", "add-approver", "--environment", environment, "--role", role,
                           "--label", person, public)
        for number in (1, 2):
            self.signalbox("admin", "trust", "sign", "--key", self.people / "root-keys" / f"root-{number}.key",
                           "--passphrase-file", self.passphrase("root"))
        self.signalbox("admin", "trust", "publish")

    def approve(self, person, release):
        return self.signalbox(person, "release", "approve", release, "--key", person, "--passphrase-file",
                              self.passphrase(person), "--yes")


__all__ = ["Cluster", "Failed", "free_port", "wait_until"]
