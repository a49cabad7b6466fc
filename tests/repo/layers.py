# SPDX-License-Identifier: Apache-2.0
"""An include is legal only where CMake lists the dependency, and libraries have the includers that the map gives them."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CALL = re.compile(r"signalbox_(module|program|test)\s*\((.*?)\)", re.S)
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^">]+)[">]', re.M)

# Who alone may include a library's headers.
SOLE_INCLUDERS = {
    r"sodium(\.h|/)": ["common/crypto"],
    r"sqlite3\.h": ["common/sqlite"],
    r"git2(\.h|/)": ["controller/estate"],
    r"yaml-cpp/": ["controller/estate"],
    r"boost/asio": ["common/async", "common/http"],
    r"boost/beast": ["common/http"],
    r"curl/": ["common/http"],
    r"(grpcpp|grpc)/": ["common/rpc", "agent/link", "agent/enrol", "agent/fetch", "controller/fleet", "controller/api"],
    r"archive(_entry)?\.h": ["agent/executor/actions", "controller/artifact", "controller/cli"],
    r"openssl/": ["common/crypto", "common/pki", "common/http", "common/rpc"],
    r"absl/": ["controller/calendar"],
    r"CLI/": ["agent/app", "agent/executor/app", "controller/app", "controller/cli"],
}
# What the executor, the security boundary, must never reach.
EXECUTOR_NEVER = {"common_rpc", "common_http", "signalbox_proto", "signalbox_grpc"}


def arguments(text):
    """The keyword lists of one signalbox_… call."""
    out, key = {}, None
    for word in re.sub(r"#.*", "", text).split():
        if word in ("NAME", "SOURCES", "DEPS", "LIBS", "LABELS", "TIMEOUT"):
            key = word
        elif key:
            out.setdefault(key, []).append(word)
    return out


def modules():
    found = {}
    for path in ROOT.glob("**/CMakeLists.txt"):
        if "build" in path.relative_to(ROOT).parts:
            continue
        for kind, text in CALL.findall(path.read_text()):
            args = arguments(text)
            name = args["NAME"][0]
            found[name] = {
                "kind": kind,
                "folder": path.parent.relative_to(ROOT).as_posix(),
                "deps": set(args.get("DEPS", [])),
                "sources": args.get("SOURCES", []),
            }
    return found


def closure(name, table, seen=None):
    seen = set() if seen is None else seen
    for dep in table.get(name, {}).get("deps", ()):
        if dep not in seen:
            seen.add(dep)
            closure(dep, table, seen)
    return seen


def owner(folder, by_folder):
    """The nearest folder at or above that is a module."""
    while folder and folder != ".":
        if folder in by_folder:
            return by_folder[folder]
        folder = str(pathlib.PurePosixPath(folder).parent)
    return None


def main():
    table = modules()
    by_folder = {m["folder"]: n for n, m in table.items() if m["kind"] == "module"}
    problems = []
    files = subprocess.run(
        ["git", "ls-files", "--", "*.cpp", "*.hpp"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    for file in files:
        path = ROOT / file
        if not path.exists():
            continue
        folder = str(pathlib.PurePosixPath(file).parent)
        is_test = file.startswith("tests/")
        local = {n for n, m in table.items() if m["folder"] == folder and pathlib.PurePosixPath(file).name in
                 [pathlib.PurePosixPath(s).name for s in m["sources"]]}
        home = owner(folder, by_folder)
        if is_test:
            continue  # a test links whatever it tests; the linker says what is missing
        for name in local or ({home} if home else set()):
            allowed = closure(name, table) | {name} | ({home} if home else set())
            for style, include in INCLUDE.findall(path.read_text()):
                generated = include.startswith("signalbox/v1/")
                from_tests = is_test and include.startswith("tests/")
                if style == '"' and "/" in include and not generated and not from_tests:
                    target = owner(str(pathlib.PurePosixPath(include).parent), by_folder)
                    if target is None:
                        problems.append(f"{file}: includes {include}, which belongs to no module")
                    elif target not in allowed:
                        problems.append(f"{file}: includes {include} but {name} does not list {target} in DEPS")
                    both = {file.split("/")[0], include.split("/")[0]}
                    if both == {"agent", "controller"}:
                        problems.append(f"{file}: agent and controller never include each other ({include})")
                if not is_test:
                    for pattern, homes in SOLE_INCLUDERS.items():
                        if re.match(pattern, include) and not any(
                            folder == h or folder.startswith(h + "/") for h in homes
                        ):
                            problems.append(f"{file}: only {', '.join(homes)} may include <{include}>")
    for name in table:
        if name == "signalbox-executor" or table[name]["folder"].startswith("agent/executor"):
            for bad in closure(name, table) & EXECUTOR_NEVER:
                problems.append(f"{name} reaches {bad}: the executor has no network and no protobuf")
    for line in sorted(set(problems)):
        print(line)
    if problems:
        print("next: list the module in DEPS if the direction is right (docs/architecture.md), else move the code")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
