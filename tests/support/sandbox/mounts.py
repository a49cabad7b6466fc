# SPDX-License-Identifier: Apache-2.0
"""The view of the file system that systemd makes of a unit. In a mount namespace of the caller's own."""

import ctypes
import os
import pathlib
import stat

libc = ctypes.CDLL(None, use_errno=True)
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_MOVE = 1, 2, 4, 8, 32, 4096, 8192
MS_REC, MS_PRIVATE = 16384, 1 << 18
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
HIDDEN_HOMES = ("/home", "/root", "/run/user")


class _Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user_namespace")]


def mount(source, target, kind=None, flags=0, data=None):
    encode = lambda text: None if text is None else str(text).encode()  # noqa: E731
    if libc.mount(encode(source), encode(target), encode(kind), ctypes.c_ulong(flags), encode(data)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"mounting {source} at {target}: {os.strerror(code)}")


def set_read_only(path, read_only, recursive):
    attributes = _Attributes(set=MOUNT_ATTR_RDONLY if read_only else 0, clear=0 if read_only else MOUNT_ATTR_RDONLY)
    if libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, str(path).encode(), AT_RECURSIVE if recursive else 0,
                    ctypes.byref(attributes), ctypes.sizeof(attributes)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"changing the mount at {path}: {os.strerror(code)}")


def prepare(unit, places):
    """Puts what belongs to the test (inside, outside) where the unit expects its own."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    opened = [(inside, os.open(outside, os.O_PATH)) for inside, outside in places]
    for fresh in ("/run", "/var/lib"):  # nothing of this machine's daemons
        mount("tmpfs", fresh, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")
    for inside, outside in opened:
        at = pathlib.Path(inside)
        if stat.S_ISDIR(os.fstat(outside).st_mode):
            at.mkdir(parents=True, exist_ok=True)
        elif not at.exists():
            at.parent.mkdir(parents=True, exist_ok=True)
            at.touch()
        mount(f"/proc/self/fd/{outside}", inside, flags=MS_BIND)
        os.close(outside)


def mount_unified():
    """A unified hierarchy at /sys/fs/cgroup, which tests run without in places. Whether there is one now."""
    try:
        mount("cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    except OSError:
        return False
    return os.access("/sys/fs/cgroup/cgroup.procs", os.W_OK)


def restrict(unit):
    if unit.values.get("ProtectSystem") == "strict":
        set_read_only("/", True, True)
    if unit.yes("PrivateTmp"):
        for path in ("/tmp", "/var/tmp"):
            mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
    if unit.yes("ProtectHome"):
        for path in filter(os.path.isdir, HIDDEN_HOMES):
            mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, "mode=0000")
    if unit.yes("ProtectKernelModules") and os.path.isdir("/usr/lib/modules"):
        mount("tmpfs", "/usr/lib/modules", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, "mode=0000")
    if unit.yes("PrivateDevices"):
        own_devices()
    own_proc(unit)
    for path in ("/sys",) if unit.yes("ProtectKernelTunables") or unit.yes("ProtectControlGroups") else ():
        set_read_only(path, True, True)
    writable = unit.words("ReadWritePaths")
    writable += [f"/var/lib/{name}" for name in unit.words("StateDirectory")]
    writable += [f"/run/{name}" for name in unit.words("RuntimeDirectory")]
    for path in writable:
        optional, path = path.startswith("-"), path.lstrip("-")
        if optional and not os.path.exists(path):
            continue
        if not os.path.ismount(path):
            mount(path, path, flags=MS_BIND)
        set_read_only(path, False, False)


def own_devices():
    staging = "/tmp/.devices"  # in the private /tmp
    os.mkdir(staging)
    mount("tmpfs", staging, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755")
    for name in DEVICES:
        pathlib.Path(staging, name).touch()
        mount(f"/dev/{name}", f"{staging}/{name}", flags=MS_BIND)
    os.mkdir(f"{staging}/shm", 0o1777)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"{staging}/{name}")
    os.symlink("/proc/self/fd", f"{staging}/fd")
    mount(staging, "/dev", flags=MS_MOVE)
    os.rmdir(staging)
    set_read_only("/dev", True, False)


def own_proc(unit):
    options = []
    if unit.values.get("ProtectProc", "default") != "default":
        options.append(f"hidepid={unit.values['ProtectProc']}")
    if unit.values.get("ProcSubset") == "pid":
        options.append("subset=pid")
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, ",".join(options) or None)
    if unit.yes("ProtectKernelTunables"):
        for name in ("sys", "bus", "fs", "irq", "sysrq-trigger"):
            path = f"/proc/{name}"
            if os.path.exists(path):
                mount(path, path, flags=MS_BIND)
                set_read_only(path, True, False)
