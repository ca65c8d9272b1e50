"""`tcmoa-bench report` and `tcmoa-bench figure`."""

from __future__ import annotations

from pathlib import Path

import click

from tcmoa_bench.cli.options import Command, comma

_PATH = click.Path(path_type=Path)


@click.command(cls=Command,
               epilog="\b\nExamples:\n  tcmoa-bench report runs/vif\n  tcmoa-bench report runs/vif --base baseline.json\n"
               "  tcmoa-bench report --index runs")  # fmt: skip
@click.argument("run", type=_PATH, required=False)
@click.option("--index", type=_PATH, metavar="DIR", help="Make a page over all runs below a folder instead.")
@click.option(
    "-o", "--output", type=_PATH, help="The page's file.  [default: report.html in RUN, index.html in DIR]"
)
@click.option("--fusers", multiple=True, callback=comma, help="Only these fusers, in this order.")
@click.option("--base", type=_PATH, help="A run or baseline file to show the drift from.")
@click.option(
    "--pixels",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="MB",
    help="Disk space for pixel data beside the page, so that its viewer shows pixel values from disk without being "
    "shown the folder.",
)
def report(
    run: Path | None,
    index: Path | None,
    output: Path | None,
    fusers: tuple[str, ...] | None,
    base: Path | None,
    pixels: int,
) -> None:
    """Write the HTML report of a finished RUN, or an index of runs."""
    if (run is None) == (index is None):
        raise click.UsageError("give either a run folder, or --index DIR")
    if index is not None:
        from tcmoa_bench.reports.html import build_index

        click.echo(f"index: {build_index(index, output)}")
        return
    from tcmoa_bench.reports.drift.compare import compare
    from tcmoa_bench.reports.drift.snapshot import load_snapshot
    from tcmoa_bench.reports.html import build_report

    assert run is not None
    drift = compare(load_snapshot(base), load_snapshot(run)) if base is not None else None
    page = build_report(run, output, drift=drift, pixel_budget=pixels * 1_000_000, fusers=fusers)
    click.echo(f"report: {page}")


@click.command(cls=Command, epilog="\b\nExamples:\n"
               "  tcmoa-bench figure runs/vif --pairs 190001,190002 --crop 120,80,64,48 -o figure.pdf\n"
               "  tcmoa-bench figure runs/vif --kind difference --against b -o difference.png\n"
               "  tcmoa-bench figure runs/vif --kind distribution --metric EN -o en.svg")  # fmt: skip
@click.argument("run", type=_PATH)
@click.option("-o", "--output", type=_PATH, required=True, help="File to write: .pdf, .svg or .png.")
@click.option(
    "--kind",
    type=click.Choice(["qualitative", "difference", "prompts", "distribution", "ranks", "time", "curves"]),
    default="qualitative",
    show_default=True,
    help="Pictures with crops; maps of |F - source|; TC-MoA's prompt maps; boxes of a metric; critical-difference "
    "diagram (of a metric, or of all); score against run time; curves over severity (runs of `stress` and `trust --probe`).",
)
@click.option(
    "--pairs", multiple=True, callback=comma, help="Pairs by name or dataset/name.  [default: the first]"
)
@click.option("--fusers", multiple=True, callback=comma, help="Fusers, in this order.  [default: all]")
@click.option(
    "--crop",
    "crops",
    multiple=True,
    metavar="[PAIR:]X,Y,W,H",
    help="Box to draw and enlarge, in pixels, in one pair or in all; repeatable.",
)
@click.option(
    "--crops-at",
    type=click.Choice(["below", "corner"]),
    default="below",
    show_default=True,
    help="Where the crops go.",
)
@click.option("--columns", type=click.IntRange(min=1), help="Pictures in a row.")
@click.option(
    "--against",
    type=click.Choice(["a", "b", "reference"]),
    default="a",
    show_default=True,
    help="What difference maps compare with.",
)
@click.option("--metric", help="Metric, such as EN or EN@tang2022.")
@click.option(
    "--times", type=_PATH, help="Kind time: CSV of `tcmoa-bench time`, in place of the run's own times."
)
@click.option(
    "--row-labels",
    metavar="[TEXT,...]",
    is_flag=False,
    flag_value="",
    help="Text to the left of each pair's pictures, one for each with commas between.  [alone: the pairs' names]",
)
@click.option(
    "--font",
    metavar="NAME",
    help="An installed font's family, such as 'Times New Roman', or its file, or serif.",
)
@click.option(
    "--font-size",
    type=click.FloatRange(4, 40),
    metavar="PT",
    help="Text size; labels a point less.  [default: 9]",
)
@click.option("--width", type=click.FloatRange(1, 100), help="Inches.  [default: 7, or what the kind needs]")
@click.option(
    "--dpi",
    type=click.IntRange(30, 2400),
    default=300,
    show_default=True,
    help="Dots an inch, of pictures and PNG.",
)
def figure(
    run: Path,
    output: Path,
    kind: str,
    pairs: tuple[str, ...] | None,
    fusers: tuple[str, ...] | None,
    crops: tuple[str, ...],
    crops_at: str,
    columns: int | None,
    against: str,
    metric: str | None,
    times: Path | None,
    row_labels: str | None,
    font: str | None,
    font_size: float | None,
    width: float | None,
    dpi: int,
) -> None:
    """Draw a publication-ready figure of a finished RUN."""
    from tcmoa_bench.reports.figures.draw import figure as draw
    from tcmoa_bench.reports.summary import load_run

    beside = (
        None if row_labels is None else [text.strip() for text in row_labels.split(",")] if row_labels else ()
    )
    written = draw(
        load_run(run), output, kind=kind, pairs=pairs or (), fusers=fusers, crops=crops, crops_at=crops_at, columns=columns,
        against=against, metric=metric, times=times, row_labels=beside, font=font or "", font_size=font_size, width=width,
        dpi=dpi,
    )  # fmt: skip
    click.echo(f"figure: {written}")
