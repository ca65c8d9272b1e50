"""Score against run time: one dot for each fuser."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from tcmoa_bench.images import show
from tcmoa_bench.lists import read_list
from tcmoa_bench.reports.figures.canvas import COLOURS, new_figure, text_size
from tcmoa_bench.reports.summary import Run, Summary
from tcmoa_bench.types import BenchError


def run_times(run: Run) -> dict[str, float]:
    """Mean seconds a pair by fuser; fusers whose images were made elsewhere have none."""
    made_here = {row.fuser for row in run.fusers.itertuples() if row.record.get("colour") != "given"}
    seconds = run.cells.groupby("fuser")["fuse_seconds"].mean().dropna()
    return {fuser: float(value) for fuser, value in seconds.items() if fuser in made_here}


def measured_times(file: Path) -> tuple[dict[str, float], str]:
    """Seconds by fuser from a CSV of `tcmoa-bench time`, and the size that they are of.

    Raises:
        BenchError: It is no such file, or holds several sizes.
    """
    heads = ("model", "infer_step_time", "infer_img_size")
    rows = [row.cells for row in read_list(file, heads, ",".join(heads))]
    sizes = list(dict.fromkeys(row["infer_img_size"] for row in rows))
    if len(sizes) != 1:
        raise BenchError(
            f"{show(file)} holds times of {len(sizes)} sizes ({', '.join(sizes)}); give a file of one size"
        )
    seconds = {row["model"]: float(row["infer_step_time"]) / 1000 for row in rows if row["infer_step_time"]}
    return seconds, sizes[0]


def draw(
    summary: Summary,
    qualified: str,
    seconds: Mapping[str, float],
    label: str,
    width: float = 4.5,
    of: str = "mean",
) -> Figure:
    """Mean score over seconds a pair (logarithmic); `of` says what the seconds are.

    Raises:
        BenchError: No fuser has both.
    """
    points = {
        fuser: (seconds[fuser], mean)
        for fuser in summary.fusers
        if fuser in seconds and (mean := summary.entries[fuser, qualified].mean) is not None
    }
    if not points:
        raise BenchError(
            f"no fuser of this run has both a run time and {qualified}; images made elsewhere have no run time"
        )
    figure = new_figure(width, width * 0.7)
    axes = figure.add_subplot()
    axes.set_xscale("log")
    for number, (fuser, (x, y)) in enumerate(points.items()):
        axes.scatter(
            [x], [y], s=36, color=COLOURS[number % len(COLOURS)], edgecolors="white", linewidths=0.6, zorder=3
        )
        axes.annotate(fuser, (x, y), xytext=(5, 4), textcoords="offset points", fontsize=text_size(1))
    # The usual labels of a logarithmic axis are formulas, and formulas are switched off for the sake of names.
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.2, y=0.12)
    axes.set_xlabel(f"seconds a pair ({of})")
    axes.set_ylabel(label)
    axes.grid(color="#888888", alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure
