"""A finished run's metrics on trial: against ground truth, people, damage and each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tcmoa_bench.reports.summary import Run, summarise
from tcmoa_bench.reports.tables.table import Table
from tcmoa_bench.reports.trust import truth
from tcmoa_bench.reports.trust.inputs import read_ratings
from tcmoa_bench.reports.trust.tables import agreement_table, cluster_table, response_table
from tcmoa_bench.reports.trust.trials import (
    Reference,
    against,
    clusters,
    ratings_matrix,
    responses,
    trials,
)
from tcmoa_bench.reports.verdicts import Finding
from tcmoa_bench.types import BenchError


def trust(run: Run, ratings: str | Path | None = None) -> tuple[list[Table], list[Finding]]:
    """Tables and findings of a run, task by task (`tcmoa-bench trust`).

    Args:
        run: The run (`tb.load_run`); one of trials (`stress`, `trust --probe`) is judged by its damages.
        ratings: CSV of people's ratings.

    Returns:
        Tables to show, and the findings that they rest on.

    Raises:
        BenchError: The run has fewer than three fusers, or no pair has ratings of three.
    """
    tables, findings = [], []
    for task, pairs in run.pairs.groupby("task", sort=False):
        made, found = _of_task(
            replace(run, pairs=pairs), str(task), None if ratings is None else Path(ratings)
        )
        tables += made
        findings += found
    return tables, findings


def _of_task(run: Run, task: str, ratings: Path | None) -> tuple[list[Table], list[Finding]]:
    summary = summarise(run)
    title = f"{summary.title}, {task}"
    source = ", ".join(run.pairs["dataset"].unique())
    tried = summary.only(
        [r.qualified for r in summary.metrics.itertuples() if not truth.is_truth(str(r.metric))]
    )
    if trials(summary.fusers):
        found = responses(tried, task, source)
        return [response_table(f"{title}: metrics against damage", found)] if found else [], found
    if len(summary.fusers) < 3:
        raise BenchError(
            f"{run.folder} has {len(summary.fusers)} fusers; a rank within a pair needs three or more"
        )
    tables, findings = [], []
    groups = [
        g for ref in truth.truths(run, summary, summary.fusers) if (g := against(tried, ref, task, source))
    ]
    if groups:
        tables.append(agreement_table(f"{title}: metrics against the truth", groups))
        findings += [a.finding for group in groups for a in group]
    if ratings is not None:
        votes = read_ratings(ratings, set(run.pairs["pair"]), set(summary.fusers))
        people = Reference(
            "people", ratings.stem, ratings_matrix(votes, list(run.pairs["pair"]), summary.fusers)
        )
        rated = against(tried, people, task, ratings.name)
        if not rated:
            raise BenchError(f"{ratings}: no pair has ratings of three fusers")
        tables.append(agreement_table(f"{title}: metrics against people", [rated]))
        findings += [a.finding for a in rated]
    tables.append(cluster_table(f"{title}: which metrics say the same", clusters(tried)))
    return tables, findings
