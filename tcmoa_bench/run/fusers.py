"""From names on the command line to fusers: built-in ones, TC-MoA, plug-ins, commands, folders of fused images."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.allocator import memory_used_again
from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.baselines.external import isolated, plugins
from tcmoa_bench.checkpoints import DoesNotFit, find_weights, is_published
from tcmoa_bench.datasets.generic import fused_of_csv
from tcmoa_bench.images import show, to_uint8
from tcmoa_bench.registry import Registry
from tcmoa_bench.tcmoa.records import ENTRIES as TCMOA
from tcmoa_bench.types import (
    BenchError,
    Computed,
    Fuser,
    FuserEntry,
    FuserError,
    FuserOptions,
    FuserRecord,
    Image,
    Pair,
    Stacking,
    Task,
    Unavailable,
)

#: How a fuser that takes all sources of a stack joins them.
AT_ONCE = "at once"

#: Bytes; no network of this package has so large a file, its optimiser's state included.
_LARGEST_NETWORK = 256 << 20


@functools.cache
def registry() -> Registry[FuserEntry]:
    """Every fuser that has a name here: classical, networks, TC-MoA, and installed plug-ins."""
    everything: Registry[FuserEntry] = Registry("fuser")
    for entry in [*FUSERS.values(), *TCMOA, *plugins.installed()]:
        everything.add(entry.record.name, entry, entry.record.aliases)
    return everything


@dataclass(frozen=True)
class FuserSpec(ABC):
    """One row of a table: how a fuser is made, in a form that travels to worker processes.

    Attributes:
        label: The row's name.
        options: What the user chose for it.
    """

    label: str
    options: FuserOptions = field(default_factory=FuserOptions, kw_only=True)

    @abstractmethod
    def create(self, pairs: Sequence[Pair] = ()) -> Fuser:
        """Make the fuser; `Unavailable` or another BenchError says why not.

        Args:
            pairs: The run's pairs; only a folder of images needs them, to tell whose a file is.
        """

    def takes(self, record: FuserRecord, pair: Pair) -> bool:
        """Whether a pair is one for this fuser; unseen tasks go to those made for `vif`, as in the paper."""
        unseen = pair.task in (Task.MED, Task.PAN)
        return pair.task in record.tasks or (unseen and Task.VIF in record.tasks)

    def for_pair(self, inputs: Sequence[Path]) -> FuserSpec:
        """What a worker needs to fuse one pair, whose `Fuser.inputs` are given: never more than that pair's."""
        return self


@dataclass(frozen=True)
class NamedSpec(FuserSpec):
    """A fuser of the registry, by its canonical name."""

    name: str

    def create(self, pairs: Sequence[Pair] = ()) -> Fuser:
        """Make it from its registered entry."""
        return registry()[self.name].create(self.options)


@dataclass(frozen=True)
class PluginSpec(FuserSpec):
    """Somebody's code, `module:callable`."""

    target: str

    def create(self, pairs: Sequence[Pair] = ()) -> Fuser:
        """Load it in a process of its own."""
        return isolated.load(self.target, self.options, self.label)


@dataclass(frozen=True)
class CommandSpec(FuserSpec):
    """Somebody's program, by its command line."""

    line: str

    def create(self, pairs: Sequence[Pair] = ()) -> Fuser:
        """Parse the command line."""
        from tcmoa_bench.baselines.external.command import Command

        return Command(self.label, self.line, timeout=self.options.timeout)


@dataclass(frozen=True)
class FolderSpec(FuserSpec):
    """Images fused elsewhere.

    Attributes:
        label: The row's name.
        folder: Where they lie.
        dataset: The dataset whose pairs they belong to; None for all.
    """

    folder: Path
    dataset: str | None = None

    def create(self, pairs: Sequence[Pair] = ()) -> Fuser:
        """Find out which file belongs to which pair."""
        from tcmoa_bench.baselines.external.precomputed import Precomputed

        return Precomputed(self.label, self.folder, [pair for pair in pairs if self._holds(pair)])

    def takes(self, record: FuserRecord, pair: Pair) -> bool:
        """Any task: the images are there."""
        return self._holds(pair)

    def for_pair(self, inputs: Sequence[Path]) -> FuserSpec:
        """The one file of the pair."""
        return FileSpec(self.label, inputs[0])

    def _holds(self, pair: Pair) -> bool:
        return self.dataset is None or pair.dataset == self.dataset


@dataclass(frozen=True)
class MapSpec(FuserSpec):
    """Images fused elsewhere, named one by one in a CSV list (`fused_of_csv`)."""

    file: Path

    def create(self, pairs: Sequence[Pair] = ()) -> Fuser:
        """Read the list."""
        from tcmoa_bench.baselines.external.precomputed import FusedMap

        return FusedMap(self.label, fused_of_csv(self.file), self.file, pairs)

    def takes(self, record: FuserRecord, pair: Pair) -> bool:
        """Any task: the images are there."""
        return True

    def for_pair(self, inputs: Sequence[Path]) -> FuserSpec:
        """The one file of the pair."""
        return FileSpec(self.label, inputs[0])


@dataclass(frozen=True)
class RecolouredSpec(FuserSpec):
    """Another fuser's gray images, in their sources' colours.

    Attributes:
        label: The row's name, which is the other's.
        gray: The other.
        levels: Which luma its images hold, a key of `recolour.RANGES`.
    """

    gray: FuserSpec
    levels: str

    def create(self, pairs: Sequence[Pair] = ()) -> Fuser:
        """Make the other, and give its images colour."""
        from tcmoa_bench.baselines.external.recoloured import Recoloured

        return Recoloured(self.gray.create(pairs), self.levels)

    def takes(self, record: FuserRecord, pair: Pair) -> bool:
        """What the other takes."""
        return self.gray.takes(record, pair)

    def for_pair(self, inputs: Sequence[Path]) -> FuserSpec:
        """What the other needs for the pair."""
        return dataclasses.replace(self, gray=self.gray.for_pair(inputs))


@dataclass(frozen=True)
class FileSpec(FuserSpec):
    """The image of one pair, fused elsewhere."""

    file: Path

    def create(self, pairs: Sequence[Pair] = ()) -> Fuser:
        """A fuser that reads the file."""
        from tcmoa_bench.baselines.external.precomputed import FusedFile

        return FusedFile(self.label, self.file)


class Absent:
    """A fuser that was asked for and cannot be made here: each of its cells fails with the reason.

    Args:
        label: What it is called.
        reason: Why it cannot be made.
    """

    def __init__(self, label: str, reason: str) -> None:
        name = label.partition(":")[0]
        self.record = (
            registry()[name].record if name in registry() else FuserRecord(label, tuple(Task), "given")
        )
        self._reason = reason

    def inputs(self, pair: Pair) -> Sequence[Path]:
        """Nothing can be read for it: FuserError with the reason."""
        raise FuserError(self._reason)

    def fuse(self, a: Image, b: Image, pair: Pair) -> Image:
        """As `inputs`."""
        raise FuserError(self._reason)


class Unopened(Computed):
    """A plug-in that `--dry-run` does not import: nothing is known of it but its name."""

    def __init__(self, label: str) -> None:
        self.record = FuserRecord(label, tuple(Task), "given")

    def fuse(self, a: Image, b: Image, pair: Pair) -> Image:
        """Never done."""
        raise FuserError(f"{self.record.name} was not imported")


def parse_spec(text: str, options: FuserOptions) -> FuserSpec:
    """A fuser from its command-line form.

    Args:
        text: `gff`, `average:colour=luma` (options behind colons), or `module:callable`.
        options: Options given for all fusers.

    Raises:
        BenchError: The name is not known.
    """
    name, *rest = text.split(":")
    if rest and "=" not in rest[0]:
        return PluginSpec(text, text, options=options)
    own: dict[str, str] = {}
    for part in rest:
        key, equals, value = part.partition("=")
        if not equals or not key:
            raise BenchError(f"fuser {text!r}: options read name:key=value, {part!r} is none")
        own[key] = value
    canonical = registry().canonical(name)
    label = show(":".join([canonical, *rest]))
    return NamedSpec(label, canonical, options=dataclasses.replace(options, extra={**options.extra, **own}))


def as_entry(text: str) -> FuserEntry:
    """A fuser's entry by its name, or of a plug-in `module:callable`.

    Raises:
        BenchError: The name is not known.
    """
    if ":" not in text:
        return registry()[text]
    return plugins.entry(text)


def known_record(entry: FuserEntry, options: FuserOptions | None = None) -> FuserRecord:
    """The facts about a fuser; a plug-in's own, as its code states them, where it can be loaded."""
    if not plugins.is_plugin(entry):
        return entry.record
    try:
        return entry.create(options).record
    except BenchError as error:
        return dataclasses.replace(entry.record, notes=f"{entry.record.notes}; cannot be loaded: {error}")


def why_unavailable(entry: FuserEntry, options: FuserOptions) -> str | None:
    """Why a fuser cannot be made here, None if it can.

    A baseline's weights are looked for by their hashes alone: a listing of all of them must not load every network.
    A file of the user's own (option `weights`) has no known hash and is loaded.
    """
    try:
        if entry.record.weights and entry.record.name in FUSERS and "weights" not in options.extra:
            for weights in entry.record.weights:
                find_weights(weights, options.weights)
        else:
            entry.create(options)
    except Unavailable as reason:
        return str(reason)
    except BenchError as reason:
        if plugins.is_plugin(entry):
            return str(reason)  # somebody else's code: a list of all fusers must not end with it
        raise
    return None


def owners(file: Path) -> list[str]:
    """Fusers whose published weights a file is."""
    return [e.record.name for e in registry().values() for w in e.record.weights if is_published(w, file)]


def takers(file: Path) -> list[str]:
    """Networks that take a file of one's own as option `weights`, found by giving it to each.

    Raises:
        BenchError: None takes it; the text is that of the network which misses fewest of its names, or what is
            wrong with the file.
    """
    names: list[str] = []
    refusals: list[BenchError] = []
    if file.stat().st_size <= _LARGEST_NETWORK:
        for entry in FUSERS.values():
            if entry.record.weights:
                try:
                    entry.create(FuserOptions(extra={"weights": str(file)}))
                    names.append(entry.record.name)
                except Unavailable:
                    continue  # no network: its file is looked up, not given
                except BenchError as error:
                    refusals.append(error)
    if names:
        return names
    nearest = max(refusals, key=lambda error: getattr(error, "share", 0.0), default=None)
    if isinstance(nearest, DoesNotFit) and not nearest.share:
        nearest = next((error for error in refusals if not isinstance(error, DoesNotFit)), None)
    raise nearest or BenchError(f"{show(file)}: no network here has such tensors")


def fuse_key(
    record: FuserRecord, options: FuserOptions, inputs: Sequence[str | None], task: Task, joined: str = ""
) -> str:
    """Digest of all that decides a cell's fused pixels: method, version, weights, options, input bytes, how stacks join."""
    facts = {
        "fuser": record.name,
        "version": record.version,
        "colour": record.colour,
        "fingerprint": record.fingerprint,
        "weights": [w.sha256 for w in record.weights],
        "options": dict(sorted(options.extra.items())),
        "inputs": list(inputs),
        "task": str(task),
        **({"joined": joined} if joined else {}),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def tiled_key(key: str) -> str:
    """The key of an image that was made in tiles, for lack of memory, where `key` was planned."""
    return hashlib.sha256(f"{key} in tiles".encode()).hexdigest()


def record_facts(record: FuserRecord) -> Mapping[str, object]:
    """A record as plain data for the manifest."""
    return {**dataclasses.asdict(record), "tasks": [str(task) for task in record.tasks]}


def fuse(fuser: Fuser, label: str, a: Image, b: Image, pair: Pair) -> Image:
    """The fused image of a pair, whatever the fuser does.

    Args:
        fuser: The fuser.
        label: What to call it in errors.
        a: Source A; neither source is changed.
        b: Source B.
        pair: The pair.

    Returns:
        An image of the sources' height and width.

    Raises:
        BenchError: The fuser fails, or what it returns is no such image.
        ValueError: Dtype, scale or number of axes of what it returns.
    """
    return _checked(fuser, label, (a, b), pair, lambda copies: fuser.fuse(copies[0], copies[1], pair))


def how_joined(fuser: Fuser) -> str:
    """How a fuser comes to one image of a stack, in words: `at once` or `pair by pair` and how."""
    if isinstance(fuser, Stacking) and fuser.stacks:
        return AT_ONCE
    return "pair by pair: the first two, then the result with the next"


def fuse_stack(fuser: Fuser, label: str, images: Sequence[Image], pair: Pair) -> Image:
    """The fused image of two or more sources.

    A fuser that takes only two fuses the first two, then that image (rounded to whole levels) with the third, and so on.

    Args:
        fuser: The fuser.
        label: What to call it in errors.
        images: The sources, in order.
        pair: Names and task.

    Returns:
        As `fuse`, and so are the errors.
    """
    if len(images) > 2 and isinstance(fuser, Stacking) and fuser.stacks:
        stacking = fuser
        return _checked(fuser, label, images, pair, lambda copies: stacking.fuse_stack(copies, pair))
    return reduce(lambda fused, image: fuse(fuser, label, fused, image, pair), images)


def _checked(
    fuser: Fuser,
    label: str,
    images: Sequence[Image],
    pair: Pair,
    work: Callable[[list[Image]], NDArray[np.generic]],
) -> Image:
    a = images[0]
    least = fuser.record.min_size
    if min(a.shape[:2]) < least:
        raise BenchError(
            f"{label} needs images of at least {least}x{least} pixels (height x width), "
            f"{pair.name} is {a.shape[0]}x{a.shape[1]}"
        )
    try:
        # Somebody else's code: its working folder and its floating-point errors stay its own, and so does its end.
        pixels = sum(image.shape[0] * image.shape[1] for image in images)
        with contextlib.chdir(Path.cwd()), np.errstate(), memory_used_again(label, pixels):
            # Copies: a fuser that works in place must not change what the others and the metrics see.
            result = work([image.copy() for image in images])
    except (BenchError, ValueError):
        raise
    except SystemExit as stop:
        raise FuserError(
            f"{label} ended the program (exit code {stop.code}); a fuser returns an image or raises"
        ) from None
    except Exception as error:
        raise FuserError(f"{label}: {type(error).__name__}: {error}") from error
    fused = to_uint8(result, f"{label}'s image of {pair.name}", max(int(image.max()) for image in images))
    if fused.shape[:2] != a.shape[:2]:
        turned = (
            " (height and width are exchanged: is it transposed?)"
            if fused.shape[1::-1] == a.shape[:2]
            else ""
        )
        files = ", ".join(show(path) for path in fuser.inputs(pair))
        raise FuserError(
            f"{label} made an image of another size (height x width) for {pair.name}: {fused.shape[0]}x{fused.shape[1]} "
            f"from {a.shape[0]}x{a.shape[1]}; nothing is resized{turned}{f' ({files})' if files else ''}"
        )
    return fused
