# SPDX-License-Identifier: Apache-2.0
"""Runs a program as its systemd unit would, where process 1 is no systemd: every setting is read from the unit file, so
that what a test proves and what is installed cannot drift apart. Linux, root.

    run_unit.py UNIT [--drop-in FILE] --program FILE [--at INSIDE=OUTSIDE]…

ExecStart runs word for word, but for its program, which is FILE. --at puts a folder or file of the test at the place
where the unit expects its own. A setting that is neither in SETTINGS nor in NOT_HERE is an error."""

import argparse
import ctypes
import os
import pathlib
import resource
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import mounts  # noqa: E402
import seccomp  # noqa: E402
from unit_file import Unit, expand  # noqa: E402

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET, CLONE_NEWUTS, CLONE_NEWNS = 0x40000000, 0x04000000, 0x00020000
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38

# What is done here, in mounts.py and in seccomp.py.
SETTINGS = {
    "ExecStart", "User", "Group", "StateDirectory", "StateDirectoryMode", "RuntimeDirectory", "RuntimeDirectoryMode", "UMask",
    "ReadWritePaths", "LimitCORE", "CapabilityBoundingSet", "NoNewPrivileges", "PrivateDevices", "PrivateMounts", "PrivateNetwork",
    "PrivateTmp", "ProcSubset", "ProtectProc", "ProtectClock", "ProtectControlGroups", "ProtectHome", "ProtectHostname",
    "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "ProtectSystem", "LockPersonality",
    "MemoryDenyWriteExecute", "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
    "SystemCallFilter", "SystemCallArchitectures", "SystemCallErrorNumber", "Delegate",
}
# What is not, and why the proof holds without it.
NOT_HERE = {
    "Type": "told to the service manager; the test is it", "NotifyAccess": "the same", "Restart": "the same", "RestartSec": "the same",
    "TimeoutStopSec": "the same", "KillMode": "the same",
    "AmbientCapabilities": "must be empty: checked below",
    "DevicePolicy": "by BPF on a control group; /dev has no devices, and mknod takes a capability that is gone",
    "IPAddressDeny": "by BPF on a control group; there is no network and no socket of its families",
    "KeyringMode": "kernel keys are not used", "RemoveIPC": "when the unit stops",
}
CAPABILITIES = {"CAP_CHOWN": 0, "CAP_KILL": 5, "CAP_SETGID": 6, "CAP_SETUID": 7}
LAST_CAPABILITY = 40


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def enter_control_group(unit):
    """systemd's place of the unit, in a unified hierarchy; the root of it is the present one's when there is none."""
    if not unit.yes("Delegate") or not mounts.mount_unified():
        return
    group = pathlib.Path("/sys/fs/cgroup/system.slice/signalbox-executor.service")
    group.mkdir(parents=True, exist_ok=True)
    (group / "cgroup.procs").write_text("0")


def drop_capabilities(unit):
    if unit.words("AmbientCapabilities"):
        raise SystemExit("ambient capabilities are not emulated")
    kept = {CAPABILITIES[name] for name in unit.words("CapabilityBoundingSet")}
    for capability in range(LAST_CAPABILITY + 1):
        if capability not in kept:
            check(libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "dropping a capability")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("unit")
    parser.add_argument("--drop-in", action="append", default=[])
    parser.add_argument("--program", required=True)
    parser.add_argument("--at", action="append", default=[])
    options = parser.parse_args()
    unit = Unit(options.unit, *options.drop_in)
    unknown = set(unit.values) - SETTINGS - set(NOT_HERE)
    if unknown:
        raise SystemExit(f"{options.unit}: nothing emulates {', '.join(sorted(unknown))}")
    unit.system_calls()  # while systemd-analyze can still be run
    groups = {group: expand([group]) for group in ("@clock", "@module")}

    program = os.open(options.program, os.O_RDONLY)
    os.set_inheritable(program, False)
    command = unit.command()
    if unit.yes("PrivateNetwork"):
        check(libc.unshare(CLONE_NEWNET), "a network of its own")
    if unit.yes("ProtectHostname"):
        check(libc.unshare(CLONE_NEWUTS), "a host name of its own")
    check(libc.unshare(CLONE_NEWNS), "mounts of its own")
    mounts.prepare(unit, [at.split("=", 1) for at in options.at])
    enter_control_group(unit)
    mounts.restrict(unit)

    if "LimitCORE" in unit.values:
        limit = int(unit.values["LimitCORE"])
        resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
    os.umask(int(unit.values["UMask"], 8))
    if unit.values["User"] != "root":
        raise SystemExit("only units of root are emulated")
    drop_capabilities(unit)
    if unit.yes("NoNewPrivileges"):
        check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8", "USER": "root", "HOME": "/root"}
    environment |= {name: os.environ[name] for name in ("NOTIFY_SOCKET",) if name in os.environ}
    os.chdir("/")
    seccomp.load(unit, lambda names: set().union(*(groups[name] for name in names)))
    os.execve(program, command, environment)


if __name__ == "__main__":
    main()
