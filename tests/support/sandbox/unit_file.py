# SPDX-License-Identifier: Apache-2.0
"""A systemd unit's [Service] section as systemd reads it: lists add up, an empty assignment empties them."""

import pathlib
import shlex
import subprocess

LISTS = ("SystemCallFilter", "ReadWritePaths")


class Unit:
    def __init__(self, *files):
        """The unit and its drop-ins, in order."""
        self.values = {}
        for file in files:
            self._read(pathlib.Path(file).read_text())

    def _read(self, text):
        section = None
        for line in text.splitlines():
            line = line.strip()
            if not line or line[0] in "#;":
                continue
            if line.startswith("["):
                section = line.strip("[]")
                continue
            if section != "Service":
                continue
            key, value = line.split("=", 1)
            if key in LISTS and value:
                self.values.setdefault(key, []).append(value)
            elif key in LISTS:
                self.values[key] = []
            else:
                self.values[key] = value

    def yes(self, key):
        return self.values.get(key, "no") in ("yes", "true", "1", "on")

    def words(self, key):
        value = self.values.get(key, "")
        return " ".join(value).split() if isinstance(value, list) else value.split()

    def command(self):
        return shlex.split(self.values["ExecStart"])

    def system_calls(self):
        """The names that SystemCallFilter lets through, groups expanded by systemd itself."""
        allowed = set()
        for line in self.values["SystemCallFilter"]:
            names = expand(line.lstrip("~").split())
            allowed = allowed - names if line.startswith("~") else allowed | names
        return allowed | expand(["@default"])


def expand(names):
    """System calls and groups of them as a set of system calls."""
    out = set()
    for name in names:
        if not name.startswith("@"):
            out.add(name)
            continue
        listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
        members = [line.strip() for line in listed.splitlines()[1:]]
        out |= expand([m for m in members if m and not m.startswith("#")])
    return out
