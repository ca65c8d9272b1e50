"""`tcmoa-bench labels`: fused images for a detector, and what it found in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from tcmoa_bench.cli.options import Existing, Group, comma, device_option
from tcmoa_bench.types import BenchError

_DATA = click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with the run's datasets and their labels.",
)


@click.group(
    cls=Group,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench labels export runs/x --data ~/datasets --layout yolo -o yolo\n"
    "  tcmoa-bench labels import runs/x --data ~/datasets --predictions found --detector 'YOLOv5s 7.0'\n"
    "  tcmoa-bench labels detectors",
)
def labels() -> None:
    """Give a run's images with their labels to a detector, take in what it found, or run one at hand."""


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
    _say(values)
    keep(run, columns, detector)


def _say(values: Mapping[str, Mapping[str, float]]) -> None:
    for row, scores in values.items():
        click.echo(f"{row}: " + ", ".join(f"{name} {value:.4f}" for name, value in scores.items()))


@labels.command(name="detectors", epilog="\b\nExample:\n  tcmoa-bench labels detectors")
def detectors_command() -> None:
    """Networks that `labels detect` can run, and what they need. Nothing is downloaded."""
    from tcmoa_bench.cli.listing import columns
    from tcmoa_bench.labelled.networks import listing

    for line in columns([("detector", "finds", "licence", "unavailable without"), *listing()]):
        click.echo(line)
    click.echo(
        "\nWeights: your own file, with --weights FILE; nothing is downloaded. Weights have terms of their own (those of\n"
        "ultralytics: AGPL-3.0), and so has the data that they were trained on."
    )


@labels.command(
    name="detect",
    epilog="\b\nExamples:\n"
    "  tcmoa-bench labels detect runs/x --data ~/datasets --model torchvision:fasterrcnn_resnet50_fpn \\\n"
    "      --weights mine.pth --classes person\n"
    "  tcmoa-bench labels detect runs/x --data ~/datasets --model ultralytics:yolov8n --weights mine.safetensors \\\n"
    "      --classes person,car",
)
@click.argument("run", type=click.Path(path_type=Path))
@_DATA
@click.option(
    "--model", required=True, metavar="LIBRARY:NAME", help="A network that `labels detectors` lists."
)
@click.option("--weights", required=True, type=Existing(), help="Its weights file. Only tensors are read.")
@click.option(
    "--classes",
    multiple=True,
    callback=comma,
    help="Classes of its training, in order (of boxes without the background).  [default: its published weights']",
)
@click.option(
    "--conf", type=click.FloatRange(0, 1), default=0.001, show_default=True, help="Least confidence."
)
@click.option(
    "--iou",
    type=click.FloatRange(0, 1),
    help="Boxes of a class that overlap more are one.  [default: the network's]",
)
@click.option("--imgsz", type=click.IntRange(32), help="Size of its pictures.  [default: the network's]")
@click.option("--fusers", multiple=True, callback=comma, help="Only these fusers.  [default: all]")
@click.option("--detector", help="Name for heads and signatures.  [default: the network's and the file's]")
@click.option("--unpickle", is_flag=True, help="Let code in a .pt file of ultralytics run.")
@device_option
def detect_command(
    run: Path,
    data: Path,
    model: str,
    weights: Path,
    classes: tuple[str, ...] | None,
    conf: float,
    iou: float | None,
    imgsz: int | None,
    fusers: tuple[str, ...] | None,
    detector: str | None,
    unpickle: bool,
    device: str,
) -> None:
    """Run a detector or segmenter on RUN's images and on both sources, and keep its scores as columns.

    What it found lies in the run folder under `predictions/`, as `labels import` takes it. The same --detector again takes
    the place of its columns.
    """
    from tcmoa_bench.images import safe_name
    from tcmoa_bench.labelled.detect import detect, not_found, numbers
    from tcmoa_bench.labelled.detectors import Settings
    from tcmoa_bench.labelled.evaluate import library
    from tcmoa_bench.labelled.imported import evaluate, keep
    from tcmoa_bench.labelled.networks import open_detector
    from tcmoa_bench.labelled.rows import scenes
    from tcmoa_bench.reports.summary import load_run, select

    loaded = select(load_run(run), fusers)
    found = scenes(loaded, data)
    network = open_detector(model, weights, classes or (), Settings(conf, iou, imgsz, device), unpickle)
    if not network.maps:
        library()  # before the work, not after it
    if missed := not_found(numbers(network, found), found):
        click.echo(f"the detector does not know {', '.join(missed)}: they count as missed", err=True)
    detector = detector or f"{model.rpartition(':')[2]} {weights.stem}"
    files = {}
    for row, file in detect(
        loaded, found, network, list(loaded.fusers["fuser"]), run / "predictions" / safe_name(detector)
    ):
        files[row] = file
        click.echo(f"{file}", err=True)
    values, columns = evaluate(loaded, found, files, detector, facts=network.facts)
    _say(values)
    keep(run, columns, detector)
