"""The trials: each takes a summary and gives findings with their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tcmoa_bench.damages import PROBE, Trial
from tcmoa_bench.reports.statistics import agreement, bootstrap_interval, within_pairs
from tcmoa_bench.reports.summary import Run, Summary, select
from tcmoa_bench.reports.verdicts import Finding, Kind

#: Metrics whose mean correlation within pairs is at least this say the same.
SAME = 0.8


@dataclass(frozen=True)
class Reference:
    """What metrics are tried against.

    Attributes:
        kind, name: As in `Finding`.
        goodness: Pairs x fusers, higher is better; NaN where there is none.
    """

    kind: Kind
    name: str
    goodness: NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """A finding with Kendall's tau-b beside Spearman's correlation."""

    finding: Finding
    kendall: float


def against(
    summary: Summary, reference: Reference, task: str, source: str, fusers: Sequence[str] | None = None
) -> list[Agreement]:
    """Rank agreement of every metric with a reference, within pairs.

    Args:
        summary: Scores.
        reference: What they are tried against, pairs in the summary's order, fusers as given.
        task: Task of the pairs, for the findings.
        source: Where the pairs come from, for the findings.
        fusers: Fusers to use; default the summary's.

    Returns:
        One for each metric that at least one pair has three fusers of, best agreement first.
    """
    names = list(summary.fusers if fusers is None else fusers)
    found = []
    for row in summary.metrics.itertuples():
        goodness = summary.matrix(str(row.qualified), names) * (1.0 if row.higher_is_better else -1.0)
        spearman = within_pairs(goodness, reference.goodness)
        tau = within_pairs(goodness, reference.goodness, "kendall")
        finding = _finding(
            str(row.metric), str(row.convention), task, reference, spearman, len(names), source
        )
        if finding is not None:
            found.append(Agreement(finding, float(np.nanmean(tau))))
    return sorted(found, key=lambda a: -a.finding.value)


def _finding(
    metric: str,
    convention: str,
    task: str,
    reference: Reference,
    values: NDArray[np.float64],
    fusers: int,
    source: str,
) -> Finding | None:
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    mean = float(known.mean())
    low, high = bootstrap_interval(known) or (-1.0, 1.0)  # one pair says nothing about others
    return Finding(
        metric,
        convention,
        task,
        reference.kind,
        reference.name,
        mean,
        low,
        high,
        int(known.size),
        fusers,
        source,
    )


def trials(fusers: Sequence[str]) -> dict[str, dict[str, dict[float, str]]]:
    """Labels by fuser, damage and level (0: the fuser itself) of a run of trials; empty for any other run."""
    found: dict[str, dict[str, dict[float, str]]] = {}
    known = set(fusers)
    for label in fusers:
        trial = Trial.parse(label)
        if trial is not None and trial.fuser in known:
            levels = found.setdefault(trial.fuser, {}).setdefault(trial.damage, {0.0: trial.fuser})
            levels[trial.level] = label
    return found


def undamaged(run: Run) -> Run:
    """A run of trials with its undamaged rows only; any other run as it is."""
    fusers = list(run.fusers["fuser"])
    damaged = {
        label
        for damages in trials(fusers).values()
        for d in damages.values()
        for level, label in d.items()
        if level
    }
    return select(run, [fuser for fuser in fusers if fuser not in damaged]) if damaged else run


def responses(summary: Summary, task: str, source: str) -> list[Finding]:
    """How every metric answers to graded damage: rank correlation of its goodness with the severity, in each pair.

    A metric that does not move at all counts 0 for the pair. -1 is a metric that falls at every step.

    Returns:
        A finding for each metric and damage; the first fuser's, where there are several.
    """
    found = []
    for damages in list(trials(summary.fusers).values())[:1]:
        for damage, labels in damages.items():
            if damage not in PROBE:
                continue
            levels = sorted(labels)
            for row in summary.metrics.itertuples():
                values = summary.matrix(str(row.qualified), [labels[level] for level in levels])
                values = values[~np.isnan(values).any(axis=1)] * (1.0 if row.higher_is_better else -1.0)
                severity = np.tile(np.array(levels, float), (len(values), 1))
                correlation = np.nan_to_num(within_pairs(values, severity), nan=0.0)
                finding = _finding(
                    str(row.metric), str(row.convention), task, Reference("damage", damage, severity), correlation,
                    len(levels), source,
                )  # fmt: skip
                if finding is not None:
                    found.append(finding)
    return found


@dataclass(frozen=True)
class Cluster:
    """Metrics that say the same.

    Attributes:
        representative: The one that agrees best with the others of the cluster.
        members: All of them, the representative first.
        least: Least correlation of two members.
    """

    representative: str
    members: tuple[str, ...]
    least: float


def clusters(summary: Summary, frame: pd.DataFrame | None = None) -> list[Cluster]:
    """Groups of metrics whose mean correlation within pairs is at least `SAME` (average linkage).

    Args:
        summary: Scores.
        frame: `agreement(summary)`, if it is there already.

    Returns:
        Largest first. A metric without any correlation stands alone.

    Source: Kaufman and Rousseeuw, Finding Groups in Data, 1990 (average linkage; the medoid represents a group).
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    frame = agreement(summary) if frame is None else frame
    names = [str(name) for name in frame.index]
    matrix = frame.to_numpy(float, copy=True)
    np.fill_diagonal(matrix, 1.0)
    if len(names) < 2:
        return [Cluster(name, (name,), 1.0) for name in names]
    distance = 1 - np.nan_to_num(matrix, nan=-1.0)
    # A mean of correlations is symmetric but for the last bit.
    numbers = fcluster(
        linkage(squareform((distance + distance.T) / 2, checks=False), "average"), 1 - SAME, "distance"
    )
    groups: dict[int, list[int]] = {}
    for index, number in enumerate(numbers):
        groups.setdefault(int(number), []).append(index)
    found = []
    for members in groups.values():
        inner = matrix[np.ix_(members, members)]
        order = sorted(range(len(members)), key=lambda i: -float(inner[i].sum()))
        found.append(
            Cluster(names[members[order[0]]], tuple(names[members[i]] for i in order), float(inner.min()))
        )
    return sorted(found, key=lambda c: -len(c.members))


def ratings_matrix(
    ratings: Mapping[tuple[str, str], float], pairs: Sequence[str], fusers: Sequence[str]
) -> NDArray[np.float64]:
    """Ratings by (pair, fuser) as pairs x fusers, NaN where nobody rated."""
    return np.array([[ratings.get((pair, fuser), np.nan) for fuser in fusers] for pair in pairs], float)
