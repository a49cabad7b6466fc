# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over every translation unit of ours but the tests: lint.py BUILD.

Most of its time goes into reading headers, so a dozen units are read together, as one text that has the headers
once and under the flags of them all; units that define the same names, or that do not compile together, go apart. A unit that passed
is not looked at again until a file that it reads (ninja -t deps), its flags, .clang-tidy or clang-tidy change: the
answers are kept in ${XDG_CACHE_HOME:-~/.cache}/signalbox-lint. Exit status 1 when there are findings."""

import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
GROUP = 12
KEEP_DAYS = 30
# What a unit defines for itself alone: no two units of a group may define the same in the same namespace.
NAMESPACE = re.compile(r"^namespace ([\w:]+) \{", re.M)
ANONYMOUS = re.compile(r"^namespace \{\n(.*?)^\}  // namespace$", re.M | re.S)
DEFINED = re.compile(r"^(?:inline |static )?(?:constexpr|const|using|struct|class|enum class|namespace)\b[^\n(={;]*?(\w+)\s*[={;\[]"
                     r"|^(?!namespace|using|struct|class|enum|SB_)\w[\w:<>,&* ]*?\b(\w+)\(", re.M)


class Unit:
    def __init__(self, path, flags, out):
        self.path, self.flags, self.out = path, flags, out
        self.text = path.read_text()
        scope = (NAMESPACE.search(self.text) or [None, ""])[1]
        hidden = "\n".join(ANONYMOUS.findall(self.text))
        self.names = {(scope, a or b) for a, b in DEFINED.findall(hidden)}
        self.key, self.reads = None, 0


def own_units(build):
    """One Unit a source file; flags without warnings, which the compilers have judged."""
    units = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""
        if not name or path.is_relative_to(build) or name.startswith("tests/") or name in units:
            continue
        words = shlex.split(entry["command"])
        flags = [w for w in words[1:] if w.startswith(("-D", "-I", "-std="))]
        flags += ["-isystem" + words[i + 1] for i, w in enumerate(words) if w == "-isystem"]
        units[name] = Unit(path, tuple(flags), words[words.index("-o") + 1])
    return [units[name] for name in sorted(units)]


def dependencies(build):
    """object -> the files that it was made from."""
    found, current = {}, None
    out = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        if line.startswith("    "):
            current.append(line.strip())
        elif ": #deps " in line:
            name, rest = line.split(": #deps ", 1)
            current = []
            if "(VALID)" in rest:
                found[name] = current
    return found


def set_keys(units, build):
    """What a unit's answer depends on; none for a unit that was not built, which is looked at every time."""
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    common = hashlib.sha256((version + (ROOT / ".clang-tidy").read_text()).encode()).digest()
    deps, digests = dependencies(build), {}

    def digest(file):
        if file not in digests:
            path = (build / file).resolve()
            digests[file] = hashlib.sha256(path.read_bytes()).digest() if path.exists() else b"absent"
        return digests[file]

    for unit in units:
        if unit.out in deps:
            unit.reads = len(deps[unit.out])
            flags = " ".join(unit.flags).replace(str(ROOT), "").encode()
            parts = [common, flags, unit.text.encode()] + [digest(f) for f in sorted(deps[unit.out])]
            unit.key = hashlib.sha256(b"\0".join(parts)).hexdigest()


def groups_of(units):
    """Units that read about as many files, and have no name in common."""
    bins = []
    for unit in sorted(units, key=lambda u: (u.reads, u.path)):
        home = next((b for b in bins if len(b[0]) < GROUP and not b[1] & unit.names), None)
        if home is None:
            bins.append(home := ([], set()))
        home[0].append(unit)
        home[1].update(unit.names)
    return [b[0] for b in reversed(bins)]  # the heaviest first


def tidy(group, scratch):
    """(unit or None for a header, line of text) for every finding of a group."""
    with tempfile.NamedTemporaryFile("w", suffix=".cpp", dir=scratch, delete=False) as text:
        starts, at = [], 1
        for unit in group:
            starts.append(at)
            text.write(unit.text if unit.text.endswith("\n") else unit.text + "\n")
            at += unit.text.count("\n") + (0 if unit.text.endswith("\n") else 1)
    run = subprocess.run(["clang-tidy", "--quiet", f"--config-file={ROOT}/.clang-tidy", text.name, "--",
                          *dict.fromkeys(flag for unit in group for flag in unit.flags)],
                         cwd=ROOT, capture_output=True, text=True, check=False)
    if "[clang-diagnostic-error" in run.stdout and len(group) > 1:  # they do not compile together
        half = len(group) // 2
        return tidy(group[:half], scratch) + tidy(group[half:], scratch)
    broken = "[clang-diagnostic-error" in run.stdout
    found, unit, ours = [], None, broken
    for line in run.stdout.splitlines():
        place = re.match(r"(/.+?):(\d+)(:\d+: (\w+).*)", line)
        if place and place[1] == text.name:
            index = max(i for i, start in enumerate(starts) if start <= int(place[2]))
            line = f"{group[index].path}:{int(place[2]) - starts[index] + 1}{place[3]}"
        if place and place[4] != "note":
            unit = group[index] if place[1] == text.name else None
            ours = broken or line.startswith(f"{ROOT}/")  # what libraries do is theirs
        if ours:
            found.append((unit, line.replace(f"{ROOT}/", "")))
    if run.returncode != 0 and not run.stdout.strip():
        found.append((None, run.stderr.strip() or f"clang-tidy ended with {run.returncode}"))
    return found


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "signalbox-lint"
    cache.mkdir(parents=True, exist_ok=True)
    units = own_units(build)
    set_keys(units, build)
    due = []
    for unit in units:
        mark = cache / (unit.key or "none")
        if unit.key and mark.exists():
            os.utime(mark)
        else:
            due.append(unit)
    groups, failed, lines = groups_of(due), 0, []
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for group, found in zip(groups, pool.map(lambda g: tidy(g, scratch), groups)):
            guilty = {unit for unit, _ in found}
            lines += [line for _, line in found]
            for unit in group:
                if unit in guilty or None in guilty:
                    failed += 1
                elif unit.key:
                    (cache / unit.key).touch()
    for mark in cache.iterdir():
        if mark.stat().st_mtime < time.time() - KEEP_DAYS * 86400:
            mark.unlink(missing_ok=True)
    print("\n".join(dict.fromkeys(lines)))
    print(f"{len(units)} units, {len(due)} looked at in {len(groups)} groups, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
