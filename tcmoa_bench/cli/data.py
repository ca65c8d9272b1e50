"""`tcmoa-bench data`: check, show and list datasets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from tcmoa_bench.cli.options import Group
from tcmoa_bench.datasets.catalogue import DATASETS, find_dataset, found_in, load, load_installed
from tcmoa_bench.datasets.check import CheckReport, check
from tcmoa_bench.datasets.dataset import Dataset
from tcmoa_bench.datasets.files import Tree
from tcmoa_bench.datasets.generic import PAIRS
from tcmoa_bench.images import show, write_image
from tcmoa_bench.registry import unknown
from tcmoa_bench.types import ROLES, BenchError

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)


@click.group(
    cls=Group,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench data ls\n"
    "  tcmoa-bench data show llvip\n"
    "  tcmoa-bench data check llvip --data ~/datasets\n"
    "  tcmoa-bench data check --a photos/visible --b photos/infrared",
)
def data() -> None:
    """Check, describe and list datasets of source pairs."""


@data.command(
    name="check",
    epilog="\b\nExamples:\n"
    "  tcmoa-bench data check --data ~/datasets\n"
    "  tcmoa-bench data check mefb --data ~/datasets\n"
    "  tcmoa-bench data check pairs --data my_pairs\n"
    "  tcmoa-bench data check --a my_pairs/A --b my_pairs/B --format json\n"
    "  tcmoa-bench data check --csv my_pairs.csv\n"
    "  tcmoa-bench data check llvip --data ~/datasets --registration --overlays edges/",
)
@click.argument("name", required=False)
@click.option("--data", "folder", type=_FOLDER, help="Folder with datasets, or one dataset's own folder.")
@click.option("--a", type=_FOLDER, help="Folder of source A of your own pairs.")
@click.option("--b", type=_FOLDER, help="Folder of source B of your own pairs, matched by stem.")
@click.option(
    "--csv",
    "table",
    type=click.Path(path_type=Path),
    help="CSV of your own pairs: columns a,b[,name,reference].",
)
@click.option(
    "--stacks", type=_FOLDER, help="Your own stacks of more than two sources: a folder for each scene."
)
@click.option("--registration", is_flag=True, help="Estimate how far B is shifted against A in each pair.")
@click.option(
    "--overlays", type=_FOLDER, help="With --registration: a picture of each pair's edges, the worst first."
)
@_FORMAT
def check_command(
    name: str | None,
    folder: Path | None,
    a: Path | None,
    b: Path | None,
    table: Path | None,
    stacks: Path | None,
    registration: bool,
    overlays: Path | None,
    form: str,
) -> None:
    """Open every image and report what is wrong.

    Reports pairs found of pairs expected, unmatched stems, size mismatches, unreadable files and pairs
    whose members are identical. Without NAME every dataset below --data is checked. NAME `pairs` reads
    two folders below --data, such as A/ and B/ or visible/ and infrared/ (also done if --data holds none
    of the known datasets). Exit code 1 if anything is wrong, 2 if there is not one pair.
    """
    if overlays is not None and not registration:
        raise click.UsageError("--overlays goes with --registration", click.get_current_context())
    look: dict[str, Any] = {"registration": registration, "overlays": overlays}
    own = {"a": a, "b": b, "csv": table, "stacks": stacks}
    spec = {key: str(value) for key, value in own.items() if value is not None}
    if spec:
        if name not in (None, "pairs"):
            raise BenchError(f"--a, --b, --csv and --stacks are for your own pairs, not for dataset {name!r}")
        if stacks is not None:
            spec["task"] = "mff"  # whatever they are: nothing that is looked at depends on it
        checks = iter([check({"name": "pairs", **spec}, folder, **look)])
    elif name is not None:
        checks = iter([check(name, folder, **look)])
    else:
        checks = _check_all(folder, look)
    reports = []
    for report in checks:
        reports.append(report)
        if form == "text":  # a large folder takes minutes: say at once what is known
            click.echo(report.as_text())
    ok = all(report.ok for report in reports)
    if form == "json":
        content = {"ok": ok, "datasets": [report.as_dict() for report in reports]}
        click.echo(json.dumps(content, indent=2))
    if not ok:
        click.get_current_context().exit(1 if any(report.found for report in reports) else 2)


def _check_all(folder: Path | None, look: dict[str, Any]) -> Iterator[CheckReport]:
    if folder is None:
        raise BenchError("nothing to check: give a NAME, or --data DIR, or --a and --b, or --csv")
    if not folder.is_dir():
        raise BenchError(f"no folder {show(folder)}")
    tree = Tree()
    found = list(found_in(folder, tree))
    for dataset, root in found:
        yield check(dataset.open(root), folder, tree=tree, **look)
    if found:
        return
    try:
        yield check("pairs", folder, **look)
    except BenchError as error:
        raise BenchError(
            f"{error}. And none of the {len(DATASETS)} known datasets lies at or below {show(folder)}: "
            "`tcmoa-bench data ls` names them, `tcmoa-bench data show NAME` tells their layout"
        ) from None


@data.command(
    name="show",
    epilog="\b\nExamples:\n"
    "  tcmoa-bench data show mefb\n"
    "  tcmoa-bench data show llvip --format json\n"
    "  tcmoa-bench data show llvip --data ~/datasets --pair 190001 -o labels.png",
)
@click.argument("name")
@click.option("--data", "folder", type=_FOLDER, help="Folder with datasets, for --pair.")
@click.option("--pair", help="Draw this pair's two sources with its labels on them.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="PNG file for --pair.")
@_FORMAT
@click.pass_context
def show_command(
    ctx: click.Context, name: str, folder: Path | None, pair: str | None, output: Path | None, form: str
) -> None:
    """Say where a dataset comes from, how it lies on disk, and on which terms; or draw a pair's labels."""
    if (pair is None) != (output is None):
        raise click.UsageError("--pair and -o go together", ctx)
    if pair is not None and output is not None:
        from tcmoa_bench.datasets.labelled import drawn

        pairs = {found.name: found for found in load(name, folder)}
        if pair not in pairs:
            raise unknown("pair", pair, pairs)
        write_image(output, drawn(pairs[pair]))
        return
    facts = PAIRS if name.lower() == "pairs" else _facts(find_dataset(name))
    if form == "json":
        click.echo(json.dumps(facts, indent=2))
        return
    width = max(len(key) for key in facts)
    for key, value in facts.items():
        click.echo(f"{key.replace('_', ' '):<{width}}  {value}")


@data.command(
    name="ls", epilog="\b\nExamples:\n  tcmoa-bench data ls\n  tcmoa-bench data ls --data ~/datasets"
)
@click.option("--data", "folder", type=_FOLDER, help="Also say which datasets lie at or below this folder.")
@_FORMAT
def ls_command(folder: Path | None, form: str) -> None:
    """List the datasets by name, with task and number of pairs."""
    for problem in load_installed():
        click.echo(problem, err=True)
    roots = {dataset.name: show(root) for dataset, root in found_in(folder)} if folder is not None else {}
    if form == "json":
        rows = [{**_facts(dataset), "root": roots.get(dataset.name)} for dataset in DATASETS.values()]
        click.echo(json.dumps(rows, indent=2))
        return
    width = max(len(name) for name in DATASETS)
    for dataset in DATASETS.values():
        place = f"  {roots[dataset.name]}" if dataset.name in roots else ""
        click.echo(
            f"{dataset.name:<{width}}  {dataset.task.value}  {dataset.expected:>5}  {dataset.title}{place}"
        )
    click.echo(f"{'pairs':<{width}}  any      -  {PAIRS['title']}")


def _facts(dataset: Dataset) -> dict[str, object]:
    a, b = ROLES[dataset.task]
    return {
        "name": dataset.name,
        "title": dataset.title,
        "task": dataset.task.value,
        "pairs": dataset.expected,
        "source_a": a,
        "source_b": b,
        "source": dataset.source,
        "layout": dataset.layout,
        "licence": dataset.licence,
        "how_to_get": dataset.how_to_get,
    }
