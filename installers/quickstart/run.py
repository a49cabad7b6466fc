# SPDX-License-Identifier: Apache-2.0
"""The quickstart's story: a hybrid release from enrolment to a verified log, then one that fails and goes back."""

import argparse
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

from cluster import Cluster, Failed, free_port, wait_until
from processes import Process

MARK = ".signalbox-quickstart"
LONGEST_SOCKET = "hosts/web-green/run/executor.sock"
PROGRAMS = ("signalbox", "signalboxd", "signalbox-agent", "signalbox-executor")
SOCKET_PATH_MAX = 107  # of struct sockaddr_un
BOLD, DIM, GREEN, RESET = ("\033[1m", "\033[2m", "\033[32m", "\033[0m") if sys.stdout.isatty() and "NO_COLOR" not in os.environ else ("",) * 4


def chapter(number, text):
    print(f"\n{BOLD}{number}. {text}{RESET}", flush=True)


def proved(text):
    print(f"{GREEN}✓{RESET} {text}", flush=True)


def show(text):
    print("\n".join("  " + line for line in text.rstrip().splitlines()), flush=True)


def short(path):
    """Relative where that is shorter."""
    return min(str(path), os.path.relpath(path), key=len)


class Story:
    def __init__(self, folder, bin_dir):
        self.cluster = Cluster(folder, bin_dir)
        self.cluster.on_command = self.command
        self.told = False  # to its end
        self.ports = {name: free_port() for name in ("staging-1", "legacy-1", "web-blue", "web-green", "lb")}

    def command(self, argv):
        shown = [str(a).replace(str(self.cluster.folder) + "/", "") for a in argv if a != "--json"]
        print(f"{DIM}$ {' '.join(shown)}{RESET}", flush=True)

    def person(self, name, *arguments, ok=(0,)):
        """Runs a command as this person, in front of the reader's eyes."""
        self.command(["signalbox", *arguments])
        done = subprocess.run([self.cluster.bin / "signalbox", *map(str, arguments)], check=False,
                              env={**os.environ, **self.cluster.environment(name)}, stdin=subprocess.DEVNULL)
        if done.returncode not in ok:
            raise Failed(f"`signalbox {' '.join(map(str, arguments))}` ended with exit code {done.returncode}")
        return done.returncode

    def answers(self):
        c = self.cluster
        places = {"staging-1": self.ports["staging-1"], "load balancer": self.ports["lb"], "legacy-1": self.ports["legacy-1"]}
        return {place: (c.get(port) or (0, "no answer"))[1] for place, port in places.items()}

    def prove_serving(self, version, places=None):
        """All of these places answer with this version; one that was just restarted may need a moment."""
        serving = lambda: all(f"shop {version} " in t for p, t in self.answers().items() if p in (places or [p]))  # noqa: E731
        wait_until(f"shop {version} to serve", serving)
        show("\n".join(f"{place:<14} {text}" for place, text in self.answers().items()))
        if places is None:
            proved(f"shop {version} serves everywhere")

    # -- chapters ------------------------------------------------------------------------------------------------

    def bootstrap(self):
        chapter(1, "A cluster: keys, certificate authority, controller")
        self.cluster.init()
        self.cluster.start_controller()
        self.person("admin", "status")

    def people(self):
        chapter(2, "People: a coordinator, and two approvers with keys of their own")
        self.cluster.add_people()
        self.person("admin", "trust", "show")

    def hosts(self):
        chapter(3, "Four hosts, each enrolled with a one-time token: one staging, one legacy on-premises, two in the cloud")
        c = self.cluster
        labels = {
            "staging-1": ("staging", "on-premises", {"role": "shop"}),
            "legacy-1": ("production", "on-premises", {"role": "legacy"}),
            "web-blue": ("production", "cloud", {"role": "web", "color": "blue", "haproxy_socket": c.folder / "haproxy.sock"}),
            "web-green": ("production", "cloud", {"role": "web", "color": "green"}),
        }
        for name, (environment, site, more) in labels.items():
            c.add_host(name, environment, site, {**more, "port": self.ports[name]})
            c.install_shop_by_hand(name, "1.0.0", self.ports[name], "v1" if name == "legacy-1" else "v2")
        c.start_load_balancer(self.ports["lb"], self.ports["web-blue"], self.ports["web-green"])
        c.wait_online()
        self.person("admin", "agents")
        self.prove_serving("1.0.0")

    def estate(self):
        chapter(4, "The estate, read from a Git repository at a commit")
        c = self.cluster
        c.make_estate()
        self.person("admin", "estate", "set", c.estate)
        packed, digest = c.shop_archive("1.1.0")
        self.person("carol", "artifact", "push", packed)
        self.manifest = c.write_release("1.1.0", digest, 11)
        self.person("carol", "estate", "check")

    def plan_and_approve(self):
        chapter(5, "Release 1.1: the plan, what blocks it, and two people's signatures")
        self.person("carol", "release", "plan", self.manifest)
        self.release = self.begin(self.manifest)
        # What an approver sees before they sign; bob sees the same.
        self.person("alice", "release", "approve", self.release, "--key", "alice", "--passphrase-file",
                    self.cluster.passphrase("alice"), "--yes")
        show(self.cluster.approve("bob", self.release))

    def begin(self, manifest):
        release = self.cluster.signalbox_json("carol", "release", "start", manifest)["release_id"]
        show(f"started as {release}")
        return release

    def roll_out(self):
        chapter(6, "Staging, then production: nobody switches before everybody is prepared")
        probe = Process("probe", [sys.executable, pathlib.Path(__file__).with_name("probe.py"),
                                  f"http://127.0.0.1:{self.ports['lb']}/"], self.cluster.folder / "logs" / "probe.json")
        probe.log.unlink(missing_ok=True)
        probe.start()
        self.cluster.processes.append(probe)
        self.person("carol", "release", "watch", self.release)
        probe.stop()
        seen = json.loads(probe.log.read_text())
        self.prove_serving("1.1.0")
        show("through the load balancer during the release: " +
             ", ".join(f"{count} × '{text}'" for text, count in sorted(seen["answers"].items())))
        if seen["failed"] or seen["requests"] == 0:
            raise Failed(f"{seen['failed']} of {seen['requests']} requests failed: {seen['errors']}")
        proved(f"{seen['requests']} requests through the load balancer, none failed")

    def fail_and_go_back(self):
        chapter(7, "Release 1.2 does not work on the legacy host: both sides go back by themselves")
        c = self.cluster
        packed, digest = c.shop_archive("1.2.0", needs_payments_api="v2")
        self.person("carol", "artifact", "push", packed)
        release = self.begin(c.write_release("1.2.0", digest, 12))
        for person in ("alice", "bob"):
            show(c.approve(person, release))
        code = self.person("carol", "release", "watch", release, ok=(5,))
        self.prove_serving("1.1.0", ("load balancer", "legacy-1"))
        proved(f"release 1.2 was undone on both sides; `release watch` ended with exit code {code}")

    def verify(self):
        chapter(8, "The signed log, verified offline: from the digest that `init` printed, by way of each trust file")
        c = self.cluster
        export = c.folder / "ledger.jsonl"
        self.person("carol", "ledger", "export", export)
        chain = []
        for version in (1, 2):
            path = c.folder / f"trust-{version}.json"
            self.person("carol", "trust", "export", path, "--version", version)
            chain += ["--trust", path]
        self.person("carol", "ledger", "verify", export, *chain, "--trust-sha256", c.trust_sha256)

    def where_next(self, stays):
        folder = short(self.cluster.folder)
        print(f"""
{BOLD}Where to look next{RESET}
  {folder}/estate            the estate repository: change it, commit, `release plan`
  {folder}/ledger.jsonl      the exported log; change a byte and verify it again
  {folder}/hosts/*/srv/shop  what the hosts run: releases/, current
  {folder}/logs              what each program said
  docs/architecture.md, docs/security.md, docs/operating.md""")
        if stays:
            print(f"""
  export SIGNALBOX_CREDENTIALS={folder}/people/carol/credentials.json PATH={short(self.cluster.bin)}:$PATH
  signalbox release list

Everything is still running. Press Ctrl-C to stop it.""", flush=True)


def check_programs(folder):
    missing = [name for name in PROGRAMS if not os.access(folder / name, os.X_OK) or not (folder / name).is_file()]
    if missing:
        raise Failed(f"{folder} lacks {', '.join(missing)}.\n"
                     "next: name the folder of all programs with --bin, or leave it out to build them")


def prepare(folder):
    """An empty folder of ours, locked; never somebody else's, never one that is in use."""
    try:
        return take(folder)
    except OSError as error:
        raise Failed(f"{folder} cannot be used: {error.strerror}.\n"
                     "next: name a folder that you may make and write with --dir") from None


def take(folder):
    if len(f"{folder}/{LONGEST_SOCKET}") > SOCKET_PATH_MAX:
        raise Failed(f"{folder} is too long a path for the sockets in it.\nnext: name a shorter one with --dir")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise Failed(f"{folder} is not empty and was not made by the quickstart.\nnext: name another with --dir")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Failed(f"a quickstart is running in {folder}.\nnext: stop it with Ctrl-C there, or name another "
                     "folder with --dir") from None
    (folder / MARK).touch()
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != MARK:
            entry.unlink()
    return lock


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", default="quickstart", type=pathlib.Path)
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--exit", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    story = locked = None
    try:
        check_programs(options.bin)
        locked = prepare(options.dir.resolve())
        story = Story(options.dir, options.bin)
        for part in (story.bootstrap, story.people, story.hosts, story.estate, story.plan_and_approve, story.roll_out,
                     story.fail_and_go_back, story.verify):
            part()
        stays = not options.exit
        story.told = True
        story.where_next(stays)
        while stays:
            signal.pause()
    except KeyboardInterrupt:
        print("\nStopping.", flush=True)
        return 0 if story and story.told else 130
    except Failed as failure:
        logs = f"\nLogs: {options.dir}/logs" if story else ""
        print(f"\nquickstart: {failure}{logs}", file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough: all of it is being stopped
        if story:
            story.cluster.stop()
        if locked is not None:
            os.close(locked)
    return 0


if __name__ == "__main__":
    sys.exit(main())
