"""A row's means over runs, in a table's cell and as a line as small as a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from tcmoa_bench.reports.board.rows import Point
from tcmoa_bench.reports.tables.scores import number
from tcmoa_bench.reports.tables.table import MISSING


def history_cell(points: Mapping[int, Point], at: int, up: bool) -> tuple[str, str, str]:
    """Text, note and class of a mean in a row's history."""
    point = points.get(at)
    if point is None:
        return MISSING, "", ""
    before = [p for n, p in points.items() if n < at and p.whole]
    if not point.moved:
        return number(point.mean), "" if point.whole else f"({point.n}/{point.of})", ""
    rose = point.mean > before[-1].mean
    return number(point.mean), "▲" if rose else "▼", "better" if rose == up else "worse"


def spark(qualified: str, points: Sequence[Point]) -> Markup:
    """A line over the runs, as small as a word; nothing for a single run."""
    means = [p.mean for p in points if p.whole]
    if len(means) < 2:
        return Markup("")
    low, span = min(means), max(means) - min(means)
    at = [
        (4 + 82 * i / (len(means) - 1), 11.0 if span == 0 else 18 - 14 * (mean - low) / span)
        for i, mean in enumerate(means)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    dots = Markup("").join(
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2" fill="currentColor"/>').format(x, y) for x, y in at
    )
    words = f"{qualified} over {len(means)} runs: {', '.join(map(number, means))}"
    return Markup(
        '<svg class="spark" viewBox="0 0 90 22" width="90" height="22" role="img" aria-label="{}"><polyline points="{}" '
        'fill="none" stroke="currentColor" stroke-width="1.3"/>{}</svg>'
    ).format(words, line, dots)
