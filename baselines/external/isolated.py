"""Somebody's code in a process of its own: how it ends, how long it takes and what it prints harms nobody else.

The process is a new interpreter with this one's `sys.path` and working folder. It makes the fuser once and then
answers calls over a pipe; its standard output and error go to a file that this process reads after each call.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.external import plugins
from tcmoa_bench.processes import Process
from tcmoa_bench.types import (
    BenchError,
    Fuser,
    FuserError,
    FuserOptions,
    FuserRecord,
    Image,
    Pair,
    PairError,
    Unavailable,
)

_SHOWN_OF_OUTPUT = 2000


class Isolated:
    """A fuser whose code runs in a process of its own; after an end or a time-out the next call starts a new one.

    Args:
        name: What to call it in errors.
        make: Module-level function that makes the fuser there.
        arguments: Its arguments.
        timeout: Seconds for one call, the making included.

    Raises:
        BenchError: The code cannot be loaded, ends its process or takes too long on the way.
    """

    record: FuserRecord

    def __init__(
        self, name: str, make: Callable[..., Fuser], arguments: tuple[Any, ...], timeout: float
    ) -> None:
        self._name, self._timeout = name, timeout
        self._start = (name, make, arguments)
        self._process: _Process | None = None
        self._said = b""
        self.record = self._call("record")

    def inputs(self, pair: Pair) -> Sequence[Path]:
        """What the code itself names; see `Fuser.inputs`."""
        files: Sequence[Path] = self._call("inputs", pair)
        return files

    def fuse(self, a: Image, b: Image, pair: Pair) -> NDArray[np.generic]:
        """Call the code; see `Fuser.fuse`."""
        fused: NDArray[np.generic] = self._call("fuse", a, b, pair)
        return fused

    def take_output(self) -> bytes:
        """What the code printed since the last time."""
        said, self._said = self._said, b""
        return said

    def _call(self, what: str, *arguments: Any) -> Any:
        process = self._process
        if process is None:
            process = self._process = _Process(*self._start)
        try:
            answered, answer = process.ask((what, arguments), self._timeout)
        except TimeoutError:
            problem = f"took longer than {self._timeout:g} s and was ended"
        except (EOFError, OSError):
            problem = process.ending()
        else:
            self._said += process.output()
            if answered:
                return answer
            raise answer
        said = process.output(end=True)
        self._said, self._process = self._said + said, None
        tail = said.decode("utf-8", "replace").strip()[-_SHOWN_OF_OUTPUT:]
        raise FuserError(f"{self._name} {problem}" + (f"; its output ends with:\n{tail}" if tail else ""))


class _Process:
    def __init__(self, name: str, make: Callable[..., Fuser], arguments: tuple[Any, ...]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  (as long as the process)
        self._read = 0
        self._process = Process(f"{__name__}:serve", self._log)
        self._process.send((name, make, arguments))

    def ask(self, question: object, timeout: float) -> tuple[bool, Any]:
        """(True, the answer) or (False, the exception); EOFError where it has ended, TimeoutError."""
        pipe = self._process.pipe
        pipe.send(question)
        if not pipe.poll(timeout):
            raise TimeoutError
        answer: tuple[bool, Any] = pipe.recv()
        return answer

    def ending(self) -> str:
        """How it ended, in words."""
        return f"{self._process.ending()}; a fuser returns an image or raises"

    def output(self, end: bool = False) -> bytes:
        """What it printed since the last time; with `end`, it and its children are ended first."""
        if end:
            self._process.end()
        size = os.fstat(self._log.fileno()).st_size
        said = os.pread(self._log.fileno(), size - self._read, self._read)
        self._read = size
        return said


def serve(pipe: Connection) -> None:
    """Make a fuser and answer calls; the whole life of the process of its own."""
    name, make, arguments = pipe.recv()
    fuser: Fuser | None = None
    while True:
        what, values = pipe.recv()
        try:
            fuser = fuser or make(*arguments)
            answer = getattr(fuser, what)
            pipe.send((True, answer(*values) if callable(answer) else answer))
        except (BenchError, ValueError) as error:
            pipe.send((False, plain(error)))
        except Exception as error:
            pipe.send((False, FuserError(f"{name}: {type(error).__name__}: {error}")))


def plain(error: BenchError | ValueError) -> Exception:
    """An error of a kind that this package knows, with the text alone: theirs may not be picklable."""
    kinds = (FuserError, PairError, Unavailable, BenchError)
    return next((kind for kind in kinds if isinstance(error, kind)), ValueError)(str(error))


def load(spec: str, options: FuserOptions, name: str) -> Fuser:
    """`plugins.load` in a process of its own."""
    if not all(spec.partition(":")[::2]):
        return plugins.load(spec, options, name)  # no such plug-in: says so without a process
    return Isolated(name, plugins.load, (spec, options, name), options.timeout)


def build_named(record: FuserRecord, options: FuserOptions) -> Fuser:
    """The plug-in that a record of `plugins.entry` names."""
    return load(record.name, options, record.name.partition(":")[2])


def build_installed(record: FuserRecord, options: FuserOptions) -> Fuser:
    """`plugins.build_installed` in a process of its own."""
    return Isolated(record.name, plugins.build_installed, (record, options), options.timeout)
