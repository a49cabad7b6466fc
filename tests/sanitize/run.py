#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds tests with a sanitizer and runs them: address (with undefined behaviour and leaks) or thread.

  tests/sanitize/run.py address|thread [--slice N]   all slices, or the one
  tests/sanitize/run.py --turn                       the slice whose turn it is by the number of commits: what CI does
  tests/sanitize/run.py --list                       the slices, and how many tests each has

A slice takes minutes from nothing on two processors. Every test is in exactly one slice of address; thread has those
where threads meet."""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
PRESETS = {"address": "asan", "thread": "tsan"}
# A test belongs to the first slice that it matches; the last one of address takes whatever is new.
SLICES = {
    "address": [
        r"common_(json|dsse|token|merkle)_",
        r"common_(?!rpc|http)|vectors_|regress_(?!archive|ipc|estate|manifest|http|connect)",
        r"agent_(ipc|executor)|regress_(archive|ipc)",
        r"common_(rpc|http)|agent_|wire_|integration_(haproxy|nginx)_",
        r"controller_(release_(?!dispatch)|calendar|estate|gate)|regress_(estate|manifest)",
        r"controller_(api|app|cli)|regress_",
        r"controller_|transitions_|scenario_(test|seeds_1)$",
        r"integration_(release|hybrid|crash|failpoint)",
        r"",
    ],
    "thread": [
        r"common_async|agent_ipc",
        r"common_(telemetry|http|os)|agent_executor_(execution|journal)",
        r"common_rpc|agent_(link|fetch|enrol)|wire_",
        r"controller_(release_dispatch|ledger|fleet|artifact|estate_git)|agent_executor_app",
        r"controller_api|integration_signalboxd",
    ],
}
# What takes turns in CI: slices that were seen to pass, and to keep to the time. Add one when it has been.
TURNS = [("address", 1), ("thread", 1)]
# House rules are no programs of ours; planted bugs are there to fail; one shard of seeds is enough here; the million
# records of the spool go through code that the journal's own tests cover, under a bound of memory that no sanitizer keeps.
NEVER = re.compile(r"repo_|scenario_mutant|scenario_seeds_(?!1$)|agent_executor_spool_")
PROGRAMS = ["signalboxd", "signalbox", "signalbox-agent", "signalbox-executor", "forge"]
OPTIONS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1",
    "LSAN_OPTIONS": f"suppressions={HERE}/leaks.txt:print_suppressions=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": f"suppressions={HERE}/races.txt:second_deadlock_stack=1:history_size=4",
}


def tests_of(folder):
    """name -> program, built or not: CTest itself does not say what is still to be built."""
    text = (folder / "CTestTestfile.cmake").read_text()
    found = dict(re.findall(r'^add_test\(\[=*\[(.+?)\]=*\] "(.*?)"', text, re.M))
    for below in re.findall(r'^subdirs\("(.+?)"\)', text, re.M):
        found.update(tests_of(folder / below))
    return {name: program for name, program in found.items() if not NEVER.match(name)}


def members(sanitizer, index, names):
    slices = SLICES[sanitizer]
    first = lambda name: next((i for i, pattern in enumerate(slices) if re.match(pattern, name)), None)
    return sorted(name for name in names if first(name) == index)


def configure(sanitizer):
    build = ROOT / "build" / PRESETS[sanitizer]
    run = subprocess.run(["cmake", "--preset", PRESETS[sanitizer]], cwd=ROOT, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(run.stdout + run.stderr)
    return build


def targets(build, programs):
    """What has to be built: the programs themselves, or all of ours for a script."""
    wanted = set()
    for program in map(pathlib.Path, programs):
        wanted.update([str(program.relative_to(build))] if program.is_relative_to(build) else PROGRAMS)
    return sorted(wanted)


def run_slice(sanitizer, index):
    build = configure(sanitizer)
    tests = tests_of(build)
    names = members(sanitizer, index, tests)
    print(f"== {sanitizer}, slice {index + 1} of {len(SLICES[sanitizer])}: {len(names)} tests", flush=True)
    start = time.monotonic()
    subprocess.run(["cmake", "--build", str(build), "-j", str(os.cpu_count()), "--target",
                    *targets(build, [tests[n] for n in names]), "--", "--quiet"], check=True)
    built = time.monotonic()
    pattern = "^(" + "|".join(re.escape(n) for n in names) + ")$"
    run = subprocess.run(["ctest", "--test-dir", str(build), "-j", str(os.cpu_count()), "--output-on-failure", "-Q", "--no-tests=error",
                          "--output-log", str(build / "sanitize.log"), "-R", pattern],
                         env={**os.environ, **OPTIONS}, check=False)
    print(f"   built in {built - start:.0f} s, ran in {time.monotonic() - built:.0f} s", flush=True)
    if run.returncode != 0:
        print((build / "sanitize.log").read_text(errors="replace"))
    return run.returncode


def whose_turn():
    """The slices of TURNS one after the other, by the number of commits (or of days, without Git)."""
    run = subprocess.run(["git", "rev-list", "--count", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    number = int(run.stdout) if run.returncode == 0 else int(time.time() // 86400)
    turn = number % len(TURNS)
    print(f"commit number {number}: turn {turn + 1} of {len(TURNS)}", flush=True)
    return TURNS[turn][0], TURNS[turn][1] - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sanitizer", nargs="?", choices=list(SLICES))
    parser.add_argument("--slice", type=int)
    parser.add_argument("--turn", action="store_true")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    if args.turn:
        return run_slice(*whose_turn())
    if args.list:
        for sanitizer in SLICES:
            tests = tests_of(configure(sanitizer))
            for index in range(len(SLICES[sanitizer])):
                print(f"{sanitizer} {index + 1}: {' '.join(members(sanitizer, index, tests))}")
        return 0
    if not args.sanitizer:
        parser.error("say address or thread, --turn or --list")
    count = len(SLICES[args.sanitizer])
    if args.slice and not 1 <= args.slice <= count:
        parser.error(f"{args.sanitizer} has the slices 1 to {count}")
    chosen = [args.slice - 1] if args.slice else range(count)
    return max([run_slice(args.sanitizer, index) for index in chosen])


if __name__ == "__main__":
    sys.exit(main())
