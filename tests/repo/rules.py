# SPDX-License-Identifier: Apache-2.0
"""House rules that a pattern can check. Each rule: what is looked for, where it is allowed, and what to do instead."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = (".cpp", ".hpp")
TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "agent", "controller", "proto", "installers", "systemd", "windows-service",
    "tests", "README.md", "common", "docs", "cmake", ".ci", "LICENSE", "CHANGELOG.md",
    ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore", ".gitattributes",
}

# (name, pattern, file suffixes, folders where it is allowed, advice)
RULES = [
    ("clock", r"(system_clock|steady_clock|high_resolution_clock)::now|\bgettimeofday\b|\bclock_gettime\b",
     CODE, ["common/base", "common/os", "common/http/server.cpp", "agent/executor/execution/supervisor.cpp", "tests/"],
     "take `Instant now` or an injected Clock"),
    ("sleep", r"\bsleep_for\b|\bsleep_until\b|\busleep\s*\(|\bnanosleep\b",
     CODE, ["common/os", "common/http/server.cpp", "tests/support", "tests/unit/agent/executor/execution/"],
     "wait on a condition, a timer of a Strand, or poll a descriptor"),
    ("random", r"std::random_device|\bmt19937\b|\brand\s*\(\)", CODE, ["common/crypto", "tests/"],
     "take crypto::Random"),
    ("coroutine", r"\bco_(await|return|yield)\b", CODE, [], "g++ 12 miscompiles some; use callbacks on a Strand"),
    ("using-namespace", r"^\s*using namespace", (".hpp",), [], "name what you use"),
    ("shell", r"\b(system|popen)\s*\(", CODE, [], "argv arrays through common/os; there is no shell, ever"),
    ("attack_21_tls_verification_is_never_off", r"SSL_VERIFY_NONE|VERIFYPEER,\s*0|VERIFYHOST,\s*0|set_verify_server_certs\(false\)|INSECURE_SKIP|"
     r"InsecureChannelCredentials|InsecureServerCredentials|--insecure",
     CODE + (".sh", ".service"), [], "nothing in Signalbox turns TLS verification off (attack row 21)"),
    ("unfinished", r"\b(TODO|FIXME|XXX|HACK)\b", CODE + (".sh", ".proto", ".cmake", ".md"), ["tests/repo/"],
     "finish it, or write it down as an issue"),
    ("vacuous-test", r"(EXPECT|ASSERT)_TRUE\(true\)|\bSUCCEED\(\)|DISABLED_|GTEST_SKIP", CODE,
     # Each skips where only an ordinary user, or only root, can see the thing; the other one runs in CI.
     ["tests/unit/agent/executor/execution/limits_test.cpp", "tests/unit/agent/executor/app/start_test.cpp",
      "tests/integration/signalboxd_test.cpp", "tests/unit/common/os/private_directory_test.cpp"],
     "a test asserts something and always runs"),
    ("cout", r"std::(cout|cerr)\b|\bprintf\s*\(", CODE,
     ["controller/cli", "controller/app", "agent/app", "agent/executor/app", "tests/", "common/telemetry"],
     "log with fields through common/telemetry"),
    ("machine-path", r"/work/|/root/|/home/[a-z]", CODE + (".sh", ".md", ".py", ".cmake", ".txt", ".json", ".yaml"),
     ["tests/repo/"], "no path of one machine in the repository"),
]


def tracked():
    out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [f for f in out.split("\0") if f and (ROOT / f).is_file()]


def problems_in(file, text):
    """Every breach of a rule in one file, as lines for people."""
    found = []
    suffix = pathlib.PurePosixPath(file).suffix
    for name, pattern, suffixes, allowed, advice in RULES:
        if suffix not in suffixes or any(file.startswith(a) for a in allowed):
            continue
        for match in re.finditer(pattern, text, re.M):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{file}:{line}: {name}: '{match.group(0).strip()}' - {advice}")
    if suffix in CODE + (".sh", ".proto", ".py", ".cmake") or file.endswith("CMakeLists.txt"):
        if "SPDX-License-Identifier: Apache-2.0" not in "\n".join(text.split("\n")[:3]):
            found.append(f"{file}:1: spdx: the first lines must hold 'SPDX-License-Identifier: Apache-2.0'")
    if suffix == ".hpp" and "#pragma once" not in text:
        found.append(f"{file}:1: pragma: a header begins with #pragma once")
    lines = text.count("\n")
    if suffix in CODE + (".py", ".sh") and lines > 500:
        found.append(f"{file}:{lines}: size: {lines} lines are two ideas; split the file")
    return found


def main():
    found = []
    files = tracked()
    for file in files:
        try:
            text = (ROOT / file).read_text()
        except UnicodeDecodeError:
            continue
        found += problems_in(file, text)
    for entry in sorted({f.split("/")[0] for f in files} - TOP_LEVEL):
        found.append(f"{entry}: layout: the top level is fixed (docs/architecture.md)")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
