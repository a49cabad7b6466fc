# SPDX-License-Identifier: Apache-2.0
"""docs/security.md maps each attack to what is promised and to the tests that show it. This compares the map with the tests:
every row that is due has a test, every test named is there, and every test of an attack stands in its row."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
DUE = [*range(1, 39), 41, 42, *range(44, 49)]
NAME = re.compile(r"(?<![a-z0-9])attack_([0-9]{2})_[a-z0-9_]+")
# Stories are told under the name of their file.
STORY = re.compile(r"^tests/scenario/scenarios/(attack-[0-9]{2}-[a-z0-9-]+)\.txt$")
ROW = re.compile(r"^\| ([0-9]+) \| (.+) \| (.+) \| (.*) \|$")


def tests_of_the_tree():
    """{row: names of its tests}"""
    listed = subprocess.run(["git", "ls-files", "tests"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    names = set()
    for path in listed:
        if story := STORY.match(path):
            names.add(story[1].replace("-", "_"))
        elif path.endswith((".cpp", ".py", ".txt", ".sh")) and path != "tests/repo/attacks.py":
            names.update(m[0] for m in NAME.finditer((ROOT / path).read_text(errors="replace")))
    rows = {}
    for name in names:
        rows.setdefault(int(NAME.match(name)[1]), set()).add(name)
    return rows


def rows_of_the_page():
    """{row: names that it lists}"""
    rows = {}
    for line in PAGE.read_text().splitlines():
        if found := ROW.match(line):
            rows[int(found[1])] = {m[0] for m in NAME.finditer(found[4])}
    return rows


def main():
    there, listed = tests_of_the_tree(), rows_of_the_page()
    problems = []
    for row in DUE:
        if not there.get(row):
            problems.append(f"attack {row} has no test: write one named attack_{row:02}_…")
        if row not in listed:
            problems.append(f"attack {row} has no row in docs/security.md: | {row} | what is tried | what is promised | tests |")
    for row, names in sorted(listed.items()):
        problems += [f"row {row} names {name}, which is no test: correct the name" for name in sorted(names - there.get(row, set()))]
    for row, names in sorted(there.items()):
        problems += [f"{name} stands in no row: add it to row {row} of docs/security.md" for name in sorted(names - listed.get(row, set()))]
    print("\n".join(problems) or f"{len(DUE)} rows, {sum(map(len, there.values()))} tests")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
