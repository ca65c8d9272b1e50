"""An index over many runs: a leaderboard of what may be compared, and each metric's history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from tcmoa_bench.images import write_bytes
from tcmoa_bench.reports.board.gather import find_runs
from tcmoa_bench.reports.figures import canvas, history
from tcmoa_bench.reports.html import leaderboard, provenance
from tcmoa_bench.reports.html.page import datatables, render
from tcmoa_bench.reports.html.text import link, relative_path
from tcmoa_bench.reports.overall import rank_overall
from tcmoa_bench.reports.summary import Run, summarise
from tcmoa_bench.reports.tables.multirun import together


@dataclass(frozen=True)
class RunLine:
    """A run in the list."""

    name: str
    url: str | None
    started: str
    pairs: int
    fusers: int
    failures: int
    version: str
    state: str
    share: float


@dataclass(frozen=True)
class Board:
    """Runs of one suite on the same data, which may be compared."""

    suite: str
    title: str
    fingerprint: str
    runs: Sequence[RunLine]
    table: leaderboard.MainTable
    histories: Sequence[tuple[str, Markup]]


def build_index(folder: Path, output: Path | None = None) -> Path:
    """Write a page over all runs below a folder.

    Args:
        folder: Where to look for run folders.
        output: The page's file; default `index.html` in the folder.

    Returns:
        The page's file.

    Raises:
        BenchError: There is no run below the folder.
    """
    page = Path(output) if output is not None else folder / "index.html"
    runs, unreadable = find_runs([folder])
    boards: dict[tuple[str, object, str], list[Run]] = {}
    for run in runs:
        suite = run.meta.get("suite", {})
        key = (run.suite, suite.get("version"), str(run.meta.get("dataset_fingerprint", "")))
        boards.setdefault(key, []).append(run)
    context = {
        "title": "Runs",
        "boards": [_board(group, folder, page.parent) for group in boards.values()],
        "unreadable": unreadable,
        "count": len(runs),
        "datatables": datatables(),
    }
    page.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(
        page,
        render("index.html.j2", ("report.css",), ("page.js", "export.js", "tables.js", "index.js"), context),
    )
    return page


def _board(runs: Sequence[Run], folder: Path, beside: Path) -> Board:
    whole = together(runs)
    summary = summarise(whole)
    overall = rank_overall(summary)
    table = leaderboard.main_tables(whole, summary, overall, leaderboard.fuser_order(whole, overall))[0]
    lines = [_line(run, folder, beside) for run in runs]
    return Board(
        runs[0].suite,
        summary.title,
        str(runs[0].meta.get("dataset_fingerprint", "")),
        lines,
        table,
        _histories(runs, lines),
    )


def _line(run: Run, folder: Path, beside: Path) -> RunLine:
    report = run.folder / "report.html"
    return RunLine(
        relative_path(folder, run.folder),
        link("report.html", relative_path(beside, run.folder)) if report.is_file() else None,
        str(run.meta.get("started", "")),
        len(run.pairs),
        len(run.fusers),
        len(run.failures()),
        str(run.meta.get("environment", {}).get("tcmoa_bench", "")),
        provenance.state(run),
        len(run.cells) / max(1, len(run.cells) + run.missing),
    )


def _histories(runs: Sequence[Run], lines: Sequence[RunLine]) -> list[tuple[str, Markup]]:
    """A figure for each metric whose signature stayed the same over two runs or more."""
    if len(runs) < 2:
        return []
    summaries = [summarise(run) for run in runs]
    found = []
    signatures = dict.fromkeys(
        (row.qualified, row.signature, row.higher_is_better)
        for s in summaries
        for row in s.metrics.itertuples()
    )
    for qualified, signature, up in signatures:
        fusers = dict.fromkeys(fuser for s in summaries for fuser in s.fusers)
        means: dict[str, list[float | None]] = {fuser: [] for fuser in fusers}
        for summary in summaries:
            has = signature in set(summary.metrics["signature"])
            for fuser, values in means.items():
                entry = summary.entries.get((fuser, qualified)) if has else None
                values.append(entry.mean if entry else None)
        if sum(any(values[i] is not None for values in means.values()) for i in range(len(runs))) < 2:
            continue
        with canvas.style(canvas.INK):
            figure = history.draw(
                [line.name for line in lines], means, f"{qualified} {'↑' if up else '↓'}", canvas.INK
            )
        found.append((str(signature), Markup(canvas.to_svg(figure, f"{qualified} over runs"))))
    return found
