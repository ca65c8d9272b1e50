"""Curves over the severity of a damage: how scores answer, how far results move, and who keeps its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.gray import gray_uint8
from tcmoa_bench.images import read_image
from tcmoa_bench.reports.statistics import bootstrap_interval
from tcmoa_bench.reports.summary import Run, Summary, rank_values
from tcmoa_bench.reports.tables.scores import heads, number
from tcmoa_bench.reports.tables.table import MISSING, Table, TableCell
from tcmoa_bench.reports.trust.trials import trials
from tcmoa_bench.types import BenchError

#: Values of a label, one a pair; NaN where there is none.
Values = Callable[[str], NDArray[np.float64]]


@dataclass(frozen=True)
class Curve:
    """One fuser under one damage.

    Attributes:
        fuser, damage: Names.
        levels: Severities, 0 first.
        means: Mean over the pairs that have a value at every level.
        intervals: 95 % bootstrap intervals of the means; None with one pair.
        pairs: Number of those pairs.
    """

    fuser: str
    damage: str
    levels: tuple[float, ...]
    means: tuple[float, ...]
    intervals: tuple[tuple[float, float] | None, ...]
    pairs: int

    @property
    def area(self) -> float:
        """Area under the curve by the trapezoid rule, every step as wide as any other and the whole one wide.

        It is on the metric's own scale: the mean height of the curve.
        """
        return float(np.trapezoid(self.means) / (len(self.means) - 1))


def curves(fusers: Sequence[str], values: Values) -> list[Curve]:
    """Every fuser's curve under every damage of a run of trials.

    Args:
        fusers: Labels of the run.
        values: Of a label.

    Returns:
        Curves that at least one pair has, fuser by fuser.
    """
    found = []
    for fuser, damages in trials(fusers).items():
        for damage, labels in damages.items():
            levels = sorted(labels)
            matrix = np.column_stack([values(labels[level]) for level in levels])
            matrix = matrix[np.isfinite(matrix).all(axis=1)]
            if len(matrix):
                intervals = tuple(bootstrap_interval(column) for column in matrix.T)
                means = tuple(float(mean) for mean in matrix.mean(axis=0))
                found.append(Curve(fuser, damage, tuple(levels), means, intervals, len(matrix)))
    return found


def score_curves(summary: Summary, qualified: str) -> list[Curve]:
    """Curves of one metric; of a run of `stress` it is computed against the clean sources."""
    return curves(summary.fusers, lambda label: summary.entries[label, qualified].values)


def distance_curves(run: Run, fusers: Sequence[str]) -> list[Curve]:
    """How far results move: root mean square difference of the gray image to the fuser's own clean result.

    Computed from the images in the run folder; in gray levels, 0 at severity 0.

    Raises:
        BenchError: An image of a finished cell is not there.
    """
    own = {
        label: fuser
        for fuser, damages in trials(fusers).items()
        for d in damages.values()
        for label in d.values()
    }
    files = (
        run.cells[run.cells["status"] == "done"].set_index(["fuser", "dataset", "pair"])["fused"].to_dict()
    )
    found = {label: np.full(len(run.pairs), np.nan) for label in own}
    for row, pair in enumerate(run.pairs.itertuples()):
        clean: dict[str, NDArray[np.float64]] = {}
        for label, fuser in own.items():
            if isinstance(file := files.get((fuser, pair.dataset, pair.pair)), str) and fuser not in clean:
                clean[fuser] = _gray(run, file)
            if isinstance(file := files.get((label, pair.dataset, pair.pair)), str) and fuser in clean:
                found[label][row] = np.sqrt(np.mean((_gray(run, file) - clean[fuser]) ** 2))
    return curves(fusers, found.__getitem__)


def _gray(run: Run, file: str) -> NDArray[np.float64]:
    try:
        return gray_uint8(read_image(run.folder / file)).astype(np.float64)
    except (OSError, ValueError) as error:
        raise BenchError(f"{error}; the run folder is not complete") from None


def curve_table(title: str, found: Sequence[Curve], higher_is_better: bool) -> Table:
    """Clean mean, and for each damage the area under the curve and the rank, clean and at the worst level."""
    fusers = list(dict.fromkeys(c.fuser for c in found))
    damages = list(dict.fromkeys(c.damage for c in found))
    by_key = {(c.fuser, c.damage): c for c in found}
    places: dict[tuple[str, str], tuple[float | None, float | None]] = {}
    for damage in damages:
        # Ranks need the same pairs: those fusers that have as many as the most.
        most = max(c.pairs for c in found if c.damage == damage)
        full = {f: c for f in fusers if (c := by_key.get((f, damage))) is not None and c.pairs == most}
        clean, worst = (
            rank_values({f: c.means[step] for f, c in full.items()}, higher_is_better) for step in (0, -1)
        )
        places |= {(f, damage): (clean.get(f), worst.get(f)) for f in fusers}
    rows = []
    for fuser in fusers:
        first = next(c for c in found if c.fuser == fuser)
        cells = [TableCell(number(first.means[0]), first.means[0])]
        for damage in damages:
            curve, (before, after) = by_key.get((fuser, damage)), places[fuser, damage]
            if curve is None:
                cells.append(TableCell(MISSING))
                continue
            ranks = "" if before is None or after is None else f" {before:g}→{after:g}"
            facts = {
                "levels": curve.levels, "means": curve.means, "intervals": curve.intervals, "pairs": curve.pairs,
                "rank_clean": before, "rank_worst": after,
            }  # fmt: skip
            cells.append(TableCell(f"{number(curve.area)}{ranks}", curve.area, facts=facts))
        rows.append((fuser, tuple(cells)))
    pairs = sorted({c.pairs for c in found})
    steps = "; ".join(
        f"{c.damage} {', '.join(f'{v:g}' for v in c.levels)}" for c in found if c.fuser == fusers[0]
    )
    notes = (
        f"Area under the curve over severity, on the metric's own scale, and the rank clean→at the worst level. Means over "
        f"{' to '.join(map(str, pairs[:: max(1, len(pairs) - 1)]))} pairs.",
        f"Severities: {steps}.",
    )
    return Table(title, "Fuser", ("clean", *damages), tuple(rows), notes)


def stress_tables(run: Run, summary: Summary) -> list[Table]:
    """A table for each metric, and one of how far the results move."""
    tables = [
        curve_table(f"{summary.title}: {head} against the clean sources", found, up)
        for (name, up), head in zip(summary.directions().items(), heads(summary), strict=True)
        if (found := score_curves(summary, name))
    ]
    moved = distance_curves(run, summary.fusers)
    if moved:
        title = (
            f"{summary.title}: root mean square difference to the fuser's own clean result, in gray levels ↓"
        )
        tables.append(curve_table(title, moved, higher_is_better=False))
    return tables
