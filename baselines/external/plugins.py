"""Fusers from outside: `module:callable` on the command line, or an installed entry point.

A callable is a function `(a, b)` or `(a, b, pair)` that returns the fused image, a `Fuser`, or a class
(or other callable without arguments) that makes one. Entry points are declared in the group
`tcmoa_bench.fusers`. See `docs/adding-a-fuser.md`.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.types import BenchError, Fuser, FuserEntry, FuserOptions, FuserRecord, Image, Pair, Task

GROUP = "tcmoa_bench.fusers"


@dataclass(frozen=True)
class FunctionFuser:
    """A fuser from a plain function.

    Attributes:
        record: Facts; the colour policy is the function's own affair (`given`).
        function: `(a, b)` or `(a, b, pair)` to the fused image.
        takes_pair: Whether it wants the pair as well.
    """

    record: FuserRecord
    function: Callable[..., NDArray[np.generic]]
    takes_pair: bool

    def fuse(self, a: Image, b: Image, pair: Pair) -> NDArray[np.generic]:
        """Call the function; see `Fuser.fuse`."""
        return self.function(a, b, pair) if self.takes_pair else self.function(a, b)


def load(spec: str, options: FuserOptions | None = None, name: str | None = None) -> Fuser:
    """Make a fuser from `module:callable`; modules in the current directory are found.

    Args:
        spec: Such as `my_network:fuse`.
        options: What the user chose; handed to a class whose constructor takes an argument.
        name: Name in tables, for a function; default the callable's name.

    Raises:
        BenchError: The module or the callable cannot be loaded, or is nothing that fuses.
    """
    module_name, _, attribute = spec.partition(":")
    if not module_name or not attribute:
        raise BenchError(f"{spec!r} is no plug-in; write module:callable, such as my_network:fuse")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        target: Any = importlib.import_module(module_name)
        for part in attribute.split("."):
            target = getattr(target, part)
    except AttributeError:
        raise BenchError(f"plug-in {spec}: module {module_name} has no {attribute!r}") from None
    except SystemExit:
        raise BenchError(
            f"plug-in {spec}: {module_name} ends the program when it is imported; put its main part under "
            "`if __name__ == '__main__':`"
        ) from None
    except Exception as error:
        raise BenchError(f"plug-in {spec}: {type(error).__name__}: {error}") from error
    return as_fuser(target, spec, options or FuserOptions(), name or attribute.rpartition(".")[2])


def as_fuser(target: Any, spec: str, options: FuserOptions, name: str) -> Fuser:
    """A `Fuser` from a fuser, a class or factory of one, or a function of two or three arguments."""
    if not inspect.isclass(target) and isinstance(target, Fuser):
        return _with_record(target, spec)
    if not callable(target):
        raise BenchError(
            f"plug-in {spec} is a {type(target).__name__}; give a function (a, b) or a Fuser class"
        )
    required, most = _arity(target, spec)
    make: Callable[..., object] = target
    if inspect.isclass(target) or required == 0:
        try:
            made = make(options) if most >= 1 else make()
        except BenchError:
            raise
        except Exception as error:
            raise BenchError(f"plug-in {spec} cannot be made: {type(error).__name__}: {error}") from error
        if not isinstance(made, Fuser):
            raise BenchError(f"plug-in {spec} made a {type(made).__name__}, which has no `record` and `fuse`")
        return _with_record(made, spec)
    if required > 3 or most < 2:
        raise BenchError(f"plug-in {spec} takes {required} arguments; a fuser takes (a, b) or (a, b, pair)")
    record = FuserRecord(
        name, tuple(Task), "given", notes=f"plug-in {spec}", fingerprint=_source_hash(target)
    )
    return FunctionFuser(record, target, takes_pair=required == 3 or _third_is_pair(target))


def _with_record(fuser: Fuser, spec: str) -> Fuser:
    if not isinstance(fuser.record, FuserRecord):
        raise BenchError(
            f"plug-in {spec}: its `record` is a {type(fuser.record).__name__}; a FuserRecord of tcmoa_bench.types is "
            "expected"
        )
    return fuser


def _arity(target: Callable[..., Any], spec: str) -> tuple[int, int]:
    """Least and greatest number of positional arguments."""
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        raise BenchError(
            f"plug-in {spec}: its arguments cannot be seen; wrap it in a function (a, b)"
        ) from None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return 2, 3
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return sum(p.default is p.empty for p in positional), len(positional)


def _third_is_pair(target: Callable[..., Any]) -> bool:
    names = list(inspect.signature(target).parameters)
    return len(names) >= 3 and names[2] == "pair"


def _source_hash(target: Callable[..., Any]) -> str:
    """SHA-256 of the file that defines a function, so that results of changed code are not reused."""
    try:
        file = inspect.getsourcefile(target)
    except TypeError:
        return ""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file and Path(file).is_file() else ""


def installed() -> list[FuserEntry]:
    """Entry points of all installed distributions, in order of name; their code is not imported."""
    return [
        FuserEntry(
            FuserRecord(point.name, tuple(Task), "given", notes=f"plug-in {point.value}"),
            f"{__name__}:build_installed",
        )
        for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)
    ]


def build_installed(record: FuserRecord, options: FuserOptions) -> Fuser:
    """Import an installed entry point and make its fuser."""
    points: list[EntryPoint] = [point for point in entry_points(group=GROUP) if point.name == record.name]
    if len({point.value for point in points}) != 1:
        found = ", ".join(point.value for point in points) or "none"
        raise BenchError(f"plug-in {record.name}: one entry point of {GROUP} is expected, found: {found}")
    try:
        target = points[0].load()
    except Exception as error:
        raise BenchError(f"plug-in {record.name}: {type(error).__name__}: {error}") from error
    return as_fuser(target, points[0].value, options, record.name)
