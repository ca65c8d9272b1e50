"""What the pages of a site say in words: what an order stands on, what each metric resolves, what a run is."""

from __future__ import annotations

from tcmoa_bench.reports.board.gather import Board
from tcmoa_bench.reports.board.views import View
from tcmoa_bench.reports.resolution import LEVEL
from tcmoa_bench.reports.statistics import Ranking
from tcmoa_bench.reports.summary import Run
from tcmoa_bench.reports.tables.scores import not_told_apart, resolved
from tcmoa_bench.reports.tables.table import MISSING
from tcmoa_bench.tasks import ROLES, Task


def task_title(task: str) -> str:
    """A task by name and roles of its sources."""
    return f"{task}: {' and '.join(ROLES[Task(task)])}"


def words(view: View) -> str:
    """What the order of a table stands on."""
    found = view.overall.ranking
    if not found.ranks or not found.blocks:
        return f"No ranks; left out: {_out(found)}." if found.left_out else "No ranks."
    basis = f"Ordered by mean rank over {found.basis(view.summary.unit)}."
    return f"{basis} {difference(found)}"


def _out(found: Ranking) -> str:
    return ", ".join(f"{name} ({why})" for name, why in found.left_out.items())


def difference(found: Ranking) -> str:
    """The least difference of two mean ranks that the blocks resolve, or why nothing is told apart."""
    if found.critical_difference is None:
        return "So few fusers or pairs allow no test of mean ranks: all share a place."
    text = (
        f"The least difference of two mean ranks that so many pairs resolve is {found.critical_difference:.2f} "
        "(Nemenyi, 5 %)."
    )
    if found.p is not None and found.p >= LEVEL:
        text += (
            f" Friedman's test does not tell the fusers apart at all (p = {found.p:.2g}): all share a place."
        )
    return text


def metric_lines(view: View) -> list[dict[str, str]]:
    """What each metric resolves among the fusers of a view."""
    lines = []
    for row in view.summary.metrics.itertuples():
        found = view.resolutions[row.qualified]
        order = list(found.groups) if found else []
        lines.append(
            {
                "name": f"{row.qualified} {'↑' if row.higher_is_better else '↓'}",
                "pairs": str(found.pairs) if found else MISSING,
                "least": resolved(found) if found else MISSING,
                "best": order[0] if order else MISSING,
                "beside": ", ".join(not_told_apart(found)) if found and found.least_p < LEVEL else (
                    "nobody is told apart" if found else ""
                ),
                "signature": str(row.signature),
            }
        )  # fmt: skip
    return lines


def run_line(run: Run, board: Board) -> dict[str, str | int]:
    """A run's line in a list of runs."""
    suite = run.meta.get("suite", {})
    return {
        "name": run.folder.resolve().name,
        "suite": f"{suite.get('name', '')} (version {suite.get('version', '')})",
        "started": str(run.meta.get("started", ""))[:16].replace("T", " "),
        "package": str(run.meta.get("environment", {}).get("tcmoa_bench", "")),
        "pairs": len(run.pairs),
        "fusers": len(run.fusers),
        "failures": len(run.failures()),
        "missing": run.missing,
        "rows": sum(own is run for own in board.rows.values()),
    }
