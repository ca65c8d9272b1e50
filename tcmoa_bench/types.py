"""The few types that datasets, fusers, metrics and the runner share, and nothing else.

Images are `uint8` NumPy arrays, `H x W` or `H x W x 3` in RGB order, from the file to the metric.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.errors import BenchError, FuserError, PairError, Unavailable
from tcmoa_bench.images import declared_size, read_image, show
from tcmoa_bench.labels import LabelFile, Labels
from tcmoa_bench.tasks import ROLES, Task

__all__ = [
    "ALONE", "ROLES", "BenchError", "Computed", "Fuser", "FuserEntry", "FuserError", "FuserOptions", "FuserRecord", "Image",
    "Networked", "Pair", "PairError", "Stacking", "Talking", "Task", "Tiling", "Unavailable", "Weights", "check_size",
    "read_mask", "read_pair", "read_stack",
]  # fmt: skip

Image: TypeAlias = NDArray[np.uint8]

#: The dataset of a pair that was given by itself, as two files.
ALONE = "files"


@dataclass(frozen=True)
class Pair:
    """Two registered source images of one scene, by path; more of a stack.

    Attributes:
        dataset: The adapter's name, such as `llvip`.
        name: The scene's name, unique within the dataset, valid text in every encoding.
        task: What kind of sources these are; it fixes the roles of A and B (`ROLES`).
        a: File of source A (visible, under-exposed, near, ...).
        b: File of source B (infrared, over-exposed, far, ...).
        reference: File of a ground truth (all-in-focus, ...), where the dataset has one.
        attributes: Scene attributes for grouping tables, such as `{"time": "night"}`.
        read: How the files are decoded; adapters of unusual formats set their own (a picklable function).
        labels: File that says what is where (boxes or a class map), where the dataset has one.
        mask: Picture that is white where the pair is measured, where the user gave one.
        further: Files of the sources after B, of a stack of more than two.
    """

    dataset: str
    name: str
    task: Task
    a: Path
    b: Path
    reference: Path | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[Path], Image] = read_image
    labels: LabelFile | None = None
    mask: Path | None = None
    further: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """Every source's file, in order."""
        return self.a, self.b, *self.further

    @property
    def roles(self) -> tuple[str, str]:
        """Roles of A and B, such as `("visible", "infrared")`."""
        return ROLES[self.task]

    def load(self) -> tuple[Image, Image]:
        """Decode A and B.

        Returns:
            Two `uint8` images of equal height and width; each is `H x W` or `H x W x 3` RGB.

        Raises:
            PairError: A file cannot be read, or the sizes differ (the text names both files).
        """
        return read_pair(self.a, self.b, self.read)

    def load_all(self) -> tuple[Image, ...]:
        """Decode every source, in order; images and errors as of `load`."""
        return read_stack(self.files, self.read)

    def load_reference(self) -> Image | None:
        """Decode the ground truth, or None where there is none."""
        if self.reference is None:
            return None
        try:
            return self.read(self.reference)
        except (OSError, ValueError) as error:
            raise PairError(str(error)) from error

    def load_labels(self, size: tuple[int, int]) -> Labels | None:
        """Read the labels for a picture of `size` (height, width), or None where there are none.

        Raises:
            PairError: The file cannot be read, or names a class that is not known.
        """
        return None if self.labels is None else self.labels.load(size)

    def load_mask(self) -> NDArray[np.bool_] | None:
        """Where the pair is measured, `bool`, `H x W`, or None where there is no mask.

        Raises:
            PairError: The file cannot be read.
        """
        return None if self.mask is None else read_mask(self.mask)


@dataclass(frozen=True)
class Weights:
    """A weights file that a fuser needs, known by its hash.

    Attributes:
        file: Usual file name.
        sha256: Accepted SHA-256 digests (original form, converted form).
        origin: Where the authors published it.
        licence: Terms of use as far as they are stated.
        size: Bytes.
        git_blobs: Accepted git blob ids (`git hash-object FILE`): all that a repository's listing states of a file
            that nobody here has read.
    """

    file: str
    sha256: tuple[str, ...]
    origin: str
    licence: str
    size: int = 0
    git_blobs: tuple[str, ...] = ()

    @property
    def hashes(self) -> tuple[str, ...]:
        """What identifies the file, in words; empty where its authors' file was never at hand."""
        return tuple(f"SHA-256 {digest}" for digest in self.sha256) + tuple(
            f"git blob {digest}" for digest in self.git_blobs
        )


@dataclass(frozen=True)
class FuserRecord:
    """Facts about a fuser that go to the manifest and to `models ls`.

    Attributes:
        name: Canonical lower-case name.
        tasks: Tasks it is made for.
        colour: Colour policy: `rgb` (fuses the channels directly), `luma` (fuses luma, keeps chroma),
            `gray` (gray result) or `given` (comes with the images).
        paper: Short citation.
        licence: Licence of the method's code or images, as far as stated.
        version: Raised when the fused pixels change.
        min_size: Least height and width in pixels.
        weights: Files it needs.
        aliases: Other spellings accepted on the command line.
        notes: Anything a reader of the table must know (policy, known difference from the authors' code).
        fingerprint: SHA-256 of what else decides the pixels (checkpoint, folder, command), if anything.
    """

    name: str
    tasks: tuple[Task, ...]
    colour: str
    paper: str = ""
    licence: str = ""
    version: int = 1
    min_size: int = 1
    weights: tuple[Weights, ...] = ()
    aliases: tuple[str, ...] = ()
    notes: str = ""
    fingerprint: str = ""


def read_pair(a: Path, b: Path, read: Callable[[Path], Image] = read_image) -> tuple[Image, Image]:
    """Decode two sources of one scene.

    Returns:
        Two `uint8` images of equal height and width; each is `H x W` or `H x W x 3` RGB.

    Raises:
        PairError: A file cannot be read, or the sizes differ (the text names both files).
    """
    sizes = (declared_size(a), declared_size(b)) if read is read_image else (None, None)
    if None not in sizes and sorted(sizes[0] or ()) != sorted(sizes[1] or ()):  # not turned either
        raise _other_size(b, sizes[1] or (), a, sizes[0] or ())
    try:
        first, second = read(a), read(b)
    except (OSError, ValueError) as error:
        raise PairError(str(error)) from error
    check_size(b, second, a, first)
    return first, second


def read_stack(files: Sequence[Path], read: Callable[[Path], Image] = read_image) -> tuple[Image, ...]:
    """Decode two or more sources of one scene, in order; images and errors as of `read_pair`."""
    images = list(read_pair(files[0], files[1], read))
    for file in files[2:]:
        try:
            images.append(read(file))
        except (OSError, ValueError) as error:
            raise PairError(str(error)) from error
        check_size(file, images[-1], files[0], images[0])
    return tuple(images)


def read_mask(file: Path) -> NDArray[np.bool_]:
    """A mask, `bool`, `H x W`: True where the picture is at least half white.

    Raises:
        PairError: The file cannot be read.
    """
    from tcmoa_bench.gray import gray_uint8  # OpenCV, which no listing needs

    try:
        return gray_uint8(read_image(file)) >= 128
    except (OSError, ValueError) as error:
        raise PairError(f"mask {show(file)}: {error}") from error


def check_size(file: Path, image: NDArray[np.generic], like: Path, source: Image) -> None:
    """PairError that names both files unless an image has a source's height and width."""
    if image.shape[:2] != source.shape[:2]:
        raise _other_size(file, image.shape, like, source.shape)


def _other_size(file: Path, size: Sequence[int], like: Path, expected: Sequence[int]) -> PairError:
    return PairError(
        f"sizes differ (height x width): {show(like)} is {expected[0]}x{expected[1]}, {show(file)} is "
        f"{size[0]}x{size[1]}; nothing is resized, give registered images of one size"
    )


@runtime_checkable
class Fuser(Protocol):
    """Anything that turns a pair into a fused image: code, a checkpoint, a command, a folder of images."""

    @property
    def record(self) -> FuserRecord:
        """Facts about the fuser."""
        ...

    def inputs(self, pair: Pair) -> Sequence[Path]:
        """Files beside the sources and the weights that decide the fused pixels of a pair, such as a script.

        A cell is computed anew when one of them changes.

        Raises:
            FuserError: A file that the pair needs is not there.
        """
        ...

    def fuse(self, a: Image, b: Image, pair: Pair) -> NDArray[np.generic]:
        """Fuse two sources.

        Args:
            a: Source A, `uint8`, `H x W` or `H x W x 3` RGB.
            b: Source B, same height and width; channels may differ from A's.
            pair: The pair's names and task.

        Returns:
            Fused image of the same height and width, `uint8`, or floating point on the scale 0..255
            (the caller rounds half to even, then clips; a value that is not finite is an error).

        Raises:
            FuserError: The method cannot fuse this pair; the text names the method and the remedy.
        """
        ...


@runtime_checkable
class Stacking(Protocol):
    """A fuser that may take more than two sources at once."""

    stacks: bool

    def fuse_stack(self, images: Sequence[Image], pair: Pair) -> NDArray[np.generic]:
        """Fuse the sources of a stack, in their order; see `Fuser.fuse`. Called only if it `stacks`."""
        ...


@runtime_checkable
class Talking(Protocol):
    """A fuser that runs somebody else's code and keeps what that prints from the standard output."""

    def take_output(self) -> bytes:
        """What the code printed since the last time."""
        ...


@runtime_checkable
class Tiling(Protocol):
    """A fuser that makes a picture in tiles where memory does not hold it whole."""

    in_tiles: bool


@runtime_checkable
class Networked(Protocol):
    """A fuser around a torch network, whose own share of the work can be told."""

    network: Any

    def watch(self, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Put `wrap` around the network's forward pass, for good."""
        ...


class Computed:
    """A fuser whose pixels are decided by its code, its record, the sources and the options alone."""

    def inputs(self, pair: Pair) -> Sequence[Path]:
        """No further files; see `Fuser.inputs`."""
        return ()


@dataclass(frozen=True)
class FuserOptions:
    """What a user may choose for every fuser.

    Attributes:
        device: Torch device, such as `cpu` or `cuda:0`; classical methods ignore it.
        weights: Weights file, or folder where such files are looked for, beside the environment variable
            `TCMOA_BENCH_WEIGHTS` and the user's cache.
        extra: Further options by name, such as `{"alpha": "1.5"}`; a fuser refuses names it does not know.
        timeout: Seconds until a step of a pair is ended: somebody else's code (a plug-in, a command), or any in a run.
    """

    device: str = "cpu"
    weights: Path | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 600.0


@dataclass(frozen=True)
class FuserEntry:
    """How a registered fuser is made: its record now, its code (and torch) only when it is needed.

    Attributes:
        record: Facts about the fuser.
        build: `module:callable`; called as `build(record, options, **settings)`, it returns a `Fuser` or raises
            `Unavailable` with the reason and the remedy.
        settings: What tells this fuser from others that the same code makes.
    """

    record: FuserRecord
    build: str
    settings: Mapping[str, object] = field(default_factory=dict)

    def create(self, options: FuserOptions | None = None) -> Fuser:
        """Import the code and make the fuser; BenchError says what cannot be had (no such device, torch broken)."""
        module, _, attribute = self.build.partition(":")
        try:
            builder = getattr(importlib.import_module(module), attribute)
            fuser: Fuser = builder(self.record, options or FuserOptions(), **self.settings)
        except BenchError:
            raise
        except ImportError as error:
            raise Unavailable(
                f"{self.record.name} cannot be imported ({error}); `tcmoa-bench doctor` says what is installed"
            ) from error
        except Exception as error:  # torch raises anything for a device that is not there
            what = str(error).partition("\n")[0]
            raise FuserError(f"{self.record.name} cannot be made: {type(error).__name__}: {what}") from error
        return fuser
