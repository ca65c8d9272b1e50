"""`tcmoa-bench labels`: fused images for a detector, and what it found in them."""

from __future__ import annotations

from pathlib import Path

import click

from tcmoa_bench.cli.options import Existing, comma
from tcmoa_bench.types import BenchError

_DATA = click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with the run's datasets and their labels.",
)


@click.group(
    epilog="\b\nExamples:\n"
    "  tcmoa-bench labels export runs/x --data ~/datasets --layout yolo -o yolo\n"
    "  tcmoa-bench labels import runs/x --data ~/datasets --predictions found --detector 'YOLOv5s 7.0'"
)
def labels() -> None:
    """Give a run's images with their labels to a detector, and take in what it found."""


@labels.command(
    name="export",
    epilog="\b\nExamples:\n"
    "  tcmoa-bench labels export runs/x --data ~/datasets --layout yolo -o yolo\n"
    "  tcmoa-bench labels export runs/x --data ~/datasets --layout seg --fusers GIFNet -o seg",
)
@click.argument("run", type=click.Path(path_type=Path))
@_DATA
@click.option("--layout", required=True, type=click.Choice(["yolo", "coco", "voc", "seg"]))
@click.option("--fusers", multiple=True, callback=comma, help="Only these fusers.  [default: all]")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="New folder.")
def export_command(run: Path, data: Path, layout: str, fusers: tuple[str, ...] | None, output: Path) -> None:
    """Write one folder for each fuser of RUN, and one for each source alone, with labels and hashes."""
    from tcmoa_bench.labelled.export import export
    from tcmoa_bench.reports.summary import load_run, select

    loaded = select(load_run(run), fusers)
    rows = export(loaded, data, layout, output, list(loaded.fusers["fuser"]))
    click.echo(f"{output}: {', '.join(rows)}")


@labels.command(
    name="import",
    epilog="\b\nExamples:\n"
    "  tcmoa-bench labels import runs/x --data ~/datasets --predictions found --detector 'YOLOv5s 7.0'\n"
    "  tcmoa-bench labels import runs/x --data ~/datasets --predictions p.json --fuser GIFNet --detector RTMDet",
)
@click.argument("run", type=click.Path(path_type=Path))
@_DATA
@click.option(
    "--predictions",
    required=True,
    type=Existing(),
    help="Folder with ROW.json or ROW/ for each fuser; with --fuser, its own file or folder.",
)
@click.option("--fuser", help="Whose images the predictions are of.")
@click.option("--detector", required=True, help="Name and version of the detector, for heads and signatures.")
@click.option(
    "--first-category",
    type=click.IntRange(0, 1),
    default=1,
    show_default=True,
    help="Number of the first class in COCO's files.",
)
def import_command(
    run: Path, data: Path, predictions: Path, fuser: str | None, detector: str, first_category: int
) -> None:
    """Score predictions for RUN's images, print them, and keep them as further columns of its tables.

    A later import of the same detector takes the place of this one.
    """
    from tcmoa_bench.images import safe_name
    from tcmoa_bench.labelled.imported import evaluate, keep
    from tcmoa_bench.labelled.rows import scenes
    from tcmoa_bench.registry import unknown
    from tcmoa_bench.reports.summary import load_run

    loaded = load_run(run)
    found = scenes(loaded, data)
    rows = [*loaded.fusers["fuser"], *found[0].pair.roles]
    if fuser is not None:
        if fuser not in rows:
            raise unknown("fuser", fuser, rows)
        files = {fuser: predictions}
    else:
        places = {row: predictions / safe_name(row) for row in rows}
        files = {row: p if p.is_dir() else p.with_name(f"{p.name}.json") for row, p in places.items()}
        files = {row: file for row, file in files.items() if file.exists()}
        strange = {p.name for p in predictions.iterdir()} - {file.name for file in files.values()}
        if strange or not files:
            raise BenchError(
                f"{predictions} must hold ROW.json or ROW/ for rows of the run ({', '.join(rows)})"
                + (f"; it holds {', '.join(sorted(strange))}" if strange else "")
            )
    values, columns = evaluate(loaded, found, files, detector, first_category)
    for row, scores in values.items():
        click.echo(f"{row}: " + ", ".join(f"{name} {value:.4f}" for name, value in scores.items()))
    keep(run, columns, detector)
