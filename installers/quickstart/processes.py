# SPDX-License-Identifier: Apache-2.0
"""Starting, watching and stopping the programs of a local cluster. Every program ends with the one that started it."""

import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import time

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """Something did not work; the text says what, where, and what to do next."""


def _child_setup():
    os.setsid()  # Ctrl-C reaches the quickstart alone, which then stops the others in order
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port():
    """A TCP port on 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, condition, seconds=20.0, process=None):
    """Polls until condition() is true. Fails, naming `what`, after `seconds`, or at once when `process` has ended."""
    deadline = time.monotonic() + seconds
    while not condition():
        if process is not None and process.ended():
            raise Failed(f"{process.name} ended while waiting for {what}:\n{process.tail()}")
        if time.monotonic() > deadline:
            log = f":\n{process.tail()}" if process is not None else ""
            raise Failed(f"waited {seconds:.0f} s for {what} in vain{log}")
        time.sleep(0.02)


class Process:
    """One program with its log file."""

    def __init__(self, name, argv, log, env=None):
        self.name, self.argv, self.log, self.env = name, [str(a) for a in argv], pathlib.Path(log), env
        self.handle = None

    def start(self):
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self.handle = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, preexec_fn=_child_setup,
                env={**os.environ, **(self.env or {})},
            )
        return self

    def ended(self):
        return self.handle is None or self.handle.poll() is not None

    def tail(self, lines=15):
        text = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(f"  {self.name}| {line}" for line in text[-lines:])

    def kill(self):
        """SIGKILL, as a crash would; waits for the end."""
        if not self.ended():
            self.handle.kill()
        if self.handle is not None:
            self.handle.wait()

    def stop(self, seconds=10.0):
        """SIGTERM, then SIGKILL after `seconds`. Returns the exit code."""
        if self.ended():
            return self.handle.returncode if self.handle else None
        self.handle.terminate()
        try:
            return self.handle.wait(seconds)
        except subprocess.TimeoutExpired:
            self.handle.kill()
            return self.handle.wait()
