"""All metrics together: who comes first, with the pairs as blocks, and on how many metrics the first beats the second.

Metrics are no blocks: they are computed from the same pictures, and several say the same. Those that order the fusers
alike are one family and count once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from tcmoa_bench.reports.resolution import LEVEL, Place, letters, places
from tcmoa_bench.reports.statistics import (
    Ranking,
    agreement,
    differences,
    holm,
    least_p,
    ranking,
    signed_ranks,
)
from tcmoa_bench.reports.summary import Summary, midranks

#: Metrics whose mean rank correlation within the pairs reaches this say the same.
ALIKE = 0.95

#: With fewer fusers, metrics order them alike by chance: then only conventions of one metric are a family.
ENOUGH_FUSERS = 5


@dataclass(frozen=True)
class Overall:
    """The fusers over all metrics.

    Attributes:
        ranking: Average ranks over the pairs; a fuser's rank in a pair is that of its mean rank over the families there.
        families: Metrics that say the same, in the run's order; most families have one member.
        costs: Mean rank over the families, pairs x fusers in the ranking's order, that the ranks are made from.
    """

    ranking: Ranking
    families: tuple[tuple[str, ...], ...]
    costs: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)), repr=False, compare=False)

    @property
    def order(self) -> list[str]:
        """Fusers from the best average rank to the worst."""
        return sorted(self.ranking.ranks, key=lambda fuser: self.ranking.ranks[fuser])


@dataclass(frozen=True)
class Duel:
    """The first fuser against the second by each family's first metric: Wilcoxon's signed-rank test, Holm over families.

    Attributes:
        pairs: Most pairs that both have by a metric.
        better: Metrics by which the first is better at the 5 % level.
        worse: Metrics by which it is worse.
        alike: Metrics that do not tell the two apart.
        least_p: Least p that so many pairs can give after Holm's correction.
    """

    pairs: int
    better: tuple[str, ...]
    worse: tuple[str, ...]
    alike: tuple[str, ...]
    least_p: float


def families(
    summary: Summary, names: Sequence[str], agreed: pd.DataFrame | None = None
) -> list[tuple[str, ...]]:
    """Metrics in families in which every two say the same: conventions of one metric, and those that order fusers alike.

    Args:
        summary: The scores.
        names: Qualified metrics.
        agreed: What `agreement` gives for this summary, if it is known.

    Returns:
        The names, each in one family: that of the first metric with all of whose members it agrees.
    """
    bare = dict(zip(summary.metrics["qualified"], summary.metrics["metric"], strict=True))
    many = len(summary.fusers) >= ENOUGH_FUSERS
    if many and agreed is None:
        agreed = agreement(summary)

    def alike(first: str, second: str) -> bool:
        if bare[first] == bare[second]:
            return True
        return many and agreed is not None and bool(agreed.loc[first, second] >= ALIKE)

    found: list[list[str]] = []
    for name in names:
        home = next((family for family in found if all(alike(member, name) for member in family)), None)
        if home is None:
            found.append([name])
        else:
            home.append(name)
    return [tuple(family) for family in found]


def rank_overall(summary: Summary, agreed: pd.DataFrame | None = None) -> Overall:
    """Average ranks over all metrics, of the fusers that every metric ranks.

    In each pair a fuser's ranks are averaged within each family of metrics, then over the families, and ranked. A metric
    with values outside what its definition allows, that ranks nobody, or that has no value of a single pair is left out.

    Args:
        summary: The scores.
        agreed: What `agreement` gives for it, if it is known.
    """
    left_out: dict[str, str] = {}
    names = []
    for name in summary.qualified:
        unsound = sum(summary.entries[fuser, name].unsound for fuser in summary.fusers)
        if unsound:
            left_out[name] = f"{unsound} values outside its definition"
        elif not any(summary.entries[fuser, name].rank is not None for fuser in summary.fusers):
            left_out[name] = "ranks no fuser"
        elif all(np.isnan(summary.entries[fuser, name].values).all() for fuser in summary.fusers):
            left_out[name] = f"no value of a single {summary.unit}"
        else:
            names.append(name)
    fusers = []
    for fuser in summary.fusers:
        lacking = [name for name in names if summary.entries[fuser, name].rank is None]
        if lacking:
            counts = summary.left_out.get(lacking[0], {}).get(fuser, f"no {summary.unit} in common")
            more = f" and {len(lacking) - 1} more" if lacking[1:] else ""
            left_out[fuser] = f"{counts} by {lacking[0]}{more}"
        else:
            fusers.append(fuser)
    groups = families(summary, names, agreed)
    costs = _costs(summary, groups, fusers)
    return Overall(replace(ranking(costs, fusers), left_out=left_out), tuple(groups), costs)


def places_by_rank(found: Ranking) -> dict[str, Place]:
    """Places of fusers by Nemenyi's test at `LEVEL`, best average rank first.

    All share one where no test can be made; none has one without a single block.
    """
    if not found.blocks:
        return {}
    order = sorted(found.ranks, key=lambda fuser: found.ranks[fuser])
    apart: list[tuple[int, int]] = []
    if found.nemenyi is not None and found.p is not None and found.p < LEVEL:
        p_values = found.nemenyi.loc[order, order].to_numpy()
        apart = [
            (i, j) for i in range(len(order)) for j in range(i + 1, len(order)) if p_values[i, j] < LEVEL
        ]
    return places(dict(zip(order, letters(len(order), apart), strict=True)))


def _costs(summary: Summary, groups: Sequence[Sequence[str]], fusers: Sequence[str]) -> NDArray[np.float64]:
    """Mean rank over the families, pairs x fusers; pairs without a metric that all of the fusers have are left out."""
    if not fusers or not groups:
        return np.empty((0, len(fusers)))
    ups = summary.directions()
    of_families = []
    for family in groups:
        planes = []
        for name in family:
            values = summary.matrix(name, fusers)
            ranks = np.full(values.shape, np.nan)
            whole = ~np.isnan(values).any(axis=1)
            ranks[whole] = midranks(values[whole] * (-1.0 if ups[name] else 1.0))
            planes.append(ranks)
        of_families.append(_known_mean(np.stack(planes)))
    costs = _known_mean(np.stack(of_families))
    return costs[~np.isnan(costs).any(axis=1)]


def _known_mean(planes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the first axis of what is known; NaN where nothing is."""
    count = (~np.isnan(planes)).sum(axis=0)
    return np.where(count > 0, np.nansum(planes, axis=0) / np.maximum(count, 1), np.nan)


def duel(summary: Summary, groups: Sequence[Sequence[str]], first: str, second: str) -> Duel:
    """One fuser against another by every family of metrics."""
    ups = summary.directions()
    names = [family[0] for family in groups]
    gaps = []
    for name in names:
        gap = differences(summary.entries[first, name].values, summary.entries[second, name].values)
        gaps.append(gap if ups[name] else -gap)
    p_values = [signed_ranks(gap[:, None])[0] if gap.size else None for gap in gaps]
    adjusted = holm([1.0 if p is None else p for p in p_values])
    sides: dict[int, list[str]] = {1: [], -1: [], 0: []}
    for name, gap, p in zip(names, gaps, adjusted, strict=True):
        sides[_direction(gap) if p < LEVEL else 0].append(name)
    pairs = max((gap.size for gap in gaps), default=0)
    least = min(1.0, least_p(pairs) * len(names))
    return Duel(pairs, tuple(sides[1]), tuple(sides[-1]), tuple(sides[0]), least)


def _direction(gap: NDArray[np.float64]) -> int:
    """Whether the signed ranks of the differences speak for the first (1), the second (-1) or neither (0)."""
    return int(np.sign((np.sign(gap) * stats.rankdata(np.abs(gap))).sum()))
