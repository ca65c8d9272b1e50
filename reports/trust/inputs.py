"""What trials read besides a run: published values, and ratings of people."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tcmoa_bench.images import show
from tcmoa_bench.lists import read_list
from tcmoa_bench.reports.summary import Summary, rank_columns
from tcmoa_bench.types import BenchError


@dataclass(frozen=True)
class Meaning:
    """What a column of published values is: canonical name and direction."""

    metric: str
    higher_is_better: bool


def published_values(file: Path, meaning: Callable[[str], Meaning], convention: str) -> Summary:
    """Per-image values that somebody published, as a summary whose columns have the file's names.

    Args:
        file: CSV (may be gzipped) with the columns `method,image,metric,value`.
        meaning: Of each metric of the file.
        convention: What to call the values' convention.

    Raises:
        BenchError: The file cannot be read, a column is missing, a value is no number or stands there twice.
    """
    try:
        frame = pd.read_csv(file, dtype={"method": str, "image": str, "metric": str}, keep_default_na=False)
        values = frame["value"].astype(float)
        frame = frame[["method", "image", "metric"]].assign(value=values)
    except (OSError, ValueError, KeyError) as error:
        raise BenchError(
            f"{show(file)}: {error}; the columns method,image,metric,value are expected"
        ) from None
    twice = frame[frame.duplicated(["method", "image", "metric"])]
    if len(twice):
        row = twice.iloc[0]
        raise BenchError(f"{show(file)}: {row['metric']} of {row['method']} on {row['image']} is there twice")
    fusers, names = list(frame["method"].unique()), list(frame["metric"].unique())
    meanings = [meaning(name) for name in names]
    wide = frame.pivot(index="image", columns=["method", "metric"], values="value")
    metrics = pd.DataFrame(
        {
            "qualified": names,
            "metric": [m.metric for m in meanings],
            "convention": convention,
            "signature": names,
            "higher_is_better": [m.higher_is_better for m in meanings],
        }
    )
    columns = {
        (f, n): wide[f, n].to_numpy(float) if (f, n) in wide else np.full(len(wide), np.nan)
        for f in fusers
        for n in names
    }
    return rank_columns(file.name, fusers, metrics, len(wide), columns)


def read_ratings(
    file: Path, pairs: Collection[str], fusers: Collection[str]
) -> Mapping[tuple[str, str], float]:
    """Ratings of people by (pair, fuser): their mean score, or the share of comparisons that the fuser won.

    Args:
        file: CSV with the columns `pair,fuser,score` (higher is better), or `pair,better,worse`.
        pairs: Pairs of the run.
        fusers: Fusers of the run.

    Raises:
        BenchError: The file cannot be read, has other columns, names an unknown pair or fuser, or a score is no number.
    """
    rows = read_list(file, ("pair",), "pair,fuser,score` or `pair,better,worse")
    columns = set(rows[0].cells) if rows else set()
    choices = {"better", "worse"} <= columns
    if not choices and not {"fuser", "score"} <= columns:
        raise BenchError(
            f"{show(file)} has no ratings; columns pair,fuser,score or pair,better,worse and rows are expected"
        )
    votes: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        where = f"{show(file)}, line {row.line}"
        if row.problem:
            raise BenchError(row.problem)
        named = [row.cells.get(column, "") for column in (("better", "worse") if choices else ("fuser",))]
        if row.cells["pair"] not in pairs:
            raise BenchError(f"{where}: no pair {row.cells['pair']!r} in this run")
        for fuser in named:
            if fuser not in fusers:
                raise BenchError(
                    f"{where}: no fuser {fuser!r} in this run; there are: {', '.join(sorted(fusers))}"
                )
        scores = (1.0, 0.0) if choices else (_number(row.cells.get("score", ""), where),)
        for fuser, score in zip(named, scores, strict=True):
            votes.setdefault((row.cells["pair"], fuser), []).append(score)
    return {key: math.fsum(values) / len(values) for key, values in votes.items()}


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BenchError(f"{where}: the score {text!r} is no number")
    return value
