# SPDX-License-Identifier: Apache-2.0
"""Filters of system calls as systemd makes them of a unit, loaded through libseccomp (which systemd itself uses)."""

import ctypes
import errno
import mmap
import socket
import stat

EQUAL, MASKED = 4, 7  # enum scmp_compare
ALLOW, DENY = 0x7FFF0000, 0x00050000 | errno.EPERM
NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)  # CLONE_NEW…
ANY_REALTIME = (1, 2, 6)  # SCHED_FIFO SCHED_RR SCHED_DEADLINE
SHM_EXEC = 0o100000


class _Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


class Filter:
    def __init__(self, otherwise):
        self.lib = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self.lib.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.lib.seccomp_init(ctypes.c_uint32(otherwise)))

    def rule(self, action, name, *comparisons):
        """comparisons: (argument, EQUAL, value) or (argument, MASKED, mask, value)."""
        number = self.lib.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return  # not a call of this machine
        made = (_Compare * max(1, len(comparisons)))()
        for at, (argument, op, a, *b) in enumerate(comparisons):
            made[at] = _Compare(argument, op, a, b[0] if b else 0)
        failed = self.lib.seccomp_rule_add_array(self.context, ctypes.c_uint32(action), number, len(comparisons), made)
        if failed:
            raise OSError(-failed, f"seccomp rule for {name}")

    def deny_bits(self, name, argument, bits):
        self.rule(DENY, name, (argument, MASKED, bits, bits))

    def load(self):
        failed = self.lib.seccomp_load(self.context)
        if failed:
            raise OSError(-failed, "loading a seccomp filter")


def load(unit, expand):
    """All filters of the unit; no new privileges must be set before. `expand`: groups to names."""
    allowed = unit.system_calls()
    denied = denials(unit, expand)
    strict = Filter(DENY)
    for name in allowed:
        strict.rule(ALLOW, name)
    denied.load()
    strict.load()


def denials(unit, expand):
    out = Filter(ALLOW)
    groups = {"ProtectClock": "@clock", "ProtectKernelModules": "@module"}
    for key, group in groups.items():
        for name in expand([group]) if unit.yes(key) else ():
            out.rule(DENY, name)
    if unit.yes("ProtectKernelLogs"):
        out.rule(DENY, "syslog")
    for name in ("sethostname", "setdomainname") if unit.yes("ProtectHostname") else ():
        out.rule(DENY, name)
    if unit.yes("LockPersonality"):
        for wanted in (0x0008, 0x20000, 0x40000, 0x400000):  # another execution domain; no address randomisation; …
            out.rule(DENY, "personality", (0, EQUAL, wanted))
    if unit.yes("MemoryDenyWriteExecute"):
        both = mmap.PROT_WRITE | mmap.PROT_EXEC
        out.deny_bits("mmap", 2, both)
        for name in ("mprotect", "pkey_mprotect"):
            out.deny_bits(name, 2, mmap.PROT_EXEC)
        out.deny_bits("shmat", 2, SHM_EXEC)
    if unit.yes("RestrictRealtime"):
        for policy in ANY_REALTIME:
            out.rule(DENY, "sched_setscheduler", (1, EQUAL, policy))
    if unit.yes("RestrictNamespaces"):
        for flag in NAMESPACES:
            out.deny_bits("unshare", 0, flag)
            out.deny_bits("clone", 0, flag)
        out.rule(DENY, "setns")
        out.rule(0x00050000 | errno.ENOSYS, "clone3")  # its flags are in memory: glibc falls back to clone
    if unit.yes("RestrictSUIDSGID"):
        for bit in (stat.S_ISUID, stat.S_ISGID):
            for name, argument in {"chmod": 1, "fchmod": 1, "fchmodat": 2, "mkdir": 1, "mkdirat": 2, "mknod": 1,
                                   "mknodat": 2, "creat": 1}.items():
                out.deny_bits(name, argument, bit)
        out.rule(0x00050000 | errno.ENOSYS, "openat2")
    families = unit.words("RestrictAddressFamilies")
    allowed = {getattr(socket, name) for name in families}
    for family in range(64) if families else ():
        if family not in allowed:
            out.rule(DENY, "socket", (0, EQUAL, family))
            out.rule(DENY, "socketpair", (0, EQUAL, family))
    return out
