"""What a board shows of some of its pairs: their rows by the metrics of one convention, or of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from tcmoa_bench.reports.board.gather import EARLIER, Board
from tcmoa_bench.reports.overall import Overall, places_by_rank, rank_overall
from tcmoa_bench.reports.resolution import Place, Resolution, resolution
from tcmoa_bench.reports.statistics import Ranking, ranking
from tcmoa_bench.reports.summary import Run, Summary, select, summarise

#: The label of the view by all metrics.
ALL = "All metrics"


@dataclass(frozen=True)
class View:
    """The rows of some pairs by the metrics of one convention, or of all."""

    label: str
    run: Run
    summary: Summary
    overall: Overall

    @cached_property
    def places(self) -> dict[str, Place]:
        """Places over all metrics of the view."""
        return places_by_rank(self.overall.ranking)

    @cached_property
    def resolutions(self) -> dict[str, Resolution | None]:
        """What each metric tells apart."""
        return {name: resolution(self.summary, name) for name in self.summary.qualified}


def views_of(board: Board, **chosen: str) -> list[View]:
    """All metrics together, where there are several conventions or none, then each convention."""
    names = [str(name) for name in board.part(**chosen).metrics["convention"].unique()]
    now = [name for name in names if not name.endswith(EARLIER)]
    wanted = [(ALL, now)] if len(now) > 1 or not names else []
    found = []
    for label, conventions in [*wanted, *((name, [name]) for name in [*now, *sorted(set(names) - set(now))])]:
        run = board.part(**chosen, conventions=conventions)
        summary = summarise(run)
        found.append(View(label, run, summary, rank_overall(summary)))
    return found


def parts(views: Sequence[View]) -> list[View]:
    """The views of single conventions: each metric once."""
    return [view for view in views if len(views) == 1 or view.label != ALL]


@dataclass(frozen=True)
class OverTasks:
    """Fusers that every task ranks, ranked among themselves with the pairs of all tasks as blocks.

    Attributes:
        ranking: Over all pairs.
        tasks: The same fusers' ranking by task.
    """

    ranking: Ranking
    tasks: Mapping[str, Ranking]


def over_tasks(tasks: Mapping[str, View]) -> OverTasks | None:
    """Over several tasks, each by all of its metrics; None with fewer than two tasks or fusers in common."""
    common = set.intersection(*(set(view.places) for view in tasks.values()))
    names = [fuser for view in list(tasks.values())[:1] for fuser in view.summary.fusers if fuser in common]
    if len(tasks) < 2 or len(names) < 2:
        return None
    found = {task: rank_overall(summarise(select(view.run, names))) for task, view in tasks.items()}
    # With fewer fusers than before, more pairs have them all; none of them is lost.
    costs = [pd.DataFrame(own.costs, columns=list(own.ranking.ranks))[names] for own in found.values()]
    whole = ranking(pd.concat(costs).to_numpy(), names)
    return OverTasks(whole, {task: own.ranking for task, own in found.items()})
