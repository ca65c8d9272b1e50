"""One call from a finished run to a figure's file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tcmoa_bench.images import show
from tcmoa_bench.reports.figures import canvas, kinds
from tcmoa_bench.reports.summary import Run, select
from tcmoa_bench.types import BenchError


def figure(
    run: Run,
    output: str | Path,
    *,
    kind: str = "qualitative",
    pairs: Sequence[str] = (),
    fusers: Sequence[str] | None = None,
    crops: Sequence[str] = (),
    crops_at: str = "below",
    columns: int | None = None,
    against: str = "a",
    metric: str | None = None,
    times: str | Path | None = None,
    row_labels: Sequence[str] | None = None,
    font: str = "",
    font_size: float | None = None,
    width: float | None = None,
    dpi: int = 300,
) -> Path:
    """Draw a finished run (`tcmoa-bench figure`).

    Args:
        run: The run (`tb.load_run`).
        output: File to write: .pdf, .svg or .png.
        kind: `qualitative`, `difference`, `prompts`, `distribution`, `ranks`, `time` or `curves`.
        pairs: Pairs by name or dataset/name; the first where none is given.
        fusers: Only these, in this order.
        crops: Boxes to draw and enlarge: `x,y,w,h` in pixels, or `pair:x,y,w,h`.
        crops_at: Where they go: `below` the pictures, or in a `corner`.
        columns: Pictures in a row.
        against: What difference maps compare with: `a`, `b` or `reference`.
        metric: Metric by its bare or qualified name.
        times: CSV of `tcmoa-bench time` for kind `time`.
        row_labels: Text to the left of each pair's pictures; empty for the pairs' names, None for none.
        font: An installed font's family, or its file.
        font_size: Points.
        width: Inches.
        dpi: Dots an inch, of pictures and PNG.

    Returns:
        The file.

    Raises:
        BenchError: There is no such pair, fuser, metric or font, or no figure of that size.
    """
    output = Path(output)
    canvas.check_format(output)
    if kind not in kinds.KINDS:
        raise BenchError(f"unknown kind of figure {kind!r}. Known: {', '.join(kinds.KINDS)}")
    place = None if times is None else Path(times)
    wanted = kinds.Wanted(
        pairs, crops, crops_at == "corner", columns, against, metric, width, place, row_labels
    )
    try:
        with canvas.style(font=font, size=font_size):
            return canvas.save(kinds.KINDS[kind](select(run, fusers), wanted), output, dpi)
    except ValueError as error:  # of matplotlib, about sizes
        raise BenchError(
            f"{show(output)} cannot be drawn ({error}); choose another --width or --dpi"
        ) from error
