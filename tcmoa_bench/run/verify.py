"""Checks a finished run against itself: are the fused images those that were scored, and do scores come out again?"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcmoa_bench.images import pixel_hash, read_image
from tcmoa_bench.metrics import Metric, resolve
from tcmoa_bench.metrics.scene import Scene, Sources
from tcmoa_bench.run.axes import find_pairs
from tcmoa_bench.run.request import Request
from tcmoa_bench.store import RunStore
from tcmoa_bench.types import BenchError, Pair

if TYPE_CHECKING:
    import pandas as pd

#: What a score may move by when it is computed again, as in a drift check.
RTOL, ATOL = 1e-9, 1e-12


@dataclass
class Verification:
    """What a verification found.

    Attributes:
        images: Fused images whose pixels were compared with the store's hash.
        cells: Cells whose scores were computed again.
        scores: Values among them that were compared; those of another version of a metric are left out.
        problems: A sentence for everything that is not as it was stored.
    """

    images: int = 0
    cells: int = 0
    scores: int = 0
    problems: list[str] = field(default_factory=list)


def verify(request: Request, sample: int | None = None, seed: int = 0) -> Verification:
    """Compare a run folder's fused images with the hashes in its store, and score some of them again.

    Args:
        request: The run as it was asked for: its suite finds the sources.
        sample: Cells to score again, drawn with `seed`; None scores all.
        seed: Of the drawing.

    Raises:
        BenchError: There is no run, its store is damaged, or no pairs are found.
    """
    with RunStore.open(request.out) as store:
        cells = store.cells()
        scores = store.scores()
    done = list(cells[cells["status"] == "done"].itertuples())
    result = Verification(images=len(done))
    sound = []
    for row in done:
        problem = _image_problem(request.out, row)
        if problem:
            result.problems.append(f"{_place(row)}: {problem}")
        else:
            sound.append(row)
    chosen = sound if sample is None else random.Random(seed).sample(sound, min(sample, len(sound)))
    pairs = {(pair.dataset, pair.name): pair for pair in find_pairs(request)[0]}
    # The suite's own names come first: they load metrics from the user's modules.
    known = {metric.qualified: metric for metric in request.chosen_metrics()}
    stored = dict(list(scores.groupby(["dataset", "pair", "fuser"])))
    for row in chosen:
        of_cell = stored.get((row.dataset, row.pair, row.fuser))
        pair = pairs.get((row.dataset, row.pair))
        if pair is None:
            result.problems.append(f"{_place(row)}: its sources are not found now")
        elif of_cell is not None:
            _score_again(request, row, pair, of_cell, known, result)
    return result


def _place(row: Any) -> str:
    return f"{row.fuser} on {row.dataset}/{row.pair}"


def _image_problem(folder: Path, row: Any) -> str:
    if row.fused is None:
        return "its values were taken as they were sent, without an image"
    try:
        found = pixel_hash(read_image(folder / row.fused))
    except (OSError, ValueError) as error:
        return f"its fused image cannot be read ({error})"
    return "" if found == row.fused_hash else f"{row.fused} has other pixels than those that were scored"


def _score_again(
    request: Request,
    row: Any,
    pair: Pair,
    stored: pd.DataFrame,
    known: Mapping[str, Metric],
    result: Verification,
) -> None:
    try:
        scene = Scene(Sources.of_pair(pair), read_image(request.out / row.fused))
        further = resolve([name for name in stored["qualified"] if name not in known], area=request.area)
        metrics = {**known, **{metric.qualified: metric for metric in further}}
    except (OSError, ValueError, BenchError) as error:
        result.problems.append(f"{_place(row)}: {error}")
        return
    result.cells += 1
    for line in stored.itertuples():
        metric = metrics[line.qualified].for_sources(len(pair.files))
        if metric.signature() != line.signature:
            continue
        result.scores += 1
        now, before = metric.score(scene).value, None if math.isnan(line.value) else line.value
        if not same(now, before):
            result.problems.append(
                f"{_place(row)}: {line.qualified} is {now!r} now and was stored as {before!r}"
            )


def same(now: float | None, before: float | None) -> bool:
    """Whether a score came out again; None is a null."""
    if now is None or before is None:
        return now is before
    return math.isclose(now, before, rel_tol=RTOL, abs_tol=ATOL)
