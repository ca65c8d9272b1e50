"""Fusers from outside: `module:callable` on the command line, or an installed entry point.

A callable is a function `(a, b)` or `(a, b, pair)` that returns the fused image, a `Fuser`, or a class
(or other callable without arguments) that makes one. Entry points are declared in the group
`tcmoa_bench.fusers`. See `docs/adding-a-fuser.md`.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.baselines.external.modules import own_files
from tcmoa_bench.plugins import load as find
from tcmoa_bench.types import BenchError, Fuser, FuserEntry, FuserOptions, FuserRecord, Image, Pair, Task

GROUP = "tcmoa_bench.fusers"


def _nothing(pair: Pair) -> Sequence[Path]:
    return ()


@dataclass(frozen=True)
class PluginFuser:
    """Somebody's fuser, with the source files that decide what it does.

    Attributes:
        record: Facts; the colour policy is the code's own affair (`given`) where it states none.
        function: `(a, b, pair)` to the fused image.
        files: Its source files, as far as the record's fingerprint does not cover them.
        further: Its own answer to `Fuser.inputs`, if it has one.
    """

    record: FuserRecord
    function: Callable[[Image, Image, Pair], NDArray[np.generic]]
    files: tuple[Path, ...] = ()
    further: Callable[[Pair], Sequence[Path]] = _nothing

    def inputs(self, pair: Pair) -> Sequence[Path]:
        """Its source files, and what itself names; see `Fuser.inputs`."""
        return (*self.files, *self.further(pair))

    def fuse(self, a: Image, b: Image, pair: Pair) -> NDArray[np.generic]:
        """Call the code; see `Fuser.fuse`."""
        return self.function(a, b, pair)


def load(spec: str, options: FuserOptions | None = None, name: str | None = None) -> Fuser:
    """Make a fuser from `module:callable`; modules in the current directory are found.

    Args:
        spec: Such as `my_network:fuse`.
        options: What the user chose; handed to a class whose constructor takes an argument.
        name: Name in tables, for a function; default the callable's name.

    Raises:
        BenchError: The module or the callable cannot be loaded, or is nothing that fuses.
    """
    target = find(spec, "module:callable, such as my_network:fuse")
    return as_fuser(
        target, spec, options or FuserOptions(), name or spec.partition(":")[2].rpartition(".")[2]
    )


def as_fuser(target: Any, spec: str, options: FuserOptions, name: str) -> Fuser:
    """A `Fuser` from a fuser, a class or factory of one, or a function of two or three arguments."""
    if not inspect.isclass(target) and _fuses(target):
        return _wrapped(target, target, spec)
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
        if not _fuses(made):
            raise BenchError(f"plug-in {spec} made a {type(made).__name__}, which has no `record` and `fuse`")
        return _wrapped(made, target, spec)
    if required > 3 or most < 2:
        raise BenchError(f"plug-in {spec} takes {required} arguments; a fuser takes (a, b) or (a, b, pair)")
    source = _source_file(target)
    digest = hashlib.sha256(source.read_bytes()).hexdigest() if source else ""
    record = FuserRecord(name, tuple(Task), "given", notes=f"plug-in {spec}", fingerprint=digest)
    function = target if required == 3 or _third_is_pair(target) else lambda a, b, pair: target(a, b)
    return PluginFuser(record, function, tuple(file for file in _files(target) if file != source))


def _fuses(thing: object) -> bool:
    return hasattr(thing, "record") and callable(getattr(thing, "fuse", None))


def _wrapped(fuser: Any, target: Any, spec: str) -> Fuser:
    if not isinstance(fuser.record, FuserRecord):
        raise BenchError(
            f"plug-in {spec}: its `record` is a {type(fuser.record).__name__}; a FuserRecord of tcmoa_bench.types is "
            "expected"
        )
    return PluginFuser(fuser.record, fuser.fuse, _files(target), getattr(fuser, "inputs", _nothing))


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


def _source_file(target: Callable[..., Any]) -> Path | None:
    """The file that defines a function."""
    try:
        file = inspect.getsourcefile(target)
    except TypeError:
        return None
    return Path(file) if file and Path(file).is_file() else None


def _files(target: Any) -> tuple[Path, ...]:
    """Source files of the module that defines a plug-in, and of its own modules that this imports."""
    name = getattr(target, "__module__", None) or ""
    theirs = name.partition(".")[0] not in {*sys.stdlib_module_names, "tcmoa_bench"}
    return own_files(sys.modules[name]) if theirs and name in sys.modules else ()


def entry(spec: str) -> FuserEntry:
    """The entry of a plug-in `module:callable`; its code is not imported."""
    record = FuserRecord(spec, tuple(Task), "given", notes=f"plug-in {spec}")
    return FuserEntry(record, f"{__package__}.isolated:build_named")


def is_plugin(entry: FuserEntry) -> bool:
    """Whether an entry is of somebody else's code, whose own record is known when it is made."""
    return entry.build.startswith(f"{__package__}.")


def installed() -> list[FuserEntry]:
    """Entry points of all installed distributions, in order of name; their code is not imported."""
    return [
        FuserEntry(
            FuserRecord(point.name, tuple(Task), "given", notes=f"plug-in {point.value}"),
            f"{__package__}.isolated:build_installed",
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
