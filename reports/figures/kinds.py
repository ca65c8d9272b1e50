"""The kinds of figures that `tcmoa-bench figure` draws, each from a run and what is wanted of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from tcmoa_bench.images import read_image, safe_name
from tcmoa_bench.reports import statistics
from tcmoa_bench.reports.figures import (
    critical_difference,
    curves,
    difference,
    distribution,
    qualitative,
    tradeoff,
)
from tcmoa_bench.reports.figures.pictures import Shown, find_pairs, fused, source, sources
from tcmoa_bench.reports.overall import rank_overall
from tcmoa_bench.reports.summary import Run, Summary, select, summarise
from tcmoa_bench.reports.trust.curves import score_curves
from tcmoa_bench.types import BenchError


@dataclass(frozen=True)
class Wanted:
    """What a figure shows.

    Attributes:
        pairs: Names of pairs; none means the first.
        crops: Crops as `x,y,w,h`, or `pair:x,y,w,h` for one pair.
        corner: Enlarged crops within the pictures instead of below them.
        columns: Pictures in a row.
        against: What differences are taken from: `a`, `b` or `reference`.
        metric: Metric, by its bare or qualified name.
        width: Inches.
        times: CSV of `tcmoa-bench time`, in place of the run's own times.
        row_labels: Text beside each pair's pictures; empty for the pairs' names, None for none.
    """

    pairs: Sequence[str] = ()
    crops: Sequence[str] = ()
    corner: bool = False
    columns: int | None = None
    against: str = "a"
    metric: str | None = None
    width: float | None = None
    times: Path | None = None
    row_labels: Sequence[str] | None = None

    def beside(self, pairs: Sequence[str]) -> Sequence[str]:
        """The label of each of the pairs that are drawn.

        Raises:
            BenchError: There are other numbers of labels and of pairs.
        """
        if self.row_labels is None:
            return ()
        if self.row_labels and len(self.row_labels) != len(pairs):
            raise BenchError(
                f"{len(self.row_labels)} row labels ({', '.join(self.row_labels)}) for {len(pairs)} pairs "
                f"({', '.join(pairs)}); give one for each"
            )
        return self.row_labels or pairs


def draw_qualitative(run: Run, wanted: Wanted) -> Figure:
    """Sources and fused images with boxes and crops."""
    crops = [qualitative.Crop.parse(text) for text in wanted.crops]
    shown = []
    for _, pair in find_pairs(run, wanted.pairs).iterrows():
        pictures = sources(run, pair)
        pictures += [(fuser, fused(run, pair, fuser)) for fuser in run.fusers["fuser"]]
        shown.append(Shown(pair["dataset"], pair["pair"], pictures))
    if len({len(pair.pictures) for pair in shown}) > 1:
        raise BenchError("these stacks have different numbers of sources; draw them one by one")
    beside = wanted.beside([pair.name for pair in shown])
    return qualitative.draw(shown, crops, wanted.corner, wanted.columns, wanted.width or 7.0, beside)


def draw_difference(run: Run, wanted: Wanted) -> Figure:
    """Maps of |F - source| or |F - reference|."""
    rows = []
    label = ""
    for _, pair in find_pairs(run, wanted.pairs).iterrows():
        label, other = source(run, pair, wanted.against)
        maps = [
            (fuser, difference.difference(fused(run, pair, fuser), other)) for fuser in run.fusers["fuser"]
        ]
        rows.append((pair["pair"], maps))
    return difference.draw(rows, label, wanted.width or 7.0, wanted.beside([name for name, _ in rows]))


def draw_prompts(run: Run, wanted: Wanted) -> Figure:
    """TC-MoA's prompt maps, as a run with `--option prompts=RUN/prompts` left them in its folder."""
    shown = []
    for _, pair in find_pairs(run, wanted.pairs).iterrows():
        folder = f"prompts/{safe_name(pair['dataset'])}/{safe_name(pair['pair'])}"
        files = sorted((run.folder / folder).glob("*.png"))
        if not files:
            raise BenchError(
                f"no prompt maps in {folder} of the run folder; `tcmoa-bench run ... --fusers tcmoa-tiny --option "
                "prompts=RUN/prompts` writes them (RUN: this run's folder)"
            )
        shown.append(Shown(pair["dataset"], pair["pair"], [(file.stem, read_image(file)) for file in files]))
    if len({tuple(label for label, _ in pair.pictures) for pair in shown}) > 1:
        raise BenchError("these pairs have different prompt maps; draw them one by one")
    beside = wanted.beside([pair.name for pair in shown])
    return qualitative.draw(shown, columns=wanted.columns, width=wanted.width or 7.0, row_labels=beside)


def draw_distribution(run: Run, wanted: Wanted) -> Figure:
    """Boxes of one metric."""
    summary, name, label = _metric(run, wanted)
    return distribution.draw(summary.matrix(name), summary.fusers, label, width=wanted.width or 5.0)


def draw_ranks(run: Run, wanted: Wanted) -> Figure:
    """Critical-difference diagram over the pairs, by one metric or by all."""
    if wanted.metric is None:
        ranking, label = rank_overall(summarise(run)).ranking, "all metrics"
    else:
        summary, name, label = _metric(run, wanted)
        ranking = statistics.rank_by_pairs(summary, name)
    if ranking.critical_difference is None:
        raise BenchError(
            "ranks need three fusers or more, and two pairs that all of them have; here they stand on "
            f"{ranking.basis('pair')}"
        )
    return critical_difference.draw(ranking, f"{label}, {ranking.basis('pair')}", width=wanted.width or 6.0)


def draw_curves(run: Run, wanted: Wanted) -> Figure:
    """A run of trials: the metric over the severity of each damage."""
    summary, name, label = _metric(run, wanted)
    found = score_curves(summary, name)
    if not found:
        raise BenchError(
            "this run holds no trials; `tcmoa-bench stress` and `tcmoa-bench trust --probe` make such runs"
        )
    return curves.draw(found, label, width=wanted.width or 7.0)


def draw_time(run: Run, wanted: Wanted) -> Figure:
    """Score against run time."""
    summary, name, label = _metric(run, wanted)
    seconds, of = tradeoff.run_times(run), "mean"
    if wanted.times is not None:
        seconds, size = tradeoff.measured_times(wanted.times)
        of = f"median at {size}"
    return tradeoff.draw(summary, name, seconds, label, wanted.width or 4.5, of)


def _metric(run: Run, wanted: Wanted) -> tuple[Summary, str, str]:
    if wanted.metric is None:
        raise BenchError(f"say which metric with --metric, such as {run.metrics['qualified'].iloc[0]}")
    summary = summarise(select(run, metrics=[wanted.metric]))
    if not summary.qualified:
        raise BenchError(f"{wanted.metric} has no value in this run: every cell failed")
    if len(summary.qualified) > 1:
        raise BenchError(
            f"--metric {wanted.metric} is several: {', '.join(summary.qualified)}; give one of them"
        )
    name = summary.qualified[0]
    return summary, name, f"{name} {'↑' if summary.directions()[name] else '↓'}"


KINDS: Mapping[str, Callable[[Run, Wanted], Figure]] = {
    "qualitative": draw_qualitative,
    "difference": draw_difference,
    "prompts": draw_prompts,
    "distribution": draw_distribution,
    "ranks": draw_ranks,
    "time": draw_time,
    "curves": draw_curves,
}
