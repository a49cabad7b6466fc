# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over every translation unit of ours, two at a time. A unit that passed is not looked at again until it, a
header it reads, or .clang-tidy changes: the answer is kept in the build folder by the digest of the preprocessed text."""

import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def headers_digest():
    """One digest over everything that any unit may include from this repository."""
    out = subprocess.run(["git", "ls-files", "-z", "--", "*.hpp", "*.proto", ".clang-tidy"], cwd=ROOT,
                         capture_output=True, text=True, check=True).stdout
    digest = hashlib.sha256()
    for file in sorted(f for f in out.split("\0") if f and (ROOT / f).is_file()):
        digest.update(file.encode() + b"\0" + (ROOT / file).read_bytes())
    return digest.digest()


def own_units(build):
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(ROOT) and not path.is_relative_to(build) and not path.relative_to(ROOT).as_posix().startswith("tests/"):
            yield path


def main():
    build = pathlib.Path(sys.argv[1])
    passed = build / "lint-passed"
    passed.mkdir(exist_ok=True)
    common = headers_digest()

    def check(path):
        mark = passed / hashlib.sha256(common + path.read_bytes() + str(path.relative_to(ROOT)).encode()).hexdigest()
        if mark.exists():
            return None
        run = subprocess.run(["clang-tidy", "-p", str(build), "--quiet",
                              "--extra-arg=-Wno-unknown-warning-option", str(path)],
                             capture_output=True, text=True, check=False)
        if run.returncode == 0:
            mark.touch()
            return None
        return re.sub(rf"{re.escape(str(ROOT))}/", "", run.stdout) or run.stderr

    units = sorted(set(own_units(build)))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        findings = [text for text in pool.map(check, units) if text]
    print("\n".join(findings))
    print(f"{len(units)} units, {len(findings)} with findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
