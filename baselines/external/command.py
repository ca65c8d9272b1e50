"""Somebody's own program as a fuser: a command line with placeholders, run in its own environment.

`"python their_test.py --ir {b} --vi {a} --out {out}"`: the words are split as a shell would, but no shell
runs them, so names with blanks or quotes are safe.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.images import read_image, show, write_image
from tcmoa_bench.types import BenchError, FuserError, FuserOptions, FuserRecord, Image, Pair, Task

#: What a template may contain: files of A, B and the result, the task and the pair's name.
PLACEHOLDERS = ("a", "b", "out", "task", "pair")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_SHOWN_OF_LOG = 2000
#: Folders of installed programs: the machine's, not the method's.
_PROGRAMS = ("bin", "sbin", "Scripts")


class Command:
    """A fuser that runs a program for every pair.

    The program gets A and B as PNG files and writes its result to `{out}` (a PNG file name; the content
    may be any format the reader knows).

    Args:
        name: The fuser's name in tables.
        template: Command line with the placeholders `{a}`, `{b}`, `{out}`, `{task}`, `{pair}`.
        tasks: Tasks it is made for.
        timeout: Seconds until it is ended, with its children.

    Raises:
        BenchError: The template is empty, has an unknown placeholder, no `{out}`, or neither `{a}` nor `{b}`.
    """

    def __init__(
        self,
        name: str,
        template: str,
        tasks: tuple[Task, ...] = tuple(Task),
        timeout: float = FuserOptions.timeout,
    ) -> None:
        self._words = _parse(name, template)
        self._inputs = _files_of(self._words)
        self._timeout = timeout
        self._said = b""
        digest = hashlib.sha256(template.encode("utf-8", "surrogateescape")).hexdigest()
        self.record = FuserRecord(
            name, tasks, "given", notes=f"command: {show(template)}", fingerprint=digest
        )

    def inputs(self, pair: Pair) -> Sequence[Path]:
        """Files that the command line names, such as its script and weights; installed programs are no such files."""
        return self._inputs

    def fuse(self, a: Image, b: Image, pair: Pair) -> NDArray[np.uint8]:
        """Run the program on a pair; see `Fuser.fuse`.

        Raises:
            FuserError: It cannot be started, fails, takes too long, or leaves no image of the sources'
                size; the text ends with the last of its output.
        """
        with tempfile.TemporaryDirectory(prefix="tcmoa-bench-") as folder:
            files = {key: Path(folder, f"{key}.png") for key in ("a", "b", "out")}
            write_image(files["a"], a)
            write_image(files["b"], b)
            values = {**{k: str(v) for k, v in files.items()}, "task": str(pair.task), "pair": pair.name}
            words = [_PLACEHOLDER.sub(lambda match: values[match[1]], word) for word in self._words]
            log = Path(folder, "log")
            try:
                self._run(words, log, pair)
                return self._result(files["out"], log, pair)
            finally:
                self._said += log.read_bytes() if log.exists() else b""

    def take_output(self) -> bytes:
        """What the program printed since the last time."""
        said, self._said = self._said, b""
        return said

    def _run(self, words: list[str], log: Path, pair: Pair) -> None:
        with log.open("wb") as output:
            try:
                process = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise self._error(pair, f"cannot start {words[0]!r}: {error.strerror}", log) from error
            try:
                code = process.wait(self._timeout)
            except subprocess.TimeoutExpired:
                raise self._error(pair, f"took longer than {self._timeout:g} s and was ended", log) from None
            finally:
                _end(process)
        if code < 0:
            raise self._error(pair, f"was killed by {signal.Signals(-code).name}", log)
        if code > 0:
            raise self._error(pair, f"ended with exit code {code}", log)

    def _result(self, out: Path, log: Path, pair: Pair) -> NDArray[np.uint8]:
        if not out.is_file():
            raise self._error(pair, "ended well but wrote no image to {out}", log)
        try:
            fused = read_image(out)
        except (OSError, ValueError) as error:
            raise self._error(pair, f"wrote something that is no usable image: {error}", log) from error
        return fused

    def _error(self, pair: Pair, what: str, log: Path) -> FuserError:
        said = log.read_bytes().decode("utf-8", "replace").strip() if log.exists() else ""
        tail = f"; its output ends with:\n{said[-_SHOWN_OF_LOG:]}" if said else "; it printed nothing"
        return FuserError(f"{self.record.name}: the command for pair {pair.name} {what}{tail}")


def _parse(name: str, template: str) -> list[str]:
    try:
        words = shlex.split(template)
    except ValueError as error:
        raise BenchError(f"{name}: the command line cannot be split ({error}): {template}") from None
    used = {match for word in words for match in _PLACEHOLDER.findall(word)}
    unknown = sorted(used - set(PLACEHOLDERS))
    known = ", ".join("{" + key + "}" for key in PLACEHOLDERS)
    if unknown:
        raise BenchError(f"{name}: unknown placeholder {{{unknown[0]}}} in the command line; known: {known}")
    if "out" not in used or not used & {"a", "b"}:
        raise BenchError(f"{name}: the command line needs {{out}} and {{a}} or {{b}}; known: {known}")
    return words


def _files_of(words: Sequence[str]) -> tuple[Path, ...]:
    """Files among the words of a command line (`file`, `--option=file`), each once."""
    named = [Path(part) for word in words for part in (word, word.partition("=")[2]) if part]
    own = [file for file in named if os.path.isfile(file) and file.parent.name not in _PROGRAMS]
    return tuple(dict.fromkeys(own))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program's whole process group: a script's children would go on otherwise."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
