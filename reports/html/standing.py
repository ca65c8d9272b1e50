"""How well each pair came out over all metrics, and the worst and best pairs of each fuser."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Pairs in each list of extremes.
EXTREMES = 10


def standing(values: NDArray[np.float64], ups: Sequence[bool]) -> NDArray[np.float64]:
    """How well each pair came out over all metrics.

    Args:
        values: metrics x pairs x fusers, NaN where there is none.
        ups: Whether higher is better, by metric.

    Returns:
        pairs x fusers: mean over the metrics of (value - mean) / sd, each over all cells, turned so that higher is
        better; NaN where no metric has a value.
    """
    total, count = np.zeros(values.shape[1:]), np.zeros(values.shape[1:])
    for plane, up in zip(values, ups, strict=True):
        known = np.isfinite(plane)
        spread = plane[known].std() if known.any() else 0.0
        if spread > 0:
            scaled = (plane - plane[known].mean()) / spread * (1 if up else -1)
            total[known] += scaled[known]
            count[known] += 1
    mean = np.full(total.shape, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def extremes(
    scores: NDArray[np.float64], fusers: Sequence[str], pairs: pd.DataFrame
) -> list[tuple[str, list[str], list[str]]]:
    """For each fuser the names of its worst and best pairs over all metrics."""
    names = [f"{d}/{p}" for d, p in zip(pairs["dataset"], pairs["pair"], strict=True)]
    rows = []
    for f, fuser in enumerate(fusers):
        column = scores[:, f]
        order = [int(i) for i in np.argsort(column, kind="stable") if np.isfinite(column[i])]
        rows.append((fuser, [names[i] for i in order[:EXTREMES]], [names[i] for i in order[::-1][:EXTREMES]]))
    return rows
