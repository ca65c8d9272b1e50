"""The page's section about a run of trials: curves over severity, and what they come to in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tcmoa_bench.reports.figures import canvas, curves
from tcmoa_bench.reports.summary import Run, summarise
from tcmoa_bench.reports.tables.scores import labels
from tcmoa_bench.reports.tables.table import Table
from tcmoa_bench.reports.trust.curves import curve_table, score_curves
from tcmoa_bench.reports.trust.trials import trials


@dataclass(frozen=True)
class TrialPage:
    """One metric: curves and their table."""

    head: str
    svg: Markup
    table: Table


def trial_pages(run: Run) -> Sequence[TrialPage]:
    """A page for every metric that has curves; none for a run without trials."""
    if not trials(run.fusers["fuser"]):
        return ()
    summary = summarise(run)
    pages = []
    for (name, up), short in zip(summary.directions().items(), labels(summary.metrics), strict=True):
        found = score_curves(summary, name)
        if found:
            head = f"{short} {'↑' if up else '↓'}"
            with canvas.style(canvas.INK):
                figure = curves.draw(found, head, canvas.INK)
            svg = Markup(
                canvas.to_svg(figure, f"{short} over the severity of each damage, a line for each fuser")
            )
            pages.append(TrialPage(head, svg, curve_table(head, found, up)))
    return pages
