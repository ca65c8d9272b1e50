"""Statistics behind a table: intervals, paired tests with Holm's correction, ranks, agreement of metrics.

SciPy and scikit-posthocs do the arithmetic; here stands what is compared with what.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from tcmoa_bench.reports.summary import Summary
from tcmoa_bench.types import BenchError

#: Resamples and seed of every bootstrap; both are part of what is reported.
RESAMPLES, SEED = 2000, 12345


def bootstrap_interval(values: NDArray[np.float64], confidence: float = 0.95) -> tuple[float, float] | None:
    """Confidence interval of the mean by the percentile bootstrap over pairs.

    Args:
        values: One value a pair; NaN is left out.
        confidence: Coverage, 0..1.

    Returns:
        Lower and upper end, None with fewer than two values.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    finite = values[np.isfinite(values)]
    if finite.size < 2:
        return None
    if np.ptp(finite) == 0:
        return float(finite[0]), float(finite[0])
    # One index matrix for all: fast, and equal samples give equal intervals whatever the order of metrics.
    indices = np.random.default_rng(SEED).integers(0, finite.size, (RESAMPLES, finite.size))
    means = finite[indices].mean(axis=1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment: p-values that may be compared with the level as they are.

    Source: Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6, 1979.
    """
    order = np.argsort(p_values, kind="stable")
    adjusted, running = [1.0] * len(p_values), 0.0
    for position, index in enumerate(order):
        running = max(running, (len(p_values) - position) * float(p_values[index]))
        adjusted[index] = min(1.0, running)
    return adjusted


@dataclass(frozen=True)
class PairedTest:
    """One fuser against the chosen one, by one metric.

    Attributes:
        fuser: The other fuser.
        n: Pairs that both have.
        difference: Mean of (other - chosen).
        p: Two-sided p-value of Wilcoxon's signed-rank test; 1 where all differences are zero.
        adjusted: p after Holm's correction over the other fusers.
        wins, ties, losses: Pairs on which the chosen fuser is better, equal, worse.
    """

    fuser: str
    n: int
    difference: float
    p: float
    adjusted: float
    wins: int
    ties: int
    losses: int


def against(summary: Summary, chosen: str, qualified: str) -> list[PairedTest]:
    """Wilcoxon's signed-rank test of every fuser against a chosen one, with Holm's correction.

    Raises:
        BenchError: The chosen fuser is not in the table.

    Source: Wilcoxon, Individual comparisons by ranking methods, Biometrics Bulletin 1, 1945; `scipy.stats.wilcoxon`.
    """
    if chosen not in summary.fusers:
        raise BenchError(f"no fuser {chosen!r} in this table; there are: {', '.join(summary.fusers)}")
    up = summary.directions()[qualified]
    base = summary.entries[chosen, qualified].values
    raw = []
    for fuser in summary.fusers:
        if fuser == chosen:
            continue
        difference = summary.entries[fuser, qualified].values - base
        difference = difference[np.isfinite(difference)]
        p = float(stats.wilcoxon(difference).pvalue) if np.any(difference != 0) else 1.0
        gain = -difference if up else difference
        counts = int((gain > 0).sum()), int((gain == 0).sum()), int((gain < 0).sum())
        mean = float(difference.mean()) if difference.size else math.nan
        raw.append((fuser, difference.size, mean, p, *counts))
    adjusted = holm([row[3] for row in raw])
    return [
        PairedTest(f, n, d, p, a, w, t, lo) for (f, n, d, p, w, t, lo), a in zip(raw, adjusted, strict=True)
    ]


@dataclass(frozen=True)
class Ranking:
    """Average ranks over blocks (pairs or metrics) with Friedman's test and Nemenyi's critical difference.

    Attributes:
        ranks: Average rank by fuser, 1 is best.
        blocks: Number of blocks.
        p: p-value of Friedman's test that all are equal; None with fewer than three fusers or two blocks.
        critical_difference: Two fusers whose average ranks differ by less are not told apart at the 5 % level.
        nemenyi: Pairwise p-values of Nemenyi's test (fusers x fusers).
    """

    ranks: Mapping[str, float]
    blocks: int
    p: float | None
    critical_difference: float | None
    nemenyi: pd.DataFrame | None


def rank_by_pairs(summary: Summary, qualified: str) -> Ranking:
    """Ranking of the fusers by one metric over the pairs that all have."""
    values = summary.matrix(qualified)
    values = values[np.isfinite(values).all(axis=1)]
    return ranking(values if not summary.directions()[qualified] else -values, summary.fusers)


def rank_by_metrics(summary: Summary) -> Ranking:
    """Ranking of the fusers over all metrics, by their common means."""
    rows = []
    for name, up in summary.directions().items():
        means = [summary.entries[fuser, name].common_mean for fuser in summary.fusers]
        if all(mean is not None for mean in means):
            rows.append([(-mean if up else mean) for mean in means if mean is not None])
    return ranking(np.array(rows, float).reshape(len(rows), len(summary.fusers)), summary.fusers)


def ranking(costs: NDArray[np.float64], fusers: Sequence[str]) -> Ranking:
    """Average ranks of columns over rows, the lower the value the better.

    Args:
        costs: Blocks x fusers, no NaN.
        fusers: Names of the columns.

    Source: Demsar, Statistical comparisons of classifiers over multiple data sets, JMLR 7, 2006.
    """
    blocks, count = costs.shape
    ranks = stats.rankdata(costs, axis=1).mean(axis=0) if blocks else np.full(count, math.nan)
    average = dict(zip(fusers, map(float, ranks), strict=True))
    if blocks < 2 or count < 3:
        return Ranking(average, blocks, None, None, None)
    import scikit_posthocs

    with np.errstate(invalid="ignore", divide="ignore"):
        p = float(stats.friedmanchisquare(*costs.T).pvalue)
    nemenyi = scikit_posthocs.posthoc_nemenyi_friedman(costs)
    nemenyi.index = nemenyi.columns = pd.Index(list(fusers))
    quantile = float(stats.studentized_range.ppf(0.95, count, np.inf)) / math.sqrt(2)
    difference = quantile * math.sqrt(count * (count + 1) / (6 * blocks))
    return Ranking(average, blocks, p if math.isfinite(p) else 1.0, difference, nemenyi)


def borda(summary: Summary) -> dict[str, float]:
    """Borda points of each fuser summed over metrics: the number of fusers it beats, ties half."""
    points = dict.fromkeys(summary.fusers, 0.0)
    for name, up in summary.directions().items():
        means = {f: m for f in summary.fusers if (m := summary.entries[f, name].common_mean) is not None}
        for fuser, mean in means.items():
            others = [other for key, other in means.items() if key != fuser]
            points[fuser] += sum((mean > o) if up else (mean < o) for o in others) + 0.5 * sum(
                mean == o for o in others
            )
    return points


def agreement(summary: Summary) -> pd.DataFrame:
    """Spearman's rank correlation of every two metrics over all (pair, fuser), oriented so that higher is better.

    Returns:
        Metrics x metrics, on -1..1; NaN where one of them is constant or has fewer than three common values.
    """
    columns = {
        name: summary.matrix(name).ravel() * (1.0 if up else -1.0)
        for name, up in summary.directions().items()
    }
    return pd.DataFrame(columns).corr(method="spearman", min_periods=3)


@dataclass(frozen=True)
class RankChange:
    """What another convention of the same metric does to a fuser's rank."""

    metric: str
    fuser: str
    first: int
    second: int


def convention_cost(summary: Summary, first: str, second: str) -> tuple[dict[str, float], list[RankChange]]:
    """Rank changes between two conventions of the same metrics.

    Args:
        summary: Scores in both conventions.
        first: A convention, such as `tang2022`.
        second: Another, such as `textbook`.

    Returns:
        Kendall's tau of the fusers' common means for each shared metric, and every rank that differs.
    """
    by_name: dict[str, dict[str, str]] = {}
    for row in summary.metrics.itertuples():
        by_name.setdefault(str(row.metric), {})[str(row.convention)] = str(row.qualified)
    shared = {name: (c[first], c[second]) for name, c in by_name.items() if first in c and second in c}
    if not shared:
        raise BenchError(
            f"no metric of this run is in both {first} and {second}; run with --metrics {first},{second}"
        )
    taus: dict[str, float] = {}
    changes: list[RankChange] = []
    ups = summary.directions()
    for name, (one, two) in shared.items():
        entries = [(f, summary.entries[f, one], summary.entries[f, two]) for f in summary.fusers]
        known = [(f, a, b) for f, a, b in entries if a.rank is not None and b.rank is not None]
        oriented = [
            [(e.common_mean or 0.0) * (1 if ups[q] else -1) for e in side]
            for q, side in ((one, [a for _, a, _ in known]), (two, [b for _, _, b in known]))
        ]
        taus[name] = float(stats.kendalltau(*oriented).statistic) if len(known) > 1 else math.nan
        changes += [RankChange(name, f, a.rank, b.rank) for f, a, b in known if a.rank != b.rank]  # type: ignore[arg-type]
    return taus, changes
