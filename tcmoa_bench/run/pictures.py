"""One pair of pictures at a time, by path or as arrays: scored, explained, fused, recoloured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.checkpoints import file_sha256
from tcmoa_bench.images import read_image, show
from tcmoa_bench.metrics import Metric, Score
from tcmoa_bench.metrics import score as score_arrays
from tcmoa_bench.metrics.which import Answer
from tcmoa_bench.metrics.which import which as which_arrays
from tcmoa_bench.recolour import recolour
from tcmoa_bench.run.fusers import fuse_stack, how_joined, parse_spec
from tcmoa_bench.types import (
    ALONE,
    BenchError,
    Fuser,
    FuserOptions,
    Image,
    Pair,
    Task,
    check_size,
    read_mask,
    read_pair,
)
from tcmoa_bench.version import __version__

#: A picture: `uint8`, `H x W` or `H x W x 3` RGB, or the file that holds it.
Picture: TypeAlias = Image | str | Path


def score(
    a: Picture,
    b: Picture,
    fused: Picture,
    metrics: str | Sequence[str | Metric] = "textbook",
    *,
    convention: str | None = None,
    reference: Picture | None = None,
    border: int = 0,
    mask: str | Path | NDArray[np.bool_] | None = None,
    further: Sequence[Picture] = (),
) -> dict[str, Score]:
    """Score one fused image against its sources (`tcmoa-bench score`).

    Args:
        a: Source A (visible, under-exposed, near).
        b: Source B (infrared, over-exposed, far), of the same size.
        fused: Fused image, of the same size.
        metrics: Qualified names (`SD@tang2022`), a convention or a profile.
        convention: Convention of bare names.
        reference: Ground truth, for metrics that need one.
        border: Pixels left out along each side.
        mask: Measured is the largest rectangle that is all white (or True).
        further: Sources after B, of a stack of more than two; metrics that are defined for two only are null then.

    Returns:
        Scores by qualified name; `.value` is a float, or None with its `.reason`; `.signature` says what was computed.

    Raises:
        BenchError: A file cannot be read, sizes differ, or a metric is not known.
    """
    first, second, image, truth = _pictures(a, b, fused, reference)
    white = read_mask(Path(mask)) if isinstance(mask, str | Path) else mask
    more = [_sources(a, picture)[1] for picture in further]
    return score_arrays(
        first,
        second,
        image,
        metrics,
        convention=convention,
        reference=truth,
        border=border,
        mask=white,
        further=more,
    )


def which(
    a: Picture, b: Picture, fused: Picture, metric: str, value: str, *, reference: Picture | None = None
) -> Answer:
    """Which definition made a printed number (`tcmoa-bench which`).

    Args:
        a: Source A, as for `score`.
        b: Source B.
        fused: Fused image.
        metric: The metric's name as printed.
        value: The number as printed, as text: its digits count.
        reference: Ground truth, for metrics that need one.

    Returns:
        The verdict, the definitions that give the number, and the nearest others.

    Raises:
        BenchError: A file cannot be read, sizes differ, or the metric is not known.
    """
    first, second, image, truth = _pictures(a, b, fused, reference)
    try:
        return which_arrays(first, second, image, metric, value, reference=truth)
    except ValueError as error:
        raise BenchError(str(error)) from error


def fuse(
    a: Picture,
    b: Picture,
    fuser: str,
    *,
    task: str | None = None,
    device: str = "cpu",
    weights: str | Path | None = None,
    timeout: float = 600.0,
    options: Mapping[str, str] | None = None,
    further: Sequence[Picture] = (),
) -> Image:
    """Fuse two pictures with one fuser (`tcmoa-bench fuse`).

    Args:
        a: Source A (visible, under-exposed, near).
        b: Source B (infrared, over-exposed, far), of the same size.
        fuser: Name, `name:option=value`, or `module:callable`.
        task: What the sources are; may be left out for a fuser of one task.
        device: Torch device of networks.
        weights: Folder of weights files, or the file of the one network.
        timeout: Seconds until a plug-in or command is ended.
        options: The fuser's own options.
        further: Sources after B, of a stack of more than two: fused at once by a fuser that can, else pair by pair in
            order (docs/more-than-two.md).

    Returns:
        Fused image, `uint8`, `H x W` or `H x W x 3` RGB, of the sources' size.

    Raises:
        BenchError: A file cannot be read, or the fuser cannot be made or fails.
    """
    chosen = FuserOptions(device, None if weights is None else Path(weights), dict(options or {}), timeout)
    return fuse_with(parse_spec(fuser, chosen).create(), (a, b, *further), task)


def fuse_with(method: Fuser, sources: Sequence[Picture], task: str | None) -> Image:
    """As `fuse`, with a fuser that was made already; two or more sources."""
    record = method.record
    if task is None and len(record.tasks) > 1:
        raise BenchError(f"{record.name} fuses {', '.join(record.tasks)}: say which with --task")
    a, b, *further = sources
    first, second = _sources(a, b)
    images = [first, second, *(_sources(a, picture)[1] for picture in further)]
    if other := next((i for i, image in enumerate(images, 1) if image.shape[:2] != first.shape[:2]), 0):
        raise BenchError(
            f"sizes differ (height x width): source {other} is {images[other - 1].shape[:2]}, the first {first.shape[:2]}"
        )
    file_a, file_b = (Path(x) if isinstance(x, str | Path) else Path("array") for x in (a, b))
    pair = Pair(ALONE, file_a.stem, Task(task) if task else record.tasks[0], file_a, file_b)
    try:
        return fuse_stack(method, record.name, images, pair)
    except ValueError as error:
        raise BenchError(str(error)) from error


def stack_facts(
    method: Fuser, files: Sequence[Path], task: str | None, options: Mapping[str, str]
) -> dict[str, object]:
    """What there is to know of a fused stack: fuser, sources in their order with their hashes, and how they were joined."""
    record = method.record
    return {
        "tcmoa_bench": __version__,
        "fuser": record.name,
        "version": record.version,
        "fingerprint": record.fingerprint,
        "colour": record.colour,
        "options": dict(options),
        "task": task or str(record.tasks[0]),
        "joined": how_joined(method),
        "sources": [{"file": show(file), "sha256": file_sha256(file)} for file in files],
    }


def recolor(gray: Picture, *sources: Picture, levels: str = "full") -> Image:
    """Give a gray fused picture the chroma of its sources (`tcmoa-bench recolor`).

    Args:
        gray: The fused luma.
        sources: Pictures of the same size, at least one in colour.
        levels: Which luma `gray` holds: `full` (0..255) or `studio` (16..235).

    Returns:
        `uint8`, `H x W x 3` RGB.

    Raises:
        BenchError: A file cannot be read, sizes differ, or there is no colour to give.
    """
    try:
        return recolour(_read(gray), [_read(source) for source in sources], levels)
    except (OSError, ValueError) as error:
        raise BenchError(str(error)) from error


def _read(picture: Picture) -> Image:
    return read_image(Path(picture)) if isinstance(picture, str | Path) else picture


def _sources(a: Picture, b: Picture) -> tuple[Image, Image]:
    if isinstance(a, str | Path) and isinstance(b, str | Path):
        return read_pair(Path(a), Path(b))
    try:
        return _read(a), _read(b)
    except (OSError, ValueError) as error:
        raise BenchError(str(error)) from error


def _pictures(
    a: Picture, b: Picture, fused: Picture, reference: Picture | None
) -> tuple[Image, Image, Image, Image | None]:
    first, second = _sources(a, b)
    try:
        image, truth = _read(fused), None if reference is None else _read(reference)
    except (OSError, ValueError) as error:
        raise BenchError(str(error)) from error
    if isinstance(a, str | Path) and isinstance(fused, str | Path):
        check_size(Path(fused), image, Path(a), first)
    return first, second, image, truth
