"""Processes of our own: new interpreters that are asked over a pipe, and how each of them ended, in words."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Mapping
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import IO, Any

#: Seconds from a process's last word to its end.
GRACE = 5.0

_MEANINGS = {
    "SIGKILL": "out of memory, or ended by somebody",
    "SIGSEGV": "a crash in native code",
    "SIGABRT": "native code gave up",
    "SIGBUS": "a file in use was cut, or a crash in native code",
    "SIGILL": "native code for another processor",
}


def ending(code: int) -> str:
    """How a process ended, from its return code (negative: a signal's number), as `it ...`."""
    if code >= 0:
        return f"ended the program (exit code {code})"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    meaning = _MEANINGS.get(name)
    return f"was killed by {name}" + (f" ({meaning})" if meaning else "")


class Process:
    """A new interpreter with this one's `sys.path` and working folder, in a session of its own.

    It is ended, with its children, when this object goes.

    Args:
        serve: `module:function` that it runs, with its end of the pipe; the pipe's end (EOFError) is its own.
        output: Where its standard output and error go; by default where this process's go.
        environment: Its environment; by default this process's.

    Attributes:
        pipe: This process's end of the pipe.
    """

    def __init__(
        self, serve: str, output: IO[bytes] | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self.pipe, theirs = Pipe()
        code = f"from {__name__} import main; main({theirs.fileno()}, {serve!r})"
        # -P: a file of the working folder must not stand in for a module of the interpreter's.
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-u", "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            env=environment,
        )
        theirs.close()
        self.end = weakref.finalize(self, _kill, self._child)
        self.send(sys.path)

    def send(self, thing: Any) -> None:
        """Send a thing; that the process has ended is found out when it is heard."""
        with contextlib.suppress(OSError):
            self.pipe.send(thing)

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._child.poll() is None

    def ending(self) -> str:
        """How it ended, where its pipe told that it has; one that only closed its pipe is ended."""
        self.pipe.close()
        try:
            return ending(self._child.wait(GRACE))
        except subprocess.TimeoutExpired:
            self.end()
            return "closed its pipe and was ended"


def _kill(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def main(descriptor: int, serve: str) -> None:
    """The whole life of a process of our own."""
    os.set_inheritable(descriptor, False)
    with Connection(descriptor) as pipe:
        sys.path[:] = pipe.recv()
        module, _, function = serve.partition(":")
        with contextlib.suppress(EOFError, BrokenPipeError):  # nobody is left to ask or to hear
            getattr(importlib.import_module(module), function)(pipe)
