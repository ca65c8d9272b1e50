"""Statistics behind a table: intervals, paired tests with Holm's correction, ranks, agreement of metrics.

SciPy and scikit-posthocs do the arithmetic; here stands what is compared with what.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from tcmoa_bench.reports.summary import Summary, midranks
from tcmoa_bench.types import BenchError

#: Resamples and seed of every bootstrap; both are part of what is reported.
RESAMPLES, SEED = 2000, 12345

Correlation: TypeAlias = Literal["spearman", "kendall"]


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


def signed_rank(difference: NDArray[np.float64]) -> float | None:
    """Two-sided p-value of Wilcoxon's signed-rank test.

    Args:
        difference: One difference a pair, no NaN; an infinite one counts as larger than any other.

    Returns:
        p; 1 where all differences are zero; None without a pair.

    Source: Wilcoxon, Individual comparisons by ranking methods, Biometrics Bulletin 1, 1945; `scipy.stats.wilcoxon`.
    """
    if not difference.size:
        return None
    if not difference.any():
        return 1.0
    largest = np.abs(difference[np.isfinite(difference)]).max(initial=1.0)
    return float(stats.wilcoxon(np.clip(difference, -2 * largest, 2 * largest)).pvalue)


def signed_ranks(differences: NDArray[np.float64]) -> list[float | None]:
    """`signed_rank` of every column, pairs x tests; columns without ties and zeros in one call, which is much faster."""
    sizes = np.sort(np.abs(differences), axis=0)
    plain = (
        np.isfinite(sizes).all(axis=0)
        & (np.diff(sizes, axis=0) > 0).all(axis=0)
        & (sizes[:1] > 0).all(axis=0)
    )
    if len(differences) == 0 or plain.sum() < 2:
        return [signed_rank(column) for column in differences.T]
    together = iter(np.atleast_1d(stats.wilcoxon(differences[:, plain], axis=0).pvalue))
    return [
        float(next(together)) if at_once else signed_rank(column)
        for at_once, column in zip(plain, differences.T, strict=True)
    ]


def least_p(n: int) -> float:
    """Least p-value that Wilcoxon's two-sided signed-rank test can give with n pairs: all differences of one sign."""
    return min(1.0, 2.0 ** (1 - n))


def differences(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """First minus second on the pairs that both have; zero where both are equal to 12 digits, or both infinite."""
    both = ~(np.isnan(first) | np.isnan(second))
    first, second = first[both], second[both]
    with np.errstate(invalid="ignore"):
        return np.where(np.isclose(first, second, rtol=1e-12, atol=0), 0.0, first - second)


@dataclass(frozen=True)
class PairedTest:
    """One fuser against the chosen one, by one metric.

    Attributes:
        fuser: The other fuser.
        n: Pairs that both have (also those whose value is infinite because the fused image equals both sources).
        difference: Mean of (other - chosen) over the finite ones; NaN without any.
        p: Two-sided p-value of Wilcoxon's signed-rank test; 1 where all differences are zero; None without a pair.
        adjusted: p after Holm's correction over the fusers that were tested; None without a pair.
        wins, ties, losses: Pairs on which the chosen fuser is better, equal, worse.
    """

    fuser: str
    n: int
    difference: float
    p: float | None
    adjusted: float | None
    wins: int
    ties: int
    losses: int


def against(summary: Summary, chosen: str, qualified: str) -> list[PairedTest]:
    """Wilcoxon's signed-rank test of every fuser against a chosen one, with Holm's correction over those tested.

    Raises:
        BenchError: The chosen fuser is not in the table.
    """
    if chosen not in summary.fusers:
        raise BenchError(f"no fuser {chosen!r} in this table; there are: {', '.join(summary.fusers)}")
    up = summary.directions()[qualified]
    base = summary.entries[chosen, qualified].values
    tests = []
    for fuser in summary.fusers:
        if fuser == chosen:
            continue
        difference = differences(summary.entries[fuser, qualified].values, base)
        gain = -difference if up else difference
        counts = int((gain > 0).sum()), int((gain == 0).sum()), int((gain < 0).sum())
        finite = difference[np.isfinite(difference)]
        mean = float(finite.mean()) if finite.size else math.nan
        p = signed_rank(difference)
        tests.append(PairedTest(fuser, difference.size, mean, p, None, *counts))
    tested = [test for test in tests if test.p is not None]
    adjusted = dict(zip(tested, holm([test.p for test in tested if test.p is not None]), strict=True))
    return [replace(test, adjusted=adjusted.get(test)) for test in tests]


@dataclass(frozen=True)
class Ranking:
    """Average ranks over blocks (pairs or metrics) with Friedman's test and Nemenyi's critical difference.

    Attributes:
        ranks: Average rank by fuser, 1 is best.
        blocks: Number of blocks.
        p: p-value of Friedman's test that all are equal; None with fewer than three fusers or two blocks.
        critical_difference: Two fusers whose average ranks differ by less are not told apart at the 5 % level.
        nemenyi: Pairwise p-values of Nemenyi's test (fusers x fusers).
        left_out: Why a fuser (or, over metrics, a metric) has no part in it.
    """

    ranks: Mapping[str, float]
    blocks: int
    p: float | None
    critical_difference: float | None
    nemenyi: pd.DataFrame | None
    left_out: Mapping[str, str] = field(default_factory=dict)

    def basis(self, noun: str) -> str:
        """What it stands on: `6 pairs; left out: Z (0 of 6)`."""
        text = f"{self.blocks} {noun}{'' if self.blocks == 1 else 's'}"
        out = ", ".join(f"{name} ({why})" for name, why in self.left_out.items())
        return f"{text}; left out: {out}" if out else text


def rank_by_pairs(summary: Summary, qualified: str) -> Ranking:
    """Ranking of the fusers that `summarise` ranks by one metric, over the pairs that all of them have."""
    fusers = summary.ranked(qualified)
    values = summary.matrix(qualified, fusers)
    values = values[~np.isnan(values).any(axis=1)]
    found = ranking(-values if summary.directions()[qualified] else values, fusers)
    left_out = summary.left_out.get(qualified, {})
    return replace(found, left_out={f: why for f, why in left_out.items() if f in summary.fusers})


def ranking(costs: NDArray[np.float64], fusers: Sequence[str]) -> Ranking:
    """Average ranks of columns over rows, the lower the value the better.

    Args:
        costs: Blocks x fusers, no NaN.
        fusers: Names of the columns.

    Source: Demsar, Statistical comparisons of classifiers over multiple data sets, JMLR 7, 2006.
    """
    blocks, count = costs.shape
    ranks = midranks(costs)
    means = ranks.mean(axis=0) if blocks else np.full(count, math.nan)
    average = dict(zip(fusers, map(float, means), strict=True))
    if blocks < 2 or count < 3:
        return Ranking(average, blocks, None, None, None)
    import scikit_posthocs

    with np.errstate(invalid="ignore", divide="ignore"):
        p = float(stats.friedmanchisquare(*ranks.T).pvalue)
    nemenyi = scikit_posthocs.posthoc_nemenyi_friedman(ranks)
    nemenyi.index = nemenyi.columns = pd.Index(list(fusers))
    quantile = float(stats.studentized_range.ppf(0.95, count, np.inf)) / math.sqrt(2)
    difference = quantile * math.sqrt(count * (count + 1) / (6 * blocks))
    return Ranking(average, blocks, p if math.isfinite(p) else 1.0, difference, nemenyi)


def borda(summary: Summary) -> dict[str, float]:
    """Borda points of each fuser summed over metrics: the number of ranked fusers it beats, ties half."""
    points = dict.fromkeys(summary.fusers, 0.0)
    for name in summary.qualified:
        ranks = {f: rank for f in summary.fusers if (rank := summary.entries[f, name].rank) is not None}
        for fuser, rank in ranks.items():
            points[fuser] += len(ranks) - rank
    return points


def within_pairs(
    first: NDArray[np.float64], second: NDArray[np.float64], measure: Correlation = "spearman"
) -> NDArray[np.float64]:
    """Rank correlation of two scores over the fusers, in each pair by itself.

    Args:
        first: Pairs x fusers; NaN where there is none, infinite values are the largest.
        second: The same.
        measure: `spearman` (Pearson's correlation of mid-ranks) or `kendall` (tau-b).

    Returns:
        One value a pair on -1..1; NaN where fewer than three fusers have both scores, or one score is constant.
    """
    found = np.full(len(first), np.nan)
    both = ~(np.isnan(first) | np.isnan(second))
    for mask in np.unique(both, axis=0):
        if mask.sum() < 3:
            continue
        rows = (both == mask).all(axis=1)
        x, y = midranks(first[rows][:, mask]), midranks(second[rows][:, mask])
        if measure == "kendall":
            x, y = (np.sign(r[:, :, None] - r[:, None, :]).reshape(len(r), -1) for r in (x, y))
        else:
            x, y = (r - r.mean(axis=1, keepdims=True) for r in (x, y))
        with np.errstate(invalid="ignore"):  # 0/0: a constant score orders nothing
            found[rows] = (x * y).sum(axis=1) / np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    return found


def agreement(summary: Summary) -> pd.DataFrame:
    """Which metrics order the fusers alike: the mean over pairs of Spearman's correlation within the pair.

    Within a pair, because over all cells at once the pictures differ more than the methods, and two metrics that
    follow the pictures seem to agree about methods that they order the opposite way.

    Returns:
        Metrics x metrics, on -1..1, each metric oriented so that higher is better; NaN where no pair has three fusers
        that both metrics tell apart.
    """
    names = summary.qualified
    columns = {
        name: summary.matrix(name) * (1.0 if up else -1.0) for name, up in summary.directions().items()
    }
    # Metrics without a gap are ranked once each, not once for every other metric: most metrics are.
    scaled = {name: _scaled_ranks(column) for name, column in columns.items() if not np.isnan(column).any()}
    frame = pd.DataFrame(np.nan, index=names, columns=names)
    for i, first in enumerate(names):
        for second in names[i:]:
            if first in scaled and second in scaled:
                values = (scaled[first] * scaled[second]).sum(axis=1)
            else:
                values = within_pairs(columns[first], columns[second])
            if np.isfinite(values).any():
                frame.loc[first, second] = frame.loc[second, first] = float(np.nanmean(values))
    return frame


def _scaled_ranks(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks in each row with mean 0 and length 1, so that a product's sum is the correlation; NaN where all are equal."""
    if column.shape[1] < 3:
        return np.full(column.shape, np.nan)
    ranks = midranks(column)
    ranks -= ranks.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        scaled: NDArray[np.float64] = ranks / np.sqrt((ranks * ranks).sum(axis=1, keepdims=True))
    return scaled


@dataclass(frozen=True)
class RankChange:
    """What another convention of the same metric does to a fuser's rank."""

    metric: str
    fuser: str
    first: float
    second: float


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
