"""Several runs in one table: side by side, or as seeds of one experiment."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from tcmoa_bench.reports.summary import Run, rank_values, summarise
from tcmoa_bench.reports.tables.scores import heads, marks, number
from tcmoa_bench.reports.tables.table import MISSING, Table, TableCell
from tcmoa_bench.types import BenchError


def together(runs: Sequence[Run]) -> Run:
    """Several runs as one: fusers are called `fuser (run)`; metrics whose signatures differ stay apart."""
    if len(runs) == 1:
        return runs[0]
    names = _names(runs)
    first: dict[str, str] = {}
    parts = [_renamed(run, name, first) for run, name in zip(runs, names, strict=True)]
    pairs = pd.concat([run.pairs for run in parts]).drop_duplicates(["dataset", "pair"])
    return dataclasses.replace(
        parts[0],
        meta={**parts[0].meta, "sample": all(run.is_sample for run in runs)},
        pairs=pairs.reset_index(drop=True),
        fusers=pd.concat([run.fusers for run in parts], ignore_index=True),
        metrics=pd.concat([run.metrics for run in parts]).drop_duplicates("qualified").reset_index(drop=True),
        cells=pd.concat([run.cells for run in parts], ignore_index=True),
        scores=pd.concat([run.scores for run in parts], ignore_index=True),
    )


def _names(runs: Sequence[Run]) -> list[str]:
    names = [run.folder.resolve().name for run in runs]
    if len(set(names)) < len(names):
        names = [f"{run.folder.resolve().parent.name}/{run.folder.resolve().name}" for run in runs]
    if len(set(names)) < len(names):
        raise BenchError("the same run is given twice; give different run folders")
    return names


def _renamed(run: Run, name: str, first: dict[str, str]) -> Run:
    """A run with its name behind its fusers; a metric with another signature than before gets its own column."""
    columns = {}
    for row in run.metrics.itertuples():
        known = first.setdefault(str(row.qualified), str(row.signature))
        columns[row.qualified] = (
            row.qualified if known == row.signature else f"{row.qualified} [{row.signature}]"
        )

    def relabel(frame: pd.DataFrame) -> pd.DataFrame:
        changes = {}
        if "fuser" in frame:
            changes["fuser"] = [f"{fuser} ({name})" for fuser in frame["fuser"]]
        if "qualified" in frame:
            changes["qualified"] = [columns[q] for q in frame["qualified"]]
        return frame.assign(**changes)

    return dataclasses.replace(
        run,
        fusers=relabel(run.fusers),
        metrics=relabel(run.metrics),
        cells=relabel(run.cells),
        scores=relabel(run.scores),
    )


def over_seeds(runs: Sequence[Run], digits: int | None = None, caption: str | None = None) -> Table:
    """Runs that differ by a seed or checkpoint: each cell is mean ± sample standard deviation of the runs' means.

    Raises:
        BenchError: Fewer than two runs, or a metric's signature differs between them.
    """
    if len(runs) < 2:
        raise BenchError("--seeds compares several runs; give at least two")
    summaries = [summarise(run) for run in runs]
    first = summaries[0]
    signatures = dict(zip(first.metrics["qualified"], first.metrics["signature"], strict=True))
    for run, summary in zip(runs, summaries, strict=True):
        for row in summary.metrics.itertuples():
            if signatures.get(str(row.qualified)) != row.signature:
                raise BenchError(
                    f"{run.folder.name}: {row.qualified} has another signature than in the first run"
                )
    fusers = [fuser for fuser in first.fusers if all(fuser in summary.fusers for summary in summaries)]
    means = {
        (fuser, name): [s.entries[fuser, name].mean for s in summaries]
        for fuser in fusers
        for name in first.qualified
    }
    rows = []
    marked = {
        name: marks(rank_values({f: _mean(means[f, name]) for f in fusers}, up))
        for name, up in first.directions().items()
    }
    for fuser in fusers:
        cells = []
        for name in first.qualified:
            values = [value for value in means[fuser, name] if value is not None]
            mean = _mean(means[fuser, name])
            if mean is None:
                cells.append(TableCell(MISSING))
                continue
            spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
            text = f"{number(mean, digits)} ± {number(spread, digits)}"
            cells.append(
                TableCell(text, mean, marked[name][fuser], facts={"sd": spread, "runs": len(values)})
            )
        rows.append((fuser, tuple(cells)))
    notes = (
        f"Mean ± sample standard deviation over {len(runs)} runs ({', '.join(_names(runs))}) of {first.pairs} pairs each.",
        "Signatures: " + "; ".join(signatures.values()),
    )
    return Table(
        runs[0].caption(caption) if caption else first.title, "Fuser", heads(first), tuple(rows), notes
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
