"""What so many pairs can tell apart: groups of fusers that are equal as far as is known, and the least difference seen.

Both come from one test, Wilcoxon's signed-rank test of every two fusers with Holm's correction over all of them.
"""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from tcmoa_bench.reports.statistics import differences, holm, least_p, signed_ranks
from tcmoa_bench.reports.summary import Summary

#: Level of every test, and the power that "resolves" means.
LEVEL, POWER = 0.05, 0.8

#: Up to so many pairs the rank sum's distribution is counted out; its cost grows with their third power, and beyond it
#: a normal one is as good.
COUNTED = 500


@dataclass(frozen=True)
class Resolution:
    """What one metric tells apart among the fusers that it ranks.

    Attributes:
        groups: Letters by fuser, groups in the order of the fusers' ranks: fusers that share a letter are not told apart.
        pairs: Pairs that all of them have.
        least_p: Least p-value that Holm's first step can give with so many pairs and fusers; no two fusers can be told
            apart where it is above `LEVEL`.
        difference: Least true difference of two means that is found with probability `POWER`; None where none is.
    """

    groups: Mapping[str, str]
    pairs: int
    least_p: float
    difference: float | None


def resolution(summary: Summary, qualified: str) -> Resolution | None:
    """Groups and least difference of one metric; None with fewer than two ranked fusers, or no value of a pair.

    Fusers are tested on the pairs that all of them have. The difference takes the pairs' differences for normal, with
    the root mean square over every two fusers of their standard deviation.
    """
    entries = {f: summary.entries[f, qualified] for f in summary.ranked(qualified)}
    fusers = sorted((f for f in entries if entries[f].rank is not None), key=lambda f: entries[f].rank or 0.0)
    if len(fusers) < 2:
        return None
    values = summary.matrix(qualified, fusers)
    values = values[~np.isnan(values).any(axis=1)]
    if not len(values):  # one number for all pairs together
        return None
    couples = list(combinations(range(len(fusers)), 2))
    gaps = [differences(values[:, i], values[:, j]) for i, j in couples]
    adjusted = holm([1.0 if p is None else p for p in signed_ranks(np.column_stack(gaps))])
    apart = [couple for couple, p in zip(couples, adjusted, strict=True) if p < LEVEL]
    marks = letters(len(fusers), apart)
    pairs = len(values)
    finite = [gap[np.isfinite(gap)] for gap in gaps]
    spread = math.sqrt(np.mean([np.var(gap, ddof=1) for gap in finite])) if min(map(len, finite)) > 1 else 0.0
    effect = least_effect(pairs, LEVEL / len(couples))
    return Resolution(
        dict(zip(fusers, marks, strict=True)),
        pairs,
        min(1.0, least_p(pairs) * len(couples)),
        effect * spread if effect is not None and spread > 0 else None,
    )


def letters(count: int, apart: Sequence[tuple[int, int]]) -> list[str]:
    """Letters of items 0..count-1 such that two share one unless they are apart.

    Source: Piepho, An algorithm for a letter-based representation of all-pairwise comparisons, J. Computational and
    Graphical Statistics 13, 2004 (insert and absorb).
    """
    groups = [frozenset(range(count))]
    for first, second in apart:
        split = [
            part
            for group in groups
            for part in ((group - {first}, group - {second}) if {first, second} <= group else (group,))
        ]
        unique = list(dict.fromkeys(split))
        groups = [g for g in unique if not any(g < other for other in unique)]
    groups.sort(key=sorted)
    return ["".join(_letter(n) for n, group in enumerate(groups) if item in group) for item in range(count)]


#: One character for each group, so that a fuser's groups are the set of its text; what comes behind these is rare.
_ALPHABET = string.ascii_letters + "".join(map(chr, [*range(0x3B1, 0x3CA), *range(0x430, 0x450)]))


def _letter(number: int) -> str:
    return _ALPHABET[number] if number < len(_ALPHABET) else chr(0x4E00 + number)


@dataclass(frozen=True)
class Place:
    """Where a fuser stands as far as the pairs tell.

    Attributes:
        first, last: Its place is one of these: behind those that are surely better, before those that are surely worse.
        group: Letters; fusers that share one are not told apart.
    """

    first: int
    last: int
    group: str

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first}–{self.last}"


def places(groups: Mapping[str, str]) -> dict[str, Place]:
    """Places of fusers from their letters, fusers in the order of their ranks."""
    marks = [set(own) for own in groups.values()]
    return {
        fuser: Place(
            1 + sum(not marks[i] & other for other in marks[:i]),
            len(marks) - sum(not marks[i] & other for other in marks[i + 1 :]),
            own,
        )
        for i, (fuser, own) in enumerate(groups.items())
    }


@cache
def least_effect(pairs: int, level: float) -> float | None:
    """Least mean difference, in standard deviations, that the signed-rank test finds with probability `POWER`.

    Args:
        pairs: Number of pairs.
        level: Two-sided level of the test.

    Returns:
        The effect, for normal differences; None where no outcome of so many pairs reaches the level.
    """
    critical = _critical(pairs, level)
    if critical is None:
        return None

    def lack(effect: float) -> float:
        return _power(pairs, critical, effect) - POWER

    top = 1.0
    while lack(top) < 0:
        top *= 2
        if top > 64:  # every difference must be of one sign, and still the power is not reached
            return None
    return float(optimize.brentq(lack, 1e-9, top))


@cache
def _critical(pairs: int, level: float) -> int | None:
    """Least rank sum W+ with P(W+ or more) at most half the level, if fusers are equal."""
    if least_p(pairs) > level:
        return None
    if pairs > COUNTED:
        mean, variance = pairs * (pairs + 1) / 4, pairs * (pairs + 1) * (2 * pairs + 1) / 24
        return math.ceil(mean + 0.5 + stats.norm.isf(level / 2) * math.sqrt(variance))
    chances = np.ones(1)
    for rank in range(1, pairs + 1):
        shifted = np.concatenate([np.zeros(rank), chances])
        shifted[: chances.size] += chances
        chances = shifted / 2
    tail = np.cumsum(chances[::-1])[::-1]
    return int(np.argmax(tail <= level / 2))


def _power(pairs: int, critical: int, effect: float) -> float:
    """Chance that W+ reaches the critical value, by its exact mean and variance under a normal shift.

    Source: Lehmann, Nonparametrics: Statistical Methods Based on Ranks, 1975, section 4.2.
    """
    n, root = pairs, math.sqrt(2)
    if critical == n * (n + 1) // 2:
        return float(stats.norm.cdf(effect) ** n)  # every difference positive: no need for an approximation
    positive, sum_positive = stats.norm.cdf(effect), stats.norm.cdf(effect * root)
    one_and_sum = _both(effect, effect * root, 1 / root)
    two_sums = _both(effect * root, effect * root, 0.5)
    mean = n * positive + n * (n - 1) / 2 * sum_positive
    variance = (
        n * positive * (1 - positive)
        + n * (n - 1) / 2 * sum_positive * (1 - sum_positive)
        + 2 * n * (n - 1) * (one_and_sum - positive * sum_positive)
        + n * (n - 1) * (n - 2) * (two_sums - sum_positive**2)
    )
    if variance <= 1e-12:
        return float(mean >= critical)
    return float(stats.norm.sf((critical - 0.5 - mean) / math.sqrt(variance)))


def _both(first: float, second: float, correlation: float) -> float:
    """P(X > -first and Y > -second) of two standard normal variables."""
    covariance: NDArray[np.float64] = np.array([[1.0, correlation], [correlation, 1.0]])
    return float(stats.multivariate_normal.cdf([first, second], cov=covariance))
